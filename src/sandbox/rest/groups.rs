//! Groups (GitLab docs, "Groups API"; `lib/api/groups.rb`).

use serde_json::{Value, json};

use super::members::Of;
use super::milestones::Owner;
use super::paging::page;
use super::shapes::instant;
use super::{Asked, epics, group_labels, members, milestones, numbers, project_list, project_shape, projects};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Change, Group, OWNER, Visibility};

/// `/groups/:id` and what is below it.
pub(super) fn answer(asked: &mut Asked<'_>, id: &str, path: &[&str]) -> Answer {
    // Labels and milestones are for those who are signed in (`lib/api/group_labels.rb`, `group_milestones.rb`).
    if !asked.call.method.is_safe() || matches!(path, ["labels" | "milestones", ..]) {
        asked.signed_in()?;
    }
    numbers::check(path)?;
    let (group, own_path) = {
        let group = asked.find_group(id)?;
        (group.id, group.path.clone())
    };
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => with_projects(asked, group),
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
            let shared = asked.world.groups.get_mut(&group).and_then(|home| {
                home.shared_until.remove(&other);
                home.shared_with.remove(&other)
            });
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
    let ends = input.day("expires_at")?;
    if let Some(group) = asked.world.groups.get_mut(&id) {
        if group.shared_with.contains_key(&other) {
            return Err(Reply::message(409, "Shared group The group has already been shared with this group"));
        }
        group.shared_with.insert(other, level);
        if let Change::Set(day) = ends {
            group.shared_until.insert(other, day);
        }
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
    input.check("sort", &["asc", "desc"])?;
    if input.filled("sort").as_deref() == Some("desc") {
        found.reverse();
    }
    Ok(page(asked, &found, |group| shape(asked, group)))
}

/// One group with its projects, unless they are not wanted; at most 100, as GitLab has it.
fn with_projects(asked: &Asked<'_>, id: u64) -> Answer {
    let wanted = asked.call.input.flag("with_projects").unwrap_or(true);
    let group = asked.world.groups.get(&id).ok_or_else(|| Reply::not_found("Group"))?;
    let mut shape = detail(asked, group);
    if wanted {
        let own = asked.world.projects.values().filter(|home| {
            let above = home.path.rsplit_once('/').map(|(above, _)| above);
            above.is_some_and(|above| above.eq_ignore_ascii_case(&group.path)) && asked.world.may_see(home, asked.who)
        });
        shape["projects"] = own.take(100).map(|home| project_shape::shape(asked, home)).collect();
        shape["shared_projects"] = json!([]);
    }
    Ok(Reply::json(200, &shape))
}

fn show(asked: &Asked<'_>, status: u16, id: u64) -> Answer {
    let group = asked.world.groups.get(&id).ok_or_else(|| Reply::not_found("Group"))?;
    Ok(Reply::json(status, &detail(asked, group)))
}

fn detail(asked: &Asked<'_>, group: &Group) -> Value {
    let shares = group.shared_with.iter().filter_map(|(id, level)| {
        let other = asked.world.groups.get(id)?;
        Some(json!({
            "group_id": id,
            "group_name": other.name,
            "group_full_path": other.path,
            "group_access_level": level,
            "expires_at": group.shared_until.get(id),
        }))
    });
    let mut shape = shape(asked, group);
    shape["shared_with_groups"] = json!(shares.collect::<Vec<_>>());
    // `lib/api/entities/group_detail.rb`
    shape["prevent_sharing_groups_outside_hierarchy"] = json!(false);
    shape["prevent_forking_outside_group"] = Value::Null;
    shape["membership_lock"] = json!(false);
    shape["shared_runners_minutes_limit"] = Value::Null;
    shape["extra_shared_runners_minutes_limit"] = Value::Null;
    shape
}

/// The keys of `lib/api/entities/group.rb` and its EE counterpart.
fn shape(asked: &Asked<'_>, group: &Group) -> Value {
    let slug = group.path.rsplit('/').next().unwrap_or(&group.path);
    let mut shape = json!({
        "id": group.id,
        "web_url": format!("{}/groups/{}", asked.origin, group.path),
        "name": group.name,
        "path": slug,
        "description": group.description,
        "visibility": group.visibility,
        "avatar_url": null,
        "full_name": group.path.replace('/', " / "),
        "full_path": group.path,
        "created_at": instant(group.created_at),
        "parent_id": asked.world.group_of(&group.path).map(|above| above.id),
        "organization_id": 1,
        "archived": group.archived,
        "marked_for_deletion_on": null,
    });
    let settings = json!({
        "share_with_group_lock": false,
        "require_two_factor_authentication": false,
        "two_factor_grace_period": 48,
        "project_creation_level": "developer",
        "auto_devops_enabled": null,
        "subgroup_creation_level": "maintainer",
        "emails_disabled": false,
        "emails_enabled": true,
        "show_diff_preview_in_email": true,
        "mentions_disabled": null,
        "lfs_enabled": true,
        "request_access_enabled": true,
        "repository_storage": "default",
        "default_branch": null,
        "default_branch_protection": 2,
        "default_branch_protection_defaults": {
            "allowed_to_push": [{ "access_level": 40 }],
            "allow_force_push": false,
            "allowed_to_merge": [{ "access_level": 40 }],
            "developer_can_initial_push": false,
        },
        "math_rendering_limits_enabled": true,
        "lock_math_rendering_limits_enabled": false,
        "shared_runners_setting": "enabled",
        "max_artifacts_size": null,
        "ldap_cn": null,
        "ldap_access": null,
        "file_template_project_id": null,
        "wiki_access_level": "enabled",
        "ip_restriction_ranges": null,
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut shape, settings) {
        all.extend(more);
    }
    shape
}
