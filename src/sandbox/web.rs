//! The web of the box: `https://gitlab.com/…` and the hosts around it.
//!
//! **How a program gets here, and what was settled** (measured with reqwest 0.13, kept by `tests/it/carry.rs`):
//! - *Resolver.* The client gets a resolver that asks `/-/dns/NAME`: an invented public address, to which the address policy is
//!   applied as ever, or 404 for "no such host". For a name that exists the resolver answers the box's own `web` address.
//! - *Port.* A non-zero port in the resolver's answer is used where the URL names none, so `https://docs.gitlab.com/…`
//!   reaches the TLS listener on whatever port it has.
//! - *Authority.* The client trusts the box's authority alone (`tls_certs_only`), which signs a certificate for each name at the
//!   first handshake. The request carries the right `Host`; a client without that authority refuses the box, and the
//!   box's client refuses the real network.
//! - *What must be refused by the caller before connecting.* A URL with an explicit port keeps its own port, and an IP
//!   literal never asks the resolver: both would **leave the box for the real network**.
//!
//! GitLab's own pages are answered to nobody in particular, because podkeeper visits them without a token. The two answers
//! that look alive to every link checker are the point: a hidden project leads to the sign-in page, a missing file to
//! the tree (`RoutableActions`, `RedirectsForMissingPathOnTree`).

mod github;
mod gitlab;

use super::call::Call;
use super::control::{GITLAB_HOST, host_exists};
use super::faults::FAULT;
use super::reply::Reply;
use super::world::{Mood, Page, World};

/// Answers one request to any host of the world.
pub(super) fn answer(world: &mut World, call: &Call) -> Reply {
    let host = call.header("host").unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_lowercase();
    if world.captive_portal {
        return Reply::html(200, PORTAL.to_owned());
    }
    if world.web_down {
        return Reply::text(502, "this host hangs up\n").header(FAULT, "down");
    }
    if !host_exists(world, &host) {
        // Only a client that ignores the box's resolver comes here.
        return Reply::text(421, "no such host in this box\n");
    }
    if !call.method.is_safe() {
        return Reply::text(405, "Method Not Allowed\n");
    }
    let bare = format!("{host}{}", call.path.trim_end_matches('/'));
    if let Some(moody) = mood(world, &host, &bare) {
        return moody;
    }
    // Where a query decides, the address with it is listed.
    let full = call.query.as_ref().map(|query| format!("{bare}?{query}"));
    for listed in full.iter().chain([&bare]) {
        if let Some((status, to)) = world.web.redirects.get(listed) {
            return Reply::redirect(*status, to, "The page is somewhere else.");
        }
        if let Some(found) = world.web.pages.get(listed) {
            return shown(found);
        }
    }
    if host == GITLAB_HOST {
        gitlab::answer(world, call)
    } else if host == "api.github.com" {
        github::api(world, call)
    } else if host == "github.com" {
        github::answer(world, call)
    } else if bare == "www.youtube.com/oembed" {
        oembed(world, call)
    } else {
        page(404, "Page not found")
    }
}

/// What a network says that wants a sign-in before it lets anybody through: the same for every address.
const PORTAL: &str = "<!doctype html>\n<html lang=\"en\"><title>Welcome aboard</title><body><h1>Accept our terms to go online</h1></body></html>\n";

/// The answer of an address or a host that misbehaves today.
fn mood(world: &mut World, host: &str, address: &str) -> Option<Reply> {
    let listed = if world.web.moods.contains_key(address) { address } else { host };
    let mood = world.web.moods.get(listed)?.clone();
    let visits = world.web.visits.entry(listed.to_owned()).or_default();
    *visits += 1;
    match mood {
        Mood::Hangs => Some(Reply::text(504, "this host never answers\n").header(FAULT, "hang")),
        Mood::Slow(millis) => Some(page(200, "At last").header(FAULT, format!("slow {millis}"))),
        Mood::Status(status) => Some(page(status, "No")),
        Mood::TooMany(seconds) => Some(page(429, "Too many requests").header("retry-after", seconds.to_string())),
        Mood::Recovers(times) if *visits <= times => Some(page(503, "Back in a moment")),
        Mood::Recovers(_) => None,
    }
}

/// What the host of videos tells pages that show one: 404 if it was removed.
fn oembed(world: &World, call: &Call) -> Reply {
    let url = call.input.text("url").and_then(|url| url::Url::parse(&url).ok());
    let id = url.and_then(|url| {
        let named = url.query_pairs().find(|(key, _)| key == "v").map(|(_, id)| id.into_owned());
        named.or_else(|| url.path_segments()?.next_back().map(str::to_owned))
    });
    let picture = format!("img.youtube.com/vi/{}/0.jpg", id.unwrap_or_default());
    if !world.web.pages.contains_key(&picture) {
        return Reply::text(404, "Not Found");
    }
    let thumbnail = format!("https://{picture}");
    let shape =
        serde_json::json!({ "type": "video", "version": "1.0", "title": "A video", "thumbnail_url": thumbnail });
    Reply::json(200, &shape)
}

fn shown(found: &Page) -> Reply {
    with_headings(200, &found.title, &found.headings)
}

/// A page with a title and nothing else on it.
fn page(status: u16, title: &str) -> Reply {
    with_headings(status, title, &[])
}

fn with_headings(status: u16, title: &str, headings: &[(String, String)]) -> Reply {
    let safe = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let title = safe(title);
    let mut body = String::new();
    for (id, text) in headings {
        body.extend(["<h2 id=\"", &safe(id), "\">", &safe(text), "</h2>\n<p>Some words.</p>\n"]);
    }
    Reply::html(
        status,
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>\n\
             <h1>{title}</h1>\n{body}</body></html>\n"
        ),
    )
}
