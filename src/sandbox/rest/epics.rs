//! Epics and their issues (GitLab docs, "Epics API", "Epic issues API").

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::Asked;
use super::labels::fit;
use super::paging::page;
use super::shapes::instant;
use super::{emoji, notes};
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Change, Epic, Group, PLANNER, Tier};

/// `epics`, one of them, its issues and its notes. There are none on Free.
pub(super) fn answer(asked: &mut Asked<'_>, group: u64, path: &[&str]) -> Answer {
    if asked.world.tier == Tier::Free {
        return Err(Reply::forbidden());
    }
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, group),
        ("POST", []) => create(asked, group),
        ("GET" | "HEAD", [iid]) => show(asked, 200, group, iid),
        ("PUT", [iid]) => {
            asked.group_role(group, PLANNER)?;
            let iid = find(asked, group, iid)?.iid;
            let wish = wish(&asked.call.input)?;
            change(asked, group, iid, &wish);
            show(asked, 200, group, &iid.to_string())
        }
        ("DELETE", [iid]) => {
            asked.group_role(group, PLANNER)?;
            let (iid, updated) = {
                let epic = find(asked, group, iid)?;
                (epic.iid, epic.updated_at)
            };
            asked.unmodified_since(updated)?;
            if let Some(home) = asked.world.groups.get_mut(&group) {
                home.epics.remove(&iid);
            }
            Ok(Reply::empty(204))
        }
        (_, [iid, "issues", rest @ ..]) => issues(asked, group, iid, rest),
        (_, [id, "notes", rest @ ..]) => {
            let place = asked.at_epic(&group.to_string(), id)?;
            notes::answer(asked, &place, rest)
        }
        (_, [id, "award_emoji", rest @ ..]) => {
            let place = asked.at_epic(&group.to_string(), id)?;
            emoji::answer(asked, &place, None, rest)
        }
        _ => Err(Reply::no_route()),
    }
}

fn home<'a>(asked: &'a Asked<'_>, group: u64) -> Result<&'a Group, Reply> {
    asked.world.groups.get(&group).ok_or_else(|| Reply::not_found("Group"))
}

fn find<'a>(asked: &'a Asked<'_>, group: u64, iid: &str) -> Result<&'a Epic, Reply> {
    let home = home(asked, group)?;
    let epic = iid.parse().ok().and_then(|iid: u64| home.epics.get(&iid));
    let seen = epic.filter(|epic| asked.world.may_see_epic(home, epic, asked.who));
    seen.ok_or_else(|| Reply::message(404, "404 Not found"))
}

fn list(asked: &Asked<'_>, group: u64) -> Answer {
    let home = home(asked, group)?;
    let input = &asked.call.input;
    let (open, search) = (input.state("opened")?, input.search());
    let labels = input.list("labels").unwrap_or_default();
    let mut seen: Vec<&Epic> = home
        .epics
        .values()
        .filter(|epic| asked.world.may_see_epic(home, epic, asked.who))
        .filter(|epic| open.is_none_or(|open| open == epic.open))
        .filter(|epic| {
            search.as_ref().is_none_or(|text| {
                epic.title.to_lowercase().contains(text)
                    || epic.description.as_ref().is_some_and(|own| own.to_lowercase().contains(text))
            })
        })
        .filter(|epic| fit(&labels, &epic.labels))
        .collect();
    match input.filled("order_by").as_deref() {
        None | Some("created_at") => seen.sort_by_key(|epic| (epic.created_at, epic.id)),
        Some("updated_at") => seen.sort_by_key(|epic| (epic.updated_at, epic.id)),
        Some("title") => seen.sort_by_key(|epic| (epic.title.to_lowercase(), epic.id)),
        Some(_) => return Err(Reply::no_such_value("order_by")),
    }
    if !input.ascending()? {
        seen.reverse();
    }
    Ok(page(asked, &seen, |epic| asked.epic_shape(home, epic)))
}

fn create(asked: &mut Asked<'_>, group: u64) -> Answer {
    let who = asked.group_role(group, PLANNER)?;
    let title = asked.call.input.given("title")?;
    let wish = wish(&asked.call.input)?;
    let iid = home(asked, group)?.epics.keys().next_back().map_or(1, |last| last + 1);
    let now = asked.world.now;
    asked.world.add_epic(group, iid, &title, true);
    if let Some(epic) = asked.world.groups.get_mut(&group).and_then(|home| home.epics.get_mut(&iid)) {
        (epic.author, epic.created_at, epic.updated_at) = (Some(who), now, now);
    }
    change(asked, group, iid, &wish);
    show(asked, 201, group, &iid.to_string())
}

/// The parameters of create and update that may be refused.
struct Wish {
    close: Option<bool>,
    start: Change<NaiveDate>,
    due: Change<NaiveDate>,
}

fn wish(input: &Input) -> Result<Wish, Reply> {
    Ok(Wish {
        close: input.closes("reopen")?,
        start: input.day("start_date_fixed")?,
        due: input.day("due_date_fixed")?,
    })
}

