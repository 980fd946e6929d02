//! A group: what is below it, its epics, labels and milestones.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::issuable::state_badge;
use super::links::page_href;
use super::{PageContext, label, navigation, render_page, time_value};
use crate::reply::Reply;
use crate::world::Group;

/// `/GROUP`, `/groups/GROUP` and what is below them.
pub(super) fn page(view: PageContext<'_>, group: &Group) -> Reply {
    let below = |path: &str| path.rsplit_once('/').is_some_and(|(above, _)| above.eq_ignore_ascii_case(&group.path));
    let groups = view.world.groups.values().filter(|one| below(&one.path));
    let projects = view.world.projects.values().filter(|one| below(&one.path));
    let link = |name: &str, path: &str| context! { name, href => page_href(path) };
    let groups: Vec<Value> = groups.map(|one| link(&one.name, &one.path)).collect();
    let projects: Vec<Value> = projects.map(|one| link(&one.name, &one.path)).collect();
    let epics: Vec<Value> = group
        .epics
        .values()
        .rev()
        .map(|epic| {
            context! {
                href => page_href(&format!("groups/{}/-/epics/{}", group.path, epic.iid)), title => &*epic.title,
                reference => format!("&{}", epic.iid), confidential => epic.confidential,
                state => state_badge(if epic.open { "open" } else { "closed" }),
                author => epic.author.map(|author| view.person_value(author)), created => time_value(epic.created_at),
            }
        })
        .collect();
    let pills = group.labels.values().map(|one| Value::from_safe_string(label::label_html(&one.name, Some(one), None)));
    let milestones: Vec<Value> = group
        .milestones
        .values()
        .map(|one| context! { title => &*one.title, open => one.open, due => one.due_date.map(|day| day.to_string()) })
        .collect();
    let page = context! {
        title => &*group.name, visibility => Serde(group.visibility), description => &*group.description,
        groups, projects, epics, milestones, pills => pills.collect::<Vec<_>>(),
    };
    render_page(view.guide, "group.html", context! { ..page, ..navigation::group_navigation(group) })
}
