//! What the box tells about itself and how it is steered: `/-/sandbox`, `/-/world`, `/-/dns/NAME`, `/-/journal`.
//!
//! None of this exists in GitLab, and writes to it are not in the journal.

mod faults;
mod verbs;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::call::Call;
use super::reply::{Answer, Reply};
use super::world::World;
use super::{Inside, pages};

/// Everything that a program needs in order to work inside the box; `/-/sandbox` gives it as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    /// The origin of the box's GitLab, also in links, without a trailing slash.
    pub url: String,
    /// The public name of the GitLab that the box plays: links to this host are links to the box's own projects.
    pub gitlab_host: String,
    /// Access tokens by name: `api` and `read_api` (the bot's), `read_repository`, `person`, `admin`, `expired`.
    pub tokens: BTreeMap<String, String>,
    /// The world's time.
    pub now: DateTime<Utc>,
    /// `127.0.0.1:PORT` of the TLS listener to which every public name leads; none before the box is served.
    pub web: Option<String>,
    /// The certificate of the box's own authority as PEM, valid for this run of the box only; none before it is served.
    pub ca: Option<String>,
    /// With a host's name behind it, the URL that tells the host's addresses; always on the listener itself.
    pub dns: String,
}

/// The name of the GitLab that the box plays.
pub(super) const GITLAB_HOST: &str = "gitlab.com";

/// What `/-/sandbox` tells.
pub(super) fn describe(inside: &Inside) -> Description {
    let origin = &inside.place.origin;
    Description {
        url: origin.clone(),
        gitlab_host: GITLAB_HOST.to_owned(),
        tokens: inside.world.tokens.iter().map(|(name, token)| (name.clone(), token.value.clone())).collect(),
        now: inside.world.now,
        web: inside.place.web.clone(),
        ca: inside.place.ca.clone(),
        dns: format!("{}/-/dns/", inside.place.own),
    }
}

/// Answers one request below `/-/`.
pub(super) fn answer(inside: &mut Inside, live: bool, call: &Call) -> Reply {
    let path: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
    let reply = match (call.method.as_str(), path.as_slice()) {
        ("GET" | "HEAD", ["sandbox"]) => pretty(&describe(inside)),
        ("GET" | "HEAD", ["journal"]) => pretty(&inside.journal),
        ("GET" | "HEAD", ["journal.html"]) => Ok(pages::journal(inside)),
        ("GET" | "HEAD", ["world"]) => pretty(&inside.world),
        ("GET" | "HEAD", ["dns", name]) => resolve(&inside.world, name),
        ("POST", ["world", "reset"]) => {
            inside.world = inside.start.clone();
            (inside.journal, inside.requests) = (Vec::new(), 0);
            pretty(&json!({ "now": inside.world.now }))
        }
        ("POST", ["world", "now"]) => set_now(&mut inside.world, live, call),
        ("POST", ["world", "token"]) => set_token(&mut inside.world, call),
        ("POST", ["world", "fault"]) => faults::set(&mut inside.world, call),
        ("POST", ["world", "issue"]) => verbs::issue(&mut inside.world, call),
        ("POST", ["world", "issues"]) => verbs::issues(&mut inside.world, call),
        ("POST", ["world", "role"]) => verbs::role(&mut inside.world, call),
        ("POST", ["world", "label"]) => verbs::label(&mut inside.world, call),
        ("POST", ["world", "user"]) => set_user(&mut inside.world, call),
        _ => Err(Reply::no_route()),
    };
    reply.unwrap_or_else(|refusal| refusal)
}

/// Whether the name resolves in this world. The root's dot at the end and letter case mean nothing in DNS.
pub(super) fn host_exists(world: &World, name: &str) -> bool {
    let name = name.trim_end_matches('.').to_lowercase();
    name == GITLAB_HOST || world.web.hosts.contains(&name)
}

/// An invented public address that is always the same for a name, in a range that address policies allow.
fn resolve(world: &World, name: &str) -> Answer {
    if world.dns_down {
        return Err(Reply::error(503, "the resolver fails"));
    }
    // The resolver of a network that wants a sign-in first knows every name.
    if !world.captive_portal && !host_exists(world, name) {
        return Err(Reply::error(404, "no such host"));
    }
    let digest = Sha256::digest(name.trim_end_matches('.').to_lowercase().as_bytes());
    let [high, low] = [digest.first().copied().unwrap_or(1), digest.get(1).copied().unwrap_or(1)];
    pretty(&json!({ "addresses": [format!("93.184.{high}.{}", low.clamp(1, 254))] }))
}

fn set_now(world: &mut World, live: bool, call: &Call) -> Answer {
    if live {
        return Err(Reply::error(409, "the time of this box is live; it stands still under `podkeeper sandbox --now`"));
    }
    let now = call.input.instant("now")?.ok_or_else(|| Reply::error(400, "now is missing: RFC 3339"))?;
    world.now = now;
    pretty(&json!({ "now": now }))
}

fn set_token(world: &mut World, call: &Call) -> Answer {
    let name = call.input.given("name")?;
    let expires = call.input.day("expires_at")?;
    let renew = call.input.flag("renew") == Some(true);
    let value = if renew { world.renew_token(&name, call.input.flag("ghost") == Some(true)) } else { None };
    let token = world.tokens.get_mut(&name).ok_or_else(|| Reply::error(404, "no token has this name"))?;
    token.revoked = call.input.flag("revoked").unwrap_or(token.revoked);
    match expires {
        super::world::Change::Keep => {}
        super::world::Change::Clear => token.expires_at = None,
        super::world::Change::Set(day) => token.expires_at = Some(day),
    }
    let mut now = json!({ "name": name, "revoked": token.revoked, "expires_at": token.expires_at });
    if let Some(value) = value {
        // As GitLab does, the value is told once; `/-/sandbox` has it, too.
        (now["token"], now["user_id"]) = (json!(value), json!(token.user));
    }
    pretty(&now)
}

fn set_user(world: &mut World, call: &Call) -> Answer {
    let id = call.input.number("id").ok_or_else(|| Reply::missing("id"))?;
    let user = world.users.get_mut(&id).ok_or_else(|| Reply::error(404, "no user has this id"))?;
    if let Some(username) = call.input.filled("username") {
        user.username = username;
    }
    if let Some(name) = call.input.filled("name") {
        user.name = name;
    }
    if let Some(state) = call.input.filled("state") {
        user.state = state;
    }
    pretty(&json!({ "id": user.id, "username": user.username, "name": user.name, "state": user.state }))
}

fn pretty(value: &impl Serialize) -> Answer {
    match serde_json::to_value(value) {
        Ok(value) => Ok(Reply::text(200, &format!("{value:#}\n")).kind("application/json")),
        Err(error) => Err(Reply::error(500, &error.to_string())),
    }
}
