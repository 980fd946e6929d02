//! Each zero of the scoreboard can be anything else: nineteen workers that do what podkeeper must not do, each made of a
//! double at a seam, and each found by the sweep that searches for it (threat sheet §6).

use std::future::Future;

use chrono::TimeDelta;

use crate::{
    closing_sessions, crash_recovery, doubles, false_alarms, flaky_gitlab, hostile_text, internal_addresses,
    labelled_projects, link_brake, paging, peoples_edits, redirects, rich_text_editor_saves, roster, roster_brake,
    run_time, session_weeks, sessions, truncated_answers,
};

/// What somebody could have built, and whether the sweep against it sees it.
pub(crate) struct Sabotage {
    pub(crate) name: &'static str,
    /// How much the sweep found.
    pub(crate) found: usize,
}

#[test]
#[ignore = "nineteen sweeps take minutes, and the scoreboard makes them: cargo test --test it -- --ignored every_sabotage"]
fn every_sabotage_is_caught() {
    let all = all_sabotages();
    for sabotage in &all {
        println!("{}: found {} times", sabotage.name, sabotage.found);
    }
    let missed: Vec<&str> = all.iter().filter(|sabotage| sabotage.found == 0).map(|sabotage| sabotage.name).collect();
    assert_eq!((all.len(), missed), (19, Vec::new()));
}

/// All of them: twelve in the order of the threat sheet, then those of the brake, the first date, the markers and the time.
pub(crate) fn all_sabotages() -> Vec<Sabotage> {
    let caught = |name, found| Sabotage { name, found };
    vec![
        caught("a create is repeated blindly", run_with_paused_clock(count_repeated_creates())),
        caught("redirects are followed", run_with_real_clock(count_followed_redirects())),
        caught("no brake holds", count_alarms_without_brake()),
        caught("texts of others are shown raw", run_with_paused_clock(hostile_text::count_acting_when_raw())),
        caught("issues are found by their titles", run_with_paused_clock(count_twins_found_by_title())),
        caught("nobody looks after a create", run_with_paused_clock(count_twins_without_second_read())),
        caught("the marker follows in a second request", run_with_paused_clock(count_twins_with_late_marker())),
        caught("the whole body is overwritten", run_with_paused_clock(count_overwritten_words())),
        caught("keys have the calendar's year", count_wrong_week_keys()),
        caught("addresses are judged as they are written", run_with_paused_clock(count_reached_addresses())),
        caught("a short page ends a listing", run_with_paused_clock(count_twins_after_short_page())),
        caught("bodies are compared byte by byte", run_with_paused_clock(count_rewrites_when_verbatim())),
        caught("what was held is not remembered", count_late_links()),
        caught("a bad hour is believed", count_members_from_cut_pages()),
        caught("the first date is believed", run_with_paused_clock(count_errors_by_first_date())),
        caught(
            "markers are known by their bytes",
            run_with_paused_clock(rich_text_editor_saves::count_twins_of_byte_worker(1)),
        ),
        caught("label events are not read", count_labels_against_people()),
        caught("a claim holds back nobody", run_with_paused_clock(count_double_comments())),
        caught("nothing bounds the time of a run", run_with_paused_clock(run_time::count_late_runs_without_limits())),
    ]
}

async fn count_repeated_creates() -> usize {
    truncated_answers::cut_session_answers(50, truncated_answers::repeats_blindly).await.ends.writes.doubles
}

async fn count_followed_redirects() -> usize {
    redirects::check_all_redirects(doubles::follows_redirects).await.followed
}

fn count_alarms_without_brake() -> usize {
    let (links, members) = (
        false_alarms::sweep_worlds(false_alarms::SEEDS, TimeDelta::hours(3), false_alarms::assess_one_by_one)
            .false_alarms,
        roster::cut_pages_everywhere(roster::take_for_whole).false_alarms,
    );
    // Each brake by itself.
    if links == 0 || members == 0 { 0 } else { links + members }
}

async fn count_twins_found_by_title() -> usize {
    peoples_edits::histories(0..60, doubles::finds_by_title).await.writes.doubles
}

async fn count_twins_without_second_read() -> usize {
    sessions::run_two_workers(doubles::looks_once, 1).await.writes.doubles
}

async fn count_twins_with_late_marker() -> usize {
    let ends = crash_recovery::kill_everywhere_with(&[crash_recovery::PLAIN], 1, doubles::marks_later).await;
    ends.of - ends.well
}

async fn count_overwritten_words() -> usize {
    peoples_edits::histories(0..60, doubles::overwrites).await.lost
}

fn count_wrong_week_keys() -> usize {
    let walk = session_weeks::walk_zones(7, session_weeks::calendar_year_key);
    walk.weeks - walk.well
}

async fn count_reached_addresses() -> usize {
    internal_addresses::check_all_addresses(internal_addresses::judging_by_string).await.connects
}

async fn count_twins_after_short_page() -> usize {
    paging::check_all_caps(paging::stops_at_a_short_page).await.writes.doubles
}

async fn count_rewrites_when_verbatim() -> usize {
    peoples_edits::histories(0..60, doubles::compares_verbatim).await.writes.rewrites
}

fn count_late_links() -> usize {
    let (links, members) =
        (link_brake::sweep_links(1_000, link_brake::assess_without_memory), roster_brake::sweep(300, false));
    let missed = |tally: &link_brake::Tally| tally.observable - tally.reported;
    // Each memory by itself.
    if missed(&links) == 0 || missed(&members) == 0 { 0 } else { missed(&links) + missed(&members) }
}

fn count_members_from_cut_pages() -> usize {
    link_brake::sweep_links(1_000, false_alarms::assess_one_by_one).false_alarms
}

async fn count_double_comments() -> usize {
    let orders = closing_sessions::close_with_two_workers(doubles::believes_every_claim, 1).await;
    orders.of - orders.well
}

fn count_labels_against_people() -> usize {
    labelled_projects::sweep(500, |_| 0).against_people
}

async fn count_errors_by_first_date() -> usize {
    let ends = flaky_gitlab::run_seeds(0..20, doubles::believes_the_late_first_date).await.ends;
    ends.of - ends.well
}

/// Runs on a clock that nobody waits for.
pub(crate) fn run_with_paused_clock<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(story)
}

/// Runs on the real clock, because sockets do.
pub(crate) fn run_with_real_clock<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}
