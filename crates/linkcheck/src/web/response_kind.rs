//! What kind of answer a host gave, by the head of its response.

use super::fetch::FetchResponse;
use super::retry_after::{self, RequestedWait};
use crate::verdict::{Assessment, Verdict};

/// The kind of an answer, by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseKind {
    /// 2xx: here it is.
    Success,
    /// 3xx: somewhere else.
    Redirect,
    /// 404, 410: gone.
    Gone,
    /// A test for humans in place of the page.
    Challenge,
    /// Not for this request, or not for whoever asks.
    Refused,
    /// 429, with the wait it asks for.
    RateLimited(RequestedWait),
    /// 5xx, with the wait it asks for, or no answer that makes sense.
    ServerError(RequestedWait),
}

/// By status and headers; the body is not read.
pub(super) fn classify(reply: &FetchResponse) -> ResponseKind {
    // Cloudflare's mark for a challenge, whatever the status (docs "Detect a challenge page response").
    if reply.header("cf-mitigated").is_some() {
        return ResponseKind::Challenge;
    }
    match reply.status {
        200..=299 => ResponseKind::Success,
        301 | 302 | 303 | 307 | 308 => ResponseKind::Redirect,
        404 | 410 => ResponseKind::Gone,
        429 => ResponseKind::RateLimited(retry_after::classify_wait(&reply.headers, true)),
        // Both say that the same request may be answered in a moment (RFC 9110, section 15.5.9; RFC 8470, section 5.2).
        408 | 425 => ResponseKind::ServerError(retry_after::classify_wait(&reply.headers, false)),
        // 999 is LinkedIn's answer to programs.
        400..=499 | 999 => ResponseKind::Refused,
        _ => ResponseKind::ServerError(retry_after::classify_wait(&reply.headers, false)),
    }
}

/// The verdict on an answer that shows no page.
pub(super) fn assess_failure(status: u16, meaning: ResponseKind) -> Assessment {
    let mut assessment = match meaning {
        ResponseKind::Gone => Assessment::new(Verdict::Dead, status_reason(status)),
        ResponseKind::Challenge => {
            Assessment::new(Verdict::Refused, format!("it shows programs a test in place of the page ({status})"))
        }
        ResponseKind::Refused => Assessment::new(Verdict::Refused, status_reason(status)),
        ResponseKind::RateLimited(_) => rate_limited_assessment(),
        ResponseKind::Success | ResponseKind::Redirect | ResponseKind::ServerError(_) => {
            unreachable_assessment(status_reason(status))
        }
    };
    assessment.status = Some(status);
    assessment
}

/// What a status means for whoever wants to read the page (RFC 9110, section 15; others where they are named).
pub(super) fn status_reason(status: u16) -> String {
    let words = match status {
        400 => "the host answers Bad Request",
        401 => "the host asks for authentication",
        402 => "the host asks for payment",
        403 => "the host refuses to show it",
        404 | 410 => "it is gone",
        405 => "the host does not allow that it is read",
        406 => "the host answers Not Acceptable",
        407 => "a proxy asks for authentication",
        408 => "the host answers Request Timeout",
        414 => "the host says that the address is too long",
        421 => "the host answers Misdirected Request",
        // RFC 6585, section 4.
        429 => "the host answers Too Many Requests",
        // RFC 7725, section 3.
        451 => "it is withheld for legal reasons",
        _ if status / 100 == 4 => "the host refuses the request",
        502 | 504 => "the server behind the host does not answer",
        503 => "the host is unavailable",
        _ if status / 100 == 5 => "the host has an internal error",
        // LinkedIn's.
        999 => "the host does not answer programs",
        _ => "the host answers without a page",
    };
    format!("{words} ({status})")
}

/// No useful answer.
pub(super) fn unreachable_assessment(why: String) -> Assessment {
    Assessment::new(Verdict::Unreachable, why)
}

/// A host that answered 429.
pub(crate) fn rate_limited_assessment() -> Assessment {
    Assessment::new(Verdict::Refused, status_reason(429))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_reason_that_is_true_of_it() {
        for (status, meaning) in [
            (400, "the host answers Bad Request (400)"),
            (402, "the host asks for payment (402)"),
            (405, "the host does not allow that it is read (405)"),
            (418, "the host refuses the request (418)"),
            (429, "the host answers Too Many Requests (429)"),
            (451, "it is withheld for legal reasons (451)"),
            (500, "the host has an internal error (500)"),
            (504, "the server behind the host does not answer (504)"),
            (304, "the host answers without a page (304)"),
        ] {
            assert_eq!(status_reason(status), meaning);
        }
        let programs = (100..=999).filter(|status| status_reason(*status).contains("programs"));
        assert_eq!(programs.collect::<Vec<_>>(), [999]);
    }
}
