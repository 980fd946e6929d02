//! A GitLab that is down for a while, has moved the project, has closed it, or takes podkeeper for a spammer.

use podkeeper::decide::decide;
use podkeeper::pod::Task;
use podkeeper::pod::action::Change;
use podkeeper::pod::marker::{self, Marked};
use podkeeper::pod::observed::{Blind, Cause, Observed};
use podkeeper::pod::run::Ending;
use podkeeper::pod::snapshot::{Account, Project, ReportsSeen, Snapshot, Tracker};
use podkeeper::pod::verdict::{LinkPlace, Observation, Verdict};
use podkeeper::sandbox::faults::{Fault, Trouble};

use super::{ending, pairing_project, sessions, this_week, with_pairing_project};
use crate::support::{Stage, findings, now, shipped};

fn answer(status: u16, body: &str) -> Trouble {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Trouble::Answer { status, headers, body: body.to_owned() }
}

// ---- F7: 500 for a while ----

#[tokio::test(start_paused = true)]
async fn f07_a_server_that_is_down_costs_three_requests_a_call_and_changes_nothing() {
    for status in [500, 502, 503, 504] {
        let stage = Stage::seeded();
        let before = stage.sandbox.world().projects;
        stage.ails(Fault::always(answer(status, "")));
        let runs = stage.apply().await;
        assert_eq!(ending(&runs), Ending::Incomplete, "{status}");
        assert!(stage.sandbox.world().projects == before, "{status}");
        // The page, the project, the account, each of the reports' too.
        assert!(stage.sandbox.requests() <= 3 * 6, "{status}: {}", stage.sandbox.requests());
        stage.recovers();
        assert_eq!(ending(&stage.apply().await), Ending::Done, "{status}: the next run does it all");
        assert_eq!(this_week(&stage).len(), 1, "{status}");
    }
}

// ---- F21: the project was renamed; GET redirects, everything else is refused with 405 ----

#[tokio::test(start_paused = true)]
async fn f21_a_renamed_project_is_followed_by_its_number_and_nothing_is_written_to_its_old_name() {
    let stage = Stage::seeded();
    let old = stage.pods[0].pairing_project.clone();
    stage.sandbox.change(|world| {
        let id = world.project_at(&old).unwrap().id;
        let project = world.projects.get_mut(&id).unwrap();
        project.formerly.push(std::mem::replace(&mut project.path, "gitlab-com/support/pairing-together".to_owned()));
    });
    // The box does what GitLab does to the old name.
    let path = stage.pairing();
    assert_eq!(stage.ask("api", "GET", &path, serde_json::Value::Null).await.0, 301);
    assert_eq!(stage.ask("api", "POST", &format!("{path}/issues"), serde_json::json!({"title": "x"})).await.0, 405);
    let before = stage.journal().len();

    let runs = stage.apply().await;
    assert!(findings(&runs).contains(&format!("project-renamed {old}")), "{:?}", findings(&runs));
    let world = stage.sandbox.world();
    let project = world.project_at("gitlab-com/support/pairing-together").unwrap();
    let marked = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains("secure/weekly/2026-W48"));
    assert_eq!(project.issues.values().filter(|issue| marked(&issue.description)).count(), 1);
    let writes = &stage.journal()[before..];
    assert!(!writes.is_empty() && writes.iter().all(|line| !line.contains("support-pairing")), "{writes:?}");
}

// ---- F22: every write is refused ----

