//! Downloaded models: list, fetch, remove.

use super::super::progress_hub::DownloadBar;
use crate::cli::Context;
use crate::error::Result;
use crate::model::hub::{self, CachedModel, Hub, HubName, HubSettings};
use crate::output::stdout::Stdout;
use clap::Args;
use indicatif::HumanBytes;
use std::io::Write;

#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub fn list(args: &ListArgs, context: &Context) -> anyhow::Result<()> {
    let settings = HubSettings::from_environment()?;
    let models = hub::list(&settings.cache);
    let mut stdout = Stdout::open()?;
    if args.json {
        for model in &models {
            writeln!(stdout, "{}", as_json(model))?;
        }
    } else if !models.is_empty() {
        write!(stdout, "{}", table(&models))?;
    }
    stdout.flush()?;
    if models.is_empty() {
        context.note(format_args!(
            "no models in {}; `layoutlm models fetch owner/name` downloads one, and the built-in one \
             needs no download",
            settings.cache.display()
        ));
    }
    Ok(())
}

pub fn fetch(name: &HubName, context: &Context) -> Result<()> {
    let hub = Hub::new(HubSettings::from_environment()?);
    let directory = hub.fetch(name, &mut DownloadBar::new(context))?;
    context.note(format_args!("{name} is in {}", directory.display()));
    Ok(())
}

pub fn remove(text: &str, context: &Context) -> Result<()> {
    let settings = HubSettings::from_environment()?;
    let name: HubName = text.parse()?;
    let freed = hub::remove(&settings.cache, &name, !text.contains('@'))?;
    context.note(format_args!("removed {text}, {}", HumanBytes(freed)));
    Ok(())
}

fn as_json(model: &CachedModel) -> serde_json::Value {
    serde_json::json!({
        "name": model.name.repository,
        "revision": model.name.revision,
        "commit": model.commit,
        "architecture": model.architecture,
        "bytes": model.size,
        "licence": model.licence,
        "complete": model.whole,
        "directory": model.directory,
    })
}

/// Columns as wide as they need to be.
fn table(models: &[CachedModel]) -> String {
    let head = ["NAME", "COMMIT", "ARCHITECTURE", "SIZE", "LICENCE"].map(str::to_string);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(models.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(&row[4]);
        text.push('\n');
    }
    text
}

fn row(model: &CachedModel) -> [String; 5] {
    let architecture = match &model.architecture {
        _ if !model.whole => "(incomplete)".to_string(),
        Some(name) if name.is_empty() => "(encoder only)".to_string(),
        Some(name) => name.clone(),
        None => "(not supported)".to_string(),
    };
    [
        model.name.to_string(),
        model.commit.chars().take(12).collect(),
        architecture,
        HumanBytes(model.size).to_string(),
        model.licence.clone().unwrap_or_else(|| "(not stated)".to_string()),
    ]
}
