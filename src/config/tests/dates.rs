//! What a slot skips, moves and changes: what cannot be is left out, and the slot meets all the same.

use super::*;
use crate::pod::Pod;
use crate::pod::schedule::UpcomingSession;
use crate::report::sessions::render_lines;

/// The pod with these lines below its session, and with this `podkeeper.toml`.
fn pod(session: &str, instance: &str) -> Pod {
    let text = format!("{POD}{session}");
    let files = config_files(&[("pods/alpha.toml", &text), (INSTANCE_FILE, instance)]);
    parse(&files, today()).unwrap_or_else(|problems| panic!("{problems:#?}")).pods.remove(0)
}

fn next(pod: &Pod, from: &str) -> Vec<String> {
    render_lines(&pod.upcoming_sessions(from.parse().unwrap()))
}

fn left_out(pod: &Pod) -> Vec<String> {
    pod.setting_problems.iter().map(|one| format!("{}: {} | {}", one.place, one.message, one.advice)).collect()
}

#[test]
fn days_and_ranges_of_slot_pod_and_fleet_are_skipped_with_their_reasons() {
    let session = "skip = [\"2026-12-03\", { date = \"2026-12-17\", reason = \"summit\" }]\n[calendar]\nskip = \
                   [\"2026-12-24/2026-12-25\"]\n";
    let instance = "[calendar]\nskip = [{ from = \"2026-12-21\", until = \"2027-01-03\", reason = \"holidays\" }]\n";
    let pod = pod(session, instance);
    assert_eq!(left_out(&pod), [""; 0]);
    assert_eq!(
        next(&pod, "2026-11-27T00:00:00Z"),
        [
            "weekly: no session on Thu 2026-12-03",
            "weekly: Thu 2026-12-10 15:00 UTC",
            "weekly: no session on Thu 2026-12-17: summit",
            // The pod's own calendar comes before that of all pods.
            "weekly: no session on Thu 2026-12-24",
            "weekly: no session on Thu 2026-12-31: holidays",
            "weekly: Thu 2027-01-07 15:00 UTC",
            "weekly: Thu 2027-01-14 15:00 UTC",
        ]
    );
}

#[test]
fn a_range_upside_down_is_left_out_and_told_wherever_it_stands() {
    let session =
        "skip = [\"2027-01-03/2026-12-21\"]\n[calendar]\nskip = [{ from = \"2026-12-02\", until = \"2026-12-01\" }]\n";
    let pod = pod(session, "[calendar]\nskip = [\"2026-12-31\", \"2026-12-12/2026-12-11\"]\n");
    assert_eq!(
        left_out(&pod),
        [
            "podkeeper.toml:2: the range of `skip` from 2026-12-12 to 2026-12-11 runs backwards | write \
             2026-12-11/2026-12-12, if that is meant",
            "pods/alpha.toml:15: the range of `skip` from 2026-12-02 to 2026-12-01 runs backwards | write \
             2026-12-01/2026-12-02, if that is meant",
            "pods/alpha.toml:13: the range of `skip` from 2027-01-03 to 2026-12-21 runs backwards | write \
             2026-12-21/2027-01-03, if that is meant",
        ]
    );
    let skipped: Vec<String> = next(&pod, "2026-12-16T00:00:00Z");
    assert_eq!(skipped[2], "weekly: no session on Thu 2026-12-31");
}

#[test]
fn one_session_is_moved_and_one_that_cannot_be_is_left_out() {
    let session = "move = [{ date = \"2026-12-24\", to = \"2026-12-22 16:00\" }, { date = \"2026-12-25\", to = \
                   \"2026-12-23T16:00\" }, { date = \"2026-12-31\", to = \"2026-12-22 09:00\" }, { date = \
                   \"2026-12-24\", to = \"2026-12-23 16:00\" }]\n";
    let pod = pod(session, "[calendar]\nskip = [\"2026-12-21/2026-12-25\"]\n");
    assert_eq!(
        next(&pod, "2026-12-18T00:00:00Z")[..2],
        ["weekly: Tue 2026-12-22 16:00 UTC, moved from Thu 2026-12-24", "weekly: Thu 2026-12-31 15:00 UTC"]
    );
    assert_eq!(
        left_out(&pod),
        [
            "pods/alpha.toml:13: slot `weekly` does not meet on Fri 2026-12-25 | it meets on Thu 2026-12-24 and Thu \
             2026-12-31",
            "pods/alpha.toml:13: the session of 2026-12-31 would be moved past another one, to 2026-12-22 09:00 | name a \
             time between Tue 2026-12-22 16:00 UTC and Thu 2027-01-07 15:00 UTC",
            "pods/alpha.toml:13: the session of 2026-12-24 is moved twice | keep one entry of `move` for each date",
        ]
    );
}

