//! Groups (GitLab docs, "Groups API"; `lib/api/groups.rb`).

use serde_json::{Value, json};

use super::members::Of;
use super::milestones::Owner;
use super::paging::page;
use super::shapes::instant;
use super::{Asked, epics, group_labels, members, milestones, project_list, projects};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Group, OWNER, Visibility};

/// `/groups/:id` and what is below it.
pub(super) fn answer(asked: &mut Asked<'_>, id: &str, path: &[&str]) -> Answer {
    // Labels and milestones are for those who are signed in (`lib/api/group_labels.rb`, `group_milestones.rb`).
    if !asked.call.method.is_safe() || matches!(path, ["labels" | "milestones", ..]) {
        asked.signed_in()?;
    }
    let (group, own_path) = {
        let group = asked.find_group(id)?;
        (group.id, group.path.clone())
    };
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => show(asked, 200, group),
        ("PUT", []) => update(asked, group),
        ("DELETE", []) => {
            asked.group_role(group, OWNER)?;
            asked.world.remove_group(group);
            Ok(Reply::message(202, "202 Accepted"))
        }
        (_, ["labels", rest @ ..]) => group_labels::answer(asked, group, rest),
        (_, ["members", rest @ ..]) => members::answer(asked, Of::Group(group), rest),
        (_, ["milestones", rest @ ..]) => milestones::answer(asked, Owner::Group(group), rest),
        (_, ["epics", rest @ ..]) => epics::answer(asked, group, rest),
        ("POST", ["share"]) => share(asked, group),
        ("POST", [what @ ("archive" | "unarchive")]) => {
            asked.group_role(group, OWNER)?;
            let archived = *what == "archive";
            if let Some(home) = asked.world.groups.get_mut(&group) {
                home.archived = archived;
            }
            show(asked, 201, group)
        }
        ("DELETE", ["share", other]) => {
            asked.group_role(group, OWNER)?;
            let other = other.parse().unwrap_or(0);
            let shared = asked.world.groups.get_mut(&group).and_then(|home| home.shared_with.remove(&other));
            shared.map(|_| Reply::empty(204)).ok_or_else(|| Reply::message(404, "404 Not found"))
        }
        ("GET" | "HEAD", ["projects"]) => project_list::of_group(asked, &own_path),
        ("GET" | "HEAD", ["subgroups"]) => listed(asked, |one| {
            one.path.rsplit_once('/').is_some_and(|(above, _)| above.eq_ignore_ascii_case(&own_path))
        }),
        ("GET" | "HEAD", ["descendant_groups"]) => {
            let start = format!("{}/", own_path.to_lowercase());
            listed(asked, |one| one.path.to_lowercase().starts_with(&start))
        }
        _ => Err(Reply::no_route()),
    }
}

/// `GET /groups`: all that the asking user sees, by name.
pub(super) fn list(asked: &Asked<'_>) -> Answer {
    listed(asked, |_| true)
}

/// `POST /groups`: a group of the asking user's, or below one of theirs.
pub(super) fn create(asked: &mut Asked<'_>) -> Answer {
    let who = asked.signed_in()?;
    let input = &asked.call.input;
    let (name, slug) = (input.given("name")?, input.given("path")?);
    let path = match input.filled("parent_id") {
        Some(parent) => {
            let parent = asked.find_group(&parent)?;
            asked.group_role(parent.id, OWNER)?;
            format!("{}/{slug}", parent.path)
        }
        None => slug,
    };
    if asked.world.group_at(&path).is_some() || asked.world.user_named(&path).is_some() {
        return Err(Reply::message(400, "Failed to save group {:path=>[\"has already been taken\"]}"));
    }
    let visibility = projects::visibility(input)?.unwrap_or(Visibility::Private);
    let description = input.text("description").unwrap_or_default();
    let now = asked.world.now;
    let id = asked.world.add_group(&path, visibility);
    asked.world.add_group_member(id, who, OWNER);
    if let Some(group) = asked.world.groups.get_mut(&id) {
        (group.name, group.description, group.created_at) = (name, description, now);
    }
    show(asked, 201, id)
}

