//! Users, the token itself and the instance (GitLab docs, "Users API", "Personal access tokens API", "Metadata API").

use serde_json::{Value, json};

use super::access_tokens::access_token_json;
use super::authentication::is_job_token;
use super::entities::{format_time, user_basic_json, user_json, user_with_admin_json};
use super::paging::page_reply;
use super::{Context, project_list, user_administration};
use crate::reply::{HandlerResult, Reply};
use crate::world::User;

/// `/user`, `/users` and below, `/version` and `/metadata`.
pub(super) fn answer(context: &mut Context<'_>, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", ["user"]) => show(context, context.require_signed_in()?, true),
        ("GET" | "HEAD", ["users"]) => list(context),
        ("POST", ["users"]) => user_administration::create(context),
        ("GET" | "HEAD", ["users", _]) if context.current_user_id.is_none() => {
            Err(Reply::message(403, "403 Forbidden - Not authorized!"))
        }
        ("GET" | "HEAD", ["users", id]) => show(context, context.find_user(id)?, false),
        ("GET" | "HEAD", ["users", id, "projects"]) => {
            let name = context.world.users.get(&context.find_user(id)?).map(|user| user.username.clone());
            project_list::list_user_projects(context, &name.unwrap_or_default())
        }
        (_, ["users", id, rest @ ..]) => user_administration::answer(context, id, rest),
        ("GET" | "HEAD", ["version" | "metadata"]) => {
            context.require_signed_in()?;
            let kas = json!({ "enabled": false, "externalUrl": null, "externalK8sProxyUrl": null, "version": null });
            let version = json!({ "version": "18.6.0-ee", "revision": "5a4db0e", "kas": kas, "enterprise": true });
            Ok(Reply::json(200, &version))
        }
        _ => Err(Reply::route_not_found()),
    }
}

/// The token that asks, whatever its scope.
pub(super) fn show_own_token(context: &Context<'_>, id: Option<u64>) -> HandlerResult {
    let token = context.world.tokens.iter().find(|(_, token)| Some(token.id) == id);
    let Some((name, token)) = token else { return Err(Reply::unauthorized()) };
    let mut shape = access_token_json(name, token);
    shape["last_used_at"] = json!(format_time(context.world.now));
    // Only here (`lib/api/entities/personal_access_token_with_last_used_ips.rb`).
    shape["last_used_ips"] = json!(["127.0.0.1"]);
    Ok(Reply::json(200, &shape))
}

/// The job whose token asks (GitLab docs, "Jobs API", job token's job).
pub(super) fn show_own_job(context: &Context<'_>, id: Option<u64>) -> HandlerResult {
    let token = context.world.tokens.iter().find(|(_, token)| Some(token.id) == id);
    let token = token.filter(|(_, token)| is_job_token(token));
    let Some((name, token)) = token else { return Err(Reply::unauthorized()) };
    let shape = json!({
        "id": token.id,
        "status": "running",
        "stage": "deploy",
        "name": name,
        "ref": "main",
        "tag": false,
        "created_at": format_time(token.created_at),
        "user": context.user_or_ghost_json(token.user),
    });
    Ok(Reply::json(200, &shape))
}

fn list(context: &Context<'_>) -> HandlerResult {
    let input = &context.call.params;
    let username = input.non_empty_text("username").map(|name| name.to_lowercase());
    // Without a token GitLab answers for one named user only.
    if context.current_user_id.is_none() && username.is_none() {
        return Err(Reply::message(403, "403 Forbidden - Not authorized to access /api/v4/users"));
    }
    let search = input.search_text();
    let active = input.flag("active") == Some(true);
    let blocked = input.flag("blocked") == Some(true);
    let admin = context.is_admin();
    let mut found: Vec<&User> = context.world.users.values().collect();
    found.retain(|user| {
        context.world.may_find_user(user, context.current_user_id)
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
    Ok(page_reply(context, &found, |user| {
        if admin { user_with_admin_json(user, context.origin) } else { user_basic_json(user, context.origin) }
    }))
}

fn show(context: &Context<'_>, id: u64, own: bool) -> HandlerResult {
    context.require_signed_in()?;
    let user = context.world.users.get(&id).ok_or_else(|| Reply::not_found("User"))?;
    if !own {
        let shape = if context.is_admin() {
            user_with_admin_json(user, context.origin)
        } else {
            user_json(user, context.origin)
        };
        return Ok(Reply::json(200, &shape));
    }
    let mut shape = user_json(user, context.origin);
    if let (Value::Object(all), Value::Object(more)) = (&mut shape, own_account_json(context, user)) {
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
fn own_account_json(context: &Context<'_>, user: &User) -> Value {
    let (born, today) = (format_time(user.created_at), context.world.now);
    json!({
        "last_sign_in_at": born,
        "confirmed_at": born,
        "last_activity_on": today.date_naive(),
        "email": user.email,
        "theme_id": 3,
        "color_scheme_id": 1,
        "projects_limit": 100_000,
        "current_sign_in_at": format_time(today),
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
