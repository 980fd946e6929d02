//! Labels of a project (GitLab docs, "Labels API"; `lib/api/labels.rb`, `lib/api/helpers/label_helpers.rb`).

use std::collections::BTreeSet;

use super::paging::page_reply;
use super::{Context, colors};
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{FieldChange, Label, PLANNER};

/// `labels`, `labels/:id_or_name` and subscription to one.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(context, project),
        ("POST", []) => create(context, project),
        // The old forms name the label in the parameters.
        ("PUT", []) => update(context, project, &read_label_id_or_name(&context.call.params)?),
        ("DELETE", []) => delete(context, project, &read_label_id_or_name(&context.call.params)?),
        ("GET" | "HEAD", [id]) => show(context, 200, project, id),
        ("PUT", [id]) => update(context, project, id),
        ("DELETE", [id]) => delete(context, project, id),
        ("POST", [id, "subscribe"]) => set_subscribed(context, project, id, true),
        ("POST", [id, "unsubscribe"]) => set_subscribed(context, project, id, false),
        ("PUT", [id, "promote"]) => promote(context, project, id),
        _ => Err(Reply::route_not_found()),
    }
}

fn list(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    // It is looked at only where there is a label.
    context.call.params.mark_read(&["with_counts"]);
    let ancestors = context.call.params.flag("include_ancestor_groups").unwrap_or(true);
    let search = context.call.params.search_text();
    let mut found = context.world.available_labels(home);
    found.retain(|label| ancestors || home.labels.contains_key(&label.id));
    found.retain(|label| search.as_ref().is_none_or(|text| label.matches_search(text)));
    // Both kinds unless one is asked for (`lib/api/labels.rb`, GitLab 18.10).
    let archived = context.call.params.flag("archived");
    found.retain(|label| archived.is_none_or(|wanted| wanted == label.archived));
    context.call.params.mark_read(&["with_counts"]);
    Ok(page_reply(context, &found, |label| context.label_list_item_json(context.label_json(home, label))))
}

fn create(context: &mut Context<'_>, project: u64) -> HandlerResult {
    context.require_role(project, PLANNER)?;
    let input = &context.call.params;
    let name = read_title(input, "name")?.ok_or_else(|| Reply::parameter_missing("name"))?;
    let color = read_color(input)?.ok_or_else(|| Reply::parameter_missing("color"))?;
    let priority = read_priority(input)?;
    let home = context.project_by_id(project)?;
    if context.world.available_labels(home).iter().any(|label| label.name == name) {
        return Err(Reply::message(409, "Label already exists"));
    }
    let description = input.text("description").unwrap_or_default();
    let archived = input.flag("archived") == Some(true);
    let id = context.world.add_label(project, &name, &color, &description);
    if let Some(label) = find_label_mut(context, project, &id.to_string()) {
        (label.priority, label.archived) = (priority, archived);
    }
    show(context, 201, project, &id.to_string())
}

/// Changes one of the project's own labels; a group's label is not found this way.
fn update(context: &mut Context<'_>, project: u64, id: &str) -> HandlerResult {
    context.require_role(project, PLANNER)?;
    let input = &context.call.params;
    let new_name = read_title(input, "new_name")?;
    let color = read_color(input)?;
    let description = input.text("description");
    let archived = input.flag("archived");
    let nothing = new_name.is_none() && color.is_none() && description.is_none() && archived.is_none();
    if nothing && !input.has("priority") {
        return Err(Reply::error(
            400,
            "new_name, color, description, priority, archived are missing, at least one parameter must be provided",
        ));
    }
    let home = context.project_by_id(project)?;
    let taken = |label: &Label| Some(&label.name) == new_name.as_ref() && !has_id_or_name(label, id);
    if home.labels.values().any(taken) {
        return Err(Reply::validation_error("title", "has already been taken"));
    }
    let priority = read_priority(&context.call.params)?;
    let sets_priority = context.call.params.has("priority");
    let Some(label) = find_label_mut(context, project, id) else { return Err(Reply::not_found("Label")) };
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
        rename_label_in_project(context, project, &old, Some(&new));
    }
    show(context, 200, project, &number.to_string())
}

fn delete(context: &mut Context<'_>, project: u64, id: &str) -> HandlerResult {
    context.require_role(project, PLANNER)?;
    let Some(label) = find_label_mut(context, project, id) else { return Err(Reply::not_found("Label")) };
    let (number, name) = (label.id, label.name.clone());
    if let Some(project) = context.world.projects.get_mut(&project) {
        project.labels.remove(&number);
    }
    rename_label_in_project(context, project, &name, None);
    Ok(Reply::empty(204))
}

