//! References of GitLab as whole targets: `[the fix](!12)`.
//!
//! GitLab replaces a link whose whole target is a reference and keeps its text, if what is referred to is there
//! (`lib/banzai/filter/references/abstract_reference_filter.rb`); otherwise it stays the link that it is. That is why a
//! heading of digits alone gets the id `anchor-123`.

use std::borrow::Cow;

use crate::link::LinkKind;
use crate::markdown::headings::is_markdown_path;
use crate::text::percent_decode;

/// A reference, by what it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParsedReference {
    /// What kind it has.
    pub(super) kind: LinkKind,
    /// The path of its page on GitLab, where the reference itself names the whole path of its project or group.
    pub(super) page: Option<String>,
}

/// The words of references in brackets (`alternative_reference_prefix_with_postfix` and `reference_prefix` of the models
/// in `app/models`), each with its kind.
const BRACKETED: [(&str, LinkKind); 8] = [
    ("issue", LinkKind::Issue),
    ("work_item", LinkKind::Issue),
    ("epic", LinkKind::Epic),
    ("vulnerability", LinkKind::GitlabPage),
    ("feature_flag", LinkKind::GitlabPage),
    ("wiki_page", LinkKind::GitlabPage),
    ("contact", LinkKind::GitlabPage),
    ("cadence", LinkKind::GitlabPage),
];

/// The reference that a whole target is, if it is one. Total.
pub(super) fn parse(target: &str) -> Option<ParsedReference> {
    // GitLab compares the decoded address.
    let decoded = if target.contains('%') { Cow::Owned(percent_decode(target)) } else { Cow::Borrowed(target) };
    let text = decoded.as_ref();
    let sign = text.find(|c: char| !is_path_char(c)).unwrap_or(text.len());
    let (owner, rest) = text.split_at(sign);
    let Some(mark) = rest.chars().next() else { return parse_unsigned(owner) };
    let value = &rest[mark.len_utf8()..];
    if !owner.is_empty() && !is_owner_path(owner) {
        return None;
    }
    let kind = match mark {
        // A place in a file that is missing has the same form.
        '#' => (is_issue(value) && !is_markdown_path(owner)).then_some(LinkKind::Issue),
        '!' => is_number(without_format(value)).then_some(LinkKind::MergeRequest),
        '&' => is_number(without_format(value)).then_some(LinkKind::Epic),
        '$' => is_number(value).then_some(LinkKind::GitlabPage),
        '%' => (is_name(value) || is_quoted(value)).then_some(LinkKind::GitlabPage),
        '~' => (is_name(value) || is_quoted(value)).then_some(LinkKind::Label),
        '@' if owner.is_empty() => (is_owner_path(value) && !value.starts_with('/')).then_some(LinkKind::Namespace),
        '@' => is_sha(value).then_some(LinkKind::GitlabPage),
        '^' => value.strip_prefix("alert#").is_some_and(is_number).then_some(LinkKind::GitlabPage),
        '*' => value
            .strip_prefix("iteration:")
            .is_some_and(|id| is_number(id) || is_quoted(id))
            .then_some(LinkKind::GitlabPage),
        '>' => (value.is_empty() && !owner.is_empty()).then_some(LinkKind::ProjectOrGroup),
        '[' if owner.is_empty() => parse_bracketed(value),
        _ => None,
    }?;
    let number = without_format(value);
    let page = match mark {
        '#' if is_number(number) => Some(format!("{owner}/-/issues/{number}")),
        '!' => Some(format!("{owner}/-/merge_requests/{number}")),
        '&' => Some(format!("groups/{owner}/-/epics/{number}")),
        _ => None,
    };
    // A project without its group is one beside the document's own, which is not known.
    let is_whole = owner.trim_start_matches('/').contains('/') || (mark == '&' && !owner.is_empty());
    Some(ParsedReference { kind, page: page.filter(|_| is_whole) })
}

/// A commit, a range of commits, or an issue in the form that no other system reads.
fn parse_unsigned(text: &str) -> Option<ParsedReference> {
    let kind = if text.strip_prefix("GL-").is_some_and(is_number) {
        LinkKind::Issue
    } else {
        let range = text.split_once("...").or_else(|| text.split_once(".."));
        let is_commit = range.map_or_else(|| is_sha(text), |(from, to)| is_sha(from) && is_sha(to));
        is_commit.then_some(LinkKind::GitlabPage)?
    };
    Some(ParsedReference { kind, page: None })
}