/// Changes an epic that is there as create and update have it.
fn change(asked: &mut Asked<'_>, group: u64, iid: u64, wish: &Wish) {
    let input = &asked.call.input;
    let now = asked.world.now;
    let Some(home) = asked.world.groups.get(&group) else { return };
    let Some(mut epic) = home.epics.get(&iid).cloned() else { return };
    epic.title = input.filled("title").unwrap_or(epic.title);
    input.text_change("description").apply(&mut epic.description);
    epic.confidential = input.flag("confidential").unwrap_or(epic.confidential);
    wish.start.apply(&mut epic.start_date);
    wish.due.apply(&mut epic.due_date);
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
    let above: BTreeSet<String> = asked
        .world
        .groups_above(&path)
        .chain([home])
        .flat_map(|one| one.labels.values())
        .map(|one| one.name.clone())
        .collect();
    for name in labels.difference(&above) {
        asked.world.add_group_label(&path, name, "#6699cc", "");
    }
    epic.labels = labels;
    epic.updated_at = now;
    if let Some(home) = asked.world.groups.get_mut(&group) {
        home.epics.insert(epic.iid, epic);
    }
}

/// `issues`, and `issues/:id`: by the issue's own number to add it, by the membership's to take it away.
fn issues(asked: &mut Asked<'_>, group: u64, iid: &str, path: &[&str]) -> Answer {
    let iid = find(asked, group, iid)?.iid;
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let epic = find(asked, group, &iid.to_string())?;
            let shapes: Vec<Value> = epic.issues.iter().filter_map(|(id, at)| member(asked, *id, *at)).collect();
            Ok(page(asked, &shapes, Clone::clone))
        }
        ("POST", [issue]) => {
            asked.group_role(group, PLANNER)?;
            let at = asked.world.projects.values().find_map(|home| {
                let found = home.issues.values().find(|one| one.id.to_string() == *issue);
                let found = found.filter(|one| {
                    asked.world.may_see(home, asked.who) && asked.world.may_see_issue(home.id, one, asked.who)
                });
                found.map(|one| (home.id, one.iid))
            });
            let at = at.ok_or_else(|| Reply::not_found("Issue"))?;
            let id = asked.world.fresh_id();
            // An issue is in one epic: the last that took it.
            for epic in asked.world.groups.values_mut().flat_map(|home| home.epics.values_mut()) {
                epic.issues.retain(|_, other| *other != at);
            }
            if let Some(epic) = asked.world.groups.get_mut(&group).and_then(|home| home.epics.get_mut(&iid)) {
                epic.issues.insert(id, at);
            }
            membership(asked, 201, group, iid, id, at)
        }
        ("DELETE", [id]) => {
            asked.group_role(group, PLANNER)?;
            let id: u64 = id.parse().unwrap_or(0);
            let at = find(asked, group, &iid.to_string())?.issues.get(&id).copied();
            let at = at.ok_or_else(|| Reply::message(404, "404 Not found"))?;
            let reply = membership(asked, 200, group, iid, id, at)?;
            if let Some(epic) = asked.world.groups.get_mut(&group).and_then(|home| home.epics.get_mut(&iid)) {
                epic.issues.remove(&id);
            }
            Ok(reply)
        }
        _ => Err(Reply::no_route()),
    }
}

/// An issue as it stands in the list of an epic.
fn member(asked: &Asked<'_>, id: u64, (project, iid): (u64, u64)) -> Option<Value> {
    let home = asked.world.projects.get(&project).filter(|home| asked.world.may_see(home, asked.who))?;
    let issue = home.issues.get(&iid).filter(|issue| asked.world.may_see_issue(project, issue, asked.who))?;
    let mut shape = asked.issue_shape(home, issue);
    shape["epic_issue_id"] = json!(id);
    shape["relative_position"] = json!(id);
    Some(shape)
}

fn membership(asked: &Asked<'_>, status: u16, group: u64, iid: u64, id: u64, at: (u64, u64)) -> Answer {
    let epic = asked.epic_shape(home(asked, group)?, find(asked, group, &iid.to_string())?);
    let issue = asked.world.projects.get(&at.0).and_then(|home| Some(asked.issue_shape(home, home.issues.get(&at.1)?)));
    Ok(Reply::json(status, &json!({ "id": id, "epic": epic, "issue": issue, "relative_position": id })))
}

fn show(asked: &Asked<'_>, status: u16, group: u64, iid: &str) -> Answer {
    Ok(Reply::json(status, &asked.epic_shape(home(asked, group)?, find(asked, group, iid)?)))
}

impl Asked<'_> {
    fn epic_shape(&self, group: &Group, epic: &Epic) -> Value {
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
            "author": epic.author.map(|id| self.user_shape(id)),
            "start_date": epic.start_date,
            "due_date": epic.due_date,
            "web_url": format!("{}/groups/{}/-/epics/{iid}", self.origin, group.path),
            "references": { "short": format!("&{iid}"), "relative": format!("&{iid}"), "full": format!("{}&{iid}", group.path) },
            "created_at": instant(epic.created_at),
            "updated_at": instant(epic.updated_at),
            "closed_at": epic.closed_at.map(instant),
            "labels": epic.labels,
            "upvotes": given("thumbsup"),
            "downvotes": given("thumbsdown"),
        })
    }
}
