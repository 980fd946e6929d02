//! Whether podkeeper's issues are those of its account: a token that was made anew has another.

use super::{Findings, count};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, PodCheckup};
use crate::pod::marker::Marker;
use crate::pod::observed::Observed;
use crate::pod::snapshot::ObservedIssue;
use crate::pod::text::one_line;

pub(super) fn check(seen: &DoctorSnapshot, one: &PodCheckup, found: &mut Findings) {
    let issues = match &one.foreign_issues {
        Observed::Present(issues) => issues,
        Observed::Absent => return,
        Observed::Unknown(failure) => return found.push_unread(Check::Account, Some(&one.pod.key), failure),
    };
    let others: Vec<&ObservedIssue> = issues.iter().filter(|issue| is_taken_from_podkeeper(one, issue)).collect();
    let verdict = if others.is_empty() {
        Verdict::fine(Check::Account, "podkeeper's issues are all of its own account")
    } else {
        replaced(seen, one, &others)
    };
    found.push(verdict.of_pod(&one.pod.key));
}

/// An open issue for a session of this pod, by an account that is not podkeeper's as far as the configuration knows.
fn is_taken_from_podkeeper(one: &PodCheckup, issue: &ObservedIssue) -> bool {
    let is_of_pod = match issue.parsed_body.marker() {
        Some(Marker::Session(key)) => one.pod.current_session_key(key).is_some(),
        Some(Marker::Report(key, _)) => *key == one.pod.key || one.pod.former_keys.contains(key),
        None => false,
    };
    let is_known = one.pod.bot_usernames.iter().any(|name| name.eq_ignore_ascii_case(&issue.author.username));
    issue.open && is_of_pod && !is_known
}

fn replaced(seen: &DoctorSnapshot, one: &PodCheckup, others: &[&ObservedIssue]) -> Verdict {
    let project = &one.pod.pairing_project;
    let mut accounts: Vec<String> = others.iter().map(|issue| one_line(&issue.author.username)).collect();
    accounts.sort();
    accounts.dedup();
    let numbers: Vec<String> = others.iter().map(|issue| format!("#{}", issue.iid)).collect();
    let quoted: Vec<String> = accounts.iter().map(|name| format!("\"{name}\"")).collect();
    let marked = if others.len() == 1 { "carries" } else { "carry" };
    let message = format!(
        "{} of {project} {marked} podkeeper's marker and {} another account's, so nothing is opened for the same sessions.",
        count(others.len(), "open issue"),
        if others.len() == 1 { "is" } else { "are" }
    );
    let detailed = format!("{message} They are {}: usernames = [{}]", numbers.join(", "), quoted.join(", "));
    Verdict::stops(Check::Account, message).for_team(detailed).about("already stands for").advise(format!(
        "If that was podkeeper's account before its token was made anew, write it into [bot] usernames: {}",
        seen.places.find_shared("bot.usernames")
    ))
}
