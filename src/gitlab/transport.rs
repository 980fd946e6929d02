//! Our client under Kitware's typed endpoints.
//!
//! The crate's own client follows redirects with the token on board, has no timeout and no byte cap
//! (measured, 0.1905.0), so its `RestClient` and `AsyncClient` are implemented here instead. Everything
//! that is sent passes [`Transport::send`].

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::gitlab::api::{ApiError, AsyncClient, RestClient};
use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode};
use linkcheck::target::host_with_port;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use super::error::{RequestError, WriteEffect};
use super::exchange::{BODY_CAP, Exchange, ExchangeError};
use super::log;
use super::retry::{
    Jitter, MAX_ATTEMPTS, RequestKind, can_retry, is_acceptable_wait, response_date, wait_before_retry,
};
use super::silences::Silences;
use super::{Redactor, RequestLog, Token};
use crate::pod::text::one_line;

/// A whole exchange, connecting included, may take this long.
const DEADLINE: Duration = Duration::from_secs(30);
/// All waiting between retries of one client, so that a pipeline never hangs.
const MAX_TOTAL_WAIT: Duration = Duration::from_secs(300);

/// A request that did not end well.
struct FailedAttempt {
    fault: RequestError,
    /// How long the server asked to wait.
    wait_before_retry: Option<Duration>,
    /// GitLab's name for it, where it answered.
    request_id: Option<String>,
}

impl From<RequestError> for FailedAttempt {
    fn from(fault: RequestError) -> Self {
        Self { fault, wait_before_retry: None, request_id: None }
    }
}

/// One origin, one secret, one client.
pub(super) struct Transport {
    pub(super) base: Url,
    token: Option<Token>,
    exchange: Arc<dyn Exchange>,
    counts: Arc<RequestLog>,
    redactor: Redactor,
    jitter: Jitter,
    /// Why the token is not used any more, once the server refused it.
    refusal_reason: Mutex<Option<String>>,
    waited: Mutex<Duration>,
    silences: Mutex<Silences>,
}

