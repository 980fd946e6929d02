//! Emoji on issues, merge requests and notes (GitLab docs, "Emoji reactions API"; `lib/api/award_emoji.rb`).

use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use super::noteable::VisibleNoteable;
use super::paging::page_reply;
use crate::reply::{HandlerResult, Reply};
use crate::world::Emoji;

/// `award_emoji` and one of them, of the noteable itself or of one of its notes.
pub(super) fn answer(
    context: &mut Context<'_>,
    noteable: &VisibleNoteable,
    note: Option<u64>,
    path: &[&str],
) -> HandlerResult {
    let method = context.call.method.clone();
    let known = context.world.emoji_mut(noteable.noteable, note).ok_or_else(|| Reply::not_found("AwardEmoji"))?.clone();
    match (method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            Ok(page_reply(context, &known, |emoji| award_emoji_json(context, noteable, note, emoji)))
        }
        ("POST", []) => {
            let user = context.require_may_comment(noteable)?;
            let name = context.call.params.required_text("name")?;
            let name = name.trim_matches(':').to_owned();
            if known.iter().any(|emoji| emoji.name == name && emoji.user == user) {
                return Err(Reply::message(404, "404 Award Emoji Name has already been taken Not Found"));
            }
            let emoji = Emoji { id: context.world.next_id(), name, user, created_at: context.world.now };
            if let Some(known) = context.world.emoji_mut(noteable.noteable, note) {
                known.push(emoji.clone());
            }
            Ok(Reply::json(201, &award_emoji_json(context, noteable, note, &emoji)))
        }
        (method, [id]) => {
            let emoji = known.iter().find(|emoji| emoji.id.to_string() == *id);
            let emoji = emoji.ok_or_else(Reply::record_not_found)?;
            match method {
                "GET" | "HEAD" => Ok(Reply::json(200, &award_emoji_json(context, noteable, note, emoji))),
                "DELETE" => {
                    let who = context.require_may_comment(noteable)?;
                    if emoji.user != who && !context.is_admin() {
                        return Err(Reply::forbidden());
                    }
                    if let Some(known) = context.world.emoji_mut(noteable.noteable, note) {
                        known.retain(|other| other.id != emoji.id);
                    }
                    Ok(Reply::empty(204))
                }
                _ => Err(Reply::route_not_found()),
            }
        }
        _ => Err(Reply::route_not_found()),
    }
}

fn award_emoji_json(context: &Context<'_>, noteable: &VisibleNoteable, note: Option<u64>, emoji: &Emoji) -> Value {
    let mut shape = json!({
        "id": emoji.id,
        "name": emoji.name,
        "user": context.user_or_ghost_json(emoji.user),
        "created_at": format_time(emoji.created_at),
        "updated_at": format_time(emoji.created_at),
        "awardable_type": if note.is_some() { "Note" } else { noteable.noteable_type },
        "url": null,
    });
    shape["awardable_id"] = json!(note.unwrap_or_else(|| noteable.id()));
    shape
}
