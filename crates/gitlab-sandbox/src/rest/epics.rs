//! Epics and their issues (GitLab docs, "Epics API", "Epic issues API").

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use super::labels::matches_labels;
use super::paging::page_reply;
use super::{emoji, notes};
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{Epic, FieldChange, Group, PLANNER, Tier};

/// `epics`, one of them, its issues and its notes. There are none on Free.
pub(super) fn answer(context: &mut Context<'_>, group: u64, path: &[&str]) -> HandlerResult {
    if context.world.tier == Tier::Free {
        return Err(Reply::forbidden());
    }
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(context, group),
        ("POST", []) => create(context, group),
        ("GET" | "HEAD", [iid]) => show(context, 200, group, iid),
        ("PUT", [iid]) => {
            context.require_group_role(group, PLANNER)?;
            let iid = find_epic(context, group, iid)?.iid;
            let wish = check_epic_params(&context.call.params)?;
            apply_edit(context, group, iid, &wish);
            show(context, 200, group, &iid.to_string())
        }
        ("DELETE", [iid]) => {
            context.require_group_role(group, PLANNER)?;
            let (iid, updated) = {
                let epic = find_epic(context, group, iid)?;
                (epic.iid, epic.updated_at)
            };
            context.check_unmodified_since(updated)?;
            if let Some(home) = context.world.groups.get_mut(&group) {
                home.epics.remove(&iid);
            }
            Ok(Reply::empty(204))
        }
        (_, [iid, "issues", rest @ ..]) => answer_epic_issues(context, group, iid, rest),
        (_, [id, "notes", rest @ ..]) => {
            let noteable = context.noteable_epic(&group.to_string(), id)?;
            notes::answer(context, &noteable, rest)
        }
        (_, [id, "award_emoji", rest @ ..]) => {
            let noteable = context.noteable_epic(&group.to_string(), id)?;
            emoji::answer(context, &noteable, None, rest)
        }
        _ => Err(Reply::route_not_found()),
    }
}

fn group_by_id<'a>(context: &'a Context<'_>, group: u64) -> Result<&'a Group, Reply> {
    context.world.groups.get(&group).ok_or_else(|| Reply::not_found("Group"))
}

fn find_epic<'a>(context: &'a Context<'_>, group: u64, iid: &str) -> Result<&'a Epic, Reply> {
    let home = group_by_id(context, group)?;
    let epic = iid.parse().ok().and_then(|iid: u64| home.epics.get(&iid));
    let seen = epic.filter(|epic| context.world.may_see_epic(home, epic, context.current_user_id));
    seen.ok_or_else(|| Reply::message(404, "404 Not found"))
}

fn list(context: &Context<'_>, group: u64) -> HandlerResult {
    let home = group_by_id(context, group)?;
    let input = &context.call.params;
    let (open, search) = (input.parse_state_filter("opened")?, input.search_text());
    let labels = input.list("labels").unwrap_or_default();
    let mut seen: Vec<&Epic> = home
        .epics
        .values()
        .filter(|epic| context.world.may_see_epic(home, epic, context.current_user_id))
        .filter(|epic| open.is_none_or(|open| open == epic.open))
        .filter(|epic| {
            search.as_ref().is_none_or(|text| {
                epic.title.to_lowercase().contains(text)
                    || epic.description.as_ref().is_some_and(|own| own.to_lowercase().contains(text))
            })
        })
        .filter(|epic| matches_labels(&labels, &epic.labels))
        .collect();
    match input.non_empty_text("order_by").as_deref() {
        None | Some("created_at") => seen.sort_by_key(|epic| (epic.created_at, epic.id)),
        Some("updated_at") => seen.sort_by_key(|epic| (epic.updated_at, epic.id)),
        Some("title") => seen.sort_by_key(|epic| (epic.title.to_lowercase(), epic.id)),
        Some(_) => return Err(Reply::value_not_allowed("order_by")),
    }
    if !input.is_sort_ascending()? {
        seen.reverse();
    }
    Ok(page_reply(context, &seen, |epic| context.epic_json(home, epic)))
}