impl Transport {
    pub(super) fn new(
        mut base: Url,
        token: Option<Token>,
        exchange: Arc<dyn Exchange>,
        counts: Arc<RequestLog>,
        redactor: Redactor,
        seed: u64,
    ) -> Self {
        // `Url::join` drops what follows the last slash.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Self {
            base,
            token,
            exchange,
            counts,
            redactor,
            jitter: Jitter::new(seed),
            refusal_reason: Mutex::new(None),
            waited: Mutex::new(Duration::ZERO),
            silences: Mutex::default(),
        }
    }

    /// The variable that holds its token, where it sends one.
    pub(super) fn token_name(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.name.as_str())
    }

    /// Whether it sends a token.
    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Knows the run's secrets, this client's among them.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Sends a REST request to this client's origin and nowhere else, repeating it where that is safe.
    pub(super) async fn send(
        &self,
        method: &Method,
        url: &Url,
        body: Option<(HeaderValue, Bytes)>,
    ) -> Result<Response<Bytes>, RequestError> {
        self.send_as(RequestKind::from_method(method), method, url, body).await
    }

    /// The same where the method does not tell what the request does. A write that may have been carried out by one of
    /// several tries ended as that try did.
    pub(super) async fn send_as(
        &self,
        effect: RequestKind,
        method: &Method,
        url: &Url,
        body: Option<(HeaderValue, Bytes)>,
    ) -> Result<Response<Bytes>, RequestError> {
        self.check_origin(url)?;
        self.check_no_secret(url, body.as_ref().map(|(_, body)| body))?;
        let mut attempt = 0;
        let mut unsettled = None;
        loop {
            attempt += 1;
            if let Some(why) = lock(&self.refusal_reason).clone() {
                return Err(unsettled.unwrap_or(RequestError::TokenRefused(why)));
            }
            let sent =
                self.send_once(effect, method, url, body.clone()).instrument(log::request_span(method, url)).await;
            let FailedAttempt { fault, wait_before_retry: asked_wait, request_id } = match sent {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            if !effect.is_read() && fault.write_effect() == WriteEffect::Unknown {
                unsettled.get_or_insert_with(|| fault.clone());
            }
            let wait = asked_wait.unwrap_or_else(|| self.jitter.next_wait(attempt));
            if attempt >= MAX_ATTEMPTS
                || !can_retry(effect, &fault)
                || !is_acceptable_wait(wait)
                || !self.try_reserve_wait(wait)
            {
                log::log_failure(effect, method, url, &fault, request_id.as_deref());
                return Err(unsettled.unwrap_or(fault));
            }
            let wait_ms = wait.as_millis();
            let (path, fault) = (log::path_without_names(url), log::describe_fault(url, &fault));
            tracing::debug!(%method, path, fault, request_id, wait_ms, "sending again");
            tokio::time::sleep(wait).await;
        }
    }

    /// Reads once and never again, whatever comes of it: for what is worth one request.
    pub(super) async fn read_once(&self, url: &Url) -> Result<Response<Bytes>, RequestError> {
        self.check_origin(url)?;
        self.check_no_secret(url, None)?;
        let (effect, method) = (RequestKind::from_method(&Method::GET), Method::GET);
        let sent = self.send_once(effect, &method, url, None).instrument(log::request_span(&method, url)).await;
        sent.map_err(|FailedAttempt { fault, request_id, .. }| {
            log::log_failure(effect, &method, url, &fault, request_id.as_deref());
            fault
        })
    }

    async fn send_once(
        &self,
        effect: RequestKind,
        method: &Method,
        url: &Url,
        body: Option<(HeaderValue, Bytes)>,
    ) -> Result<Response<Bytes>, FailedAttempt> {
        let request = self.build_request(method, url, body)?;
        if lock(&self.silences).are_too_many() {
            return Err(RequestError::ServerSilent.into());
        }
        self.counts.count_request(effect);
        let write = self.counts.record_sent(effect, method, url.path());
        let began = Instant::now();
        let exchanged = tokio::time::timeout(DEADLINE, self.exchange.exchange(request)).await;
        match &exchanged {
            Ok(Ok(_) | Err(ExchangeError::TooLarge)) => lock(&self.silences).record_answer(),
            Ok(Err(_no_answer)) => lock(&self.silences).record_failure(began, url.path()),
            Err(_elapsed) => lock(&self.silences).record_silence(began, url.path()),
        }
        let answer = exchanged.as_ref().ok().and_then(|answer| answer.as_ref().ok());
        let answer = answer.map(|answer| (answer.status().as_u16(), self.request_id(answer)));
        log::record_answer(answer.as_ref());
        let request_id = answer.as_ref().and_then(|(_, id)| id.clone());
        if let (Some(write), Some((status, id))) = (write, answer) {
            self.counts.record_answer(write, status, id);
        }
        let response = match exchanged {
            Ok(Ok(response)) => response,
            Ok(Err(failure)) => return Err(self.exchange_error_to_request_error(&failure).into()),
            Err(_elapsed) => {
                return Err(RequestError::NoAnswer(format!("timed out after {} s", DEADLINE.as_secs())).into());
            }
        };
        let json = parse_error_object(&response);
        // A page that a middlebox answers with has the date of the middlebox's clock.
        if (json.is_some() || response.status().is_success() && !is_html(&response))
            && let Some(date) = response_date(response.headers())
        {
            self.counts.record_date(date);
        }
        let asked_wait = wait_before_retry(response.status(), response.headers());
        self.check_response(effect, response, json.as_ref()).map_err(|fault| FailedAttempt {
            fault,
            wait_before_retry: asked_wait,
            request_id,
        })
    }

    /// The name that GitLab gave a request, by which its administrators find it in their own logs.
    fn request_id(&self, response: &Response<Bytes>) -> Option<String> {
        let id = self.redactor.redact(header_text(response.headers(), "x-request-id")?);
        Some(one_line(&id))
    }

    /// Why no answer came, without a secret.
    fn exchange_error_to_request_error(&self, failure: &ExchangeError) -> RequestError {
        match failure {
            ExchangeError::NotSent(why) => RequestError::NotSent(self.redactor.redact(why).into_owned()),
            ExchangeError::NotTrusted { why, advice } => {
                let why = self.redactor.redact(why).into_owned();
                RequestError::NotTrusted { why, advice: advice.clone() }
            }
            ExchangeError::NoAnswer(why) => RequestError::NoAnswer(self.redactor.redact(why).into_owned()),
            ExchangeError::TooLarge => {
                RequestError::Unreadable(format!("it is larger than {} MiB", BODY_CAP / 1024 / 1024))
            }
        }
    }

    fn build_request(
        &self,
        method: &Method,
        url: &Url,
        body: Option<(HeaderValue, Bytes)>,
    ) -> Result<Request<Bytes>, RequestError> {
        let mut builder = Request::builder().method(method).uri(without_empty_query(url).as_str());
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(token.secret.expose_secret()).map_err(|_invalid| {
                RequestError::InvalidRequest(format!("{} holds characters that no token has", token.name))
            })?;
            value.set_sensitive(true);
            builder = builder.header("PRIVATE-TOKEN", value);
        }
        let (kind, body) = body.map_or((None, Bytes::new()), |(kind, body)| (Some(kind), body));
        if let Some(kind) = kind {
            builder = builder.header(CONTENT_TYPE, kind);
        } else if method != Method::GET {
            builder = builder.header(CONTENT_LENGTH, 0);
        }
        builder.body(body).map_err(|error| RequestError::InvalidRequest(error.to_string()))
    }

    /// Passes a success on; turns everything else into an error. `json` is the object of an error's body, if it is one.
    fn check_response(
        &self,
        effect: RequestKind,
        response: Response<Bytes>,
        json: Option<&Value>,
    ) -> Result<Response<Bytes>, RequestError> {
        let status = response.status();
        if status.is_success() {
            // GitLab shows a file as plain text, whatever is in it (`lib/api/helpers.rb`, `send_git_blob`).
            return if is_html(&response) {
                Err(RequestError::HtmlPage { status: status.as_u16(), host: self.host() })
            } else {
                Ok(response)
            };
        }
        // Before the words are cut to a line, so that no half of a secret is left; and after, because JSON
        // can hide one behind escapes.
        let body = String::from_utf8_lossy(response.body());
        let body = self.redactor.redact(&body);
        let message = self.redactor.redact(&error_message(&body)).into_owned();
        // GitLab's own words often begin with the status that stands before them.
        let message = message.strip_prefix(&format!("{} ", status.as_u16())).map_or(message.clone(), str::to_owned);
        if status.is_redirection() {
            let project_id =
                response.headers().get(LOCATION).and_then(|location| location.to_str().ok()).and_then(moved_project_id);
            let to = response.headers().get(LOCATION).and_then(|location| self.foreign_origin(location.to_str().ok()?));
            return Err(RequestError::Redirected { status: status.as_u16(), to, project_id });
        }
        if json.is_none() && is_meaningful_only_from_gitlab(status) {
            let says = if message.is_empty() { "without a word".to_owned() } else { message };
            return Err(RequestError::Middlebox { status: status.as_u16(), message: says });
        }
        if status.as_u16() == 401 {
            // Without a token that concerns this endpoint alone: labels want one even in public projects, issues do
            // not.
            let Some(token) = &self.token else {
                let message = format!("GitLab wants a token for this, and none was given ({message})");
                return Err(RequestError::Status { status: 401, message });
            };
            let message = message.trim_end_matches('.');
            let why = format!("GitLab refused the token in {} (401 {message}, from {})", token.name, self.host());
            // GraphQL refuses a token without `read_api` so, which still reads files over REST.
            if effect != RequestKind::GraphqlQuery {
                *lock(&self.refusal_reason) = Some(why.clone());
            }
            return Err(RequestError::TokenRefused(why));
        }
        if let (Some(token), Some(needed)) = (&self.token, json.and_then(needed_scopes)) {
            let needed = self.redactor.redact(&needed).into_owned();
            return Err(RequestError::Scope { token: token.name.clone(), needed_scopes: needed });
        }
        if !effect.is_read() && json.is_some_and(|json| is_spam_refusal(status, json)) {
            return Err(RequestError::Spam { status: status.as_u16(), message });
        }
        // Whose fault it is, where several servers are asked.
        let message = if status.is_server_error() { format!("{message} from {}", self.host()) } else { message };
        Err(RequestError::Status { status: status.as_u16(), message: message.trim_start().to_owned() })
    }

    /// The host that is asked, with its port where it has one.
    fn host(&self) -> String {
        one_line(&host_with_port(&self.base))
    }

    /// The origin that a redirect leads to, if that is another one; nothing more of an address is shown.
    fn foreign_origin(&self, location: &str) -> Option<String> {
        let origin = self.base.join(location).ok()?.origin();
        let is_foreign = origin.is_tuple() && origin != self.base.origin();
        is_foreign.then(|| one_line(&self.redactor.redact(&origin.ascii_serialization())))
    }

    /// Scheme, host and port of a URL must be the configured ones: compared as parsed, never as text.
    fn check_origin(&self, url: &Url) -> Result<(), RequestError> {
        let own_origin = url.origin() == self.base.origin() && url.origin().is_tuple();
        if own_origin && url.username().is_empty() && url.password().is_none() {
            return Ok(());
        }
        let shown = url.host_str().map_or_else(|| url.scheme().to_owned(), one_line);
        Err(RequestError::ForeignOrigin(shown))
    }

    /// No address and no body carries a secret, of this client or of another: issues are read by many, and addresses
    /// come into logs. Such a request is refused and not changed: it would ask for something else.
    fn check_no_secret(&self, url: &Url, body: Option<&Bytes>) -> Result<(), RequestError> {
        let body = String::from_utf8_lossy(body.map_or(&[], |body| body.as_ref()));
        let place = if self.redactor.holds_whole_secret(url.as_str()) {
            "address"
        } else if self.redactor.holds_whole_secret(&body) {
            "body"
        } else {
            return Ok(());
        };
        tracing::warn!(place, "a request held a secret of this run, and was not sent");
        Err(RequestError::InvalidRequest(format!(
            "its {place} holds a secret of this run, so it is not sent; take the secret out of the page, the issue or \
             the configuration that names it, and rotate it"
        )))
    }

    /// Takes a wait out of what is left; `false` when too little is.
    fn try_reserve_wait(&self, wait: Duration) -> bool {
        let mut waited = lock(&self.waited);
        let after = waited.saturating_add(wait);
        let enough = after <= MAX_TOTAL_WAIT;
        if enough {
            *waited = after;
        }
        enough
    }
}

