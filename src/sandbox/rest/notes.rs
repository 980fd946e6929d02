//! Comments on issues, and the quick actions in them (GitLab docs, "Notes API"; `lib/api/helpers/notes_helpers.rb`).

use serde_json::json;

use super::Asked;
use super::issues::writer;
use super::paging::page;
use crate::sandbox::quick_actions;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{MAINTAINER, Note, PLANNER};

/// `issues/:iid/notes` and `issues/:iid/notes/:id`.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, iid: &str, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, project, iid),
        ("POST", []) => create(asked, project, iid),
        ("GET" | "HEAD", [id]) => {
            let number = asked.issue(project, iid)?.iid;
            let id = find(asked, project, number, id)?.id;
            show(asked, 200, project, number, id)
        }
        ("PUT", [id]) => update(asked, project, iid, id),
        ("DELETE", [id]) => delete(asked, project, iid, id),
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

fn list(asked: &Asked<'_>, project: u64, iid: &str) -> Answer {
    let issue = asked.issue(project, iid)?;
    let input = &asked.call.input;
    let wanted = input.filled("activity_filter");
    let mut found: Vec<&Note> = issue
        .notes
        .values()
        .filter(|note| match wanted.as_deref() {
            Some("only_comments") => !note.system,
            Some("only_activity") => note.system,
            _ => true,
        })
        .filter(|note| !note.internal || asked.level(project) >= PLANNER)
        .collect();
    match input.filled("order_by").as_deref() {
        Some("updated_at") => found.sort_by_key(|note| (note.updated_at, note.id)),
        _ => found.sort_by_key(|note| (note.created_at, note.id)),
    }
    if input.filled("sort").as_deref() != Some("asc") {
        found.reverse();
    }
    Ok(page(asked, &found, |note| asked.note_shape(project, issue, note)))
}

/// A note of commands only is none: 202 when one of them worked, 400 when none did.
fn create(asked: &mut Asked<'_>, project: u64, iid: &str) -> Answer {
    let who = writer(asked, project)?;
    let issue = asked.issue(project, iid)?;
    let iid = issue.iid;
    if issue.locked && asked.level(project) == 0 {
        return Err(Reply::forbidden());
    }
    let body = asked.call.input.text("body").ok_or_else(|| Reply::error(400, "body is missing"))?;
    let internal = asked.call.input.flag("internal") == Some(true);
    if internal && asked.level(project) < PLANNER {
        return Err(Reply::forbidden());
    }
    let (text, commands) = quick_actions::split(&body);
    if text.is_empty() && commands.is_empty() {
        return Err(Reply::message(400, "400 Bad request - Note {:note=>[\"can't be blank\"]}"));
    }
    let outcomes: Vec<(String, Result<String, String>)> = commands
        .iter()
        .map(|command| (command.name.clone(), asked.world.run_command(project, iid, who, command)))
        .collect();
    let changes: serde_json::Map<String, serde_json::Value> =
        outcomes.iter().filter(|(_, result)| result.is_ok()).map(|(name, _)| (name.clone(), json!(true))).collect();
    let said: Vec<&str> =
        outcomes.iter().map(|(_, result)| result.as_deref().unwrap_or_else(|why| why.as_str())).collect();
    if text.is_empty() {
        if changes.is_empty() {
            return Err(Reply::message(400, &format!("400 Bad request - {}", said.join(" "))));
        }
        return Ok(Reply::json(202, &json!({ "commands_changes": changes, "summary": said })));
    }
    let id = asked.world.add_note(project, iid, who, &text).ok_or_else(|| Reply::not_found("Issue"))?;
    if let Some(note) = asked.world.issue_mut(project, iid).and_then(|issue| issue.notes.get_mut(&id)) {
        note.internal = internal;
    }
    let issue = asked.world.issue(project, iid).ok_or_else(|| Reply::not_found("Issue"))?;
    let note = issue.notes.get(&id).ok_or_else(|| Reply::not_found("Note"))?;
    let mut shape = asked.note_shape(project, issue, note);
    shape["commands_changes"] = json!(changes);
    Ok(Reply::json(201, &shape))
}

/// One's own, or any from maintainer on; a system note is nobody's.
fn update(asked: &mut Asked<'_>, project: u64, iid: &str, id: &str) -> Answer {
    let (iid, id) = changeable(asked, project, iid, id)?;
    let body = asked.call.input.filled("body").ok_or_else(|| Reply::error(400, "body is missing"))?;
    let who = asked.signed_in()?;
    let (text, commands) = quick_actions::split(&body);
    for command in &commands {
        // An edited note runs its commands too; what one cannot do is left undone.
        asked.world.run_command(project, iid, who, command).ok();
    }
    let now = asked.world.now;
    if let Some(note) = asked.world.issue_mut(project, iid).and_then(|issue| issue.notes.get_mut(&id)) {
        note.body = text;
        note.updated_at = now;
    }
    show(asked, 200, project, iid, id)
}

fn delete(asked: &mut Asked<'_>, project: u64, iid: &str, id: &str) -> Answer {
    let (iid, id) = changeable(asked, project, iid, id)?;
    let updated = asked.world.issue(project, iid).and_then(|issue| issue.notes.get(&id)).map(|note| note.updated_at);
    if let Some(updated) = updated {
        asked.unmodified_since(updated)?;
    }
    if let Some(issue) = asked.world.issue_mut(project, iid) {
        issue.notes.remove(&id);
    }
    Ok(Reply::empty(204))
}

fn changeable(asked: &Asked<'_>, project: u64, iid: &str, id: &str) -> Result<(u64, u64), Reply> {
    let who = writer(asked, project)?;
    let iid = asked.issue(project, iid)?.iid;
    let note = find(asked, project, iid, id)?;
    let may = !note.system && (note.author == who || asked.level(project) >= MAINTAINER);
    if may { Ok((iid, note.id)) } else { Err(Reply::forbidden()) }
}

fn find<'a>(asked: &'a Asked<'_>, project: u64, iid: u64, id: &str) -> Result<&'a Note, Reply> {
    let note = id.parse().ok().and_then(|id: u64| asked.world.issue(project, iid)?.notes.get(&id));
    note.filter(|note| !note.internal || asked.level(project) >= PLANNER).ok_or_else(|| Reply::not_found("Note"))
}

fn show(asked: &Asked<'_>, status: u16, project: u64, iid: u64, id: u64) -> Answer {
    let issue = asked.world.issue(project, iid).ok_or_else(|| Reply::not_found("Issue"))?;
    let note = issue.notes.get(&id).ok_or_else(|| Reply::not_found("Note"))?;
    Ok(Reply::json(status, &asked.note_shape(project, issue, note)))
}
