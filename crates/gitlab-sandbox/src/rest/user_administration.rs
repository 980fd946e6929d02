//! What administrators do with accounts (GitLab docs, "Users API", "User moderation API"; `lib/api/users.rb`).

use serde_json::{Value, json};

use super::entities::user_with_admin_json;
use super::paging::page_reply;
use super::{Context, access_tokens};
use crate::reply::{HandlerResult, Reply};

/// `POST /users`; whether the password is a good one is not the sandbox's business.
pub(super) fn create(context: &mut Context<'_>) -> HandlerResult {
    context.require_admin()?;
    let input = &context.call.params;
    let (email, name, username) =
        (input.required_text("email")?, input.required_text("name")?, input.required_text("username")?);
    let sets_password = ["password", "reset_password", "force_random_password"];
    input.mark_read(&sets_password);
    if sets_password.iter().all(|key| input.non_empty_text(key).is_none()) {
        let why =
            "password, reset_password, force_random_password are missing, at least one parameter must be provided";
        return Err(Reply::error(400, why));
    }
    // Accounts are confirmed from the start here, which is what this asks for.
    if input.flag("skip_confirmation") == Some(false) {
        return Err(Reply::not_supported("skip_confirmation with the value false"));
    }
    if context.world.users.values().any(|user| user.email.eq_ignore_ascii_case(&email)) {
        return Err(Reply::message(409, "Email has already been taken"));
    }
    if context.world.user_by_username(&username).is_some() || context.world.group_by_path(&username).is_some() {
        return Err(Reply::message(409, "Username has already been taken"));
    }
    let (admin, now) = (input.flag("admin") == Some(true), context.world.now);
    let avatar = context.call.uploaded_file("avatar").cloned();
    let id = context.world.add_user(&username, &name);
    if let Some(user) = context.world.users.get_mut(&id) {
        (user.email, user.admin, user.created_at, user.avatar) = (email, admin, now, avatar);
    }
    show(context, 201, id)
}

/// What is below one user.
pub(super) fn answer(context: &mut Context<'_>, id: &str, path: &[&str]) -> HandlerResult {
    let id = context.find_user(id)?;
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", ["memberships"]) => list_memberships(context, id),
        ("PUT", []) => update(context, id),
        ("DELETE", []) => {
            context.require_admin()?;
            if context.call.params.flag("hard_delete") == Some(true) {
                context.world.remove_contributions(id);
            }
            context.world.remove_user(id);
            Ok(Reply::empty(204))
        }
        ("POST", ["personal_access_tokens"]) => access_tokens::create_personal_access_token(context, id),
        ("POST", ["block"]) => set_account_state(context, id, &["active", "deactivated"], "blocked"),
        ("POST", ["unblock"]) => set_account_state(context, id, &["blocked"], "active"),
        ("POST", ["ban"]) => set_account_state(context, id, &["active"], "banned"),
        ("POST", ["unban"]) => set_account_state(context, id, &["banned"], "active"),
        ("POST", ["activate"]) => set_account_state(context, id, &["deactivated", "active"], "active"),
        ("POST", ["deactivate"]) => set_account_state(context, id, &["active", "deactivated"], "deactivated"),
        _ => Err(Reply::route_not_found()),
    }
}

/// 201 `true` when it did something. Doing it twice differs from verb to verb (`lib/api/users.rb`): a second block says
/// `null`, a second unblock `false`, and the others are refused.
fn set_account_state(context: &mut Context<'_>, id: u64, from: &[&str], to: &str) -> HandlerResult {
    let who = context.require_admin()?;
    let user = context.world.users.get_mut(&id).ok_or_else(|| Reply::not_found("User"))?;
    if user.id == who && to == "blocked" {
        return Err(Reply::message(403, "403 Forbidden - The API initiating user cannot be blocked by the API"));
    }
    if from.contains(&user.state.as_str()) {
        to.clone_into(&mut user.state);
        return Ok(Reply::json(201, &Value::Bool(true)));
    }
    match (to, user.state.as_str()) {
        ("blocked", "blocked") => Ok(Reply::json(201, &Value::Null)),
        ("active", "active") => Ok(Reply::json(201, &Value::Bool(false))),
        (_, state) => Err(Reply::message(403, &format!("403 Forbidden - A user that is {state} cannot become {to}."))),
    }
}

fn update(context: &mut Context<'_>, id: u64) -> HandlerResult {
    context.require_admin()?;
    let input = &context.call.params;
    let (name, username, email) =
        (input.non_empty_text("name"), input.non_empty_text("username"), input.non_empty_text("email"));
    if username.as_ref().and_then(|name| context.world.user_by_username(name)).is_some_and(|other| other.id != id) {
        return Err(Reply::message(409, "Username has already been taken"));
    }
    let admin = input.flag("admin");
    let avatar = context.call.uploaded_file("avatar").cloned();
    if let Some(user) = context.world.users.get_mut(&id) {
        user.name = name.unwrap_or(std::mem::take(&mut user.name));
        user.username = username.unwrap_or(std::mem::take(&mut user.username));
        user.email = email.unwrap_or(std::mem::take(&mut user.email));
        user.admin = admin.unwrap_or(user.admin);
        user.avatar = avatar.or(user.avatar.take());
    }
    show(context, 200, id)
}

/// Where somebody is a member; for administrators only.
fn list_memberships(context: &Context<'_>, id: u64) -> HandlerResult {
    context.require_admin()?;
    let wanted = context.call.params.non_empty_text("type");
    if wanted.as_ref().is_some_and(|kind| !["Project", "Namespace"].contains(&kind.as_str())) {
        return Err(Reply::value_not_allowed("type"));
    }
    let groups =
        context.world.groups.values().map(|group| ("Namespace", group.id, &group.name, group.members.get(&id)));
    let projects = context.world.projects.values().map(|home| ("Project", home.id, &home.name, home.members.get(&id)));
    let found: Vec<Value> = groups
        .chain(projects)
        .filter(|(kind, ..)| wanted.as_ref().is_none_or(|wanted| wanted == kind))
        .filter_map(|(kind, source, name, level)| {
            let level = level?;
            Some(json!({ "source_id": source, "source_name": name, "source_type": kind, "access_level": level }))
        })
        .collect();
    Ok(page_reply(context, &found, Clone::clone))
}

fn show(context: &Context<'_>, status: u16, id: u64) -> HandlerResult {
    let user = context.world.users.get(&id).ok_or_else(|| Reply::not_found("User"))?;
    Ok(Reply::json(status, &user_with_admin_json(user, context.origin)))
}
