//! Threads (GitLab docs, "Discussions API"): notes that belong together, oldest first.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::noteable::VisibleNoteable;
use super::paging::page_reply;
use super::{Context, notes};
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, Note, Noteable};

/// `discussions`, one of them and its notes.
pub(super) fn answer(context: &mut Context<'_>, noteable: &VisibleNoteable, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let all = visible_discussions(context, noteable);
            Ok(page_reply(context, &all, |(id, notes)| discussion_json(context, noteable, id, notes)))
        }
        ("POST", []) => create(context, noteable),
        ("GET" | "HEAD", [id]) => show(context, 200, noteable, id),
        ("PUT", [id]) => {
            let wanted = context.call.params.flag("resolved");
            let wanted = wanted.ok_or_else(|| Reply::parameter_missing("resolved"))?;
            set_resolved(context, noteable, id, wanted)?;
            show(context, 200, noteable, id)
        }
        ("POST", [id, "notes"]) => {
            find_discussion(context, noteable, id)?;
            notes::create(context, noteable, Some(id))
        }
        ("GET" | "HEAD", [id, "notes", note]) => {
            let note = find_note(context, noteable, id, note)?;
            Ok(Reply::json(200, &context.note_json(noteable, note)))
        }
        ("PUT", [id, "notes", note]) => {
            let note = find_note(context, noteable, id, note)?.id.to_string();
            if let Some(wanted) = context.call.params.flag("resolved") {
                set_resolved(context, noteable, id, wanted)?;
                let note = context.find_note(noteable, &note)?;
                return Ok(Reply::json(200, &context.note_json(noteable, note)));
            }
            notes::update(context, noteable, &note)
        }
        ("DELETE", [id, "notes", note]) => {
            let note = find_note(context, noteable, id, note)?.id.to_string();
            notes::delete(context, noteable, &note)
        }
        _ => Err(Reply::route_not_found()),
    }
}

/// A first note that can be answered to.
fn create(context: &mut Context<'_>, noteable: &VisibleNoteable) -> HandlerResult {
    let reply = notes::create(context, noteable, None)?;
    let newest = context.world.notes(noteable.noteable).and_then(|notes| notes.keys().next_back().copied());
    let Some(note) = newest.filter(|_| reply.status == 201) else { return Ok(reply) };
    let thread = context.world.notes_mut(noteable.noteable).and_then(|notes| notes.get_mut(&note)).map(|note| {
        note.threaded = true;
        note.discussion.clone()
    });
    show(context, 201, noteable, &thread.unwrap_or_default())
}

/// Only threads of merge requests can be resolved, by developers and by whoever the request is from (GitLab docs,
/// "Discussions", resolve a thread).
fn set_resolved(context: &mut Context<'_>, noteable: &VisibleNoteable, id: &str, wanted: bool) -> Result<(), Reply> {
    let who = context.require_signed_in()?;
    find_discussion(context, noteable, id)?;
    let Noteable::MergeRequest(project, iid) = noteable.noteable else { return Err(Reply::forbidden()) };
    let author = context.world.merge_request_mut(project, iid).map(|request| request.author);
    if noteable.access_level < DEVELOPER && author != Some(who) {
        return Err(Reply::forbidden());
    }
    let now = context.world.now;
    for note in context.world.notes_mut(noteable.noteable).into_iter().flat_map(|notes| notes.values_mut()) {
        if note.discussion == id && note.threaded {
            note.resolved = wanted.then_some((who, now));
        }
    }
    Ok(())
}

/// All threads that the asking user sees, each with its notes.
fn visible_discussions<'a>(context: &'a Context<'_>, noteable: &VisibleNoteable) -> Vec<(&'a str, Vec<&'a Note>)> {
    let mut by_id: BTreeMap<&str, Vec<&Note>> = BTreeMap::new();
    let notes = context.world.notes(noteable.noteable).into_iter().flat_map(|notes| notes.values());
    for note in notes.filter(|note| noteable.can_see_note(note) && context.can_see_mention_source(note)) {
        by_id.entry(&note.discussion).or_default().push(note);
    }
    let mut threads: Vec<_> = by_id.into_iter().collect();
    threads.sort_by_key(|(_, notes)| notes.first().map(|note| (note.created_at, note.id)));
    threads
}

fn find_discussion<'a>(
    context: &'a Context<'_>,
    noteable: &VisibleNoteable,
    id: &str,
) -> Result<(&'a str, Vec<&'a Note>), Reply> {
    visible_discussions(context, noteable)
        .into_iter()
        .find(|(own, _)| *own == id)
        .ok_or_else(|| Reply::not_found("Discussion"))
}

fn find_note<'a>(
    context: &'a Context<'_>,
    noteable: &VisibleNoteable,
    id: &str,
    note: &str,
) -> Result<&'a Note, Reply> {
    let (_, notes) = find_discussion(context, noteable, id)?;
    notes.into_iter().find(|one| one.id.to_string() == note).ok_or_else(Reply::record_not_found)
}

fn show(context: &Context<'_>, status: u16, noteable: &VisibleNoteable, id: &str) -> HandlerResult {
    let (id, notes) = find_discussion(context, noteable, id)?;
    Ok(Reply::json(status, &discussion_json(context, noteable, id, &notes)))
}

fn discussion_json(context: &Context<'_>, noteable: &VisibleNoteable, id: &str, notes: &[&Note]) -> Value {
    let shapes: Vec<Value> = notes.iter().map(|note| context.note_json(noteable, note)).collect();
    json!({ "id": id, "individual_note": notes.iter().all(|note| !note.threaded), "notes": shapes })
}
