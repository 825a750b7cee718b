//! The pickle in a `pytorch_model.bin`, which says what tensors there are.
//!
//! It is read by a small machine of its own that knows the few things a file of weights needs:
//! dictionaries, tuples, numbers, strings and `torch._utils._rebuild_tensor_v2`. Anything else — any
//! other class or function — is refused, so nothing in the file is ever run.

use crate::error::{Error, ErrorCode, Result};
use safetensors::tensor::Dtype;
use std::collections::HashMap;
use std::ops::Range;

/// Every tensor that a pickle describes, by name.
///
/// # Errors
/// `ModelInvalid` where it is damaged or asks for anything but tensors.
pub fn descriptions(pickle: &[u8]) -> Result<Vec<(String, Description)>> {
    let root = Machine::new(pickle).run()?;
    let mut named = Vec::new();
    collect(&root, String::new(), &mut named);
    Ok(named)
}

/// Where a tensor's numbers are.
#[derive(Debug, Clone)]
struct Storage {
    key: String,
    dtype: Dtype,
    width: usize,
}

/// A tensor as the pickle describes it.
#[derive(Debug, Clone)]
pub struct Description {
    storage: Storage,
    offset: usize,
    size: Vec<i64>,
    stride: Vec<i64>,
}

impl Description {
    /// Name of the entry that holds its numbers.
    pub fn storage(&self) -> &str {
        &self.storage.key
    }

    pub fn dtype(&self) -> Dtype {
        self.storage.dtype
    }

    pub fn shape(&self) -> Vec<usize> {
        self.size.iter().map(|&size| size as usize).collect()
    }

    /// Where in the bytes of its storage the tensor lies.
    ///
    /// # Errors
    /// `ModelInvalid` where it is not stored row by row, or reaches beyond those bytes.
    pub fn range(&self, name: &str, stored: usize) -> Result<Range<usize>> {
        let mut expected = 1i64;
        for (size, stride) in self.size.iter().zip(&self.stride).rev() {
            if *size < 0 || (*size > 1 && *stride != expected) {
                return Err(refuse(format!("tensor `{name}` is not stored row by row")));
            }
            expected =
                expected.checked_mul((*size).max(1)).ok_or_else(|| refuse("a shape overflows"))?;
        }
        let elements: i64 = self.size.iter().product();
        let start = self.offset.checked_mul(self.storage.width);
        let end =
            start.and_then(|s| s.checked_add((elements as usize).checked_mul(self.storage.width)?));
        match (start, end) {
            (Some(start), Some(end)) if end <= stored => Ok(start..end),
            _ => Err(refuse(format!("tensor `{name}` reaches beyond its bytes"))),
        }
    }
}

#[derive(Debug, Clone)]
enum Object {
    None,
    Bool,
    Int(i64),
    Text(String),
    List(Vec<Object>),
    Dict(Vec<(Object, Object)>),
    /// `module name` of the few classes that are allowed.
    Class(String),
    Storage(Storage),
    Tensor(Description),
    Mark,
}

fn collect(object: &Object, name: String, found: &mut Vec<(String, Description)>) {
    match object {
        Object::Tensor(description) => found.push((name, description.clone())),
        Object::Dict(entries) => {
            for (key, value) in entries {
                if let Object::Text(key) = key {
                    let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    collect(value, inner, found);
                }
            }
        }
        _ => {}
    }
}

/// Runs a pickle of weights.
struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Object>,
    memo: HashMap<u32, Object>,
}

