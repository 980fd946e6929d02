//! What lists are narrowed down by: people, milestones, emoji and times, or what they are not.

use chrono::{DateTime, Utc};

use crate::call::Params;
use crate::reply::Reply;
use crate::world::{Emoji, World};

/// Whether what something has is what is wanted: `None` and `Any`, in any letter case, mean what they say.
pub(super) fn matches_value(wanted: &str, held: &[String]) -> bool {
    match wanted.to_lowercase().as_str() {
        "none" => held.is_empty(),
        "any" => !held.is_empty(),
        wanted => held.iter().any(|one| one.to_lowercase() == wanted),
    }
}

/// Which users are wanted in one role, by number or by name.
pub(super) struct UserFilter {
    id: Option<String>,
    names: Vec<String>,
}

impl UserFilter {
    /// `author_id` and `author_username`, or the like; only one of the two may be given, and a number may be `None` or
    /// `Any` where the role can be nobody's (`lib/api/validations/validators/integer_none_any.rb`).
    pub(super) fn parse(input: &Params, (id, name): (&str, &str), optional: bool) -> Result<UserFilter, Reply> {
        let people = UserFilter { id: input.non_empty_text(id), names: input.list(name).unwrap_or_default() };
        let Some(given) = &people.id else { return Ok(people) };
        if !people.names.is_empty() {
            return Err(Reply::error(400, &format!("{id}, {name} are mutually exclusive")));
        }
        let special = optional && ["none", "any"].contains(&given.to_lowercase().as_str());
        if special || given.parse::<i64>().is_ok() {
            return Ok(people);
        }
        if optional {
            return Err(Reply::error(400, &format!("{id} should be an integer, 'None' or 'Any'")));
        }
        Err(Reply::parameter_invalid(id))
    }

    /// Whether these people are the wanted ones; `None` if nobody is asked for. Nobody's number is 0.
    pub(super) fn matches(&self, world: &World, held: &[u64]) -> Option<bool> {
        if let Some(id) = &self.id {
            let ids: Vec<String> = held.iter().map(u64::to_string).collect();
            return Some(if id == "0" { held.is_empty() } else { matches_value(id, &ids) });
        }
        let known = held.iter().filter_map(|id| world.users.get(id)).map(|user| user.username.clone());
        let known: Vec<String> = known.collect();
        (!self.names.is_empty()).then(|| self.names.iter().all(|name| matches_value(name, &known)))
    }
}

/// From when to when.
pub(super) struct TimeRange(Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl TimeRange {
    /// `created_after` and `created_before`, or the like.
    pub(super) fn parse(input: &Params, after: &str, before: &str) -> Result<TimeRange, Reply> {
        Ok(TimeRange(input.date_time(after)?, input.date_time(before)?))
    }

    pub(super) fn contains(&self, time: DateTime<Utc>) -> bool {
        self.0.is_none_or(|after| time >= after) && self.1.is_none_or(|before| time <= before)
    }
}

/// Whether a milestone of this title is the wanted one.
pub(super) fn matches_milestone(wanted: &str, title: Option<&String>) -> bool {
    match wanted.to_lowercase().as_str() {
        "none" => title.is_none(),
        "any" => title.is_some(),
        _ => title.is_some_and(|title| title == wanted),
    }
}

/// Whether the asking user put this emoji on something.
pub(super) fn matches_reaction(wanted: &str, emoji: &[Emoji], who: Option<u64>) -> bool {
    let own = emoji.iter().filter(|emoji| Some(emoji.user) == who).map(|emoji| emoji.name.clone());
    matches_value(wanted, &own.collect::<Vec<_>>())
}
