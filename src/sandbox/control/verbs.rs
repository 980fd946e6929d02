//! What somebody does in GitLab's pages, by name: `POST /-/world/issue`, `/-/world/role` and `/-/world/label`; and
//! `/-/world/issues`, which opens many at once.

use serde_json::json;

use super::pretty;
use crate::sandbox::call::Call;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{IssueEdit, NewIssue, World};

/// The most issues that are opened at once.
const MOST: u64 = 100_000;

/// Does to an issue what `verb` says, as `username`; unless one is named, as the user of the token `person`, or as the
/// issue's author where there is no such token.
pub(super) fn issue(world: &mut World, call: &Call) -> Answer {
    let project = project(world, call)?;
    let verb = call.input.given("verb")?;
    let iid = call.input.number("iid").ok_or_else(|| Reply::missing("iid"))?;
    let author = world.issue(project, iid).map(|issue| issue.author);
    let author = author.ok_or_else(|| Reply::error(404, "no issue of this project has this iid"))?;
    let who = match call.input.filled("username") {
        Some(username) => user(world, &username)?,
        None => world.tokens.get("person").map_or(author, |token| token.user),
    };
    let lock = |locked: bool| IssueEdit { locked: Some(locked), ..IssueEdit::default() };
    match verb.as_str() {
        "rich_text" => drop(world.save_in_rich_text_editor(project, iid, who)),
        "without_comments" => drop(world.drop_comments(project, iid, who)),
        "lock" => world.edit_issue(project, iid, who, &lock(true)),
        "unlock" => world.edit_issue(project, iid, who, &lock(false)),
        _ => return Err(Reply::error(400, "verb is one of rich_text, without_comments, lock, unlock")),
    }
    let issue = world.issue(project, iid).ok_or_else(|| Reply::error(404, "no issue of this project has this iid"))?;
    pretty(&json!({
        "project": project,
        "iid": iid,
        "description": issue.description,
        "discussion_locked": issue.locked,
        "state": if issue.is_open() { "opened" } else { "closed" },
    }))
}

/// Opens so many issues in a project, each with its number as its title.
pub(super) fn issues(world: &mut World, call: &Call) -> Answer {
    let project = project(world, call)?;
    let count = call.input.number("count").filter(|count| *count <= MOST);
    let count = count.ok_or_else(|| Reply::error(400, "count is a number, 100000 at most"))?;
    let author = world.projects.get(&project).and_then(|home| home.members.keys().next().copied()).unwrap_or(0);
    for number in 1..=count {
        let new = NewIssue { title: format!("Issue {number}"), ..NewIssue::default() };
        world.open_issue(project, author, &new);
    }
    pretty(&json!({ "project": project, "opened": count }))
}

/// Sets somebody's own role in a project; 0 takes it away.
pub(super) fn role(world: &mut World, call: &Call) -> Answer {
    let project = project(world, call)?;
    let username = call.input.given("username")?;
    user(world, &username)?;
    let role = call.input.number("role").ok_or_else(|| Reply::missing("role"))?;
    let role = u8::try_from(role).ok().filter(|role| [0, 10, 15, 20, 30, 40, 50].contains(role));
    let role = role.ok_or_else(|| Reply::error(400, "role is one of 0, 10, 15, 20, 30, 40, 50"))?;
    world.set_role(&username, project, role);
    pretty(&json!({ "username": username, "project": project, "role": role }))
}

/// Archives a label of a project or of a group above it, or takes it back.
pub(super) fn label(world: &mut World, call: &Call) -> Answer {
    let project = project(world, call)?;
    let name = call.input.given("name")?;
    let archived =
        call.input.flag("archived").ok_or_else(|| Reply::error(400, "archived is missing: true or false"))?;
    let known = world.archive_label(project, &name, archived);
    known.ok_or_else(|| Reply::error(404, "no label of this project has this name"))?;
    pretty(&json!({ "project": project, "name": name, "archived": archived }))
}

fn project(world: &World, call: &Call) -> Result<u64, Reply> {
    let wanted = call.input.given("project")?;
    let by_number = wanted.parse().ok().and_then(|id: u64| world.projects.get(&id));
    let found = by_number.or_else(|| world.project_at(&wanted)).map(|project| project.id);
    found.ok_or_else(|| Reply::error(404, "no project has this path or number"))
}

fn user(world: &World, username: &str) -> Result<u64, Reply> {
    let found = world.user_named(username).map(|user| user.id);
    found.ok_or_else(|| Reply::error(404, "no user has this username"))
}
