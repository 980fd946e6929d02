//! Workers that podkeeper must not be: each double stands between the worker and its server.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::marker::{self, ParsedBody};
use serde_json::Value;

type ExchangeResult = Result<Response<Bytes>, ExchangeError>;

// ---- Redirects are followed, with everything on board ----

pub(crate) fn follows_redirects(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(FollowsRedirects(inner))
}

struct FollowsRedirects(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for FollowsRedirects {
    async fn exchange(&self, mut request: Request<Bytes>) -> ExchangeResult {
        let answer = self.0.exchange(request.clone()).await?;
        let Some(next) = answer.headers().get(LOCATION).and_then(|next| next.to_str().ok()) else { return Ok(answer) };
        *request.uri_mut() = next.parse().unwrap();
        // Where nobody answers, the redirect itself is the answer, so that nothing is waited for.
        Ok(self.0.exchange(request).await.unwrap_or(answer))
    }
}

// ---- Issues are found by their titles ----

/// Only an issue whose title is one that podkeeper gives is known as its own.
pub(crate) fn finds_by_title(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(FindsByTitle(inner))
}

struct FindsByTitle(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for FindsByTitle {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        let answer = self.0.exchange(request).await?;
        Ok(map_issues(answer, |issue| {
            let title = issue["title"].as_str().unwrap_or_default();
            if !title.contains(" Pairing, ") && !title.contains(": links and labels") {
                issue["description"] = Value::from("an issue of somebody's");
                issue["labels"] = Value::Array(Vec::new());
            }
        }))
    }
}

// ---- A claim holds back nobody ----

/// Whoever comes second with an emoji believes to be the first.
pub(crate) fn believes_every_claim(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(BelievesEveryClaim(inner))
}

struct BelievesEveryClaim(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for BelievesEveryClaim {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        let is_claim = request.method() == Method::POST && request.uri().path().ends_with("/award_emoji");
        let answer = self.0.exchange(request.clone()).await?;
        if !is_claim || answer.status().is_success() {
            return Ok(answer);
        }
        let mut look = request;
        (*look.method_mut(), *look.body_mut()) = (Method::GET, Bytes::new());
        let listed = self.0.exchange(look).await?;
        let first = serde_json::from_slice::<Value>(listed.body()).unwrap()[0].to_string();
        let (mut parts, _) = listed.into_parts();
        parts.status = StatusCode::CREATED;
        parts.headers.remove(CONTENT_LENGTH);
        Ok(Response::from_parts(parts, Bytes::from(first)))
    }
}

// ---- Nobody reads again after a create ----

/// Once it has opened an issue, a worker takes what it saw before, and that issue, for all that there is.
pub(crate) fn looks_once(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(LooksOnce { inner, seen: Mutex::default() })
}

struct LooksOnce {
    inner: Arc<dyn Exchange>,
    seen: Mutex<SeenIssues>,
}

#[derive(Default)]
struct SeenIssues {
    known: BTreeSet<u64>,
    opened: bool,
}

#[async_trait::async_trait]
impl Exchange for LooksOnce {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        let create = is_create(&request);
        let answer = self.inner.exchange(request).await?;
        let mut seen = self.seen.lock().unwrap();
        if create && let Ok(Value::Object(issue)) = serde_json::from_slice(answer.body()) {
            seen.opened = true;
            seen.known.extend(issue["iid"].as_u64());
        }
        let Ok(Value::Array(mut list)) = serde_json::from_slice::<Value>(answer.body()) else { return Ok(answer) };
        if seen.opened {
            list.retain(|item| item["iid"].as_u64().is_none_or(|iid| seen.known.contains(&iid)));
        } else {
            seen.known.extend(list.iter().filter_map(|item| item["iid"].as_u64()));
        }
        Ok(answer.map(|_| Bytes::from(Value::Array(list).to_string())))
    }
}

// ---- The marker follows in a second request ----

pub(crate) fn marks_later(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(MarksLater(inner))
}

