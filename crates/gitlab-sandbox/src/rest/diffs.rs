//! What differs between two places of a repository, and what their histories share (GitLab docs, "Commits API",
//! "Repositories API").

use std::fmt::Write;

use serde_json::{Value, json};

use super::Context;
use crate::reply::{HandlerResult, Reply};
use crate::world::{FileChange, detect_renames};

/// `repository/compare`: what one place has that the other lacks.
pub(super) fn compare(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let input = &context.call.params;
    let place = |key: &str| {
        let name = input.required_text(key)?;
        home.resolve_ref(&name).map(str::to_owned).ok_or_else(|| Reply::not_found("Ref"))
    };
    let (from, to) = (place("from")?, place("to")?);
    let commits: Vec<Value> =
        home.commits_between(&from, &to).into_iter().rev().map(|commit| context.commit_json(home, commit)).collect();
    let straight = input.flag("straight") == Some(true);
    let base = home.merge_base(&from, &to).map_or(from.as_str(), |commit| commit.id.as_str());
    let differences = home.diff_files(if straight { &from } else { base }, &to);
    let diffs: Vec<Value> = detect_renames(&differences).iter().map(diff_json).collect();
    let shape = json!({
        "commit": commits.last(),
        "commits": commits,
        "diffs": diffs,
        "compare_timeout": false,
        "compare_same_ref": from == to,
        "web_url": format!("{}/{}/-/compare/{from}...{to}", context.origin, home.path),
    });
    Ok(Reply::json(200, &shape))
}

/// `repository/merge_base` of two or more places.
pub(super) fn merge_base(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let names = context.call.params.list("refs").unwrap_or_default();
    if names.len() < 2 {
        return Err(Reply::message(400, "Provide at least 2 refs"));
    }
    let ids: Option<Vec<&str>> = names.iter().map(|name| home.resolve_ref(name)).collect();
    let Some(ids) = ids else { return Err(Reply::message(400, "Could not find ref")) };
    let mut base = ids.first().and_then(|id| home.repository.commits.get(*id));
    for id in ids.iter().skip(1) {
        base = base.and_then(|commit| home.merge_base(&commit.id, id));
    }
    let commit = base.ok_or_else(|| Reply::not_found("Merge Base"))?;
    Ok(Reply::json(200, &context.commit_json(home, commit)))
}

/// How many lines came and went, by the whole text before and after.
pub(super) fn line_stats_json(changes: &[FileChange]) -> Value {
    let lines = |text: Option<&String>| text.map_or(0, |text| text.lines().count());
    let added: usize = changes.iter().map(|change| lines(change.after.as_ref())).sum();
    let removed: usize = changes.iter().map(|change| lines(change.before.as_ref())).sum();
    json!({ "additions": added, "deletions": removed, "total": added + removed })
}

/// A change as a diff of one hunk, the whole text before and after.
pub(super) fn diff_json(change: &FileChange) -> Value {
    let before: Vec<&str> = change.before.iter().flat_map(|text| text.lines()).collect();
    let after: Vec<&str> = change.after.iter().flat_map(|text| text.lines()).collect();
    let mut diff = String::new();
    if change.before != change.after {
        let from = usize::from(!before.is_empty());
        let to = usize::from(!after.is_empty());
        writeln!(diff, "@@ -{from},{} +{to},{} @@", before.len(), after.len()).ok();
        let lines = before.iter().map(|line| ('-', line)).chain(after.iter().map(|line| ('+', line)));
        for (sign, line) in lines {
            writeln!(diff, "{sign}{line}").ok();
        }
    }
    let mode = |there: bool, executable: bool| match (there, executable) {
        (false, _) => "0",
        (true, true) => "100755",
        (true, false) => "100644",
    };
    json!({
        "diff": diff,
        "new_path": change.path,
        "old_path": change.from.as_ref().unwrap_or(&change.path),
        "a_mode": mode(change.before.is_some(), change.executable == Some(false)),
        "b_mode": mode(change.after.is_some(), change.executable == Some(true)),
        "new_file": change.before.is_none(),
        "renamed_file": change.from.is_some(),
        "deleted_file": change.after.is_none(),
        "generated_file": false,
        "too_large": false,
        "collapsed": false,
    })
}
