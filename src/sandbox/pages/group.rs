//! A group: what is below it, its epics, labels and milestones.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::links::href;
use super::thing::state;
use super::{View, label, moment, project, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::Group;

/// What stands above each page of a group.
pub(super) fn frame(group: &Group) -> Value {
    context! { crumbs => project::crumbs(&group.path) }
}

/// `/GROUP`, `/groups/GROUP` and what is below them.
pub(super) fn page(view: View<'_>, group: &Group) -> Reply {
    let below = |path: &str| path.rsplit_once('/').is_some_and(|(above, _)| above.eq_ignore_ascii_case(&group.path));
    let groups = view.world.groups.values().filter(|one| below(&one.path));
    let projects = view.world.projects.values().filter(|one| below(&one.path));
    let link = |name: &str, path: &str| context! { name, href => href(path) };
    let groups: Vec<Value> = groups.map(|one| link(&one.name, &one.path)).collect();
    let projects: Vec<Value> = projects.map(|one| link(&one.name, &one.path)).collect();
    let epics: Vec<Value> = group
        .epics
        .values()
        .rev()
        .map(|epic| {
            context! {
                href => href(&format!("groups/{}/-/epics/{}", group.path, epic.iid)), title => &*epic.title,
                reference => format!("&{}", epic.iid), confidential => epic.confidential,
                state => state(if epic.open { "open" } else { "closed" }),
                author => epic.author.map(|author| view.person(author)), created => moment(epic.created_at),
            }
        })
        .collect();
    let pills = group.labels.values().map(|one| Value::from_safe_string(label::drawn(&one.name, Some(one), None)));
    let milestones: Vec<Value> = group
        .milestones
        .values()
        .map(|one| context! { title => &*one.title, open => one.open, due => one.due_date.map(|day| day.to_string()) })
        .collect();
    let page = context! {
        title => &*group.name, visibility => Serde(group.visibility), description => &*group.description,
        groups, projects, epics, milestones, pills => pills.collect::<Vec<_>>(),
    };
    show("group.html", context! { ..page, ..frame(group) })
}
