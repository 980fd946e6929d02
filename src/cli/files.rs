//! Reports as files: written whole or not at all.

use std::path::Path;

use super::args::{ReportFile, ReportKind};
use super::sink::Sink;
use crate::pod::trail::Entry;
use crate::report::{Told, annotations, audit, json, junit, slack};

/// Writes the reports that were asked for; gives a sentence for each that could not be written.
pub(super) fn write(files: &[ReportFile], told: &Told<'_>, trail: &[Entry], sink: &Sink) -> Vec<String> {
    let mut failed = Vec::new();
    for file in files {
        let text = match file.kind {
            ReportKind::Json => json::text(told),
            ReportKind::Junit => junit::text(told),
            ReportKind::Annotations => annotations::text(told),
            ReportKind::Slack => slack::text(told),
            ReportKind::Audit => audit::text(trail),
        };
        if let Err(error) = put(&file.path, &sink.cleaned(&text)) {
            failed.push(format!("the report {} could not be written ({error})", file.path.display()));
        }
    }
    failed
}

/// Beside its place first, then renamed: a reader never sees half of it.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let beside = path.with_file_name(name);
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}
