//! Threads (GitLab docs, "Discussions API"): notes that belong together, oldest first.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::paging::page;
use super::talk::Place;
use super::{Asked, notes};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{DEVELOPER, Note, On};

/// `discussions`, one of them and its notes.
pub(super) fn answer(asked: &mut Asked<'_>, place: &Place, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let all = threads(asked, place);
            Ok(page(asked, &all, |(id, notes)| shape(asked, place, id, notes)))
        }
        ("POST", []) => open(asked, place),
        ("GET" | "HEAD", [id]) => show(asked, 200, place, id),
        ("PUT", [id]) => {
            let wanted = asked.call.input.flag("resolved");
            let wanted = wanted.ok_or_else(|| Reply::missing("resolved"))?;
            resolve(asked, place, id, wanted)?;
            show(asked, 200, place, id)
        }
        ("POST", [id, "notes"]) => {
            thread(asked, place, id)?;
            notes::create(asked, place, Some(id))
        }
        ("GET" | "HEAD", [id, "notes", note]) => {
            let note = member(asked, place, id, note)?;
            Ok(Reply::json(200, &asked.note_shape(place, note)))
        }
        ("PUT", [id, "notes", note]) => {
            let note = member(asked, place, id, note)?.id.to_string();
            if let Some(wanted) = asked.call.input.flag("resolved") {
                resolve(asked, place, id, wanted)?;
                let note = asked.note(place, &note)?;
                return Ok(Reply::json(200, &asked.note_shape(place, note)));
            }
            notes::update(asked, place, &note)
        }
        ("DELETE", [id, "notes", note]) => {
            let note = member(asked, place, id, note)?.id.to_string();
            notes::delete(asked, place, &note)
        }
        _ => Err(Reply::no_route()),
    }
}

/// A first note that can be answered to.
fn open(asked: &mut Asked<'_>, place: &Place) -> Answer {
    let reply = notes::create(asked, place, None)?;
    let newest = asked.world.notes(place.on).and_then(|notes| notes.keys().next_back().copied());
    let Some(note) = newest.filter(|_| reply.status == 201) else { return Ok(reply) };
    let thread = asked.world.notes_mut(place.on).and_then(|notes| notes.get_mut(&note)).map(|note| {
        note.threaded = true;
        note.discussion.clone()
    });
    show(asked, 201, place, &thread.unwrap_or_default())
}

/// Only threads of merge requests can be resolved, by developers and by whoever the request is from (GitLab docs,
/// "Discussions", resolve a thread).
fn resolve(asked: &mut Asked<'_>, place: &Place, id: &str, wanted: bool) -> Result<(), Reply> {
    let who = asked.signed_in()?;
    thread(asked, place, id)?;
    let On::MergeRequest(project, iid) = place.on else { return Err(Reply::forbidden()) };
    let author = asked.world.merge_request_mut(project, iid).map(|request| request.author);
    if place.level < DEVELOPER && author != Some(who) {
        return Err(Reply::forbidden());
    }
    let now = asked.world.now;
    for note in asked.world.notes_mut(place.on).into_iter().flat_map(|notes| notes.values_mut()) {
        if note.discussion == id && note.threaded {
            note.resolved = wanted.then_some((who, now));
        }
    }
    Ok(())
}

/// All threads that the asking user sees, each with its notes.
fn threads<'a>(asked: &'a Asked<'_>, place: &Place) -> Vec<(&'a str, Vec<&'a Note>)> {
    let mut by_id: BTreeMap<&str, Vec<&Note>> = BTreeMap::new();
    let notes = asked.world.notes(place.on).into_iter().flat_map(|notes| notes.values());
    for note in notes.filter(|note| place.shows(note) && asked.sees_source(note)) {
        by_id.entry(&note.discussion).or_default().push(note);
    }
    let mut threads: Vec<_> = by_id.into_iter().collect();
    threads.sort_by_key(|(_, notes)| notes.first().map(|note| (note.created_at, note.id)));
    threads
}

fn thread<'a>(asked: &'a Asked<'_>, place: &Place, id: &str) -> Result<(&'a str, Vec<&'a Note>), Reply> {
    threads(asked, place).into_iter().find(|(own, _)| *own == id).ok_or_else(|| Reply::not_found("Discussion"))
}

fn member<'a>(asked: &'a Asked<'_>, place: &Place, id: &str, note: &str) -> Result<&'a Note, Reply> {
    let (_, notes) = thread(asked, place, id)?;
    notes.into_iter().find(|one| one.id.to_string() == note).ok_or_else(Reply::no_record)
}

fn show(asked: &Asked<'_>, status: u16, place: &Place, id: &str) -> Answer {
    let (id, notes) = thread(asked, place, id)?;
    Ok(Reply::json(status, &shape(asked, place, id, &notes)))
}

fn shape(asked: &Asked<'_>, place: &Place, id: &str, notes: &[&Note]) -> Value {
    let shapes: Vec<Value> = notes.iter().map(|note| asked.note_shape(place, note)).collect();
    json!({ "id": id, "individual_note": notes.iter().all(|note| !note.threaded), "notes": shapes })
}
