//! Which time GitLab's answers agree on.
//!
//! Every answer names its date (`Date`, RFC 9110, section 6.6.1), and one of them may be wrong: a cache, a middlebox or
//! a single node of a cluster wrote it. So no single date decides anything: a time counts where three clocks name it,
//! this machine's among them, and clearly more than name another.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::pod::observed::{FailureCause, Observed, ReadFailure};

/// Clocks that differ by no more agree.
const MAX_DIFFERENCE: TimeDelta = TimeDelta::minutes(10);
/// So many clocks must name a time where any names another.
const MIN_AGREEING_CLOCKS: usize = 3;
/// So many dates are kept; what the first ones of a run agree on, later ones do not change.
const MAX_DATES: usize = 64;

/// The dates of a run's answers.
#[derive(Debug, Default)]
pub(super) struct ResponseDates(Mutex<RecordedDates>);

#[derive(Debug, Default)]
struct RecordedDates {
    /// When the run began, by the date of each answer.
    starts: Vec<DateTime<Utc>>,
    /// What was agreed, and by which clock of this machine: it cannot jump in the middle of a run.
    settled: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl ResponseDates {
    /// The time at which the run began by what the answers agree on, where this machine's clock said `own` then.
    ///
    /// `own` itself where it is confirmed. Absent: no answer named a date.
    pub(super) fn agreed_start_time(&self, own: DateTime<Utc>) -> Observed<DateTime<Utc>> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match heard.settled {
            Some((by, time)) if by == own => return Observed::Present(time),
            _ => {}
        }
        let seen = find_agreed_time(&heard.starts, own);
        if let Observed::Present(time) = seen
            && heard.starts.len() + 1 >= MIN_AGREEING_CLOCKS
        {
            heard.settled = Some((own, time));
        }
        seen
    }

    /// What was agreed so far, if anything was.
    pub(super) fn last_agreed_time(&self) -> Option<DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).settled.map(|(_, time)| time)
    }

    /// Notes the date of an answer that came so long after the run began. One that no clock can show is none.
    pub(super) fn record(&self, date: DateTime<Utc>, after: Duration) {
        let start = TimeDelta::from_std(after).ok().and_then(|after| date.checked_sub_signed(after));
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.starts.len() < MAX_DATES {
            heard.starts.extend(start);
        }
    }
}

/// What these dates and this machine's clock come to.
///
/// This machine's clock counts where nobody contradicts it, or where at least two dates agree with it and they are
/// more, together with it, than the others. Another time counts where at least three dates agree on it and they are
/// more than two thirds of all. Everything else is no time that anybody could act on.
fn find_agreed_time(starts: &[DateTime<Utc>], own: DateTime<Utc>) -> Observed<DateTime<Utc>> {
    let all = starts.len();
    if all == 0 {
        return Observed::Absent;
    }
    let confirm = starts.iter().filter(|start| (**start - own).abs() <= MAX_DIFFERENCE).count();
    if confirm == all || (confirm + 1 >= MIN_AGREEING_CLOCKS && confirm + 1 > all - confirm) {
        return Observed::Present(own);
    }
    let mut sorted = starts.to_vec();
    sorted.sort_unstable();
    let crowd = largest_cluster(&sorted);
    match crowd.get(crowd.len() / 2) {
        Some(middle) if crowd.len() >= MIN_AGREEING_CLOCKS && crowd.len() > 2 * (all - crowd.len()) => {
            Observed::Present(*middle)
        }
        _ => Observed::Unknown(disagreement_failure(&sorted, own)),
    }
}

/// The most dates that lie within [`MAX_DIFFERENCE`] of each other; `sorted` is in order.
fn largest_cluster(sorted: &[DateTime<Utc>]) -> &[DateTime<Utc>] {
    let from = |at: usize| {
        let tail = sorted.get(at..).unwrap_or_default();
        let first = tail.first().copied().unwrap_or_default();
        tail.split_at(tail.partition_point(|date| *date - first <= MAX_DIFFERENCE)).0
    };
    // The first of equally large ones.
    (0..sorted.len()).map(from).rev().max_by_key(|crowd| crowd.len()).unwrap_or_default()
}

