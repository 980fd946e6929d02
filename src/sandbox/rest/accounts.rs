//! What administrators do with accounts (GitLab docs, "Users API", "User moderation API"; `lib/api/users.rb`).

use serde_json::{Value, json};

use super::paging::page;
use super::users::{find, full};
use super::{Asked, access_tokens};
use crate::sandbox::reply::{Answer, Reply};

/// `POST /users`; whether the password is a good one is not the box's business.
pub(super) fn create(asked: &mut Asked<'_>) -> Answer {
    asked.admin()?;
    let input = &asked.call.input;
    let (email, name, username) = (input.given("email")?, input.given("name")?, input.given("username")?);
    let sets_password = ["password", "reset_password", "force_random_password"];
    input.declare(&sets_password);
    if sets_password.iter().all(|key| input.filled(key).is_none()) {
        let why =
            "password, reset_password, force_random_password are missing, at least one parameter must be provided";
        return Err(Reply::error(400, why));
    }
    // Accounts are confirmed from the start here, which is what this asks for.
    if input.flag("skip_confirmation") == Some(false) {
        return Err(Reply::not_kept("skip_confirmation with the value false"));
    }
    if asked.world.users.values().any(|user| user.email.eq_ignore_ascii_case(&email)) {
        return Err(Reply::message(409, "Email has already been taken"));
    }
    if asked.world.user_named(&username).is_some() || asked.world.group_at(&username).is_some() {
        return Err(Reply::message(409, "Username has already been taken"));
    }
    let (admin, now) = (input.flag("admin") == Some(true), asked.world.now);
    let avatar = asked.call.file("avatar").cloned();
    let id = asked.world.add_user(&username, &name);
    if let Some(user) = asked.world.users.get_mut(&id) {
        (user.email, user.admin, user.created_at, user.avatar) = (email, admin, now, avatar);
    }
    show(asked, 201, id)
}

/// What is below one user.
pub(super) fn answer(asked: &mut Asked<'_>, id: &str, path: &[&str]) -> Answer {
    let id = find(asked, id)?;
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", ["memberships"]) => memberships(asked, id),
        ("PUT", []) => update(asked, id),
        ("DELETE", []) => {
            asked.admin()?;
            if asked.call.input.flag("hard_delete") == Some(true) {
                asked.world.remove_what_was_written(id);
            }
            asked.world.remove_user(id);
            Ok(Reply::empty(204))
        }
        ("POST", ["personal_access_tokens"]) => access_tokens::of_user(asked, id),
        ("POST", ["block"]) => moderate(asked, id, &["active", "deactivated"], "blocked"),
        ("POST", ["unblock"]) => moderate(asked, id, &["blocked"], "active"),
        ("POST", ["ban"]) => moderate(asked, id, &["active"], "banned"),
        ("POST", ["unban"]) => moderate(asked, id, &["banned"], "active"),
        ("POST", ["activate"]) => moderate(asked, id, &["deactivated", "active"], "active"),
        ("POST", ["deactivate"]) => moderate(asked, id, &["active", "deactivated"], "deactivated"),
        _ => Err(Reply::no_route()),
    }
}

/// 201 `true` when it did something. Doing it twice differs from verb to verb (`lib/api/users.rb`): a second block says
/// `null`, a second unblock `false`, and the others are refused.
fn moderate(asked: &mut Asked<'_>, id: u64, from: &[&str], to: &str) -> Answer {
    let who = asked.admin()?;
    let user = asked.world.users.get_mut(&id).ok_or_else(|| Reply::not_found("User"))?;
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

fn update(asked: &mut Asked<'_>, id: u64) -> Answer {
    asked.admin()?;
    let input = &asked.call.input;
    let (name, username, email) = (input.filled("name"), input.filled("username"), input.filled("email"));
    if username.as_ref().and_then(|name| asked.world.user_named(name)).is_some_and(|other| other.id != id) {
        return Err(Reply::message(409, "Username has already been taken"));
    }
    let admin = input.flag("admin");
    let avatar = asked.call.file("avatar").cloned();
    if let Some(user) = asked.world.users.get_mut(&id) {
        user.name = name.unwrap_or(std::mem::take(&mut user.name));
        user.username = username.unwrap_or(std::mem::take(&mut user.username));
        user.email = email.unwrap_or(std::mem::take(&mut user.email));
        user.admin = admin.unwrap_or(user.admin);
        user.avatar = avatar.or(user.avatar.take());
    }
    show(asked, 200, id)
}

/// Where somebody is a member; for administrators only.
fn memberships(asked: &Asked<'_>, id: u64) -> Answer {
    asked.admin()?;
    let wanted = asked.call.input.filled("type");
    if wanted.as_ref().is_some_and(|kind| !["Project", "Namespace"].contains(&kind.as_str())) {
        return Err(Reply::no_such_value("type"));
    }
    let groups = asked.world.groups.values().map(|group| ("Namespace", group.id, &group.name, group.members.get(&id)));
    let projects = asked.world.projects.values().map(|home| ("Project", home.id, &home.name, home.members.get(&id)));
    let found: Vec<Value> = groups
        .chain(projects)
        .filter(|(kind, ..)| wanted.as_ref().is_none_or(|wanted| wanted == kind))
        .filter_map(|(kind, source, name, level)| {
            let level = level?;
            Some(json!({ "source_id": source, "source_name": name, "source_type": kind, "access_level": level }))
        })
        .collect();
    Ok(page(asked, &found, Clone::clone))
}

fn show(asked: &Asked<'_>, status: u16, id: u64) -> Answer {
    let user = asked.world.users.get(&id).ok_or_else(|| Reply::not_found("User"))?;
    Ok(Reply::json(status, &full(asked, user)))
}