struct MarksLater(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for MarksLater {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        if !is_create(&request) {
            return self.0.exchange(request).await;
        }
        let mut whole = String::new();
        let bare = map_form_fields(request.clone(), |name, value| {
            if name == "description" {
                whole.clone_from(&value);
                return Some("podkeeper writes here in a moment".to_owned());
            }
            Some(value)
        });
        let answer = self.0.exchange(bare).await?;
        let Ok(Value::Object(issue)) = serde_json::from_slice(answer.body()) else { return Ok(answer) };
        let Some(iid) = issue["iid"].as_u64() else { return Ok(answer) };
        let mut edit = request;
        *edit.method_mut() = Method::PUT;
        *edit.uri_mut() = format!("{}/{iid}", edit.uri()).parse().unwrap();
        let edit = map_form_fields(edit, |name, _| (name == "description").then(|| whole.clone()));
        self.0.exchange(edit).await
    }
}

// ---- The whole body is overwritten ----

pub(crate) fn overwrites(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(Overwrites(inner))
}

struct Overwrites(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for Overwrites {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        if *request.method() != Method::PUT {
            return self.0.exchange(request).await;
        }
        let only_block = |name: &str, value: String| match (name, marker::parse_body(&value)) {
            ("description", ParsedBody::Block(block)) => Some(marker::render_block(&block)),
            _ => Some(value),
        };
        self.0.exchange(map_form_fields(request, only_block)).await
    }
}

// ---- Bodies are compared byte by byte ----

/// What is stored is what was sent, or it counts as changed: but GitLab takes blanks and line ends out of a body.
pub(crate) fn compares_verbatim(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(ComparesVerbatim(inner))
}

struct ComparesVerbatim(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for ComparesVerbatim {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        let answer = self.0.exchange(request).await?;
        Ok(map_issues(answer, |issue| {
            let body = issue["description"].as_str().unwrap_or_default();
            let ParsedBody::Block(block) = marker::parse_body(body) else { return };
            // The template ends in a line's end; what GitLab stores never does.
            if !body.ends_with('\n') {
                let without_its_first = block.text.lines().skip(1).collect::<Vec<&str>>().join("\n");
                let other = marker::ManagedBlock { text: without_its_first, ..*block };
                issue["description"] = Value::from(marker::replace_block(body, &other, "").unwrap());
            }
        }))
    }
}

// ---- Markers are known by their bytes ----

/// Only a body with the comments as podkeeper writes them is known as its own.
pub(crate) fn knows_exact_bytes(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(KnowsExactBytes(inner))
}

struct KnowsExactBytes(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for KnowsExactBytes {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        let answer = self.0.exchange(request).await?;
        Ok(map_issues(answer, |issue| {
            let body = issue["description"].as_str().unwrap_or_default();
            let exact = body.lines().any(|line| line == "<!-- podkeeper:v1 end -->");
            if !exact {
                issue["description"] = Value::from("an issue of somebody's");
                issue["title"] = Value::from("Something else");
                issue["labels"] = Value::Array(Vec::new());
            }
        }))
    }
}

// ---- A later podkeeper ----

/// What a later podkeeper puts into its blocks beside what this one does.
const LATER_VERSION_LINE: &str = "- **Since a later version:** one line more\n";
/// Where the state of a block begins.
const STATE_MARKER_START: &str = "<!-- podkeeper:v1 state ";

/// The worker as a later podkeeper: what it writes has the next format and a line more; what an earlier one wrote it
/// finds wanting, and what it wrote itself it finds as it should be.
pub(crate) fn later_version(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(LaterVersion(inner))
}

struct LaterVersion(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for LaterVersion {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        let request = map_form_fields(request, |name, value| {
            Some(if name == "description" { written_by_later_version(&value) } else { value })
        });
        let answer = self.0.exchange(request).await?;
        Ok(map_issues(answer, |issue| {
            let body = issue["description"].as_str().unwrap_or_default();
            issue["description"] = Value::from(read_by_later_version(body));
        }))
    }
}

/// The block of a body in the next format.
pub(crate) fn written_by_later_version(body: &str) -> String {
    let (this, next) = formats();
    body.replacen(&this, &next, 1).replacen(STATE_MARKER_START, &format!("{LATER_VERSION_LINE}{STATE_MARKER_START}"), 1)
}

