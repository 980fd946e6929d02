//! What the log says of a request. A log is a public output: addresses stand in it without their query, which may hold
//! a secret, and without the names of files and accounts, which may be a person's.

use http::Method;
use tracing::{Span, field};
use url::Url;

use super::error::RequestError;
use super::retry::RequestKind;

/// What a name in a path stands behind.
const NAME_PREFIXES: [&str; 2] = ["/api/v4/users/", "/repository/files/"];

/// The span of one request; its answer is noted in it.
pub(super) fn request_span(method: &Method, url: &Url) -> Span {
    let (status, request_id) = (field::Empty, field::Empty);
    tracing::debug_span!("request", %method, path = path_without_names(url), status, request_id)
}

/// Notes the status and the name of an answer in the span of its request.
pub(super) fn record_answer(answer: Option<&(u16, Option<String>)>) {
    let Some((status, request_id)) = answer else { return };
    let span = Span::current();
    span.record("status", status);
    if let Some(id) = request_id {
        span.record("request_id", id);
    }
}

/// Says why a request failed that is not sent again.
///
/// A failed write is a warning. What is not there, though, is an answer like any other, and what else was refused, or
/// what a server failed to answer, stands in the report, once for all that it stood in the way of.
pub(super) fn log_failure(
    effect: RequestKind,
    method: &Method,
    url: &Url,
    fault: &RequestError,
    request_id: Option<&str>,
) {
    let words = describe_fault(url, fault);
    macro_rules! say {
        ($level:ident) => {
            tracing::$level!(%method, path = path_without_names(url), fault = words, request_id, "a request failed")
        };
    }
    match fault {
        _ if !effect.is_read() => say!(warn),
        fault if fault.is_not_found() => say!(debug),
        _ => say!(info),
    }
}

/// What went wrong, without the words of an answer that may be about a file or an account: they may name a person.
pub(super) fn describe_fault(url: &Url, fault: &RequestError) -> String {
    match fault {
        RequestError::Status { status, .. }
        | RequestError::Spam { status, .. }
        | RequestError::Middlebox { status, .. }
            if path_without_names(url) != url.path() || url.path().ends_with("/graphql") =>
        {
            status.to_string()
        }
        _ => fault.to_string(),
    }
}

/// The path of an address without the names in it.
pub(super) fn path_without_names(url: &Url) -> String {
    let path = url.path();
    let named =
        NAME_PREFIXES.iter().find_map(|before| path.split_once(before).map(|(head, tail)| (head, before, tail)));
    match named {
        Some((head, before, tail)) => format!("{head}{before}[name]{}", tail.find('/').map_or("", |at| &tail[at..])),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_query_stands_in_the_path_of_the_log() {
        for (address, shown) in [
            ("https://g.example/api/v4/users/7?private_token=x", "/api/v4/users/[name]"),
            (
                "https://g.example/api/v4/projects/3/repository/files/a%2Fada-quill.yaml/raw?ref=main",
                "/api/v4/projects/3/repository/files/[name]/raw",
            ),
            ("https://g.example/sub/api/v4/projects/g%2Fp/issues?page=2", "/sub/api/v4/projects/g%2Fp/issues"),
        ] {
            assert_eq!(path_without_names(&Url::parse(address).unwrap()), shown);
        }
    }
}
