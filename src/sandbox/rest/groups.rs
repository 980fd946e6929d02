//! Groups, their labels, members and epics (GitLab docs, "Groups API", "Group labels API", "Epics API").

use serde_json::{Value, json};

use super::Asked;
use super::paging::page;
use super::shapes::instant;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Epic, Group, Label, Tier};

/// `/groups/:id` and what is below it; nothing of it is written to.
pub(super) fn answer(asked: &Asked<'_>, id: &str, path: &[&str]) -> Answer {
    if !asked.call.method.is_safe() {
        return if asked.who.is_none() { Err(Reply::unauthorized()) } else { Err(Reply::forbidden()) };
    }
    let group = asked.find_group(id)?;
    match path {
        [] => Ok(Reply::json(200, &shape(asked, group))),
        ["labels"] => Ok(page(asked, &labels(asked, group), |(label, own)| label_shape(asked, label, *own))),
        ["labels", wanted] => {
            let all = labels_in_reach(asked, group, true);
            let found = all.iter().find(|(label, _)| label.name == *wanted || label.id.to_string() == *wanted);
            let (label, own) = found.ok_or_else(|| Reply::not_found("Label"))?;
            Ok(Reply::json(200, &label_shape(asked, label, *own)))
        }
        ["members"] | ["members", "all"] => Ok(members(asked, group, path.len() > 1)),
        ["epics", ..] if asked.world.tier == Tier::Free => Err(Reply::forbidden()),
        ["epics"] => {
            let seen: Vec<&Epic> = group.epics.values().filter(|epic| sees(asked, group, epic)).collect();
            Ok(page(asked, &seen, |epic| epic_shape(asked, group, epic)))
        }
        ["epics", iid] => {
            let epic = iid.parse().ok().and_then(|iid: u64| group.epics.get(&iid));
            let epic =
                epic.filter(|epic| sees(asked, group, epic)).ok_or_else(|| Reply::message(404, "404 Not found"))?;
            Ok(Reply::json(200, &epic_shape(asked, group, epic)))
        }
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

fn sees(asked: &Asked<'_>, group: &Group, epic: &Epic) -> bool {
    asked.world.may_see_epic(group, epic, asked.who)
}

fn shape(asked: &Asked<'_>, group: &Group) -> Value {
    let slug = group.path.rsplit('/').next().unwrap_or(&group.path);
    json!({
        "id": group.id,
        "web_url": format!("{}/groups/{}", asked.origin, group.path),
        "name": group.name,
        "path": slug,
        "description": "",
        "visibility": group.visibility,
        "full_name": group.path.replace('/', " / "),
        "full_path": group.path,
        "created_at": instant(group.created_at),
        "parent_id": asked.world.group_of(&group.path).map(|above| above.id),
        "archived": false,
    })
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

fn label_shape(asked: &Asked<'_>, label: &Label, of_project: bool) -> Value {
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

fn members(asked: &Asked<'_>, group: &Group, inherited: bool) -> Reply {
    let mut levels = group.members.clone();
    if inherited {
        for (&id, &level) in asked.world.groups_above(&group.path).flat_map(|above| &above.members) {
            let known = levels.entry(id).or_insert(level);
            *known = level.max(*known);
        }
    }
    let found: Vec<_> = levels.iter().filter_map(|(id, level)| Some((asked.world.users.get(id)?, *level))).collect();
    page(asked, &found, |(user, level)| asked.member_shape(user, *level, group.created_at))
}

fn epic_shape(asked: &Asked<'_>, group: &Group, epic: &Epic) -> Value {
    let web = format!("{}/groups/{}/-/epics/{}", asked.origin, group.path, epic.iid);
    json!({
        "id": epic.id,
        "work_item_id": epic.id,
        "iid": epic.iid,
        "group_id": group.id,
        "parent_id": null,
        "title": epic.title,
        "confidential": epic.confidential,
        "state": if epic.open { "opened" } else { "closed" },
        "web_url": web,
        "references": { "short": format!("&{}", epic.iid), "full": format!("{}&{}", group.path, epic.iid) },
        "created_at": instant(epic.created_at),
        "labels": [],
    })
}
