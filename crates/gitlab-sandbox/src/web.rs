//! The web of the sandbox: `https://gitlab.com/…` and the hosts around it.
//!
//! **How a program gets here** (measured with reqwest 0.13):
//! - *Resolver.* The client gets a resolver that asks `/-/dns/NAME`: an invented public address, to which the address
//!   policy is applied as ever, or 404 for "no such host". For a name that exists the resolver answers the sandbox's
//!   own `web` address.
//! - *Port.* A non-zero port in the resolver's answer is used where the URL names none, so `https://docs.gitlab.com/…`
//!   reaches the TLS listener on whatever port it has.
//! - *Authority.* The client trusts the sandbox's authority alone (`tls_certs_only`), which signs a certificate for
//!   each name at the first handshake. The request carries the right `Host`; a client without that authority refuses
//!   the sandbox, and the sandbox's client refuses the real network.
//! - *What must be refused by the caller before connecting.* A URL with an explicit port keeps its own port, and an IP
//!   literal never asks the resolver: both would **leave the sandbox for the real network**.
//!
//! GitLab's own pages are answered to nobody in particular, because a link checker visits them without a token. The two
//! answers that look alive to every link checker are the point: a hidden project leads to the sign-in page, a missing
//! file to the tree (`RoutableActions`, `RedirectsForMissingPathOnTree`).

mod github;
mod gitlab;
mod gitlab_pages;

use super::call::Call;
use super::control::{GITLAB_HOST, host_exists};
use super::faults::FAULT_HEADER;
use super::reply::Reply;
use super::world::{WebFault, WebPage, World};

/// Answers one request to any host of the world.
pub(super) fn answer(world: &mut World, call: &Call) -> Reply {
    let host = call.header("host").unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_lowercase();
    if world.captive_portal {
        return Reply::html(200, CAPTIVE_PORTAL_PAGE.to_owned());
    }
    if world.web_down {
        return Reply::text(502, "this host hangs up\n").with_header(FAULT_HEADER, "down");
    }
    if !host_exists(world, &host) {
        // Only a client that ignores the sandbox's resolver comes here.
        return Reply::text(421, "no such host in this sandbox\n");
    }
    if !call.method.is_safe() {
        return Reply::text(405, "Method Not Allowed\n");
    }
    let bare = format!("{host}{}", call.path.trim_end_matches('/'));
    if let Some(answered) = answer_with_web_fault(world, &host, &bare) {
        return answered;
    }
    if let Some(rules) = world.web.gitlab_pages.get(&host) {
        return gitlab_pages::answer(world, &host, call, rules);
    }
    // Where a query decides, the address with it is listed.
    let full = call.query.as_ref().map(|query| format!("{bare}?{query}"));
    for listed in full.iter().chain([&bare]) {
        if let Some((status, to)) = world.web.redirects.get(listed) {
            return Reply::redirect(*status, to, "The page is somewhere else.");
        }
        if let Some(found) = world.web.pages.get(listed) {
            return render_web_page(found);
        }
    }
    if host == GITLAB_HOST {
        gitlab::answer(world, call)
    } else if host == "api.github.com" {
        github::answer_api_request(world, call)
    } else if host == "github.com" {
        github::answer_page_request(world, call)
    } else if bare == "www.youtube.com/oembed" {
        answer_oembed(world, call)
    } else {
        render_title_page(404, "Page not found")
    }
}

/// What a network says that wants a sign-in before it lets anybody through: the same for every address.
const CAPTIVE_PORTAL_PAGE: &str = "<!doctype html>\n<html lang=\"en\"><title>Welcome aboard</title><body><h1>Accept our terms to go online</h1></body></html>\n";

/// The answer of an address or a host that misbehaves today.
fn answer_with_web_fault(world: &mut World, host: &str, address: &str) -> Option<Reply> {
    let listed = if world.web.faults.contains_key(address) { address } else { host };
    let fault = world.web.faults.get(listed)?.clone();
    let visits = world.web.visits.entry(listed.to_owned()).or_default();
    *visits += 1;
    match fault {
        WebFault::Hangs => Some(Reply::text(504, "this host never answers\n").with_header(FAULT_HEADER, "hang")),
        WebFault::Slow(millis) => {
            Some(render_title_page(200, "At last").with_header(FAULT_HEADER, format!("slow {millis}")))
        }
        WebFault::Status(status) => Some(render_title_page(status, "No")),
        WebFault::TooMany(seconds) => {
            Some(render_title_page(429, "Too many requests").with_header("retry-after", seconds.to_string()))
        }
        WebFault::Recovers(times) if *visits <= times => Some(render_title_page(503, "Back in a moment")),
        WebFault::Recovers(_) => None,
    }
}

/// What the host of videos answers to pages that show one: 404 if it was removed.
fn answer_oembed(world: &World, call: &Call) -> Reply {
    let url = call.params.text("url").and_then(|url| url::Url::parse(&url).ok());
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

fn render_web_page(found: &WebPage) -> Reply {
    render_html_page(200, &found.title, &found.headings)
}

/// A page with a title and nothing else on it.
fn render_title_page(status: u16, title: &str) -> Reply {
    render_html_page(status, title, &[])
}

fn render_html_page(status: u16, title: &str, headings: &[(String, String)]) -> Reply {
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
