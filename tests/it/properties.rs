//! What holds in every world, over generated worlds.
//!
//! Each property prints how many of its cases really exercised it and fails when they are too few. Each has a
//! sabotage, a double at a seam that breaks exactly what the property promises, and finding it is asserted: a property
//! that cannot fail says nothing. Cases come from a fixed seed, so that a failure can be had again.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use linkcheck::check_options::CheckOptions;
use podkeeper::collect;
use podkeeper::decide::decide;
use podkeeper::gitlab::{Exchange, ExchangeError, new_reader};
use podkeeper::pod::action::Change as Act;
use podkeeper::pod::finding::{Finding, Place, short_hash, sort_and_deduplicate};
use podkeeper::pod::label::LabelName;
use podkeeper::pod::marker::{self, BlockState, ManagedBlock, Marker, ParsedBody};
use podkeeper::pod::observed::{FailureCause, Observed, ReadFailure};
use podkeeper::pod::plan::compute_stamp;
use podkeeper::pod::roster::Role;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::run::PodRun;
use podkeeper::pod::schedule::{Cron, MeetingWeeks, Skip, Slot};
use podkeeper::pod::session::{Session, SessionKey};
use podkeeper::pod::snapshot::{Account, ObservedIssue, Snapshot};
use podkeeper::pod::{Pod, PodKey};
use podkeeper::report::{Confidential, ReportAudience as _, RunReport, json as report};
use podkeeper::run::{Mode, run};
use podkeeper::sandbox::world::{FieldChange, Issue, IssueEdit, NewIssue, Project};
use podkeeper::sandbox::{Sandbox, Seed, SeedPod, World, seed};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::Value;

use crate::support::{
    InMemory, Stage, gitlab_only_clients, has_only_tasks_more, keep_sessions_and_labels, shipped_config, to_seed_pod,
};

/// Cases that go through the sandbox's router, and cases that are pure.
const ROUTED: u32 = 96;
const PURE: u32 = 256;

// -------------------------------------------------------------------------------------------------- the properties

#[test]
fn p1_a_second_run_adds_nothing_and_is_one_round() {
    assert_holds("P1 converges", ROUTED, 50, scenario_strategy(), |scenario| {
        check_converges(&scenario, ServerBehaviour::Faithful)
    });
    assert_sabotage_caught("P1 on a server that hides podkeeper's own issues", scenario_strategy(), |s| {
        check_converges(&s, ServerBehaviour::HidesOwn)
    });
    assert_sabotage_caught("P1 on a server that drops add_labels", scenario_strategy(), |s| {
        check_converges(&s, ServerBehaviour::DropsAddLabels)
    });
}

fn check_converges(scenario: &Scenario, how: ServerBehaviour) -> Result<bool, String> {
    run_with_paused_clock(async {
        let stage = scenario.stage();
        let (first, _) = stage.apply_over(ServerDouble::over(&stage, how)).await;
        // A pause holds back on purpose, and goes on holding.
        let has = |run: &PodRun, rule: Rule| run.findings.iter().any(|finding| finding.rule == rule);
        let is_late = |run: &PodRun| run.unfinished && !has(run, Rule::Paused);
        if first.iter().any(is_late) {
            if scenario.label {
                return Err(format!("the first run did not finish: {:?}", stage.journal()));
            }
            // A label that is made takes the first of the rounds, and the closing may be left for the next run.
            stage.apply_over(ServerDouble::over(&stage, how)).await;
        }
        let written = stage.journal();
        let (second, _) = stage.apply_over(ServerDouble::over(&stage, how)).await;
        if stage.journal() != written || second.iter().any(|run| run.rounds != 1) {
            return Err(format!("the second run did more: {:?}", &stage.journal()[written.len()..]));
        }
        Ok(!written.is_empty())
    })
}

#[test]
fn p2_a_run_that_was_cut_short_anywhere_ends_like_one_that_was_not() {
    let cut = || {
        prop_oneof![
            (0_usize..4).prop_map(ServerBehaviour::FailsFrom),
            (0_usize..4).prop_map(ServerBehaviour::FailsAt),
            (0_usize..4).prop_map(ServerBehaviour::LosesAnswer)
        ]
    };
    assert_holds("P2 crash-safe", ROUTED, 50, (scenario_strategy(), cut()), |(scenario, cut)| {
        check_crash_safe(&scenario, cut, ServerBehaviour::Faithful)
    });
    assert_sabotage_caught(
        "P2 on a server that hides podkeeper's own issues afterwards",
        (scenario_strategy(), cut()),
        |(s, cut)| check_crash_safe(&s, cut, ServerBehaviour::HidesOwn),
    );
}

fn check_crash_safe(scenario: &Scenario, cut: ServerBehaviour, afterwards: ServerBehaviour) -> Result<bool, String> {
    run_with_paused_clock(async {
        let mut whole = scenario.stage();
        whole.apply().await;
        let first_writes = whole.journal().len();
        advance_minutes(&mut whole);
        whole.apply().await;
        let wanted = canonical(&whole);
        let mut broken = scenario.stage();
        broken.apply_over(ServerDouble::over(&broken, cut)).await;
        let in_between = canonical(&broken);
        advance_minutes(&mut broken);
        for _ in 0..2 {
            broken.apply_over(ServerDouble::over(&broken, afterwards)).await;
        }
        let ended = canonical(&broken);
        if ended != wanted {
            return Err(format!("{cut:?}: {}", differences(&wanted, &ended)));
        }
        // It was cut in earnest where the run left something, or sent something whose answer it did not get.
        Ok(in_between != wanted
            || matches!(cut, ServerBehaviour::FailsAt(k) | ServerBehaviour::LosesAnswer(k) if k < first_writes))
    })
}

/// What a run that was killed had claimed is waited for that long.
fn advance_minutes(stage: &mut Stage) {
    stage.now += Duration::minutes(6);
    let now = stage.now;
    stage.sandbox.change_world(|world| world.now = now);
}

#[test]
fn p3_what_cannot_be_seen_never_adds_an_action_or_a_finding() {
    let (flips, telling) = (Cell::new(0_usize), Cell::new(0_usize));
    assert_holds("P3 blind-safe", PURE, 50, scenario_strategy(), |scenario| {
        check_failed_parts(&scenario, Snapshot::clone, |took_something| {
            flips.set(flips.get() + 1);
            telling.set(telling.get() + usize::from(took_something));
        })
    });
    let share = 100 * telling.get() / flips.get();
    println!("P3: of {} blindings {share} % took an action or a finding away", flips.get());
    assert!(share >= 30, "{share}");
    let read = || prop::sample::select(READS.to_vec());
    let status = || prop::sample::select(vec![403_u16, 500, 502]);
    assert_holds(
        "P3 blind-safe reads",
        ROUTED,
        30,
        (scenario_strategy(), read(), status()),
        |(scenario, read, status)| check_failed_reads(&scenario, ServerBehaviour::Refuses(read, status)),
    );
    assert_sabotage_caught(
        "P3 with a client that takes a failed listing for an empty one",
        (scenario_strategy(), read()),
        |(s, read)| check_failed_reads(&s, ServerBehaviour::ListsNothing(read)),
    );
    assert_sabotage_caught("P3 with a decide that takes an unseen page or label for none", scenario_strategy(), |s| {
        check_failed_parts(&s, take_unknown_for_absent, |_| {})
    });
    assert_sabotage_caught("P3 with a decide that takes unseen issues for none", scenario_strategy(), |s| {
        check_failed_parts(&s, take_unknown_for_empty, |_| {})
    });
}

