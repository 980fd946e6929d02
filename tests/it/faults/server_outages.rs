//! A GitLab that is down for a while, has moved the project, has closed it, or takes podkeeper for a spammer.

use podkeeper::decide::decide;
use podkeeper::pod::Task;
use podkeeper::pod::action::Change;
use podkeeper::pod::marker::{self, ParsedBody};
use podkeeper::pod::observed::{FailureCause, Observed, ReadFailure};
use podkeeper::pod::run::ExitStatus;
use podkeeper::pod::snapshot::{Account, PairingProjectState, Project, ReportsProjectState, Snapshot};
use podkeeper::pod::verdict::{Assessment, LinkPlace, Observation, Verdict};
use podkeeper::sandbox::faults::{Fault, FaultKind};

use super::{exit_status, issues_of_this_week, pairing_project, session_issues, with_pairing_project};
use crate::support::{Stage, finding_lines, now, shipped_config};

fn always_answer(status: u16, body: &str) -> FaultKind {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    FaultKind::Answer { status, headers, body: body.to_owned() }
}

// ---- F7: 500 for a while ----

#[tokio::test(start_paused = true)]
async fn f07_a_server_that_is_down_costs_three_requests_a_call_and_changes_nothing() {
    for status in [500, 502, 503, 504] {
        let stage = Stage::seeded();
        let before = stage.sandbox.world().projects;
        stage.set_fault(Fault::always(always_answer(status, "")));
        let runs = stage.apply().await;
        assert_eq!(exit_status(&runs), ExitStatus::Incomplete, "{status}");
        assert!(stage.sandbox.world().projects == before, "{status}");
        // The page, the project, the account, each of the reports' too.
        assert!(stage.sandbox.request_count() <= 3 * 6, "{status}: {}", stage.sandbox.request_count());
        stage.clear_fault();
        assert_eq!(exit_status(&stage.apply().await), ExitStatus::Done, "{status}: the next run does it all");
        assert_eq!(issues_of_this_week(&stage).len(), 1, "{status}");
    }
}

// ---- F21: the project was renamed; GET redirects, everything else is refused with 405 ----

#[tokio::test(start_paused = true)]
async fn f21_a_renamed_project_is_followed_by_its_number_and_nothing_is_written_to_its_old_name() {
    let stage = Stage::seeded();
    let old = stage.pods[0].pairing_project.clone();
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&old).unwrap().id;
        let project = world.projects.get_mut(&id).unwrap();
        project.formerly.push(std::mem::replace(&mut project.path, "our-group/pairing-together".to_owned()));
    });
    // The sandbox does what GitLab does to the old name.
    let path = stage.pairing_project_url();
    assert_eq!(stage.request("api", "GET", &path, serde_json::Value::Null).await.0, 301);
    assert_eq!(stage.request("api", "POST", &format!("{path}/issues"), serde_json::json!({"title": "x"})).await.0, 405);
    let before = stage.journal().len();

    let runs = stage.apply().await;
    assert!(finding_lines(&runs).contains(&format!("project-renamed {old}")), "{:?}", finding_lines(&runs));
    let world = stage.sandbox.world();
    let project = world.project_by_path("our-group/pairing-together").unwrap();
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
        stage.sandbox.change_world(|world| {
            let refused = always_answer(403, r#"{"message":"403 Forbidden"}"#);
            world.faults.api.push(Fault::always(refused).for_requests(method, "/projects/"));
        });
    }
    let runs = stage.apply().await;
    assert_eq!(exit_status(&runs), ExitStatus::TokenRefused);
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
    assert_eq!((exit_status(&runs), stage.journal().len()), (ExitStatus::NeedsHuman, 0));
    assert_eq!(finding_lines(&runs).iter().filter(|finding| finding.starts_with("project-archived")).count(), 1);
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
        stage.set_fault(Fault::always(always_answer(status, body)).for_requests("POST", "/issues"));
        let runs = stage.apply().await;
        let creates = stage.journal().iter().filter(|line| line.starts_with("POST")).count();
        assert_eq!((creates, issues_of_this_week(&stage).len()), (1, 0), "{status}");
        // It would be refused the next time too: a person has to act.
        assert_eq!(exit_status(&runs), ExitStatus::NeedsHuman, "{status}");
        let reported = format!("{:?}", runs[0].outcomes);
        assert!(reported.contains(&status.to_string()), "{reported}");
        let spam = body.contains("pam") || body.contains("captcha");
        assert_eq!(reported.contains("GitLab takes it for spam: have a person confirm it"), spam, "{reported}");
        assert!(session_issues(&stage).len() < 5);
    }
}

#[test]
fn f37_a_hundred_thousand_broken_links_make_a_report_that_gitlab_takes() {
    let mut pod = shipped_config().pods.remove(0);
    pod.tasks = [Task::Links].into();
    let observation = |number: usize| Observation {
        url: format!("https://host{}.example/{number}/{}", number % 7, "a-long-way-down/".repeat(20)).into(),
        kind: podkeeper::pod::pod_page::LinkKind::Web,
        assessment: Assessment {
            status: Some(404),
            ..Assessment::new(if number < 100_000 { Verdict::Dead } else { Verdict::Alive }, "the host says 404")
        }
        .into(),
        places: vec![LinkPlace { path: pod.page.path.as_str().into(), document: 0, line: number + 1, column: 1 }],
    };
    let failure = || ReadFailure { what: "x".to_owned(), why: "502".to_owned(), cause: FailureCause::Unavailable };
    let tracker = PairingProjectState {
        project: Observed::Unknown(failure()),
        bot: Observed::Unknown(failure()),
        label: Observed::Unknown(failure()),
        similar_labels: Observed::Absent,
        related_labels: Vec::new(),
        issues: Observed::Unknown(failure()),
        foreign_issues: None,
        further: podkeeper::pod::snapshot::FurtherPairingReads::default(),
        recent: podkeeper::pod::snapshot::RecentIssues::not_read(),
    };
    let page = podkeeper::collect::handbook::parse_pod_page("# Pod\n\n## Links\n", &pod.page.path);
    let mut seen = Snapshot::new(now(), Observed::Present(page), tracker);
    // As many again are fine four times over, so that it is not the runner's network.
    seen.link_observations = Observed::Present((0..400_000).map(observation).collect());
    let project = Project {
        id: 5,
        path: "g/reports".to_owned(),
        archived: false,
        marked_for_deletion: false,
        issues_enabled: true,
        private: true,
        access_level: None,
        url: "https://gitlab.example/g/reports".to_owned(),
    };
    let bot = Account { id: 1, username: "podkeeper-bot".to_owned() };
    seen.reports_project = Observed::Present(ReportsProjectState {
        project,
        bot,
        issues: Vec::new(),
        foreign_issues: Observed::Present(Vec::new()),
    });
    let decision = decide(&pod, &seen);
    let [action] = &decision.plan.actions[..] else { panic!("{:?}", decision.plan.actions.len()) };
    let Change::OpenReport { body, .. } = &action.change else { panic!("{action}") };
    println!("100,000 dead links: {} characters", body.chars().count());
    assert!(body.chars().count() <= 1_048_576, "{}", body.chars().count());
    assert!(body.contains("and 99600 more"), "it says how many are not listed");
    assert!(matches!(marker::parse_body(body), ParsedBody::Block(_)), "it is found again");
}
