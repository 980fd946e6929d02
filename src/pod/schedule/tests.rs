use super::*;

fn slot(cron: &str, zone: &str) -> Slot {
    Slot {
        key: "weekly".to_owned(),
        former_keys: Vec::new(),
        cron: Cron::parse(cron).unwrap(),
        zone: zone.parse().unwrap(),
        duration: Duration::hours(1),
        open_ahead: Duration::days(7),
        changes: Vec::new(),
        weeks: MeetingWeeks::Every,
        skips: Vec::new(),
        moves: BTreeMap::new(),
        event: "Alpha Pod Pairing".to_owned(),
    }
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn change(slot: &Slot, from: &str, cron: &str, zone: &str) -> TimeChange {
    let (cron, zone) = (Cron::parse(cron).unwrap(), zone.parse().unwrap());
    TimeChange { from: date(from), cron, zone, duration: slot.duration }
}

fn sessions(slot: &Slot, from: &str, n: usize) -> Vec<Session> {
    slot.sessions_from(&PodKey::parse("alpha").unwrap(), from.parse().unwrap()).take(n).collect()
}

fn next(cron: &str, zone: &str, from: &str, n: usize) -> Vec<String> {
    let slot = slot(cron, zone);
    let pod = PodKey::parse("alpha").unwrap();
    slot.sessions_from(&pod, from.parse().unwrap())
        .take(n)
        .map(|session| format!("{} {}", session.start_text(), session.key))
        .collect()
}

#[test]
fn weekday_numbers_are_gitlabs_not_the_crates() {
    let from = "2026-11-24T02:00:00Z";
    assert_eq!(next("0 15 * * 4", "UTC", from, 1), ["Thu 2026-11-26 15:00 UTC alpha/weekly/2026-W48"]);
    for sunday in ["0 15 * * 0", "0 15 * * 7", "0 15 * * Sun"] {
        assert_eq!(next(sunday, "UTC", from, 1), ["Sun 2026-11-29 15:00 UTC alpha/weekly/2026-W48"]);
    }
}

#[test]
fn two_restricted_day_fields_mean_either() {
    let found = next("0 15 1 * 4", "UTC", "2026-11-24T02:00:00Z", 2);
    assert_eq!(found[0], "Thu 2026-11-26 15:00 UTC alpha/weekly/2026-W48");
    assert!(found[1].starts_with("Tue 2026-12-01"), "{found:?}");
}

#[test]
fn ranges_wrap_as_in_gitlab() {
    let cron = Cron::parse("0 9 * * Fri-Mon").unwrap();
    let from = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let days: Vec<String> = cron.after(from).take(5).map(|t| t.format("%a").to_string()).collect();
    assert_eq!(days, ["Fri", "Sat", "Sun", "Mon", "Fri"]);
}

#[test]
fn bad_texts_are_told() {
    for (text, word) in [
        ("0 15 * *", "five"),
        ("0 0 15 * * Thu", "five"),
        ("0 15 * * 8", "`8` is no weekday"),
        ("0 24 * * Thu", "no schedule"),
        ("@weekly", "five"),
        ("0 15 * * Foo", "no schedule"),
        ("0 15 * * Foo-Mon", "no weekday"),
        ("0 15 * * é-Mon", "no weekday"),
        ("0 15 * * Mon/0", "no step"),
    ] {
        let error = Cron::parse(text).unwrap_err();
        assert!(error.contains(word), "{text}: {error}");
    }
}

#[test]
fn a_slot_that_never_meets_or_meets_twice_is_refused() {
    let problem = |cron: &str| {
        find_schedule_problem("weekly", &Cron::parse(cron).unwrap(), MeetingWeeks::Every, date("2026-01-01"))
    };
    assert!(problem("0 15 31 2 *").unwrap().contains("never"));
    for (cron, both) in [
        ("0 15 * * Mon,Thu", "meets twice in the week 2026-W02, on Mon 2026-01-05 and Thu 2026-01-08"),
        ("0 9,15 * * Thu", "in the week 2026-W01, on Thu 2026-01-01 09:00 and Thu 2026-01-01 15:00"),
        // The first of a month comes into a week with a Thursday.
        ("0 15 1 * 4", "in the week 2026-W05, on Thu 2026-01-29 and Sun 2026-02-01"),
        ("0 15 * * Mon#1,Thu#1", "in the week 2026-W06, on Mon 2026-02-02 and Thu 2026-02-05"),
        // The last Monday of a month may come right before the first Wednesday of the next.
        ("0 15 * * Mon#L,Wed#1", "on Mon 2026-03-30 and Wed 2026-04-01"),
    ] {
        let found = problem(cron).unwrap();
        assert!(found.contains(both), "{cron}: {found}");
    }
    for good in ["0 15 * * Thu", "0 15 29 2 *", "0 15 * * Thu#1,Thu#3", "0 15 * * Thu#5", "0 15 L * *", "0 15 15 * *"] {
        assert_eq!(problem(good), None, "{good}");
    }
}

#[test]
fn weekdays_are_counted_in_their_month_as_in_gitlab() {
    // The examples of fugit's README, and the ends of months.
    for (cron, dates) in [
        ("0 12 * * mon#2", ["2026-12-14", "2027-01-11", "2027-02-08"]),
        ("0 12 * * 1#2", ["2026-12-14", "2027-01-11", "2027-02-08"]),
        ("0 6 * * fri#4,fri#5", ["2026-11-27", "2026-12-25", "2027-01-22"]),
        ("0 7 * * fri#-1", ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("0 7 * * 5#L", ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("0 7 * * fri#last", ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("0 7 * * Thu#5", ["2026-12-31", "2027-04-29", "2027-07-29"]),
        ("0 7 * * Thu#-5", ["2026-12-03", "2027-04-01", "2027-07-01"]),
        ("0 7 * * 0#1", ["2026-12-06", "2027-01-03", "2027-02-07"]),
        ("0 7 * * 7#1", ["2026-12-06", "2027-01-03", "2027-02-07"]),
        ("0 0 L * *", ["2026-11-30", "2026-12-31", "2027-01-31"]),
        ("0 0 last 2 *", ["2027-02-28", "2028-02-29", "2029-02-28"]),
        ("0 0 -7 * *", ["2026-11-24", "2026-12-25", "2027-01-25"]),
        // Both fields: the first Thursday by its date.
        ("0 15 1-7& * Thu", ["2026-12-03", "2027-01-07", "2027-02-04"]),
    ] {
        let found: Vec<String> = next(cron, "UTC", "2026-11-23T00:00:00Z", 3);
        let found: Vec<&str> = found.iter().map(|session| &session[4..14]).collect();
        assert_eq!(found, dates, "{cron}");
    }
}

#[test]
fn even_and_odd_weeks_are_those_of_the_calendar() {
    let mut slot = slot("0 15 * * Thu", "UTC");
    let mut keys = |weeks| {
        slot.weeks = weeks;
        sessions(&slot, "2026-12-14T00:00:00Z", 4)
            .into_iter()
            .map(|session| session.key.to_string())
            .collect::<Vec<_>>()
    };
    // 2026 has 53 weeks: two odd ones follow each other.
    let odd = ["alpha/weekly/2026-W51", "alpha/weekly/2026-W53", "alpha/weekly/2027-W01", "alpha/weekly/2027-W03"];
    assert_eq!(keys(MeetingWeeks::Odd), odd);
    let even = ["alpha/weekly/2026-W52", "alpha/weekly/2027-W02", "alpha/weekly/2027-W04", "alpha/weekly/2027-W06"];
    assert_eq!(keys(MeetingWeeks::Even), even);
}

#[test]
fn a_time_that_changes_on_a_date_holds_from_it_on() {
    let mut slot = slot("0 15 * * Thu", "UTC");
    slot.changes = vec![change(&slot, "2027-01-04", "30 9 * * Tue", "Europe/Berlin")];
    let starts =
        |slot: &Slot| sessions(slot, "2026-12-28T00:00:00Z", 3).iter().map(Session::start_text).collect::<Vec<_>>();
    assert_eq!(starts(&slot), ["Thu 2026-12-31 15:00 UTC", "Tue 2027-01-05 09:30 CET", "Tue 2027-01-12 09:30 CET"]);
    assert_eq!(
        (slot.zone_at(date("2027-01-03")).name(), slot.zone_at(date("2027-01-04")).name()),
        ("UTC", "Europe/Berlin")
    );

    // In the middle of a week: the first date of the week counts, and Friday comes a week later.
    slot.changes = vec![change(&slot, "2027-01-08", "0 10 * * Fri", "UTC")];
    assert_eq!(starts(&slot), ["Thu 2026-12-31 15:00 UTC", "Thu 2027-01-07 15:00 UTC", "Fri 2027-01-15 10:00 UTC"]);
    let pod = PodKey::parse("alpha").unwrap();
    assert_eq!(find_change_problem(&slot, &pod, date("2027-01-08")), None);
}

#[test]
fn a_change_that_turns_sessions_around_is_none() {
    // Sunday night in Honolulu is Monday in Kiritimati, a day ahead.
    let mut slot = slot("0 23 * * Sun", "Pacific/Honolulu");
    slot.changes = vec![change(&slot, "2027-01-04", "0 1 * * Mon", "Pacific/Kiritimati")];
    let pod = PodKey::parse("alpha").unwrap();
    let problem = find_change_problem(&slot, &pod, date("2027-01-04")).unwrap();
    assert!(problem.message.contains("the session of Mon 2027-01-04 01:00 +14 would not begin after"), "{problem:?}");
}

#[test]
fn skipped_sessions_are_given_with_their_reasons() {
    let mut slot = slot("0 15 * * Thu", "UTC");
    let holidays =
        Skip { last: date("2027-01-03"), reason: Some("holidays".to_owned()), ..Skip::on(date("2026-12-21")) };
    slot.skips = vec![holidays, Skip::on(date("2027-01-14"))];
    let from = "2026-12-14T00:00:00Z";
    let dates: Vec<String> = sessions(&slot, from, 3).iter().map(|session| session.date.to_string()).collect();
    assert_eq!(dates, ["2026-12-17", "2027-01-07", "2027-01-21"]);
    let pod = PodKey::parse("alpha").unwrap();
    let skipped = slot.skipped_between(&pod, from.parse().unwrap(), "2030-01-01T00:00:00Z".parse().unwrap()).take(3);
    let skipped: Vec<(String, Option<String>)> = skipped.map(|one| (one.session.key.to_string(), one.reason)).collect();
    let why = Some("holidays".to_owned());
    assert_eq!(
        skipped,
        [
            ("alpha/weekly/2026-W52".to_owned(), why.clone()),
            ("alpha/weekly/2026-W53".to_owned(), why),
            ("alpha/weekly/2027-W02".to_owned(), None)
        ]
    );
}

#[test]
fn a_moved_session_keeps_its_key_and_is_found_from_any_moment() {
    let pod = PodKey::parse("alpha").unwrap();
    let mut slot = slot("0 15 * * Thu", "Europe/Berlin");
    slot.skips = vec![Skip { last: date("2026-12-30"), ..Skip::on(date("2026-12-21")) }];
    slot.moves = BTreeMap::from([
        (date("2026-12-24"), time("2026-12-22 16:00")),
        (date("2027-01-07"), time("2027-01-12 10:00")),
    ]);
    let found: Vec<String> = sessions(&slot, "2026-12-18T00:00:00Z", 4)
        .iter()
        .map(|session| {
            format!("{} {} {:?}", session.start_text(), session.key, session.moved_from.map(|date| date.to_string()))
        })
        .collect();
    assert_eq!(
        found,
        [
            "Tue 2026-12-22 16:00 CET alpha/weekly/2026-W52 Some(\"2026-12-24\")",
            "Thu 2026-12-31 15:00 CET alpha/weekly/2026-W53 None",
            "Tue 2027-01-12 10:00 CET alpha/weekly/2027-W01 Some(\"2027-01-07\")",
            "Thu 2027-01-14 15:00 CET alpha/weekly/2027-W02 None",
        ]
    );
    // A run on the day between knows it, although its own date has passed.
    let late = sessions(&slot, "2027-01-11T00:00:00Z", 1).remove(0);
    assert_eq!(late.key.to_string(), "alpha/weekly/2027-W01");
    assert_eq!(slot.session_of_week(&pod, 2027, 1), Some(late));
    assert_eq!(
        slot.skipped_between(&pod, "2026-12-18T00:00:00Z".parse().unwrap(), "2030-01-01T00:00:00Z".parse().unwrap())
            .take_while(|one| one.session.date < date("2027-02-01"))
            .count(),
        0
    );
}

#[test]
fn a_move_stays_between_its_neighbours() {
    let pod = PodKey::parse("alpha").unwrap();
    let mut slot = slot("0 15 * * Thu", "UTC");
    let problem = |slot: &Slot, day: &str, to: &str| find_move_problem(slot, &pod, date(day), time(to));
    assert_eq!(problem(&slot, "2026-12-24", "2026-12-22 16:00"), None);
    let past = problem(&slot, "2026-12-24", "2027-01-04 16:00").unwrap();
    assert_eq!(past.message, "the session of 2026-12-24 would be moved past another one, to 2027-01-04 16:00");
    assert_eq!(past.advice, "name a time between Thu 2026-12-17 15:00 UTC and Thu 2026-12-31 15:00 UTC");
    let nowhere = problem(&slot, "2026-12-25", "2026-12-22 16:00").unwrap();
    assert_eq!(nowhere.message, "slot `weekly` does not meet on Fri 2026-12-25");
    assert_eq!(nowhere.advice, "it meets on Thu 2026-12-24 and Thu 2026-12-31");
    // Where the neighbour is skipped, there is room.
    slot.skips = vec![Skip::on(date("2026-12-31"))];
    assert_eq!(problem(&slot, "2026-12-24", "2027-01-04 16:00"), None);
}

#[test]
fn a_skip_on_a_day_without_a_session_is_told() {
    let mut slot = slot("0 15 * * Thu", "UTC");
    let at = |line: usize, skip: Skip| Skip { place: Some(format!("pods/alpha.toml:{line}")), ..skip };
    slot.skips = vec![
        at(1, Skip::on(date("2026-12-24"))),
        at(2, Skip::on(date("2026-12-25"))),
        at(3, Skip { last: date("2026-12-30"), ..Skip::on(date("2026-12-25")) }),
        at(4, Skip { last: date("2026-12-31"), ..Skip::on(date("2026-12-25")) }),
        // Of a calendar, and in the past.
        Skip::on(date("2026-12-25")),
        at(5, Skip::on(date("2026-10-30"))),
    ];
    let found = find_skips_without_session(&slot, date("2026-12-01"));
    let found: Vec<String> = found
        .iter()
        .map(|(skip, problem)| format!("{}: {}; {}", skip.place.clone().unwrap(), problem.message, problem.advice))
        .collect();
    assert_eq!(
        found,
        [
            "pods/alpha.toml:2: slot `weekly` does not meet on Fri 2026-12-25, so `skip` leaves nothing out there; it meets on Thu 2026-12-24 and Thu 2026-12-31",
            "pods/alpha.toml:3: slot `weekly` does not meet from 2026-12-25 to 2026-12-30, so `skip` leaves nothing out there; it meets on Thu 2026-12-24 and Thu 2026-12-31",
        ]
    );
}

#[test]
fn a_local_time_in_the_gap_takes_the_offset_before_it() {
    // Sunday 2026-03-29, Berlin goes from 02:00 to 03:00.
    let found = next("30 2 * * Sun", "Europe/Berlin", "2026-03-23T00:00:00Z", 2);
    assert_eq!(found[0], "Sun 2026-03-29 03:30 CEST alpha/weekly/2026-W13");
    assert_eq!(found[1], "Sun 2026-04-05 02:30 CEST alpha/weekly/2026-W14");
    // Lord Howe's clocks change by half an hour, and Samoa left a whole day out.
    assert_eq!(
        next("10 2 * * Sun", "Australia/Lord_Howe", "2026-09-28T00:00:00Z", 1),
        ["Sun 2026-10-04 02:40 +11 alpha/weekly/2026-W40"]
    );
    assert_eq!(
        next("0 15 * * Fri", "Pacific/Apia", "2011-12-26T00:00:00Z", 1),
        ["Sat 2011-12-31 15:00 +14 alpha/weekly/2011-W52"]
    );
}

#[test]
fn a_local_time_that_happens_twice_is_taken_once() {
    let found = next("30 2 * * Sun", "Europe/Berlin", "2026-10-20T00:00:00Z", 2);
    assert_eq!(found[0], "Sun 2026-10-25 02:30 CEST alpha/weekly/2026-W43");
    assert_eq!(found[1], "Sun 2026-11-01 02:30 CET alpha/weekly/2026-W44");
}

#[test]
fn summer_time_keeps_the_local_hour() {
    let found = next("0 15 * * Thu", "Europe/Berlin", "2026-10-21T00:00:00Z", 2);
    assert_eq!(found[0], "Thu 2026-10-22 15:00 CEST alpha/weekly/2026-W43");
    assert_eq!(found[1], "Thu 2026-10-29 15:00 CET alpha/weekly/2026-W44");
}

#[test]
fn every_other_week_counts_from_its_anchor_and_skips_are_left_out() {
    let mut slot = slot("0 15 * * Thu", "UTC");
    slot.weeks = MeetingWeeks::EveryNth { weeks: 2, anchor: date("2026-11-25") };
    slot.skips = vec![Skip::on(date("2026-12-10"))];
    let found = sessions(&slot, "2026-11-24T00:00:00Z", 3);
    let dates: Vec<String> = found.iter().map(|session| session.date.to_string()).collect();
    assert_eq!(dates, ["2026-11-26", "2026-12-24", "2027-01-07"]);
}

/// P7: for every day of a year in many zones, the keys of due sessions are unique and strictly increase.
#[test]
fn keys_increase_strictly_in_every_zone_of_a_year() {
    let pod = PodKey::parse("alpha").unwrap();
    let from = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut zones = 0;
    for zone in chrono_tz::TZ_VARIANTS {
        for cron in ["0 15 * * Thu", "30 2 * * Sun", "0 0 * * Mon"] {
            let mut slot = slot(cron, "UTC");
            slot.zone = zone;
            let sessions: Vec<Session> = slot.sessions_from(&pod, from).take(55).collect();
            for pair in sessions.windows(2) {
                assert!(pair[0].key < pair[1].key, "{zone} {cron}: {} then {}", pair[0].key, pair[1].key);
                assert!(pair[0].start < pair[1].start, "{zone} {cron}");
            }
        }
        zones += 1;
    }
    assert!(zones > 400, "{zones}");
}

#[test]
fn at_the_ends_of_time_there_are_no_sessions_and_no_panic() {
    let pod = PodKey::parse("alpha").unwrap();
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"] {
        let slot = slot("0 15 * * Thu", zone);
        for from in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert_eq!(slot.sessions_from(&pod, from).count(), 0, "{zone} {from}");
        }
        for today in [NaiveDate::MIN, NaiveDate::MAX] {
            find_schedule_problem("weekly", &slot.cron, MeetingWeeks::Odd, today);
            find_change_problem(&slot, &pod, today);
            find_move_problem(&slot, &pod, today, NaiveDateTime::MAX);
            find_skips_without_session(&slot, today);
        }
    }
}
