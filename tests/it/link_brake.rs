//! The brake lets go: what lasts is reported by the second check that can know it, whatever its share, and what a bad
//! hour makes of good links and people is never reported (cases 01 and 02; law 9).
//!
//! Each world is drawn from a seed: how many fail and how, how often it is checked, what is answered between. Who is
//! right is judged by what was shown, never by what podkeeper remembers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use podkeeper::decide::links::{LinksAssessment, assess};
use podkeeper::pod::finding::Finding;
use podkeeper::pod::marker::RememberedFailure;
use podkeeper::pod::pod_page::LinkKind;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::verdict::{Assessment, LinkPlace, Observation, Verdict};

use crate::false_alarms::{AssessFn, assess_one_by_one};
use crate::support::{EVERY_NTH_CASE, SeededRandom, now};

/// Worlds of links; those of people stand in `roster_brake.rs`.
pub(crate) const WORLDS: u64 = 12_000;
/// What only the network says has to last so long.
const TELL_AFTER: TimeDelta = TimeDelta::hours(6);
/// A host that comes and goes is reported once in this time.
const TELL_AGAIN: TimeDelta = TimeDelta::days(7);
/// What nobody can see for so many days is forgotten.
const FORGET_AFTER_DAYS: i64 = 14;

#[test]
fn what_lasts_is_told_within_two_looks_and_a_bad_hour_never() {
    let tally = sweep_links(WORLDS / EVERY_NTH_CASE as u64, assess);
    println!(
        "{} worlds of links: {} of {} told; {} alarms in {} bad hours",
        tally.worlds, tally.reported, tally.observable, tally.false_alarms, tally.bad_hours
    );
    assert_eq!((tally.false_alarms, tally.reported), (0, tally.observable), "{:?}", tally.wrong);
    assert!(tally.worlds >= 1_000 && tally.observable > 20_000 && tally.bad_hours > 400, "{tally:?}");
}

/// Case 01: what is never remembered is never reported, as long as much fails at once.
#[test]
fn a_worker_that_remembers_nothing_is_caught() {
    let tally = sweep_links(300, assess_without_memory);
    println!("sabotage: {} of {} missed", tally.observable - tally.reported, tally.observable);
    assert!(tally.observable - tally.reported > 100, "{tally:?}");
}

#[test]
fn a_worker_that_never_holds_anything_is_caught() {
    let tally = sweep_links(300, assess_one_by_one);
    println!("sabotage: {} alarms", tally.false_alarms);
    assert!(tally.false_alarms > 100, "{tally:?}");
}

/// Sabotage: every check is the first.
pub(crate) fn assess_without_memory(
    seen: &[Observation],
    _: &BTreeMap<String, RememberedFailure>,
    at: DateTime<Utc>,
) -> LinksAssessment {
    assess(seen, &BTreeMap::new(), at)
}

/// What a sweep came to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) worlds: usize,
    /// Bad hours that at least one check fell into.
    pub(crate) bad_hours: usize,
    pub(crate) false_alarms: usize,
    /// What had to be reported by a check, and what of it was.
    pub(crate) observable: usize,
    pub(crate) reported: usize,
    /// The first thing that went wrong.
    pub(crate) wrong: Option<String>,
}

impl Tally {
    pub(crate) fn require(&mut self, reported: bool, what: impl FnOnce() -> String) {
        self.observable += 1;
        self.reported += usize::from(reported);
        if !reported {
            self.wrong.get_or_insert_with(what);
        }
    }

    pub(crate) fn alarm(&mut self, what: impl FnOnce() -> String) {
        self.false_alarms += 1;
        self.wrong.get_or_insert_with(what);
    }
}

/// So many worlds of links before this judge.
pub(crate) fn sweep_links(worlds: u64, judges: AssessFn) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..worlds {
        World::from_seed(seed).run_all_checks(judges, &mut tally);
        tally.worlds += 1;
    }
    tally
}

// ---- The world ----

/// Kinds for which who answers must know, and kinds for which only the network speaks.
const KINDS_WITH_API: [LinkKind; 6] =
    [LinkKind::File, LinkKind::Issue, LinkKind::Epic, LinkKind::MergeRequest, LinkKind::Tree, LinkKind::Path];
const KINDS_BY_NETWORK: [LinkKind; 3] = [LinkKind::Web, LinkKind::Docs, LinkKind::Video];

