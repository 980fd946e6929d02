//! The text of one page, for who reads it and not its links.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use tokio::time::timeout;
use url::Url;

use super::connect_fault::ConnectFault;
use super::fetch::{FetchError, FetchResponse};
use super::{WebClient, location, response_kind};
use crate::MOST_REDIRECTS;
use crate::address_policy::{CLOSED_PORT_REASON, NOT_PUBLIC_REASON};
use crate::observed::{FailureCause, Observed, ReadFailure};
use crate::text::one_line;

/// A handbook page is about 10 KB; nothing that is one is larger than this.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

impl WebClient {
    /// The text at an address, after no more redirects than a link may have, each judged like the first address.
    pub async fn fetch_text(&self, url: &Url) -> Observed<String> {
        let mut here = url.clone();
        let mut seen = BTreeSet::new();
        for _hop in 0..=MOST_REDIRECTS {
            here.set_fragment(None);
            if !seen.insert(here.clone()) {
                return unknown_text(url, location::CIRCLE.to_owned(), FailureCause::Unavailable);
            }
            if let Err(why) = self.check_url(&here) {
                return unknown_text(url, why, FailureCause::Human);
            }
            match timeout(self.settings.deadline, self.fetch_text_once(url, &here)).await {
                Ok(Ok(text)) => return text,
                Ok(Err(next)) => here = next,
                Err(_elapsed) => {
                    let why = format!("no answer within {:?}", self.settings.deadline);
                    return unknown_text(url, why, FailureCause::Unavailable);
                }
            }
        }
        unknown_text(url, location::too_many_redirects_reason(), FailureCause::Unavailable)
    }

    /// The text at one address, or where it leads.
    async fn fetch_text_once(&self, asked: &Url, here: &Url) -> Result<Observed<String>, Url> {
        let reply = match self.fetch.get(here).await {
            Ok(reply) => reply,
            Err(lost) => return Ok(unknown_text(asked, error_reason(lost), FailureCause::Unavailable)),
        };
        match reply.status {
            200 => Ok(read_text(asked, reply).await),
            404 | 410 => Ok(Observed::Absent),
            status @ 300..=399 => match location::redirect_target(here, status, reply.location().as_deref()) {
                Ok(next) => Err(next),
                Err(why) => Ok(unknown_text(asked, why, FailureCause::Unavailable)),
            },
            status => Ok(unknown_text(asked, response_kind::status_reason(status), FailureCause::Unavailable)),
        }
    }
}

async fn read_text(url: &Url, mut reply: FetchResponse) -> Observed<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = reply.body.next().await {
        match chunk {
            Ok(chunk) if bytes.len() + chunk.len() <= MAX_PAGE_BYTES => bytes.extend_from_slice(&chunk),
            Ok(_) => {
                return unknown_text(url, "it is larger than 1 MiB, which no page is".to_owned(), FailureCause::Human);
            }
            Err(lost) => return unknown_text(url, error_reason(lost), FailureCause::Unavailable),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) if reply.is_unencoded() => Observed::Present(text),
        Ok(_) | Err(_) => unknown_text(url, "it is not UTF-8 text".to_owned(), FailureCause::Human),
    }
}

fn error_reason(lost: FetchError) -> String {
    match lost {
        FetchError::NoSuchHost => "no such host".to_owned(),
        FetchError::DnsSilent => ConnectFault::DnsSilent.reason().to_owned(),
        FetchError::NotPublic => NOT_PUBLIC_REASON.to_owned(),
        FetchError::ClosedPort => CLOSED_PORT_REASON.to_owned(),
        FetchError::ConnectFailed(why) | FetchError::Tls(why) | FetchError::BadResponse(why) => why,
    }
}

fn unknown_text<T>(url: &Url, why: String, cause: FailureCause) -> Observed<T> {
    Observed::Unknown(ReadFailure { what: one_line(url.as_str()), why, cause })
}
