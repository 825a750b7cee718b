//! Label sets and BIO tags: what `id2label` of a checkpoint means.

use std::collections::BTreeMap;

/// A BIO tag over an index into [`LabelSet::entities`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    Outside,
    Begin(usize),
    Inside(usize),
}

/// The classes of a token classifier, by id, and the entity labels behind them.
///
/// Names follow the ecosystem: `O`, `B-TOTAL`, `I-TOTAL`. A name without a prefix (`TOTAL`) is an
/// `I-` tag, as in the Python library's aggregation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSet {
    names: Vec<String>,
    entities: Vec<String>,
    tags: Vec<Tag>,
}

impl LabelSet {
    /// From the class names in the order of their ids.
    pub fn from_names(names: Vec<String>) -> Self {
        let mut entities: Vec<String> = Vec::new();
        let tags = names.iter().map(|name| parse_tag(name, &mut entities)).collect();
        Self { names, entities, tags }
    }

    /// `O` and a `B-`/`I-` pair for every entity label (given in any case).
    pub fn bio(entities: &[&str]) -> Self {
        let mut names = vec!["O".to_string()];
        for entity in entities {
            let upper = entity.to_uppercase();
            names.push(format!("B-{upper}"));
            names.push(format!("I-{upper}"));
        }
        Self::from_names(names)
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.names.len()
    }
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
    /// Class names by id.
    pub fn names(&self) -> &[String] {
        &self.names
    }
    /// Entity labels, lower case, in order of first appearance.
    pub fn entities(&self) -> &[String] {
        &self.entities
    }
    /// Tag of a class id.
    pub fn tag(&self, id: usize) -> Option<Tag> {
        self.tags.get(id).copied()
    }
    /// Index of an entity label (any case).
    pub fn entity_index(&self, label: &str) -> Option<usize> {
        let lower = label.to_lowercase();
        self.entities.iter().position(|e| *e == lower)
    }
    /// Class id of a tag.
    pub fn id_of(&self, tag: Tag) -> Option<usize> {
        self.tags.iter().position(|t| *t == tag)
    }
    /// `{id: name}` and `{name: id}` as `config.json` holds them.
    pub fn id2label(&self) -> BTreeMap<usize, String> {
        self.names.iter().cloned().enumerate().collect()
    }
}

fn parse_tag(name: &str, entities: &mut Vec<String>) -> Tag {
    if name == "O" || name.is_empty() {
        return Tag::Outside;
    }
    let (begin, entity) = match name.split_at_checked(2) {
        Some(("B-" | "b-", rest)) => (true, rest),
        Some(("I-" | "i-", rest)) => (false, rest),
        _ => (false, name),
    };
    let entity = entity.to_lowercase();
    let index = entities.iter().position(|e| *e == entity).unwrap_or_else(|| {
        entities.push(entity);
        entities.len() - 1
    });
    if begin { Tag::Begin(index) } else { Tag::Inside(index) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_ids_are_inverse() {
        let set = LabelSet::bio(&["company", "total"]);
        assert_eq!(set.names(), ["O", "B-COMPANY", "I-COMPANY", "B-TOTAL", "I-TOTAL"]);
        for id in 0..set.len() {
            assert_eq!(set.id_of(set.tag(id).unwrap()), Some(id));
        }
        assert_eq!(set.entity_index("TOTAL"), Some(1));
    }
}
