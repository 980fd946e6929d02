//! What is shown of many findings, and what is counted.

use super::*;
use crate::pod::PodKey;
use crate::pod::finding::Place;
use crate::pod::plan::Plan;
use crate::report::Confidential;

fn run_of(findings: Vec<Finding>) -> PodRun {
    PodRun {
        pod: PodKey::parse("alpha").unwrap(),
        name: "Alpha Pod".to_owned(),
        plan: Plan::default(),
        outcomes: Vec::new(),
        rounds: 1,
        later_changes: Vec::new(),
        status_sentences: Vec::new(),
        upcoming_sessions: Vec::new(),
        findings,
        observations: Vec::new(),
        read_failures: Vec::new(),
        restricted_failures: std::collections::BTreeMap::new(),
        unfinished: false,
    }
}

fn finding(rule: Rule, line: usize) -> Finding {
    let place = Place { path: "p.md".to_owned(), line, column: 1 };
    Finding::new(rule, format!("x{line}"), format!("x{line} is wrong.")).with_place(place)
}

fn render(runs: &[PodRun], detail: DetailLevel, height: usize) -> Vec<String> {
    let layout = Layout { height, ..Layout::from(detail) };
    let blocks: Vec<_> = runs.iter().map(|run| FindingsBlock::of(Confidential::restrict(run), &layout)).collect();
    SpaceForFindings::new(&layout).share(&blocks)
}

#[test]
fn findings_stand_below_what_to_do_about_them() {
    let moved = |line| finding(Rule::LinkMoved, line).with_advice(format!("Write y{line} instead."));
    let run = run_of(vec![finding(Rule::LinkDead, 3), finding(Rule::LinkDead, 5), moved(7), moved(9)]);
    assert_eq!(
        render(&[run], DetailLevel::Normal, 24)[0],
        format!(
            "  4 findings\n  ! link-dead (major): {}\n      3:1 x3 is wrong\n      5:1 x5 is wrong\n  ! link-moved (info): \
             {}\n      7:1 x7 is wrong. Write y7 instead.\n      9:1 x9 is wrong. Write y9 instead.\n\n",
            Rule::LinkDead.advice(),
            Rule::LinkMoved.advice()
        )
    );
}

#[test]
fn no_more_than_a_screen_is_shown_and_the_rest_is_counted() {
    let many = |from| (from..from + 40).map(|line| finding(Rule::LinkDead, line)).collect::<Vec<_>>();
    let [text] = &render(&[run_of(many(1))], DetailLevel::Normal, 24)[..] else { panic!() };
    assert_eq!(text.lines().count(), 22, "{text}");
    assert!(text.contains("\n  … 22 more: -v (22 link-dead)\n"), "{text}");
    let [text] = &render(&[run_of(many(1))], DetailLevel::Verbose, 24)[..] else { panic!() };
    assert!(text.lines().count() > 40 && !text.contains("more: -v"), "{text}");
    // Two pods have one screen.
    let texts = render(&[run_of(many(1)), run_of(many(50))], DetailLevel::Normal, 24);
    assert!(texts.concat().lines().count() <= 24, "{texts:?}");
    assert!(texts.iter().all(|text| text.contains("link-dead") && text.contains(" more: -v")), "{texts:?}");
    // Without any room each has some lines all the same.
    let texts = render(&[run_of(many(1)), run_of(many(50))], DetailLevel::Normal, 0);
    assert!(texts.iter().all(|text| (5..=LEAST_LINES).contains(&text.lines().count())), "{texts:?}");
}

#[test]
fn what_needs_a_person_is_shown_however_little_room_there_is() {
    let mut findings = vec![finding(Rule::PageMissing, 1), finding(Rule::LinkDead, 2)];
    findings.extend((3..30).map(|line| finding(Rule::ProjectArchived, line)));
    let [text] = &render(&[run_of(findings.clone())], DetailLevel::Normal, 0)[..] else { panic!() };
    assert!(text.contains("x1 is wrong") && text.contains("x29 is wrong") && !text.contains("! link-dead"), "{text}");
    assert!(text.contains("  … 1 more: -v (1 link-dead)\n"), "{text}");
    let [text] = &render(&[run_of(findings)], DetailLevel::Quiet, 0)[..] else { panic!() };
    assert!(text.contains("x29") && !text.contains("link-dead") && !text.contains("more: -v"), "{text}");
}
