//! Labels of a group (GitLab docs, "Group labels API").

use super::Asked;
use super::labels::{color, named, named_in, title};
use super::paging::page;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Group, Label, PLANNER};

/// `labels`, `labels/:id_or_name` and subscription to one.
pub(super) fn answer(asked: &mut Asked<'_>, group: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let group = home(asked, group)?;
            asked.call.input.declare(&["with_counts"]);
            Ok(page(asked, &labels(asked, group), |label| asked.label_in_list(asked.group_label_shape(label))))
        }
        ("POST", []) => create(asked, group),
        // The old forms name the label in the parameters.
        ("PUT", []) => update(asked, group, &named_in(&asked.call.input)?),
        ("DELETE", []) => delete(asked, group, &named_in(&asked.call.input)?),
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
        _ => Err(Reply::no_route()),
    }
}

fn home<'a>(asked: &'a Asked<'_>, group: u64) -> Result<&'a Group, Reply> {
    asked.world.groups.get(&group).ok_or_else(|| Reply::not_found("Group"))
}

/// The group's labels, with those of the groups above unless told otherwise, and those of its projects unless
/// `only_group_labels` is asked for, which it is by default.
fn labels<'a>(asked: &'a Asked<'_>, group: &'a Group) -> Vec<&'a Label> {
    let input = &asked.call.input;
    let mut found = labels_in_reach(asked, group, input.flag("include_ancestor_groups").unwrap_or(true));
    if input.flag("only_group_labels") == Some(false) {
        let projects = asked.world.projects.values().filter(|project| {
            let home = project.path.rsplit_once('/').map(|(home, _)| home);
            home == Some(group.path.as_str()) && asked.world.may_see(project, asked.who)
        });
        found.extend(projects.flat_map(|project| project.labels.values()));
    }
    // It is looked at only where there is a label.
    input.declare(&["with_counts"]);
    let search = input.search();
    found.retain(|label| search.as_ref().is_none_or(|text| label.is_found_by(text)));
    let archived = input.flag("archived");
    found.retain(|label| archived.is_none_or(|wanted| wanted == label.archived));
    found.sort_by_key(|label| (label.name.to_lowercase(), label.id));
    found
}

/// Labels of the group and of those above it that the asking user sees.
fn labels_in_reach<'a>(asked: &'a Asked<'_>, group: &'a Group, above: bool) -> Vec<&'a Label> {
    let groups = asked.world.groups_above(&group.path).filter(|_| above).chain([group]);
    let seen = groups.filter(|group| asked.world.may_see_group(group, asked.who));
    seen.flat_map(|group| group.labels.values()).collect()
}

fn create(asked: &mut Asked<'_>, group: u64) -> Answer {
    asked.group_role(group, PLANNER)?;
    let input = &asked.call.input;
    let name = title(input, "name")?.ok_or_else(|| Reply::missing("name"))?;
    let color = color(input)?.ok_or_else(|| Reply::missing("color"))?;
    let description = input.text("description").unwrap_or_default();
    let archived = input.flag("archived") == Some(true);
    let home = home(asked, group)?;
    if labels_in_reach(asked, home, true).iter().any(|label| label.name == name) {
        return Err(Reply::message(409, "Label already exists"));
    }
    let path = home.path.clone();
    let id = asked.world.add_group_label(&path, &name, &color, &description);
    if let Some(label) = own(asked, group, &id.to_string()) {
        label.archived = archived;
    }
    show(asked, 201, group, &id.to_string())
}

fn update(asked: &mut Asked<'_>, group: u64, id: &str) -> Answer {
    asked.group_role(group, PLANNER)?;
    let input = &asked.call.input;
    let (new_name, color, description) = (title(input, "new_name")?, color(input)?, input.text("description"));
    let archived = input.flag("archived");
    if new_name.is_none() && color.is_none() && description.is_none() && archived.is_none() {
        let why = "new_name, color, description, archived are missing, at least one parameter must be provided";
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
    label.archived = archived.unwrap_or(label.archived);
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
    let label = all.into_iter().find(|label| named(label, id)).ok_or_else(|| Reply::not_found("Label"))?;
    Ok(Reply::json(status, &asked.group_label_shape(label)))
}