fn disagreement_failure(sorted: &[DateTime<Utc>], own: DateTime<Utc>) -> ReadFailure {
    let shown = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M UTC").to_string();
    let theirs = match sorted {
        [one] => format!("the only answer with a date says {}", shown(*one)),
        [first, .., last] => {
            format!("the dates of {} answers run from {} to {}", sorted.len(), shown(*first), shown(*last))
        }
        [] => "no answer has a date".to_owned(),
    };
    ReadFailure {
        what: "the time".to_owned(),
        why: format!(
            "this machine's clock says {}, and {theirs}; set the clock that is wrong, or ask who runs what stands between \
             this machine and GitLab",
            shown(own)
        ),
        cause: FailureCause::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> DateTime<Utc> {
        "2026-11-24T06:00:00Z".parse().unwrap()
    }

    /// Dates by how many minutes they are ahead of this machine's clock.
    fn weighed(minutes: &[i64]) -> Observed<i64> {
        let starts: Vec<_> = minutes.iter().map(|minutes| own() + TimeDelta::minutes(*minutes)).collect();
        find_agreed_time(&starts, own()).map(|time| (time - own()).num_minutes())
    }

    const YEAR: i64 = 365 * 24 * 60;

    #[test]
    fn this_machines_clock_counts_where_it_is_confirmed() {
        assert_eq!(weighed(&[]), Observed::Absent);
        for dates in
            [&[0][..], &[9], &[-10, 3], &[0, 0, YEAR], &[YEAR, 1, 2], &[0, 0, YEAR, YEAR], &[0, 0, 0, 11, YEAR]]
        {
            assert_eq!(weighed(dates), Observed::Present(0), "{dates:?}");
        }
    }

    #[test]
    fn another_time_counts_where_several_clearly_name_it() {
        for (dates, time) in [
            (&[YEAR, YEAR, YEAR][..], YEAR),
            (&[-YEAR, 3 - YEAR, 8 - YEAR], 3 - YEAR),
            (&[11, 12, 13], 12),
            (&[YEAR, 0, YEAR, YEAR], YEAR),
            (&[YEAR, -YEAR, YEAR, YEAR], YEAR),
        ] {
            assert_eq!(weighed(dates), Observed::Present(time), "{dates:?}");
        }
    }

    #[test]
    fn no_time_counts_where_the_clocks_disagree() {
        for dates in [
            &[YEAR][..],
            &[YEAR, 0],
            &[YEAR, YEAR],
            &[YEAR, YEAR, 0],
            &[YEAR, YEAR, YEAR, 0, 0],
            &[YEAR, 2 * YEAR, 3 * YEAR],
            &[11, 22, 33],
        ] {
            let Observed::Unknown(failure) = weighed(dates) else { panic!("{dates:?}") };
            assert_eq!(failure.cause, FailureCause::Unavailable);
            assert!(failure.why.contains("2026-11-24 06:00 UTC"), "{}", failure.why);
        }
    }

    #[test]
    fn one_wrong_date_among_many_changes_nothing_wherever_it_stands() {
        for right in [0, YEAR] {
            for all in 4..12 {
                for wrong in 0..all {
                    let mut dates = vec![right; all];
                    dates[wrong] = 7 * YEAR;
                    assert_eq!(weighed(&dates), Observed::Present(right), "{dates:?}");
                }
            }
        }
    }

    #[test]
    fn what_was_agreed_stays_for_the_run() {
        let dates = ResponseDates::default();
        let later = |days: i64| own() + TimeDelta::days(days);
        let second = Duration::from_secs(1);
        dates.record(own() + TimeDelta::seconds(1), second);
        assert_eq!((dates.agreed_start_time(own()), dates.last_agreed_time()), (Observed::Present(own()), None));
        dates.record(own() + TimeDelta::seconds(1), second);
        assert_eq!(dates.agreed_start_time(own()), Observed::Present(own()));
        for _ in 0..200 {
            dates.record(later(9), second);
        }
        assert_eq!((dates.agreed_start_time(own()), dates.last_agreed_time()), (Observed::Present(own()), Some(own())));
        assert_eq!(dates.0.lock().unwrap().starts.len(), MAX_DATES);
    }

    #[test]
    fn dates_at_the_ends_of_time_are_weighed_like_others() {
        let dates = ResponseDates::default();
        dates.record(DateTime::<Utc>::MIN_UTC, Duration::from_secs(1));
        assert_eq!(dates.agreed_start_time(own()), Observed::Absent, "no clock shows it");
        for date in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            dates.record(date, Duration::ZERO);
            dates.record(date, Duration::MAX);
        }
        assert!(dates.agreed_start_time(own()).failure().is_some());
        assert!(dates.agreed_start_time(DateTime::<Utc>::MAX_UTC).failure().is_some());
    }
}
