//! Lists of projects (GitLab docs, "Projects API"; `lib/api/projects.rb`).

use super::Context;
use super::paging::page_reply;
use super::project_entity::{project_identity_json, project_json};
use crate::reply::{HandlerResult, Reply};
use crate::world::{OWNER, Project};

/// `GET /projects`: all that the asking user sees.
pub(super) fn list(context: &Context<'_>) -> HandlerResult {
    list_where(context, |_| true)
}

/// `GET /users/:id/projects`: those in a person's own namespace.
pub(super) fn list_user_projects(context: &Context<'_>, username: &str) -> HandlerResult {
    let home = username.to_lowercase();
    list_where(context, |project| project.path.split_once('/').is_some_and(|(first, _)| first.to_lowercase() == home))
}

/// `GET /groups/:id/projects`: those right in a group, or below it with `include_subgroups`.
pub(super) fn list_group_projects(context: &Context<'_>, path: &str) -> HandlerResult {
    let deep = context.call.params.flag("include_subgroups") == Some(true);
    let start = format!("{}/", path.to_lowercase());
    list_where(context, |project| {
        let own = project.path.to_lowercase();
        own.strip_prefix(&start).is_some_and(|rest| deep || !rest.contains('/'))
    })
}

/// `GET /projects/:id/forks`.
pub(super) fn list_forks(context: &Context<'_>, origin: u64) -> HandlerResult {
    list_where(context, |project| project.forked_from == Some(origin))
}

fn list_where(context: &Context<'_>, belongs: impl Fn(&Project) -> bool) -> HandlerResult {
    let input = &context.call.params;
    let search = input.search_text();
    input.require_allowed_value("visibility", &["private", "internal", "public"])?;
    let visibility = input.non_empty_text("visibility");
    let archived = input.flag("archived");
    let role = |project: &Project| context.current_user_id.map_or(0, |who| context.world.member_role(project, who));
    let owned = input.flag("owned") == Some(true);
    let member = input.flag("membership") == Some(true);
    let least = input.number("min_access_level").unwrap_or(0);
    let mut found: Vec<&Project> = context.world.projects.values().collect();
    found.retain(|project| {
        let level = role(project);
        belongs(project)
            && context.world.may_see(project, context.current_user_id)
            && archived.is_none_or(|archived| archived == project.archived)
            && visibility
                .as_ref()
                .is_none_or(|wanted| serde_json::to_value(project.visibility).is_ok_and(|own| own == **wanted))
            && search.as_ref().is_none_or(|text| {
                project.name.to_lowercase().contains(text) || project.path.to_lowercase().contains(text)
            })
            && (!owned || level >= OWNER)
            && (!member || level > 0)
            && u64::from(level) >= least
    });
    match input.non_empty_text("order_by").as_deref() {
        None | Some("created_at" | "last_activity_at" | "updated_at") => {
            found.sort_by_key(|one| (one.created_at, one.id));
        }
        Some("id") => found.sort_by_key(|one| one.id),
        Some("name") => found.sort_by_key(|one| one.name.to_lowercase()),
        Some("path") => found.sort_by_key(|one| one.path.to_lowercase()),
        Some(_) => return Err(Reply::value_not_allowed("order_by")),
    }
    if !input.is_sort_ascending()? {
        found.reverse();
    }
    let simple = input.flag("simple") == Some(true);
    Ok(page_reply(context, &found, |project| {
        if simple { project_identity_json(context, project) } else { project_json(context, project) }
    }))
}
