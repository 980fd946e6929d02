//! Members of projects and groups (GitLab docs, "Members API"; `lib/api/members.rb`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Context;
use super::entities::{format_time, user_basic_json};
use super::paging::page_reply;
use crate::reply::{HandlerResult, Reply};
use crate::world::{MAINTAINER, OWNER, User};

/// Whose members are asked for.
#[derive(Clone, Copy)]
pub(super) enum MemberSource {
    Project(u64),
    Group(u64),
}

/// `members`, `members/all` and one of them.
pub(super) fn answer(context: &mut Context<'_>, of: MemberSource, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => Ok(list(context, of, false)),
        ("GET" | "HEAD", ["all"]) => Ok(list(context, of, true)),
        ("POST", []) => add(context, of),
        ("GET" | "HEAD", ["all", id]) => show(context, 200, of, id, true),
        ("GET" | "HEAD", [id]) => show(context, 200, of, id, false),
        ("PUT", [id]) => {
            let own = require_manager_role(context, of)?;
            let user = find_manageable_member(context, of, id, own)?;
            let level = read_access_level(context, own)?;
            set_access_level(context, of, user, Some(level));
            show(context, 200, of, id, false)
        }
        ("DELETE", [id]) => {
            let mut user = find_member(context, of, id)?;
            // Everybody may leave.
            if context.current_user_id != Some(user) {
                let own = require_manager_role(context, of)?;
                user = find_manageable_member(context, of, id, own)?;
            }
            set_access_level(context, of, user, None);
            Ok(Reply::empty(204))
        }
        _ => Err(Reply::route_not_found()),
    }
}

fn list(context: &Context<'_>, of: MemberSource, inherited: bool) -> Reply {
    let input = &context.call.params;
    let wanted = input.non_empty_text("query").map(|query| query.to_lowercase());
    let ids = input.numbers("user_ids");
    let levels = access_levels(context, of, inherited);
    let people = levels.iter().filter_map(|(id, level)| Some((context.world.users.get(id)?, *level)));
    let found: Vec<(&User, u8)> = people
        .filter(|(user, _)| ids.as_ref().is_none_or(|ids| ids.contains(&user.id)))
        .filter(|(user, _)| {
            let text = format!("{} {}", user.username, user.name).to_lowercase();
            wanted.as_ref().is_none_or(|wanted| text.contains(wanted))
        })
        .collect();
    page_reply(context, &found, |(user, level)| member_json(context, of, user, *level))
}

fn add(context: &mut Context<'_>, of: MemberSource) -> HandlerResult {
    let own = require_manager_role(context, of)?;
    let input = &context.call.params;
    let named = input
        .non_empty_text("username")
        .and_then(|username| context.world.user_by_username(&username))
        .map(|user| user.id);
    let user = input
        .number("user_id")
        .or(named)
        .ok_or_else(|| Reply::error(400, "user_id, username are missing, exactly one parameter must be provided"))?;
    let level = read_access_level(context, own)?;
    if !context.world.users.contains_key(&user) {
        return Err(Reply::not_found("User"));
    }
    if access_levels(context, of, false).contains_key(&user) {
        return Err(Reply::message(409, "Member already exists"));
    }
    set_access_level(context, of, user, Some(level));
    show(context, 201, of, &user.to_string(), false)
}

fn show(context: &Context<'_>, status: u16, of: MemberSource, id: &str, inherited: bool) -> HandlerResult {
    let levels = access_levels(context, of, inherited);
    let found = id.parse().ok().and_then(|id: u64| Some((context.world.users.get(&id)?, *levels.get(&id)?)));
    let (user, level) = found.ok_or_else(Reply::record_not_found)?;
    Ok(Reply::json(status, &member_json(context, of, user, level)))
}

/// The role of whoever asks, if it suffices to manage members: maintainers of a project, owners of a group.
fn require_manager_role(context: &Context<'_>, of: MemberSource) -> Result<u8, Reply> {
    match of {
        MemberSource::Project(id) => context.require_role(id, MAINTAINER).map(|_| context.access_level(id)),
        MemberSource::Group(id) => context.require_group_role(id, OWNER).map(|_| OWNER),
    }
}

/// The wanted role; nobody gives a higher one than their own.
fn read_access_level(context: &Context<'_>, own: u8) -> Result<u8, Reply> {
    let input = &context.call.params;
    let level = input.number("access_level").ok_or_else(|| Reply::parameter_missing("access_level"))?;
    let level = u8::try_from(level).ok().filter(|level| [5, 10, 15, 20, 30, 40, 50].contains(level));
    let level = level.ok_or_else(|| Reply::value_not_allowed("access_level"))?;
    if level > own { Err(Reply::forbidden()) } else { Ok(level) }
}

fn find_member(context: &Context<'_>, of: MemberSource, id: &str) -> Result<u64, Reply> {
    let known = access_levels(context, of, false);
    id.parse().ok().filter(|id| known.contains_key(id)).ok_or_else(Reply::record_not_found)
}

/// A member whom somebody with this role may manage: maintainers do not manage owners (GitLab docs, "Roles and
/// permissions", project members).
fn find_manageable_member(context: &Context<'_>, of: MemberSource, id: &str, own: u8) -> Result<u64, Reply> {
    let user = find_member(context, of, id)?;
    let higher = access_levels(context, of, false).get(&user).is_some_and(|level| *level > own);
    if higher { Err(Reply::forbidden()) } else { Ok(user) }
}

/// Roles by user; with those of the groups above if asked for.
fn access_levels(context: &Context<'_>, of: MemberSource, inherited: bool) -> BTreeMap<u64, u8> {
    let (own, path) = match of {
        MemberSource::Project(id) => context.world.projects.get(&id).map(|home| (&home.members, &home.path)),
        MemberSource::Group(id) => context.world.groups.get(&id).map(|home| (&home.members, &home.path)),
    }
    .unzip();
    let mut levels = own.cloned().unwrap_or_default();
    if let Some(path) = path.filter(|_| inherited) {
        for (&id, &level) in context.world.ancestor_groups(path).flat_map(|above| &above.members) {
            let known = levels.entry(id).or_insert(level);
            *known = level.max(*known);
        }
    }
    levels
}

fn set_access_level(context: &mut Context<'_>, of: MemberSource, user: u64, level: Option<u8>) {
    let members = match of {
        MemberSource::Project(id) => context.world.projects.get_mut(&id).map(|home| &mut home.members),
        MemberSource::Group(id) => context.world.groups.get_mut(&id).map(|home| &mut home.members),
    };
    match (members, level) {
        (Some(members), Some(level)) => drop(members.insert(user, level)),
        (Some(members), None) => drop(members.remove(&user)),
        (None, _) => {}
    }
}

fn member_json(context: &Context<'_>, of: MemberSource, user: &User, level: u8) -> Value {
    let since = match of {
        MemberSource::Project(id) => context.world.projects.get(&id).map(|home| home.created_at),
        MemberSource::Group(id) => context.world.groups.get(&id).map(|home| home.created_at),
    };
    let mut shape = user_basic_json(user, context.origin);
    shape["access_level"] = json!(level);
    shape["created_at"] = json!(since.map(format_time));
    shape["created_by"] = Value::Null;
    shape["expires_at"] = Value::Null;
    shape["group_saml_identity"] = Value::Null;
    shape["is_using_seat"] = json!(true);
    shape["membership_state"] = json!("active");
    shape
}
