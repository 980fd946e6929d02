//! Comments, and the quick actions in them (GitLab docs, "Notes API"; `lib/api/helpers/notes_helpers.rb`).

use serde_json::json;

use super::paging::page_of;
use super::talk::Place;
use super::{Asked, emoji};
use crate::sandbox::quick_actions;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Note, PLANNER};

/// `notes` and `notes/:id` of whatever has them.
pub(super) fn answer(asked: &mut Asked<'_>, place: &Place, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, place),
        ("POST", []) => create(asked, place, None),
        ("GET" | "HEAD", [id]) => {
            let note = asked.note(place, id)?;
            Ok(Reply::json(200, &asked.note_shape(place, note)))
        }
        ("PUT", [id]) => update(asked, place, id),
        ("DELETE", [id]) => delete(asked, place, id),
        (_, [id, "award_emoji", rest @ ..]) => {
            let note = asked.note(place, id)?.id;
            emoji::answer(asked, place, Some(note), rest)
        }
        _ => Err(Reply::no_route()),
    }
}

fn list(asked: &Asked<'_>, place: &Place) -> Answer {
    let input = &asked.call.input;
    input.check("activity_filter", &["all_notes", "only_comments", "only_activity"])?;
    input.check("order_by", &["created_at", "updated_at"])?;
    let wanted = input.filled("activity_filter");
    let mut found: Vec<&Note> = asked
        .world
        .notes(place.on)
        .into_iter()
        .flat_map(|notes| notes.values())
        .filter(|note| match wanted.as_deref() {
            Some("only_comments") => !note.system,
            Some("only_activity") => note.system,
            _ => true,
        })
        .collect();
    match input.filled("order_by").as_deref() {
        Some("updated_at") => found.sort_by_key(|note| (note.updated_at, note.id)),
        _ => found.sort_by_key(|note| (note.created_at, note.id)),
    }
    if !input.ascending()? {
        found.reverse();
    }
    // The page is cut, and its rows are counted, before those go that the reader may not see.
    Ok(page_of(asked, &found, |note| {
        (place.shows(note) && asked.sees_source(note)).then(|| asked.note_shape(place, note))
    }))
}

/// Writes a note, in a thread if one is named. One of commands only is none: 202 when one of them worked, 400 when none did.
pub(super) fn create(asked: &mut Asked<'_>, place: &Place, thread: Option<&str>) -> Answer {
    let who = asked.speaker(place)?;
    let body = asked.call.input.text("body").ok_or_else(|| Reply::missing("body"))?;
    // From whoever may not, the wish is dropped (`app/services/notes/build_service.rb`).
    let internal = asked.call.input.flag("internal") == Some(true) && place.level >= PLANNER;
    let (text, commands) = quick_actions::split(&body);
    if text.is_empty() && commands.is_empty() {
        return Err(Reply::message(400, "400 Bad request - Note {:note=>[\"can't be blank\"]}"));
    }
    let outcomes: Vec<(String, Result<String, String>)> = commands
        .iter()
        .map(|command| (command.name.clone(), asked.world.run_command_on(place.on, who, command)))
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
    let id = asked.world.say(place.on, who, &text, thread).ok_or_else(|| Reply::not_found(place.kind))?;
    if let Some(note) = asked.world.notes_mut(place.on).and_then(|notes| notes.get_mut(&id)) {
        note.internal = internal;
    }
    asked.cross_reference(place.on, who, &[&text]);
    let mut shape = asked.note_shape(place, asked.note(place, &id.to_string())?);
    shape["commands_changes"] = json!(changes);
    Ok(Reply::json(201, &shape))
}

pub(super) fn update(asked: &mut Asked<'_>, place: &Place, id: &str) -> Answer {
    let note = asked.own_note(place, id)?;
    let (id, old) = (note.id, note.body.clone());
    let body = asked.call.input.given("body")?;
    let who = asked.signed_in()?;
    let (text, commands) = quick_actions::split(&body);
    for command in quick_actions::fresh(Some(&old), commands) {
        // An edited note runs its new commands too; what one cannot do is left undone.
        asked.world.run_command_on(place.on, who, &command).ok();
    }
    if text.is_empty() {
        // Nothing is left of it (`Notes::UpdateService`): it cannot be saved, and goes.
        if let Some(notes) = asked.world.notes_mut(place.on) {
            notes.remove(&id);
        }
        return Err(Reply::message(400, "400 Bad request - Failed to save note {:note=>[\"can't be blank\"]}"));
    }
    let now = asked.world.now;
    if let Some(note) = asked.world.notes_mut(place.on).and_then(|notes| notes.get_mut(&id)) {
        note.body.clone_from(&text);
        note.updated_at = now;
    }
    asked.cross_reference(place.on, who, &[&text]);
    let note = asked.note(place, &id.to_string())?;
    Ok(Reply::json(200, &asked.note_shape(place, note)))
}

pub(super) fn delete(asked: &mut Asked<'_>, place: &Place, id: &str) -> Answer {
    let note = asked.own_note(place, id)?;
    let (id, updated) = (note.id, note.updated_at);
    asked.unmodified_since(updated)?;
    if let Some(notes) = asked.world.notes_mut(place.on) {
        notes.remove(&id);
    }
    Ok(Reply::empty(204))
}
