//! Which time it is: this machine's, unless GitLab's clock differs by more than a little.
//!
//! A session's key comes from the time, so a runner whose clock is a week off would open a second week's issue today.
//! All workers of a pod see the same GitLab, so its clock is the one on which they agree.

use std::borrow::Cow;

use chrono::{DateTime, Duration, Utc};

use crate::pod::finding::Finding;
use crate::pod::observed::{Blind, Cause};
use crate::pod::rule::Rule;
use crate::pod::snapshot::{PairingIssue, Snapshot};

/// Clocks that differ by no more are one clock: no session comes closer to another.
const TOLERATED: Duration = Duration::minutes(10);
/// podkeeper did not exist before, in seconds since 1970: a clock that shows an earlier time has lost its battery.
const EARLIEST: i64 = 1_767_225_600; // 2026-01-01T00:00:00Z

/// The snapshot at the time that counts, and what is to be said of the clocks.
///
/// # Errors
/// Why no time can be trusted: nothing may be decided then.
pub(super) fn settle(seen: &Snapshot) -> Result<(Cow<'_, Snapshot>, Option<Finding>), Blind> {
    let Some(server) = seen.server_now else { return Ok((Cow::Borrowed(seen), None)) };
    let skew = (seen.now - server).abs();
    let now = if skew > TOLERATED { server } else { seen.now };
    let newest = newest(seen).filter(|newest| *newest > now + TOLERATED);
    if now.timestamp() < EARLIEST || newest.is_some() {
        let why = match newest {
            Some(newest) => format!("an issue was opened at {}", shown(newest)),
            None => "podkeeper did not exist then".to_owned(),
        };
        return Err(Blind {
            what: "the time".to_owned(),
            why: format!(
                "this machine's clock says {}, GitLab's says {}, and {why}; set the clock that is wrong",
                shown(seen.now),
                shown(server)
            ),
            cause: Cause::Unavailable,
        });
    }
    if skew <= TOLERATED {
        return Ok((Cow::Borrowed(seen), None));
    }
    let message =
        format!("this machine's clock says {} and GitLab's says {}; GitLab's counts", shown(seen.now), shown(server));
    let adjusted = Snapshot { now, ..seen.clone() };
    Ok((Cow::Owned(adjusted), Some(Finding::new(Rule::ClockSkewed, "clock", message))))
}

/// When the newest issue that was seen was opened, by GitLab's own word.
fn newest(seen: &Snapshot) -> Option<DateTime<Utc>> {
    let pairing = seen.tracker.issues.present().into_iter().flatten();
    let reports = seen.reports.present().into_iter().flat_map(|reports| &reports.issues);
    pairing.chain(reports).filter_map(|issue: &PairingIssue| issue.created_at).max()
}

fn shown(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}