impl<'a> Machine<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, stack: Vec::new(), memo: HashMap::new() }
    }

    fn run(mut self) -> Result<Object> {
        loop {
            let opcode = self.byte()?;
            if opcode == b'.' {
                return self.pop();
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            0x80 => drop(self.byte()?),  // PROTO
            0x95 => drop(self.take(8)?), // FRAME
            b'(' => self.stack.push(Object::Mark),
            b'}' => self.stack.push(Object::Dict(Vec::new())),
            b']' => self.stack.push(Object::List(Vec::new())),
            b')' => self.stack.push(Object::List(Vec::new())), // EMPTY_TUPLE
            b'N' => self.stack.push(Object::None),
            0x88 => self.stack.push(Object::Bool),
            0x89 => self.stack.push(Object::Bool),
            b'K' => self.integer(1)?,
            b'M' => self.integer(2)?,
            b'J' => self.integer(4)?,
            0x8a => self.long()?,
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            b'q' => self.put(1)?,
            b'r' => self.put(4)?,
            0x94 => self.memoize()?,
            b'h' => self.get(1)?,
            b'j' => self.get(4)?,
            b'c' => self.class()?,
            0x93 => self.stack_class()?,
            b't' => self.tuple_to_mark()?,
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b'Q' => self.persistent()?,
            b'R' => self.reduce()?,
            b's' => self.set_item()?,
            b'u' => self.set_items()?,
            b'b' => drop(self.pop()?), // BUILD: the state of an ordered dictionary says nothing
            other => {
                return Err(refuse(format!(
                    "its description uses the pickle operation {other:#04x}"
                )));
            }
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or_else(|| refuse("its description ends too early"))?;
        let piece = &self.bytes[self.at..end];
        self.at = end;
        Ok(piece)
    }

    fn little_endian(&mut self, width: usize) -> Result<u64> {
        Ok(self.take(width)?.iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn pop(&mut self) -> Result<Object> {
        self.stack.pop().ok_or_else(|| refuse("its description takes from an empty stack"))
    }

    fn integer(&mut self, width: usize) -> Result<()> {
        let value = self.little_endian(width)?;
        let value = if width == 4 { i64::from(value as u32 as i32) } else { value as i64 };
        self.stack.push(Object::Int(value));
        Ok(())
    }

    fn long(&mut self) -> Result<()> {
        let width = usize::from(self.byte()?);
        if width > 8 {
            return Err(refuse("a number in its description is too long"));
        }
        let bytes = self.take(width)?;
        let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
        let start = if negative { -1i64 } else { 0 };
        let value = bytes.iter().rev().fold(start, |value, &byte| value << 8 | i64::from(byte));
        self.stack.push(Object::Int(value));
        Ok(())
    }

    fn text(&mut self, width: usize) -> Result<()> {
        let length = self.little_endian(width)? as usize;
        let bytes = self.take(length)?.to_vec();
        let text = String::from_utf8(bytes).map_err(|_| refuse("a name is not UTF-8"))?;
        self.stack.push(Object::Text(text));
        Ok(())
    }

    fn put(&mut self, width: usize) -> Result<()> {
        let slot = self.little_endian(width)? as u32;
        let top = self.stack.last().cloned().ok_or_else(|| refuse("it remembers nothing"))?;
        self.memo.insert(slot, top);
        Ok(())
    }

    fn memoize(&mut self) -> Result<()> {
        let slot = self.memo.len() as u32;
        let top = self.stack.last().cloned().ok_or_else(|| refuse("it remembers nothing"))?;
        self.memo.insert(slot, top);
        Ok(())
    }

    fn get(&mut self, width: usize) -> Result<()> {
        let slot = self.little_endian(width)? as u32;
        let object =
            self.memo.get(&slot).cloned().ok_or_else(|| refuse("it recalls what it never kept"))?;
        self.stack.push(object);
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let rest = &self.bytes[self.at..];
        let length =
            rest.iter().position(|&b| b == b'\n').ok_or_else(|| refuse("a name has no end"))?;
        let text = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.at += length + 1;
        Ok(text)
    }

    fn class(&mut self) -> Result<()> {
        let (module, name) = (self.line()?, self.line()?);
        self.push_class(&module, &name)
    }

    fn stack_class(&mut self) -> Result<()> {
        match (self.pop()?, self.pop()?) {
            (Object::Text(name), Object::Text(module)) => self.push_class(&module, &name),
            _ => Err(refuse("a class has no name")),
        }
    }

    fn push_class(&mut self, module: &str, name: &str) -> Result<()> {
        let full = format!("{module} {name}");
        let allowed = matches!(
            full.as_str(),
            "collections OrderedDict"
                | "torch._utils _rebuild_tensor_v2"
                | "torch._utils _rebuild_parameter"
        ) || (module == "torch" && storage_kind(name).is_some());
        if !allowed {
            return Err(refuse(format!("it asks to run `{module}.{name}`")).hint(
                "weights need nothing of the kind: don't trust this file; ask for safetensors",
            ));
        }
        self.stack.push(Object::Class(full));
        Ok(())
    }

    fn items_since_mark(&mut self) -> Result<Vec<Object>> {
        let mark = self.stack.iter().rposition(|o| matches!(o, Object::Mark));
        let mark = mark.ok_or_else(|| refuse("its description lacks a mark"))?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    fn tuple_to_mark(&mut self) -> Result<()> {
        let items = self.items_since_mark()?;
        self.stack.push(Object::List(items));
        Ok(())
    }

    fn tuple(&mut self, count: usize) -> Result<()> {
        let start =
            self.stack.len().checked_sub(count).ok_or_else(|| refuse("a tuple is short"))?;
        let items = self.stack.split_off(start);
        self.stack.push(Object::List(items));
        Ok(())
    }

    /// `('storage', class, key, device, elements)`
    fn persistent(&mut self) -> Result<()> {
        let Object::List(items) = self.pop()? else { return Err(refuse("a storage is no tuple")) };
        let (Some(Object::Class(class)), Some(Object::Text(key))) = (items.get(1), items.get(2))
        else {
            return Err(refuse("a storage has no type or no key"));
        };
        let name = class.trim_start_matches("torch ");
        let (dtype, width) =
            storage_kind(name).ok_or_else(|| refuse("a storage of unknown type"))?;
        self.stack.push(Object::Storage(Storage { key: key.clone(), dtype, width }));
        Ok(())
    }

    fn reduce(&mut self) -> Result<()> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let (Object::List(arguments), Object::Class(function)) = (arguments, function) else {
            return Err(refuse("it calls what is no function"));
        };
        let object = match function.as_str() {
            "collections OrderedDict" => Object::Dict(Vec::new()),
            "torch._utils _rebuild_tensor_v2" => Object::Tensor(tensor_of(&arguments)?),
            "torch._utils _rebuild_parameter" => {
                arguments.into_iter().next().ok_or_else(|| refuse("an empty parameter"))?
            }
            _ => return Err(refuse("it calls a type")),
        };
        self.stack.push(object);
        Ok(())
    }

    fn set_item(&mut self) -> Result<()> {
        let (value, key) = (self.pop()?, self.pop()?);
        self.extend_dict(vec![key, value])
    }

    fn set_items(&mut self) -> Result<()> {
        let items = self.items_since_mark()?;
        self.extend_dict(items)
    }

    fn extend_dict(&mut self, items: Vec<Object>) -> Result<()> {
        let Some(Object::Dict(entries)) = self.stack.last_mut() else {
            return Err(refuse("it fills what is no dictionary"));
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        Ok(())
    }
}

/// `(storage, offset, size, stride, …)`
fn tensor_of(arguments: &[Object]) -> Result<Description> {
    let integers = |object: Option<&Object>| -> Option<Vec<i64>> {
        let Some(Object::List(items)) = object else { return None };
        items.iter().map(|item| if let Object::Int(n) = item { Some(*n) } else { None }).collect()
    };
    match (
        arguments.first(),
        arguments.get(1),
        integers(arguments.get(2)),
        integers(arguments.get(3)),
    ) {
        (Some(Object::Storage(storage)), Some(Object::Int(offset)), Some(size), Some(stride))
            if *offset >= 0 && size.len() == stride.len() =>
        {
            Ok(Description { storage: storage.clone(), offset: *offset as usize, size, stride })
        }
        _ => Err(refuse("a tensor is described in a way that weights never are")),
    }
}

fn storage_kind(class: &str) -> Option<(Dtype, usize)> {
    Some(match class {
        "FloatStorage" => (Dtype::F32, 4),
        "HalfStorage" => (Dtype::F16, 2),
        "BFloat16Storage" => (Dtype::BF16, 2),
        "DoubleStorage" => (Dtype::F64, 8),
        "LongStorage" => (Dtype::I64, 8),
        "IntStorage" => (Dtype::I32, 4),
        "ByteStorage" => (Dtype::U8, 1),
        "BoolStorage" => (Dtype::BOOL, 1),
        _ => return None,
    })
}

pub(super) fn refuse(why: impl Into<String>) -> Error {
    Error::model(ErrorCode::ModelInvalid, format!("the weights can't be read: {}", why.into()))
        .hint("the file is damaged or was not written by torch.save of a state dictionary")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pickle_that_runs_something_is_refused() {
        let error =
            Machine::new(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.").run().unwrap_err();
        assert!(error.message.contains("os.system"), "{error}");
        let error = Machine::new(b"\x80\x02c__builtin__\neval\n.").run().unwrap_err();
        assert!(error.message.contains("eval"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_error_or_an_object(bytes in proptest::collection::vec(0u8..=255, 0..200)) {
            let _ = Machine::new(&bytes).run();
        }
    }
}
