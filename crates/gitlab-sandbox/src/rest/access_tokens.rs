//! Tokens that are made over the API: an administrator's for a person (`lib/api/users.rb`), a maintainer's for a
//! project, which brings a bot (`lib/api/resource_access_tokens.rb`).

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use crate::reply::{HandlerResult, Reply};
use crate::world::{AccessToken, FieldChange, MAINTAINER};

/// `POST /users/:id/personal_access_tokens`.
pub(super) fn create_personal_access_token(context: &mut Context<'_>, user: u64) -> HandlerResult {
    context.require_admin()?;
    let wish = read_new_access_token(context)?;
    Ok(create_token(context, user, &wish))
}

/// `POST /projects/:id/access_tokens`.
pub(super) fn create_project_access_token(context: &mut Context<'_>, project: u64) -> HandlerResult {
    context.require_role(project, MAINTAINER)?;
    let wish = read_new_access_token(context)?;
    let level = context.call.params.number("access_level").unwrap_or(u64::from(MAINTAINER));
    let level = u8::try_from(level).ok().filter(|level| [10, 15, 20, 30, 40, 50].contains(level));
    let level = level.ok_or_else(|| Reply::value_not_allowed("access_level"))?;
    if level > context.access_level(project) {
        return Err(Reply::message(400, "Could not provision owner access to project access token"));
    }
    let bot = context.world.add_bot(project, &wish.name);
    context.world.add_member(project, bot, level);
    Ok(create_token(context, bot, &wish))
}

struct NewAccessToken {
    name: String,
    scopes: Vec<String>,
    expires_at: Option<NaiveDate>,
}

fn read_new_access_token(context: &Context<'_>) -> Result<NewAccessToken, Reply> {
    const SCOPES: [&str; 11] = [
        "api",
        "read_user",
        "read_api",
        "read_repository",
        "write_repository",
        "sudo",
        "admin_mode",
        "create_runner",
        "manage_runner",
        "k8s_proxy",
        "self_rotate",
    ];
    let input = &context.call.params;
    let name = input.required_text("name")?;
    let scopes = input.list("scopes").ok_or_else(|| Reply::parameter_missing("scopes"))?;
    if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(Reply::value_not_allowed("scopes"));
    }
    let expires_at = match input.date_change("expires_at")? {
        FieldChange::Set(day) => Some(day),
        FieldChange::Keep | FieldChange::Clear => None,
    };
    if expires_at.is_some_and(|day| day < context.world.now.date_naive()) {
        return Err(Reply::message(400, "Expiration date can't be in the past"));
    }
    Ok(NewAccessToken { name, scopes, expires_at })
}

/// The token with its value, which is answered this once.
fn create_token(context: &mut Context<'_>, user: u64, wish: &NewAccessToken) -> Reply {
    let id = context.world.next_id();
    // Tokens are known by their names in the sandbox, so each has one of its own.
    let again = context.world.tokens.contains_key(&wish.name);
    let name = if again { format!("{} {id}", wish.name) } else { wish.name.clone() };
    let token = AccessToken {
        id,
        value: format!("glpat-sandbox-{id}-no-secret"),
        user,
        scopes: wish.scopes.clone(),
        revoked: false,
        expires_at: wish.expires_at,
        created_at: context.world.now,
    };
    let mut shape = access_token_json(&wish.name, &token);
    shape["token"] = json!(token.value);
    context.world.tokens.insert(name, token);
    Reply::json(201, &shape)
}

/// A token without its value (`lib/api/entities/personal_access_token.rb`).
pub(super) fn access_token_json(name: &str, token: &AccessToken) -> Value {
    json!({
        "id": token.id,
        "name": name,
        "revoked": token.revoked,
        "created_at": format_time(token.created_at),
        "description": null,
        "scopes": token.scopes,
        "user_id": token.user,
        "last_used_at": null,
        "active": !token.revoked,
        "expires_at": token.expires_at,
    })
}