fn create(context: &mut Context<'_>, group: u64) -> HandlerResult {
    let who = context.require_group_role(group, PLANNER)?;
    let title = context.call.params.required_text("title")?;
    let wish = check_epic_params(&context.call.params)?;
    let iid = group_by_id(context, group)?.epics.keys().next_back().map_or(1, |last| last + 1);
    let now = context.world.now;
    context.world.add_epic(group, iid, &title, true);
    if let Some(epic) = context.world.groups.get_mut(&group).and_then(|home| home.epics.get_mut(&iid)) {
        (epic.author, epic.created_at, epic.updated_at) = (Some(who), now, now);
    }
    apply_edit(context, group, iid, &wish);
    show(context, 201, group, &iid.to_string())
}

/// The parameters of create and update that may be refused.
struct CheckedEpicParams {
    close: Option<bool>,
    start_date: FieldChange<NaiveDate>,
    due_date: FieldChange<NaiveDate>,
}

fn check_epic_params(input: &Params) -> Result<CheckedEpicParams, Reply> {
    Ok(CheckedEpicParams {
        close: input.parse_state_event("reopen")?,
        start_date: input.date_change("start_date_fixed")?,
        due_date: input.date_change("due_date_fixed")?,
    })
}

/// Changes an epic that is there as create and update have it.
fn apply_edit(context: &mut Context<'_>, group: u64, iid: u64, wish: &CheckedEpicParams) {
    let input = &context.call.params;
    let now = context.world.now;
    let Some(home) = context.world.groups.get(&group) else { return };
    let Some(mut epic) = home.epics.get(&iid).cloned() else { return };
    epic.title = input.non_empty_text("title").unwrap_or(epic.title);
    input.text_change("description").apply_to(&mut epic.description);
    epic.confidential = input.flag("confidential").unwrap_or(epic.confidential);
    wish.start_date.apply_to(&mut epic.start_date);
    wish.due_date.apply_to(&mut epic.due_date);
    match wish.close {
        Some(true) => (epic.open, epic.closed_at) = (false, Some(now)),
        Some(false) => (epic.open, epic.closed_at) = (true, None),
        None => {}
    }
    let mut labels: BTreeSet<String> = match input.list("labels") {
        Some(all) => all.into_iter().collect(),
        None => epic.labels,
    };
    labels.extend(input.list("add_labels").unwrap_or_default());
    for name in input.list("remove_labels").unwrap_or_default() {
        labels.remove(&name);
    }
    // A name that no label has makes one in the group, as it does in a project.
    let path = home.path.clone();
    let above: BTreeSet<String> = context
        .world
        .ancestor_groups(&path)
        .chain([home])
        .flat_map(|one| one.labels.values())
        .map(|one| one.name.clone())
        .collect();
    for name in labels.difference(&above) {
        context.world.add_group_label(&path, name, "#6699cc", "");
    }
    epic.labels = labels;
    epic.updated_at = now;
    if let Some(home) = context.world.groups.get_mut(&group) {
        home.epics.insert(epic.iid, epic);
    }
}

