use std::sync::Arc;

use super::*;
use crate::pod::pod_page::LinkKind;
use crate::pod::verdict::Assessment;

const NOW: &str = "2026-11-24T06:00:00Z";

fn seen(kind: LinkKind, verdict: Verdict, status: Option<u16>, times: usize) -> Vec<Observation> {
    let assessment = Arc::new(Assessment { status, ..Assessment::new(verdict, "why") });
    (0..times)
        .map(|n| Observation {
            assessment: Arc::clone(&assessment),
            ..Observation::new(format!("{kind:?}/{verdict:?}/{n}"), kind, verdict, "why")
        })
        .collect()
}

/// The rules of what is reported, without the numbers of equal ones, and why the check is not complete.
fn reported(world: &[Vec<Observation>]) -> (Vec<(&'static str, usize)>, Option<String>) {
    let assessment = assess_without_memory(&world.concat(), NOW.parse().unwrap());
    let mut rules: Vec<(&'static str, usize)> = Vec::new();
    for finding in &assessment.findings {
        match rules.last_mut().filter(|(rule, _)| *rule == finding.rule.code()) {
            Some((_, times)) => *times += 1,
            None => rules.push((finding.rule.code(), 1)),
        }
    }
    (rules, assessment.inconclusive_reason)
}

#[test]
fn a_page_that_rotted_for_years_is_told_whole() {
    let gone = seen(LinkKind::Web, Verdict::Dead, Some(404), 9);
    let places = seen(LinkKind::Docs, Verdict::FragmentDead, Some(200), 3);
    let there = seen(LinkKind::Web, Verdict::Alive, Some(200), 1);
    assert_eq!(reported(&[gone, places, there]), (vec![("link-dead", 9), ("link-fragment-dead", 3)], None));
}

#[test]
fn where_nothing_of_the_web_is_there_only_what_needs_no_page_of_it_is_told() {
    let gone = seen(LinkKind::Web, Verdict::Dead, Some(404), 9);
    let others = [
        seen(LinkKind::Path, Verdict::Dead, None, 2),
        seen(LinkKind::Path, Verdict::Alive, None, 9),
        seen(LinkKind::Mail, Verdict::Alive, None, 1),
        seen(LinkKind::Issue, Verdict::Alive, Some(200), 1),
        seen(LinkKind::Issue, Verdict::Dead, Some(404), 1),
    ];
    let world: Vec<_> = others.into_iter().chain([gone]).collect();
    let (rules, why) = reported(&world);
    assert_eq!(rules, [("link-dead", 3), ("links-inconclusive", 1)]);
    assert_eq!(why.as_deref(), Some("9 links fail, and nothing on the web is there"));
}

#[test]
fn what_needs_no_network_says_nothing_of_it() {
    let malformed = || seen(LinkKind::Other, Verdict::Dead, None, 12);
    assert_eq!(reported(&[malformed()]), (vec![("link-dead", 12)], None));
    // A proxy that answers for the web is none that GitLab's API is reached through.
    let gone = seen(LinkKind::Web, Verdict::Dead, Some(404), 8);
    let there = seen(LinkKind::Issue, Verdict::Alive, Some(200), 30);
    assert_eq!(reported(&[malformed(), gone, there]).0, [("link-dead", 12), ("links-inconclusive", 1)]);
}

#[test]
fn silences_are_not_told_and_many_make_the_look_incomplete() {
    let silent = |times| seen(LinkKind::Web, Verdict::Unreachable, None, times);
    let there = || seen(LinkKind::Web, Verdict::Alive, Some(200), 6);
    let gone = || seen(LinkKind::Web, Verdict::Dead, Some(404), 1);
    assert_eq!(reported(&[silent(4), there(), gone()]), (vec![("link-dead", 1)], None));
    let (rules, why) = reported(&[silent(5), there(), gone()]);
    assert_eq!(rules, [("link-dead", 1), ("links-inconclusive", 1)]);
    assert_eq!(why.as_deref(), Some("5 of 12 links give no useful answer"));
    assert_eq!(reported(&[silent(5), gone()]).0, [("links-inconclusive", 1)], "nothing answers as it should");
}

/// Design, section 5: in `check`, which runs once, a host that does not exist while others answer is dead.
#[test]
fn a_host_that_does_not_exist_while_others_answer_is_gone() {
    let missing = || {
        let assessment = Assessment::new(Verdict::Unreachable, "there is no such host").into();
        vec![Observation { assessment, ..Observation::new("https://gone.example/", LinkKind::Web, Verdict::Alive, "") }]
    };
    let verdict = |others: Vec<Observation>| {
        let mut world = [missing(), others].concat();
        mark_missing_hosts(&mut world);
        world[0].assessment.verdict
    };
    assert_eq!(verdict(Vec::new()), Verdict::Unreachable);
    assert_eq!(verdict(seen(LinkKind::Web, Verdict::Unreachable, None, 1)), Verdict::Unreachable);
    assert_eq!(verdict(seen(LinkKind::Path, Verdict::Alive, None, 1)), Verdict::Unreachable);
    assert_eq!(verdict(seen(LinkKind::Web, Verdict::Dead, Some(404), 1)), Verdict::Dead);
    assert_eq!(verdict(seen(LinkKind::Web, Verdict::Unreachable, Some(503), 1)), Verdict::Dead);
    assert_eq!(verdict(seen(LinkKind::Issue, Verdict::Alive, None, 1)), Verdict::Dead);
    // Of another silence nothing is known.
    let mut silent =
        [seen(LinkKind::Web, Verdict::Unreachable, None, 1), seen(LinkKind::Web, Verdict::Alive, Some(200), 1)]
            .concat();
    mark_missing_hosts(&mut silent);
    assert_eq!(silent[0].assessment.verdict, Verdict::Unreachable);
}

#[test]
fn silences_of_a_check_that_runs_once_are_reported_only_where_that_is_asked_for() {
    let world = [seen(LinkKind::Web, Verdict::Unreachable, None, 6), seen(LinkKind::Web, Verdict::Alive, Some(200), 6)]
        .concat();
    let found = |silences| {
        let assessment = assess_single_check(&world, NOW.parse().unwrap(), silences);
        let rules: Vec<&str> = assessment.findings.iter().map(|finding| finding.rule.code()).collect();
        (rules, assessment.inconclusive_reason)
    };
    assert_eq!(found(Silences::Counted), (Vec::new(), None));
    assert_eq!(found(Silences::Reported), (vec!["link-unreachable"; 6], None));
    // Where nothing answers, the network may be down.
    let dark = seen(LinkKind::Web, Verdict::Unreachable, None, 6);
    let assessment = assess_single_check(&dark, NOW.parse().unwrap(), Silences::Counted);
    assert_eq!(assessment.inconclusive_reason.as_deref(), Some("6 links fail, and nothing on the web is there"));
}

#[test]
fn few_failures_are_told_whatever_else_there_is() {
    assert_eq!(reported(&[seen(LinkKind::Web, Verdict::Dead, Some(404), 4)]), (vec![("link-dead", 4)], None));
}
