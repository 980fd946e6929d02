//! What stands in the handle's place of a member's line.

use std::ops::Range;

use crate::pod::roster::Handle;

/// What stands there.
pub(super) enum HandleField {
    /// A handle.
    Handle(Handle),
    /// A text that can be no user name.
    Invalid(String),
    /// Nothing.
    Missing,
}

impl HandleField {
    /// The handle, where there is a good one.
    pub(super) fn handle(&self) -> Option<Handle> {
        match self {
            Self::Handle(handle) => Some(handle.clone()),
            Self::Invalid(_) | Self::Missing => None,
        }
    }
}

/// Reads what follows a member's name: `` (`@handle`) ``, `` `@handle` ``, `(@handle)`, `[@handle](…)` or
/// `@handle`, and then anything.
///
/// `None` if the text breaks off inside the handle and `may_go_on`: then it is unknown, not missing.
pub(super) fn parse_handle_field(tail: &str, may_go_on: bool) -> Option<HandleField> {
    let Some(at) = find_at_sign(tail) else {
        let begun = tail.trim_end().ends_with(['(', '`', '[']);
        return (!(begun && may_go_on)).then_some(HandleField::Missing);
    };
    let (before, rest) = (&tail[..at], &tail[at + 1..]);
    let close = match before.chars().next_back() {
        Some('`') => Some('`'),
        Some('(') => Some(')'),
        _ => None,
    };
    match close.map(|close| rest.split_once(close)) {
        Some(Some((inside, _))) => Some(parse_delimited_handle(inside)),
        Some(None) if may_go_on => None,
        // A mark that is never closed does not make the handle worse.
        Some(None) | None => (!rest.is_empty() || !may_go_on).then(|| parse_leading_handle(rest)),
    }
}

/// A handle in a text, with the marks around it.
pub(super) struct MentionText {
    pub(super) range: Range<usize>,
    pub(super) field: HandleField,
    /// Whether marks say where it begins and ends.
    pub(super) is_delimited: bool,
    /// Whether the text ends before it has an end.
    pub(super) is_cut: bool,
}

/// The first handle at or behind an offset: an `@` that begins a word, or the address of a profile behind a link's text.
pub(super) fn find_mention(text: &str, from: usize) -> Option<MentionText> {
    let mention = text[from..].match_indices('@').find_map(|(at, _)| mention_at(text, from, from + at));
    let profile = find_profile_link(text, from);
    match (mention, profile) {
        (Some(mention), Some(profile)) if profile.range.start < mention.range.start => Some(profile),
        (None, profile) => profile,
        (mention, _) => mention,
    }
}

fn mention_at(text: &str, from: usize, at: usize) -> Option<MentionText> {
    let before = text[from..at].chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || "/.-+@=".contains(c)) {
        return None;
    }
    let (start, close) = match before {
        Some('`') => (at - 1, Some('`')),
        Some('(') => (at - 1, Some(')')),
        _ => (at, None),
    };
    let rest = &text[at + 1..];
    if let Some(end) = close.and_then(|close| rest.find(close)) {
        let field = parse_delimited_handle(&rest[..end]);
        return Some(MentionText { range: start..at + end + 2, field, is_delimited: true, is_cut: false });
    }
    let end = rest.find(|c: char| !is_handle_character(c)).unwrap_or(rest.len());
    let is_cut = rest.is_empty() || (close.is_some() && !rest.contains(char::is_whitespace));
    let field = parse_leading_handle(rest);
    let there = is_cut || field.handle().is_some();
    there.then(|| MentionText { range: start..at + 1 + end, field, is_delimited: false, is_cut })
}

/// `[Robin Reed](https://gitlab.com/aquill)`.
fn find_profile_link(text: &str, from: usize) -> Option<MentionText> {
    let opening = format!("](https://{}/", super::GITLAB_HOST);
    text[from..].match_indices(&opening).find_map(|(at, _)| {
        let (start, behind) = (from + at, from + at + opening.len());
        let end = behind + text[behind..].find(')')?;
        let handle = Handle::parse(text[behind..end].trim_end_matches('/'))?;
        let field = HandleField::Handle(handle);
        Some(MentionText { range: start..end + 1, field, is_delimited: true, is_cut: false })
    })
}

fn is_handle_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.-".contains(c)
}

/// The `@` of the handle. One that belongs to a mail address, or to words about somebody else, is none.
fn find_at_sign(tail: &str) -> Option<usize> {
    tail.match_indices('@').map(|(at, _)| at).find(|at| {
        let before = &tail[..*at];
        before.ends_with('`') || !before.contains(char::is_alphanumeric)
    })
}

/// A handle that has an end of its own, with what people write behind it: `(@ada, she/her)`.
fn parse_delimited_handle(inside: &str) -> HandleField {
    let text = inside.split([',', ';', '/']).next().unwrap_or_default().trim();
    match Handle::parse(text) {
        Some(handle) => HandleField::Handle(handle),
        None => HandleField::Invalid(inside.trim().to_owned()),
    }
}

/// A handle that ends where its characters end, without the full stop of a sentence.
fn parse_leading_handle(rest: &str) -> HandleField {
    let end = rest.find(|c: char| !is_handle_character(c)).unwrap_or(rest.len());
    Handle::parse(rest[..end].trim_end_matches('.')).map_or(HandleField::Missing, HandleField::Handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tail: &str) -> String {
        match parse_handle_field(tail, false).unwrap() {
            HandleField::Handle(handle) => handle.as_str().to_owned(),
            HandleField::Invalid(text) => format!("invalid: {text}"),
            HandleField::Missing => "missing".to_owned(),
        }
    }

    #[test]
    fn every_way_to_write_a_handle_is_read() {
        for (tail, handle) in [
            (" (`@Ada_Quill`)", "Ada_Quill"),
            (" `@sorin.vale`", "sorin.vale"),
            (" (@teo_)", "teo_"),
            (" @rduval-gtlb", "rduval-gtlb"),
            (" - @ima1.", "ima1"),
            (" ([`@tl`](https://gitlab.com/tl))", "tl"),
            (" [@tl](https://gitlab.com/tl)", "tl"),
            (" (`@tl`) (Interested in helping? Ask me!)", "tl"),
            (" (she/her) (`@ada`)", "ada"),
            (" (@ada, she/her)", "ada"),
            (" (`@unclosed)", "unclosed"),
        ] {
            assert_eq!(seen(tail), handle, "{tail}");
        }
    }

    #[test]
    fn what_is_no_user_name_is_invalid_and_what_is_absent_is_missing() {
        assert_eq!(seen(" (`@Pat Q`)"), "invalid: Pat Q");
        assert_eq!(seen(" (@Pat Q)"), "invalid: Pat Q");
        assert_eq!(seen(" (`@`)"), "invalid: ");
        for tail in ["", " (Interested? Ask @boss)", " ada@example.org", " @", " (", " (`aquill`)"] {
            assert_eq!(seen(tail), "missing", "{tail}");
        }
    }

    #[test]
    fn a_text_that_breaks_off_inside_the_handle_says_nothing() {
        for tail in [" (", " (`", " (`@", " (`@aqu", " `@aqu", " (@aqu", " @"] {
            assert!(parse_handle_field(tail, true).is_none(), "{tail}");
        }
        for tail in ["", " ", " (`@aqu`", " @aqu", " (`@aqu`) ("] {
            assert!(parse_handle_field(tail, true).is_some(), "{tail}");
        }
    }
}
