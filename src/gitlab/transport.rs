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
use futures_util::StreamExt as _;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use super::error::Fault;
use super::retry::{ATTEMPTS, Effect, Jitter, answered_at, asked_wait, bearable, may_repeat};
use super::{Counts, Redactor, Token};
use crate::pod::text::Untrusted;

/// A whole exchange, connecting included, may take this long.
const DEADLINE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(5);
/// The largest answer that is read, after decompression; a page of 100 issues is far below it.
const BODY_CAP: usize = 8 * 1024 * 1024;
/// All waiting between retries of one client, so that a pipeline never hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// What carries one request to the server and its answer back: the seam under which a test puts a sandbox
/// in memory.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Sends once. Never follows a redirect, never repeats.
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure>;
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The request certainly never reached the server.
    #[error("{0}")]
    NotSent(String),
    /// It may have.
    #[error("{0}")]
    Lost(String),
    /// The answer is larger than is read.
    #[error("the answer is too large")]
    TooLarge,
}

/// Nobody: for work that must not ask, on a machine that perhaps could not.
pub struct Nobody;

#[async_trait]
impl Exchange for Nobody {
    async fn exchange(&self, _request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        Err(Failure::NotSent("nothing is to be asked".to_owned()))
    }
}

/// The real thing: reqwest, without redirects and without a proxy from the environment.
pub struct HttpExchange {
    client: reqwest::Client,
}

impl HttpExchange {
    /// A client of its own.
    ///
    /// # Errors
    /// A sentence, when this machine has no certificate authorities to check an https server with.
    pub fn new() -> Result<Self, String> {
        Self::from_builder(reqwest::Client::builder())
    }

    /// A client for plain HTTP on this machine; needs no certificate authorities.
    ///
    /// # Errors
    /// A sentence, when the client cannot be built.
    pub fn loopback() -> Result<Self, String> {
        Self::from_builder(reqwest::Client::builder().tls_certs_only(std::iter::empty()))
    }

    fn from_builder(builder: reqwest::ClientBuilder) -> Result<Self, String> {
        let client = builder
            .user_agent(concat!("podkeeper/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .no_proxy()
            .build()
            .map_err(|error| {
                format!(
                    "cannot make an HTTP client ({}); install the system's CA certificates (ca-certificates)",
                    innermost(&error)
                )
            })?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Exchange for HttpExchange {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let request = reqwest::Request::try_from(request).map_err(|error| Failure::NotSent(innermost(&error)))?;
        let answer = self.client.execute(request).await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                Failure::NotSent(innermost(&error))
            } else {
                Failure::Lost(innermost(&error))
            }
        })?;
        let mut out = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            out = out.header(name, value);
        }
        let mut body = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| Failure::Lost(innermost(&error)))?;
            if body.len() + chunk.len() > BODY_CAP {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        out.body(Bytes::from(body)).map_err(|error| Failure::Lost(error.to_string()))
    }
}

/// The last cause of an error: reqwest's own text holds the URL with its query, which is never printed.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_timeout() => "timed out".to_owned(),
        Some(_) => "the HTTP client gave up".to_owned(),
        None => Untrusted::new(cause.to_string()).line(),
    }
}

/// One origin, one secret, one client.
pub(super) struct Transport {
    pub(super) base: Url,
    token: Option<Token>,
    exchange: Arc<dyn Exchange>,
    counts: Arc<Counts>,
    redactor: Redactor,
    jitter: Jitter,
    /// Why the token is not used any more, once the server refused it.
    refused: Mutex<Option<String>>,
    waited: Mutex<Duration>,
}

impl Transport {
    pub(super) fn new(
        mut base: Url,
        token: Option<Token>,
        exchange: Arc<dyn Exchange>,
        counts: Arc<Counts>,
        seed: u64,
    ) -> Self {
        // `Url::join` drops what follows the last slash.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let redactor = Redactor::new(&token.iter().map(|token| &token.secret).collect::<Vec<_>>());
        Self {
            base,
            token,
            exchange,
            counts,
            redactor,
            jitter: Jitter::new(seed),
            refused: Mutex::new(None),
            waited: Mutex::new(Duration::ZERO),
        }
    }

    /// Knows this client's secret.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Sends a REST request to this client's origin and nowhere else, repeating it where that is safe.
    pub(super) async fn send(
        &self,
        method: &Method,
        url: &Url,
        body: Option<(HeaderValue, Bytes)>,
    ) -> Result<Response<Bytes>, Fault> {
        self.send_as(Effect::of(method), method, url, body).await
    }

