//! What the head of an answer says.

use super::fetch::Reply;
use super::waits::{self, Wait};
use crate::collect::links::verdict::Judged;
use crate::pod::verdict::Verdict;

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// 2xx: here it is.
    Page,
    /// 3xx: somewhere else.
    Redirect,
    /// 404, 410: gone.
    Gone,
    /// A test for humans in place of the page.
    Challenge,
    /// Not for this question, or not for whoever asks.
    Refused,
    /// 429, with the wait it asks for.
    Busy(Wait),
    /// 5xx, with the wait it asks for, or no answer that makes sense.
    Failed(Wait),
}

/// Reads the head.
pub(super) fn said(reply: &Reply) -> Said {
    // Cloudflare's mark for a challenge, whatever the status (docs "Detect a challenge page response").
    if reply.header("cf-mitigated").is_some() {
        return Said::Challenge;
    }
    match reply.status {
        200..=299 => Said::Page,
        301 | 302 | 303 | 307 | 308 => Said::Redirect,
        404 | 410 => Said::Gone,
        429 => Said::Busy(waits::asked(&reply.headers, true)),
        // Both say that the same question may be answered in a moment (RFC 9110, section 15.5.9; RFC 8470, section 5.2).
        408 | 425 => Said::Failed(waits::asked(&reply.headers, false)),
        // 999 is LinkedIn's answer to programs.
        400..=499 | 999 => Said::Refused,
        _ => Said::Failed(waits::asked(&reply.headers, false)),
    }
}

/// The verdict on an answer that shows no page.
pub(super) fn judged(status: u16, said: Said) -> Judged {
    let mut judged = match said {
        Said::Gone => Judged::new(Verdict::Dead, words(status)),
        Said::Challenge => {
            Judged::new(Verdict::Refused, format!("it shows programs a test in place of the page ({status})"))
        }
        Said::Refused => Judged::new(Verdict::Refused, words(status)),
        Said::Busy(_) => refused(),
        Said::Page | Said::Redirect | Said::Failed(_) => unreachable(words(status)),
    };
    judged.status = Some(status);
    judged
}

/// What a status means for whoever wants to read the page (RFC 9110, section 15; others where they are named).
pub(super) fn words(status: u16) -> String {
    let words = match status {
        400 => "the host calls the question malformed",
        401 => "the host wants to know who asks",
        402 => "the host wants to be paid",
        403 => "the host refuses to show it",
        404 | 410 => "it is gone",
        405 => "the host does not let it be read",
        406 => "the host has it in no form that was asked for",
        407 => "a proxy wants to know who asks",
        408 => "the host did not wait for the question",
        414 => "the host finds the address too long",
        421 => "what answers is not responsible for this host",
        // RFC 6585, section 4.
        429 => "the host does not answer so many questions",
        // RFC 7725, section 3.
        451 => "it is withheld for legal reasons",
        _ if status / 100 == 4 => "the host refuses the question",
        502 | 504 => "the server behind the host does not answer",
        503 => "the host is not available at the moment",
        _ if status / 100 == 5 => "the host has a fault of its own",
        // LinkedIn's.
        999 => "the host does not answer programs",
        _ => "the host answers in a way that shows no page",
    };
    format!("{words} ({status})")
}

/// No useful answer.
pub(super) fn unreachable(why: String) -> Judged {
    Judged::new(Verdict::Unreachable, why)
}

/// A host that had enough of questions.
pub(in crate::collect::links) fn refused() -> Judged {
    Judged::new(Verdict::Refused, words(429))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_reason_that_is_true_of_it() {
        for (status, said) in [
            (400, "the host calls the question malformed (400)"),
            (402, "the host wants to be paid (402)"),
            (405, "the host does not let it be read (405)"),
            (418, "the host refuses the question (418)"),
            (429, "the host does not answer so many questions (429)"),
            (451, "it is withheld for legal reasons (451)"),
            (500, "the host has a fault of its own (500)"),
            (504, "the server behind the host does not answer (504)"),
            (304, "the host answers in a way that shows no page (304)"),
        ] {
            assert_eq!(words(status), said);
        }
        let programs = (100..=999).filter(|status| words(*status).contains("programs"));
        assert_eq!(programs.collect::<Vec<_>>(), [999]);
    }
}
