use serde_json::json;

use super::requests::{ISSUES, ask, open_issue, sandbox};
use crate::Sandbox;
use crate::faults::{Fault, FaultKind};

/// What becomes of the next request, and of no other.
fn add_fault_once(sandbox: &Sandbox, kind: FaultKind) {
    sandbox.change_world(|world| world.faults.api = vec![Fault::once(kind)]);
}

#[tokio::test]
async fn row_50_the_limit_of_rack_attack_is_text_with_headers() {
    let sandbox = sandbox();
    add_fault_once(&sandbox, FaultKind::RackAttack(17));
    let got = ask(&sandbox, "bot", "GET", "/user", "").await;
    assert_eq!((got.status, got.text.as_str(), got.header("retry-after")), (429, "Retry later\n", "17"));
    assert!(got.header("content-type").starts_with("text/plain"));
    let names = ["limit", "observed", "remaining"].map(|name| format!("ratelimit-{name}"));
    assert_eq!(names.each_ref().map(|name| got.header(name)), ["2000", "2000", "0"]);
    assert_eq!(got.header("ratelimit-name"), "throttle_authenticated_api");
    assert_eq!(got.header("ratelimit-resettime"), "Mon, 23 Nov 2026 12:01:00 GMT");
    assert_eq!(got.header("ratelimit-reset"), "1795435260", "the same second, counted from 1970");
    assert_eq!(ask(&sandbox, "bot", "GET", "/user", "").await.status, 200, "it was for one request");
}

#[tokio::test]
async fn row_51_the_limit_of_the_application_is_json_and_says_no_time() {
    let sandbox = sandbox();
    add_fault_once(&sandbox, FaultKind::ApplicationRateLimit);
    let got = ask(&sandbox, "bot", "POST", ISSUES, "title=T").await;
    let why = "This endpoint has been requested too many times. Try again later.";
    assert_eq!((got.status, got.json()), (429, json!({ "message": { "error": why } })));
    assert_eq!((got.header("retry-after"), got.header("ratelimit-limit")), ("(none)", "(none)"));
    assert!(sandbox.world().project_by_path("group/pairing").unwrap().issues.is_empty());
}

#[tokio::test]
async fn row_54_faults_strike_when_they_are_switched_on() {
    let sandbox = sandbox();
    for (kind, status, header, reported) in [
        (FaultKind::Hang, 504, "x-sandbox-fault", "hang"),
        (FaultKind::BadGateway, 502, "content-type", "text/html; charset=utf-8"),
        (FaultKind::Cloudflare, 520, "server", "cloudflare"),
        (FaultKind::Redirect("http://other.example/x".to_owned()), 302, "location", "http://other.example/x"),
        (FaultKind::RetryAfterRateLimit(30), 429, "retry-after", "30"),
    ] {
        add_fault_once(&sandbox, kind.clone());
        let got = ask(&sandbox, "bot", "POST", ISSUES, "title=T").await;
        assert_eq!((got.status, got.header(header)), (status, reported), "{kind:?}");
    }
    assert!(
        sandbox.world().project_by_path("group/pairing").unwrap().issues.is_empty(),
        "none of them was carried out"
    );

    add_fault_once(&sandbox, FaultKind::Cut(17));
    let cut = ask(&sandbox, "bot", "POST", ISSUES, "title=T").await;
    assert_eq!((cut.status, cut.header("x-sandbox-fault")), (201, "cut 17"), "whoever carries it cuts it");
    assert_eq!(ask(&sandbox, "bot", "GET", ISSUES, "").await.field_of_each("iid").len(), 1, "only the answer was lost");

    add_fault_once(&sandbox, FaultKind::DuplicateRequest);
    let second = ask(&sandbox, "bot", "POST", ISSUES, "title=U").await.json();
    assert_eq!(second["iid"], 3, "somebody was first");
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}?search=U"), "").await.field_of_each("title"), ["U", "U"]);
    assert_eq!(sandbox.journal().len(), 7, "what somebody else sent is not in the journal");
}

#[tokio::test]
async fn the_date_may_be_wrong_and_the_answer_right() {
    let sandbox = sandbox();
    add_fault_once(&sandbox, FaultKind::WrongDate(-90));
    let got = ask(&sandbox, "bot", "GET", "/user", "").await;
    assert_eq!((got.status, got.header("date")), (200, "Mon, 23 Nov 2026 11:58:30 GMT"));
    add_fault_once(&sandbox, FaultKind::WrongDate(i64::MAX));
    assert_eq!(ask(&sandbox, "bot", "GET", "/user", "").await.status, 200);
    assert_eq!(ask(&sandbox, "bot", "GET", "/user", "").await.header("date"), "Mon, 23 Nov 2026 12:00:00 GMT");
}

