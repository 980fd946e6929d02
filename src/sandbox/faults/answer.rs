//! What the switches of the world do to answers of the API.

use http::Method;
use serde_json::{Value, json};

use super::{FAULT, Fault, Trouble};
use crate::sandbox::call::Call;
use crate::sandbox::reply::Reply;
use crate::sandbox::world::World;

/// The window of a limit, in seconds (GitLab docs, "GitLab.com settings", rate limits).
pub(in crate::sandbox) const WINDOW: i64 = 60;

/// The headers that tell of pages (GitLab docs, "REST API", pagination).
const PAGING: [&str; 8] =
    ["link", "x-total", "x-total-pages", "x-page", "x-per-page", "x-next-page", "x-prev-page", "x-next-cursor"];

const TOO_MANY: &str = "This endpoint has been requested too many times. Try again later.";

/// Answers a request as a fault will have it; `handle` is what GitLab would do.
pub(in crate::sandbox) fn answer(
    world: &mut World,
    call: &Call,
    fault: &Fault,
    handle: impl Fn(&mut World, &Call) -> Reply,
) -> Reply {
    match &fault.trouble {
        Trouble::Race => {
            handle(world, call);
            return handle(world, call);
        }
        Trouble::Shift => {
            shift(world, call);
            return handle(world, call);
        }
        Trouble::WrongDate(_) => return handle(world, call),
        Trouble::StrippedPaging => return handle(world, call).without(&PAGING),
        Trouble::Dropped => return dropped(world, call, handle),
        // A part of an answer needs a whole one.
        Trouble::Cut(bytes) => return handle(world, call).header(FAULT, format!("cut {bytes}")),
        Trouble::Drip(millis) => return handle(world, call).header(FAULT, format!("drip {millis}")),
        Trouble::Endless => return handle(world, call).header(FAULT, "endless"),
        _ if fault.takes_effect => drop(handle(world, call)),
        _ => {}
    }
    instead(world, call, &fault.trouble)
}

/// A PUT that would have worked is answered with what is there, and nothing becomes of it.
fn dropped(world: &mut World, call: &Call, handle: impl Fn(&mut World, &Call) -> Reply) -> Reply {
    if call.method != Method::PUT {
        return handle(world, call);
    }
    let mut elsewhere = world.clone();
    let would_be = handle(&mut elsewhere, call);
    let as_it_is = handle(world, &call.as_get());
    let worked = [would_be.status, as_it_is.status].iter().all(|status| (200..300).contains(status));
    if worked { as_it_is.status(would_be.status) } else { would_be }
}

/// What comes in the place of GitLab's answer.
fn instead(world: &World, call: &Call, trouble: &Trouble) -> Reply {
    match trouble {
        Trouble::Hang => Reply::text(504, "this request is never answered\n").header(FAULT, "hang"),
        Trouble::Reset => Reply::text(502, "this connection is reset\n").header(FAULT, "reset"),
        Trouble::Garbage => Reply::text(502, "this is no HTTP\n").header(FAULT, "garbage"),
        Trouble::BadGateway => page(502, "GitLab is not responding"),
        Trouble::Cloudflare => page(520, "Web server is returning an unknown error").header("server", "cloudflare"),
        Trouble::Redirect(to) => Reply::redirect(302, to, "You are being redirected."),
        Trouble::RackAttack(seconds) => {
            let limited = Reply::text(429, "Retry later\n").header("retry-after", seconds.to_string());
            rate_headers(limited, world, call, 0)
        }
        Trouble::ApplicationLimit => Reply::json(429, &error(TOO_MANY)),
        Trouble::CheckedLimit(seconds) => Reply::json(429, &error(TOO_MANY)).header("retry-after", seconds.to_string()),
        Trouble::BareLimit => Reply::made(429, std::iter::empty(), error(TOO_MANY).to_string().into_bytes()),
        Trouble::HtmlForbidden => page(403, "Access denied by your network"),
        Trouble::Spam => {
            let mut spam = error("This issue looks like spam. Change what it says, or solve the CAPTCHA to go on.");
            spam["needs_captcha_response"] = true.into();
            spam["spam_log_id"] = 42.into();
            spam["captcha_site_key"] = "no-key-of-the-box".into();
            Reply::json(409, &spam)
        }
        // `Spammable#invalidate_if_spam`, in the words that clients look for.
        Trouble::SpamDiscarded => {
            Reply::invalid("base", "Your issue has been recognized as spam and has been discarded.")
        }
        Trouble::Answer { status, headers, body } => {
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
            Reply::made(*status, headers, body.clone().into_bytes())
        }
        // These were answered already.
        Trouble::Race
        | Trouble::Shift
        | Trouble::Cut(_)
        | Trouble::Drip(_)
        | Trouble::Endless
        | Trouble::WrongDate(_)
        | Trouble::StrippedPaging
        | Trouble::Dropped => Reply::empty(204),
    }
}

/// Somebody who may deletes the project's oldest issue.
fn shift(world: &mut World, call: &Call) {
    let ["api", "v4", "projects", project, ..] = call.segments.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return;
    };
    let id = project.parse().ok().or_else(|| world.project_at(project).map(|project| project.id));
    if let Some(project) = id.and_then(|id: u64| world.projects.get_mut(&id)) {
        project.issues.pop_first();
    }
}

/// `RateLimit-*` as GitLab.com sends them, with so many requests left.
pub(in crate::sandbox) fn rate_headers(reply: Reply, world: &World, call: &Call, left: u64) -> Reply {
    const LIMIT: u64 = 2_000;
    let (name, limit) = match ["private-token", "job-token", "authorization"].iter().find_map(|name| call.header(name))
    {
        Some(_) => ("throttle_authenticated_api", LIMIT),
        None => ("throttle_unauthenticated_api", 500),
    };
    let reset = (world.now.timestamp() / WINDOW + 1) * WINDOW;
    let reset_time = chrono::DateTime::from_timestamp(reset, 0).unwrap_or(world.now);
    reply
        .header("ratelimit-name", name)
        .header("ratelimit-limit", limit.to_string())
        .header("ratelimit-observed", limit.saturating_sub(left).to_string())
        .header("ratelimit-remaining", left.min(limit).to_string())
        .header("ratelimit-reset", reset.to_string())
        .header("ratelimit-resettime", reset_time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn error(why: &str) -> Value {
    json!({ "message": { "error": why } })
}

fn page(status: u16, title: &str) -> Reply {
    Reply::html(
        status,
        format!("<!doctype html>\n<title>{title} ({status})</title>\n<h1>{status}</h1>\n<p>{title}</p>\n"),
    )
}
