//! Members of projects and groups (GitLab docs, "Members API"; `lib/api/members.rb`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Asked;
use super::paging::page;
use super::shapes::{brief, instant};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{MAINTAINER, OWNER, User};

/// Whose members are asked for.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Project(u64),
    Group(u64),
}

/// `members`, `members/all` and one of them.
pub(super) fn answer(asked: &mut Asked<'_>, of: Of, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => Ok(list(asked, of, false)),
        ("GET" | "HEAD", ["all"]) => Ok(list(asked, of, true)),
        ("POST", []) => add(asked, of),
        ("GET" | "HEAD", ["all", id]) => show(asked, 200, of, id, true),
        ("GET" | "HEAD", [id]) => show(asked, 200, of, id, false),
        ("PUT", [id]) => {
            let own = manager(asked, of)?;
            let user = managed(asked, of, id, own)?;
            let level = level(asked, own)?;
            put(asked, of, user, Some(level));
            show(asked, 200, of, id, false)
        }
        ("DELETE", [id]) => {
            let mut user = find(asked, of, id)?;
            // Everybody may leave.
            if asked.who != Some(user) {
                let own = manager(asked, of)?;
                user = managed(asked, of, id, own)?;
            }
            put(asked, of, user, None);
            Ok(Reply::empty(204))
        }
        _ => Err(Reply::no_route()),
    }
}

fn list(asked: &Asked<'_>, of: Of, inherited: bool) -> Reply {
    let input = &asked.call.input;
    let wanted = input.filled("query").map(|query| query.to_lowercase());
    let ids = input.numbers("user_ids");
    let levels = levels(asked, of, inherited);
    let people = levels.iter().filter_map(|(id, level)| Some((asked.world.users.get(id)?, *level)));
    let found: Vec<(&User, u8)> = people
        .filter(|(user, _)| ids.as_ref().is_none_or(|ids| ids.contains(&user.id)))
        .filter(|(user, _)| {
            let text = format!("{} {}", user.username, user.name).to_lowercase();
            wanted.as_ref().is_none_or(|wanted| text.contains(wanted))
        })
        .collect();
    page(asked, &found, |(user, level)| shape(asked, of, user, *level))
}

fn add(asked: &mut Asked<'_>, of: Of) -> Answer {
    let own = manager(asked, of)?;
    let input = &asked.call.input;
    let named = input.filled("username").and_then(|name| asked.world.user_named(&name)).map(|user| user.id);
    let user = input
        .number("user_id")
        .or(named)
        .ok_or_else(|| Reply::error(400, "user_id, username are missing, exactly one parameter must be provided"))?;
    let level = level(asked, own)?;
    if !asked.world.users.contains_key(&user) {
        return Err(Reply::not_found("User"));
    }
    if levels(asked, of, false).contains_key(&user) {
        return Err(Reply::message(409, "Member already exists"));
    }
    put(asked, of, user, Some(level));
    show(asked, 201, of, &user.to_string(), false)
}

fn show(asked: &Asked<'_>, status: u16, of: Of, id: &str, inherited: bool) -> Answer {
    let levels = levels(asked, of, inherited);
    let found = id.parse().ok().and_then(|id: u64| Some((asked.world.users.get(&id)?, *levels.get(&id)?)));
    let (user, level) = found.ok_or_else(Reply::no_record)?;
    Ok(Reply::json(status, &shape(asked, of, user, level)))
}

/// The role of whoever asks, if it suffices to manage members: maintainers of a project, owners of a group.
fn manager(asked: &Asked<'_>, of: Of) -> Result<u8, Reply> {
    match of {
        Of::Project(id) => asked.role(id, MAINTAINER).map(|_| asked.level(id)),
        Of::Group(id) => asked.group_role(id, OWNER).map(|_| OWNER),
    }
}

/// The wanted role; nobody gives a higher one than their own.
fn level(asked: &Asked<'_>, own: u8) -> Result<u8, Reply> {
    let input = &asked.call.input;
    let level = input.number("access_level").ok_or_else(|| Reply::missing("access_level"))?;
    let level = u8::try_from(level).ok().filter(|level| [5, 10, 15, 20, 30, 40, 50].contains(level));
    let level = level.ok_or_else(|| Reply::no_such_value("access_level"))?;
    if level > own { Err(Reply::forbidden()) } else { Ok(level) }
}

fn find(asked: &Asked<'_>, of: Of, id: &str) -> Result<u64, Reply> {
    let known = levels(asked, of, false);
    id.parse().ok().filter(|id| known.contains_key(id)).ok_or_else(Reply::no_record)
}

/// A member whom somebody with this role may manage: maintainers do not manage owners (GitLab docs, "Roles and
/// permissions", project members).
fn managed(asked: &Asked<'_>, of: Of, id: &str, own: u8) -> Result<u64, Reply> {
    let user = find(asked, of, id)?;
    let higher = levels(asked, of, false).get(&user).is_some_and(|level| *level > own);
    if higher { Err(Reply::forbidden()) } else { Ok(user) }
}

/// Roles by user; with those of the groups above if asked for.
fn levels(asked: &Asked<'_>, of: Of, inherited: bool) -> BTreeMap<u64, u8> {
    let (own, path) = match of {
        Of::Project(id) => asked.world.projects.get(&id).map(|home| (&home.members, &home.path)),
        Of::Group(id) => asked.world.groups.get(&id).map(|home| (&home.members, &home.path)),
    }
    .unzip();
    let mut levels = own.cloned().unwrap_or_default();
    if let Some(path) = path.filter(|_| inherited) {
        for (&id, &level) in asked.world.groups_above(path).flat_map(|above| &above.members) {
            let known = levels.entry(id).or_insert(level);
            *known = level.max(*known);
        }
    }
    levels
}

fn put(asked: &mut Asked<'_>, of: Of, user: u64, level: Option<u8>) {
    let members = match of {
        Of::Project(id) => asked.world.projects.get_mut(&id).map(|home| &mut home.members),
        Of::Group(id) => asked.world.groups.get_mut(&id).map(|home| &mut home.members),
    };
    match (members, level) {
        (Some(members), Some(level)) => drop(members.insert(user, level)),
        (Some(members), None) => drop(members.remove(&user)),
        (None, _) => {}
    }
}

fn shape(asked: &Asked<'_>, of: Of, user: &User, level: u8) -> Value {
    let since = match of {
        Of::Project(id) => asked.world.projects.get(&id).map(|home| home.created_at),
        Of::Group(id) => asked.world.groups.get(&id).map(|home| home.created_at),
    };
    let mut shape = brief(user, asked.origin);
    shape["access_level"] = json!(level);
    shape["created_at"] = json!(since.map(instant));
    shape["created_by"] = Value::Null;
    shape["expires_at"] = Value::Null;
    shape["group_saml_identity"] = Value::Null;
    shape["is_using_seat"] = json!(true);
    shape["membership_state"] = json!("active");
    shape
}