#[tokio::test]
async fn the_bare_limit_says_nothing_in_headers() {
    let sandbox = sandbox();
    add_fault_once(&sandbox, FaultKind::HeaderlessRateLimit);
    let got = ask(&sandbox, "bot", "POST", ISSUES, "title=T").await;
    // The length is the carrier's.
    let names: Vec<_> = got.headers.keys().map(|name| name.as_str().to_owned()).collect();
    assert_eq!((got.status, names), (429, vec!["content-length".to_owned()]));
    assert!(got.text.contains("too many times"), "{}", got.text);
}

#[tokio::test]
async fn refusals_that_are_not_gitlabs_usual_ones() {
    let sandbox = sandbox();
    add_fault_once(&sandbox, FaultKind::HtmlForbidden);
    let middlebox = ask(&sandbox, "bot", "POST", ISSUES, "title=T").await;
    assert_eq!((middlebox.status, middlebox.header("content-type")), (403, "text/html; charset=utf-8"));
    add_fault_once(&sandbox, FaultKind::Spam);
    let spam = ask(&sandbox, "bot", "POST", ISSUES, "title=T").await;
    let body = spam.json();
    assert_eq!((spam.status, &body["needs_captcha_response"], &body["spam_log_id"]), (409, &json!(true), &json!(42)));
    assert!(body["captcha_site_key"].is_string() && body["message"]["error"].is_string(), "{body}");
    add_fault_once(&sandbox, FaultKind::SpamDiscarded);
    let gone = ask(&sandbox, "bot", "POST", ISSUES, "title=T").await;
    assert_eq!((gone.status, gone.json()["message"]["base"].is_array()), (400, true));
    assert!(
        sandbox.world().project_by_path("group/pairing").unwrap().issues.is_empty(),
        "none of them was carried out"
    );
}

#[tokio::test]
async fn pages_may_lose_what_tells_of_others() {
    let sandbox = sandbox();
    for title in ["A", "B"] {
        open_issue(&sandbox, &format!("title={title}")).await;
    }
    add_fault_once(&sandbox, FaultKind::StrippedPaging);
    let got = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?per_page=1"), "").await;
    assert_eq!(got.field_of_each("title"), ["B"]);
    let reported: Vec<_> = got.headers.keys().map(|name| name.as_str().to_owned()).collect();
    assert_eq!(reported, ["content-type", "x-request-id", "date", "content-length"]);
}

#[tokio::test]
async fn a_dropped_write_looks_like_one_that_worked() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T&labels=pod::a").await;
    let before = sandbox.world();
    let one = format!("{ISSUES}/1");
    add_fault_once(&sandbox, FaultKind::IgnoredPut);
    let got = ask(&sandbox, "bot", "PUT", &one, "title=U&add_labels=shared&state_event=close").await;
    assert_eq!((got.status, &got.json()["title"], &got.json()["state"]), (200, &json!("T"), &json!("opened")));
    assert_eq!(sandbox.world().projects, before.projects);
    add_fault_once(&sandbox, FaultKind::IgnoredPut);
    assert_eq!(ask(&sandbox, "guest", "PUT", &one, "title=U").await.status, 403, "what is refused is refused");
    add_fault_once(&sandbox, FaultKind::IgnoredPut);
    assert_eq!(open_issue(&sandbox, "title=Made").await, 2);
}

#[tokio::test]
async fn a_fault_strikes_where_and_as_often_as_it_is_told_to() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    let fault =
        Fault { times: Some(2), ..Fault::once(FaultKind::BadGateway) }.for_requests("PUT", "/issues/").with_effect();
    sandbox.change_world(|world| world.faults.api = vec![fault]);
    let one = format!("{ISSUES}/1");
    let put = async |title: &str| ask(&sandbox, "bot", "PUT", &one, &format!("title={title}")).await.status;
    assert_eq!(ask(&sandbox, "bot", "GET", &one, "").await.status, 200);
    assert_eq!([put("A").await, put("B").await], [502, 502]);
    assert_eq!(ask(&sandbox, "bot", "GET", &one, "").await.json()["title"], "B", "it was carried out all the same");
    assert_eq!(put("C").await, 200);
}

#[tokio::test]
async fn answers_tell_the_limits_of_gitlab_com_if_they_shall() {
    let sandbox = sandbox();
    assert_eq!(ask(&sandbox, "bot", "GET", "/user", "").await.header("ratelimit-limit"), "(none)");
    sandbox.change_world(|world| world.faults.rate_headers = true);
    let got = ask(&sandbox, "bot", "GET", "/user", "").await;
    assert_eq!((got.header("ratelimit-limit"), got.header("ratelimit-remaining")), ("2000", "1998"));
    assert_eq!(ask(&sandbox, "", "GET", "/user", "").await.header("ratelimit-limit"), "500");
    sandbox.change_world(|world| world.now += chrono::TimeDelta::minutes(1));
    assert_eq!(ask(&sandbox, "bot", "GET", "/user", "").await.header("ratelimit-remaining"), "1999", "a new minute");
}
