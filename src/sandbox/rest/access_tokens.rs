//! Tokens that are made over the API: an administrator's for a person (`lib/api/users.rb`), a maintainer's for a project,
//! which brings a bot (`lib/api/resource_access_tokens.rb`).

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::Asked;
use super::shapes::instant;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Change, MAINTAINER, Token};

/// `POST /users/:id/personal_access_tokens`.
pub(super) fn of_user(asked: &mut Asked<'_>, user: u64) -> Answer {
    asked.admin()?;
    let wish = wish(asked)?;
    Ok(made(asked, user, &wish))
}

/// `POST /projects/:id/access_tokens`.
pub(super) fn of_project(asked: &mut Asked<'_>, project: u64) -> Answer {
    asked.role(project, MAINTAINER)?;
    let wish = wish(asked)?;
    let level = asked.call.input.number("access_level").unwrap_or(u64::from(MAINTAINER));
    let level = u8::try_from(level).ok().filter(|level| [10, 15, 20, 30, 40, 50].contains(level));
    let level = level.ok_or_else(|| Reply::no_such_value("access_level"))?;
    if level > asked.level(project) {
        return Err(Reply::message(400, "Could not provision owner access to project access token"));
    }
    let bot = asked.world.add_bot(project, &wish.name);
    asked.world.add_member(project, bot, level);
    Ok(made(asked, bot, &wish))
}

struct Wish {
    name: String,
    scopes: Vec<String>,
    expires_at: Option<NaiveDate>,
}

fn wish(asked: &Asked<'_>) -> Result<Wish, Reply> {
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
    let input = &asked.call.input;
    let name = input.given("name")?;
    let scopes = input.list("scopes").ok_or_else(|| Reply::missing("scopes"))?;
    if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(Reply::no_such_value("scopes"));
    }
    let expires_at = match input.day("expires_at")? {
        Change::Set(day) => Some(day),
        Change::Keep | Change::Clear => None,
    };
    if expires_at.is_some_and(|day| day < asked.world.now.date_naive()) {
        return Err(Reply::message(400, "Expiration date can't be in the past"));
    }
    Ok(Wish { name, scopes, expires_at })
}

/// The token with its value, which is told this once.
fn made(asked: &mut Asked<'_>, user: u64, wish: &Wish) -> Reply {
    let id = asked.world.fresh_id();
    // Tokens are known by their names in the box, so each has one of its own.
    let again = asked.world.tokens.contains_key(&wish.name);
    let name = if again { format!("{} {id}", wish.name) } else { wish.name.clone() };
    let token = Token {
        id,
        value: format!("glpat-sandbox-{id}-no-secret"),
        user,
        scopes: wish.scopes.clone(),
        revoked: false,
        expires_at: wish.expires_at,
        created_at: asked.world.now,
    };
    let mut shape = shape(&wish.name, &token);
    shape["token"] = json!(token.value);
    asked.world.tokens.insert(name, token);
    Reply::json(201, &shape)
}

/// A token without its value (`lib/api/entities/personal_access_token.rb`).
pub(super) fn shape(name: &str, token: &Token) -> Value {
    json!({
        "id": token.id,
        "name": name,
        "revoked": token.revoked,
        "created_at": instant(token.created_at),
        "description": null,
        "scopes": token.scopes,
        "user_id": token.user,
        "last_used_at": null,
        "active": !token.revoked,
        "expires_at": token.expires_at,
    })
}
