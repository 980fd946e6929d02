//! Answers as a socket shows them when they are to hang, to come late or byte by byte, to break off, or never to end.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_LENGTH;

use super::FAULT_HEADER;
use super::connection::{BreakKind, ConnectionBreaker};

/// More than any answer is; it only keeps the sandbox from holding one that is endless.
const MAX_BUFFERED_BYTES: usize = 64 * 1024 * 1024;
/// What an endless answer goes on with.
const ENDLESS_CHUNK: &[u8] = &[b' '; 16 * 1024];

/// Does to an answer what its [`FAULT_HEADER`] says. `stopped` ends when the sandbox does.
pub(crate) async fn apply_fault_header(
    response: Response,
    breaker: Option<&ConnectionBreaker>,
    stopped: impl Future<Output = ()>,
) -> Response {
    let Some(fault) = response.headers().get(FAULT_HEADER).and_then(|fault| fault.to_str().ok()) else {
        return response;
    };
    let (fault, number) = fault.split_once(' ').unwrap_or((fault, ""));
    let number: u64 = number.parse().unwrap_or_default();
    match (fault, breaker) {
        ("hang", _) => stopped.await,
        ("slow", _) => tokio::time::sleep(Duration::from_millis(number)).await,
        ("reset", Some(breaker)) => breaker.break_with(BreakKind::Reset),
        ("garbage", Some(breaker)) => breaker.break_with(BreakKind::Garbage),
        ("cut", _) => return truncate_body(response, usize::try_from(number).unwrap_or(usize::MAX)).await,
        ("drip", _) => return send_byte_by_byte(response, Duration::from_millis(number)).await,
        ("endless", _) => return with_endless_body(response),
        _ => {}
    }
    response
}

/// So many bytes of the body, then the end of the connection, though the head promised all of it.
async fn truncate_body(response: Response, at: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, MAX_BUFFERED_BYTES).await.unwrap_or_default();
    if at >= whole.len() {
        return Response::from_parts(parts, Body::from(whole));
    }
    parts.headers.insert(CONTENT_LENGTH, whole.len().into());
    let start = stream::once(std::future::ready(Ok(whole.slice(..at))));
    // Time for the bytes to leave, since a body that fails at once takes them with it.
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
    });
    Response::from_parts(parts, Body::from_stream(start.chain(end)))
}

/// Each byte comes `pause` after the one before it.
async fn send_byte_by_byte(response: Response, pause: Duration) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, MAX_BUFFERED_BYTES).await.unwrap_or_default();
    parts.headers.insert(CONTENT_LENGTH, whole.len().into());
    let drops = stream::unfold(whole, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        // The shortest sleep is a millisecond, which adds up.
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        Some((Ok::<Bytes, std::io::Error>(left.split_to(1)), left))
    });
    Response::from_parts(parts, Body::from_stream(drops))
}

/// The head, and a body for as long as the client takes it.
fn with_endless_body(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let more = stream::repeat_with(|| Ok::<Bytes, std::io::Error>(Bytes::from_static(ENDLESS_CHUNK)));
    Response::from_parts(parts, Body::from_stream(more))
}
