//! What the switches of the world do to answers of the API.

use http::Method;
use serde_json::{Value, json};

use super::{FAULT_HEADER, Fault, FaultKind};
use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

/// The window of a limit, in seconds (GitLab docs, "GitLab.com settings", rate limits).
pub(crate) const RATE_LIMIT_WINDOW_SECONDS: i64 = 60;

/// The headers of paging (GitLab docs, "REST API", pagination).
const PAGING_HEADERS: [&str; 8] =
    ["link", "x-total", "x-total-pages", "x-page", "x-per-page", "x-next-page", "x-prev-page", "x-next-cursor"];

const RATE_LIMIT_MESSAGE: &str = "This endpoint has been requested too many times. Try again later.";

/// Answers a request as a fault will have it; `handle` is what GitLab would do.
pub(crate) fn answer_with_fault(
    world: &mut World,
    call: &Call,
    fault: &Fault,
    handle: impl Fn(&mut World, &Call) -> Reply,
) -> Reply {
    match &fault.kind {
        FaultKind::DuplicateRequest => {
            handle(world, call);
            return handle(world, call);
        }
        FaultKind::OldestIssueDeletedFirst => {
            delete_oldest_issue(world, call);
            return handle(world, call);
        }
        FaultKind::WrongDate(_) => return handle(world, call),
        FaultKind::StrippedPaging => return handle(world, call).without_headers(&PAGING_HEADERS),
        FaultKind::IgnoredPut => return answer_ignored_put(world, call, handle),
        // A part of an answer needs a whole one.
        FaultKind::Cut(bytes) => return handle(world, call).with_header(FAULT_HEADER, format!("cut {bytes}")),
        FaultKind::Drip(millis) => return handle(world, call).with_header(FAULT_HEADER, format!("drip {millis}")),
        FaultKind::Endless => return handle(world, call).with_header(FAULT_HEADER, "endless"),
        _ if fault.takes_effect => drop(handle(world, call)),
        _ => {}
    }
    replacement_reply(world, call, &fault.kind)
}

/// A PUT that would have worked is answered with what is there, and nothing becomes of it.
fn answer_ignored_put(world: &mut World, call: &Call, handle: impl Fn(&mut World, &Call) -> Reply) -> Reply {
    if call.method != Method::PUT {
        return handle(world, call);
    }
    let mut elsewhere = world.clone();
    let would_be = handle(&mut elsewhere, call);
    let as_it_is = handle(world, &call.as_get());
    let worked = [would_be.status, as_it_is.status].iter().all(|status| (200..300).contains(status));
    if worked { as_it_is.with_status(would_be.status) } else { would_be }
}

/// What comes in the place of GitLab's answer.
fn replacement_reply(world: &World, call: &Call, kind: &FaultKind) -> Reply {
    match kind {
        FaultKind::Hang => Reply::text(504, "this request is never answered\n").with_header(FAULT_HEADER, "hang"),
        FaultKind::Reset => Reply::text(502, "this connection is reset\n").with_header(FAULT_HEADER, "reset"),
        FaultKind::Garbage => Reply::text(502, "this is no HTTP\n").with_header(FAULT_HEADER, "garbage"),
        FaultKind::BadGateway => html_error_page(502, "GitLab is not responding"),
        FaultKind::Cloudflare => {
            html_error_page(520, "Web server is returning an unknown error").with_header("server", "cloudflare")
        }
        FaultKind::Redirect(to) => Reply::redirect(302, to, "You are being redirected."),
        FaultKind::RackAttack(seconds) => {
            let limited = Reply::text(429, "Retry later\n").with_header("retry-after", seconds.to_string());
            with_rate_limit_headers(limited, world, call, 0)
        }
        FaultKind::ApplicationRateLimit => Reply::json(429, &nested_error_body(RATE_LIMIT_MESSAGE)),
        FaultKind::RetryAfterRateLimit(seconds) => {
            Reply::json(429, &nested_error_body(RATE_LIMIT_MESSAGE)).with_header("retry-after", seconds.to_string())
        }
        FaultKind::HeaderlessRateLimit => {
            Reply::from_parts(429, std::iter::empty(), nested_error_body(RATE_LIMIT_MESSAGE).to_string().into_bytes())
        }
        FaultKind::HtmlForbidden => html_error_page(403, "Access denied by your network"),
        FaultKind::Spam => {
            let mut spam =
                nested_error_body("This issue looks like spam. Change what it says, or solve the CAPTCHA to go on.");
            spam["needs_captcha_response"] = true.into();
            spam["spam_log_id"] = 42.into();
            spam["captcha_site_key"] = "no-key-of-the-sandbox".into();
            Reply::json(409, &spam)
        }
        // `Spammable#invalidate_if_spam`, in the words that clients look for.
        FaultKind::SpamDiscarded => {
            Reply::validation_error("base", "Your issue has been recognized as spam and has been discarded.")
        }
        FaultKind::Answer { status, headers, body } => {
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
            Reply::from_parts(*status, headers, body.clone().into_bytes())
        }
        // These were answered already.
        FaultKind::DuplicateRequest
        | FaultKind::OldestIssueDeletedFirst
        | FaultKind::Cut(_)
        | FaultKind::Drip(_)
        | FaultKind::Endless
        | FaultKind::WrongDate(_)
        | FaultKind::StrippedPaging
        | FaultKind::IgnoredPut => Reply::empty(204),
    }
}

/// Somebody who may deletes the project's oldest issue.
fn delete_oldest_issue(world: &mut World, call: &Call) {
    let ["api", "v4", "projects", project, ..] = call.segments.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return;
    };
    let id = project.parse().ok().or_else(|| world.project_by_path(project).map(|project| project.id));
    if let Some(project) = id.and_then(|id: u64| world.projects.get_mut(&id)) {
        project.issues.pop_first();
    }
}

/// `RateLimit-*` as GitLab.com sends them, with so many requests left.
pub(crate) fn with_rate_limit_headers(reply: Reply, world: &World, call: &Call, left: u64) -> Reply {
    const LIMIT: u64 = 2_000;
    let (name, limit) = match ["private-token", "job-token", "authorization"].iter().find_map(|name| call.header(name))
    {
        Some(_) => ("throttle_authenticated_api", LIMIT),
        None => ("throttle_unauthenticated_api", 500),
    };
    let reset = (world.now.timestamp() / RATE_LIMIT_WINDOW_SECONDS + 1) * RATE_LIMIT_WINDOW_SECONDS;
    let reset_time = chrono::DateTime::from_timestamp(reset, 0).unwrap_or(world.now);
    reply
        .with_header("ratelimit-name", name)
        .with_header("ratelimit-limit", limit.to_string())
        .with_header("ratelimit-observed", limit.saturating_sub(left).to_string())
        .with_header("ratelimit-remaining", left.min(limit).to_string())
        .with_header("ratelimit-reset", reset.to_string())
        .with_header("ratelimit-resettime", reset_time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn nested_error_body(why: &str) -> Value {
    json!({ "message": { "error": why } })
}

fn html_error_page(status: u16, title: &str) -> Reply {
    Reply::html(
        status,
        format!("<!doctype html>\n<title>{title} ({status})</title>\n<h1>{status}</h1>\n<p>{title}</p>\n"),
    )
}