    /// The same where the method does not tell what the request does.
    pub(super) async fn send_as(
        &self,
        effect: Effect,
        method: &Method,
        url: &Url,
        body: Option<(HeaderValue, Bytes)>,
    ) -> Result<Response<Bytes>, Fault> {
        self.check_origin(url)?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            if let Some(why) = lock(&self.refused).clone() {
                return Err(Fault::TokenRefused(why));
            }
            let (fault, asked) = match self.send_once(effect, method, url, body.clone()).await {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            let wait = asked.unwrap_or_else(|| self.jitter.wait(attempt));
            if attempt >= ATTEMPTS || !may_repeat(effect, &fault) || !bearable(wait) || !self.patient(wait) {
                return Err(fault);
            }
            tracing::debug!(%method, path = url.path(), %fault, wait_ms = wait.as_millis(), "sending again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn send_once(
        &self,
        effect: Effect,
        method: &Method,
        url: &Url,
        body: Option<(HeaderValue, Bytes)>,
    ) -> Result<Response<Bytes>, (Fault, Option<Duration>)> {
        let request = self.request(method, url, body).map_err(|fault| (fault, None))?;
        self.counts.count(effect);
        let exchanged = tokio::time::timeout(DEADLINE, self.exchange.exchange(request)).await;
        let answer = exchanged.as_ref().ok().and_then(|answer| answer.as_ref().ok());
        let named = |answer: &Response<Bytes>| header(answer.headers(), "x-request-id").map(str::to_owned);
        let answer = answer.map(|answer| (answer.status().as_u16(), named(answer)));
        self.counts.note(effect, method, url.path(), answer);
        let response = match exchanged {
            Ok(Ok(response)) => response,
            Ok(Err(Failure::NotSent(why))) => {
                return Err((Fault::NotSent(self.redactor.clean(&why).into_owned()), None));
            }
            Ok(Err(Failure::Lost(why))) => return Err((Fault::Lost(self.redactor.clean(&why).into_owned()), None)),
            Ok(Err(Failure::TooLarge)) => {
                let why = format!("it is larger than {} MiB", BODY_CAP / 1024 / 1024);
                return Err((Fault::Unreadable(why), None));
            }
            Err(_elapsed) => return Err((Fault::Lost(format!("timed out after {} s", DEADLINE.as_secs())), None)),
        };
        let json = error_object(&response);
        // A page that some box put in the way says what that box's clock says.
        if (json.is_some() || response.status().is_success() && !is_html(&response))
            && let Some(date) = answered_at(response.headers())
        {
            self.counts.dated(date);
        }
        let request_id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("-");
        tracing::debug!(%method, path = url.path(), status = response.status().as_u16(), request_id, "GitLab answered");
        self.judge(effect, response, json.as_ref())
    }

    fn request(&self, method: &Method, url: &Url, body: Option<(HeaderValue, Bytes)>) -> Result<Request<Bytes>, Fault> {
        let mut builder = Request::builder().method(method).uri(without_empty_query(url).as_str());
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(token.secret.expose_secret())
                .map_err(|_invalid| Fault::NotMade(format!("{} holds characters that no token has", token.name)))?;
            value.set_sensitive(true);
            builder = builder.header("PRIVATE-TOKEN", value);
        }
        let (kind, body) = body.map_or((None, Bytes::new()), |(kind, body)| (Some(kind), body));
        if let Some(kind) = kind {
            builder = builder.header(CONTENT_TYPE, kind);
        } else if method != Method::GET {
            builder = builder.header(CONTENT_LENGTH, 0);
        }
        builder.body(body).map_err(|error| Fault::NotMade(error.to_string()))
    }

    /// Passes a success on; turns everything else into a fault. `json` is the object of an error's body, if it is one.
    fn judge(
        &self,
        effect: Effect,
        response: Response<Bytes>,
        json: Option<&Value>,
    ) -> Result<Response<Bytes>, (Fault, Option<Duration>)> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        // Before the words are cut to a line, so that no half of a secret is left; and after, because JSON
        // can hide one behind escapes.
        let body = String::from_utf8_lossy(response.body());
        let body = self.redactor.clean(&body);
        let message = self.redactor.clean(&server_words(&body)).into_owned();
        // GitLab's own words often begin with the status that stands before them.
        let message = message.strip_prefix(&format!("{} ", status.as_u16())).map_or(message.clone(), str::to_owned);
        if status.is_redirection() {
            let project_id =
                response.headers().get(LOCATION).and_then(|location| location.to_str().ok()).and_then(moved_to);
            return Err((Fault::Redirected { status: status.as_u16(), project_id }, None));
        }
        if json.is_none() && only_gitlab_says(status) {
            let says = if message.is_empty() { "without a word".to_owned() } else { message };
            return Err((Fault::Middlebox { status: status.as_u16(), says }, None));
        }
        if status.as_u16() == 401 {
            // Without a token that concerns this endpoint alone: labels want one even in public projects, issues do not.
            let Some(token) = &self.token else {
                let message = format!("GitLab wants a token for this, and none was given ({message})");
                return Err((Fault::Status { status: 401, message }, None));
            };
            let why = format!("GitLab refused the token in {} (401 {message})", token.name);
            // GraphQL refuses a token without `read_api` so, which still reads files over REST.
            if effect != Effect::Query {
                *lock(&self.refused) = Some(why.clone());
            }
            return Err((Fault::TokenRefused(why), None));
        }
        if let (Some(token), Some(needed)) = (&self.token, json.and_then(scope_needed)) {
            let needed = self.redactor.clean(&needed).into_owned();
            return Err((Fault::Scope { token: token.name.clone(), needed }, None));
        }
        if !effect.is_read() && json.is_some_and(|json| takes_for_spam(status, json)) {
            return Err((Fault::Spam { status: status.as_u16(), message }, None));
        }
        let asked = asked_wait(status, response.headers());
        Err((Fault::Status { status: status.as_u16(), message }, asked))
    }

