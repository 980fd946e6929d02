//! Users, the token itself and the instance (GitLab docs, "Users API", "Personal access tokens API", "Metadata API").

use serde_json::{Value, json};

use super::access_tokens::shape;
use super::paging::page;
use super::shapes::{brief, instant, profile};
use super::token::is_of_a_job;
use super::{Asked, accounts, project_list};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::User;

/// `/user`, `/users` and below, `/version` and `/metadata`.
pub(super) fn answer(asked: &mut Asked<'_>, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", ["user"]) => one(asked, asked.signed_in()?, true),
        ("GET" | "HEAD", ["users"]) => list(asked),
        ("POST", ["users"]) => accounts::create(asked),
        ("GET" | "HEAD", ["users", _]) if asked.who.is_none() => {
            Err(Reply::message(403, "403 Forbidden - Not authorized!"))
        }
        ("GET" | "HEAD", ["users", id]) => one(asked, find(asked, id)?, false),
        ("GET" | "HEAD", ["users", id, "projects"]) => {
            let name = asked.world.users.get(&find(asked, id)?).map(|user| user.username.clone());
            project_list::of_user(asked, &name.unwrap_or_default())
        }
        (_, ["users", id, rest @ ..]) => accounts::answer(asked, id, rest),
        ("GET" | "HEAD", ["version" | "metadata"]) => {
            asked.signed_in()?;
            let kas = json!({ "enabled": false, "externalUrl": null, "externalK8sProxyUrl": null, "version": null });
            let version = json!({ "version": "18.6.0-ee", "revision": "5a4db0e", "kas": kas, "enterprise": true });
            Ok(Reply::json(200, &version))
        }
        _ => Err(Reply::no_route()),
    }
}

/// A user by number; by name, too, where GitLab takes `id_or_username`.
pub(super) fn find(asked: &Asked<'_>, id: &str) -> Result<u64, Reply> {
    let by_number = id.parse().ok().filter(|id| asked.world.users.contains_key(id));
    let found = by_number.or_else(|| asked.world.user_named(id).map(|user| user.id));
    found.ok_or_else(|| Reply::not_found("User"))
}

/// The token that asks, whatever its scope.
pub(super) fn own_token(asked: &Asked<'_>, id: Option<u64>) -> Answer {
    let token = asked.world.tokens.iter().find(|(_, token)| Some(token.id) == id);
    let Some((name, token)) = token else { return Err(Reply::unauthorized()) };
    let mut shape = shape(name, token);
    shape["last_used_at"] = json!(instant(asked.world.now));
    Ok(Reply::json(200, &shape))
}

/// The job whose token asks (GitLab docs, "Jobs API", job token's job).
pub(super) fn own_job(asked: &Asked<'_>, id: Option<u64>) -> Answer {
    let token = asked.world.tokens.iter().find(|(_, token)| Some(token.id) == id);
    let token = token.filter(|(_, token)| is_of_a_job(token));
    let Some((name, token)) = token else { return Err(Reply::unauthorized()) };
    let shape = json!({
        "id": token.id,
        "status": "running",
        "stage": "deploy",
        "name": name,
        "ref": "main",
        "tag": false,
        "created_at": instant(token.created_at),
        "user": asked.user_shape(token.user),
    });
    Ok(Reply::json(200, &shape))
}

fn list(asked: &Asked<'_>) -> Answer {
    let input = &asked.call.input;
    let username = input.filled("username").map(|name| name.to_lowercase());
    // Without a token GitLab answers for one named user only.
    if asked.who.is_none() && username.is_none() {
        return Err(Reply::message(403, "403 Forbidden - Not authorized to access /api/v4/users"));
    }
    let search = input.search();
    let active = input.flag("active") == Some(true);
    let blocked = input.flag("blocked") == Some(true);
    let admin = asked.is_admin();
    let mut found: Vec<&User> = asked.world.users.values().collect();
    found.retain(|user| {
        asked.world.may_find_user(user, asked.who)
            && username.as_ref().is_none_or(|name| user.username.to_lowercase() == *name)
            && search.as_ref().is_none_or(|text| {
                user.username.to_lowercase().contains(text)
                    || user.name.to_lowercase().contains(text)
                    // A part of an address finds nobody but for administrators.
                    || (admin && user.email.to_lowercase() == *text)
            })
            && (!active || user.state == "active")
            && (!blocked || user.state == "blocked")
    });
    found.reverse();
    Ok(page(asked, &found, |user| if admin { full(asked, user) } else { brief(user, asked.origin) }))
}

fn one(asked: &Asked<'_>, id: u64, own: bool) -> Answer {
    asked.signed_in()?;
    let user = asked.world.users.get(&id).ok_or_else(|| Reply::not_found("User"))?;
    if !own {
        let shape = if asked.is_admin() { full(asked, user) } else { open(asked, user) };
        return Ok(Reply::json(200, &shape));
    }
    let mut shape = open(asked, user);
    if let (Value::Object(all), Value::Object(more)) = (&mut shape, account(asked, user)) {
        all.extend(more);
    }
    if user.admin {
        for key in ["current_sign_in_ip", "last_sign_in_ip", "created_by", "email_reset_offered_at", "note"] {
            shape[key] = Value::Null;
        }
        shape["is_admin"] = json!(true);
        shape["namespace_id"] = json!(user.id);
        shape["using_license_seat"] = json!(true);
        shape["is_auditor"] = json!(false);
    }
    Ok(Reply::json(200, &shape))
}

/// What users see of their own account (`lib/api/entities/user_public.rb` and its EE counterpart).
fn account(asked: &Asked<'_>, user: &User) -> Value {
    let (born, today) = (instant(user.created_at), asked.world.now);
    json!({
        "last_sign_in_at": born,
        "confirmed_at": born,
        "last_activity_on": today.date_naive(),
        "email": user.email,
        "theme_id": 3,
        "color_scheme_id": 1,
        "projects_limit": 100_000,
        "current_sign_in_at": instant(today),
        "identities": [],
        "can_create_group": true,
        "can_create_project": true,
        "two_factor_enabled": true,
        "external": false,
        "private_profile": false,
        "commit_email": user.email,
        "preferred_language": "en",
        "shared_runners_minutes_limit": null,
        "extra_shared_runners_minutes_limit": null,
        "scim_identities": [],
    })
}

/// What everybody who is signed in sees of one user.
fn open(asked: &Asked<'_>, user: &User) -> Value {
    let mut shape = profile(user, asked.origin);
    shape["created_at"] = json!(instant(user.created_at));
    shape
}

/// What administrators see of a user.
pub(super) fn full(asked: &Asked<'_>, user: &User) -> Value {
    let mut shape = open(asked, user);
    shape["email"] = json!(user.email);
    shape["commit_email"] = json!(user.email);
    shape["is_admin"] = json!(user.admin);
    shape["confirmed_at"] = json!(instant(user.created_at));
    shape["namespace_id"] = json!(user.id);
    shape["external"] = json!(false);
    shape["identities"] = json!([]);
    shape
}
