//! The journal as a page: every write, with what was sent.

use minijinja::{Value, context};

use super::{moment, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::{Entry, Inside};

/// A value with more lines is folded.
const LINES: usize = 12;

/// `/-/journal.html`.
pub(in crate::sandbox) fn page(inside: &Inside) -> Reply {
    let origin = inside.place.origin.as_str();
    let entries: Vec<Value> = inside.journal.iter().map(|entry| shown(entry, origin)).collect();
    show("journal.html", context! { title => "Journal", entries, current => "journal" })
}

fn shown(entry: &Entry, origin: &str) -> Value {
    let fields: Vec<Value> = entry
        .fields
        .iter()
        .map(|(name, value)| {
            let lines = value.lines().count();
            context! { name, value, lines, folded => lines > LINES, short => lines < 2 && value.len() < 100 }
        })
        .collect();
    // What was written, where the answer told its address and it has a page here.
    let written =
        entry.subject.as_deref().and_then(|url| url.strip_prefix(origin)).filter(|path| path.starts_with('/'));
    context! {
        when => moment(entry.at), method => &*entry.method, path => &*entry.path, status => entry.status,
        done => (200..300).contains(&entry.status), fields, written,
        body => Some(&*entry.body).filter(|body| !body.is_empty() && entry.fields.is_empty()),
    }
}
