//! Labels of a project (GitLab docs, "Labels API"; `lib/api/labels.rb`, `lib/api/helpers/label_helpers.rb`).

use std::collections::BTreeSet;

use super::paging::page;
use super::{Asked, colors};
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Change, Label, PLANNER};

/// `labels`, `labels/:id_or_name` and subscription to one.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, project),
        ("POST", []) => create(asked, project),
        // The old forms name the label in the parameters.
        ("PUT", []) => update(asked, project, &named_in(&asked.call.input)?),
        ("DELETE", []) => delete(asked, project, &named_in(&asked.call.input)?),
        ("GET" | "HEAD", [id]) => show(asked, 200, project, id),
        ("PUT", [id]) => update(asked, project, id),
        ("DELETE", [id]) => delete(asked, project, id),
        ("POST", [id, "subscribe"]) => subscribe(asked, project, id, true),
        ("POST", [id, "unsubscribe"]) => subscribe(asked, project, id, false),
        ("PUT", [id, "promote"]) => promote(asked, project, id),
        _ => Err(Reply::no_route()),
    }
}

fn list(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    // It is looked at only where there is a label.
    asked.call.input.declare(&["with_counts"]);
    let ancestors = asked.call.input.flag("include_ancestor_groups").unwrap_or(true);
    let search = asked.call.input.search();
    let mut found = asked.world.labels_for(home);
    found.retain(|label| ancestors || home.labels.contains_key(&label.id));
    found.retain(|label| search.as_ref().is_none_or(|text| label.is_found_by(text)));
    // Both kinds unless one is asked for (`lib/api/labels.rb`, GitLab 18.10).
    let archived = asked.call.input.flag("archived");
    found.retain(|label| archived.is_none_or(|wanted| wanted == label.archived));
    asked.call.input.declare(&["with_counts"]);
    Ok(page(asked, &found, |label| asked.label_in_list(asked.label_shape(home, label))))
}

fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    asked.role(project, PLANNER)?;
    let input = &asked.call.input;
    let name = title(input, "name")?.ok_or_else(|| Reply::missing("name"))?;
    let color = color(input)?.ok_or_else(|| Reply::missing("color"))?;
    let priority = priority(input)?;
    let home = asked.project(project)?;
    if asked.world.labels_for(home).iter().any(|label| label.name == name) {
        return Err(Reply::message(409, "Label already exists"));
    }
    let description = input.text("description").unwrap_or_default();
    let archived = input.flag("archived") == Some(true);
    let id = asked.world.add_label(project, &name, &color, &description);
    if let Some(label) = own(asked, project, &id.to_string()) {
        (label.priority, label.archived) = (priority, archived);
    }
    show(asked, 201, project, &id.to_string())
}

/// Changes one of the project's own labels; a group's label is not found this way.
fn update(asked: &mut Asked<'_>, project: u64, id: &str) -> Answer {
    asked.role(project, PLANNER)?;
    let input = &asked.call.input;
    let new_name = title(input, "new_name")?;
    let color = color(input)?;
    let description = input.text("description");
    let archived = input.flag("archived");
    let nothing = new_name.is_none() && color.is_none() && description.is_none() && archived.is_none();
    if nothing && !input.has("priority") {
        return Err(Reply::error(
            400,
            "new_name, color, description, priority, archived are missing, at least one parameter must be provided",
        ));
    }
    let home = asked.project(project)?;
    let taken = |label: &Label| Some(&label.name) == new_name.as_ref() && !named(label, id);
    if home.labels.values().any(taken) {
        return Err(Reply::invalid("title", "has already been taken"));
    }
    let priority = priority(&asked.call.input)?;
    let sets_priority = asked.call.input.has("priority");
    let Some(label) = own(asked, project, id) else { return Err(Reply::not_found("Label")) };
    let number = label.id;
    let old = label.name.clone();
    if let Some(color) = color {
        label.color = color;
    }
    if let Some(description) = description {
        label.description = Some(description).filter(|text| !text.is_empty());
    }
    if sets_priority {
        label.priority = priority;
    }
    label.archived = archived.unwrap_or(label.archived);
    if let Some(new) = new_name {
        label.name.clone_from(&new);
        rename_on_issues(asked, project, &old, Some(&new));
    }
    show(asked, 200, project, &number.to_string())
}

fn delete(asked: &mut Asked<'_>, project: u64, id: &str) -> Answer {
    asked.role(project, PLANNER)?;
    let Some(label) = own(asked, project, id) else { return Err(Reply::not_found("Label")) };
    let (number, name) = (label.id, label.name.clone());
    if let Some(project) = asked.world.projects.get_mut(&project) {
        project.labels.remove(&number);
    }
    rename_on_issues(asked, project, &name, None);
    Ok(Reply::empty(204))
}

