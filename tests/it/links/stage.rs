//! The stage of these stories: a sandbox, a web in memory, and what carries requests to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body as AxumBody;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use linkcheck::check_options::CheckOptions;
use linkcheck::web::{Fetch, FetchError, FetchResponse, Validators, WebClient, WebSettings};
use linkcheck::{CheckResult, Document, LabelSet, check_links};
use podkeeper::gitlab::{
    ConnectionOptions, Exchange, ExchangeError, Reader, Redactor, Token, TokenPurpose, new_reader,
};
use podkeeper::pod::pod_page::{Link, LinkForm};
use podkeeper::pod::text::Untrusted;
use podkeeper::pod::verdict::{LabelVerdict, Observation, Verdict};
use podkeeper::sandbox::{Sandbox, World};
use secrecy::SecretString;
use serde_json::Value;
use tower::ServiceExt as _;
use url::Url;

use crate::token_search;

pub(super) const NOW: &str = "2026-11-24T06:00:00Z";

/// One way to answer a GET.
#[derive(Debug, Clone)]
pub(super) enum ScriptedResponse {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// No answer for this reason.
    Lost(FetchError),
    /// Never anything.
    Silence,
}

impl ScriptedResponse {
    pub(super) fn page(body: &str) -> Self {
        Self::Answer(200, vec![("content-type", "text/html; charset=utf-8".to_owned())], body.to_owned())
    }

    pub(super) fn status(status: u16) -> Self {
        Self::Answer(status, Vec::new(), format!("<title>{status}</title>"))
    }

    pub(super) fn redirect(status: u16, target: &str) -> Self {
        Self::Answer(status, vec![("location", target.to_owned())], String::new())
    }

    pub(super) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// A web in memory: what each address says, in order, the last for ever; who is not listed is no host.
#[derive(Default)]
pub(super) struct InMemoryWeb {
    says: BTreeMap<String, Vec<ScriptedResponse>>,
    asked: Mutex<Vec<String>>,
    conditions: Mutex<Vec<String>>,
}

impl InMemoryWeb {
    pub(super) fn of(says: &[(&str, &[ScriptedResponse])]) -> Arc<Self> {
        let says = says.iter().map(|(url, says)| ((*url).to_owned(), says.to_vec())).collect();
        Arc::new(Self { says, ..Self::default() })
    }

    /// The addresses that were asked on a condition.
    pub(super) fn conditional_requests(&self) -> Vec<String> {
        self.conditions.lock().unwrap().clone()
    }

