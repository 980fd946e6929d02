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
    /// Not for programs.
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
        return Said::Refused;
    }
    match reply.status {
        200..=299 => Said::Page,
        301 | 302 | 303 | 307 | 308 => Said::Redirect,
        404 | 410 => Said::Gone,
        429 => Said::Busy(waits::asked(&reply.headers, true)),
        // 999 is LinkedIn's answer to programs.
        400..=499 | 999 => Said::Refused,
        _ => Said::Failed(waits::asked(&reply.headers, false)),
    }
}

/// The verdict on an answer that shows no page.
pub(super) fn judged(status: u16, said: Said) -> Judged {
    let mut judged = match said {
        Said::Gone => Judged::new(Verdict::Dead, format!("it is gone ({status})")),
        Said::Refused if status == 401 => {
            Judged::new(Verdict::Refused, format!("the host wants to know who asks ({status})"))
        }
        Said::Refused => Judged::new(Verdict::Refused, format!("the host does not answer programs ({status})")),
        Said::Busy(_) => refused(),
        Said::Page | Said::Redirect | Said::Failed(_) => unreachable(format!("the host answers {status}")),
    };
    judged.status = Some(status);
    judged
}

/// No useful answer.
pub(super) fn unreachable(why: String) -> Judged {
    Judged::new(Verdict::Unreachable, why)
}

/// A host that had enough of questions.
pub(in crate::collect::links) fn refused() -> Judged {
    Judged::new(Verdict::Refused, "the host does not answer so many questions (429)")
}