fn update(asked: &mut Asked<'_>, id: u64) -> Answer {
    asked.group_role(id, OWNER)?;
    let input = &asked.call.input;
    let visibility = projects::visibility(input)?;
    if let Some(group) = asked.world.groups.get_mut(&id) {
        group.name = input.filled("name").unwrap_or(std::mem::take(&mut group.name));
        group.description = input.text("description").unwrap_or(std::mem::take(&mut group.description));
        group.visibility = visibility.unwrap_or(group.visibility);
    }
    show(asked, 200, id)
}

/// Gives the members of another group a role here (`POST /groups/:id/share`).
fn share(asked: &mut Asked<'_>, id: u64) -> Answer {
    asked.group_role(id, OWNER)?;
    let input = &asked.call.input;
    let other = asked.find_group(&input.given("group_id")?)?.id;
    let level =
        input.given("group_access")?.parse::<u8>().ok().filter(|level| [10, 15, 20, 30, 40, 50].contains(level));
    let level = level.ok_or_else(|| Reply::no_such_value("group_access"))?;
    if let Some(group) = asked.world.groups.get_mut(&id) {
        if group.shared_with.contains_key(&other) {
            return Err(Reply::message(409, "Shared group The group has already been shared with this group"));
        }
        group.shared_with.insert(other, level);
    }
    show(asked, 201, id)
}

fn listed(asked: &Asked<'_>, belongs: impl Fn(&Group) -> bool) -> Answer {
    let input = &asked.call.input;
    let search = input.search();
    let skipped = input.numbers("skip_groups").unwrap_or_default();
    let owned = input.flag("owned") == Some(true);
    let top = input.flag("top_level_only") == Some(true);
    let role = |group: &Group| asked.who.map_or(0, |who| asked.world.role_below(group, who));
    let mut found: Vec<&Group> = asked.world.groups.values().collect();
    found.retain(|group| {
        belongs(group)
            && asked.world.may_see_group(group, asked.who)
            && !skipped.contains(&group.id)
            && (!top || !group.path.contains('/'))
            && (!owned || role(group) >= OWNER)
            && search.as_ref().is_none_or(|text| {
                let slug = group.path.rsplit('/').next().unwrap_or_default().to_lowercase();
                group.name.to_lowercase().contains(text) || slug.contains(text)
            })
    });
    match input.filled("order_by").as_deref() {
        None | Some("name" | "similarity") => found.sort_by_key(|group| (group.name.to_lowercase(), group.id)),
        Some("path") => found.sort_by_key(|group| (group.path.to_lowercase(), group.id)),
        Some("id") => found.sort_by_key(|group| group.id),
        Some(_) => return Err(Reply::no_such_value("order_by")),
    }
    if input.filled("sort").as_deref() == Some("desc") {
        found.reverse();
    }
    Ok(page(asked, &found, |group| shape(asked, group)))
}

fn show(asked: &Asked<'_>, status: u16, id: u64) -> Answer {
    let group = asked.world.groups.get(&id).ok_or_else(|| Reply::not_found("Group"))?;
    let shares = group.shared_with.iter().filter_map(|(id, level)| {
        let other = asked.world.groups.get(id)?;
        Some(json!({
            "group_id": id,
            "group_name": other.name,
            "group_full_path": other.path,
            "group_access_level": level,
            "expires_at": null,
        }))
    });
    let mut shape = shape(asked, group);
    shape["shared_with_groups"] = json!(shares.collect::<Vec<_>>());
    Ok(Reply::json(status, &shape))
}

fn shape(asked: &Asked<'_>, group: &Group) -> Value {
    let slug = group.path.rsplit('/').next().unwrap_or(&group.path);
    json!({
        "id": group.id,
        "web_url": format!("{}/groups/{}", asked.origin, group.path),
        "name": group.name,
        "path": slug,
        "description": group.description,
        "visibility": group.visibility,
        "full_name": group.path.replace('/', " / "),
        "full_path": group.path,
        "created_at": instant(group.created_at),
        "parent_id": asked.world.group_of(&group.path).map(|above| above.id),
        "archived": group.archived,
    })
}
