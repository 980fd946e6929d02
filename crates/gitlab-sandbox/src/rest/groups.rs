//! Groups (GitLab docs, "Groups API"; `lib/api/groups.rb`).

use serde_json::{Value, json};

use super::entities::format_time;
use super::members::MemberSource;
use super::milestones::MilestoneParent;
use super::paging::page_reply;
use super::{
    Context, epics, group_labels, integer_segments, members, milestones, project_entity, project_list, projects,
};
use crate::reply::{HandlerResult, Reply};
use crate::world::{FieldChange, Group, OWNER, Visibility};

/// `/groups/:id` and what is below it.
pub(super) fn answer(context: &mut Context<'_>, id: &str, path: &[&str]) -> HandlerResult {
    // Labels and milestones are for those who are signed in (`lib/api/group_labels.rb`, `group_milestones.rb`).
    if !context.call.method.is_safe() || matches!(path, ["labels" | "milestones", ..]) {
        context.require_signed_in()?;
    }
    integer_segments::check(path)?;
    let (group, own_path) = {
        let group = context.find_group(id)?;
        (group.id, group.path.clone())
    };
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => show_with_projects(context, group),
        ("PUT", []) => update(context, group),
        ("DELETE", []) => {
            context.require_group_role(group, OWNER)?;
            context.world.remove_group(group);
            Ok(Reply::message(202, "202 Accepted"))
        }
        (_, ["labels", rest @ ..]) => group_labels::answer(context, group, rest),
        (_, ["members", rest @ ..]) => members::answer(context, MemberSource::Group(group), rest),
        (_, ["milestones", rest @ ..]) => milestones::answer(context, MilestoneParent::Group(group), rest),
        (_, ["epics", rest @ ..]) => epics::answer(context, group, rest),
        ("POST", ["share"]) => share(context, group),
        ("POST", [what @ ("archive" | "unarchive")]) => {
            context.require_group_role(group, OWNER)?;
            let archived = *what == "archive";
            if let Some(home) = context.world.groups.get_mut(&group) {
                home.archived = archived;
            }
            show(context, 201, group)
        }
        ("DELETE", ["share", other]) => {
            context.require_group_role(group, OWNER)?;
            let other = other.parse().unwrap_or(0);
            let shared = context.world.groups.get_mut(&group).and_then(|home| {
                home.shared_until.remove(&other);
                home.shared_with.remove(&other)
            });
            shared.map(|_| Reply::empty(204)).ok_or_else(|| Reply::message(404, "404 Not found"))
        }
        ("GET" | "HEAD", ["projects"]) => project_list::list_group_projects(context, &own_path),
        ("GET" | "HEAD", ["subgroups"]) => list_where(context, |one| {
            one.path.rsplit_once('/').is_some_and(|(above, _)| above.eq_ignore_ascii_case(&own_path))
        }),
        ("GET" | "HEAD", ["descendant_groups"]) => {
            let start = format!("{}/", own_path.to_lowercase());
            list_where(context, |one| one.path.to_lowercase().starts_with(&start))
        }
        _ => Err(Reply::route_not_found()),
    }
}

/// `GET /groups`: all that the asking user sees, by name.
pub(super) fn list(context: &Context<'_>) -> HandlerResult {
    list_where(context, |_| true)
}

/// `POST /groups`: a group of the asking user's, or below one of theirs.
pub(super) fn create(context: &mut Context<'_>) -> HandlerResult {
    let who = context.require_signed_in()?;
    let input = &context.call.params;
    let (name, slug) = (input.required_text("name")?, input.required_text("path")?);
    let path = match input.non_empty_text("parent_id") {
        Some(parent) => {
            let parent = context.find_group(&parent)?;
            context.require_group_role(parent.id, OWNER)?;
            format!("{}/{slug}", parent.path)
        }
        None => slug,
    };
    if context.world.group_by_path(&path).is_some() || context.world.user_by_username(&path).is_some() {
        return Err(Reply::message(400, "Failed to save group {:path=>[\"has already been taken\"]}"));
    }
    let visibility = projects::read_visibility(input)?.unwrap_or(Visibility::Private);
    let description = input.text("description").unwrap_or_default();
    let now = context.world.now;
    let id = context.world.add_group(&path, visibility);
    context.world.add_group_member(id, who, OWNER);
    if let Some(group) = context.world.groups.get_mut(&id) {
        (group.name, group.description, group.created_at) = (name, description, now);
    }
    show(context, 201, id)
}

fn update(context: &mut Context<'_>, id: u64) -> HandlerResult {
    context.require_group_role(id, OWNER)?;
    let input = &context.call.params;
    let visibility = projects::read_visibility(input)?;
    if let Some(group) = context.world.groups.get_mut(&id) {
        group.name = input.non_empty_text("name").unwrap_or(std::mem::take(&mut group.name));
        group.description = input.text("description").unwrap_or(std::mem::take(&mut group.description));
        group.visibility = visibility.unwrap_or(group.visibility);
    }
    show(context, 200, id)
}

