//! A question to an API in its host's queue: asked once, because the page is still there to be asked.

use futures_util::StreamExt as _;
use http::HeaderMap;
use std::sync::atomic::Ordering;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::super::answer::{self, Said};
use super::super::fetch::{Fetch, Reply};
use super::super::hop;
use super::{Visitor, host};
use crate::collect::links::verdict::Judged;
use crate::pod::verdict::Verdict;

/// The most of an answer that is read; a file of 1 MiB takes a third more in base64.
const CAP: usize = 2 * 1024 * 1024;

/// An answer, redirects among them.
pub(in crate::collect::links) struct Answer {
    pub(in crate::collect::links) status: u16,
    headers: HeaderMap,
    /// The body, or its beginning.
    pub(in crate::collect::links) body: Vec<u8>,
}

impl Answer {
    /// A header as text.
    pub(in crate::collect::links) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// The address that it leads to from here, if it can be followed.
    pub(in crate::collect::links) fn next(&self, here: &Url) -> Option<Url> {
        hop::next(here, self.status, hop::location(&self.headers).as_deref()).ok()
    }
}

impl Visitor {
    /// Asks an API by the client that holds its secret.
    ///
    /// # Errors
    /// The verdict where nothing was answered.
    pub(in crate::collect::links) async fn api(&self, fetch: &dyn Fetch, url: &Url) -> Result<Answer, Judged> {
        if let Err(why) = self.web.judge(url) {
            return Err(Judged::new(Verdict::Blocked, why));
        }
        let host = host(url);
        let _place = self.pace.turn(&host).await?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let asked = Instant::now();
        let until = asked.checked_add(self.web.settings.deadline).unwrap_or(asked);
        match timeout_at(until, fetch.get(url)).await {
            Err(_elapsed) => {
                let judged = answer::unreachable(format!("no answer within {:?}", self.web.settings.deadline));
                self.pace.lost(&host);
                self.pace.unanswered(&host, asked, &judged);
                Err(judged)
            }
            Ok(Err(why)) => {
                self.pace.lost(&host);
                Err(self.no_answer(&host, asked, &why))
            }
            Ok(Ok(reply)) => {
                let well = matches!(answer::said(&reply), Said::Page | Said::Redirect | Said::Gone);
                self.pace.answered(&host, asked.elapsed(), well);
                whole(reply, until).await
            }
        }
    }
}

async fn whole(mut reply: Reply, until: Instant) -> Result<Answer, Judged> {
    let mut body = Vec::new();
    while body.len() < CAP {
        match timeout_at(until, reply.body.next()).await {
            Ok(Some(Ok(chunk))) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => return Err(answer::unreachable("its answer broke off".to_owned())),
        }
    }
    Ok(Answer { status: reply.status, headers: reply.headers, body })
}