#[test]
fn times_change_on_dates_and_what_is_not_named_stays() {
    let session = "[[session.change]]\nfrom = \"2027-03-01\"\nduration = \"30m\"\n[[session.change]]\nfrom = \
                   \"2027-01-04\"\ncron = \"0 9 * * Tue\"\nzone = \"Europe/Berlin\"\n[[session.change]]\nfrom = \
                   \"2027-03-01\"\nzone = \"UTC\"\n";
    let pod = pod(session, "");
    assert_eq!(
        left_out(&pod),
        [
            "pods/alpha.toml:20: slot `weekly` changes twice on 2027-03-01 | write what changes on one day into one [[session.change]]"
        ]
    );
    assert_eq!(
        next(&pod, "2026-12-28T00:00:00Z")[..2],
        ["weekly: Thu 2026-12-31 15:00 UTC", "weekly: Tue 2027-01-05 08:00 UTC, 09:00 in Europe/Berlin"]
    );
    let durations = |from: &str| match pod.upcoming_sessions(from.parse().unwrap()).as_slice() {
        [UpcomingSession::Held(session), ..] => session.duration.num_minutes(),
        other => panic!("{other:?}"),
    };
    assert_eq!((durations("2027-02-20T00:00:00Z"), durations("2027-03-01T00:00:00Z")), (60, 30));
}

#[test]
fn a_long_pause_is_one_line() {
    let pod = pod("skip = [\"2026-12-01/2027-03-31\"]\n", "");
    let lines = next(&pod, "2026-12-01T00:00:00Z");
    assert_eq!(lines[0], "weekly: no session from Thu 2026-12-03 to Thu 2027-03-25, which leaves 17 out");
    assert_eq!(lines[1], "weekly: Thu 2027-04-01 15:00 UTC");
}

#[test]
fn a_wrong_date_or_rhythm_is_answered_with_the_one_that_was_meant() {
    for (from, to, says) in [
        ("zone = \"UTC\"", "zone = \"UTC\"\nskip = 2026-12-24", "write skip = [\"2026-12-24\"]"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nskip = \"2026-12-24\"", "write skip = [\"2026-12-24\"]"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nskip = 24", "write skip = [\"2026-12-24\"]"),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\nskip = [\"2026-12-24\", 2027-01-07]",
            "write skip = [\"2026-12-24\", \"2027-01-07\"]",
        ),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\nskip = { date = \"2026-12-24\" }",
            "write skip = [{ date = \"2026-12-24\" }]",
        ),
        ("zone = \"UTC\"", "zone = \"UTC\"\nskip = [{ date = 2026-12-24 }]", "write date = \"2026-12-24\""),
        ("zone = \"UTC\"", "zone = \"UTC\"\nskip = [{ from = \"2026-12-21\" }]", "write date, or from and until"),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\nskip = [{ form = \"2026-12-21\", until = \"2027-01-03\" }]",
            "did you mean `from`?",
        ),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\nskip = [\"2026-12-21 - 2027-01-03\"]",
            "is not a date or a range of dates | write for example 2026-12-24",
        ),
        ("zone = \"UTC\"", "zone = \"UTC\"\nevery = 2\nanchor = 2026-11-26", "write anchor = \"2026-11-26\""),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\nmove = [{ date = 2026-12-24, to = \"2026-12-22 16:00\" }]",
            "write date = \"2026-12-24\"",
        ),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\nmove = [{ date = \"2026-12-24\", to = 2026-12-22T16:00:00 }]",
            "write to = \"2026-12-22T16:00:00\"",
        ),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\nmove = [{ date = \"2026-12-24\", to = \"16:00\" }]",
            "write for example 2026-12-22 16:00",
        ),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\n[[session.change]]\nfrom = 2027-01-04\nzone = \"Europe/Berlin\"",
            "write from = \"2027-01-04\"",
        ),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\n[[session.change]]\nfrom = \"2027-01-04\"\ncron = \"0 15 * * Mon,Thu\"",
            "write 0 15 * * Mon here",
        ),
        ("zone = \"UTC\"", "zone = \"UTC\"\nweeks = \"Even\"", "did you mean even?"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nweeks = \"odd\"\nevery = 2\nanchor = \"2026-11-26\"", "keep one of them"),
        ("[page]", "[calendar]\nskip = [2026-12-24]\n[page]", "write skip = [\"2026-12-24\"]"),
        ("0 15 * * Thu", "0 15 * * Thu#6", "write for example 0 15 * * Thu#1"),
        ("0 15 * * Thu", "0 15 * * Thu%2", "write for example 0 15 * * Thu"),
    ] {
        let found = pod_problems(from, to);
        assert!(found.len() == 1 && found[0].contains(says), "{to}: {says}\n{found:#?}");
    }
}
