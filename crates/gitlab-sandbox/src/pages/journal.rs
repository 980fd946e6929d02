//! The journal as a page: every write, with what was sent.

use minijinja::{Value, context};

use super::{render_page, time_value};
use crate::JournalEntry;
use crate::reply::Reply;
use crate::state::SandboxState;

/// A value with more lines is folded.
const MAX_UNFOLDED_LINES: usize = 12;

/// `/-/journal.html`.
pub(crate) fn page(state: &SandboxState) -> Reply {
    let origin = state.addresses.origin.as_str();
    let entries: Vec<Value> = state.journal.iter().map(|entry| entry_context(entry, origin)).collect();
    render_page(&state.guide, "journal.html", context! { title => "Journal", entries, current => "journal" })
}

fn entry_context(entry: &JournalEntry, origin: &str) -> Value {
    let fields: Vec<Value> = entry
        .fields
        .iter()
        .map(|(name, value)| {
            let lines = value.lines().count();
            context! { name, value, lines, folded => lines > MAX_UNFOLDED_LINES, short => lines < 2 && value.len() < 100 }
        })
        .collect();
    // What was written, where the answer held its address and it has a page here.
    let written =
        entry.subject.as_deref().and_then(|url| url.strip_prefix(origin)).filter(|path| path.starts_with('/'));
    context! {
        when => time_value(entry.at), method => &*entry.method, path => &*entry.path, status => entry.status,
        done => (200..300).contains(&entry.status), fields, written,
        body => Some(&*entry.body).filter(|body| !body.is_empty() && entry.fields.is_empty()),
    }
}