/// One kind of read fails for a whole run: nothing is planned that would not be planned with readable sources.
fn check_failed_reads(scenario: &Scenario, how: ServerBehaviour) -> Result<bool, String> {
    run_with_paused_clock(async {
        let stage = scenario.stage();
        let actions = |runs: &[PodRun]| -> BTreeSet<String> {
            runs.iter()
                .flat_map(|run| &run.plan.actions)
                .map(|action| action.canonical_json(crate::support::now()).to_string())
                .collect()
        };
        let whole = actions(&run_plan(&stage, ServerBehaviour::Faithful).await);
        let failure = run_plan(&stage, how).await;
        if let Some(new) = actions(&failure).difference(&whole).find(|new| !waits_for_a_rewrite(new, &whole)) {
            return Err(format!("{how:?}: {new}"));
        }
        Ok(!whole.is_empty() && failure.iter().any(|run| !run.read_failures.is_empty()))
    })
}

/// Whether this is an issue's second change, which comes a round later where its block is written anew as well. What the
/// block would say is not known without the page, so that the second one is not held up then.
fn waits_for_a_rewrite(line: &str, whole: &BTreeSet<String>) -> bool {
    let names = |line: &str, kind: &str| -> Option<String> {
        let action: Value = serde_json::from_str(line).ok()?;
        (action["kind"] == kind).then(|| action["subject"].to_string())
    };
    let appended = names(line, "append-tasks");
    appended.is_some() && whole.iter().any(|other| names(other, "rewrite-pairing-issue") == appended)
}

/// Blinds every part of what was seen, one at a time and all issues' details together.
fn check_failed_parts(
    scenario: &Scenario,
    sees: impl Fn(&Snapshot) -> Snapshot,
    counts: impl Fn(bool),
) -> Result<bool, String> {
    let mut real = false;
    for (pod, seen) in scenario.snapshots() {
        let whole = decided_lines(&pod, &seen);
        real |= whole.iter().any(|line| line.starts_with('{'));
        for (what, blinded) in hide_each_part(&seen) {
            let said = decided_lines(&pod, &sees(&blinded));
            if let Some(new) = said.difference(&whole).find(|new| !waits_for_a_rewrite(new, &whole)) {
                return Err(format!("without {what}: {new}"));
            }
            counts(said.len() < whole.len());
        }
    }
    Ok(real)
}

#[test]
fn p4_the_order_of_a_servers_listings_changes_no_byte() {
    assert_holds("P4 order-free listings", ROUTED, 50, scenario_strategy(), |scenario| {
        run_with_paused_clock(async {
            let stage = scenario.stage();
            let plain = planned(&stage, ServerBehaviour::Faithful).await;
            let turned = planned(&stage, ServerBehaviour::TurnsListings).await;
            if plain != turned {
                return Err(format!("{plain}\n{turned}"));
            }
            Ok(plain.contains("\"kind\""))
        })
    });
    assert_holds("P4 order-free page", PURE, 50, (scenario_strategy(), 0_usize..5), |(scenario, turn)| {
        check_order_free(&scenario, |seen| {
            if let Observed::Present(page) = &mut seen.page {
                let (leads, mut others): (Vec<_>, Vec<_>) =
                    page.members.drain(..).partition(|member| member.role == Role::Lead);
                let turn = turn % others.len().max(1);
                others.rotate_left(turn);
                page.members = others.into_iter().chain(leads).collect();
                page.links.reverse();
            }
        })
    });
    assert_sabotage_caught("P4 with a collector that leaves issues as they come", scenario_strategy(), |scenario| {
        check_order_free(&scenario, |seen| {
            if let Observed::Present(issues) = &mut seen.pairing_project.issues {
                issues.reverse();
            }
        })
    });
}

fn check_order_free(scenario: &Scenario, turn: impl Fn(&mut Snapshot)) -> Result<bool, String> {
    let mut real = false;
    for (pod, seen) in scenario.snapshots() {
        let mut turned = seen.clone();
        turn(&mut turned);
        let (one, other) = (decide(&pod, &seen), decide(&pod, &turned));
        if compute_stamp(&[&one.plan]) != compute_stamp(&[&other.plan]) || one.findings != other.findings {
            return Err(format!("{}\n{}", one.plan, other.plan));
        }
        real |= !one.plan.is_empty();
    }
    Ok(real)
}

#[test]
fn p5_only_podkeepers_own_is_touched_and_only_the_block_in_it() {
    let rewrote = Cell::new(0_usize);
    assert_holds("P5 humble", ROUTED, 50, scenario_strategy(), |scenario| {
        let ended = check_touches_only_own(&scenario, ServerBehaviour::Faithful)?;
        rewrote.set(rewrote.get() + usize::from(ended.rewrote));
        Ok(ended.wrote)
    });
    println!("P5: {} of {ROUTED} rewrote a block", rewrote.get());
    assert!(rewrote.get() * 100 >= 20 * ROUTED as usize);
    assert_sabotage_caught("P5 with a splice that overwrites the whole body", scenario_strategy(), |s| {
        check_touches_only_own(&s, ServerBehaviour::OverwritesBody).map(|ended| ended.wrote)
    });
    assert_holds("P5 humble actions", PURE, 50, scenario_strategy(), |scenario| {
        check_names_only_own(&scenario, Snapshot::clone)
    });
    assert_sabotage_caught("P5 with a decide that takes everybody for the bot", scenario_strategy(), |s| {
        check_names_only_own(&s, take_all_markers_for_own)
    });
}

struct Ended {
    wrote: bool,
    rewrote: bool,
}