impl RestClient for Transport {
    type Error = RequestError;

    fn rest_endpoint(&self, endpoint: &str) -> Result<Url, ApiError<RequestError>> {
        Ok(self.base.join("api/v4/")?.join(endpoint)?)
    }

    fn instance_endpoint(&self, endpoint: &str) -> Result<Url, ApiError<RequestError>> {
        Ok(self.base.join(endpoint)?)
    }
}

#[async_trait]
impl AsyncClient for Transport {
    async fn rest_async(
        &self,
        request: http::request::Builder,
        body: Vec<u8>,
    ) -> Result<Response<Bytes>, ApiError<RequestError>> {
        let built =
            request.body(()).map_err(|error| ApiError::client(RequestError::InvalidRequest(error.to_string())))?;
        let url = Url::parse(&built.uri().to_string())?;
        let kind = built.headers().get(CONTENT_TYPE).cloned();
        let body = kind.map(|kind| (kind, Bytes::from(body)));
        self.send(built.method(), &url, body).await.map_err(ApiError::client)
    }
}

/// What a call through a typed endpoint came to, as an error of ours.
pub(super) fn from_api_error(error: ApiError<RequestError>) -> RequestError {
    match error {
        ApiError::Client { source } => source,
        // Only successes get past the transport, so these are answers of the wrong form.
        ApiError::GitlabService { status, .. } => {
            RequestError::Unreadable(format!("{status} without the JSON that belongs to it"))
        }
        ApiError::DataType { source, typename } => {
            let name = typename.rsplit("::").next().unwrap_or(typename);
            RequestError::Unreadable(format!("it is no {name}: {}", one_line(&source.to_string())))
        }
        other => RequestError::InvalidRequest(one_line(&other.to_string())),
    }
}