    /// Scheme, host and port of a URL must be the configured ones: compared as parsed, never as text.
    fn check_origin(&self, url: &Url) -> Result<(), Fault> {
        let own_origin = url.origin() == self.base.origin() && url.origin().is_tuple();
        if own_origin && url.username().is_empty() && url.password().is_none() {
            return Ok(());
        }
        let shown = url.host_str().map_or_else(|| url.scheme().to_owned(), |host| Untrusted::new(host).line());
        Err(Fault::ForeignOrigin(shown))
    }

    /// Takes a wait out of what is left; `false` when too little is.
    fn patient(&self, wait: Duration) -> bool {
        let mut waited = lock(&self.waited);
        let after = waited.saturating_add(wait);
        let enough = after <= PATIENCE;
        if enough {
            *waited = after;
        }
        enough
    }
}

impl RestClient for Transport {
    type Error = Fault;

    fn rest_endpoint(&self, endpoint: &str) -> Result<Url, ApiError<Fault>> {
        Ok(self.base.join("api/v4/")?.join(endpoint)?)
    }

    fn instance_endpoint(&self, endpoint: &str) -> Result<Url, ApiError<Fault>> {
        Ok(self.base.join(endpoint)?)
    }
}

#[async_trait]
impl AsyncClient for Transport {
    async fn rest_async(
        &self,
        request: http::request::Builder,
        body: Vec<u8>,
    ) -> Result<Response<Bytes>, ApiError<Fault>> {
        let built = request.body(()).map_err(|error| ApiError::client(Fault::NotMade(error.to_string())))?;
        let url = Url::parse(&built.uri().to_string())?;
        let kind = built.headers().get(CONTENT_TYPE).cloned();
        let body = kind.map(|kind| (kind, Bytes::from(body)));
        self.send(built.method(), &url, body).await.map_err(ApiError::client)
    }
}

/// What a call through a typed endpoint came to, as a fault of ours.
pub(super) fn fault_of(error: ApiError<Fault>) -> Fault {
    match error {
        ApiError::Client { source } => source,
        // Only successes get past the transport, so these are answers of the wrong form.
        ApiError::GitlabService { status, .. } => {
            Fault::Unreadable(format!("{status} without the JSON that belongs to it"))
        }
        ApiError::DataType { source, typename } => {
            let name = typename.rsplit("::").next().unwrap_or(typename);
            Fault::Unreadable(format!("it is no {name}: {}", Untrusted::new(source.to_string()).line()))
        }
        other => Fault::NotMade(Untrusted::new(other.to_string()).line()),
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
fn scope_needed(json: &Value) -> Option<String> {
    let insufficient = json["error"] == "insufficient_scope";
    insufficient.then(|| {
        let scopes: Vec<&str> = json["scope"].as_str().unwrap_or("api").split_whitespace().collect();
        Untrusted::new(scopes.join(" or ")).line()
    })
}

/// The number of the project that a moved one is now, from a `Location` whose origin may be wrong.
fn moved_to(location: &str) -> Option<u64> {
    let (_, rest) = location.split_once("/api/v4/projects/")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The JSON object in the body of an answer that is no success: GitLab's own errors have one
/// (`lib/api/helpers.rb`, `render_api_error!`; GraphQL's have `errors`).
fn error_object(response: &Response<Bytes>) -> Option<Value> {
    if response.status().is_success() {
        return None;
    }
    serde_json::from_slice(response.body()).ok().filter(Value::is_object)
}

fn is_html(response: &Response<Bytes>) -> bool {
    header(response.headers(), "content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
}

/// Whether an error means what it says only from GitLab itself. Others are the same whoever says them: too large (413, as
/// nginx before GitLab says it), too often (429, a text of GitLab's own rack-attack), and that a server failed.
fn only_gitlab_says(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS)
}

/// Whether GitLab refuses what was sent because it takes it for spam: 409 with the fields of a captcha, or 400 "has been
/// discarded" (`app/controllers/concerns/spammable_actions/captcha_check/rest_api_actions_support.rb`,
/// `app/models/concerns/spammable.rb`).
fn takes_for_spam(status: StatusCode, json: &Value) -> bool {
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
fn server_words(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        let text = if body.trim_start().starts_with('<') { "an HTML page" } else { body };
        return Untrusted::new(text).line();
    };
    if !value.is_object() {
        return Untrusted::new(body).line();
    }
    let part = |key: &str| value.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    let main = part("message").or_else(|| part("error")).unwrap_or_default();
    let words = match (part("error_description"), part("scope")) {
        (Some(description), Some(scope)) => format!("{main}: {description} (needs scope {scope})"),
        (Some(description), None) => format!("{main}: {description}"),
        (None, _) => main,
    };
    Untrusted::new(words).line()
}

/// Locks; a thread that panicked while holding it cannot have left these values half written.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Headers of a next page; see [`super::paging`].
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