/// How long it is from one check to the next.
const GAPS: [TimeDelta; 7] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(25),
    TimeDelta::hours(3),
    TimeDelta::minutes(359),
    TimeDelta::hours(6),
    TimeDelta::days(1),
    TimeDelta::days(7),
];

/// What a link answers now and then, whether it is fine or fails.
const PASSING_VERDICTS: [Verdict; 7] = [
    Verdict::Refused,
    Verdict::Hidden,
    Verdict::Login,
    Verdict::Blocked,
    Verdict::FragmentUnverifiable,
    Verdict::Alive,
    Verdict::Moved,
];

/// What a bad hour makes of links (`false_alarms.rs` has their stories).
const CAUSES: [Verdict; 5] = [Verdict::Unreachable, Verdict::Refused, Verdict::Hidden, Verdict::Login, Verdict::Dead];

/// A link, and how it fails from which check on, if it does.
struct Link {
    url: String,
    kind: LinkKind,
    fails: Option<(usize, Verdict)>,
}

/// A bad hour: from which check to which, what it shows, and for which links.
struct BadHour {
    looks: std::ops::RangeInclusive<usize>,
    shows: Verdict,
    hit: BTreeSet<usize>,
}

struct World {
    seed: u64,
    draw: SeededRandom,
    links: Vec<Link>,
    looks: Vec<DateTime<Utc>>,
    /// Of a hundred answers so many are others than they should be.
    noise: usize,
    bad: Option<BadHour>,
}

impl World {
    fn from_seed(seed: u64) -> Self {
        let mut draw = SeededRandom(seed);
        let looks = draw_check_times(&mut draw);
        // Few kinds in a world, so that all of one often fail.
        let kinds: Vec<LinkKind> = (0..=draw.below(3))
            .map(|_| {
                let vouched = draw.below(2) == 0;
                if vouched {
                    KINDS_WITH_API[draw.below(KINDS_WITH_API.len())]
                } else {
                    KINDS_BY_NETWORK[draw.below(KINDS_BY_NETWORK.len())]
                }
            })
            .collect();
        let percent = if draw.below(4) == 0 { 100 } else { 1 + draw.below(100) };
        let how = [Verdict::Dead, Verdict::FragmentDead, Verdict::Unreachable][draw.below(3)];
        let mixed = draw.below(3) == 0;
        let links = (0..=draw.below(80))
            .map(|number| {
                let how = if mixed {
                    [Verdict::Dead, Verdict::FragmentDead, Verdict::Unreachable][draw.below(3)]
                } else {
                    how
                };
                let kind = kinds[draw.below(kinds.len())];
                let from = if draw.below(3) == 0 { draw.below(looks.len()) } else { 0 };
                let fails = (draw.below(100) < percent).then_some((from, how));
                Link { url: format!("https://host{}.example/{number}", number % 6), kind, fails }
            })
            .collect();
        let noise = [0, 0, 5, 30][draw.below(4)];
        let mut world = Self { seed, draw, links, looks, noise, bad: None };
        world.bad = world.draw_bad_hour();
        world
    }

    /// Shorter than six hours from its first check to its last.
    fn draw_bad_hour(&mut self) -> Option<BadHour> {
        if self.draw.below(3) == 0 {
            return None;
        }
        let first = self.draw.below(self.looks.len());
        let within = |at: &&DateTime<Utc>| **at - self.looks[first] < TELL_AFTER;
        let last = first + self.looks[first..].iter().take_while(within).count() - 1;
        let shows = CAUSES[self.draw.below(CAUSES.len())];
        let percent = if shows == Verdict::Dead { 50 + self.draw.below(51) } else { 1 + self.draw.below(100) };
        // Who vouches says nothing wrong; it may say nothing at all.
        let reached = |link: &Link| shows != Verdict::Dead || !has_api(link.kind);
        let near: Vec<usize> = (0..self.links.len()).filter(|at| reached(&self.links[*at])).collect();
        let hit: BTreeSet<usize> = near.iter().copied().filter(|_| self.draw.below(100) < percent).collect();
        // A proxy that says 404 to nearly everything: to a few links alone that were there before it is believed.
        let there = |at: &&usize| self.links[**at].fails.is_none_or(|(from, _)| from > first);
        let (hit_there, all_there) = (hit.iter().filter(there).count(), near.iter().filter(there).count());
        let few = shows == Verdict::Dead && (hit_there < 5 || hit_there * 2 < all_there);
        (!hit.is_empty() && !few).then_some(BadHour { looks: first..=last, shows, hit })
    }

