//! Users, members, the token itself and the instance (GitLab docs, "Users API", "Members API", "Personal access tokens API").

use serde_json::json;

use super::Asked;
use super::paging::page;
use super::shapes::{brief, instant, profile};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::User;

/// `/user`, `/users`, `/users/:id`, `/version` and `/metadata`.
pub(super) fn answer(asked: &Asked<'_>, path: &[&str]) -> Answer {
    if !asked.call.method.is_safe() {
        return Err(Reply::error(404, "404 Not Found"));
    }
    match path {
        ["user"] => one(asked, asked.signed_in()?, true),
        ["users"] => list(asked),
        ["users", id] => one(asked, id.parse().ok().ok_or_else(|| Reply::not_found("User"))?, false),
        ["version" | "metadata"] => {
            asked.signed_in()?;
            let kas = json!({ "enabled": false, "externalUrl": null, "externalK8sProxyUrl": null, "version": null });
            let version = json!({ "version": "18.6.0-ee", "revision": "5a4db0e", "kas": kas, "enterprise": true });
            Ok(Reply::json(200, &version))
        }
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

/// The token that asks, whatever its scope.
pub(super) fn own_token(asked: &Asked<'_>, id: Option<u64>) -> Answer {
    let token = asked.world.tokens.iter().find(|(_, token)| Some(token.id) == id);
    let Some((name, token)) = token else { return Err(Reply::unauthorized()) };
    let shape = json!({
        "id": token.id,
        "name": name,
        "revoked": token.revoked,
        "created_at": instant(token.created_at),
        "description": null,
        "scopes": token.scopes,
        "user_id": token.user,
        "last_used_at": instant(asked.world.now),
        "active": true,
        "expires_at": token.expires_at,
    });
    Ok(Reply::json(200, &shape))
}

/// `members`, `members/all` and one of them.
pub(super) fn members(asked: &Asked<'_>, project: u64, path: &[&str]) -> Answer {
    if !asked.call.method.is_safe() {
        return Err(Reply::forbidden());
    }
    let home = asked.project(project)?;
    let wanted = asked.call.input.filled("query").map(|query| query.to_lowercase());
    let fits = |user: &User| {
        let text = format!("{} {}", user.username, user.name).to_lowercase();
        wanted.as_ref().is_none_or(|wanted| text.contains(wanted))
    };
    // `all` has the members of the groups above, too.
    let mut levels = home.members.clone();
    if path.first() == Some(&"all") {
        for (&id, &level) in asked.world.groups_above(&home.path).flat_map(|group| &group.members) {
            let known = levels.entry(id).or_insert(level);
            *known = level.max(*known);
        }
    }
    let found: Vec<(&User, u8)> = levels
        .iter()
        .filter_map(|(id, level)| Some((asked.world.users.get(id)?, *level)))
        .filter(|(user, _)| fits(user))
        .collect();
    let shape = |(user, level): &(&User, u8)| asked.member_shape(user, *level, home.created_at);
    match path {
        [] | ["all"] => Ok(page(asked, &found, shape)),
        [id] | ["all", id] => {
            let one = found.iter().find(|(user, _)| user.id.to_string() == *id);
            one.map(|one| Reply::json(200, &shape(one))).ok_or_else(|| Reply::not_found("Member"))
        }
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

fn list(asked: &Asked<'_>) -> Answer {
    let input = &asked.call.input;
    let username = input.filled("username").map(|name| name.to_lowercase());
    // Without a token GitLab answers for one named user only.
    if asked.who.is_none() && username.is_none() {
        return Err(Reply::forbidden());
    }
    let search = input.filled("search").map(|text| text.to_lowercase());
    let active = input.flag("active") == Some(true);
    let blocked = input.flag("blocked") == Some(true);
    let mut found: Vec<&User> = asked.world.users.values().collect();
    found.retain(|user| {
        asked.world.may_find_user(user, asked.who)
            && username.as_ref().is_none_or(|name| user.username.to_lowercase() == *name)
            && search.as_ref().is_none_or(|text| {
                user.username.to_lowercase().contains(text) || user.name.to_lowercase().contains(text)
            })
            && (!active || user.state == "active")
            && (!blocked || user.state == "blocked")
    });
    found.reverse();
    Ok(page(asked, &found, |user| brief(user, asked.origin)))
}

fn one(asked: &Asked<'_>, id: u64, own: bool) -> Answer {
    asked.signed_in()?;
    let user = asked.world.users.get(&id).ok_or_else(|| Reply::not_found("User"))?;
    let mut shape = profile(user, asked.origin);
    shape["created_at"] = json!(instant(asked.world.days_ago(400)));
    if own {
        shape["is_admin"] = json!(user.admin);
        shape["two_factor_enabled"] = json!(true);
    }
    Ok(Reply::json(200, &shape))
}