/// The crate's URLs end in `?` when there are no parameters.
fn without_empty_query(url: &Url) -> Url {
    let mut url = url.clone();
    if url.query() == Some("") {
        url.set_query(None);
    }
    url
}

/// The scopes of which one is needed, where a token has none of them (`lib/api/api_guard.rb`).
fn needed_scopes(json: &Value) -> Option<String> {
    let insufficient = json["error"] == "insufficient_scope";
    insufficient.then(|| {
        let scopes: Vec<&str> = json["scope"].as_str().unwrap_or("api").split_whitespace().collect();
        one_line(&scopes.join(" or "))
    })
}

/// The number of the project that a moved one is now, from a `Location` whose origin may be wrong.
fn moved_project_id(location: &str) -> Option<u64> {
    let (_, rest) = location.split_once("/api/v4/projects/")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The JSON object in the body of an answer that is no success: GitLab's own errors have one
/// (`lib/api/helpers.rb`, `render_api_error!`; GraphQL's have `errors`).
fn parse_error_object(response: &Response<Bytes>) -> Option<Value> {
    if response.status().is_success() {
        return None;
    }
    serde_json::from_slice(response.body()).ok().filter(Value::is_object)
}

fn is_html(response: &Response<Bytes>) -> bool {
    header_text(response.headers(), "content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
}

/// Whether an error means what it says only from GitLab itself. Others are the same whoever says them: too large (413,
/// as nginx before GitLab says it), too often (429, a text of GitLab's own rack-attack), and that a server failed.
fn is_meaningful_only_from_gitlab(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS)
}

/// Whether GitLab refuses what was sent because it takes it for spam: 409 with the fields of a captcha, or 400 "has
/// been discarded" (`app/controllers/concerns/spammable_actions/captcha_check/rest_api_actions_support.rb`,
/// `app/models/concerns/spammable.rb`).
fn is_spam_refusal(status: StatusCode, json: &Value) -> bool {
    let words = json.to_string().to_ascii_lowercase();
    match status {
        StatusCode::BAD_REQUEST => ["spam", "captcha", "has been discarded"].iter().any(|word| words.contains(word)),
        StatusCode::CONFLICT => {
            json["needs_captcha_response"] == true || ["spam", "captcha"].iter().any(|word| words.contains(word))
        }
        _ => false,
    }
}

/// The server's own words in an error body: `message` (text or object), `error`, or the first line.
fn error_message(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        let text = if body.trim_start().starts_with('<') { "an HTML page" } else { body };
        return one_line(text);
    };
    if !value.is_object() {
        return one_line(body);
    }
    let part = |key: &str| value.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    let main = part("message").or_else(|| part("error")).unwrap_or_default();
    let words = match (part("error_description"), part("scope")) {
        (Some(description), Some(scope)) => format!("{main}: {description} (needs scope {scope})"),
        (Some(description), None) => format!("{main}: {description}"),
        (None, _) => main,
    };
    one_line(&words)
}

/// Locks; a thread that panicked while holding it cannot have left these values half written.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A header's value as text; `None` where it is missing or no text.
pub(super) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