    pub(super) fn requested_urls(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Fetch for InMemoryWeb {
    async fn get_if_modified(&self, url: &Url, since: &Validators) -> Result<FetchResponse, FetchError> {
        self.conditions.lock().unwrap().push(url.to_string());
        let reply = self.get(url).await?;
        let same = |name: &str, known: &Option<String>| {
            let now = reply.headers.get(name).map(|value| value.to_str().unwrap());
            now.is_some() && now == known.as_deref()
        };
        let unchanged = match since.etag {
            Some(_) => same("etag", &since.etag),
            None => same("last-modified", &since.last_modified),
        };
        if reply.status != 200 || !unchanged {
            return Ok(reply);
        }
        Ok(FetchResponse { status: 304, headers: HeaderMap::new(), body: stream::iter([]).boxed() })
    }

    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        assert_eq!(url.fragment(), None, "a fragment is not sent");
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(url.to_string());
            asked.iter().filter(|asked| *asked == url.as_str()).count()
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
        let says = self.says.get(url.as_str()).map(|says| says[(nth - 1).min(says.len() - 1)].clone());
        match says.unwrap_or(ScriptedResponse::Lost(FetchError::NoSuchHost)) {
            ScriptedResponse::Lost(lost) => Err(lost),
            ScriptedResponse::Silence => std::future::pending().await,
            ScriptedResponse::Answer(status, pairs, body) => {
                let mut headers = HeaderMap::new();
                for (name, value) in pairs {
                    headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
                }
                // In small pieces, as a slow server does.
                let pieces: Vec<_> =
                    body.as_bytes().chunks(1_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
                Ok(FetchResponse { status, headers, body: stream::iter(pieces).boxed() })
            }
        }
    }
}

/// The web of a sandbox, without a socket.
pub(crate) struct SandboxWeb(pub(crate) Sandbox);

#[async_trait::async_trait]
impl Fetch for SandboxWeb {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        token_search::assert_no_token("a visit", url.as_str().as_bytes(), &self.0.describe().tokens["api"]);
        let request = Request::get(url.as_str()).body(AxumBody::empty()).unwrap();
        let answer = self.0.web_router().oneshot(request).await.unwrap();
        let fault = answer.headers().get("x-sandbox-fault").map(|fault| fault.to_str().unwrap().to_owned());
        match (answer.status().as_u16(), fault.as_deref()) {
            (421, _) => return Err(FetchError::NoSuchHost),
            (_, Some("hang")) => std::future::pending().await,
            (_, Some("down")) => return Err(FetchError::BadResponse("reset".to_owned())),
            (_, Some(slow)) => {
                let wait = slow.strip_prefix("slow ").and_then(|wait| wait.parse().ok()).unwrap();
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            _ => {}
        }
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = stream::iter([Ok(bytes)]).boxed();
        Ok(FetchResponse { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// What is done to an answer, seeing its query.
type AlterAnswer = Box<dyn Fn(&str, Value) -> Value + Send + Sync>;

/// Carries API calls to a sandbox, notes the queries, and alters answers where asked to.
pub(super) struct RecordingExchange {
    sandbox: Sandbox,
    queries: Mutex<Vec<String>>,
    spoil: AlterAnswer,
}

#[async_trait::async_trait]
impl Exchange for RecordingExchange {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let query = body["query"].as_str().unwrap_or_default().to_owned();
        self.queries.lock().unwrap().push(query.clone());
        let answer = self.sandbox.router().oneshot(request.map(AxumBody::from)).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = match serde_json::from_slice(&body) {
            Ok(value) => Bytes::from((self.spoil)(&query, value).to_string()),
            Err(_) => body,
        };
        Ok(Response::from_parts(parts, body))
    }
}

/// A sandbox, the exchange to it, and a reader with the token of a world's user.
pub(super) struct Stage {
    pub(super) reader: Reader,
    pub(super) wire: Arc<RecordingExchange>,
    pub(super) sandbox: Sandbox,
}

impl Stage {
    pub(super) fn new(world: World, token: Option<&str>) -> Self {
        Self::with_altered_answers(world, token, |_, value| value)
    }

    pub(super) fn with_altered_answers(
        world: World,
        token: Option<&str>,
        spoil: impl Fn(&str, Value) -> Value + Send + Sync + 'static,
    ) -> Self {
        let sandbox = Sandbox::new(world);
        let wire =
            Arc::new(RecordingExchange { sandbox: sandbox.clone(), queries: Mutex::default(), spoil: Box::new(spoil) });
        let token =
            token.map(|secret| Token { name: "PODKEEPER_TOKEN".to_owned(), secret: SecretString::from(secret) });
        let both = |token: Token| [(TokenPurpose::Handbook, token.clone()), (TokenPurpose::Links, token)];
        let tokens = token.into_iter().flat_map(both).collect();
        let url = "https://gitlab.example/".parse().unwrap();
        let reader = new_reader(&ConnectionOptions {
            url,
            tokens,
            exchange: Arc::clone(&wire) as Arc<dyn Exchange>,
            jitter_seed: 7,
            redactor: Redactor::default(),
        })
        .unwrap();
        Self { reader, wire, sandbox }
    }

    pub(super) async fn check_links(&self, urls: &[&str], web: &WebClient) -> CheckResult {
        self.check_with_policy(urls, web, &CheckOptions::default()).await
    }

    pub(super) async fn check_with_policy(&self, urls: &[&str], web: &WebClient, policy: &CheckOptions) -> CheckResult {
        let links = links(urls);
        let document = Document { path: "pod.md", links: (&links).into(), site_url: None, local_files: None };
        let probed = check_links(&[document], &[], &self.reader, web, policy).await;
        for query in self.wire.queries.lock().unwrap().iter() {
            assert!(query.chars().count() <= 10_000);
        }
        probed
    }

    pub(super) async fn check_labels(
        &self,
        names: &BTreeSet<String>,
        groups: &[String],
    ) -> BTreeMap<String, LabelVerdict> {
        let labels = [LabelSet { names: names.clone(), groups }];
        let probed =
            check_links(&[], &labels, &self.reader, &web(&InMemoryWeb::of(&[])), &CheckOptions::default()).await;
        probed.labels.into_iter().next().unwrap().by_name
    }
}

pub(super) fn links(urls: &[&str]) -> Vec<Link> {
    urls.iter().enumerate().map(|(index, url)| link(url, index + 1)).collect()
}

pub(super) fn link(url: &str, line: usize) -> Link {
    Link {
        url: url.to_owned(),
        text: Untrusted::new("a link"),
        line,
        column: 3,
        section: Untrusted::new("Links").into(),
        form: LinkForm::Inline,
        kind: None,
    }
}

pub(super) fn web(memory: &Arc<InMemoryWeb>) -> WebClient {
    WebClient::with_fetch(
        Arc::clone(memory) as Arc<dyn Fetch>,
        WebSettings { jitter_seed: 7, ..WebSettings::default() },
    )
}

pub(super) fn empty_world() -> World {
    World::empty(NOW.parse().unwrap())
}

/// The check of links of the web alone.
pub(super) async fn check_web_links(memory: &Arc<InMemoryWeb>, urls: &[&str]) -> BTreeMap<String, Observation> {
    observations_by_url(Stage::new(empty_world(), None).check_links(urls, &web(memory)).await)
}

pub(super) fn observations_by_url(probed: CheckResult) -> BTreeMap<String, Observation> {
    probed.observations.into_iter().map(|seen| (seen.url.as_str().to_owned(), seen)).collect()
}

pub(super) fn verdict(seen: &BTreeMap<String, Observation>, url: &str) -> Verdict {
    seen.get(url).unwrap_or_else(|| panic!("{url} was not looked at")).assessment.verdict
}
