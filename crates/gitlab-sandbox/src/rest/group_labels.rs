//! Labels of a group (GitLab docs, "Group labels API").

use super::Context;
use super::labels::{has_id_or_name, read_color, read_label_id_or_name, read_title};
use super::paging::page_reply;
use crate::reply::{HandlerResult, Reply};
use crate::world::{Group, Label, PLANNER};

/// `labels`, `labels/:id_or_name` and subscription to one.
pub(super) fn answer(context: &mut Context<'_>, group: u64, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let group = group_by_id(context, group)?;
            context.call.params.mark_read(&["with_counts"]);
            Ok(page_reply(context, &filtered_labels(context, group), |label| {
                context.label_list_item_json(context.group_label_json(label))
            }))
        }
        ("POST", []) => create(context, group),
        // The old forms name the label in the parameters.
        ("PUT", []) => update(context, group, &read_label_id_or_name(&context.call.params)?),
        ("DELETE", []) => delete(context, group, &read_label_id_or_name(&context.call.params)?),
        ("GET" | "HEAD", [id]) => show(context, 200, group, id),
        ("PUT", [id]) => update(context, group, id),
        ("DELETE", [id]) => delete(context, group, id),
        ("POST", [id, verb @ ("subscribe" | "unsubscribe")]) => {
            let who = context.require_signed_in()?;
            let Some(label) = find_label_mut(context, group, id) else { return Err(Reply::not_found("Label")) };
            let changed =
                if *verb == "subscribe" { label.subscribers.insert(who) } else { label.subscribers.remove(&who) };
            if changed { show(context, 201, group, id) } else { Ok(Reply::empty(304)) }
        }
        _ => Err(Reply::route_not_found()),
    }
}

fn group_by_id<'a>(context: &'a Context<'_>, group: u64) -> Result<&'a Group, Reply> {
    context.world.groups.get(&group).ok_or_else(|| Reply::not_found("Group"))
}

/// The group's labels, with those of the groups above unless asked otherwise, and those of its projects unless
/// `only_group_labels` is asked for, which it is by default.
fn filtered_labels<'a>(context: &'a Context<'_>, group: &'a Group) -> Vec<&'a Label> {
    let input = &context.call.params;
    let mut found = visible_labels(context, group, input.flag("include_ancestor_groups").unwrap_or(true));
    if input.flag("only_group_labels") == Some(false) {
        let projects = context.world.projects.values().filter(|project| {
            let home = project.path.rsplit_once('/').map(|(home, _)| home);
            home == Some(group.path.as_str()) && context.world.may_see(project, context.current_user_id)
        });
        found.extend(projects.flat_map(|project| project.labels.values()));
    }
    // It is looked at only where there is a label.
    input.mark_read(&["with_counts"]);
    let search = input.search_text();
    found.retain(|label| search.as_ref().is_none_or(|text| label.matches_search(text)));
    let archived = input.flag("archived");
    found.retain(|label| archived.is_none_or(|wanted| wanted == label.archived));
    found.sort_by_key(|label| (label.name.to_lowercase(), label.id));
    found
}

/// Labels of the group and of those above it that the asking user sees.
fn visible_labels<'a>(context: &'a Context<'_>, group: &'a Group, above: bool) -> Vec<&'a Label> {
    let groups = context.world.ancestor_groups(&group.path).filter(|_| above).chain([group]);
    let seen = groups.filter(|group| context.world.may_see_group(group, context.current_user_id));
    seen.flat_map(|group| group.labels.values()).collect()
}

fn create(context: &mut Context<'_>, group: u64) -> HandlerResult {
    context.require_group_role(group, PLANNER)?;
    let input = &context.call.params;
    let name = read_title(input, "name")?.ok_or_else(|| Reply::parameter_missing("name"))?;
    let color = read_color(input)?.ok_or_else(|| Reply::parameter_missing("color"))?;
    let description = input.text("description").unwrap_or_default();
    let archived = input.flag("archived") == Some(true);
    let home = group_by_id(context, group)?;
    if visible_labels(context, home, true).iter().any(|label| label.name == name) {
        return Err(Reply::message(409, "Label already exists"));
    }
    let path = home.path.clone();
    let id = context.world.add_group_label(&path, &name, &color, &description);
    if let Some(label) = find_label_mut(context, group, &id.to_string()) {
        label.archived = archived;
    }
    show(context, 201, group, &id.to_string())
}

fn update(context: &mut Context<'_>, group: u64, id: &str) -> HandlerResult {
    context.require_group_role(group, PLANNER)?;
    let input = &context.call.params;
    let (new_name, color, description) =
        (read_title(input, "new_name")?, read_color(input)?, input.text("description"));
    let archived = input.flag("archived");
    if new_name.is_none() && color.is_none() && description.is_none() && archived.is_none() {
        let why = "new_name, color, description, archived are missing, at least one parameter must be provided";
        return Err(Reply::error(400, why));
    }
    let taken = group_by_id(context, group)?
        .labels
        .values()
        .any(|label| Some(&label.name) == new_name.as_ref() && !has_id_or_name(label, id));
    if taken {
        return Err(Reply::validation_error("title", "has already been taken"));
    }
    let Some(label) = find_label_mut(context, group, id) else { return Err(Reply::not_found("Label")) };
    let (number, old) = (label.id, label.name.clone());
    label.color = color.unwrap_or(std::mem::take(&mut label.color));
    label.archived = archived.unwrap_or(label.archived);
    if let Some(description) = description {
        label.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(new) = new_name {
        label.name.clone_from(&new);
        context.world.rename_group_label(group, &old, Some(&new));
    }
    show(context, 200, group, &number.to_string())
}

fn delete(context: &mut Context<'_>, group: u64, id: &str) -> HandlerResult {
    context.require_group_role(group, PLANNER)?;
    let Some(label) = find_label_mut(context, group, id) else { return Err(Reply::not_found("Label")) };
    let (number, name) = (label.id, label.name.clone());
    if let Some(home) = context.world.groups.get_mut(&group) {
        home.labels.remove(&number);
    }
    context.world.rename_group_label(group, &name, None);
    Ok(Reply::empty(204))
}

fn find_label_mut<'a>(context: &'a mut Context<'_>, group: u64, id: &str) -> Option<&'a mut Label> {
    context.world.groups.get_mut(&group)?.labels.values_mut().find(|label| has_id_or_name(label, id))
}

fn show(context: &Context<'_>, status: u16, group: u64, id: &str) -> HandlerResult {
    let all = visible_labels(context, group_by_id(context, group)?, true);
    let label = all.into_iter().find(|label| has_id_or_name(label, id)).ok_or_else(|| Reply::not_found("Label"))?;
    Ok(Reply::json(status, &context.group_label_json(label)))
}
