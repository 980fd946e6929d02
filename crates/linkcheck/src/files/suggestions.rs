//! What somebody may have meant who wrote a path or a place that is not there: another letter case, a slip of the
//! keyboard, an address without its scheme.
//!
//! What surely was meant is proposed; where several things may have been, they are only named.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::FileSystem;
use crate::text::percent_decode;

/// What comes near to something that is not there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nearest {
    /// The one that surely was meant.
    One(String),
    /// Some of which one may have been meant, the nearest first.
    Several(Vec<String>),
    /// Nothing.
    None,
}

/// The most that are named.
const MAX_NAMED: usize = 3;
/// Longer names are not compared.
const MAX_LENGTH: usize = 80;
/// How much work is spent on all comparisons of a tree: a document may have thousands of dead links to a page with
/// thousands of headings.
const MAX_WORK: usize = 4_000_000;
/// What a comparison letter by letter costs, measured by one of two lengths.
const WORK_PER_COMPARISON: usize = 400;

/// How much work may still be spent.
pub(super) struct Work(AtomicUsize);

impl Default for Work {
    fn default() -> Self {
        Self(AtomicUsize::new(MAX_WORK))
    }
}

impl Work {
    fn spend(&self, work: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(work)).is_ok()
    }
}

/// What comes near to a word among those that are known.
pub(super) fn find_nearest(wanted: &str, known: &mut dyn Iterator<Item = &str>, work: &Work) -> Nearest {
    let length = wanted.chars().count();
    if length > MAX_LENGTH {
        return Nearest::None;
    }
    let lower = wanted.to_lowercase();
    // One slip in a word, two in a long one; in less than four letters everything is near to everything. What stands
    // behind a dot is the ending of a file.
    let most_slips = match wanted.split('.').next().unwrap_or_default().chars().count() {
        0..4 => 0,
        4..12 => 1,
        _ => 2,
    };
    let (mut same, mut near) = (BTreeSet::new(), BTreeSet::new());
    for known in known {
        if !work.spend(1) {
            break;
        }
        // No letter takes more than four bytes.
        if known == wanted || known.len().abs_diff(wanted.len()) > 8 {
            continue;
        }
        if known.to_lowercase() == lower {
            same.insert(known);
        } else if same.is_empty() && may_be_slip(&lower, known, most_slips) && work.spend(WORK_PER_COMPARISON) {
            let slips = strsim::osa_distance(&lower, &known.to_lowercase());
            if slips <= most_slips {
                near.insert((slips, known));
            }
        }
    }
    let named: Vec<&str> =
        if same.is_empty() { near.into_iter().map(|(_, known)| known).collect() } else { Vec::from_iter(same) };
    match named.as_slice() {
        [] => Nearest::None,
        [one] => Nearest::One((*one).to_owned()),
        several => Nearest::Several(several.iter().take(MAX_NAMED).map(|one| (*one).to_owned()).collect()),
    }
}

/// Whether so few slips may lie between two words. What differs in numbers alone is another thing: `v1` is not `v2`.
fn may_be_slip(wanted: &str, known: &str, most_slips: usize) -> bool {
    let no_digit = |c: &char| !c.is_ascii_digit();
    most_slips > 0
        && known.chars().count().abs_diff(wanted.chars().count()) <= most_slips
        && !known.to_lowercase().chars().filter(no_digit).eq(wanted.chars().filter(no_digit))
}

/// The path that comes near to one that is not there, and exists.
pub(super) fn find_near_path(path: &str, files: &dyn FileSystem, work: &Work) -> Nearest {
    let mut here = String::new();
    let mut changes = 0;
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let below = |name: &str| if here.is_empty() { name.to_owned() } else { format!("{here}/{name}") };
        if files.entry_kind(&below(part)).is_some() {
            here = below(part);
            continue;
        }
        let mut names = Vec::new();
        files.visit_names(&here, &mut |name| names.push(name.to_owned()));
        changes += 1;
        match find_nearest(part, &mut names.iter().map(String::as_str), work) {
            Nearest::One(name) if changes <= 2 => here = below(&name),
            Nearest::Several(names) if parts.peek().is_none() && changes == 1 => {
                return Nearest::Several(names.iter().map(|name| below(name)).collect());
            }
            _ => return Nearest::None,
        }
    }
    if changes > 0 { Nearest::One(here) } else { Nearest::None }
}

/// An address as its author wrote it, with other names where its path leads; `None` where it does not name them.
pub(super) fn rewrite_address(address: &str, path: &str, better: &str) -> Option<String> {
    let path_end = address.find(['?', '#']).unwrap_or(address.len());
    let (written, rest) = address.split_at(path_end);
    let mut segments: Vec<String> = written.split('/').map(str::to_owned).collect();
    let mut at = segments.len();
    let (old, new): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), better.split('/').collect());
    if old.len() != new.len() {
        return None;
    }
    for (index, (old_name, new_name)) in old.iter().zip(&new).enumerate().rev() {
        let named = segments[..at].iter().rposition(|segment| !matches!(segment.as_str(), "" | "."));
        let Some(named) = named.filter(|named| segments[*named] != "..") else {
            return (old[..=index] == new[..=index]).then(|| segments.join("/") + rest);
        };
        at = named;
        if percent_decode(&segments[at]) != **old_name {
            return None;
        }
        if old_name != new_name {
            segments[at] = escape_segment(new_name);
        }
    }
    Some(segments.join("/") + rest)
}