    fn verdict_at(&mut self, link: usize, look: usize) -> Verdict {
        if let Some(bad) = self.bad.as_ref().filter(|bad| bad.looks.contains(&look) && bad.hit.contains(&link)) {
            return bad.shows;
        }
        // The last two checks are alike, a week apart.
        if look + 2 < self.looks.len() && self.draw.below(100) < self.noise {
            return PASSING_VERDICTS[self.draw.below(PASSING_VERDICTS.len())];
        }
        match self.links[link].fails {
            Some((from, how)) if look >= from => how,
            _ if link.is_multiple_of(5) => Verdict::Moved,
            _ => Verdict::Alive,
        }
    }

    fn run_all_checks(mut self, worker: AssessFn, tally: &mut Tally) {
        let mut memory = BTreeMap::new();
        let mut known: Vec<ExpectedMemory> = self.links.iter().map(|_| ExpectedMemory::default()).collect();
        tally.bad_hours += usize::from(self.bad.is_some());
        let mut before = (Vec::new(), self.looks[0]);
        for look in 0..self.looks.len() {
            let at = self.looks[look];
            let verdicts: Vec<Verdict> = (0..self.links.len()).map(|link| self.verdict_at(link, look)).collect();
            let seen: Vec<Observation> = self
                .links
                .iter()
                .zip(&verdicts)
                .enumerate()
                .map(|(n, (link, shown))| observed(n, link, *shown))
                .collect();
            let judged = worker(&seen, &memory, at);
            let reported = finding_subjects(&judged.findings);
            let crowd = GoneByKind::of(&self.links, &verdicts);
            for (number, (link, verdict)) in self.links.iter().zip(&verdicts).enumerate() {
                let is_told = reported.contains(link.url.as_str());
                let what = |why: &str| {
                    let (number, memory) = (self.seed, memory.get(&link.url));
                    format!(
                        "seed {number}, look {look} at {at}, {} {:?} {verdict:?}: {why}; {memory:?}",
                        link.url, link.kind
                    )
                };
                let had_to =
                    known[number].record_check(*verdict, at, has_api(link.kind), crowd.has_common_cause(link.kind));
                if let Some(why) = had_to {
                    tally.require(is_told, || what(why));
                }
                if is_told {
                    known[number].record_reported(*verdict, at);
                }
                if is_told && link.fails.is_none_or(|(from, _)| look < from) {
                    tally.alarm(|| what("told of a link that is fine"));
                }
            }
            // What is held back is reported as held back.
            let says = [Rule::LinksInconclusive, Rule::LinksCommonCause];
            let gone = |verdict: &Verdict| matches!(verdict, Verdict::Dead | Verdict::FragmentDead);
            let held = |(link, verdict): (&Link, &Verdict)| gone(verdict) && !reported.contains(link.url.as_str());
            if self.links.iter().zip(&verdicts).any(held) {
                let said = judged.findings.iter().any(|finding| says.contains(&finding.rule));
                tally.require(said && judged.inconclusive_reason.is_some(), || {
                    format!("seed {}, look {look}: something is held and nobody says so", self.seed)
                });
            }
            // Law 9: no world in which two identical checks a week apart report nothing.
            let rot = verdicts.iter().any(|verdict| is_failing(*verdict));
            if rot && before.0 == verdicts && at - before.1 >= TimeDelta::days(7) {
                tally.require(!reported.is_empty(), || format!("seed {}, look {look}: alike for a week", self.seed));
            }
            before = (verdicts, at);
            memory = judged.remember;
        }
    }
}

/// When it is checked: two to eight times, and once more a week after the last.
fn draw_check_times(draw: &mut SeededRandom) -> Vec<DateTime<Utc>> {
    let mut looks = vec![now() + TimeDelta::seconds(i64::try_from(draw.below(86_400)).unwrap())];
    for _ in 0..draw.below(8) {
        looks.push(*looks.last().unwrap() + GAPS[draw.below(GAPS.len())]);
    }
    looks.push(*looks.last().unwrap() + TimeDelta::days(7));
    looks
}

fn has_api(kind: LinkKind) -> bool {
    KINDS_WITH_API.contains(&kind)
}

fn is_failing(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Dead | Verdict::FragmentDead | Verdict::Unreachable)
}

