//! A request to an API in its host's queue: sent once, because the page can still be visited instead.

use futures_util::StreamExt as _;
use http::HeaderMap;
use std::sync::atomic::Ordering;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::super::fetch::{Fetch, FetchResponse};
use super::super::location;
use super::super::response_kind::{self, ResponseKind};
use super::{Visitor, host_and_port};
use crate::rate_limit::Transport;
use crate::verdict::{Assessment, Verdict};

/// The most of a response that is read, bytes; a file of 1 MiB takes a third more in base64.
const MAX_RESPONSE_BYTES: usize = 2 * 1024 * 1024;

/// A response of an API, redirects among them.
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    headers: HeaderMap,
    /// The body, or its beginning.
    pub(crate) body: Vec<u8>,
}

impl ApiResponse {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// The address that it leads to from here, if it can be followed.
    pub(crate) fn redirect_target(&self, here: &Url) -> Option<Url> {
        location::redirect_target(here, self.status, location::read_location(&self.headers).as_deref()).ok()
    }
}

impl Visitor {
    /// Asks an API by the client that holds its secret.
    ///
    /// # Errors
    /// The verdict where nothing was answered.
    pub(crate) async fn get_from_api(&self, fetch: &dyn Fetch, url: &Url) -> Result<ApiResponse, Assessment> {
        if let Err(why) = self.web.check_url(url) {
            return Err(Assessment::new(Verdict::Blocked, why));
        }
        let (host, transport) = (host_and_port(url), Transport::from_url(url));
        let _permit = self.rate_limiter.acquire_permit(&host, transport).await?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let asked = Instant::now();
        let until = asked.checked_add(self.web.settings.deadline).unwrap_or(asked);
        match timeout_at(until, fetch.get(url)).await {
            Err(_elapsed) => {
                let assessment =
                    response_kind::unreachable_assessment(format!("no answer within {:?}", self.web.settings.deadline));
                self.rate_limiter.record_failure(&host);
                self.rate_limiter.record_silence(&host, transport, asked, &assessment);
                Err(assessment)
            }
            Ok(Err(why)) => {
                self.rate_limiter.record_failure(&host);
                Err(self.record_fetch_error((&host, transport), asked, &why))
            }
            Ok(Ok(reply)) => {
                let well = matches!(
                    response_kind::classify(&reply),
                    ResponseKind::Success | ResponseKind::Redirect | ResponseKind::Gone
                );
                self.rate_limiter.record_answer(&host, transport, asked.elapsed(), well);
                read_response(reply, until).await
            }
        }
    }
}

async fn read_response(mut reply: FetchResponse, until: Instant) -> Result<ApiResponse, Assessment> {
    let mut body = Vec::new();
    while body.len() < MAX_RESPONSE_BYTES {
        match timeout_at(until, reply.body.next()).await {
            Ok(Some(Ok(chunk))) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => {
                return Err(response_kind::unreachable_assessment("its answer broke off".to_owned()));
            }
        }
    }
    Ok(ApiResponse { status: reply.status, headers: reply.headers, body })
}
