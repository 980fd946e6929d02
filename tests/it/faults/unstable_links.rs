//! Links that are hidden, lead to a sign-in, or come and go.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use podkeeper::decide::links::assess;
use podkeeper::pod::pod_page::LinkKind;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::run::PodRun;
use podkeeper::pod::verdict::{LinkPlace, Observation, Verdict};
use podkeeper::pod::{Pod, Task};
use podkeeper::sandbox::world::{Visibility, WebPage};

use crate::support::{SeededRandom, Stage, now, shipped_config};

/// The verdict on one link of the page in a run of the links alone.
async fn verdict(stage: &Stage, url: &str) -> (Verdict, Vec<PodRun>) {
    let runs = stage.apply_all_tasks().await;
    let seen = runs[0].observations.iter().find(|seen| seen.url == url);
    (seen.unwrap_or_else(|| panic!("{url} was not looked at")).assessment.verdict, runs)
}

/// The stage of links alone, whose page also names this address.
fn with_link(url: &str) -> Stage {
    let pods = shipped_config().pods.into_iter().map(|pod| Pod { tasks: [Task::Links].into(), ..pod }).collect();
    let stage = Stage::of(pods, now());
    let at = &stage.pods[0].page;
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&at.project).unwrap().id;
        let page = world.projects.get_mut(&id).unwrap().files.get_mut(&at.git_ref).unwrap().get_mut(&at.path).unwrap();
        *page = format!("{page}\nSee {url} too.\n");
    });
    stage
}

fn is_told_as_broken(runs: &[PodRun], url: &str) -> bool {
    let broken_link_rules = [Rule::LinkDead, Rule::LinkFragmentDead, Rule::LinkUnreachable];
    runs[0].findings.iter().any(|finding| broken_link_rules.contains(&finding.rule) && finding.subject == url)
}

#[tokio::test(start_paused = true)]
async fn f24_what_is_private_or_not_there_is_hidden_and_not_broken() {
    for path in ["gitlab-com/secret/project", "gitlab-com/no/such/project"] {
        let url = format!("https://gitlab.com/{path}/-/issues/1");
        let stage = with_link(&url);
        stage.sandbox.change_world(|world| {
            world.add_project("gitlab-com/secret/project", Visibility::Private);
        });
        let (verdict, runs) = verdict(&stage, &url).await;
        assert_eq!((verdict, is_told_as_broken(&runs, &url)), (Verdict::Hidden, false), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn f25_a_sign_in_is_not_alive_and_not_dead() {
    // A redirect to the sign-in, and a sign-in in the page's own place.
    let address = "about.gitlab.com/internal/plan";
    let url = format!("https://{address}");
    for at_once in [true, false] {
        let stage = with_link(&url);
        stage.sandbox.change_world(|world| {
            if at_once {
                world.web.redirects.insert(address.to_owned(), (302, "https://gitlab.com/users/sign_in".to_owned()));
            } else {
                let page = WebPage { title: "Sign in · GitLab".to_owned(), headings: Vec::new() };
                world
                    .web
                    .redirects
                    .insert(address.to_owned(), (302, "https://about.gitlab.com/users/sign_in".to_owned()));
                world.web.pages.insert("about.gitlab.com/users/sign_in".to_owned(), page);
            }
        });
        let (verdict, runs) = verdict(&stage, &url).await;
        assert!(matches!(verdict, Verdict::Hidden | Verdict::Login), "at once: {at_once}: {verdict:?}");
        assert!(!is_told_as_broken(&runs, &url), "at once: {at_once}");
    }
}

// ---- F29: a link that comes and goes ----

const RUNS: usize = 60;
const SEEDS: u64 = 1_000;

/// How often a link is reported over runs that are six hours apart, while it answers every other time or so.
fn run_flapping_link(seed: u64) -> (usize, usize) {
    let (mut draw, mut memory, mut was_told) = (SeededRandom(seed), BTreeMap::new(), false);
    let (mut times, mut silent_since) = (0, None);
    for run in 0..RUNS {
        let at = now() + TimeDelta::hours(6) * i32::try_from(run).unwrap();
        let alive = draw.below(2) == 0;
        silent_since = if alive { None } else { silent_since.or(Some(at)) };
        let judged = assess(&[observation(alive)], &memory, at);
        let reported = judged.findings.iter().any(|finding| finding.rule == Rule::LinkUnreachable);
        assert!(
            !reported || silent_since.is_some_and(|since| at - since >= TimeDelta::hours(6)),
            "told while it answers"
        );
        times += usize::from(reported && !was_told);
        (was_told, memory) = (reported, judged.remember);
    }
    let weeks = (RUNS * 6).div_ceil(24 * 7);
    (times, weeks)
}

#[test]
fn f29_a_link_that_comes_and_goes_is_told_once_a_week_at_most() {
    let (mut most, mut all, mut silent) = (0, 0, 0);
    for seed in 0..SEEDS {
        let (times, weeks) = run_flapping_link(seed);
        assert!(times <= weeks, "seed {seed}: told {times} times in {weeks} weeks");
        (most, all, silent) = (most.max(times), all + times, silent + usize::from(times == 0));
    }
    println!("{SEEDS} flapping links over {RUNS} runs: told {all} times, {most} at most, {silent} never");
    // It is not by silence that the limit is kept.
    assert!(most >= 2 && silent < 5, "{most} {silent}");
}

#[test]
fn f29_one_that_stays_silent_is_told_again_after_the_week() {
    let day = |day: i64| now() + TimeDelta::days(day);
    let mut memory = BTreeMap::new();
    let mut told_on = Vec::new();
    // Silent, reported; answers on day 2; silent for good from day 3 on.
    for (today, alive) in
        [(0, false), (1, false), (2, true), (3, false), (5, false), (7, false), (8, false), (9, false), (10, false)]
    {
        let judged = assess(&[observation(alive)], &memory, day(today));
        if !judged.findings.is_empty() {
            told_on.push(today);
        }
        memory = judged.remember;
    }
    assert_eq!(told_on, [1, 8, 9, 10]);
    // Once it has answered for a week nothing is remembered of it.
    let judged = assess(&[observation(true)], &memory, day(17));
    assert_eq!(judged.remember, BTreeMap::new());
}

fn observation(alive: bool) -> Observation {
    let verdict = if alive { Verdict::Alive } else { Verdict::Unreachable };
    Observation {
        places: vec![LinkPlace { path: "page.md".into(), document: 0, line: 1, column: 1 }],
        ..Observation::new("https://flaky.example/", LinkKind::Web, verdict, "timed out")
    }
}