#[tokio::test(start_paused = true)]
async fn f22_writes_that_are_refused_are_sent_once_each() {
    let stage = Stage::seeded();
    let before = pairing_project(&stage).issues;
    for method in ["POST", "PUT"] {
        stage.sandbox.change(|world| {
            let refused = answer(403, r#"{"message":"403 Forbidden"}"#);
            world.faults.api.push(Fault::always(refused).on(method, "/projects/"));
        });
    }
    let runs = stage.apply().await;
    assert_eq!(ending(&runs), Ending::Token);
    let mut journal = stage.journal();
    journal.sort();
    let once = {
        let mut once = journal.clone();
        once.dedup();
        once
    };
    assert_eq!((journal.len(), &journal), (2, &once), "the issue and the label, once each");
    assert!(pairing_project(&stage).issues == before);

    // Where the project says so itself, nothing is sent at all.
    let stage = Stage::seeded();
    with_pairing_project(&stage, |project| project.archived = true);
    let runs = stage.apply().await;
    assert_eq!((ending(&runs), stage.journal().len()), (Ending::Human, 0));
    assert_eq!(findings(&runs).iter().filter(|finding| finding.starts_with("project-archived")).count(), 1);
}

// ---- F37: taken for spam, or too large ----

#[tokio::test(start_paused = true)]
async fn f37_what_is_taken_for_spam_or_too_large_is_not_sent_again() {
    for (status, body) in [
        (400, r#"{"message":{"error":"Spam detected"}}"#),
        (400, r#"{"message":{"base":["Your issue has been recognized as spam and has been discarded."]}}"#),
        (409, r#"{"needs_captcha_response":true,"spam_log_id":42,"message":{"error":"Please solve it."}}"#),
        (413, "413 Request Entity Too Large"),
        (422, r#"{"message":{"description":["is too long (maximum is 1048576 characters)"]}}"#),
    ] {
        let stage = Stage::seeded();
        stage.ails(Fault::always(answer(status, body)).on("POST", "/issues"));
        let runs = stage.apply().await;
        let creates = stage.journal().iter().filter(|line| line.starts_with("POST")).count();
        assert_eq!((creates, this_week(&stage).len()), (1, 0), "{status}");
        // It would be refused the next time too: a person has to act.
        assert_eq!(ending(&runs), Ending::Human, "{status}");
        let told = format!("{:?}", runs[0].outcomes);
        assert!(told.contains(&status.to_string()), "{told}");
        let spam = body.contains("pam") || body.contains("captcha");
        assert_eq!(told.contains("GitLab takes it for spam: have a person confirm it"), spam, "{told}");
        assert!(sessions(&stage).len() < 5);
    }
}

#[test]
fn f37_a_hundred_thousand_broken_links_make_a_report_that_gitlab_takes() {
    let mut pod = shipped().pods.remove(0);
    pod.tasks = [Task::Links].into();
    let observation = |number: usize| Observation {
        url: format!("https://host{}.example/{number}/{}", number % 7, "a-long-way-down/".repeat(20)),
        kind: podkeeper::pod::document::LinkKind::Web,
        verdict: if number < 100_000 { Verdict::Dead } else { Verdict::Alive },
        reason: "the host says 404".into(),
        status: Some(404),
        redirects: Vec::new(),
        suggestion: None,
        deprecated: None,
        places: vec![LinkPlace {
            path: pod.page.path.as_str().into(),
            line: number + 1,
            column: 1,
            section: "Links".into(),
        }],
    };
    let blind = || Blind { what: "x".to_owned(), why: "502".to_owned(), cause: Cause::Unavailable };
    let tracker = Tracker {
        project: Observed::Unknown(blind()),
        bot: Observed::Unknown(blind()),
        label: Observed::Unknown(blind()),
        issues: Observed::Unknown(blind()),
        others: None,
    };
    let page = podkeeper::collect::handbook::parse("# Pod\n\n## Links\n", &pod.page.path);
    let mut seen = Snapshot::of(now(), Observed::Present(page), tracker);
    // As many again are fine four times over, so that it is not the runner's network.
    seen.links = Observed::Present((0..400_000).map(observation).collect());
    let project = Project {
        id: 5,
        path: "g/reports".to_owned(),
        archived: false,
        marked_for_deletion: false,
        issues_enabled: true,
        private: true,
        role: None,
        url: "https://gitlab.example/g/reports".to_owned(),
    };
    let bot = Account { id: 1, username: "podkeeper-bot".to_owned() };
    seen.reports =
        Observed::Present(ReportsSeen { project, bot, issues: Vec::new(), others: Observed::Present(Vec::new()) });
    let decision = decide(&pod, &seen);
    let [action] = &decision.plan.actions[..] else { panic!("{:?}", decision.plan.actions.len()) };
    let Change::OpenReport { body, .. } = &action.change else { panic!("{action}") };
    println!("100,000 dead links: {} characters", body.chars().count());
    assert!(body.chars().count() <= 1_048_576, "{}", body.chars().count());
    assert!(body.contains("and 99600 more"), "it says how many are not listed");
    assert!(matches!(marker::parse(body), Marked::Block(_)), "it is found again");
}