fn read_by_later_version(body: &str) -> String {
    let (this, next) = formats();
    if body.contains(&next) {
        return body.replacen(LATER_VERSION_LINE, "", 1).replacen(&next, &this, 1);
    }
    // Of a line fewer it knows that podkeeper wrote it, so that it has something to write.
    let last = || {
        let lines = body.find("\"lines\":[").filter(|_| body.contains(&this))?;
        let end = lines + body[lines..].find(']')?;
        let comma = lines + body[lines..end].rfind(',')?;
        Some(format!("{}{}", &body[..comma], &body[end..]))
    };
    last().unwrap_or_else(|| body.to_owned())
}

fn formats() -> (String, String) {
    let format = |format: u32| format!("{{\"format\":{format},");
    (format(marker::BLOCK_FORMAT), format(marker::BLOCK_FORMAT + 1))
}

// ---- The first date is wrong, and is believed ----

/// The date of a run's first answer is eight days late; all others are right.
pub(crate) fn first_date_is_late(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(FirstDateIsLate { inner, was_sent: AtomicBool::new(false) })
}

struct FirstDateIsLate {
    inner: Arc<dyn Exchange>,
    was_sent: AtomicBool,
}

#[async_trait::async_trait]
impl Exchange for FirstDateIsLate {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        let mut answer = self.inner.exchange(request).await?;
        if let Some(date) = answer.headers_mut().get_mut(DATE)
            && !self.was_sent.swap(true, Ordering::Relaxed)
        {
            let right = DateTime::parse_from_rfc2822(date.to_str().unwrap()).unwrap().to_utc();
            let late = (right + TimeDelta::days(8)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            *date = HeaderValue::from_str(&late).unwrap();
        }
        Ok(answer)
    }
}

/// The worker that takes that one for the time.
pub(crate) fn believes_the_late_first_date(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    believes_the_first_date(first_date_is_late(inner))
}

/// Whatever date the first answer of a run has, all others are taken to have it, too.
fn believes_the_first_date(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(BelievesTheFirstDate { inner, first: Mutex::default() })
}

struct BelievesTheFirstDate {
    inner: Arc<dyn Exchange>,
    first: Mutex<Option<HeaderValue>>,
}

#[async_trait::async_trait]
impl Exchange for BelievesTheFirstDate {
    async fn exchange(&self, request: Request<Bytes>) -> ExchangeResult {
        let mut answer = self.inner.exchange(request).await?;
        let mut first = self.first.lock().unwrap();
        if let Some(date) = answer.headers_mut().get_mut(DATE) {
            *date = first.get_or_insert_with(|| date.clone()).clone();
        }
        drop(first);
        Ok(answer)
    }
}

// ---- What they are made of ----

fn is_create(request: &Request<Bytes>) -> bool {
    *request.method() == Method::POST && request.uri().path().ends_with("/issues")
}

/// The answer with every issue of it changed, in a list or alone.
fn map_issues(answer: Response<Bytes>, change: impl Fn(&mut Value)) -> Response<Bytes> {
    let is_issue = |value: &Value| value["iid"].is_u64() && value["description"].is_string();
    match serde_json::from_slice::<Value>(answer.body()) {
        Ok(Value::Array(mut list)) => {
            list.iter_mut().filter(|item| is_issue(item)).for_each(change);
            answer.map(|_| Bytes::from(Value::Array(list).to_string()))
        }
        Ok(mut one) if is_issue(&one) => {
            change(&mut one);
            answer.map(|_| Bytes::from(one.to_string()))
        }
        Ok(_) | Err(_) => answer,
    }
}

/// The request with its form's fields changed, or left out.
pub(crate) fn map_form_fields(
    request: Request<Bytes>,
    mut change: impl FnMut(&str, String) -> Option<String>,
) -> Request<Bytes> {
    let (mut parts, body) = request.into_parts();
    let form = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www"));
    if !form {
        return Request::from_parts(parts, body);
    }
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(&body).into_owned() {
        if let Some(value) = change(&name, value) {
            out.append_pair(&name, &value);
        }
    }
    parts.headers.remove(CONTENT_LENGTH);
    Request::from_parts(parts, Bytes::from(out.finish()))
}
