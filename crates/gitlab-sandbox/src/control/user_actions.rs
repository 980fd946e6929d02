//! What somebody does in GitLab's pages, by name: `POST /-/world/issue`, `/-/world/role` and `/-/world/label`;
//! `/-/world/issues`, which opens many at once; and how a pipeline ended, `/-/world/pipeline`.

use serde_json::json;

use super::pretty_json;
use crate::call::Call;
use crate::reply::{HandlerResult, Reply};
use crate::world::{IssueEdit, NewIssue, World};

/// The most issues that are opened at once.
const MAX_OPENED_ISSUES: u64 = 100_000;

/// Does to an issue what `verb` says, as `username`; unless one is named, as the user of the token `person`, or as the
/// issue's author where there is no such token.
pub(super) fn run_issue_verb(world: &mut World, call: &Call) -> HandlerResult {
    let project = find_project_id(world, call)?;
    let verb = call.params.required_text("verb")?;
    let iid = call.params.number("iid").ok_or_else(|| Reply::parameter_missing("iid"))?;
    let author = world.issue(project, iid).map(|issue| issue.author);
    let author = author.ok_or_else(|| Reply::error(404, "no issue of this project has this iid"))?;
    let who = match call.params.non_empty_text("username") {
        Some(username) => find_user_id(world, &username)?,
        None => world.tokens.get("person").map_or(author, |token| token.user),
    };
    let lock = |locked: bool| IssueEdit { locked: Some(locked), ..IssueEdit::default() };
    match verb.as_str() {
        "rich_text" => drop(world.save_in_rich_text_editor(project, iid, who)),
        "without_comments" => drop(world.save_without_html_comments(project, iid, who)),
        "lock" => world.edit_issue(project, iid, who, &lock(true)),
        "unlock" => world.edit_issue(project, iid, who, &lock(false)),
        _ => return Err(Reply::error(400, "verb is one of rich_text, without_comments, lock, unlock")),
    }
    let issue = world.issue(project, iid).ok_or_else(|| Reply::error(404, "no issue of this project has this iid"))?;
    pretty_json(&json!({
        "project": project,
        "iid": iid,
        "description": issue.description,
        "discussion_locked": issue.locked,
        "state": if issue.is_open() { "opened" } else { "closed" },
    }))
}

/// Opens so many issues in a project, each with its number as its title.
pub(super) fn open_issues(world: &mut World, call: &Call) -> HandlerResult {
    let project = find_project_id(world, call)?;
    let count = call.params.number("count").filter(|count| *count <= MAX_OPENED_ISSUES);
    let count = count.ok_or_else(|| Reply::error(400, "count is a number, 100000 at most"))?;
    let author = world.projects.get(&project).and_then(|home| home.members.keys().next().copied()).unwrap_or(0);
    for number in 1..=count {
        let new = NewIssue { title: format!("Issue {number}"), ..NewIssue::default() };
        world.open_issue(project, author, &new);
    }
    pretty_json(&json!({ "project": project, "opened": count }))
}

/// Sets somebody's own role in a project; 0 takes it away.
pub(super) fn set_role(world: &mut World, call: &Call) -> HandlerResult {
    let project = find_project_id(world, call)?;
    let username = call.params.required_text("username")?;
    find_user_id(world, &username)?;
    let role = call.params.number("role").ok_or_else(|| Reply::parameter_missing("role"))?;
    let role = u8::try_from(role).ok().filter(|role| [0, 10, 15, 20, 30, 40, 50].contains(role));
    let role = role.ok_or_else(|| Reply::error(400, "role is one of 0, 10, 15, 20, 30, 40, 50"))?;
    world.set_project_role(&username, project, role);
    pretty_json(&json!({ "username": username, "project": project, "role": role }))
}

/// Archives a label of a project or of a group above it, or takes it back.
pub(super) fn archive_label(world: &mut World, call: &Call) -> HandlerResult {
    let project = find_project_id(world, call)?;
    let name = call.params.required_text("name")?;
    let archived =
        call.params.flag("archived").ok_or_else(|| Reply::error(400, "archived is missing: true or false"))?;
    let known = world.set_label_archived(project, &name, archived);
    known.ok_or_else(|| Reply::error(404, "no label of this project has this name"))?;
    pretty_json(&json!({ "project": project, "name": name, "archived": archived }))
}

/// A pipeline ends as `status` says: one of the schedule whose number is given, or one that somebody started, as whoever
/// owns the project first.
pub(super) fn end_pipeline(world: &mut World, call: &Call) -> HandlerResult {
    let project = find_project_id(world, call)?;
    let status = call.params.required_text("status")?;
    let ended = if let Some(schedule) = call.params.number("schedule") {
        world.add_scheduled_pipeline(project, schedule, &status)
    } else {
        let user = world.projects.get(&project).and_then(|home| home.members.keys().next().copied()).unwrap_or(0);
        let source = call.params.non_empty_text("source");
        world.add_pipeline(project, user, source.as_deref().unwrap_or("web"), &status)
    };
    let id = ended.ok_or_else(|| Reply::error(404, "no schedule of this project has this number"))?;
    pretty_json(&json!({ "project": project, "pipeline": id, "status": status }))
}

fn find_project_id(world: &World, call: &Call) -> Result<u64, Reply> {
    let wanted = call.params.required_text("project")?;
    let by_number = wanted.parse().ok().and_then(|id: u64| world.projects.get(&id));
    let found = by_number.or_else(|| world.project_by_path(&wanted)).map(|project| project.id);
    found.ok_or_else(|| Reply::error(404, "no project has this path or number"))
}

fn find_user_id(world: &World, username: &str) -> Result<u64, Reply> {
    let found = world.user_by_username(username).map(|user| user.id);
    found.ok_or_else(|| Reply::error(404, "no user has this username"))
}
