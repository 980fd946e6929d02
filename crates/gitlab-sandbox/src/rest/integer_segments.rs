//! Parts of paths that GitLab reads as whole numbers (`type: Integer` of the routes): anything else is refused before
//! anything is looked up.

use crate::reply::Reply;

/// Checks the parts of a path below a project or a group.
pub(super) fn check(path: &[&str]) -> Result<(), Reply> {
    match named_segments(path).into_iter().find(|(part, _)| !is_integer(part)) {
        Some((_, name)) => Err(Reply::parameter_invalid(name)),
        None => Ok(()),
    }
}

/// What has to be a number, and what it is called. Events are asked for by text, too
/// (`lib/api/resource_label_events.rb`).
fn named_segments<'a>(path: &[&'a str]) -> Vec<(&'a str, &'static str)> {
    let (own, id, rest) = match path {
        ["issues", id, rest @ ..] => ("issue_iid", id, rest),
        ["merge_requests", id, rest @ ..] => ("merge_request_iid", id, rest),
        ["milestones", id, ..] => return vec![(id, "milestone_id")],
        ["pipeline_schedules", id, ..] => return vec![(id, "pipeline_schedule_id")],
        ["pipelines", id] => return vec![(id, "pipeline_id")],
        ["members", "all", id] => return vec![(id, "user_id")],
        ["members", id] if *id != "all" => return vec![(id, "user_id")],
        _ => return Vec::new(),
    };
    match rest {
        ["notes", note, "award_emoji", award] => vec![(id, own), (note, "note_id"), (award, "award_id")],
        ["notes", note, "award_emoji"] => vec![(id, own), (note, "note_id")],
        ["notes", note] | ["discussions", _, "notes", note] => vec![(id, "noteable_id"), (note, "note_id")],
        ["notes" | "discussions", ..] => vec![(id, "noteable_id")],
        ["award_emoji", award] => vec![(id, own), (award, "award_id")],
        ["links", link] => vec![(id, own), (link, "issue_link_id")],
        [kind, ..] if kind.starts_with("resource_") => Vec::new(),
        _ => vec![(id, own)],
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