fn observed(number: usize, link: &Link, verdict: Verdict) -> Observation {
    let place = LinkPlace { path: "page.md".into(), document: 0, line: number + 1, column: 1 };
    let status = match verdict {
        _ if link.kind == LinkKind::Path => None,
        Verdict::Unreachable | Verdict::Blocked => None,
        Verdict::Dead => Some(404),
        _ => Some(200),
    };
    let assessment = Assessment { status, ..Assessment::new(verdict, "a reason") }.into();
    Observation { url: link.url.as_str().into(), kind: link.kind, assessment, places: vec![place] }
}

fn finding_subjects(findings: &[Finding]) -> BTreeSet<&str> {
    let rot = [Rule::LinkDead, Rule::LinkFragmentDead, Rule::LinkUnreachable];
    findings.iter().filter(|finding| rot.contains(&finding.rule)).map(|finding| finding.subject.as_str()).collect()
}

/// How many of each kind are gone in a check, and whether one of the kind is there.
struct GoneByKind(BTreeMap<LinkKind, (usize, bool)>);

impl GoneByKind {
    fn of(links: &[Link], verdicts: &[Verdict]) -> Self {
        let mut kinds: BTreeMap<LinkKind, (usize, bool)> = BTreeMap::new();
        for (link, verdict) in links.iter().zip(verdicts) {
            let (gone, there) = kinds.entry(link.kind).or_default();
            *gone += usize::from(matches!(verdict, Verdict::Dead | Verdict::FragmentDead));
            *there |= matches!(verdict, Verdict::Alive | Verdict::Moved);
        }
        Self(kinds)
    }

    /// Whether all of a kind may be gone for one cause.
    fn has_common_cause(&self, kind: LinkKind) -> bool {
        self.0.get(&kind).is_some_and(|(gone, there)| *gone >= 5 && !there)
    }
}

/// What anybody would know of a link who had watched the checks.
#[derive(Default)]
struct ExpectedMemory {
    /// Since when it has been silent, gone, or without its place, with no answer to the contrary.
    silent: Option<DateTime<Utc>>,
    gone: Option<DateTime<Utc>>,
    placeless: Option<DateTime<Utc>>,
    /// Since when nobody could see it.
    unseen: Option<DateTime<Utc>>,
    /// When its silence was last reported.
    reported: Option<DateTime<Utc>>,
}

impl ExpectedMemory {
    /// Takes a check in. Returns why it has to be reported by this very check, if it has to.
    fn record_check(
        &mut self,
        verdict: Verdict,
        at: DateTime<Utc>,
        vouched: bool,
        together: bool,
    ) -> Option<&'static str> {
        match verdict {
            Verdict::Alive | Verdict::Moved => (self.silent, self.gone, self.placeless) = (None, None, None),
            // A page that is there ends what was reported since it was gone.
            Verdict::FragmentUnverifiable => {
                self.placeless = self.placeless.filter(|_| self.gone.is_none());
                (self.silent, self.gone) = (None, None);
            }
            Verdict::Refused | Verdict::Hidden | Verdict::Login => self.silent = None,
            _ => {}
        }
        if !is_failing(verdict) {
            let since = *self.unseen.get_or_insert(at);
            if (at.date_naive() - since.date_naive()).num_days() >= FORGET_AFTER_DAYS {
                *self = Self { reported: self.reported, ..Self::default() };
            }
            return None;
        }
        self.unseen = None;
        let first = [self.silent, self.gone, self.placeless].into_iter().flatten().min();
        match verdict {
            Verdict::Dead => self.gone = self.gone.or(Some(at)),
            Verdict::FragmentDead => self.placeless = self.placeless.or(Some(at)),
            _ => self.silent = self.silent.or(Some(at)),
        }
        let lasts = first.is_some_and(|first| at - first >= TELL_AFTER);
        // One that comes and goes has been reported lately.
        let lately =
            verdict == Verdict::Unreachable && self.reported.is_some_and(|reported| at - reported < TELL_AGAIN);
        if verdict != Verdict::Unreachable && vouched && !together {
            Some("who must know says so, and not of all")
        } else if verdict != Verdict::Unreachable && vouched && first.is_some() {
            Some("who must know says so again")
        } else {
            (lasts && !lately).then_some("it has lasted for six hours")
        }
    }

    fn record_reported(&mut self, verdict: Verdict, at: DateTime<Utc>) {
        if verdict == Verdict::Unreachable {
            self.reported = Some(self.reported.filter(|reported| at - *reported < TELL_AGAIN).unwrap_or(at));
        }
    }
}
