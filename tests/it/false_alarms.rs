//! No false alarm, and no silence either (fault F27): what a bad network makes of good links is never
//! reported as broken, and what is really gone is reported as soon as it can be seen.
//!
//! Ten thousand worlds: a share of the links, drawn from a seed, meets a cause for a few hours.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use podkeeper::decide::links::{LinksAssessment, assess};
use podkeeper::pod::marker::RememberedFailure;
use podkeeper::pod::pod_page::LinkKind;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::verdict::{Assessment, LinkPlace, Observation, Verdict};

use crate::support::{SeededRandom, now};

/// As many links as the page of a pod has, on so many hosts.
const LINKS: usize = 60;
const HOSTS: usize = 6;
pub(crate) const SEEDS: u64 = 72;
/// As many as a test makes.
const FEW_SEEDS: u64 = 6;

/// The verdict on a link while something is wrong that is not the link.
const CAUSES: [(&str, Verdict, Extent); 9] = [
    ("no name resolves", Verdict::Unreachable, Extent::Anywhere),
    ("connections time out", Verdict::Unreachable, Extent::Anywhere),
    ("servers answer 503", Verdict::Unreachable, Extent::Anywhere),
    ("one host is down", Verdict::Unreachable, Extent::OneHost),
    ("bots are refused", Verdict::Refused, Extent::Anywhere),
    ("a host shows one page for every address", Verdict::Refused, Extent::OneHost),
    ("a token sees less", Verdict::Hidden, Extent::Anywhere),
    ("a sign-in stands before it", Verdict::Login, Extent::Anywhere),
    ("a proxy says 404 to nearly everything", Verdict::Dead, Extent::Nearly),
];

#[derive(Clone, Copy, PartialEq)]
enum Extent {
    Anywhere,
    OneHost,
    /// At least half of all links: one that says 404 for itself is believed.
    Nearly,
}

/// Judges a check in the light of what was remembered: `assess`, or a double of it.
pub(crate) type AssessFn = fn(&[Observation], &BTreeMap<String, RememberedFailure>, DateTime<Utc>) -> LinksAssessment;

#[test]
fn f27_a_bad_network_is_never_told_as_rot_and_rot_is_told_in_spite_of_it() {
    let tally = sweep_worlds(FEW_SEEDS, TimeDelta::hours(3), assess);
    println!(
        "{} worlds, {} alarms about links that are fine; {} of {} dead links told where they could be seen",
        tally.worlds, tally.false_alarms, tally.reported, tally.observable
    );
    assert!(tally.worlds >= 1_000, "{}", tally.worlds);
    assert_eq!((tally.false_alarms, tally.reported), (0, tally.observable));
    assert!(tally.observable > 1_000, "{}", tally.observable);
}

/// What lasts longer than podkeeper waits is reported, so the sweep can find an alarm.
#[test]
fn a_worker_that_tells_too_early_is_caught() {
    let tally = sweep_worlds(FEW_SEEDS, TimeDelta::hours(7), assess);
    println!("sabotage: {} alarms", tally.false_alarms);
    assert!(tally.false_alarms > 100, "{}", tally.false_alarms);
}

/// Nor does one that believes a network in which nearly everything is gone.
#[test]
fn a_worker_without_its_brake_is_caught() {
    let tally = sweep_worlds(FEW_SEEDS, TimeDelta::hours(3), assess_one_by_one);
    println!("sabotage: {} alarms", tally.false_alarms);
    assert!(tally.false_alarms > 100, "{}", tally.false_alarms);
}

/// Sabotage: every link is judged as if it were the only one, so that no brake ever holds.
pub(crate) fn assess_one_by_one(
    seen: &[Observation],
    memory: &BTreeMap<String, RememberedFailure>,
    at: DateTime<Utc>,
) -> LinksAssessment {
    let mut whole = LinksAssessment::default();
    for one in seen {
        let judged = assess(std::slice::from_ref(one), memory, at);
        whole.findings.extend(judged.findings);
        whole.remember.extend(judged.remember);
    }
    whole
}

