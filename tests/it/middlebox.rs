//! What stands between podkeeper and GitLab and answers, counts or shortens in its place: a proxy, a load balancer, a
//! firewall. Its refusals are not GitLab's, and a listing that it has shortened was not seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError, TokenPurpose, new_reader};
use podkeeper::pod::observed::{FailureCause, Observed};
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::world::{FieldChange, IssueEdit, NewIssue};

use crate::support::Stage;

const HTML: &str = "<html><body>Blocked by policy</body></html>";

// ---- Whose refusal is it? ----

#[tokio::test(start_paused = true)]
async fn one_refusal_that_is_no_json_is_nobodys_word_about_token_page_or_project() {
    let calls = count_requests().await;
    for status in [400, 401, 403, 404, 409, 410, 422] {
        for (kind, body) in [("text/html", HTML), ("text/plain", "Forbidden\n"), ("application/json", "[]"), ("", "")] {
            for at in 0..calls {
                let what = format!("{status} {body:?} at call {at}");
                let stage = Stage::seeded();
                let before = stage.copy();
                let server = Middlebox::at(&stage, at, Interference::Says(status, kind, body));
                let (runs, _) = stage.apply_over(server).await;
                assert!(
                    matches!(exit_status(&runs), ExitStatus::Incomplete | ExitStatus::Done),
                    "{what}: {:?}",
                    exit_status(&runs)
                );
                let gone = |run: &PodRun| run.findings.iter().any(|finding| finding.rule.code().ends_with("-gone"));
                assert!(!runs.iter().any(gone), "{what}: {:?}", runs[0].findings);
                // The next run, without the middlebox, ends as an undisturbed one.
                stage.apply().await;
                before.apply().await;
                assert_eq!(titles(&stage), titles(&before), "{what}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_as_the_boxs_and_gitlabs_as_gitlabs() {
    for (status, kind, body, cause, word) in [
        (
            403,
            "text/html",
            HTML,
            FailureCause::Unavailable,
            "403 from something between this machine and GitLab (an HTML page)",
        ),
        (403, "text/plain", "Forbidden", FailureCause::Unavailable, "(Forbidden)"),
        (401, "text/html", HTML, FailureCause::Unavailable, "401 from something between"),
        (404, "text/html", HTML, FailureCause::Unavailable, "404 from something between"),
        (407, "text/html", HTML, FailureCause::Unavailable, "407 from something between"),
        (400, "", "", FailureCause::Unavailable, "(without a word)"),
        (403, "application/json", r#"{"message":"403 Forbidden"}"#, FailureCause::Token, "check the token's scopes"),
        (401, "application/json", r#"{"message":"401 Unauthorized"}"#, FailureCause::Token, "GitLab refused the token"),
        (400, "application/json", r#"{"error":"ref is invalid"}"#, FailureCause::Human, "GitLab refuses what was sent"),
        (422, "application/json", r#"{"message":"no"}"#, FailureCause::Human, "GitLab refuses what was sent"),
        (
            409,
            "application/json",
            r#"{"message":"409 Conflict"}"#,
            FailureCause::Unavailable,
            "the next run tries again",
        ),
        (410, "application/json", r#"{"message":"410 Gone"}"#, FailureCause::Unavailable, "the next run tries again"),
    ] {
        let stage = Stage::seeded();
        let server = Middlebox::at(&stage, 0, Interference::Says(status, kind, body));
        let reader = new_reader(&stage.access_over(server, "api")).unwrap();
        let found = reader.read_project(TokenPurpose::Pairing, &stage.pods[0].pairing_project).await;
        let Observed::Unknown(failure) = found else { panic!("{status} {body}: {found:?}") };
        assert_eq!(failure.cause, cause, "{status} {body}");
        assert!(failure.why.contains(word), "{status} {body}: {}", failure.why);
        // Whoever refused without JSON, the token is good: the next request is sent and answered.
        let seen = reader.read_project(TokenPurpose::Pairing, &stage.pods[0].pairing_project).await;
        assert_eq!(seen.present().is_some(), status != 401 || body == HTML, "{status} {body}");
    }
    let stage = Stage::seeded();
    let server =
        Middlebox::at(&stage, 0, Interference::Says(404, "application/json", r#"{"message":"404 Project Not Found"}"#));
    let reader = new_reader(&stage.access_over(server, "api")).unwrap();
    assert_eq!(reader.read_project(TokenPurpose::Pairing, &stage.pods[0].pairing_project).await, Observed::Absent);
}

/// What is refused on its way back was done before.
#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_refused_on_its_way_back_is_looked_for() {
    for carried_out in [true, false] {
        let stage = Stage::seeded();
        let does = if carried_out {
            Interference::After(403, "text/html", HTML)
        } else {
            Interference::Says(403, "text/html", HTML)
        };
        let once = AtomicUsize::new(0);
        let server = Middlebox::of(&stage, move |_, method, target| {
            let create = method == Method::POST && target.ends_with("/issues");
            if create && once.fetch_add(1, Ordering::Relaxed) == 0 { does } else { Interference::Nothing }
        });
        let (runs, _) = stage.apply_over(server).await;
        assert_eq!(
            (exit_status(&runs), count_session_issues(&stage)),
            (ExitStatus::Done, 1),
            "carried out: {carried_out}"
        );
    }
}

// ---- Limits ----

#[tokio::test(start_paused = true)]
async fn a_429_without_any_header_is_waited_for_a_minute() {
    let stage = Stage::seeded();
    let once = AtomicUsize::new(0);
    let server = Middlebox::of(&stage, move |_, method, target| {
        let create = method == Method::POST && target.ends_with("/issues");
        let first = create && once.fetch_add(1, Ordering::Relaxed) == 0;
        if first { Interference::Says(429, "", r#"{"message":{"error":"Too many."}}"#) } else { Interference::Nothing }
    });
    let start = tokio::time::Instant::now();
    let (runs, _) = stage.apply_over(server).await;
    assert_eq!((exit_status(&runs), count_session_issues(&stage)), (ExitStatus::Done, 1));
    assert!(start.elapsed() >= std::time::Duration::from_secs(60), "{:?}", start.elapsed());
}

// ---- Listings ----

#[tokio::test(start_paused = true)]
async fn a_listing_whose_paging_headers_are_taken_off_was_not_seen() {
    for (older, does) in [
        (100, Interference::NoPaging),
        (180, Interference::NoPaging),
        (130, Interference::NoNext),
        (20, Interference::NoItems),
    ] {
        let stage = stage_with_older_issues(older).await;
        let before = stage.journal().len();
        let server =
            Middlebox::of(&stage, move |_, _, target| if is_listing(target) { does } else { Interference::Nothing });
        let (runs, _) = stage.apply_over(server).await;
        assert_eq!((exit_status(&runs), stage.journal().len()), (ExitStatus::Incomplete, before), "{older} {does:?}");
        let why = &runs[0].read_failures[0].why;
        let word = if matches!(does, Interference::NoPaging) {
            "takes them off"
        } else {
            "items of the listing came, 3 times"
        };
        assert!(why.contains(word), "{older} {does:?}: {why}");
        assert_eq!(count_session_issues(&stage), 1);
    }
}

/// A page that is not full and names no other is the whole listing, whoever took the headers.
#[tokio::test(start_paused = true)]
async fn a_short_listing_needs_no_headers() {
    let stage = stage_with_older_issues(20).await;
    let server = Middlebox::of(
        &stage,
        |_, _, target| if is_listing(target) { Interference::NoPaging } else { Interference::Nothing },
    );
    let (runs, _) = stage.apply_over(server).await;
    assert_eq!((exit_status(&runs), count_session_issues(&stage)), (ExitStatus::Done, 1));
}

/// What was cut once is read anew.
#[tokio::test(start_paused = true)]
async fn a_listing_that_came_short_once_is_read_anew() {
    let stage = stage_with_older_issues(20).await;
    let once = AtomicUsize::new(0);
    let server = Middlebox::of(&stage, move |_, _, target| {
        if is_listing(target) && once.fetch_add(1, Ordering::Relaxed) == 0 {
            Interference::NoItems
        } else {
            Interference::Nothing
        }
    });
    let (runs, _) = stage.apply_over(server).await;
    assert_eq!(
        (exit_status(&runs), count_session_issues(&stage)),
        (ExitStatus::Done, 1),
        "{:?}",
        runs[0].read_failures
    );
}

// ---- The middlebox ----

#[derive(Clone, Copy, Debug)]
enum Interference {
    Nothing,
    /// It answers in GitLab's place, which is not asked: status, content type (none if empty) and body.
    Says(u16, &'static str, &'static str),
    /// GitLab does what it is asked, and this comes back.
    After(u16, &'static str, &'static str),
    /// It takes off every header about pages.
    NoPaging,
    /// It takes off the header of the next page, and leaves the total.
    NoNext,
    /// It takes the items, and leaves the headers.
    NoItems,
}

type Script = Box<dyn Fn(usize, &Method, &str) -> Interference + Send + Sync>;

struct Middlebox {
    inner: Arc<dyn Exchange>,
    calls: AtomicUsize,
    does: Script,
}

impl Middlebox {
    fn of(stage: &Stage, does: impl Fn(usize, &Method, &str) -> Interference + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { inner: stage.exchange(), calls: AtomicUsize::new(0), does: Box::new(does) })
    }

    /// Does this once, at this call, from 0.
    fn at(stage: &Stage, at: usize, does: Interference) -> Arc<Self> {
        Self::of(stage, move |call, _, _| if call == at { does } else { Interference::Nothing })
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

fn build_response(status: u16, kind: &str, body: &'static str) -> Response<Bytes> {
    let mut answer = Response::builder().status(status);
    if !kind.is_empty() {
        answer = answer.header("content-type", kind);
    }
    answer.body(Bytes::from_static(body.as_bytes())).unwrap()
}

#[async_trait::async_trait]
impl Exchange for Middlebox {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let does = (self.does)(call, request.method(), &request.uri().to_string());
        if let Interference::Says(status, kind, body) = does {
            return Ok(build_response(status, kind, body));
        }
        let mut answer = self.inner.exchange(request).await?;
        let paging = ["x-page", "x-per-page", "x-total", "x-total-pages", "x-prev-page", "link", "x-next-page"];
        let taken = match does {
            Interference::After(status, kind, body) => return Ok(build_response(status, kind, body)),
            Interference::NoPaging => &paging[..],
            Interference::NoNext => &paging[5..],
            Interference::NoItems => {
                *answer.body_mut() = Bytes::from_static(b"[]");
                &[]
            }
            Interference::Nothing | Interference::Says(..) => &[],
        };
        for name in taken {
            answer.headers_mut().remove(*name);
        }
        Ok(answer)
    }
}

// ---- What these stories read ----

fn exit_status(runs: &[PodRun]) -> ExitStatus {
    runs.iter().map(PodRun::exit_status).max().unwrap()
}

fn is_listing(target: &str) -> bool {
    target.contains("/issues?")
}

/// How many requests an undisturbed run sends.
async fn count_requests() -> usize {
    let stage = Stage::seeded();
    let server = Middlebox::of(&stage, |_, _, _| Interference::Nothing);
    stage.apply_over(server.clone()).await;
    server.calls()
}

/// The titles of all issues of the pairing project, in order.
fn titles(stage: &Stage) -> Vec<String> {
    stage.with_world(|world| {
        let mut titles: Vec<String> = world
            .project_by_path(&stage.pods[0].pairing_project)
            .unwrap()
            .issues
            .values()
            .map(|issue| issue.title.clone())
            .collect();
        titles.sort();
        titles
    })
}

/// How many issues stand for the stage's session.
fn count_session_issues(stage: &Stage) -> usize {
    let line = "<!-- podkeeper:v1 session secure/weekly/2026-W48 -->";
    stage.with_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
        let marked = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(line));
        project.issues.values().filter(|issue| marked(&issue.description)).count()
    })
}

/// The session's issue is there, behind so many older ones of the same account and label.
async fn stage_with_older_issues(older: usize) -> Stage {
    let stage = Stage::seeded();
    let label = stage.pods[0].label.name.to_string();
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        let bot = world.user_by_username("podkeeper-bot").unwrap().id;
        for number in 0..older {
            let labels = Some(vec![label.clone()]);
            let rest = IssueEdit { labels, description: FieldChange::Keep, ..IssueEdit::default() };
            let issue = NewIssue { title: format!("An older issue, {number}"), edit: rest };
            world.at_time(stage.now - chrono::TimeDelta::days(10), |world| world.open_issue(project, bot, &issue));
        }
    });
    stage.apply().await;
    assert_eq!(count_session_issues(&stage), 1);
    stage
}
