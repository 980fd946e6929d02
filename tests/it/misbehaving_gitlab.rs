//! What podkeeper's GitLab client makes of a server that misbehaves: faults F1 to F6, F23 and F26 of the threat sheet.
//!
//! The sandbox answers in memory and a script stands before it. Waits are virtual, so a server that hangs for ever
//! costs no time. What counts afterwards is the world: how many issues stand for the session, and what was sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError, TokenPurpose, new_reader};
use podkeeper::pod::observed::Observed;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::world::UnreadParameters;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{EVERY_NTH_CASE, Stage};

/// The session of the stage's week.
const KEY: &str = "secure/weekly/2026-W48";
/// The two bodies of GitLab's rate limits: its rack middleware and its application limiter.
const TEXT_429: &str = "Retry later\n";
const JSON_429: &str = r#"{"message":{"error":"This endpoint has been requested too many times. Try again later."}}"#;

// ---- A create whose answer does not come (F1, F2, F4, F5): it is looked for, never repeated blindly ----

#[tokio::test(start_paused = true)]
async fn f01_f02_f05_a_create_that_was_carried_out_is_adopted_whatever_came_back() {
    let html = || ScriptedAnswer::with_body(201, "text/html", "<html><body>Created, says the proxy</body></html>");
    let mut tried = 0;
    for (name, answer) in [
        ("500", ScriptedAnswer::status(500)),
        ("502", ScriptedAnswer::status(502)),
        ("503", ScriptedAnswer::status(503)),
        ("504", ScriptedAnswer::status(504)),
        ("520, a CDN's", ScriptedAnswer::status(520)),
        ("reset", ScriptedAnswer::Lost),
        ("hang", ScriptedAnswer::Hang),
        ("too large an answer", ScriptedAnswer::TooLarge),
        ("HTML with 201", html()),
        ("nothing with 201", ScriptedAnswer::with_body(201, "application/json", "")),
        ("null with 201", ScriptedAnswer::with_body(201, "application/json", "null")),
        ("an issue without its address", ScriptedAnswer::with_body(201, "application/json", r#"{"iid":1}"#)),
    ] {
        let stage = Stage::seeded();
        let server =
            Server::with_script(
                &stage,
                move |call| if call.is_create() { Step::After(answer.clone()) } else { Step::Through },
            );
        let (runs, _) = stage.apply_over(server.clone()).await;
        assert_eq!(issues_with_marker(&stage, KEY).len(), 1, "{name}");
        assert_eq!(server.create_count(), 1, "{name}: a create that may have happened is not sent again");
        assert_eq!(exit_status(&runs), ExitStatus::Done, "{name}: {:?}", runs[0].outcomes);
        tried += 1;
    }
    println!("{tried} answers lost after the create: 1 create and 1 issue each");
}

#[tokio::test(start_paused = true)]
async fn f04_a_created_answer_cut_at_any_byte_leaves_one_issue() {
    cut_created_answer(EVERY_NTH_CASE).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "every byte takes a while: cargo test --test it -- --ignored cut_at_every_byte"]
async fn f04_a_created_answer_cut_at_every_byte_leaves_one_issue() {
    cut_created_answer(1).await;
}

async fn cut_created_answer(every: usize) {
    let whole = created_body().await;
    let mut cuts = 0;
    for bytes in (0..whole.len()).step_by(every) {
        let stage = Stage::seeded();
        let server = Server::with_script(&stage, move |call| {
            if call.is_create() { Step::After(ScriptedAnswer::Cut(bytes)) } else { Step::Through }
        });
        let (runs, _) = stage.apply_over(server.clone()).await;
        assert_eq!((issues_with_marker(&stage, KEY).len(), server.create_count()), (1, 1), "cut after {bytes} bytes");
        assert_eq!(exit_status(&runs), ExitStatus::Done, "cut after {bytes} bytes");
        cuts += 1;
    }
    println!("{cuts} cuts: 1 create and 1 issue each");
}

#[tokio::test(start_paused = true)]
async fn f03_f05_a_create_that_did_not_happen_is_tried_once_more_after_looking() {
    for (name, answer) in [
        ("502", ScriptedAnswer::status(502)),
        ("reset", ScriptedAnswer::Lost),
        ("hang", ScriptedAnswer::Hang),
        ("504", ScriptedAnswer::status(504)),
    ] {
        let stage = Stage::seeded();
        let server = Server::with_script(&stage, move |call| {
            if call.is_create() && call.nth == 1 { Step::Instead(answer.clone()) } else { Step::Through }
        });
        let (runs, _) = stage.apply_over(server.clone()).await;
        assert_eq!((issues_with_marker(&stage, KEY).len(), server.create_count()), (1, 2), "{name}");
        assert_eq!(exit_status(&runs), ExitStatus::Done, "{name}");
        // Between the two creates stand three reads, a second, three and nine seconds apart.
        let log = server.log();
        let creates: Vec<usize> = (0..log.len()).filter(|&at| log[at].is_create()).collect();
        let looks = log[creates[0]..creates[1]].iter().filter(|call| call.is_listing()).count();
        assert_eq!(looks, 3, "{name}");
        assert!(log[creates[1]].at - log[creates[0]].at >= Duration::from_secs(13), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_creates_is_left_after_the_second_create() {
    for answer in [ScriptedAnswer::status(502), ScriptedAnswer::Lost, ScriptedAnswer::Hang] {
        let stage = Stage::seeded();
        let server =
            Server::with_script(
                &stage,
                move |call| if call.is_create() { Step::Instead(answer.clone()) } else { Step::Through },
            );
        let (runs, _) = stage.apply_over(server.clone()).await;
        assert_eq!((issues_with_marker(&stage, KEY).len(), server.create_count()), (0, 2));
        assert_eq!(exit_status(&runs), ExitStatus::Incomplete);
        // The next run, with the server mended, finishes the work and makes no second issue of it.
        let next = stage.apply().await;
        assert_eq!((issues_with_marker(&stage, KEY).len(), exit_status(&next)), (1, ExitStatus::Done));
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_look_fails_too_nothing_is_created_again() {
    // Applied or not: nobody can tell, so the run says "unknown" and leaves it to the next one.
    for applied in [true, false] {
        let stage = Stage::seeded();
        let server = Server::with_script(&stage, move |call| {
            if call.is_create() {
                if applied { Step::After(ScriptedAnswer::Lost) } else { Step::Instead(ScriptedAnswer::Lost) }
            } else if call.creates_before > 0 {
                Step::Instead(ScriptedAnswer::status(502))
            } else {
                Step::Through
            }
        });
        let (runs, _) = stage.apply_over(server.clone()).await;
        assert_eq!((issues_with_marker(&stage, KEY).len(), server.create_count()), (usize::from(applied), 1));
        assert_eq!(exit_status(&runs), ExitStatus::Incomplete);
        let reported = format!("{:?}", runs[0].outcomes[0].1);
        assert!(reported.contains("cannot tell whether the issue was opened"), "{reported}");
        stage.apply().await;
        assert_eq!(issues_with_marker(&stage, KEY).len(), 1, "the next run sees what there is");
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_never_sent_may_be_sent_again() {
    for (refused, creates, issues, end) in [(1, 2, 1, ExitStatus::Done), (9, 3, 0, ExitStatus::Incomplete)] {
        let stage = Stage::seeded();
        let server = Server::with_script(&stage, move |call| {
            if call.is_create() && call.nth <= refused { Step::Instead(ScriptedAnswer::NotSent) } else { Step::Through }
        });
        let (runs, _) = stage.apply_over(server.clone()).await;
        assert_eq!(
            (server.create_count(), issues_with_marker(&stage, KEY).len(), exit_status(&runs)),
            (creates, issues, end)
        );
    }
}

/// A runner whose clock is a week ahead looks for what it made as far back as any other.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_does_not_hide_what_was_just_opened() {
    let mut stage = Stage::seeded();
    stage.now += chrono::Duration::days(7);
    let server = Server::with_script(&stage, |call| {
        if call.is_create() && call.nth == 1 { Step::After(ScriptedAnswer::Lost) } else { Step::Through }
    });
    stage.apply_over(server.clone()).await;
    assert_eq!((issues_with_marker(&stage, "secure/weekly/2026-W49").len(), server.create_count()), (1, 1));
}

/// The detector must be able to find a duplicate, or the zeros above say nothing.
#[tokio::test(start_paused = true)]
async fn a_transport_that_repeats_creates_blindly_is_caught() {
    let stage = Stage::seeded();
    let server = Server::with_script(&stage, |call| {
        if call.is_create() && call.nth == 1 { Step::After(ScriptedAnswer::status(502)) } else { Step::Through }
    });
    let (_, _) = stage.apply_over(Arc::new(BlindRetry(server.clone()))).await;
    assert_eq!(
        (issues_with_marker(&stage, KEY).len(), server.create_count()),
        (2, 2),
        "the duplicate was made and seen"
    );
}

// ---- Waiting (F6, F7) ----

#[tokio::test(start_paused = true)]
async fn f06_a_rate_limit_is_waited_for_as_the_server_asks_and_never_hotly() {
    const LATER: &str = "Tue, 24 Nov 2026 06:00:07 GMT";
    let mut cases = 0;
    for (header, text_wait, json_wait) in [
        (Some("2"), Wait::Exactly(2), Wait::Exactly(2)),
        (Some(LATER), Wait::Exactly(7), Wait::Exactly(7)),
        // The application limiter sends no header; its window is a minute. A text without one says as little.
        (None, Wait::Exactly(60), Wait::Exactly(60)),
        (Some("0"), Wait::Own, Wait::Own),
        (Some("-5"), Wait::Own, Wait::Own),
        (Some("abc"), Wait::Own, Wait::Own),
        (Some("1000000000"), Wait::GivesUp, Wait::GivesUp),
    ] {
        for (kind, body, wait) in [("text/plain", TEXT_429, text_wait), ("application/json", JSON_429, json_wait)] {
            for place in [LimitedRequest::FirstCall, LimitedRequest::ThirdPage, LimitedRequest::Create] {
                let reported = format!("Retry-After {header:?}, {kind}, {place:?}");
                let stage = Stage::seeded();
                for number in 0..45 {
                    open_older_issue(&stage, number).await;
                }
                let mut headers = vec![("date", "Tue, 24 Nov 2026 06:00:00 GMT"), ("content-type", kind)];
                headers.extend(header.map(|value| ("retry-after", value)));
                let limited = ScriptedAnswer::Headers(429, headers, body);
                let mut left = 1;
                let server = Server::with_script(&stage, move |call| {
                    if left > 0 && place.matches(call) {
                        left -= 1;
                        return Step::Instead(limited.clone());
                    }
                    Step::AtMost20APage
                });
                let (runs, _) = stage.apply_over(server.clone()).await;
                let same = server.times_of_limited_call();
                assert!(same.len() <= 3, "{reported}: {} sendings", same.len());
                match wait {
                    Wait::Exactly(seconds) => {
                        assert_eq!(same[1] - same[0], Duration::from_secs(seconds), "{reported}");
                    }
                    Wait::Own => assert!(same[1] - same[0] <= Duration::from_secs(20), "{reported}"),
                    Wait::GivesUp => assert_eq!(same.len(), 1, "{reported}"),
                }
                let (issues, end) = match wait {
                    Wait::GivesUp => (0, ExitStatus::Incomplete),
                    Wait::Exactly(_) | Wait::Own => (1, ExitStatus::Done),
                };
                assert_eq!((issues_with_marker(&stage, KEY).len(), exit_status(&runs)), (issues, end), "{reported}");
                cases += 1;
            }
        }
    }
    println!("{cases} rate limits");
    assert_eq!(cases, 42);
}

#[tokio::test(start_paused = true)]
async fn f07_a_server_that_fails_for_a_while_gets_three_requests_a_call_and_no_half_work() {
    for (name, down) in [("30 s", 30), ("5 min", 300), ("for ever", u64::MAX / 4)] {
        for status in [500, 502, 503] {
            let stage = Stage::seeded();
            let start = Instant::now();
            let server = Server::with_script(&stage, move |_| {
                if start.elapsed().as_secs() < down {
                    Step::Instead(ScriptedAnswer::status(status))
                } else {
                    Step::Through
                }
            });
            let (runs, _) = stage.apply_over(server.clone()).await;
            for (call, times) in server.sendings_per_call() {
                assert!(times <= 3, "{status} {name}: {call} was sent {times} times");
            }
            if exit_status(&runs) == ExitStatus::Incomplete {
                assert_eq!(stage.journal(), Vec::<String>::new(), "{status} {name}");
            } else {
                assert_eq!(issues_with_marker(&stage, KEY).len(), 1, "{status} {name}");
            }
            if name == "for ever" {
                assert_eq!(exit_status(&runs), ExitStatus::Incomplete, "{status}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_left_at_the_deadline() {
    let stage = Stage::seeded();
    let start = Instant::now();
    let server = Server::with_script(&stage, |_| Step::Instead(ScriptedAnswer::Hang));
    let (runs, _) = stage.apply_over(server.clone()).await;
    assert_eq!(exit_status(&runs), ExitStatus::Incomplete);
    assert!(
        runs[0].read_failures.iter().any(|failure| failure.why.contains("timed out after 30 s")),
        "{:?}",
        runs[0].read_failures
    );
    // The list of projects is waited for a while; then calls side by side are silent three times.
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(90) && took <= Duration::from_secs(120), "{took:?}");
    assert!(server.sendings_per_call().values().all(|times| *times <= 3));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_is_told_as_that() {
    let stage = Stage::seeded();
    let server = Server::with_script(&stage, |_| Step::Instead(ScriptedAnswer::NotSent));
    let (runs, _) = stage.apply_over(server.clone()).await;
    assert_eq!(exit_status(&runs), ExitStatus::Incomplete);
    assert!(
        runs[0].read_failures.iter().all(|failure| failure.why.contains("could not be reached")),
        "{:?}",
        runs[0].read_failures
    );
    assert!(server.sendings_per_call().values().all(|times| *times <= 3));
}

// ---- A token that is refused (F23) ----

#[tokio::test(start_paused = true)]
async fn a_token_refused_halfway_stops_everything() {
    let whole = {
        let stage = Stage::seeded();
        let server = Server::with_script(&stage, |_| Step::Through);
        stage.apply_over(server.clone()).await;
        server.log().len()
    };
    for refused_at in 0..whole {
        let stage = Stage::seeded();
        let server = Server::with_script(&stage, move |call| {
            if call.index >= refused_at {
                Step::Instead(ScriptedAnswer::with_body(
                    401,
                    "application/json",
                    r#"{"error":"invalid_token","error_description":"Token was revoked."}"#,
                ))
            } else {
                Step::Through
            }
        });
        let (runs, _) = stage.apply_over(server.clone()).await;
        let log = server.log();
        // A token that GraphQL refuses may still read files: that is tried once, where one is left to be read.
        let tried = log[refused_at].target.contains("/graphql");
        let sent = log.len() - refused_at;
        assert!(sent == 1 || (tried && sent == 2), "{sent} are sent from the first refusal on, at call {refused_at}");
        assert_eq!(exit_status(&runs), ExitStatus::TokenRefused, "at call {refused_at}");
        let is_write = |call: &&Call| call.method != Method::GET && !call.target.contains("/graphql");
        let writes = log[..refused_at].iter().filter(is_write).count();
        assert_eq!(stage.journal().len(), writes, "at call {refused_at}");
        assert!(issues_with_marker(&stage, KEY).len() <= 1);
        // Blind is not clean: a refused token says nothing about the page or the project.
        assert!(runs[0].findings.iter().all(|finding| !finding.needs_human), "{:?}", runs[0].findings);
    }
    println!("a token refused at each of {whole} calls: 0 sent after it");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_may_not_write_ends_as_a_token_does() {
    let stage = Stage::seeded();
    let server = Server::with_script(&stage, |call| {
        if call.method == Method::GET || call.target.contains("/graphql") {
            Step::Through
        } else {
            Step::Instead(ScriptedAnswer::with_body(
                403,
                "application/json",
                r#"{"error":"insufficient_scope","error_description":"More is needed.","scope":"api"}"#,
            ))
        }
    });
    let (runs, _) = stage.apply_over(server.clone()).await;
    assert_eq!((exit_status(&runs), server.create_count()), (ExitStatus::TokenRefused, 1));
    let reported = format!("{:?}", runs[0].outcomes);
    assert!(reported.contains("needs scope api;") && reported.contains("check the token's scopes"), "{reported}");
}

/// A token that cannot see a project says nothing about it for a token that can.
#[tokio::test(start_paused = true)]
async fn what_one_token_cannot_see_another_may() {
    let stage = Stage::seeded();
    let path = stage.pods[0].agents.as_ref().unwrap().project.clone();
    let (mut access, other) = (stage.access("api"), stage.access("person"));
    access.tokens.extend(other.tokens.into_values().map(|token| (TokenPurpose::Reports, token)));
    let reader = new_reader(&access).unwrap();
    assert_eq!(reader.read_project(TokenPurpose::Reports, &path).await, Observed::Absent);
    let seen = reader.read_project(TokenPurpose::Pairing, &path).await;
    assert_eq!(seen.present().map(|project| project.path.as_str()), Some(path.as_str()));
    // Purposes with one token ask once.
    let asked = reader.request_log().read_count();
    reader.read_project(TokenPurpose::Handbook, &path).await;
    assert_eq!(reader.request_log().read_count(), asked);
}

// ---- Listings (F26) ----

#[tokio::test(start_paused = true)]
async fn f26_a_listing_behind_a_smaller_page_size_is_read_to_its_end() {
    let stage = stage_with_many_issues().await;
    let server = Server::with_script(&stage, |_| Step::AtMost20APage);
    let (runs, _) = stage.apply_over(server.clone()).await;
    assert_eq!(exit_status(&runs), ExitStatus::Done);
    // The session's issue is the last of the listing: missing it would open another.
    assert_eq!((issues_with_marker(&stage, KEY).len(), server.create_count()), (1, 0));
    let pages = server.log().iter().filter(|call| call.is_listing() && call.target.contains("author_id")).count();
    assert!(pages >= 3, "{pages}");
}

/// Sabotage: a pager that stops at the first page (the gitlab crate's stops at the first short one) is caught.
/// Even so blind, a run opens no more than one issue: what it opened itself it does not open again in the next round.
#[tokio::test(start_paused = true)]
async fn a_listing_of_which_only_the_first_page_is_seen_is_caught() {
    let stage = stage_with_many_issues().await;
    let server =
        Server::with_script(&stage, |call| if call.is_listing() { Step::FirstPageOnly } else { Step::Through });
    stage.apply_over(server.clone()).await;
    assert_eq!((issues_with_marker(&stage, KEY).len(), server.create_count()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn f26_an_empty_page_in_the_middle_does_not_end_a_listing() {
    let stage = stage_with_many_issues().await;
    // The link has a name of the double's own in it.
    stage.sandbox.change_world(|world| world.unread_parameters = UnreadParameters::Ignored);
    // The first page of each listing comes empty but with the link to the next one: GitLab filters after paging.
    let server = Server::with_script(&stage, |call| {
        let first = !call.target.contains("&page=") && !call.target.contains("behind=the-empty-one");
        if call.is_listing() && first { Step::EmptyPageFirst } else { Step::AtMost20APage }
    });
    let (runs, _) = stage.apply_over(server.clone()).await;
    assert_eq!(exit_status(&runs), ExitStatus::Done, "{:?}", runs[0].read_failures);
    assert_eq!((issues_with_marker(&stage, KEY).len(), server.create_count()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn f26_a_listing_that_leads_back_is_not_read_for_ever() {
    for header in ["link", "x-next-page"] {
        let stage = Stage::seeded();
        let server = Server::with_script(&stage, move |call| {
            if call.is_listing() {
                Step::Instead(match header {
                    "link" => {
                        ScriptedAnswer::owned(200, vec![("link", format!("<{}>; rel=\"next\"", call.target))], "[]")
                    }
                    _ => ScriptedAnswer::owned(200, vec![("x-next-page", "1".to_owned())], "[]"),
                })
            } else {
                Step::Through
            }
        });
        let (runs, _) = stage.apply_over(server.clone()).await;
        assert_eq!((exit_status(&runs), stage.journal().len()), (ExitStatus::Incomplete, 0), "{header}");
        assert!(runs[0].read_failures[0].why.contains("leads back"), "{:?}", runs[0].read_failures);
        assert!(server.log().len() < 20, "{header}: {} requests", server.log().len());
    }
}

#[tokio::test(start_paused = true)]
async fn f26_a_listing_that_never_ends_is_given_up_after_a_thousand_pages() {
    let stage = Stage::seeded();
    let mut page = 1;
    let server = Server::with_script(&stage, move |call| {
        if call.is_listing() {
            page += 1;
            Step::Instead(ScriptedAnswer::owned(200, vec![("x-next-page", page.to_string())], "[]"))
        } else {
            Step::Through
        }
    });
    let (runs, _) = stage.apply_over(server.clone()).await;
    assert_eq!((exit_status(&runs), stage.journal().len()), (ExitStatus::Incomplete, 0));
    assert!(runs[0].read_failures[0].why.contains("more than 1000 pages"), "{:?}", runs[0].read_failures);
    let listings = server.log().iter().filter(|call| call.is_listing()).count();
    assert_eq!(listings, 3_000, "own issues, labelled ones and those of the last days, a thousand pages each");
}

#[tokio::test(start_paused = true)]
async fn a_page_of_a_listing_that_is_no_list_freezes() {
    for body in ["", "null", "{}", "<html>", r#"[{"iid":"x"}]"#, "[{\"iid\":1"] {
        let stage = Stage::seeded();
        let server = Server::with_script(&stage, move |call| {
            if call.is_listing() {
                Step::Instead(ScriptedAnswer::with_body(200, "application/json", body))
            } else {
                Step::Through
            }
        });
        let (runs, _) = stage.apply_over(server.clone()).await;
        assert_eq!((exit_status(&runs), stage.journal().len()), (ExitStatus::Incomplete, 0), "{body}");
    }
}

// ---- The misbehaving server ----

/// What one request meets.
enum Step {
    /// The sandbox, undisturbed.
    Through,
    /// Something in the place of the sandbox, which does not see the request.
    Instead(ScriptedAnswer),
    /// The sandbox carries it out, then something else comes back.
    After(ScriptedAnswer),
    /// The sandbox, which gives 20 items a page whatever was asked for.
    AtMost20APage,
    /// The sandbox with 20 items a page and no word of the next one nor of how many there are.
    FirstPageOnly,
    /// A page without items, and the word of the one behind it.
    EmptyPageFirst,
}

#[derive(Clone)]
enum ScriptedAnswer {
    Headers(u16, Vec<(&'static str, &'static str)>, &'static str),
    Owned(u16, Vec<(&'static str, String)>, &'static str),
    /// The sandbox's own answer, without what follows so many bytes.
    Cut(usize),
    Lost,
    TooLarge,
    NotSent,
    Hang,
}

impl ScriptedAnswer {
    fn status(status: u16) -> Self {
        Self::with_body(status, "text/html", "<html><body>GitLab is not responding</body></html>")
    }

    fn with_body(status: u16, kind: &'static str, body: &'static str) -> Self {
        Self::Headers(status, vec![("content-type", kind)], body)
    }

    fn owned(status: u16, headers: Vec<(&'static str, String)>, body: &'static str) -> Self {
        Self::Owned(status, headers, body)
    }

    /// `own` is what the sandbox answered, where it was asked.
    async fn respond(self, own: Option<Response<Bytes>>) -> Result<Response<Bytes>, ExchangeError> {
        let built = |status, headers: Vec<(&str, String)>, body: &'static str| {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(Bytes::from_static(body.as_bytes())).unwrap())
        };
        match self {
            Self::Headers(status, headers, body) => {
                built(status, headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect(), body)
            }
            Self::Owned(status, headers, body) => built(status, headers, body),
            Self::Cut(bytes) => {
                let (parts, body) = own.unwrap().into_parts();
                Ok(Response::from_parts(parts, body.slice(..bytes)))
            }
            Self::Lost => Err(ExchangeError::NoAnswer("connection reset by peer".to_owned())),
            Self::TooLarge => Err(ExchangeError::TooLarge),
            Self::NotSent => Err(ExchangeError::NotSent("connection refused".to_owned())),
            Self::Hang => std::future::pending().await,
        }
    }
}

/// One request as it was sent.
#[derive(Clone, Debug)]
struct Call {
    method: Method,
    /// The whole URL, and for a query of GraphQL what is asked.
    target: String,
    /// Which request of the run it is, from 0.
    index: usize,
    /// Which sending of the same method and URL it is, from 1.
    nth: usize,
    creates_before: usize,
    at: Instant,
    /// Whether the server answered it with 429.
    limited: bool,
}

impl Call {
    fn is_create(&self) -> bool {
        self.method == Method::POST && self.target.ends_with("/issues")
    }

    fn is_listing(&self) -> bool {
        self.method == Method::GET && self.target.contains("/issues?")
    }
}

type Script = Box<dyn FnMut(&Call) -> Step + Send>;

/// A script before the sandbox.
struct Server {
    inner: Arc<dyn Exchange>,
    script: Mutex<Script>,
    log: Mutex<Vec<Call>>,
}

impl Server {
    fn with_script(stage: &Stage, script: impl FnMut(&Call) -> Step + Send + 'static) -> Arc<Self> {
        Arc::new(Self { inner: stage.exchange(), script: Mutex::new(Box::new(script)), log: Mutex::default() })
    }

    fn log(&self) -> Vec<Call> {
        self.log.lock().unwrap().clone()
    }

    fn create_count(&self) -> usize {
        self.log().iter().filter(|call| call.is_create()).count()
    }

    /// How often each method and URL was sent, in a run in which each is one call.
    fn sendings_per_call(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for call in self.log() {
            *times.entry(format!("{} {}", call.method, call.target)).or_default() += 1;
        }
        times
    }

    /// When the request that met a 429 was sent, and when again, up to what followed its success.
    fn times_of_limited_call(&self) -> Vec<Instant> {
        let log = self.log();
        let limited = log.iter().find(|call| call.limited).unwrap();
        let same = log.iter().filter(|call| (&call.method, &call.target) == (&limited.method, &limited.target));
        // A later round asks the same again; that is another call, and the third sending bounds this one.
        same.skip_while(|call| !call.limited).take(2).map(|call| call.at).collect()
    }

    /// The sandbox's answer with a fifth of the page size that was asked for.
    async fn at_most_20(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let uri = request.uri().to_string().replace("per_page=100", "per_page=20");
        // What only the script means something by.
        let uri = uri.replace("&behind=the-empty-one", "").replace("behind=the-empty-one&", "");
        *request.uri_mut() = uri.parse().unwrap();
        self.inner.exchange(request).await
    }

    fn record(&self, request: &Request<Bytes>) -> Call {
        let mut log = self.log.lock().unwrap();
        let (method, mut target) = (request.method().clone(), request.uri().to_string());
        if target.ends_with("/graphql") {
            target = format!("{target} {}", String::from_utf8_lossy(request.body()));
        }
        let nth = 1 + log.iter().filter(|call| (&call.method, &call.target) == (&method, &target)).count();
        let creates_before = log.iter().filter(|call| call.is_create()).count();
        let call = Call { method, target, index: log.len(), nth, creates_before, at: Instant::now(), limited: false };
        log.push(call.clone());
        call
    }
}

#[async_trait::async_trait]
impl Exchange for Server {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let call = self.record(&request);
        let turn = (self.script.lock().unwrap())(&call);
        match turn {
            Step::Through => self.inner.exchange(request).await,
            Step::Instead(answer) => {
                let limited = matches!(&answer, ScriptedAnswer::Headers(429, ..));
                self.log.lock().unwrap()[call.index].limited = limited;
                answer.respond(None).await
            }
            Step::After(answer) => {
                let own = self.inner.exchange(request).await?;
                answer.respond(Some(own)).await
            }
            Step::AtMost20APage => self.at_most_20(request).await,
            Step::FirstPageOnly => {
                let mut response = self.at_most_20(request).await?;
                response.headers_mut().remove("link");
                response.headers_mut().remove("x-next-page");
                response.headers_mut().remove("x-total");
                Ok(response)
            }
            Step::EmptyPageFirst => {
                let next = format!("<{}&behind=the-empty-one>; rel=\"next\"", call.target);
                Ok(Response::builder().header("link", next).body(Bytes::from_static(b"[]")).unwrap())
            }
        }
    }
}

/// What the gitlab crate's own retry does: every method again on a 5xx.
struct BlindRetry(Arc<Server>);

#[async_trait::async_trait]
impl Exchange for BlindRetry {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let again = || {
            let mut copy = Request::builder().method(request.method()).uri(request.uri());
            *copy.headers_mut().unwrap() = request.headers().clone();
            copy.body(request.body().clone()).unwrap()
        };
        let first = self.0.exchange(again()).await?;
        if first.status().is_server_error() { self.0.exchange(again()).await } else { Ok(first) }
    }
}

/// How long a rate limit is waited for.
#[derive(Clone, Copy)]
enum Wait {
    Exactly(u64),
    /// podkeeper's own backoff, capped.
    Own,
    /// Longer than is waited.
    GivesUp,
}

/// Which request meets the rate limit.
#[derive(Clone, Copy, Debug)]
enum LimitedRequest {
    FirstCall,
    ThirdPage,
    Create,
}

impl LimitedRequest {
    fn matches(self, call: &Call) -> bool {
        match self {
            // Beside the query for the projects, which is no more than a shorter way.
            Self::FirstCall => call.method == Method::GET && call.index <= 1,
            Self::ThirdPage => {
                call.is_listing() && ["&page=3", "?page=3"].iter().any(|page| call.target.contains(page))
            }
            Self::Create => call.is_create(),
        }
    }
}

fn exit_status(runs: &[PodRun]) -> ExitStatus {
    runs.iter().map(PodRun::exit_status).max().unwrap()
}

/// The numbers of all issues, in every state, whose text carries the marker of a session: the duplicate detector.
fn issues_with_marker(stage: &Stage, key: &str) -> Vec<u64> {
    let line = format!("<!-- podkeeper:v1 session {key} -->");
    let world = stage.sandbox.world();
    let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
    let marked = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(&line));
    project.issues.values().filter(|issue| marked(&issue.description)).map(|issue| issue.iid).collect()
}

/// The bot's issue of something else, in both listings that are read, without a marker: a record of what has happened.
async fn open_older_issue(stage: &Stage, number: u32) {
    let path = format!("{}/issues", stage.pairing_project_url());
    let labels = format!("{},pairify", stage.pods[0].label.name);
    let issue = json!({"title": format!("An older issue, {number}"), "labels": labels});
    let (status, _) = stage.request("api", "POST", &path, issue).await;
    assert_eq!(status, 201);
}

/// A project in which the session's issue is the last of 45 and more.
async fn stage_with_many_issues() -> Stage {
    let stage = Stage::seeded();
    for number in 0..44 {
        open_older_issue(&stage, number).await;
    }
    stage.apply().await;
    assert_eq!(issues_with_marker(&stage, KEY).len(), 1);
    stage
}

/// The body of the answer to the create, undisturbed.
async fn created_body() -> Bytes {
    let stage = Stage::seeded();
    let keeper = Arc::new(BodyRecorder { inner: stage.exchange(), body: Mutex::default() });
    stage.apply_over(keeper.clone()).await;
    let body = keeper.body.lock().unwrap().clone();
    let value: Value = serde_json::from_slice(&body).unwrap();
    assert!(value["iid"].is_u64());
    body
}

/// Keeps the body of the answer to the create.
struct BodyRecorder {
    inner: Arc<dyn Exchange>,
    body: Mutex<Bytes>,
}

#[async_trait::async_trait]
impl Exchange for BodyRecorder {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let create = request.method() == Method::POST && request.uri().path().ends_with("/issues");
        let response = self.inner.exchange(request).await?;
        if create {
            *self.body.lock().unwrap() = response.body().clone();
        }
        Ok(response)
    }
}
