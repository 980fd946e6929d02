use super::*;

fn slot(cron: &str, zone: &str) -> Slot {
    Slot {
        key: "weekly".to_owned(),
        former_keys: Vec::new(),
        cron: Cron::parse(cron).unwrap(),
        zone: zone.parse().unwrap(),
        duration: Duration::hours(1),
        open_ahead: Duration::days(7),
        skipped_dates: Vec::new(),
        every_weeks: 1,
        anchor: None,
        event: "Alpha Pod Pairing".to_owned(),
    }
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
    let around = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    assert!(find_slot_problem(&slot("0 15 31 2 *", "UTC"), around).unwrap().contains("never"));
    assert!(find_slot_problem(&slot("0 15 * * Mon,Thu", "UTC"), around).unwrap().contains("twice"));
    assert_eq!(find_slot_problem(&slot("0 15 * * Thu", "UTC"), around), None);
    assert_eq!(find_slot_problem(&slot("0 15 29 2 *", "UTC"), around), None);
}

#[test]
fn a_local_time_in_the_gap_moves_to_the_first_that_exists() {
    // Sunday 2026-03-29, Berlin goes from 02:00 to 03:00.
    let found = next("30 2 * * Sun", "Europe/Berlin", "2026-03-23T00:00:00Z", 2);
    assert_eq!(found[0], "Sun 2026-03-29 03:00 CEST alpha/weekly/2026-W13");
    assert_eq!(found[1], "Sun 2026-04-05 02:30 CEST alpha/weekly/2026-W14");
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
    let pod = PodKey::parse("alpha").unwrap();
    let mut slot = slot("0 15 * * Thu", "UTC");
    slot.every_weeks = 2;
    slot.anchor = NaiveDate::from_ymd_opt(2026, 11, 25);
    slot.skipped_dates = vec![NaiveDate::from_ymd_opt(2026, 12, 10).unwrap()];
    let dates: Vec<String> = slot
        .sessions_from(&pod, "2026-11-24T00:00:00Z".parse().unwrap())
        .take(3)
        .map(|session| session.date.to_string())
        .collect();
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
            find_slot_problem(&slot, today);
        }
    }
}
