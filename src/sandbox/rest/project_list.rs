//! Lists of projects (GitLab docs, "Projects API"; `lib/api/projects.rb`).

use super::Asked;
use super::paging::page;
use super::project_shape::{identity, shape};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{OWNER, Project};

/// `GET /projects`: all that the asking user sees.
pub(super) fn answer(asked: &Asked<'_>) -> Answer {
    listed(asked, |_| true)
}

/// `GET /users/:id/projects`: those in a person's own namespace.
pub(super) fn of_user(asked: &Asked<'_>, username: &str) -> Answer {
    let home = username.to_lowercase();
    listed(asked, |project| project.path.split_once('/').is_some_and(|(first, _)| first.to_lowercase() == home))
}

/// `GET /groups/:id/projects`: those right in a group, or below it with `include_subgroups`.
pub(super) fn of_group(asked: &Asked<'_>, path: &str) -> Answer {
    let deep = asked.call.input.flag("include_subgroups") == Some(true);
    let start = format!("{}/", path.to_lowercase());
    listed(asked, |project| {
        let own = project.path.to_lowercase();
        own.strip_prefix(&start).is_some_and(|rest| deep || !rest.contains('/'))
    })
}

/// `GET /projects/:id/forks`.
pub(super) fn forks(asked: &Asked<'_>, origin: u64) -> Answer {
    listed(asked, |project| project.forked_from == Some(origin))
}

fn listed(asked: &Asked<'_>, belongs: impl Fn(&Project) -> bool) -> Answer {
    let input = &asked.call.input;
    let search = input.search();
    input.check("visibility", &["private", "internal", "public"])?;
    let visibility = input.filled("visibility");
    let archived = input.flag("archived");
    let role = |project: &Project| asked.who.map_or(0, |who| asked.world.role(project, who));
    let owned = input.flag("owned") == Some(true);
    let member = input.flag("membership") == Some(true);
    let least = input.number("min_access_level").unwrap_or(0);
    let mut found: Vec<&Project> = asked.world.projects.values().collect();
    found.retain(|project| {
        let level = role(project);
        belongs(project)
            && asked.world.may_see(project, asked.who)
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
    match input.filled("order_by").as_deref() {
        None | Some("created_at" | "last_activity_at" | "updated_at") => {
            found.sort_by_key(|one| (one.created_at, one.id));
        }
        Some("id") => found.sort_by_key(|one| one.id),
        Some("name") => found.sort_by_key(|one| one.name.to_lowercase()),
        Some("path") => found.sort_by_key(|one| one.path.to_lowercase()),
        Some(_) => return Err(Reply::no_such_value("order_by")),
    }
    if !input.ascending()? {
        found.reverse();
    }
    let simple = input.flag("simple") == Some(true);
    Ok(page(asked, &found, |project| if simple { identity(asked, project) } else { shape(asked, project) }))
}
