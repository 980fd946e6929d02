//! The text of one page, for who reads it and not its links.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use tokio::time::timeout;
use url::Url;

use super::fetch::{Lost, Reply};
use super::{Web, answer, hop};
use crate::collect::links::MOST_HOPS;
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::text::Untrusted;

/// A handbook page is about 10 KB; nothing that is one is larger than this.
const CAP: usize = 1024 * 1024;

impl Web {
    /// The text at an address, after no more redirects than a link may have, each judged like the first address.
    pub async fn text(&self, url: &Url) -> Observed<String> {
        let mut here = url.clone();
        let mut seen = BTreeSet::new();
        for _hop in 0..=MOST_HOPS {
            here.set_fragment(None);
            if !seen.insert(here.clone()) {
                return blind(url, hop::CIRCLE.to_owned(), Cause::Unavailable);
            }
            if let Err(why) = self.judge(&here) {
                return blind(url, why, Cause::Human);
            }
            match timeout(self.settings.deadline, self.one(url, &here)).await {
                Ok(Ok(text)) => return text,
                Ok(Err(next)) => here = next,
                Err(_elapsed) => {
                    let why = format!("no answer within {:?}", self.settings.deadline);
                    return blind(url, why, Cause::Unavailable);
                }
            }
        }
        blind(url, hop::too_many(), Cause::Unavailable)
    }

    /// The text at one address, or where it leads.
    async fn one(&self, asked: &Url, here: &Url) -> Result<Observed<String>, Url> {
        let reply = match self.fetch.get(here).await {
            Ok(reply) => reply,
            Err(lost) => return Ok(blind(asked, words(lost), Cause::Unavailable)),
        };
        match reply.status {
            200 => Ok(text(asked, reply).await),
            404 | 410 => Ok(Observed::Absent),
            status @ 300..=399 => match hop::next(here, status, reply.location().as_deref()) {
                Ok(next) => Err(next),
                Err(why) => Ok(blind(asked, why, Cause::Unavailable)),
            },
            status => Ok(blind(asked, answer::words(status), Cause::Unavailable)),
        }
    }
}

async fn text(url: &Url, mut reply: Reply) -> Observed<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = reply.body.next().await {
        match chunk {
            Ok(chunk) if bytes.len() + chunk.len() <= CAP => bytes.extend_from_slice(&chunk),
            Ok(_) => return blind(url, "it is larger than 1 MiB, which no page is".to_owned(), Cause::Human),
            Err(lost) => return blind(url, words(lost), Cause::Unavailable),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) if reply.is_plain() => Observed::Present(text),
        Ok(_) | Err(_) => blind(url, "it is not UTF-8 text".to_owned(), Cause::Human),
    }
}

fn words(lost: Lost) -> String {
    match lost {
        Lost::NoHost => "no such host".to_owned(),
        Lost::NotPublic => "its address is not a public one".to_owned(),
        Lost::NotConnected(why) | Lost::Tls(why) | Lost::Broken(why) => why,
    }
}

fn blind<T>(url: &Url, why: String, cause: Cause) -> Observed<T> {
    Observed::Unknown(Blind { what: Untrusted::new(url.as_str()).line(), why, cause })
}