/// `[issue:123]`, `[issue:group/project/123]`, with a format behind it.
fn parse_bracketed(value: &str) -> Option<LinkKind> {
    let inside = without_format(value).strip_suffix(']')?;
    let (word, id) = inside.split_once(':')?;
    let (_, kind) = BRACKETED.iter().find(|(known, _)| *known == word)?;
    (!id.is_empty() && !id.contains(['[', ']', ' '])).then_some(*kind)
}

/// An issue's number, or one of its designs: `12`, `12[a.png]`.
fn is_issue(value: &str) -> bool {
    match value.split_once('[') {
        Some((number, design)) => is_number(number) && design.len() > 1 && design.ends_with(']'),
        None => is_number(without_format(value)),
    }
}

/// `+` shows the title, `+s` the state, too (GitLab docs, "GitLab-specific references").
fn without_format(value: &str) -> &str {
    value.strip_suffix("+s").or_else(|| value.strip_suffix('+')).unwrap_or(value)
}

/// A path of a project or group, perhaps from the root (`lib/gitlab/path_regex.rb`).
fn is_owner_path(path: &str) -> bool {
    path.strip_prefix('/').unwrap_or(path).split('/').all(|part| {
        !matches!(part, "." | "..")
            && part.rsplit_once('.').is_none_or(|(_, ending)| ending != "git")
            && part.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
    })
}

fn is_path_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
}

fn is_number(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name of one word, as labels and milestones have it without quotes.
fn is_name(text: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '?' | '.' | '&' | ':');
    !text.is_empty() && text.chars().all(inside) && !text.ends_with(['.', '?'])
}

fn is_quoted(text: &str) -> bool {
    text.len() > 2 && text.starts_with('"') && text.ends_with('"')
}

fn is_sha(text: &str) -> bool {
    (7..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms of GitLab docs, "GitLab-specific references".
    #[test]
    fn whole_targets_that_refer_are_references() {
        use LinkKind::{Epic, GitlabPage, Issue, Label, MergeRequest, Namespace, ProjectOrGroup};
        for (target, kind, page) in [
            ("#123", Issue, None),
            ("#123+", Issue, None),
            ("#123+s", Issue, None),
            ("#12[a.png]", Issue, None),
            ("GL-12", Issue, None),
            ("[issue:123]", Issue, None),
            ("[work_item:g/p/123]+", Issue, None),
            ("project#4", Issue, None),
            ("group/project#4", Issue, Some("group/project/-/issues/4")),
            ("group/pages.io#4+", Issue, Some("group/pages.io/-/issues/4")),
            ("!12", MergeRequest, None),
            ("a/b/c!4", MergeRequest, Some("a/b/c/-/merge_requests/4")),
            ("$5", GitlabPage, None),
            ("%3", GitlabPage, None),
            ("%v1.2", GitlabPage, None),
            ("%%22A%20b%22", GitlabPage, None),
            ("~label", Label, None),
            ("~a::b", Label, None),
            ("~%22two%20words%22", Label, None),
            ("&7", Epic, None),
            ("group&7", Epic, Some("groups/group/-/epics/7")),
            ("@ada", Namespace, None),
            ("@group/sub", Namespace, None),
            ("^alert#1", GitlabPage, None),
            ("*iteration:3", GitlabPage, None),
            ("[vulnerability:1]", GitlabPage, None),
            ("[feature_flag:g/p/1]", GitlabPage, None),
            ("group/project>", ProjectOrGroup, None),
            ("9ba12248", GitlabPage, None),
            ("group/project@9ba12248", GitlabPage, None),
            ("9ba12248...b19a04f5", GitlabPage, None),
        ] {
            let page = page.map(str::to_owned);
            assert_eq!(parse(target), Some(ParsedReference { kind, page }), "{target}");
        }
    }

    #[test]
    fn places_and_paths_are_no_references() {
        for target in [
            "",
            "#",
            "#a",
            "#1a",
            "#L10",
            "README.md#2",
            "docs/a.md#12",
            "../x#4",
            "a//b#4",
            "docs/#4",
            "!",
            "!a",
            "a b!4",
            "x!4/y",
            "$",
            "%",
            "%20a",
            "~",
            "~/x",
            "&",
            "&a",
            "@",
            "@/x",
            "^1",
            "*",
            "[x]",
            "[issue:]",
            ">",
            "a.md",
            "9ba122",
            "zba12248",
            "?a=1",
            "é#1",
            "#99999999999",
        ] {
            assert_eq!(parse(target), None, "{target}");
        }
    }
}
