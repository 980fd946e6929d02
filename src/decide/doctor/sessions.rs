//! The next sessions of each slot, and whether an issue could be written for one.

use chrono::{Duration, Utc};

use super::Findings;
use crate::decide::pairing_issue_body::{BodyTemplate, SessionFacts};
use crate::pod::Pod;
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, PodCheckup};
use crate::pod::pod_page::PodPage;
use crate::pod::run::ExitStatus;
use crate::pod::schedule::{Occurrence, Slot};
use crate::pod::session::Session;

/// So many sessions are named.
const SESSIONS: usize = 3;
/// A pod that does not meet for so long is asleep, or its dates are wrong.
const LONG_PAUSE: Duration = Duration::days(60);

pub(super) fn check(seen: &DoctorSnapshot, one: &PodCheckup, found: &mut Findings) {
    let template = check_template(seen, one);
    found.verdicts.extend(template.map(|verdict| verdict.of_pod(&one.pod.key)));
    for slot in &one.pod.slots {
        found.push(next_sessions(seen, one, slot).of_pod(&one.pod.key));
    }
}

/// Tries the template with the next session and what is known of the page.
fn check_template(seen: &DoctorSnapshot, one: &PodCheckup) -> Option<Verdict> {
    let pod = &one.pod;
    let slot = pod.slots.first()?;
    let session = slot.sessions_from(&pod.key, seen.now).next()?;
    let empty = PodPage::default();
    let page = one.page.present().unwrap_or(&empty);
    let facts = SessionFacts::without_issues(pod, slot, &session, page);
    Some(match facts.render_first_body(&BodyTemplate::Configured(&pod.template), true) {
        Ok(_) => Verdict::fine(Check::Template, format!("makes the issue of {}", session.start_text())),
        Err((line, why)) => Verdict::stops(Check::Template, format!("the template fails in its line {line}: {why}."))
            .advise(format!("Mend the file that this names: {}", seen.places.find(&pod.key, "pairing.template")))
            .ends_with(ExitStatus::Usage)
            .about("template"),
    })
}

fn next_sessions(seen: &DoctorSnapshot, one: &PodCheckup, slot: &Slot) -> Verdict {
    let pod = &one.pod;
    let place = seen.places.find(&pod.key, "session.cron");
    let prefix = if pod.slots.len() > 1 { format!("{}: ", slot.key) } else { String::new() };
    let listed = sessions_and_skips(pod, slot, seen);
    let Some((first, _)) = listed.iter().find(|(_, skipped)| !skipped) else {
        return Verdict::soon(Check::Next, format!("{prefix}there is no session in the next year."))
            .advise(format!("Check its cron and skip: {place}"))
            .at(place);
    };
    let pause = first.start.with_timezone(&Utc).signed_duration_since(seen.now);
    if pause > LONG_PAUSE {
        return Verdict::soon(Check::Next, format!("{prefix}the next session is on {}.", first.start_text()))
            .advise(format!("If that is too late, check its cron and skip: {place}"))
            .at(place);
    }
    let mut text = first.start.format("%a %-d %b %H:%M %Z").to_string();
    let mut skips = Vec::new();
    for (session, skipped) in listed.iter().filter(|(session, _)| session.date != first.date) {
        let day = session.date.format("%-d %b").to_string();
        if *skipped {
            skips.push(day);
        } else {
            text = format!("{text}, {day}");
        }
    }
    if !skips.is_empty() {
        let verb = if skips.len() == 1 { "is" } else { "are" };
        text = format!("{text}; {} {verb} skipped", skips.join(", "));
    }
    Verdict::fine(Check::Next, format!("{prefix}{text}"))
}

/// The next sessions with the dates that are skipped before, among and right behind them; `true` stands for skipped.
fn sessions_and_skips(pod: &Pod, slot: &Slot, seen: &DoctorSnapshot) -> Vec<(Session, bool)> {
    let year = seen.now.checked_add_signed(Duration::days(366)).unwrap_or(seen.now);
    let mut listed: Vec<(Session, bool)> = Vec::new();
    let mut held = 0;
    let occurrences = slot.occurrences_from(&pod.key, seen.now);
    for Occurrence { session, skip } in occurrences.take_while(|occurrence| occurrence.session.start <= year) {
        let skipped = skip.is_some();
        if held == SESSIONS && !skipped {
            break;
        }
        held += usize::from(!skipped);
        listed.push((session, skipped));
    }
    listed
}
