//! The handle of a file that the parser cannot read, found by looking at its lines.
//!
//! It only widens what is unknown, so it is taken where it is the only one: two that differ are none.

use super::pasted_text::{self, trim_quotes};
use crate::pod::roster::Handle;

/// The other service whose user names stand in these files.
const OTHER_SERVICE: &str = "slack";

/// The handle under `gitlab:`, or the only user name of a file that names no service at all.
pub(super) fn find_handle(text: &str) -> Option<Handle> {
    let alone = !text.to_ascii_lowercase().contains(OTHER_SERVICE) && !text.lines().any(is_gitlab_key);
    let mut parent: Option<(usize, &str)> = None;
    let (mut gitlab, mut others) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        if parent.is_some_and(|(at, _)| indent <= at) {
            parent = None;
        }
        // Whatever stands below the other service's name is its own, however broken the lines are.
        if line.to_ascii_lowercase().contains(OTHER_SERVICE) && !is_gitlab_key(code) {
            parent = Some((indent, OTHER_SERVICE));
            continue;
        }
        let key = code.split_once(':').map(|(key, rest)| (trim_quotes(key), rest));
        let under = parent.map(|(_, key)| key);
        match key {
            // A flow mapping stands on its parent's line.
            Some((key, rest)) if rest.contains("username") => {
                let found = rest.split_once("username").and_then(|(_, rest)| parse_after_colon(rest));
                if key == "gitlab" { gitlab.extend(found) } else { others.extend(found.filter(|_| alone)) }
            }
            Some(("username", rest)) if under == Some("gitlab") => gitlab.extend(parse_value(rest)),
            Some(("username", rest)) => others.extend(parse_value(rest).filter(|_| alone)),
            // The nearest line above with less indentation, or the one that counts however it is indented.
            Some((key, _)) if parent.is_none() || key == "gitlab" => parent = Some((indent, key)),
            _ => {}
        }
    }
    if gitlab.is_empty() { single_distinct(&others) } else { single_distinct(&gitlab) }
}

fn is_gitlab_key(line: &str) -> bool {
    line.trim_start().starts_with("gitlab")
}

fn parse_after_colon(rest: &str) -> Option<Handle> {
    let (between, rest) = rest.split_once(':')?;
    if trim_quotes(between).is_empty() { parse_value(rest) } else { None }
}

/// A handle that ends where its value does: at a comment, a comma or a brace.
fn parse_value(rest: &str) -> Option<Handle> {
    pasted_text::parse_handle(rest.split([',', '}', '#']).next().unwrap_or_default())
}

fn single_distinct(handles: &[Handle]) -> Option<Handle> {
    let (first, rest) = handles.split_first()?;
    rest.iter().all(|other| other == first).then(|| first.clone())
}
