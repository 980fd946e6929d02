//! What the sandbox reports about itself, and how it is steered: `/-/sandbox`, `/-/world`, `/-/dns/NAME`, `/-/journal`.
//!
//! None of this exists in GitLab, and writes to it are not in the journal.

mod faults;
mod user_actions;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::call::Call;
use super::reply::{HandlerResult, Reply};
use super::world::World;
use crate::state::SandboxState;

/// Everything that a program needs in order to work inside the sandbox; `/-/sandbox` gives it as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SandboxDescription {
    /// The origin of the sandbox's GitLab, also in links, without a trailing slash.
    pub url: String,
    /// The public name of the GitLab that the sandbox plays: links to this host are links to the sandbox's own
    /// projects.
    pub gitlab_host: String,
    /// Access tokens by the names that the world gives them.
    pub tokens: BTreeMap<String, String>,
    /// The world's time.
    pub now: DateTime<Utc>,
    /// `127.0.0.1:PORT` of the TLS listener to which every public name leads; none before the sandbox is served.
    pub web: Option<String>,
    /// The certificate of the sandbox's own authority as PEM, valid for this run of the sandbox only; none before it is
    /// served.
    pub ca: Option<String>,
    /// With a host's name behind it, the URL that answers the host's addresses; always on the listener itself.
    pub dns: String,
}

/// The name of the GitLab that the sandbox plays.
pub(super) const GITLAB_HOST: &str = "gitlab.com";

/// What `/-/sandbox` answers.
pub(super) fn describe(state: &SandboxState) -> SandboxDescription {
    let origin = &state.addresses.origin;
    SandboxDescription {
        url: origin.clone(),
        gitlab_host: GITLAB_HOST.to_owned(),
        tokens: state.world.tokens.iter().map(|(name, token)| (name.clone(), token.value.clone())).collect(),
        now: state.world.now,
        web: state.addresses.web_address.clone(),
        ca: state.addresses.ca_pem.clone(),
        dns: format!("{}/-/dns/", state.addresses.listener_origin),
    }
}

/// Answers one request below `/-/`.
pub(super) fn answer(state: &mut SandboxState, live: bool, call: &Call) -> Reply {
    let path: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
    let reply = match (call.method.as_str(), path.as_slice()) {
        ("GET" | "HEAD", ["sandbox"]) => pretty_json(&describe(state)),
        ("GET" | "HEAD", ["journal"]) => pretty_json(&state.journal),
        #[cfg(feature = "pages")]
        ("GET" | "HEAD", ["journal.html"]) => Ok(crate::pages::journal(state)),
        ("GET" | "HEAD", ["world"]) => pretty_json(&state.world),
        ("GET" | "HEAD", ["dns", name]) => resolve_host(&state.world, name),
        ("POST", ["world", "reset"]) => {
            state.world = state.initial_world.clone();
            (state.journal, state.request_count) = (Vec::new(), 0);
            pretty_json(&json!({ "now": state.world.now }))
        }
        ("POST", ["world", "now"]) => set_now(&mut state.world, live, call),
        ("POST", ["world", "token"]) => set_token(&mut state.world, call),
        ("POST", ["world", "fault"]) => faults::set(&mut state.world, call),
        ("POST", ["world", "issue"]) => user_actions::run_issue_verb(&mut state.world, call),
        ("POST", ["world", "issues"]) => user_actions::open_issues(&mut state.world, call),
        ("POST", ["world", "role"]) => user_actions::set_role(&mut state.world, call),
        ("POST", ["world", "label"]) => user_actions::archive_label(&mut state.world, call),
        ("POST", ["world", "pipeline"]) => user_actions::end_pipeline(&mut state.world, call),
        ("POST", ["world", "user"]) => set_user(&mut state.world, call),
        _ => Err(Reply::route_not_found()),
    };
    reply.unwrap_or_else(|refusal| refusal)
}

/// Whether the name resolves in this world. The root's dot at the end and letter case mean nothing in DNS.
pub(super) fn host_exists(world: &World, name: &str) -> bool {
    let name = name.trim_end_matches('.').to_lowercase();
    name == GITLAB_HOST || world.web.hosts.contains(&name)
}

/// An invented public address that is always the same for a name, in a range that address policies allow.
fn resolve_host(world: &World, name: &str) -> HandlerResult {
    if world.dns_down {
        return Err(Reply::error(503, "the resolver fails"));
    }
    // The resolver of a network that wants a sign-in first knows every name.
    if !world.captive_portal && !host_exists(world, name) {
        return Err(Reply::error(404, "no such host"));
    }
    let digest = Sha256::digest(name.trim_end_matches('.').to_lowercase().as_bytes());
    let [high, low] = [digest.first().copied().unwrap_or(1), digest.get(1).copied().unwrap_or(1)];
    pretty_json(&json!({ "addresses": [format!("93.184.{high}.{}", low.clamp(1, 254))] }))
}

fn set_now(world: &mut World, live: bool, call: &Call) -> HandlerResult {
    if live {
        return Err(Reply::error(
            409,
            "the time of this sandbox runs; it can be set in one that was started at a given time",
        ));
    }
    let now = call.params.date_time("now")?.ok_or_else(|| Reply::error(400, "now is missing: RFC 3339"))?;
    world.now = now;
    pretty_json(&json!({ "now": now }))
}

fn set_token(world: &mut World, call: &Call) -> HandlerResult {
    let name = call.params.required_text("name")?;
    let expires = call.params.date_change("expires_at")?;
    let renew = call.params.flag("renew") == Some(true);
    let value = if renew { world.renew_token(&name, call.params.flag("ghost") == Some(true)) } else { None };
    let token = world.tokens.get_mut(&name).ok_or_else(|| Reply::error(404, "no token has this name"))?;
    token.revoked = call.params.flag("revoked").unwrap_or(token.revoked);
    match expires {
        super::world::FieldChange::Keep => {}
        super::world::FieldChange::Clear => token.expires_at = None,
        super::world::FieldChange::Set(day) => token.expires_at = Some(day),
    }
    let mut now = json!({ "name": name, "revoked": token.revoked, "expires_at": token.expires_at });
    if let Some(value) = value {
        // As in GitLab, the value is shown once, here; `/-/sandbox` has it, too.
        (now["token"], now["user_id"]) = (json!(value), json!(token.user));
    }
    pretty_json(&now)
}

fn set_user(world: &mut World, call: &Call) -> HandlerResult {
    let id = call.params.number("id").ok_or_else(|| Reply::parameter_missing("id"))?;
    let user = world.users.get_mut(&id).ok_or_else(|| Reply::error(404, "no user has this id"))?;
    if let Some(username) = call.params.non_empty_text("username") {
        user.username = username;
    }
    if let Some(name) = call.params.non_empty_text("name") {
        user.name = name;
    }
    if let Some(state) = call.params.non_empty_text("state") {
        user.state = state;
    }
    pretty_json(&json!({ "id": user.id, "username": user.username, "name": user.name, "state": user.state }))
}

fn pretty_json(value: &impl Serialize) -> HandlerResult {
    match serde_json::to_value(value) {
        Ok(value) => Ok(Reply::text(200, &format!("{value:#}\n")).with_content_type("application/json")),
        Err(error) => Err(Reply::error(500, &error.to_string())),
    }
}
