//! Emoji on issues, merge requests and notes (GitLab docs, "Emoji reactions API"; `lib/api/award_emoji.rb`).

use serde_json::{Value, json};

use super::Asked;
use super::paging::page;
use super::shapes::instant;
use super::talk::Place;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::Emoji;

/// `award_emoji` and one of them, of the thing itself or of one of its notes.
pub(super) fn answer(asked: &mut Asked<'_>, place: &Place, note: Option<u64>, path: &[&str]) -> Answer {
    let method = asked.call.method.clone();
    let known = asked.world.emoji_mut(place.on, note).ok_or_else(|| Reply::not_found("AwardEmoji"))?.clone();
    match (method.as_str(), path) {
        ("GET" | "HEAD", []) => Ok(page(asked, &known, |emoji| shape(asked, place, note, emoji))),
        ("POST", []) => {
            let user = asked.speaker(place)?;
            let name = asked.call.input.given("name")?;
            let name = name.trim_matches(':').to_owned();
            if known.iter().any(|emoji| emoji.name == name && emoji.user == user) {
                return Err(Reply::message(404, "404 Award Emoji Name has already been taken Not Found"));
            }
            let emoji = Emoji { id: asked.world.fresh_id(), name, user, created_at: asked.world.now };
            if let Some(known) = asked.world.emoji_mut(place.on, note) {
                known.push(emoji.clone());
            }
            Ok(Reply::json(201, &shape(asked, place, note, &emoji)))
        }
        (method, [id]) => {
            let emoji = known.iter().find(|emoji| emoji.id.to_string() == *id);
            let emoji = emoji.ok_or_else(Reply::no_record)?;
            match method {
                "GET" | "HEAD" => Ok(Reply::json(200, &shape(asked, place, note, emoji))),
                "DELETE" => {
                    let who = asked.speaker(place)?;
                    if emoji.user != who && !asked.is_admin() {
                        return Err(Reply::forbidden());
                    }
                    if let Some(known) = asked.world.emoji_mut(place.on, note) {
                        known.retain(|other| other.id != emoji.id);
                    }
                    Ok(Reply::empty(204))
                }
                _ => Err(Reply::no_route()),
            }
        }
        _ => Err(Reply::no_route()),
    }
}

fn shape(asked: &Asked<'_>, place: &Place, note: Option<u64>, emoji: &Emoji) -> Value {
    let mut shape = json!({
        "id": emoji.id,
        "name": emoji.name,
        "user": asked.user_shape(emoji.user),
        "created_at": instant(emoji.created_at),
        "updated_at": instant(emoji.created_at),
        "awardable_type": if note.is_some() { "Note" } else { place.kind },
        "url": null,
    });
    shape["awardable_id"] = json!(note.unwrap_or_else(|| place.id()));
    shape
}
