use super::*;

fn read(sentence: &str) -> Result<String, String> {
    let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    match read_meeting_time(sentence, today) {
        MeetingTime::Certain(meeting) => {
            let minutes = meeting.minutes.map(|minutes| format!(" {minutes}m")).unwrap_or_default();
            Ok(format!("{} {}{minutes}", meeting.cron(), meeting.zone))
        }
        MeetingTime::Uncertain { why, guess } => {
            let guess = guess.map_or("none".to_owned(), |guess| {
                let from = guess.every_other_week_from.map(|day| format!(" from {day}")).unwrap_or_default();
                format!("{} {}{from}", guess.cron(), guess.zone)
            });
            Err(format!("{guess}: {why}"))
        }
    }
}

#[test]
fn what_can_be_read_in_one_way_is_certain() {
    for (sentence, meets) in [
        ("Weekly session: \"Juniper\", currently scheduled Thursdays at 3:00 PM UTC.", "0 15 * * Thu UTC"),
        ("Alpha Pod Sync APAC <> AMER - 21:30 UTC Tuesday", "30 21 * * Tue UTC"),
        ("Tuesday's at 15:30 UTC", "30 15 * * Tue UTC"),
        ("Thursday’s, 9am UTC", "0 9 * * Thu UTC"),
        ("thursdays 15 UTC", "0 15 * * Thu UTC"),
        ("Mondays at 1800 UTC", "0 18 * * Mon UTC"),
        ("Fridays 12 a.m. UTC", "0 0 * * Fri UTC"),
        ("Fridays 12 PM UTC", "0 12 * * Fri UTC"),
        ("Wed 15:30Z", "30 15 * * Wed UTC"),
        ("Mondays, 11:00 CET (09:00 / 10:00 UTC depending on DST, as agreed)", "0 11 * * Mon Europe/Berlin"),
        ("Mondays 10:30 Europe/Paris", "30 10 * * Mon Europe/Paris"),
        ("Mondays 3 PM ET", "0 15 * * Mon America/New_York"),
        ("Mondays 15:00 - 16:30 UTC", "0 15 * * Mon UTC 90m"),
        ("Mondays 15:00–16:00 UTC", "0 15 * * Mon UTC"),
    ] {
        assert_eq!(read(sentence).as_deref(), Ok(meets), "{sentence}");
    }
}

#[test]
fn everything_else_is_for_a_person() {
    for (sentence, guess) in [
        ("Tuesdays 9 AM UTC every other week", "0 9 * * Tue UTC from 2026-11-24: it meets every other week; give"),
        ("on the fourth week of the month", "none: it names no weekday"),
        ("Tuesday, 13:00 / 14:00 UTC depending on DST", "0 13 * * Tue UTC: its hour depends on daylight"),
        ("Tuesday 08:30 UTC (Summer) / 09:30 UTC (Winter)", "30 8 * * Tue UTC: its hour depends on daylight"),
        ("Every other Monday at 1800 UTC", "0 18 * * Mon UTC from 2026-11-30: it meets every other week; give"),
        (
            "Every other Monday at 1530 UTC: Alpha sync (on evenly numbered ISO weeks)",
            "30 15 * * Mon UTC from 2026-12-07: it meets every other week; after",
        ),
        ("Every other Monday at 1530 UTC (odd ISO weeks)", "30 15 * * Mon UTC from 2026-11-30: it meets"),
        ("Mondays, 11:00 CET", "0 11 * * Mon Europe/Berlin: its zone may mean"),
        ("Mondays, 11:00 CET (10:00 UTC)", "0 11 * * Mon Europe/Berlin: its zone may mean"),
        ("Mondays, 11:00 CET (08:00 / 10:00 UTC depending on DST)", "0 11 * * Mon Europe/Berlin: its hour depends"),
        ("Mon and Thu 15:00 UTC", "none: it names several weekdays"),
        ("Thursdays 9 am", "0 9 * * Thu UTC: it names no time zone"),
        ("First Monday at 15:00 UTC", "0 15 * * Mon UTC: it may not meet every week"),
        ("Mondays at 15:00 UTC (paused)", "0 15 * * Mon UTC: it may not meet at present"),
        ("Mondays at 15:00 UTC or 18:00 UTC", "0 15 * * Mon UTC: it names several times"),
        ("Mondays 3-4 PM UTC", "0 16 * * Mon UTC: it names several times"),
        ("Mondays 23:00 - 01:00 UTC", "0 23 * * Mon UTC: it names several times"),
        ("(Bi)weekly meetings: TBD", "none: it names no weekday"),
        ("Mondays", "none: it names no time of day"),
        ("Release 15.0 on Monday", "none: it names no time of day"),
        ("Monday 99:30 UTC", "none: it names no time of day"),
        ("", "none: it names no weekday"),
    ] {
        let found = read(sentence).expect_err(sentence);
        assert!(found.starts_with(guess), "{sentence}: {found}");
    }
}

#[test]
fn any_sentence_is_read() {
    for sentence in ["Monday ' : . - / ' 1", "Monday é1:é", "Mon:: 00000000000000 UTC", "Monday 4 - 5", "ẞday 1:11"]
    {
        drop(read(sentence));
    }
}