/// `issues`, and `issues/:id`: by the issue's own number to add it, by the membership's to take it away.
fn answer_epic_issues(context: &mut Context<'_>, group: u64, iid: &str, path: &[&str]) -> HandlerResult {
    let iid = find_epic(context, group, iid)?.iid;
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let epic = find_epic(context, group, &iid.to_string())?;
            let shapes: Vec<Value> =
                epic.issues.iter().filter_map(|(id, at)| epic_issue_json(context, *id, *at)).collect();
            Ok(page_reply(context, &shapes, Clone::clone))
        }
        ("POST", [issue]) => {
            context.require_group_role(group, PLANNER)?;
            let at = context.world.projects.values().find_map(|home| {
                let found = home.issues.values().find(|one| one.id.to_string() == *issue);
                let found = found.filter(|one| {
                    context.world.may_see(home, context.current_user_id)
                        && context.world.may_see_issue(home.id, one, context.current_user_id)
                });
                found.map(|one| (home.id, one.iid))
            });
            let at = at.ok_or_else(|| Reply::not_found("Issue"))?;
            let id = context.world.next_id();
            // An issue is in one epic: the last that took it.
            for epic in context.world.groups.values_mut().flat_map(|home| home.epics.values_mut()) {
                epic.issues.retain(|_, other| *other != at);
            }
            if let Some(epic) = context.world.groups.get_mut(&group).and_then(|home| home.epics.get_mut(&iid)) {
                epic.issues.insert(id, at);
            }
            epic_issue_link_reply(context, 201, group, iid, id, at)
        }
        ("DELETE", [id]) => {
            context.require_group_role(group, PLANNER)?;
            let id: u64 = id.parse().unwrap_or(0);
            let at = find_epic(context, group, &iid.to_string())?.issues.get(&id).copied();
            let at = at.ok_or_else(|| Reply::message(404, "404 Not found"))?;
            let reply = epic_issue_link_reply(context, 200, group, iid, id, at)?;
            if let Some(epic) = context.world.groups.get_mut(&group).and_then(|home| home.epics.get_mut(&iid)) {
                epic.issues.remove(&id);
            }
            Ok(reply)
        }
        _ => Err(Reply::route_not_found()),
    }
}

/// An issue as it stands in the list of an epic.
fn epic_issue_json(context: &Context<'_>, id: u64, (project, iid): (u64, u64)) -> Option<Value> {
    let home =
        context.world.projects.get(&project).filter(|home| context.world.may_see(home, context.current_user_id))?;
    let issue =
        home.issues.get(&iid).filter(|issue| context.world.may_see_issue(project, issue, context.current_user_id))?;
    let mut shape = context.issue_json(home, issue);
    shape["epic_issue_id"] = json!(id);
    shape["relative_position"] = json!(id);
    Some(shape)
}

fn epic_issue_link_reply(
    context: &Context<'_>,
    status: u16,
    group: u64,
    iid: u64,
    id: u64,
    at: (u64, u64),
) -> HandlerResult {
    let epic = context.epic_json(group_by_id(context, group)?, find_epic(context, group, &iid.to_string())?);
    let issue =
        context.world.projects.get(&at.0).and_then(|home| Some(context.issue_json(home, home.issues.get(&at.1)?)));
    Ok(Reply::json(status, &json!({ "id": id, "epic": epic, "issue": issue, "relative_position": id })))
}

fn show(context: &Context<'_>, status: u16, group: u64, iid: &str) -> HandlerResult {
    Ok(Reply::json(status, &context.epic_json(group_by_id(context, group)?, find_epic(context, group, iid)?)))
}

impl Context<'_> {
    fn epic_json(&self, group: &Group, epic: &Epic) -> Value {
        let iid = epic.iid;
        let given = |name: &str| epic.emoji.iter().filter(|emoji| emoji.name == name).count();
        json!({
            "id": epic.id,
            "work_item_id": epic.id,
            "iid": iid,
            "group_id": group.id,
            "parent_id": null,
            "parent_iid": null,
            "title": epic.title,
            "description": epic.description,
            "confidential": epic.confidential,
            "state": if epic.open { "opened" } else { "closed" },
            "author": epic.author.map(|id| self.user_or_ghost_json(id)),
            "start_date": epic.start_date,
            "due_date": epic.due_date,
            "web_url": format!("{}/groups/{}/-/epics/{iid}", self.origin, group.path),
            "references": { "short": format!("&{iid}"), "relative": format!("&{iid}"), "full": format!("{}&{iid}", group.path) },
            "created_at": format_time(epic.created_at),
            "updated_at": format_time(epic.updated_at),
            "closed_at": epic.closed_at.map(format_time),
            "labels": epic.labels,
            "upvotes": given("thumbsup"),
            "downvotes": given("thumbsdown"),
        })
    }
}
