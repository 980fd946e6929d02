//! Bodies: as little of them as is needed.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout_at};

use super::fetch::FetchResponse;
use crate::fragment::{AnchorSearch, FoundAnchors};

/// Enough for the head of a page that only sends its reader on, and to tell pages apart, bytes.
const START_BYTES: usize = 4 * 1024;
/// How long the start of a page is waited for; the page is there, so nothing is lost without it.
const START_WAIT: Duration = Duration::from_secs(2);
/// The most of a page that is read for its anchors, bytes.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// The beginning of a body: [`START_BYTES`] or a little more, or what came in time.
pub(super) struct BodyStart {
    pub(super) bytes: Vec<u8>,
    /// Whether nothing more is read: the body ends here, or broke off.
    over: bool,
    /// Whether it broke off.
    broken: bool,
}

/// SHA-256 of a page's first [`START_BYTES`], to tell it from others.
pub(super) type BodyHash = [u8; 32];

/// Reads the start of a body and leaves the rest.
pub(super) async fn read_start(mut reply: FetchResponse, until: Instant) -> (FetchResponse, BodyStart) {
    let mut start = BodyStart { bytes: Vec::new(), over: false, broken: false };
    let until = Instant::now().checked_add(START_WAIT).map_or(until, |soon| until.min(soon));
    while start.bytes.len() < START_BYTES && !start.over {
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
pub(super) fn truncate_to_start(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(START_BYTES)]
}

pub(super) fn hash_start(bytes: &[u8]) -> BodyHash {
    Sha256::digest(truncate_to_start(bytes)).into()
}

/// Reads the rest of a page for the anchors on it; also gives why the others cannot be known, if so.
pub(super) async fn search_anchors(
    mut reply: FetchResponse,
    start: BodyStart,
    wanted: &BTreeSet<String>,
    until: Instant,
) -> (FoundAnchors, Option<&'static str>) {
    if !reply.is_html() {
        return (FoundAnchors::default(), Some("the page is there; it is no HTML, so its places are not known"));
    }
    if !reply.is_unencoded() {
        return (FoundAnchors::default(), Some("the page is there; its text came packed and was not read"));
    }
    let mut search = AnchorSearch::new(wanted);
    let mut length = start.bytes.len();
    let mut over = search.push(&start.bytes) || start.over;
    let mut unknown = start.broken.then_some(BROKE_OFF_REASON);
    drop(start);
    while !over {
        match timeout_at(until, reply.body.next()).await {
            Ok(Some(Ok(chunk))) => {
                length += chunk.len();
                over = search.push(&chunk);
                if length > MAX_BODY_BYTES && !over {
                    (over, unknown) = (true, Some("the page is there; it is too long to be read to its end"));
                }
            }
            Ok(Some(Err(_))) => (over, unknown) = (true, Some(BROKE_OFF_REASON)),
            Ok(None) => over = true,
            Err(_elapsed) => (over, unknown) = (true, Some("the page is there; it did not come to its end in time")),
        }
    }
    let places = search.finish();
    if !places.has_any && places.has_script {
        unknown = unknown.or(Some("the page is there; it has no places until scripts have drawn it"));
    }
    (places, unknown)
}

const BROKE_OFF_REASON: &str = "the page is there; it broke off before its end";
