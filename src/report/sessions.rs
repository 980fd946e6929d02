//! The next sessions of each slot, in UTC and in the slot's own zone.

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::pod::schedule::{SkippedSession, UpcomingSession};
use crate::pod::session::Session;

/// One line for each session that takes place, and one for those in a row that are skipped for the same reason.
pub fn render_lines(upcoming: &[UpcomingSession]) -> Vec<String> {
    upcoming.chunk_by(is_same_pause).filter_map(render_chunk).collect()
}

/// A session as an entry of `next` in the JSON contract.
pub(super) fn to_json(upcoming: &UpcomingSession) -> Value {
    let session = upcoming.session();
    let mut entry = json!({
        "slot": session.key.slot,
        "start_utc": session.start.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true),
        "start_local": session.start.to_rfc3339_opts(SecondsFormat::Secs, false),
        "zone": session.start.timezone().name(),
    });
    if let Some(date) = session.moved_from {
        entry["moved_from"] = json!(date);
    }
    if let UpcomingSession::Skipped(SkippedSession { reason, .. }) = upcoming {
        entry["skipped"] = json!(true);
        entry["reason"] = json!(reason);
    }
    entry
}

fn is_same_pause(one: &UpcomingSession, next: &UpcomingSession) -> bool {
    let (UpcomingSession::Skipped(one), UpcomingSession::Skipped(next)) = (one, next) else { return false };
    one.session.key.slot == next.session.key.slot && one.reason == next.reason
}

fn render_chunk(chunk: &[UpcomingSession]) -> Option<String> {
    let slot = &chunk.first()?.session().key.slot;
    match chunk {
        [UpcomingSession::Held(session)] => {
            let moved = session.moved_from.map(|date| format!(", moved from {}", date.format("%a %Y-%m-%d")));
            Some(format!("{slot}: {}{}", describe_start(session), moved.unwrap_or_default()))
        }
        [UpcomingSession::Skipped(SkippedSession { reason, .. }), ..] => {
            let days: Vec<String> =
                chunk.iter().map(|one| one.session().date.format("%a %Y-%m-%d").to_string()).collect();
            let days = match days.as_slice() {
                [first, _, .., last] if days.len() > 3 => {
                    format!("from {first} to {last}, which leaves {} out", days.len())
                }
                [before @ .., last] if !before.is_empty() => format!("on {} and {last}", before.join(", ")),
                days => format!("on {}", days.join("")),
            };
            let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            Some(format!("{slot}: no session {days}{why}"))
        }
        _ => None,
    }
}

/// `Thu 2026-12-03 14:00 UTC, 15:00 in Europe/Berlin`.
fn describe_start(session: &Session) -> String {
    let utc = session.start.with_timezone(&Utc);
    let zone = session.start.timezone().name();
    let shown = utc.format("%a %Y-%m-%d %H:%M UTC");
    if zone == "UTC" {
        return shown.to_string();
    }
    let form = if utc.date_naive() == session.start.date_naive() { "%H:%M" } else { "%a %H:%M" };
    format!("{shown}, {} in {zone}", session.start.format(form))
}
