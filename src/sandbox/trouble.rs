//! What the switches of the world do to answers of the API.

use super::call::Call;
use super::reply::Reply;
use super::web::FAULT;
use super::world::{ApiFault, Trouble, World};

/// The window of a limit, in seconds (GitLab docs, "GitLab.com settings", rate limits).
const WINDOW: i64 = 60;

/// Answers a request as a fault will have it; `handle` is what GitLab would do.
pub(super) fn answer(world: &mut World, call: &Call, fault: &ApiFault, handle: impl Fn(&mut World) -> Reply) -> Reply {
    let mut reply = match fault.trouble {
        Trouble::Race => {
            handle(world);
            return handle(world);
        }
        // Half an answer needs a whole one.
        Trouble::Truncated => return handle(world).cut(),
        _ if fault.takes_effect => {
            handle(world);
            Reply::empty(204)
        }
        _ => Reply::empty(204),
    };
    reply = match &fault.trouble {
        Trouble::Hang => Reply::text(504, "this request is never answered\n").header(FAULT, "hang"),
        Trouble::BadGateway => page(502, "GitLab is not responding"),
        Trouble::Cloudflare => page(520, "Web server is returning an unknown error").header("server", "cloudflare"),
        Trouble::Redirect(to) => Reply::redirect(302, to, "You are being redirected."),
        Trouble::RackAttack(seconds) => {
            let limited = Reply::text(429, "Retry later\n").header("retry-after", seconds.to_string());
            rate_headers(limited, world, call, 0)
        }
        Trouble::ApplicationLimit => {
            let why = "This endpoint has been requested too many times. Try again later.";
            Reply::json(429, &serde_json::json!({ "message": { "error": why } }))
        }
        Trouble::Race | Trouble::Truncated => reply,
    };
    reply
}

/// `RateLimit-*` as GitLab.com sends them, with so many requests left.
pub(super) fn rate_headers(reply: Reply, world: &World, call: &Call, left: u64) -> Reply {
    const LIMIT: u64 = 2_000;
    let (name, limit) = match call.header("private-token").or_else(|| call.header("authorization")) {
        Some(_) => ("throttle_authenticated_api", LIMIT),
        None => ("throttle_unauthenticated_api", 500),
    };
    let reset = world.now.timestamp() + WINDOW;
    let reset_time = chrono::DateTime::from_timestamp(reset, 0).unwrap_or(world.now);
    reply
        .header("ratelimit-name", name)
        .header("ratelimit-limit", limit.to_string())
        .header("ratelimit-observed", limit.saturating_sub(left).to_string())
        .header("ratelimit-remaining", left.min(limit).to_string())
        .header("ratelimit-reset", reset.to_string())
        .header("ratelimit-resettime", reset_time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn page(status: u16, title: &str) -> Reply {
    Reply::html(
        status,
        format!("<!doctype html>\n<title>{title} ({status})</title>\n<h1>{status}</h1>\n<p>{title}</p>\n"),
    )
}