/// What a sweep came to.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) worlds: usize,
    pub(crate) false_alarms: usize,
    /// Dead links that a conclusive check saw, and those of them that were reported.
    pub(crate) observable: usize,
    pub(crate) reported: usize,
}

/// Four checks of each world: a good one, two bad ones so far apart, and a good one.
pub(crate) fn sweep_worlds(seeds: u64, apart: TimeDelta, judges: AssessFn) -> Tally {
    let mut tally = Tally::default();
    for percent in (0..=100).step_by(5) {
        for (_, verdict, place) in CAUSES {
            for seed in 0..seeds {
                let mut world =
                    World { draw: SeededRandom(seed), dead: BTreeSet::new(), memory: BTreeMap::new(), judges };
                let percent = if place == Extent::Nearly { 50 + percent / 2 } else { percent };
                let hit = world.draw_hit_links(percent, place);
                world.check_at(now(), &BTreeSet::new(), verdict, &mut tally);
                // Some links die just when the network is bad.
                for _ in 0..world.draw.below(4) {
                    let link = world.draw.below(LINKS);
                    world.dead.insert(link);
                }
                world.check_at(now() + TimeDelta::hours(1), &hit, verdict, &mut tally);
                world.check_at(now() + TimeDelta::hours(1) + apart, &hit, verdict, &mut tally);
                world.check_at(now() + TimeDelta::hours(12), &BTreeSet::new(), verdict, &mut tally);
                tally.worlds += 1;
            }
        }
    }
    tally
}

struct World {
    draw: SeededRandom,
    dead: BTreeSet<usize>,
    memory: BTreeMap<String, RememberedFailure>,
    judges: AssessFn,
}

impl World {
    /// The links that meet the cause.
    fn draw_hit_links(&mut self, percent: usize, place: Extent) -> BTreeSet<usize> {
        let host = self.draw.below(HOSTS);
        let near = |link: &usize| place != Extent::OneHost || link % HOSTS == host;
        (0..LINKS).filter(near).filter(|_| self.draw.below(100) < percent).collect()
    }

    fn check_at(&mut self, at: DateTime<Utc>, hit: &BTreeSet<usize>, cause: Verdict, tally: &mut Tally) {
        let verdict = |link: usize| match link {
            _ if hit.contains(&link) => cause,
            _ if self.dead.contains(&link) => Verdict::Dead,
            _ if link.is_multiple_of(3) => Verdict::Moved,
            _ => Verdict::Alive,
        };
        let seen: Vec<Observation> = (0..LINKS).map(|link| observation(link, verdict(link))).collect();
        let judged = (self.judges)(&seen, &self.memory, at);
        let rot = [Rule::LinkDead, Rule::LinkFragmentDead, Rule::LinkUnreachable];
        let reported: BTreeSet<&str> = judged
            .findings
            .iter()
            .filter(|found| rot.contains(&found.rule))
            .map(|found| found.subject.as_str())
            .collect();
        let dead: BTreeSet<String> = self.dead.iter().map(|link| url(*link)).collect();
        tally.false_alarms += reported.iter().filter(|url| !dead.contains(**url)).count();
        if judged.inconclusive_reason.is_none() {
            let observable = self.dead.iter().filter(|link| !hit.contains(*link)).map(|link| url(*link));
            for url in observable {
                tally.observable += 1;
                tally.reported += usize::from(reported.contains(url.as_str()));
            }
        }
        self.memory = judged.remember;
    }
}

fn url(link: usize) -> String {
    format!("https://host{}.example/{link}", link % HOSTS)
}

fn observation(link: usize, verdict: Verdict) -> Observation {
    let place = LinkPlace { path: "page.md".into(), document: 0, line: link + 1, column: 1 };
    let status = (verdict != Verdict::Unreachable).then_some(200);
    let assessment = Assessment { status, ..Assessment::new(verdict, "a reason") }.into();
    Observation { url: url(link).into(), kind: LinkKind::Web, assessment, places: vec![place] }
}