/// A name as it stands in the address of a Markdown link.
fn escape_segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii() && !(c.is_ascii_alphanumeric() || "-._~!$&'*+,;=:@".contains(c)) {
            // Writing to a string cannot fail.
            write!(out, "%{:02X}", u32::from(c)).unwrap_or_default();
        } else {
            out.push(c);
        }
    }
    out
}

/// Endings of names of hosts that files and folders hardly have.
const HOST_ENDINGS: [&str; 14] =
    ["com", "org", "net", "io", "edu", "gov", "eu", "de", "uk", "fr", "us", "info", "example", "cloud"];

/// The host that a path without a scheme seems to begin with: `www.` before a name, or a name with the ending of a host
/// before a slash.
pub(super) fn host_without_scheme(address: &str) -> Option<&str> {
    let host = address.split(['/', '?', '#']).next()?;
    let lower = host.to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !label.starts_with('-')
    };
    let labels: Vec<&str> = lower.split('.').collect();
    let ending = labels.last().filter(|ending| ending.len() > 1 && ending.chars().all(|c| c.is_ascii_alphabetic()))?;
    let has_more = address.len() > host.len();
    let is_host =
        labels.len() > 2 && labels[0] == "www" || has_more && labels.len() > 1 && HOST_ENDINGS.contains(ending);
    (is_host && labels.iter().all(|label| is_label(label))).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(wanted: &str, known: &[&str]) -> Nearest {
        find_nearest(wanted, &mut known.iter().copied(), &Work::default())
    }

    fn one(name: &str) -> Nearest {
        Nearest::One(name.to_owned())
    }

    #[test]
    fn a_slip_and_a_letter_case_have_a_nearest_name_and_other_words_have_none() {
        let known = ["installation", "install", "usage", "v1.md", "v2.md", "step-1", "step-2", "api"];
        for (wanted, expected) in [
            ("instalation", one("installation")),
            ("Installation", one("installation")),
            ("INSTALL", one("install")),
            ("usgae", one("usage")),
            ("v3.md", Nearest::None),
            ("step-3", Nearest::None),
            ("apo", Nearest::None),
            ("API", one("api")),
            ("uninstall", Nearest::None),
            ("", Nearest::None),
        ] {
            assert_eq!(nearest(wanted, &known), expected, "{wanted}");
        }
        let several = Nearest::Several(vec!["header".to_owned(), "leader".to_owned()]);
        assert_eq!(nearest("reader", &["leader", "header", "other"]), several);
        assert_eq!(nearest("A", &["a", "\u{e4}"]), one("a"));
    }

    #[test]
    fn all_comparisons_together_take_no_more_than_their_share() {
        let known: Vec<String> = (0..5_000).map(|n| format!("a-heading-of-the-page-{}", "ab".repeat(n % 20))).collect();
        let work = Work::default();
        for n in 0..5_000 {
            find_nearest(&format!("b-heading-{n}-of-the-page"), &mut known.iter().map(String::as_str), &work);
        }
        assert!(!work.spend(WORK_PER_COMPARISON));
    }

    #[test]
    fn an_address_keeps_the_form_that_its_author_gave_it() {
        for (address, path, better, expected) in [
            ("README.MD", "docs/README.MD", "docs/Readme.md", Some("Readme.md")),
            ("../Docs/a.md#x", "Docs/a.md", "docs/a.md", Some("../docs/a.md#x")),
            ("/docs//./instal.md?plain=1", "docs/instal.md", "docs/install.md", Some("/docs//./install.md?plain=1")),
            ("a%20b.MD", "a b.MD", "a b.md", Some("a%20b.md")),
            ("x.md", "docs/x.md", "Docs/x.md", None),
            ("sub/../x.md", "x.md", "y.md", Some("sub/../y.md")),
            ("a.md", "a.md", "b/a.md", None),
        ] {
            assert_eq!(rewrite_address(address, path, better).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn hosts_without_a_scheme_are_no_files() {
        for (address, host) in [
            ("www.site.example/a", Some("www.site.example")),
            ("www.site.example", Some("www.site.example")),
            ("site.example/a.html", Some("site.example")),
            ("docs.site.com/", Some("docs.site.com")),
            ("site.example", None),
            ("site.md/a", None),
            ("v1.0/notes.md", None),
            (".github/a.md", None),
            ("a b.com/x", None),
            ("www.md", None),
            ("..com/x", None),
        ] {
            assert_eq!(host_without_scheme(address), host, "{address}");
        }
    }
}
