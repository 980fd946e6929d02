//! Labels of a group (GitLab docs, "Group labels API").

use serde_json::{Value, json};

use super::Asked;
use super::labels::{color, named, title};
use super::paging::page;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Group, Label, PLANNER};

/// `labels`, `labels/:id_or_name` and subscription to one.
pub(super) fn answer(asked: &mut Asked<'_>, group: u64, path: &[&str]) -> Answer {
    let given = || {
        let input = &asked.call.input;
        input.filled("label_id").or_else(|| input.filled("name")).ok_or_else(|| Reply::not_given("name"))
    };
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let group = home(asked, group)?;
            Ok(page(asked, &labels(asked, group), |(label, own)| shape(asked, label, *own)))
        }
        ("POST", []) => create(asked, group),
        // The old forms name the label in the parameters.
        ("PUT", []) => {
            let id = given()?;
            update(asked, group, &id)
        }
        ("DELETE", []) => {
            let id = given()?;
            delete(asked, group, &id)
        }
        ("GET" | "HEAD", [id]) => show(asked, 200, group, id),
        ("PUT", [id]) => update(asked, group, id),
        ("DELETE", [id]) => delete(asked, group, id),
        ("POST", [id, verb @ ("subscribe" | "unsubscribe")]) => {
            let who = asked.signed_in()?;
            let Some(label) = own(asked, group, id) else { return Err(Reply::not_found("Label")) };
            let changed =
                if *verb == "subscribe" { label.subscribers.insert(who) } else { label.subscribers.remove(&who) };
            if changed { show(asked, 201, group, id) } else { Ok(Reply::empty(304)) }
        }
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

fn home<'a>(asked: &'a Asked<'_>, group: u64) -> Result<&'a Group, Reply> {
    asked.world.groups.get(&group).ok_or_else(|| Reply::not_found("Group"))
}

/// The group's labels, with those of the groups above unless told otherwise, and those of its projects unless
/// `only_group_labels` is asked for, which it is by default.
fn labels<'a>(asked: &'a Asked<'_>, group: &'a Group) -> Vec<(&'a Label, bool)> {
    let input = &asked.call.input;
    let search = input.filled("search").map(|text| text.to_lowercase());
    let mut found = labels_in_reach(asked, group, input.flag("include_ancestor_groups").unwrap_or(true));
    if input.flag("only_group_labels") == Some(false) {
        let projects = asked.world.projects.values().filter(|project| {
            let home = project.path.rsplit_once('/').map(|(home, _)| home);
            home == Some(group.path.as_str()) && asked.world.may_see(project, asked.who)
        });
        found.extend(projects.flat_map(|project| project.labels.values()).map(|label| (label, true)));
    }
    found.retain(|(label, _)| {
        let description = label.description.as_deref().unwrap_or_default().to_lowercase();
        search.as_ref().is_none_or(|text| label.name.to_lowercase().contains(text) || description.contains(text))
    });
    found.sort_by_key(|(label, _)| (label.name.to_lowercase(), label.id));
    found
}

/// Labels of the group and of those above it that the asking user sees, each with whether it is a project's.
fn labels_in_reach<'a>(asked: &'a Asked<'_>, group: &'a Group, above: bool) -> Vec<(&'a Label, bool)> {
    let groups = asked.world.groups_above(&group.path).filter(|_| above).chain([group]);
    let seen = groups.filter(|group| asked.world.may_see_group(group, asked.who));
    seen.flat_map(|group| group.labels.values()).map(|label| (label, false)).collect()
}

fn create(asked: &mut Asked<'_>, group: u64) -> Answer {
    asked.group_role(group, PLANNER)?;
    let input = &asked.call.input;
    let name = title(input, "name")?.ok_or_else(|| Reply::error(400, "name is missing"))?;
    let color = color(input)?.ok_or_else(|| Reply::error(400, "color is missing"))?;
    let description = input.text("description").unwrap_or_default();
    let home = home(asked, group)?;
    if labels_in_reach(asked, home, true).iter().any(|(label, _)| label.name == name) {
        return Err(Reply::message(409, "Label already exists"));
    }
    let path = home.path.clone();
    let id = asked.world.add_group_label(&path, &name, &color, &description);
    show(asked, 201, group, &id.to_string())
}

fn update(asked: &mut Asked<'_>, group: u64, id: &str) -> Answer {
    asked.group_role(group, PLANNER)?;
    let input = &asked.call.input;
    let (new_name, color, description) = (title(input, "new_name")?, color(input)?, input.text("description"));
    if new_name.is_none() && color.is_none() && description.is_none() {
        let why = "new_name, color, description are missing, at least one parameter must be provided";
        return Err(Reply::error(400, why));
    }
    let taken =
        home(asked, group)?.labels.values().any(|label| Some(&label.name) == new_name.as_ref() && !named(label, id));
    if taken {
        return Err(Reply::invalid("title", "has already been taken"));
    }
    let Some(label) = own(asked, group, id) else { return Err(Reply::not_found("Label")) };
    let (number, old) = (label.id, label.name.clone());
    label.color = color.unwrap_or(std::mem::take(&mut label.color));
    if let Some(description) = description {
        label.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(new) = new_name {
        label.name.clone_from(&new);
        asked.world.rename_label_below(group, &old, Some(&new));
    }
    show(asked, 200, group, &number.to_string())
}

fn delete(asked: &mut Asked<'_>, group: u64, id: &str) -> Answer {
    asked.group_role(group, PLANNER)?;
    let Some(label) = own(asked, group, id) else { return Err(Reply::not_found("Label")) };
    let (number, name) = (label.id, label.name.clone());
    if let Some(home) = asked.world.groups.get_mut(&group) {
        home.labels.remove(&number);
    }
    asked.world.rename_label_below(group, &name, None);
    Ok(Reply::empty(204))
}

fn own<'a>(asked: &'a mut Asked<'_>, group: u64, id: &str) -> Option<&'a mut Label> {
    asked.world.groups.get_mut(&group)?.labels.values_mut().find(|label| named(label, id))
}

fn show(asked: &Asked<'_>, status: u16, group: u64, id: &str) -> Answer {
    let all = labels_in_reach(asked, home(asked, group)?, true);
    let found = all.into_iter().find(|(label, _)| named(label, id));
    let (label, own) = found.ok_or_else(|| Reply::not_found("Label"))?;
    Ok(Reply::json(status, &shape(asked, label, own)))
}

pub(super) fn shape(asked: &Asked<'_>, label: &Label, of_project: bool) -> Value {
    json!({
        "id": label.id,
        "name": label.name,
        "color": label.color,
        "text_color": "#FFFFFF",
        "description": label.description,
        "description_html": label.description,
        "open_issues_count": 0,
        "closed_issues_count": 0,
        "open_merge_requests_count": 0,
        "subscribed": asked.who.is_some_and(|who| label.subscribers.contains(&who)),
        "is_project_label": of_project,
        "archived": false,
    })
}
