//! Comments, and the quick actions in them (GitLab docs, "Notes API"; `lib/api/helpers/notes_helpers.rb`).

use serde_json::json;

use super::noteable::VisibleNoteable;
use super::paging::page_reply_skipping;
use super::{Context, emoji};
use crate::quick_actions;
use crate::reply::{HandlerResult, Reply};
use crate::world::{Note, PLANNER};

/// `notes` and `notes/:id` of whatever has them.
pub(super) fn answer(context: &mut Context<'_>, noteable: &VisibleNoteable, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(context, noteable),
        ("POST", []) => create(context, noteable, None),
        ("GET" | "HEAD", [id]) => {
            let note = context.find_note(noteable, id)?;
            Ok(Reply::json(200, &context.note_json(noteable, note)))
        }
        ("PUT", [id]) => update(context, noteable, id),
        ("DELETE", [id]) => delete(context, noteable, id),
        (_, [id, "award_emoji", rest @ ..]) => {
            let note = context.find_note(noteable, id)?.id;
            emoji::answer(context, noteable, Some(note), rest)
        }
        _ => Err(Reply::route_not_found()),
    }
}

fn list(context: &Context<'_>, noteable: &VisibleNoteable) -> HandlerResult {
    let input = &context.call.params;
    input.require_allowed_value("activity_filter", &["all_notes", "only_comments", "only_activity"])?;
    input.require_allowed_value("order_by", &["created_at", "updated_at"])?;
    let wanted = input.non_empty_text("activity_filter");
    let mut found: Vec<&Note> = context
        .world
        .notes(noteable.noteable)
        .into_iter()
        .flat_map(|notes| notes.values())
        .filter(|note| match wanted.as_deref() {
            Some("only_comments") => !note.system,
            Some("only_activity") => note.system,
            _ => true,
        })
        .collect();
    match input.non_empty_text("order_by").as_deref() {
        Some("updated_at") => found.sort_by_key(|note| (note.updated_at, note.id)),
        _ => found.sort_by_key(|note| (note.created_at, note.id)),
    }
    if !input.is_sort_ascending()? {
        found.reverse();
    }
    // The page is cut, and its rows are counted, before those go that the reader may not see.
    Ok(page_reply_skipping(context, &found, |note| {
        (noteable.can_see_note(note) && context.can_see_mention_source(note)).then(|| context.note_json(noteable, note))
    }))
}

/// Writes a note, in a thread if one is named. One of commands only is none: 202 when one of them worked, 400 when none
/// did.
pub(super) fn create(context: &mut Context<'_>, noteable: &VisibleNoteable, thread: Option<&str>) -> HandlerResult {
    let who = context.require_may_comment(noteable)?;
    let body = context.call.params.text("body").ok_or_else(|| Reply::parameter_missing("body"))?;
    // From whoever may not, the wish is dropped (`app/services/notes/build_service.rb`).
    let internal = context.call.params.flag("internal") == Some(true) && noteable.access_level >= PLANNER;
    let (text, commands) = quick_actions::split_commands(&body);
    if text.is_empty() && commands.is_empty() {
        return Err(Reply::message(400, "400 Bad request - Note {:note=>[\"can't be blank\"]}"));
    }
    let outcomes: Vec<(String, Result<String, String>)> = commands
        .iter()
        .map(|command| (command.name.clone(), context.world.run_command_on_noteable(noteable.noteable, who, command)))
        .collect();
    let changes: serde_json::Map<String, serde_json::Value> =
        outcomes.iter().filter(|(_, result)| result.is_ok()).map(|(name, _)| (name.clone(), json!(true))).collect();
    let summaries: Vec<&str> =
        outcomes.iter().map(|(_, result)| result.as_deref().unwrap_or_else(|why| why.as_str())).collect();
    if text.is_empty() {
        if changes.is_empty() {
            return Err(Reply::message(400, &format!("400 Bad request - {}", summaries.join(" "))));
        }
        return Ok(Reply::json(202, &json!({ "commands_changes": changes, "summary": summaries })));
    }
    let id = context
        .world
        .add_note_to(noteable.noteable, who, &text, thread)
        .ok_or_else(|| Reply::not_found(noteable.noteable_type))?;
    if let Some(note) = context.world.notes_mut(noteable.noteable).and_then(|notes| notes.get_mut(&id)) {
        note.internal = internal;
    }
    context.add_cross_references(noteable.noteable, who, &[&text]);
    let mut shape = context.note_json(noteable, context.find_note(noteable, &id.to_string())?);
    shape["commands_changes"] = json!(changes);
    Ok(Reply::json(201, &shape))
}

pub(super) fn update(context: &mut Context<'_>, noteable: &VisibleNoteable, id: &str) -> HandlerResult {
    let note = context.find_editable_note(noteable, id)?;
    let (id, old) = (note.id, note.body.clone());
    let body = context.call.params.required_text("body")?;
    let who = context.require_signed_in()?;
    let (text, commands) = quick_actions::split_commands(&body);
    for command in quick_actions::filter_new_commands(Some(&old), commands) {
        // An edited note runs its new commands too; what one cannot do is left undone.
        context.world.run_command_on_noteable(noteable.noteable, who, &command).ok();
    }
    if text.is_empty() {
        // Nothing is left of it (`Notes::UpdateService`): it cannot be saved, and goes.
        if let Some(notes) = context.world.notes_mut(noteable.noteable) {
            notes.remove(&id);
        }
        return Err(Reply::message(400, "400 Bad request - Failed to save note {:note=>[\"can't be blank\"]}"));
    }
    let now = context.world.now;
    if let Some(note) = context.world.notes_mut(noteable.noteable).and_then(|notes| notes.get_mut(&id)) {
        note.body.clone_from(&text);
        note.updated_at = now;
    }
    context.add_cross_references(noteable.noteable, who, &[&text]);
    let note = context.find_note(noteable, &id.to_string())?;
    Ok(Reply::json(200, &context.note_json(noteable, note)))
}

pub(super) fn delete(context: &mut Context<'_>, noteable: &VisibleNoteable, id: &str) -> HandlerResult {
    let note = context.find_editable_note(noteable, id)?;
    let (id, updated) = (note.id, note.updated_at);
    context.check_unmodified_since(updated)?;
    if let Some(notes) = context.world.notes_mut(noteable.noteable) {
        notes.remove(&id);
    }
    Ok(Reply::empty(204))
}