fn set_subscribed(context: &mut Context<'_>, project: u64, id: &str, on: bool) -> HandlerResult {
    let who = context.require_signed_in()?;
    let home = context.project_by_id(project)?;
    let number =
        context.world.available_labels(home).into_iter().find(|label| has_id_or_name(label, id)).map(|label| label.id);
    let number = number.ok_or_else(|| Reply::not_found("Label"))?;
    // One can subscribe to a group's label, too.
    let of_project = context.world.projects.get_mut(&project).and_then(|home| home.labels.get_mut(&number));
    let of_group = context.world.groups.values_mut().find_map(|group| group.labels.get_mut(&number));
    let Some(label) = of_project.or(of_group) else { return Err(Reply::not_found("Label")) };
    let changed = if on { label.subscribers.insert(who) } else { label.subscribers.remove(&who) };
    if changed { show(context, 201, project, id) } else { Ok(Reply::empty(304)) }
}

fn show(context: &Context<'_>, status: u16, project: u64, id: &str) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let label = context.world.available_labels(home).into_iter().find(|label| has_id_or_name(label, id));
    let label = label.ok_or_else(|| Reply::not_found("Label"))?;
    Ok(Reply::json(status, &context.label_json(home, label)))
}

fn find_label_mut<'a>(context: &'a mut Context<'_>, project: u64, id: &str) -> Option<&'a mut Label> {
    context.world.projects.get_mut(&project)?.labels.values_mut().find(|label| has_id_or_name(label, id))
}

/// The label that the parameters name, as the old forms of the routes have it.
pub(super) fn read_label_id_or_name(input: &Params) -> Result<String, Reply> {
    input
        .non_empty_text("label_id")
        .or_else(|| input.non_empty_text("name"))
        .ok_or_else(|| Reply::missing_attribute("name"))
}

/// By number, or by its exact title, where the letter case counts.
pub(super) fn has_id_or_name(label: &Label, id: &str) -> bool {
    label.name == id || label.id.to_string() == id
}

fn rename_label_in_project(context: &mut Context<'_>, project: u64, old: &str, new: Option<&str>) {
    if let Some(project) = context.world.projects.get_mut(&project) {
        project.rename_label(old, new);
    }
}

/// A project's label becomes one of its group; whoever does it must be able to administer labels there, too.
fn promote(context: &mut Context<'_>, project: u64, id: &str) -> HandlerResult {
    context.require_role(project, PLANNER)?;
    let group = context.world.parent_group(&context.project_by_id(project)?.path).map(|group| group.id);
    let group =
        group.ok_or_else(|| Reply::message(400, "400 Bad request - Failed to promote project label to group label"))?;
    context.require_group_role(group, PLANNER)?;
    let id = find_label_mut(context, project, id).map(|label| label.id).ok_or_else(|| Reply::not_found("Label"))?;
    let new = context.world.promote_label(project, id);
    let label = new.and_then(|id| context.world.groups.get(&group)?.labels.get(&id));
    let label = label.ok_or_else(|| Reply::not_found("Label"))?;
    Ok(Reply::json(200, &context.group_label_json(label)))
}

/// Whether something that carries these labels is in a list that is filtered by them: all of them are wanted; `None`
/// and `Any`, in any letter case, mean what they say (GitLab docs, "Issues API").
pub(super) fn matches_labels(wanted: &[String], carried: &BTreeSet<String>) -> bool {
    match wanted {
        [one] if one.eq_ignore_ascii_case("none") => carried.is_empty(),
        [one] if one.eq_ignore_ascii_case("any") => !carried.is_empty(),
        names => names.iter().all(|name| carried.contains(name)),
    }
}

/// A label's title: stripped, no comma, at most 255 characters.
pub(super) fn read_title(input: &Params, key: &str) -> Result<Option<String>, Reply> {
    let Some(name) = input.text(key).map(|name| name.trim().to_owned()) else { return Ok(None) };
    if name.is_empty() {
        return Err(Reply::validation_error("title", "can't be blank"));
    }
    if name.contains(',') {
        return Err(Reply::validation_error("title", "is invalid"));
    }
    if name.chars().count() > 255 {
        return Err(Reply::validation_error("title", "is too long (maximum is 255 characters)"));
    }
    Ok(Some(name))
}

fn read_priority(input: &Params) -> Result<Option<u64>, Reply> {
    match input.number_change("priority")? {
        FieldChange::Set(priority) => Ok(Some(priority)),
        FieldChange::Keep | FieldChange::Clear => Ok(None),
    }
}

/// `#abc`, `#aabbcc` or one of CSS's names, which becomes its value.
pub(super) fn read_color(input: &Params) -> Result<Option<String>, Reply> {
    let Some(color) = input.non_empty_text("color") else { return Ok(None) };
    colors::parse_color(&color).map(Some).ok_or_else(|| Reply::validation_error("color", "must be a valid color code"))
}
