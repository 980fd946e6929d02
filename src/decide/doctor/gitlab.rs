//! GitLab itself: whether it can be reached, its version, and its clock against this machine's.

use chrono::TimeDelta;

use super::{Findings, count};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::DoctorSnapshot;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::run::ExitStatus;
use crate::pod::text::one_line;

/// The oldest GitLab that has what podkeeper asks: a token's word about itself (GitLab docs, "Personal access tokens
/// API": `personal_access_tokens/self`, from 15.5 on).
const OLDEST: (u32, u32) = (15, 5);
/// The newest that this release was tried with: that of the published API description and examples to which the sandbox
/// and podkeeper's requests are held (`CONTRIBUTING.md`, "With data of others").
const NEWEST: (u32, u32) = (19, 5);
/// Clocks that differ by no more are one clock, as for a run.
const MAX_SKEW: TimeDelta = TimeDelta::minutes(10);

pub(super) fn check(seen: &DoctorSnapshot, found: &mut Findings) {
    match &seen.stopped {
        Some(failure) if failure.cause == FailureCause::Unavailable => found.push(unreachable(seen, failure)),
        Some(_) => {}
        None => {
            check_version(seen, found);
            check_clock(seen, found);
            return;
        }
    }
    let rest = "the schedule, the projects, the label, the page, the reports and what the next run would do";
    found.push(Verdict::not_checked(Check::Plan, format!("{rest}: mend what stands above first")));
}

fn unreachable(seen: &DoctorSnapshot, failure: &ReadFailure) -> Verdict {
    let host = &seen.gitlab_host;
    let why = one_line(&failure.why);
    let why = why.trim_end_matches("; the next run tries again");
    Verdict::stops(Check::Gitlab, format!("{host} did not answer: {why}."))
        .advise(reach_advice(why, seen))
        .ends_with(ExitStatus::Incomplete)
        .about(host)
}

/// What mends the way to GitLab.
fn reach_advice(why: &str, seen: &DoctorSnapshot) -> String {
    let lower = why.to_lowercase();
    let is_tls = ["certificate", "issuer", "tls", "handshake", "ssl"].iter().any(|word| lower.contains(word));
    if is_tls {
        let place = seen.places.find_shared("gitlab.ca_file");
        return format!(
            "Name the authority that signed its certificate: the path of a PEM file in SSL_CERT_FILE, or [gitlab] ca_file \
             in {place}"
        );
    }
    let place = seen.places.find_shared("gitlab.url");
    if lower.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("Look whether it is up, and whether its address is right: {place}");
    }
    format!(
        "Check its address ({place}), this machine's network, and whether it is reached through a proxy ([gitlab] proxy)"
    )
}

fn check_version(seen: &DoctorSnapshot, found: &mut Findings) {
    let version = match &seen.version {
        Observed::Present(version) => version,
        Observed::Absent => {
            return found.push(Verdict::not_checked(Check::Gitlab, "this GitLab does not tell its version"));
        }
        Observed::Unknown(failure) => return found.push_unread(Check::Gitlab, None, failure),
    };
    let (oldest, newest) = (format!("{}.{}", OLDEST.0, OLDEST.1), format!("{}.{}", NEWEST.0, NEWEST.1));
    found.push(match parse_version(version) {
        None => {
            Verdict::fine(Check::Gitlab, format!("answers; its version, `{version}`, is none that can be compared"))
        }
        Some(own) if own < OLDEST => {
            Verdict::stops(Check::Gitlab, format!("it is GitLab {version}; podkeeper needs {oldest} or newer."))
                .advise("Ask its administrators for an update")
        }
        Some((major, _)) if major > NEWEST.0 => {
            Verdict::soon(Check::Gitlab, format!("it is GitLab {version}; this podkeeper was tried with {newest}."))
                .advise("Look for a newer podkeeper; this one goes on as long as GitLab answers as it did")
        }
        Some(own) if own > NEWEST => {
            Verdict::fine(Check::Gitlab, format!("version {version}, newer than the {newest} that was tried"))
        }
        Some(_) => {
            Verdict::fine(Check::Gitlab, format!("version {version}; {oldest} or newer is needed, {newest} was tried"))
        }
    });
}

/// The first two numbers of `19.5.1-ee`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(['.', '-']).map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn check_clock(seen: &DoctorSnapshot, found: &mut Findings) {
    let server = match &seen.server_time {
        // Nothing was compared: the time was given, or no answer names a date.
        Observed::Absent => return,
        Observed::Unknown(failure) => {
            let verdict = Verdict::stops(Check::Clock, format!("{}.", one_line(&failure.why)));
            return found.push(verdict.ends_with(ExitStatus::Incomplete));
        }
        Observed::Present(server) => *server,
    };
    let skew = seen.now.signed_duration_since(server);
    found.push(if skew.abs() > MAX_SKEW {
        let minutes = count(usize::try_from(skew.num_minutes().unsigned_abs()).unwrap_or(usize::MAX), "minute");
        let way = if skew > TimeDelta::zero() { "ahead of" } else { "behind" };
        Verdict::soon(Check::Clock, format!("this machine's clock is {minutes} {way} GitLab's, which counts."))
            .advise("Set it, for example by NTP: a job that starts at the wrong time looks at the wrong week")
    } else {
        Verdict::fine(Check::Clock, "this machine's and GitLab's agree")
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_first_two_numbers() {
        assert_eq!(parse_version("19.5.1-ee"), Some((19, 5)));
        assert_eq!(parse_version("9.0"), Some((9, 0)));
        assert_eq!(parse_version("19.6-pre"), Some((19, 6)));
        assert_eq!(parse_version("nightly"), None);
        assert!(OLDEST < NEWEST);
    }
}
