//! `doctor`: verdicts on what was seen. Each check is a function of its own, from data to verdicts; one fault is told
//! once, whichever checks it breaks.

mod account;
mod gitlab;
mod label;
mod page;
mod plan;
mod projects;
mod schedule;
mod sessions;
mod team_data;
mod tokens;
mod unread;

use chrono::{DateTime, Utc};

use crate::pod::PodKey;
use crate::pod::diagnosis::{Check, Diagnosis, Section, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, PodCheckup};
use crate::pod::observed::ReadFailure;
use crate::pod::rule::Audience;
use crate::pod::run::ExitStatus;

/// What the checks add to.
#[derive(Default)]
struct Findings {
    verdicts: Vec<Verdict>,
    unread: Vec<Unread>,
}

/// What a check could not read.
struct Unread {
    check: Check,
    pod: Option<PodKey>,
    failure: ReadFailure,
    /// The same in words for everybody, where its own are not.
    for_everybody: Option<(Audience, ReadFailure)>,
}

impl Findings {
    fn push(&mut self, verdict: Verdict) {
        self.verdicts.push(verdict);
    }

    fn push_unread(&mut self, check: Check, pod: Option<&PodKey>, failure: &ReadFailure) {
        self.unread.push(Unread { check, pod: pod.cloned(), failure: failure.clone(), for_everybody: None });
    }

    fn is_stopped_by(&self, check: Check, pod: &PodKey) -> bool {
        let is_it = |verdict: &Verdict| (verdict.check, verdict.section) == (check, Section::Stops);
        self.verdicts.iter().any(|verdict| is_it(verdict) && verdict.pods.contains(pod))
    }
}

/// Judges everything that was seen.
pub fn diagnose(seen: &DoctorSnapshot) -> Diagnosis {
    let mut found = Findings::default();
    tokens::check(seen, &mut found);
    gitlab::check(seen, &mut found);
    for one in &seen.pods {
        sessions::check(seen, one, &mut found);
    }
    if seen.stopped.is_none() {
        schedule::check(seen, &mut found);
        for one in &seen.pods {
            check_pod(seen, one, &mut found);
        }
        plan::check(seen, &mut found);
    }
    found.push(config_verdict(seen));
    let mut verdicts = merge_pods(unread::settle(found), seen);
    verdicts.sort_by_key(|verdict| (verdict.section, std::cmp::Reverse(verdict.exit_status), verdict.check));
    Diagnosis {
        gitlab_host: seen.gitlab_host.clone(),
        pods: seen.pods.iter().map(|one| (one.pod.key.clone(), one.pod.name.clone())).collect(),
        now: seen.now,
        requests: seen.requests,
        verdicts,
    }
}

fn check_pod(seen: &DoctorSnapshot, one: &PodCheckup, found: &mut Findings) {
    projects::check(seen, one, found);
    label::check(seen, one, found);
    page::check(seen, one, found);
    team_data::check_agents(seen, one, found);
    team_data::check_reports(seen, one, found);
    account::check(seen, one, found);
}

/// It was read, or there would be nothing to judge.
fn config_verdict(seen: &DoctorSnapshot) -> Verdict {
    let unfitted: Vec<String> = seen.unfitted.iter().map(|sentence| format!("{sentence}.")).collect();
    if !unfitted.is_empty() {
        let still = if unfitted.len() == 1 { "is still that" } else { "are still those" };
        let message = format!(
            "{} {still} of the configuration as it ships, so no GitLab was asked.",
            count(unfitted.len(), "value")
        );
        return Verdict::stops(Check::Config, message).advise(unfitted.join(" ")).ends_with(ExitStatus::Usage);
    }
    let keys: Vec<&str> = seen.pods.iter().map(|one| one.pod.key.as_str()).collect();
    Verdict::fine(Check::Config, format!("{} is good: {}", seen.places.folder, keys.join(", ")))
}

/// What is said of several pods in the same words is said once, with the places of all.
fn merge_pods(verdicts: Vec<Verdict>, seen: &DoctorSnapshot) -> Vec<Verdict> {
    let mut merged: Vec<Verdict> = Vec::new();
    for verdict in verdicts {
        let is_same = |other: &&mut Verdict| {
            let with_place = other.advice.replace(&other.place, &verdict.place);
            (other.check, other.section, &other.message) == (verdict.check, verdict.section, &verdict.message)
                && (other.advice == verdict.advice || (!other.place.is_empty() && with_place == verdict.advice))
        };
        match merged.iter_mut().find(is_same) {
            Some(other) => {
                if !other.place.split(", ").any(|place| place == verdict.place) {
                    let places = format!("{}, {}", other.place, verdict.place);
                    other.advice = other.advice.replace(&other.place, &places);
                    other.place = places;
                }
                let new = verdict.pods.into_iter().filter(|pod| !other.pods.contains(pod)).collect::<Vec<_>>();
                other.pods.extend(new);
            }
            None => merged.push(verdict),
        }
    }
    for verdict in &mut merged {
        if verdict.pods.len() == seen.pods.len() {
            verdict.pods.clear();
        }
    }
    merged
}

/// The web page of something in a project, such as `-/labels`.
fn page_url(project_url: &str, rest: &str) -> String {
    format!("{}/{rest}", project_url.trim_end_matches('/'))
}

/// A day as people say it: `18 Dec`, with its year where it is another.
fn day_text(day: chrono::NaiveDate, now: DateTime<Utc>) -> String {
    use chrono::Datelike as _;
    let form = if day.year() == now.year() { "%-d %b" } else { "%-d %b %Y" };
    day.format(form).to_string()
}

/// `1 thing`, `2 things`.
fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// The names of roles (GitLab docs, "Roles and permissions").
fn role_name(level: u8) -> &'static str {
    match level {
        0..5 => "no role",
        5..10 => "Minimal Access",
        10..15 => "Guest",
        15..20 => "Planner",
        20..30 => "Reporter",
        30..40 => "Developer",
        40..50 => "Maintainer",
        50.. => "Owner",
    }
}

/// A refused or too narrow token.
const TOKEN_REFUSED: ExitStatus = ExitStatus::TokenRefused;