fn check_touches_only_own(scenario: &Scenario, how: ServerBehaviour) -> Result<Ended, String> {
    run_with_paused_clock(async {
        let stage = scenario.stage();
        let before = stage.sandbox.world();
        stage.apply_over(ServerDouble::over(&stage, how)).await;
        let after = stage.sandbox.world();
        let project = before.project_by_path(&stage.pods[0].pairing_project).unwrap();
        for (iid, was) in &project.issues {
            let is = after.issue(project.id, *iid).ok_or_else(|| format!("#{iid} is gone"))?;
            if !scenario.is_own(&before, was) {
                if is != was {
                    return Err(format!("#{iid} is not podkeeper's and changed: {was:?} became {is:?}"));
                }
                continue;
            }
            check_own_issue(scenario, was, is)?;
        }
        check_other_projects(scenario, &before, &after)?;
        let journal = stage.sandbox.journal();
        let rewrote = journal.iter().any(|entry| entry.method == "PUT" && entry.body.contains("description="));
        Ok(Ended { wrote: !journal.is_empty(), rewrote })
    })
}

/// In an own issue only the block, the title that podkeeper gave, the pod's label and (of a twin) the state may change.
fn check_own_issue(scenario: &Scenario, was: &Issue, is: &Issue) -> Result<(), String> {
    let iid = was.iid;
    let labels: BTreeSet<String> = scenario.pods.iter().map(|pod| pod.label.name.to_string()).collect();
    let came: BTreeSet<String> = is.labels.difference(&was.labels).cloned().collect();
    if !was.labels.is_subset(&is.labels) || !came.is_subset(&labels) {
        return Err(format!("#{iid}: labels {:?} became {:?}", was.labels, is.labels));
    }
    let (old, new) = (was.description.as_deref().unwrap_or_default(), is.description.as_deref().unwrap_or_default());
    if !has_only_tasks_more(&text_outside_block(old), &text_outside_block(new)) {
        return Err(format!("#{iid}: outside the block\n{old}\nbecame\n{new}"));
    }
    let given = match marker::parse_body(old) {
        ParsedBody::Block(block) => block.state.title == Some(short_hash(&was.title)),
        ParsedBody::Damaged { .. } | ParsedBody::NoMarker => false,
    };
    if is.title != was.title && !given {
        return Err(format!("#{iid}: a person's title {:?} became {:?}", was.title, is.title));
    }
    // The bot's one comment is the one with which it closes.
    let is_of_people = |body: &&str| !body.contains("<!-- podkeeper:v1 closing");
    let words = |issue: &Issue| -> Vec<String> {
        let said = issue.notes.values().filter(|note| !note.system).map(|note| note.body.as_str());
        said.filter(is_of_people).map(str::to_owned).collect()
    };
    let rest =
        |issue: &Issue| (issue.assignees.clone(), issue.due_date, issue.confidential, issue.locked, issue.author);
    if words(was) != words(is) || rest(was) != rest(is) || (is.is_open() && !was.is_open()) {
        return Err(format!("#{iid}: words, people, dates or an end were changed"));
    }
    Ok(())
}

/// No other project changes; in this one no label but the pod's comes and none goes.
fn check_other_projects(scenario: &Scenario, before: &World, after: &World) -> Result<(), String> {
    let path = &scenario.pods[0].pairing_project;
    for (id, was) in &before.projects {
        let is = &after.projects[id];
        if was.path != *path && was != is {
            return Err(format!("{} changed", was.path));
        }
    }
    let names = |world: &World| -> BTreeSet<String> {
        world.project_by_path(path).unwrap().labels.values().map(|label| label.name.clone()).collect()
    };
    let (was, is) = (names(before), names(after));
    let may = |name: &String| {
        scenario.pods.iter().any(|pod| pod.label.may_create && pod.label.name.as_str() == name.as_str())
    };
    if !was.is_subset(&is) || !is.difference(&was).all(may) {
        return Err(format!("labels {was:?} became {is:?}"));
    }
    Ok(())
}

fn check_names_only_own(scenario: &Scenario, sees: impl Fn(&Snapshot) -> Snapshot) -> Result<bool, String> {
    let mut real = false;
    for (pod, seen) in scenario.snapshots() {
        let own = |iid: u64| {
            let issues = seen.pairing_project.issues.present().unwrap();
            let issue = issues.iter().find(|issue| issue.iid == iid).unwrap();
            let marked = matches!(issue.parsed_body.marker(), Some(Marker::Session(key)) if pod.find_slot(key).is_some())
                && issue.parsed_body.block().is_some();
            marked && pod.is_bot(seen.pairing_project.bot.present().unwrap(), &issue.author)
        };
        for action in decide(&pod, &sees(&seen)).plan.actions {
            let named = match &action.change {
                // Nothing is put on people's issues where nobody asked for it.
                Act::LabelPeoplesIssue { .. } => return Err(action.to_string()),
                Act::CreateLabel { .. }
                | Act::UpdateLabel { .. }
                | Act::OpenPairingIssue { .. }
                | Act::OpenReport { .. } => Vec::new(),
                Act::RewriteReport { .. } | Act::CloseReport { .. } | Act::ReopenReport { .. } => {
                    return Err(format!("no report was looked at: {action}"));
                }
                Act::RewritePairingIssue { iid, .. }
                | Act::AddLabel { iid, .. }
                | Act::AppendTasks { iid, .. }
                | Act::ClaimClosing { iid }
                | Act::CommentOnSession { iid, .. }
                | Act::CloseSession { iid } => vec![*iid],
                Act::LinkPreviousSession { iid, previous_iid } => vec![*iid, *previous_iid],
                Act::LinkDuplicate { iid, original_iid: keep } | Act::CloseDuplicate { iid, original_iid: keep } => {
                    vec![*iid, *keep]
                }
            };
            if !named.into_iter().all(own) {
                return Err(action.to_string());
            }
            real = true;
        }
    }
    Ok(real)
}

#[test]
fn p8_the_order_of_findings_is_total() {
    let findings = || {
        prop::collection::vec(finding_strategy(), 0..12)
            .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
    };
    assert_holds("P8 order", PURE, 50, findings(), |(list, shuffled)| {
        check_one_order(list, shuffled, sort_and_deduplicate)
    });
    assert_sabotage_caught("P8 with an order by rule alone", findings(), |(list, shuffled)| {
        check_one_order(list, shuffled, |mut list| {
            list.sort_by_key(|finding| finding.rule);
            list
        })
    });
}

fn check_one_order(
    list: Vec<Finding>,
    shuffled: Vec<Finding>,
    order: impl Fn(Vec<Finding>) -> Vec<Finding>,
) -> Result<bool, String> {
    let real = list != shuffled;
    let (one, other) = (order(list), order(shuffled));
    let fingerprints: BTreeSet<&String> = one.iter().map(|finding| &finding.fingerprint).collect();
    if one != other {
        return Err(format!("{one:#?}\n{other:#?}"));
    }
    if fingerprints.len() != one.len() {
        return Err(format!("two share a fingerprint: {one:#?}"));
    }
    Ok(real)
}

