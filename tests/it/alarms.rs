//! No false alarm, and no silence either (fault F27): what a bad network makes of good links is never told as rot, and
//! what is really gone is told as soon as it can be seen.
//!
//! Ten thousand worlds: a share of the links, drawn from a seed, meets a cause for a few hours.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use podkeeper::decide::links::{Assessment, assess};
use podkeeper::pod::document::LinkKind;
use podkeeper::pod::marker::Failing;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::verdict::{LinkPlace, Observation, Verdict};

use crate::support::{Draw, now};

/// As many links as the page of a pod has, on so many hosts.
const LINKS: usize = 60;
const HOSTS: usize = 6;
const SEEDS: u64 = 72;

/// What a link looks like while something is wrong that is not the link.
const CAUSES: [(&str, Verdict, Where); 9] = [
    ("no name resolves", Verdict::Unreachable, Where::Anywhere),
    ("connections time out", Verdict::Unreachable, Where::Anywhere),
    ("servers answer 503", Verdict::Unreachable, Where::Anywhere),
    ("one host is down", Verdict::Unreachable, Where::OneHost),
    ("bots are refused", Verdict::Refused, Where::Anywhere),
    ("a host shows one page for every address", Verdict::Refused, Where::OneHost),
    ("a token sees less", Verdict::Hidden, Where::Anywhere),
    ("a sign-in stands before it", Verdict::Login, Where::Anywhere),
    ("a proxy says 404 to nearly everything", Verdict::Dead, Where::Nearly),
];

#[derive(Clone, Copy, PartialEq)]
enum Where {
    Anywhere,
    OneHost,
    /// At least half of all links: one that says 404 for itself is believed.
    Nearly,
}

/// Judges a look in the light of what was remembered: `assess`, or a double of it.
pub(crate) type Judges = fn(&[Observation], &BTreeMap<String, Failing>, DateTime<Utc>) -> Assessment;

#[test]
fn f27_a_bad_network_is_never_told_as_rot_and_rot_is_told_in_spite_of_it() {
    let tally = sweep(TimeDelta::hours(3), assess);
    println!(
        "{} worlds, {} alarms about links that are fine; {} of {} dead links told where they could be seen",
        tally.worlds, tally.false_alarms, tally.told, tally.observable
    );
    assert!(tally.worlds >= 10_000, "{}", tally.worlds);
    assert_eq!((tally.false_alarms, tally.told), (0, tally.observable));
    assert!(tally.observable > 10_000, "{}", tally.observable);
}

/// What lasts longer than podkeeper waits is told, so the sweep can find an alarm.
#[test]
fn a_worker_that_tells_too_early_is_caught() {
    let tally = sweep(TimeDelta::hours(7), assess);
    println!("sabotage: {} alarms", tally.false_alarms);
    assert!(tally.false_alarms > 1_000, "{}", tally.false_alarms);
}

/// Nor does one that believes a network in which nearly everything is gone.
#[test]
fn a_worker_without_its_brake_is_caught() {
    let tally = sweep(TimeDelta::hours(3), one_by_one);
    println!("sabotage: {} alarms", tally.false_alarms);
    assert!(tally.false_alarms > 1_000, "{}", tally.false_alarms);
}

/// Sabotage: every link is judged as if it were the only one, so that no brake ever holds.
pub(crate) fn one_by_one(seen: &[Observation], memory: &BTreeMap<String, Failing>, at: DateTime<Utc>) -> Assessment {
    let mut whole = Assessment::default();
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
    /// Dead links that a conclusive look saw, and those of them that were told.
    pub(crate) observable: usize,
    pub(crate) told: usize,
}

/// Four looks at each world: a good one, two bad ones so far apart, and a good one.
pub(crate) fn sweep(apart: TimeDelta, judges: Judges) -> Tally {
    let mut tally = Tally::default();
    for percent in (0..=100).step_by(5) {
        for (_, verdict, place) in CAUSES {
            for seed in 0..SEEDS {
                let mut world = World { draw: Draw(seed), dead: BTreeSet::new(), memory: BTreeMap::new(), judges };
                let percent = if place == Where::Nearly { 50 + percent / 2 } else { percent };
                let hit = world.hit(percent, place);
                world.look(now(), &BTreeSet::new(), verdict, &mut tally);
                // Some links die just when the network is bad.
                for _ in 0..world.draw.below(4) {
                    let link = world.draw.below(LINKS);
                    world.dead.insert(link);
                }
                world.look(now() + TimeDelta::hours(1), &hit, verdict, &mut tally);
                world.look(now() + TimeDelta::hours(1) + apart, &hit, verdict, &mut tally);
                world.look(now() + TimeDelta::hours(12), &BTreeSet::new(), verdict, &mut tally);
                tally.worlds += 1;
            }
        }
    }
    tally
}

struct World {
    draw: Draw,
    dead: BTreeSet<usize>,
    memory: BTreeMap<String, Failing>,
    judges: Judges,
}

impl World {
    /// The links that meet the cause.
    fn hit(&mut self, percent: usize, place: Where) -> BTreeSet<usize> {
        let host = self.draw.below(HOSTS);
        let near = |link: &usize| place != Where::OneHost || link % HOSTS == host;
        (0..LINKS).filter(near).filter(|_| self.draw.below(100) < percent).collect()
    }

    fn look(&mut self, at: DateTime<Utc>, hit: &BTreeSet<usize>, cause: Verdict, tally: &mut Tally) {
        let verdict = |link: usize| match link {
            _ if hit.contains(&link) => cause,
            _ if self.dead.contains(&link) => Verdict::Dead,
            _ if link.is_multiple_of(3) => Verdict::Moved,
            _ => Verdict::Alive,
        };
        let seen: Vec<Observation> = (0..LINKS).map(|link| observation(link, verdict(link))).collect();
        let judged = (self.judges)(&seen, &self.memory, at);
        let rot = [Rule::LinkDead, Rule::LinkFragmentDead, Rule::LinkUnreachable];
        let told: BTreeSet<&str> = judged
            .findings
            .iter()
            .filter(|found| rot.contains(&found.rule))
            .map(|found| found.subject.as_str())
            .collect();
        let dead: BTreeSet<String> = self.dead.iter().map(|link| url(*link)).collect();
        tally.false_alarms += told.iter().filter(|url| !dead.contains(**url)).count();
        if judged.inconclusive.is_none() {
            let observable = self.dead.iter().filter(|link| !hit.contains(*link)).map(|link| url(*link));
            for url in observable {
                tally.observable += 1;
                tally.told += usize::from(told.contains(url.as_str()));
            }
        }
        self.memory = judged.remember;
    }
}

fn url(link: usize) -> String {
    format!("https://host{}.example/{link}", link % HOSTS)
}

fn observation(link: usize, verdict: Verdict) -> Observation {
    let place = LinkPlace { path: "page.md".into(), line: link + 1, column: 1, section: "Links".into() };
    let status = (verdict != Verdict::Unreachable).then_some(200);
    Observation { status, places: vec![place], ..Observation::new(url(link), LinkKind::Web, verdict, "a reason") }
}
