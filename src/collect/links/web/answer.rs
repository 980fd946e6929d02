//! What the head of an answer says.

use std::time::Duration;

use chrono::DateTime;

use super::fetch::Reply;
use crate::collect::links::verdict::Judged;
use crate::pod::verdict::Verdict;

/// A wait that a host asks for is kept up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

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
    /// 429, with the wait it asks for where that is bearable.
    Busy(Option<Duration>),
    /// 5xx, or no answer that makes sense.
    Failed,
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
        429 => Said::Busy(wait(reply)),
        // 999 is LinkedIn's answer to programs.
        400..=499 | 999 => Said::Refused,
        _ => Said::Failed,
    }
}

/// The verdict on an answer that shows no page.
pub(super) fn judged(status: u16, said: Said) -> Judged {
    let mut judged = match said {
        Said::Gone => Judged::new(Verdict::Dead, format!("it is gone ({status})")),
        Said::Refused | Said::Busy(_) => {
            Judged::new(Verdict::Refused, format!("the host does not answer programs ({status})"))
        }
        Said::Page | Said::Redirect | Said::Failed => unreachable(format!("the host answers {status}")),
    };
    judged.status = Some(status);
    judged
}

/// No useful answer.
pub(super) fn unreachable(why: String) -> Judged {
    Judged::new(Verdict::Unreachable, why)
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date seen from the answer's own `Date`.
fn wait(reply: &Reply) -> Option<Duration> {
    let asked = reply.header("retry-after")?;
    let date = |text: &str| DateTime::parse_from_rfc2822(text).ok().map(|date| date.timestamp());
    let seconds = match asked.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => date(asked)? - date(reply.header("date")?)?,
    };
    u64::try_from(seconds).ok().map(Duration::from_secs).filter(|wait| *wait <= LONGEST_WAIT)
}
