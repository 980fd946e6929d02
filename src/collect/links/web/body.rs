//! Bodies: as little of them as is needed.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout_at};

use super::fetch::Reply;
use crate::collect::links::fragment::{Places, Search};

/// Enough for the head of a page that only sends its reader on, and to tell pages apart.
const START: usize = 4 * 1024;
/// How long the start of a page is waited for; the page is there, so nothing is lost without it.
const START_WAIT: Duration = Duration::from_secs(2);
/// The most of a page that is read for its places.
const CAP: usize = 2 * 1024 * 1024;

/// The beginning of a body.
pub(super) struct Start {
    pub(super) bytes: Vec<u8>,
    /// Whether the body ends with it, or went wrong there.
    over: bool,
    broken: bool,
}

/// A page's beginning, to tell it from others.
pub(super) type Print = [u8; 32];

/// Reads the start of a body and leaves the rest.
pub(super) async fn start(mut reply: Reply, until: Instant) -> (Reply, Start) {
    let mut start = Start { bytes: Vec::new(), over: false, broken: false };
    let until = Instant::now().checked_add(START_WAIT).map_or(until, |soon| until.min(soon));
    while start.bytes.len() < START && !start.over {
        match timeout_at(until, reply.body.next()).await {
            Ok(Some(Ok(chunk))) => start.bytes.extend_from_slice(&chunk),
            Ok(Some(Err(_))) => (start.over, start.broken) = (true, true),
            Ok(None) => start.over = true,
            Err(_elapsed) => break,
        }
    }
    (reply, start)
}

/// What every start holds, however much of a page came with it.
pub(super) fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(START)]
}

/// A hash of a page's beginning.
pub(super) fn print(bytes: &[u8]) -> Print {
    Sha256::digest(head(bytes)).into()
}

/// Reads the rest of a page for the places on it; also tells why the others cannot be known, if so.
pub(super) async fn places(
    mut reply: Reply,
    start: Start,
    wanted: &BTreeSet<String>,
    until: Instant,
) -> (Places, Option<&'static str>) {
    if !reply.is_html() {
        return (Places::default(), Some("the page is there; it is no HTML, so its places are not known"));
    }
    if !reply.is_plain() {
        return (Places::default(), Some("the page is there; its text came packed and was not read"));
    }
    let mut search = Search::new(wanted);
    let mut length = start.bytes.len();
    let mut over = search.goes_on_with(&start.bytes) || start.over;
    let mut unknown = start.broken.then_some(BROKE_OFF);
    drop(start);
    while !over {
        match timeout_at(until, reply.body.next()).await {
            Ok(Some(Ok(chunk))) => {
                length += chunk.len();
                over = search.goes_on_with(&chunk);
                if length > CAP && !over {
                    (over, unknown) = (true, Some("the page is there; it is too long to be read to its end"));
                }
            }
            Ok(Some(Err(_))) => (over, unknown) = (true, Some(BROKE_OFF)),
            Ok(None) => over = true,
            Err(_elapsed) => (over, unknown) = (true, Some("the page is there; it did not come to its end in time")),
        }
    }
    let places = search.end();
    if !places.any {
        unknown = unknown.or(Some("the page is there; it has no places until scripts have drawn it"));
    }
    (places, unknown)
}

const BROKE_OFF: &str = "the page is there; it broke off before its end";