fn finding_strategy() -> impl Strategy<Value = Finding> {
    let rule =
        prop::sample::select(vec![Rule::LabelEmpty, Rule::SessionDiffers, Rule::MarkerForeign, Rule::LinkLegacyForm]);
    let place = prop::option::of((prop::sample::select(vec!["a.md", "b.md"]), 1_usize..3, 1_usize..3));
    let few = |words: [&'static str; 2]| prop::sample::select(words.to_vec());
    let advice = prop::option::of(few(["do this", "do that"]));
    let day = prop::option::of(1_u32..3);
    (rule, few(["x", "y"]), few(["m", "n"]), place, advice, day).prop_map(
        |(rule, subject, message, place, advice, day)| {
            let mut finding = Finding::new(rule, subject, message);
            if let Some((path, line, column)) = place {
                finding = finding.with_place(Place { path: path.to_owned(), line, column });
            }
            if let Some(advice) = advice {
                finding = finding.with_advice(advice);
            }
            finding.since = day.and_then(|day| NaiveDate::from_ymd_opt(2026, 11, day));
            finding
        },
    )
}

// ------------------------------------------------------------------------------------------------------ the judges

/// Checks a property on generated cases. A case says whether it really exercised it; `least` percent have to.
fn assert_holds<S: Strategy>(
    name: &str,
    cases: u32,
    least: usize,
    strategy: S,
    check: impl Fn(S::Value) -> Result<bool, String>,
) {
    let (seen, real) = (Cell::new(0_usize), Cell::new(0_usize));
    let ended = runner(cases).run(&strategy, |case| {
        seen.set(seen.get() + 1);
        real.set(real.get() + usize::from(check(case).map_err(TestCaseError::fail)?));
        Ok(())
    });
    if let Err(failure) = ended {
        panic!("{name}: {failure}");
    }
    let share = 100 * real.get() / seen.get();
    println!("{name}: {} cases, {share} % of them exercised it", seen.get());
    assert!(share >= least, "{name}: only {share} %");
}

/// Checks that a sabotage is found.
fn assert_sabotage_caught<S: Strategy>(name: &str, strategy: S, check: impl Fn(S::Value) -> Result<bool, String>) {
    const CASES: u32 = 48;
    let mut runner = runner(CASES);
    let fails = (0..CASES).filter(|_| check(strategy.new_tree(&mut runner).unwrap().current()).is_err()).count();
    println!("sabotage, {name}: found in {fails} of {CASES} cases");
    assert!(fails > 0, "{name} was not found");
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn run_with_paused_clock<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(story)
}

async fn run_plan(stage: &Stage, how: ServerBehaviour) -> Vec<PodRun> {
    let reader = new_reader(&stage.access_over(ServerDouble::over(stage, how), "api")).unwrap();
    run(&stage.pods, gitlab_only_clients(&reader, &CheckOptions::default()), Mode::Plan, stage.now, stage.max_writes)
        .await
        .unwrap()
}

async fn planned(stage: &Stage, how: ServerBehaviour) -> String {
    let runs = run_plan(stage, how).await;
    let plans: Vec<_> = runs.iter().map(|run| &run.plan).collect();
    let stamp = compute_stamp(&plans);
    report::render(&RunReport {
        runs: Confidential::restrict(&runs[..]),
        plan_only: true,
        now: stage.now,
        stamp: &stamp,
        read_requests: 0,
        public_read_requests: 0,
        write_requests: 0,
        took_ms: 0,
    })
}

/// Actions whole, findings by what they are about.
fn decided_lines(pod: &Pod, seen: &Snapshot) -> BTreeSet<String> {
    let decision = decide(pod, seen);
    let actions = decision.plan.actions.iter().map(|action| action.canonical_json(crate::support::now()).to_string());
    let findings = decision.findings.iter().map(|finding| format!("{} {}", finding.rule.code(), finding.subject));
    actions.chain(findings).collect()
}

type HideDetail = fn(&mut ObservedIssue);

fn hide_each_part(seen: &Snapshot) -> Vec<(String, Snapshot)> {
    let mut all = Vec::new();
    let mut without = |what: &str, failure: &dyn Fn(&mut Snapshot)| {
        let mut blinded = seen.clone();
        failure(&mut blinded);
        all.push((what.to_owned(), blinded));
    };
    without("the page", &|seen| seen.page = unknown());
    without("the project", &|seen| seen.pairing_project.project = unknown());
    without("the bot", &|seen| seen.pairing_project.bot = unknown());
    without("the label", &|seen| seen.pairing_project.label = unknown());
    without("the issues", &|seen| seen.pairing_project.issues = unknown());
    let details: [(&str, HideDetail); 2] =
        [("removals", |issue| issue.label_removals = unknown()), ("links", |issue| issue.linked_iids = unknown())];
    for (what, failure) in details {
        without(what, &|seen| {
            if let Observed::Present(issues) = &mut seen.pairing_project.issues {
                issues.iter_mut().for_each(failure);
            }
        });
        let count = seen.pairing_project.issues.present().map_or(0, Vec::len);
        for index in 0..count {
            without(&format!("{what} of the issue at {index}"), &|seen| {
                if let Observed::Present(issues) = &mut seen.pairing_project.issues {
                    failure(&mut issues[index]);
                }
            });
        }
    }
    // What was blind all along, or never looked up, is no blinding.
    all.retain(|(_, blinded)| {
        blinded.page != seen.page || format!("{:?}", blinded.pairing_project) != format!("{:?}", seen.pairing_project)
    });
    all
}

fn unknown<T>() -> Observed<T> {
    Observed::Unknown(ReadFailure {
        what: "it".to_owned(),
        why: "a cloud".to_owned(),
        cause: FailureCause::Unavailable,
    })
}

/// A sabotage of P3: a failed read counts as "there is none".
fn take_unknown_for_absent(seen: &Snapshot) -> Snapshot {
    let mut seen = seen.clone();
    seen.page = replace_unknown(&seen.page, Observed::Absent);
    seen.pairing_project.label = replace_unknown(&seen.pairing_project.label, Observed::Absent);
    seen
}

/// A sabotage of P3: a listing that failed counts as an empty one.
fn take_unknown_for_empty(seen: &Snapshot) -> Snapshot {
    let mut seen = seen.clone();
    seen.pairing_project.issues = replace_unknown(&seen.pairing_project.issues, Observed::Present(Vec::new()));
    if let Observed::Present(issues) = &mut seen.pairing_project.issues {
        for issue in issues {
            issue.label_removals = replace_unknown(&issue.label_removals, Observed::Present(0));
            issue.linked_iids = replace_unknown(&issue.linked_iids, Observed::Present(BTreeSet::new()));
        }
    }
    seen
}

fn replace_unknown<T: Clone>(part: &Observed<T>, nothing: Observed<T>) -> Observed<T> {
    if part.failure().is_some() { nothing } else { part.clone() }
}

/// A sabotage of P5: whoever wrote a marker counts as podkeeper.
fn take_all_markers_for_own(seen: &Snapshot) -> Snapshot {
    let mut seen = seen.clone();
    let bot: Option<Account> = seen.pairing_project.bot.present().cloned();
    if let (Some(bot), Observed::Present(issues)) = (bot, &mut seen.pairing_project.issues) {
        for issue in issues {
            issue.author = bot.clone();
            issue.label_removals = Observed::Present(0);
            issue.linked_iids = Observed::Present(BTreeSet::new());
        }
    }
    seen
}

/// What stands outside the block, byte for byte; a body without a whole block is all outside.
fn text_outside_block(body: &str) -> String {
    match marker::parse_body(body) {
        ParsedBody::Block(mut block) => {
            block.marker = Marker::Session(SessionKey::parse("any/any/2026-W01").unwrap());
            (block.text, block.state) = (String::new(), BlockState::default());
            marker::replace_block(body, &block, "").unwrap()
        }
        ParsedBody::Damaged { .. } | ParsedBody::NoMarker => body.to_owned(),
    }
}

/// The pairing project without numbers and times, which differ between two histories of the same end; and so does
/// whether the label came before the issue.
fn canonical(stage: &Stage) -> Vec<String> {
    let world = stage.sandbox.world();
    let project: &Project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
    let name = |issue: &Issue| match marker::parse_body(issue.description.as_deref().unwrap_or_default()) {
        ParsedBody::Block(block) => format!("{} by {}", block.marker, issue.author),
        ParsedBody::Damaged { .. } | ParsedBody::NoMarker => format!("{} by {}", issue.title, issue.author),
    };
    let linked = |iid: u64| -> Vec<String> {
        let here = (project.id, iid);
        let other = world.issue_links.values().filter_map(|link| match (link.source, link.target) {
            (one, two) if one == here => Some(two),
            (one, two) if two == here => Some(one),
            _ => None,
        });
        let mut names: Vec<String> = other.filter_map(|(project, iid)| world.issue(project, iid)).map(name).collect();
        names.sort();
        names
    };
    let text = |issue: &Issue| {
        let text = issue.description.clone().unwrap_or_default();
        let remembered = text.split_once(r#""opened_without":""#).map(|(before, rest)| (before.to_owned(), rest));
        remembered.and_then(|(before, rest)| Some(before + rest.split_once("\",")?.1)).unwrap_or(text)
    };
    let mut all: Vec<String> = project
        .issues
        .values()
        .map(|issue| {
            let open = issue.is_open();
            format!(
                "{} {:?} open {open} {:?} {:?} {:?}",
                name(issue),
                issue.title,
                issue.labels,
                text(issue),
                linked(issue.iid)
            )
        })
        .collect();
    all.sort();
    all.extend(project.labels.values().map(|label| format!("label {}", label.name)));
    all
}

fn differences(wanted: &[String], found: &[String]) -> String {
    let missing = wanted.iter().filter(|line| !found.contains(line)).map(|line| format!("- {line}\n"));
    missing.chain(found.iter().filter(|line| !wanted.contains(line)).map(|line| format!("+ {line}\n"))).collect()
}

// ---------------------------------------------------------------------------------------------- doubles at the seam

/// What a server does that is not the sandbox as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServerBehaviour {
    /// Nothing.
    Faithful,
    /// It leaves the bot's issues out of every listing.
    HidesOwn,
    /// It ignores the label that is to be added.
    DropsAddLabels,
    /// From the n-th write on nothing reaches it.
    FailsFrom(usize),
    /// The n-th write does not reach it.
    FailsAt(usize),
    /// The n-th write reaches it, and its answer is lost.
    LosesAnswer(usize),
    /// It lists everything the other way round.
    TurnsListings,
    /// It stores the block and forgets what stood around it.
    OverwritesBody,
    /// It answers reads of one kind with an error.
    Refuses(&'static str, u16),
    /// It answers reads of one kind with an empty list.
    ListsNothing(&'static str),
}

/// What tells each kind of read from the others, in its path or query.
const READS: [&str; 8] =
    ["/api/v4/user", "/labels/", "author_id", "labels=", "resource_label_events", "/links", "/raw", "issues?"];

struct ServerDouble {
    inner: InMemory,
    how: ServerBehaviour,
    writes: AtomicUsize,
}

impl ServerDouble {
    fn over(stage: &Stage, how: ServerBehaviour) -> Arc<dyn Exchange> {
        Arc::new(Self { inner: InMemory(stage.sandbox.router()), how, writes: AtomicUsize::new(0) })
    }
}

/// A write that does not arrive is sent up to three times.
const SENDINGS: usize = 3;

#[async_trait::async_trait]
impl Exchange for ServerDouble {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let write = !request.method().is_safe();
        let nth = if write { self.writes.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let lost = || ExchangeError::NotSent("the line is cut".to_owned());
        let asks =
            |read: &str| !write && request.uri().path_and_query().is_some_and(|asked| asked.as_str().contains(read));
        let answer = |status, body| Ok(Response::builder().status(status).body(Bytes::from_static(body)).unwrap());
        match self.how {
            ServerBehaviour::Refuses(read, status) if asks(read) => answer(status, br#"{"message":"not now"}"#),
            ServerBehaviour::ListsNothing(read) if asks(read) => answer(200, b"[]"),
            ServerBehaviour::FailsFrom(n) if write && nth >= n => Err(lost()),
            ServerBehaviour::FailsAt(n) if write && (n..n + SENDINGS).contains(&nth) => Err(lost()),
            ServerBehaviour::LosesAnswer(n) if write && nth == n => {
                self.inner.exchange(request).await?;
                Err(ExchangeError::NoAnswer("the line is cut".to_owned()))
            }
            ServerBehaviour::DropsAddLabels if write => {
                self.inner.exchange(with_form(request, |key, value| (key != "add_labels").then_some(value))).await
            }
            ServerBehaviour::OverwritesBody if *request.method() == Method::PUT => {
                let only_block = |key: &str, value: String| match (key, marker::parse_body(&value)) {
                    ("description", ParsedBody::Block(block)) => Some(marker::render_block(&block)),
                    _ => Some(value),
                };
                self.inner.exchange(with_form(request, only_block)).await
            }
            ServerBehaviour::HidesOwn => {
                let mut answer = self.inner.exchange(request).await?;
                // Not even in its count.
                answer.headers_mut().remove("x-total");
                Ok(with_list(answer, |list| list.retain(|item| item["author"]["username"] != "podkeeper-bot")))
            }
            ServerBehaviour::TurnsListings => {
                let answer = self.inner.exchange(request).await?;
                Ok(with_list(answer, |list| {
                    list.reverse();
                    for item in list {
                        if let Some(labels) = item["labels"].as_array_mut() {
                            labels.reverse();
                        }
                    }
                }))
            }
            _ => self.inner.exchange(request).await,
        }
    }
}

fn with_form(request: Request<Bytes>, change: impl Fn(&str, String) -> Option<String>) -> Request<Bytes> {
    let (mut parts, body) = request.into_parts();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(&body) {
        if let Some(value) = change(&key, value.into_owned()) {
            form.append_pair(&key, &value);
        }
    }
    parts.headers.remove(CONTENT_LENGTH);
    Request::from_parts(parts, Bytes::from(form.finish()))
}

fn with_list(answer: Response<Bytes>, change: impl Fn(&mut Vec<Value>)) -> Response<Bytes> {
    let Ok(Value::Array(mut list)) = serde_json::from_slice(answer.body()) else { return answer };
    change(&mut list);
    answer.map(|_| Bytes::from(Value::Array(list).to_string()))
}

// --------------------------------------------------------------------------------------------- generated worlds

/// A moment, pods, and what stands in their project.
#[derive(Clone, Debug)]
struct Scenario {
    now: DateTime<Utc>,
    pods: Vec<Pod>,
    issues: Vec<IssueSpec>,
    label: bool,
    archived: bool,
    paused: bool,
    page: Page,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Whole,
    WithoutMembers,
    OtherDay,
    Html,
    Deleted,
}

/// An issue that somebody made.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a coin that the generator tosses")]
struct IssueSpec {
    kind: Kind,
    pod: usize,
    slot: usize,
    /// Counted from the next session.
    week: isize,
    labelled: bool,
    removals: u8,
    other_label: bool,
    open: bool,
    dated: bool,
    titled: bool,
    people: People,
    text: usize,
    /// Whether its block remembers when the session begins.
    starts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// By the bot.
    Own,
    /// By an account that the configuration may name.
    Former,
    /// By a person, with a marker that was copied.
    Foreign,
    /// By the bot, with a marker that somebody damaged.
    Damaged,
    /// By the bot, for a pod that this configuration does not know.
    OtherPod,
    /// By a person, for the session or not.
    ByHand,
    /// By the pairing bot.
    Record,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum People {
    Silent,
    Note,
    Tick,
    Text,
}

fn scenario_strategy() -> impl Strategy<Value = Scenario> {
    let moments = [
        "2026-03-28T23:30:00Z",
        "2026-10-24T12:00:00Z",
        "2026-10-31T20:00:00Z",
        "2026-11-24T06:00:00Z",
        "2026-12-30T06:00:00Z",
    ];
    let moment = (prop::sample::select(moments.to_vec()), 0_i64..168)
        .prop_map(|(from, hours)| from.parse::<DateTime<Utc>>().unwrap() + Duration::hours(hours));
    let page = prop_oneof![
        16 => Just(Page::Whole),
        2 => Just(Page::WithoutMembers),
        2 => Just(Page::OtherDay),
        1 => Just(Page::Html),
        1 => Just(Page::Deleted),
    ];
    let flags = (prop::bool::weighted(0.8), prop::bool::weighted(0.05), prop::bool::weighted(0.05));
    (moment, pods_strategy(), prop::collection::vec(issue_spec_strategy(), 0..=12), flags, page).prop_map(
        |(now, mut pods, issues, (label, archived, paused), page)| {
            // A date is skipped by its pod, not by the calendar of the generator.
            for slot in pods.iter_mut().flat_map(|pod| &mut pod.slots).filter(|slot| !slot.skips.is_empty()) {
                let key = PodKey::parse("any").unwrap();
                let bare = Slot { skips: Vec::new(), ..slot.clone() };
                slot.skips = bare.sessions_from(&key, now).take(1).map(|session| Skip::on(session.date)).collect();
            }
            Scenario { now, pods, issues, label, archived, paused, page }
        },
    )
}

fn pods_strategy() -> impl Strategy<Value = Vec<Pod>> {
    let bots = prop::bool::ANY.prop_map(|named| if named { vec!["former-bot".to_owned()] } else { Vec::new() });
    let one = || (prop::collection::vec(slot_strategy(), 1..=3), prop::bool::ANY);
    (one(), prop::option::weighted(0.25, one()), bots).prop_map(|(first, second, bots)| {
        let shipped = keep_sessions_and_labels(shipped_config().pods).remove(0);
        let keys = ["alpha", "beta"];
        let pods = std::iter::once(first).chain(second).zip(keys).map(|((slots, create), key)| {
            let mut pod = shipped.clone();
            pod.key = PodKey::parse(key).unwrap();
            pod.name = format!("Pod {key}");
            pod.former_keys = vec![PodKey::parse(&format!("old-{key}")).unwrap()];
            pod.page.path = format!("content/{key}.md");
            pod.label.name = LabelName::parse(&format!("pod::{key}")).unwrap();
            pod.label.may_create = create;
            pod.label.manage = create;
            if create {
                "#00b140".clone_into(&mut pod.label.color);
                pod.label.named_color = Some(pod.label.color.clone());
            }
            pod.bot_usernames.clone_from(&bots);
            let named = |(index, slot): (usize, Slot)| Slot {
                key: format!("s{index}"),
                event: format!("{key} {index}"),
                ..slot
            };
            pod.slots = slots.into_iter().enumerate().map(named).collect();
            pod
        });
        pods.collect()
    })
}

fn slot_strategy() -> impl Strategy<Value = Slot> {
    let zones = vec![
        chrono_tz::UTC,
        chrono_tz::Europe::Berlin,
        chrono_tz::America::New_York,
        chrono_tz::Asia::Kolkata,
        chrono_tz::Australia::Lord_Howe,
        chrono_tz::Pacific::Auckland,
    ];
    let time = (0_u32..60, 0_u32..24, 0_u32..7).prop_map(|(minute, hour, day)| format!("{minute} {hour} * * {day}"));
    let rhythm = prop::option::weighted(0.2, 0_i64..14);
    (time, prop::sample::select(zones), 1_i64..=10, prop::bool::weighted(0.15), rhythm).prop_map(
        |(cron, zone, ahead, skips, rhythm)| {
            let anchor = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
            Slot {
                key: String::new(),
                former_keys: vec!["thursday".to_owned()],
                cron: Cron::parse(&cron).unwrap(),
                zone,
                duration: Duration::hours(1),
                open_ahead: Duration::days(ahead),
                // Which date is known with the moment.
                skips: skips.then_some(Skip::on(anchor)).into_iter().collect(),
                changes: Vec::new(),
                weeks: rhythm.map_or(MeetingWeeks::Every, |days| MeetingWeeks::EveryNth {
                    weeks: 2,
                    anchor: anchor + Duration::days(days),
                }),
                moves: BTreeMap::new(),
                event: String::new(),
            }
        },
    )
}

fn issue_spec_strategy() -> impl Strategy<Value = IssueSpec> {
    let kind = prop_oneof![
        8 => Just(Kind::Own),
        1 => Just(Kind::Former),
        1 => Just(Kind::Foreign),
        1 => Just(Kind::Damaged),
        1 => Just(Kind::OtherPod),
        2 => Just(Kind::ByHand),
        1 => Just(Kind::Record),
    ];
    let people = prop_oneof![5 => Just(People::Silent), 1 => Just(People::Note), 1 => Just(People::Tick), 1 => Just(People::Text)];
    let week = prop_oneof![2 => Just(0_isize), 2 => Just(-1), 1 => -3_isize..=1];
    let place = (0_usize..2, 0_usize..3, week);
    let labels = (prop::bool::weighted(0.7), 0_u8..3, prop::bool::weighted(0.1));
    let looks = (prop::bool::weighted(0.7), prop::bool::ANY, prop::bool::ANY, 0_usize..TEXTS.len(), prop::bool::ANY);
    (kind, place, labels, looks, people).prop_map(
        |(kind, (pod, slot, week), (labelled, removals, other_label), (open, dated, titled, text, starts), people)| {
            IssueSpec {
                kind,
                pod,
                slot,
                week,
                labelled,
                removals,
                other_label,
                open,
                dated,
                titled,
                people,
                text,
                starts,
            }
        },
    )
}

/// What stands before, in and behind a block.
const TEXTS: [(&str, &str, &str); 5] = [
    ("", "- **When:** some other day", "\n\n## Notes\n\n- [ ] a task"),
    ("Above it\n\n", "", "\n\n- [ ] below  \n\u{a0}  odd blanks"),
    ("> <!-- podkeeper:v1 end -->\n\n", "- a\n\n- b", ""),
    ("", "- **When:** x", "\n```\n<!-- not ours -->\n```\n\n- [ ] t\n\n\n\nende"),
    ("", "", "\n\n## Pinned tickets\n\n- [ ] https://tickets.example/7\n\n## Left from last week\n\n- [ ] a task\n"),
];

impl Scenario {
    /// The world, in a sandbox, with the pods that are kept in it.
    fn stage(&self) -> Stage {
        let seed_pods = self.pods.iter().map(|pod| SeedPod {
            past_sessions: Vec::new(),
            page: Some(self.text(pod)),
            ..to_seed_pod(pod, self.now)
        });
        let mut world = seed::build_world(&Seed { now: self.now, pods: seed_pods.collect() });
        world.add_user("former-bot", "A former account");
        let project = world.project_by_path(&self.pods[0].pairing_project).unwrap().id;
        let former = world.user_by_username("former-bot").unwrap().id;
        world.add_member(project, former, 20);
        for (index, spec) in self.issues.iter().enumerate() {
            let born = self.now - Duration::days(30) + Duration::hours(i64::try_from(index).unwrap());
            world.at_time(born, |world| self.open(world, project, spec, index));
        }
        self.finish_world(&mut world, project);
        Stage { sandbox: Sandbox::new(world), pods: self.pods.clone(), now: self.now, max_writes: 100 }
    }

    fn text(&self, pod: &Pod) -> String {
        let members = match self.page {
            Page::WithoutMembers => "",
            _ => {
                "## The Pod members\n\n- Lead: Imke Oduya (`@imke`)\n- Bo Tan (`@botan`)\n- Vesa Ruiz (`@vesa`)\n- Pim Kowal (`@pim`)\n\n"
            }
        };
        let day = if self.page == Page::OtherDay { "Saturdays" } else { "Thursdays" };
        match self.page {
            Page::Html => "<!DOCTYPE html>\n<title>Sign in</title>\n".to_owned(),
            _ => format!(
                "---\ntitle: {}\n---\n\n{members}## How\n\n- Weekly session: {day} at 3 PM UTC\n- [a](https://a.example/)\n- [b](https://b.example/)\n",
                pod.name
            ),
        }
    }

    /// What holds for the project as a whole, once its issues are there.
    fn finish_world(&self, world: &mut World, project: u64) {
        if self.page == Page::Deleted {
            for pod in &self.pods {
                let home = world.project_by_path(&pod.page.project).unwrap().id;
                world.projects.get_mut(&home).unwrap().files.get_mut("main").unwrap().remove(&pod.page.path);
            }
        }
        let home = world.projects.get_mut(&project).unwrap();
        if !self.label {
            let gone = self.pods[0].label.name.as_str();
            home.labels.retain(|_, label| label.name != gone);
            for issue in home.issues.values_mut() {
                issue.labels.remove(gone);
            }
        }
        if self.paused
            && let Some(issue) = home.issues.values_mut().last()
        {
            issue.labels.insert("podkeeper::pause".to_owned());
        }
        home.archived = self.archived;
    }

    fn session(&self, spec: &IssueSpec) -> (&Pod, &Slot, Session) {
        let pod = &self.pods[spec.pod % self.pods.len()];
        let slot = &pod.slots[spec.slot % pod.slots.len()];
        let sessions: Vec<Session> = slot.sessions_from(&pod.key, self.now - Duration::days(90)).take(30).collect();
        let next = sessions.iter().position(|session| !session.has_started(self.now)).unwrap();
        let index = next.checked_add_signed(spec.week).unwrap();
        (pod, slot, sessions[index].clone())
    }

    /// Opens one issue and does with it what people did.
    fn open(&self, world: &mut World, project: u64, spec: &IssueSpec, index: usize) {
        let (pod, slot, session) = self.session(spec);
        let person = world.user_by_username("hollis-brandt").unwrap().id;
        let author = match spec.kind {
            Kind::Own | Kind::Damaged | Kind::OtherPod => world.user_by_username("podkeeper-bot").unwrap().id,
            Kind::Former => world.user_by_username("former-bot").unwrap().id,
            Kind::Foreign | Kind::ByHand | Kind::Record => person,
        };
        let title = match spec.kind {
            Kind::ByHand | Kind::Record if spec.dated => format!("Pairing {}, {index}", session.date),
            Kind::ByHand | Kind::Record => format!("Pairing of some of us, {index}"),
            _ => slot.issue_title(&session),
        };
        let label = pod.label.name.to_string();
        let labels = if spec.labelled || spec.removals > 0 { vec![label.clone()] } else { Vec::new() };
        let rest = IssueEdit {
            description: FieldChange::Set(body(spec, &session, &title)),
            labels: Some(labels),
            ..IssueEdit::default()
        };
        let iid = world.open_issue(project, author, &NewIssue { title, edit: rest }).unwrap();
        for nth in 1..=spec.removals {
            world.edit_issue(
                project,
                iid,
                person,
                &IssueEdit { remove_labels: vec![label.clone()], ..IssueEdit::default() },
            );
            if spec.labelled || nth < spec.removals {
                world.edit_issue(
                    project,
                    iid,
                    person,
                    &IssueEdit { add_labels: vec![label.clone()], ..IssueEdit::default() },
                );
            }
        }
        let mut edit = IssueEdit { close: (!spec.open).then_some(true), ..IssueEdit::default() };
        if spec.other_label {
            edit.add_labels.push("pod::verify".to_owned());
        }
        if spec.kind == Kind::Record {
            edit.add_labels.push("pairify".to_owned());
        }
        if spec.kind == Kind::ByHand && !spec.dated && spec.titled {
            edit.due_date = FieldChange::Set(session.date);
        }
        let description = world.issue(project, iid).unwrap().description.clone().unwrap_or_default();
        match spec.people {
            People::Silent => {}
            People::Note => drop(world.add_issue_note(project, iid, person, "I come later")),
            People::Tick => edit.description = FieldChange::Set(description.replacen("[ ]", "[x]", 1)),
            People::Text => edit.description = FieldChange::Set(format!("{description}\n\nA word of mine")),
        }
        world.edit_issue(project, iid, person, &edit);
    }

    /// What one read of GitLab gives, for every pod.
    fn snapshots(&self) -> Vec<(Pod, Snapshot)> {
        let stage = self.stage();
        run_with_paused_clock(async {
            let reader = new_reader(&stage.access("api")).unwrap();
            let mut snapshots = Vec::new();
            for pod in &stage.pods {
                let page = collect::read_page(&reader, &pod.page).await;
                let mut tracker = collect::pairing_project::read(&reader, pod, &BTreeSet::new(), stage.now).await;
                tracker.foreign_issues =
                    Some(collect::pairing_project::read_foreign_issues(&reader, &tracker, stage.now).await);
                let snapshot = Snapshot { writes_left: 1_000, ..Snapshot::new(stage.now, page, tracker) };
                snapshots.push((pod.clone(), snapshot));
            }
            snapshots
        })
    }

    /// Whether an issue is podkeeper's, by the law and not by the code: a whole marker of a pod, by one of its
    /// accounts.
    fn is_own(&self, world: &World, issue: &Issue) -> bool {
        let author = &world.users[&issue.author].username;
        let ParsedBody::Block(block) = marker::parse_body(issue.description.as_deref().unwrap_or_default()) else {
            return false;
        };
        let Marker::Session(key) = block.marker else { return false };
        self.pods.iter().any(|pod| {
            let by_us = author == "podkeeper-bot" || pod.bot_usernames.contains(author);
            let pods_key = pod.key == key.pod || pod.former_keys.contains(&key.pod);
            by_us
                && pods_key
                && pod.slots.iter().any(|slot| slot.key == key.slot || slot.former_keys.contains(&key.slot))
        })
    }
}

/// A body as podkeeper wrote it, or as it has become.
fn body(spec: &IssueSpec, session: &Session, title: &str) -> String {
    let (above, text, below) = TEXTS[spec.text];
    if matches!(spec.kind, Kind::ByHand | Kind::Record) {
        return format!("{above}We meet.{below}");
    }
    let mut key = session.key.clone();
    if spec.kind == Kind::OtherPod {
        key.pod = PodKey::parse("elsewhere").unwrap();
    } else if spec.dated {
        // Stamped before the pod was renamed.
        key.pod = PodKey::parse(&format!("old-{}", key.pod)).unwrap();
    }
    // Some were opened while the label was missing.
    let opened_without = (!spec.labelled && spec.text.is_multiple_of(2)).then(|| format!("pod::{}", key.pod));
    let state = BlockState {
        title: spec.titled.then(|| short_hash(title)),
        opened_without,
        start: spec.starts.then(|| session.start.with_timezone(&Utc)),
        ..BlockState::default()
    };
    let mut block = ManagedBlock::new(Marker::Session(key), text.to_owned(), state);
    let whole = format!("{above}{}{below}", marker::render_block(&block));
    block.state.rest = Some(short_hash(&marker::text_outside_block(&whole)));
    let whole = marker::replace_block(&whole, &block, "").unwrap();
    match (spec.kind, spec.text) {
        (Kind::Damaged, 0) => whole.replace("<!-- podkeeper:v1 end -->", ""),
        (Kind::Damaged, 1) => whole.replace("podkeeper:v1 session", "podkeeper:v1 sesion"),
        (Kind::Damaged, 2) => whole.replace("podkeeper:v1 state", "podkeeper:v2 state"),
        (Kind::Damaged, _) => format!("{whole}\n{whole}"),
        _ => whole,
    }
}

/// The generator is no monoculture: every kind of thing that it can make, it makes.
#[test]
fn generated_worlds_differ_in_everything_that_they_can() {
    let mut runner = runner(PURE);
    let strategy = scenario_strategy();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..PURE {
        let scenario = strategy.new_tree(&mut runner).unwrap().current();
        let mut has = |what: String| *counts.entry(what).or_default() += 1;
        has(format!("page {:?}", scenario.page));
        has(format!("{} pods", scenario.pods.len()));
        for (flag, name) in
            [(!scenario.label, "no label"), (scenario.archived, "archived"), (scenario.paused, "paused")]
        {
            if flag {
                has(name.to_owned());
            }
        }
        let runs = run_with_paused_clock(async { scenario.stage().apply().await });
        let done = runs.iter().flat_map(|run| &run.outcomes).map(|(action, _)| action.kind());
        for kind in done.collect::<BTreeSet<&str>>() {
            has(format!("action {kind}"));
        }
        for (pod, seen) in scenario.snapshots() {
            let decision = decide(&pod, &seen);
            let rules: BTreeSet<&str> = decision.findings.iter().map(|finding| finding.rule.code()).collect();
            for rule in rules {
                has(format!("finding {rule}"));
            }
        }
    }
    println!("worlds: {counts:?}");
    // The living reports have worlds of their own, and so have labels of people's issues (label_proposals.rs).
    let kinds = podkeeper::pod::action::ActionKind::ALL.iter().map(|kind| kind.name());
    for kind in kinds.filter(|kind| !kind.ends_with("-report") && *kind != "label-peoples-issue") {
        assert!(
            counts.get(&format!("action {kind}")).is_some_and(|n| *n >= 8),
            "{kind} in too few worlds: {counts:#?}"
        );
    }
    for rule in [
        "session-twin",
        "session-twin-in-use",
        "session-issue-by-hand",
        "session-missed",
        "marker-damaged",
        "marker-foreign",
        "label-removed",
        "label-conflict",
        "label-missing",
        "paused",
        "project-archived",
        "page-missing",
    ] {
        assert!(counts.contains_key(&format!("finding {rule}")), "{rule} in no world: {counts:#?}");
    }
}
