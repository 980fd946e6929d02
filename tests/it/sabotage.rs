//! Each zero of the scoreboard can be anything else: sixteen workers that do what podkeeper must not do, each made of a
//! double at a seam, and each found by the sweep that looks for it (threat sheet §6).

use std::future::Future;

use chrono::TimeDelta;

use crate::{
    address, alarms, brake, calendar, crash, cut, doubles, edits, inert, members, pages, redirects, respelled, roster,
    sessions, unsteady,
};

/// What somebody could have built, and whether the sweep against it sees it.
pub(crate) struct Sabotage {
    pub(crate) name: &'static str,
    /// How much the sweep found.
    pub(crate) found: usize,
}

#[test]
fn every_sabotage_is_caught() {
    let all = all();
    for sabotage in &all {
        println!("{}: found {} times", sabotage.name, sabotage.found);
    }
    let missed: Vec<&str> = all.iter().filter(|sabotage| sabotage.found == 0).map(|sabotage| sabotage.name).collect();
    assert_eq!((all.len(), missed), (16, Vec::new()));
}

/// All of them: twelve in the order of the threat sheet, then those of the brake, the first date and the markers.
pub(crate) fn all() -> Vec<Sabotage> {
    let caught = |name, found| Sabotage { name, found };
    vec![
        caught("a create is repeated blindly", on_a_virtual_clock(repeated())),
        caught("redirects are followed", on_the_clock(followed())),
        caught("no brake holds", unbraked()),
        caught("texts of others are shown raw", on_a_virtual_clock(inert::smuggled_when_raw())),
        caught("issues are found by their titles", on_a_virtual_clock(by_title())),
        caught("nobody looks after a create", on_a_virtual_clock(no_look())),
        caught("the marker follows in a second request", on_a_virtual_clock(marker_later())),
        caught("the whole body is overwritten", on_a_virtual_clock(overwritten())),
        caught("keys have the calendar's year", calendar_year()),
        caught("addresses are judged as they are written", on_a_virtual_clock(by_the_string())),
        caught("a short page ends a listing", on_a_virtual_clock(short_page())),
        caught("bodies are compared byte by byte", on_a_virtual_clock(verbatim())),
        caught("what was held is not remembered", forgotten()),
        caught("a bad hour is believed", believed()),
        caught("the first date is believed", on_a_virtual_clock(first_date())),
        caught("markers are known by their bytes", on_a_virtual_clock(respelled::known_by_bytes())),
    ]
}

async fn repeated() -> usize {
    cut::everywhere(50, cut::repeats_blindly).await.ends.writes.doubles
}

async fn followed() -> usize {
    redirects::matrix(doubles::follows_redirects).await.followed
}

fn unbraked() -> usize {
    let (links, members) = (
        alarms::sweep(TimeDelta::hours(3), alarms::one_by_one).false_alarms,
        roster::page_cut_anywhere(roster::taken_for_whole).false_alarms,
    );
    // Each brake by itself.
    if links == 0 || members == 0 { 0 } else { links + members }
}

async fn by_title() -> usize {
    edits::histories(0..60, doubles::finds_by_title).await.writes.doubles
}

async fn no_look() -> usize {
    sessions::orders_of_two(doubles::looks_once).await.writes.doubles
}

async fn marker_later() -> usize {
    let ends = crash::points_of(&[crash::PLAIN], doubles::marks_later).await;
    ends.of - ends.well
}

async fn overwritten() -> usize {
    edits::histories(0..60, doubles::overwrites).await.lost
}

fn calendar_year() -> usize {
    let walk = calendar::walk(7, calendar::by_calendar_year);
    walk.weeks - walk.well
}

async fn by_the_string() -> usize {
    address::vectors(address::by_the_string).await.connects
}

async fn short_page() -> usize {
    pages::listings(pages::stops_at_a_short_page).await.writes.doubles
}

async fn verbatim() -> usize {
    edits::histories(0..60, doubles::compares_verbatim).await.writes.rewrites
}

fn forgotten() -> usize {
    let (links, members) = (brake::links(1_000, brake::remembers_nothing), members::sweep(300, false));
    let missed = |tally: &brake::Tally| tally.observable - tally.told;
    // Each memory by itself.
    if missed(&links) == 0 || missed(&members) == 0 { 0 } else { missed(&links) + missed(&members) }
}

fn believed() -> usize {
    brake::links(1_000, alarms::one_by_one).false_alarms
}

async fn first_date() -> usize {
    let ends = unsteady::seeds(0..100, doubles::believes_the_first_date).await.ends;
    ends.of - ends.well
}

/// Runs on a clock that nobody waits for.
pub(crate) fn on_a_virtual_clock<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(story)
}

/// Runs on the real clock, because sockets do.
pub(crate) fn on_the_clock<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}
