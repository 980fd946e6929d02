//! Which time it is: this machine's, unless GitLab's clock differs by more than a little.
//!
//! A session's key comes from the time, so a runner whose clock is a week off would open a second week's issue today.
//! All workers of a pod see the same GitLab, so its clock is the one on which they agree. What its clock says is what
//! its answers agree on, never what one of them says.

use std::borrow::Cow;

use chrono::{DateTime, Duration, Utc};

use crate::pod::finding::Finding;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::rule::Rule;
use crate::pod::snapshot::{ObservedIssue, Snapshot};

/// Clocks that differ by no more are one clock: no session comes closer to another.
const MAX_CLOCK_SKEW: Duration = Duration::minutes(10);
/// podkeeper did not exist before, in seconds since 1970: a clock that shows an earlier time has lost its battery.
const EARLIEST_PLAUSIBLE_TIME: i64 = 1_767_225_600; // 2026-01-01T00:00:00Z

/// The snapshot at the time that counts, and what is to be said of the clocks.
///
/// # Errors
/// Why no time can be trusted: nothing may be decided then.
pub(super) fn choose_time(seen: &Snapshot) -> Result<(Cow<'_, Snapshot>, Option<Finding>), ReadFailure> {
    let server = match &seen.server_time {
        Observed::Absent => return Ok((Cow::Borrowed(seen), None)),
        Observed::Unknown(failure) => return Err(failure.clone()),
        Observed::Present(server) => *server,
    };
    let skewed = (seen.now - server).abs() > MAX_CLOCK_SKEW;
    let now = if skewed { server } else { seen.now };
    // Against clocks that agree an issue's date proves nothing: a person may have given it any.
    let newest = newest_issue_time(seen).filter(|newest| skewed && *newest - now > MAX_CLOCK_SKEW);
    if now.timestamp() < EARLIEST_PLAUSIBLE_TIME || newest.is_some() {
        let why = match newest {
            Some(newest) => format!("an issue was opened at {}", format_time(newest)),
            None => "podkeeper did not exist then".to_owned(),
        };
        return Err(ReadFailure {
            what: "the time".to_owned(),
            why: format!(
                "this machine's clock says {}, GitLab's says {}, and {why}; set the clock that is wrong",
                format_time(seen.now),
                format_time(server)
            ),
            cause: FailureCause::Unavailable,
        });
    }
    if !skewed {
        return Ok((Cow::Borrowed(seen), None));
    }
    let message = format!(
        "this machine's clock says {} and GitLab's says {}; GitLab's counts",
        format_time(seen.now),
        format_time(server)
    );
    let adjusted = Snapshot { now, ..seen.clone() };
    Ok((Cow::Owned(adjusted), Some(Finding::new(Rule::ClockSkewed, "clock", message))))
}

/// When the newest issue that was seen was opened, by GitLab's own word.
fn newest_issue_time(seen: &Snapshot) -> Option<DateTime<Utc>> {
    let pairing = seen.pairing_project.issues.present().into_iter().flatten();
    let reports = seen.reports_project.present().into_iter().flat_map(|reports| &reports.issues);
    pairing.chain(reports).filter_map(|issue: &ObservedIssue| issue.created_at).max()
}

fn format_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::decide::tests::{issue, now, seen};

    /// The time that counts, or why none does; `opened` is when the only issue was opened.
    fn settled(
        server: Observed<DateTime<Utc>>,
        opened: Option<DateTime<Utc>>,
    ) -> Result<(DateTime<Utc>, bool), String> {
        let mut there = issue(5, "a session", "");
        there.created_at = opened;
        let seen = Snapshot { server_time: server, ..seen(vec![there]) };
        choose_time(&seen).map(|(seen, finding)| (seen.now, finding.is_some())).map_err(|failure| failure.why)
    }

    #[test]
    fn an_issue_of_the_future_says_nothing_against_clocks_that_agree() {
        let far = [Some(now() + TimeDelta::days(400)), Some(DateTime::<Utc>::MAX_UTC), None];
        for opened in far {
            for server in
                [Observed::Absent, Observed::Present(now()), Observed::Present(now() + TimeDelta::minutes(10))]
            {
                assert_eq!(settled(server, opened), Ok((now(), false)), "{opened:?}");
            }
        }
    }

    #[test]
    fn an_issue_that_is_newer_than_the_servers_clock_speaks_against_it() {
        let behind = now() - TimeDelta::days(7);
        assert_eq!(settled(Observed::Present(behind), Some(behind)), Ok((behind, true)));
        for opened in [now(), DateTime::<Utc>::MAX_UTC] {
            assert!(settled(Observed::Present(behind), Some(opened)).unwrap_err().contains("an issue was opened"));
        }
    }

    #[test]
    fn where_the_answers_disagree_no_time_counts() {
        let failure = ReadFailure {
            what: "the time".to_owned(),
            why: "they disagree".to_owned(),
            cause: FailureCause::Unavailable,
        };
        assert_eq!(settled(Observed::Unknown(failure), None), Err("they disagree".to_owned()));
    }

    #[test]
    fn clocks_at_the_ends_of_time_are_held_against_each_other() {
        for server in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            for opened in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let result = settled(Observed::Present(server), Some(opened));
                assert_eq!(result.is_err(), server == DateTime::<Utc>::MIN_UTC, "{result:?}");
            }
        }
    }
}