/// Gives the members of another group a role here (`POST /groups/:id/share`).
fn share(context: &mut Context<'_>, id: u64) -> HandlerResult {
    context.require_group_role(id, OWNER)?;
    let input = &context.call.params;
    let other = context.find_group(&input.required_text("group_id")?)?.id;
    let level = input
        .required_text("group_access")?
        .parse::<u8>()
        .ok()
        .filter(|level| [10, 15, 20, 30, 40, 50].contains(level));
    let level = level.ok_or_else(|| Reply::value_not_allowed("group_access"))?;
    let ends = input.date_change("expires_at")?;
    if let Some(group) = context.world.groups.get_mut(&id) {
        if group.shared_with.contains_key(&other) {
            return Err(Reply::message(409, "Shared group The group has already been shared with this group"));
        }
        group.shared_with.insert(other, level);
        if let FieldChange::Set(day) = ends {
            group.shared_until.insert(other, day);
        }
    }
    show(context, 201, id)
}

fn list_where(context: &Context<'_>, belongs: impl Fn(&Group) -> bool) -> HandlerResult {
    let input = &context.call.params;
    let search = input.search_text();
    let skipped = input.numbers("skip_groups").unwrap_or_default();
    let owned = input.flag("owned") == Some(true);
    let top = input.flag("top_level_only") == Some(true);
    let role = |group: &Group| context.current_user_id.map_or(0, |who| context.world.group_member_role(group, who));
    let mut found: Vec<&Group> = context.world.groups.values().collect();
    found.retain(|group| {
        belongs(group)
            && context.world.may_see_group(group, context.current_user_id)
            && !skipped.contains(&group.id)
            && (!top || !group.path.contains('/'))
            && (!owned || role(group) >= OWNER)
            && search.as_ref().is_none_or(|text| {
                let slug = group.path.rsplit('/').next().unwrap_or_default().to_lowercase();
                group.name.to_lowercase().contains(text) || slug.contains(text)
            })
    });
    match input.non_empty_text("order_by").as_deref() {
        None | Some("name" | "similarity") => found.sort_by_key(|group| (group.name.to_lowercase(), group.id)),
        Some("path") => found.sort_by_key(|group| (group.path.to_lowercase(), group.id)),
        Some("id") => found.sort_by_key(|group| group.id),
        Some(_) => return Err(Reply::value_not_allowed("order_by")),
    }
    input.require_allowed_value("sort", &["asc", "desc"])?;
    if input.non_empty_text("sort").as_deref() == Some("desc") {
        found.reverse();
    }
    Ok(page_reply(context, &found, |group| group_json(context, group)))
}

/// One group with its projects, unless they are not wanted; at most 100, as GitLab has it.
fn show_with_projects(context: &Context<'_>, id: u64) -> HandlerResult {
    let wanted = context.call.params.flag("with_projects").unwrap_or(true);
    let group = context.world.groups.get(&id).ok_or_else(|| Reply::not_found("Group"))?;
    let mut shape = group_detail_json(context, group);
    if wanted {
        let own = context.world.projects.values().filter(|home| {
            let above = home.path.rsplit_once('/').map(|(above, _)| above);
            above.is_some_and(|above| above.eq_ignore_ascii_case(&group.path))
                && context.world.may_see(home, context.current_user_id)
        });
        shape["projects"] = own.take(100).map(|home| project_entity::project_json(context, home)).collect();
        shape["shared_projects"] = json!([]);
    }
    Ok(Reply::json(200, &shape))
}

fn show(context: &Context<'_>, status: u16, id: u64) -> HandlerResult {
    let group = context.world.groups.get(&id).ok_or_else(|| Reply::not_found("Group"))?;
    Ok(Reply::json(status, &group_detail_json(context, group)))
}

fn group_detail_json(context: &Context<'_>, group: &Group) -> Value {
    let shares = group.shared_with.iter().filter_map(|(id, level)| {
        let other = context.world.groups.get(id)?;
        Some(json!({
            "group_id": id,
            "group_name": other.name,
            "group_full_path": other.path,
            "group_access_level": level,
            "expires_at": group.shared_until.get(id),
        }))
    });
    let mut shape = group_json(context, group);
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
fn group_json(context: &Context<'_>, group: &Group) -> Value {
    let slug = group.path.rsplit('/').next().unwrap_or(&group.path);
    let mut shape = json!({
        "id": group.id,
        "web_url": format!("{}/groups/{}", context.origin, group.path),
        "name": group.name,
        "path": slug,
        "description": group.description,
        "visibility": group.visibility,
        "avatar_url": null,
        "full_name": group.path.replace('/', " / "),
        "full_path": group.path,
        "created_at": format_time(group.created_at),
        "parent_id": context.world.parent_group(&group.path).map(|above| above.id),
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