fn subscribe(asked: &mut Asked<'_>, project: u64, id: &str, on: bool) -> Answer {
    let who = asked.signed_in()?;
    let home = asked.project(project)?;
    let number = asked.world.labels_for(home).into_iter().find(|label| named(label, id)).map(|label| label.id);
    let number = number.ok_or_else(|| Reply::not_found("Label"))?;
    // One can be told of a group's label, too.
    let of_project = asked.world.projects.get_mut(&project).and_then(|home| home.labels.get_mut(&number));
    let of_group = asked.world.groups.values_mut().find_map(|group| group.labels.get_mut(&number));
    let Some(label) = of_project.or(of_group) else { return Err(Reply::not_found("Label")) };
    let changed = if on { label.subscribers.insert(who) } else { label.subscribers.remove(&who) };
    if changed { show(asked, 201, project, id) } else { Ok(Reply::empty(304)) }
}

fn show(asked: &Asked<'_>, status: u16, project: u64, id: &str) -> Answer {
    let home = asked.project(project)?;
    let label = asked.world.labels_for(home).into_iter().find(|label| named(label, id));
    let label = label.ok_or_else(|| Reply::not_found("Label"))?;
    Ok(Reply::json(status, &asked.label_shape(home, label)))
}

fn own<'a>(asked: &'a mut Asked<'_>, project: u64, id: &str) -> Option<&'a mut Label> {
    asked.world.projects.get_mut(&project)?.labels.values_mut().find(|label| named(label, id))
}

/// The label that the parameters name, as the old forms of the routes have it.
pub(super) fn named_in(input: &Input) -> Result<String, Reply> {
    input.filled("label_id").or_else(|| input.filled("name")).ok_or_else(|| Reply::not_given("name"))
}

/// By number, or by its exact title, where the letter case counts.
pub(super) fn named(label: &Label, id: &str) -> bool {
    label.name == id || label.id.to_string() == id
}

fn rename_on_issues(asked: &mut Asked<'_>, project: u64, old: &str, new: Option<&str>) {
    if let Some(project) = asked.world.projects.get_mut(&project) {
        project.rename_label(old, new);
    }
}

/// A project's label becomes one of its group; whoever does it must be able to administer labels there, too.
fn promote(asked: &mut Asked<'_>, project: u64, id: &str) -> Answer {
    asked.role(project, PLANNER)?;
    let group = asked.world.group_of(&asked.project(project)?.path).map(|group| group.id);
    let group =
        group.ok_or_else(|| Reply::message(400, "400 Bad request - Failed to promote project label to group label"))?;
    asked.group_role(group, PLANNER)?;
    let id = own(asked, project, id).map(|label| label.id).ok_or_else(|| Reply::not_found("Label"))?;
    let new = asked.world.promote_label(project, id);
    let label = new.and_then(|id| asked.world.groups.get(&group)?.labels.get(&id));
    let label = label.ok_or_else(|| Reply::not_found("Label"))?;
    Ok(Reply::json(200, &asked.group_label_shape(label)))
}

/// Whether something that carries these labels is in a list that is filtered by them: all of them are wanted; `None` and
/// `Any`, in any letter case, mean what they say (GitLab docs, "Issues API").
pub(super) fn fit(wanted: &[String], carried: &BTreeSet<String>) -> bool {
    match wanted {
        [one] if one.eq_ignore_ascii_case("none") => carried.is_empty(),
        [one] if one.eq_ignore_ascii_case("any") => !carried.is_empty(),
        names => names.iter().all(|name| carried.contains(name)),
    }
}

/// A label's title: stripped, no comma, at most 255 characters.
pub(super) fn title(input: &Input, key: &str) -> Result<Option<String>, Reply> {
    let Some(name) = input.text(key).map(|name| name.trim().to_owned()) else { return Ok(None) };
    if name.is_empty() {
        return Err(Reply::invalid("title", "can't be blank"));
    }
    if name.contains(',') {
        return Err(Reply::invalid("title", "is invalid"));
    }
    if name.chars().count() > 255 {
        return Err(Reply::invalid("title", "is too long (maximum is 255 characters)"));
    }
    Ok(Some(name))
}

fn priority(input: &Input) -> Result<Option<u64>, Reply> {
    match input.number_change("priority")? {
        Change::Set(priority) => Ok(Some(priority)),
        Change::Keep | Change::Clear => Ok(None),
    }
}

/// `#abc`, `#aabbcc` or one of CSS's names, which becomes its value.
pub(super) fn color(input: &Input) -> Result<Option<String>, Reply> {
    let Some(color) = input.filled("color") else { return Ok(None) };
    colors::hex(&color).map(Some).ok_or_else(|| Reply::invalid("color", "must be a valid color code"))
}
