//! A GitLab that refuses, fails in part, or is another version.

use std::sync::atomic::{AtomicUsize, Ordering};

use podkeeper::pod::observed::FailureCause;
use podkeeper::pod::verdict::Verdict;
use serde_json::{Value, json};

use super::gitlab::{GITLAB_URL, world_with_harbour_group};
use super::stage::{InMemoryWeb, Stage, observations_by_url, verdict, web};

/// What GitLab answers with when a part of a query went wrong.
fn answer_with_error(mut answer: Value, alias_of: &str, query: &str, message: &str) -> Value {
    let at = query.find(alias_of).unwrap();
    let alias = query[..at].rsplit(['{', ' ']).next().unwrap().trim_end_matches(':').to_owned();
    let data = answer["data"].as_object_mut().unwrap();
    data.insert(alias.clone(), Value::Null);
    answer["errors"] = json!([{ "message": message, "path": [alias] }]);
    answer
}

#[tokio::test(start_paused = true)]
async fn an_error_of_one_field_is_no_verdict_on_anything_else() {
    let (world, token) = world_with_harbour_group();
    let spoil = |query: &str, answer: Value| {
        if query.contains(":project(") {
            answer_with_error(answer, "project(", query, "Timeout on Project.repository")
        } else {
            answer
        }
    };
    let stage = Stage::with_altered_answers(world, Some(&token), spoil);
    let urls =
        [&format!("{GITLAB_URL}/harbour/attic/-/blob/main/a.yml"), &format!("{GITLAB_URL}/groups/harbour/-/epics/7")];
    let seen = observations_by_url(stage.check_links(&urls.map(String::as_str), &web(&InMemoryWeb::of(&[]))).await);
    assert_eq!(verdict(&seen, urls[0]), Verdict::Unreachable);
    assert!(seen[urls[0].as_str()].assessment.reason.as_str().contains("Timeout"));
    assert_eq!(verdict(&seen, urls[1]), Verdict::Alive);
}

/// Whether a query fails may show what is there, because more is asked about that: the team learns of it.
#[tokio::test(start_paused = true)]
async fn what_fails_with_the_token_alone_is_hidden_from_anybody_and_unknown_to_the_team() {
    let (world, token) = world_with_harbour_group();
    let asked = AtomicUsize::new(0);
    let stage = Stage::with_altered_answers(world, Some(&token), move |query, answer| {
        let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        if is_first { answer } else { answer_with_error(answer, "project(", query, "Timeout on Project") }
    });
    let url = format!("{GITLAB_URL}/harbour/secret");
    let probed = stage.check_links(&[&url], &web(&InMemoryWeb::of(&[]))).await;
    assert_eq!(probed.failure, None);
    let seen = &observations_by_url(probed)[url.as_str()].assessment;
    assert_eq!((seen.verdict, seen.as_seen_by_anybody().verdict), (Verdict::Unreachable, Verdict::Hidden));
    assert!(seen.reason.as_str().contains("Timeout"), "{}", seen.reason);
}

#[tokio::test(start_paused = true)]
async fn a_gitlab_without_the_epic_type_tells_epics_as_work_items() {
    let (world, token) = world_with_harbour_group();
    let spoil = |query: &str, answer: Value| {
        let unknown = json!({ "errors": [{ "message": "Field 'epic' doesn't exist on type 'Group'" }] });
        if query.contains(":epic(") { unknown } else { answer }
    };
    let stage = Stage::with_altered_answers(world, Some(&token), spoil);
    let urls = [&format!("{GITLAB_URL}/groups/harbour/-/epics/7"), &format!("{GITLAB_URL}/harbour/attic")];
    let seen = observations_by_url(stage.check_links(&urls.map(String::as_str), &web(&InMemoryWeb::of(&[]))).await);
    assert_eq!(verdict(&seen, urls[0]), Verdict::Alive, "{}", seen[urls[0].as_str()].assessment.reason);
    assert_eq!(verdict(&seen, urls[1]), Verdict::Alive);
    assert!(stage.reader.request_log().read_count() <= 5);
}

#[tokio::test(start_paused = true)]
async fn who_sees_everything_knows_that_an_issue_is_gone() {
    for (role, expected) in [(10, Verdict::Hidden), (20, Verdict::Dead)] {
        let (mut world, token) = world_with_harbour_group();
        let bot = world.tokens.values().find(|known| known.value == token).unwrap().user;
        world.projects.values_mut().find(|project| project.path == "harbour/attic").unwrap().members.insert(bot, role);
        let stage = Stage::new(world, Some(&token));
        let url = format!("{GITLAB_URL}/harbour/attic/-/issues/5");
        let seen = observations_by_url(stage.check_links(&[&url], &web(&InMemoryWeb::of(&[]))).await);
        assert_eq!(verdict(&seen, &url), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_makes_nothing_dead_and_says_so_once() {
    let (world, _) = world_with_harbour_group();
    let stage = Stage::new(world, Some("glpat-wrong"));
    let urls: Vec<String> = (0..80).map(|n| format!("{GITLAB_URL}/harbour/p{n}/-/blob/main/a.yml")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let probed = stage.check_links(&urls, &web(&InMemoryWeb::of(&[]))).await;
    // They are asked as anybody before.
    assert!(probed.observations.iter().all(|seen| seen.assessment.verdict == Verdict::Hidden));
    assert_eq!(probed.failure.map(|failure| failure.cause), Some(FailureCause::Token));
    let requests = stage.reader.request_log();
    assert_eq!(requests.read_count() - requests.public_read_count(), 1);
}
