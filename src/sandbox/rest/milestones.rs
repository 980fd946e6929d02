//! Milestones of projects and groups (GitLab docs, "Project milestones API", "Group milestones API").

use serde_json::{Value, json};

use super::Asked;
use super::paging::page;
use super::shapes::instant;
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Milestone, MilestoneEdit, PLANNER, Project};

/// What an edit may name; it has to name one of these (`lib/api/milestone_responses.rb`).
const EDITABLE: [&str; 5] = ["title", "description", "start_date", "due_date", "state_event"];

/// Whose milestones are asked for.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Project(u64),
    Group(u64),
}

impl Owner {
    fn id(self) -> u64 {
        match self {
            Owner::Project(id) | Owner::Group(id) => id,
        }
    }
}

/// `milestones`, one of them, and what has it.
pub(super) fn answer(asked: &mut Asked<'_>, owner: Owner, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, owner),
        ("POST", []) => create(asked, owner),
        ("GET" | "HEAD", [id]) => {
            let id = find(asked, owner, id)?.id;
            show(asked, 200, owner, id)
        }
        ("PUT", [id]) => {
            plans(asked, owner)?;
            asked.call.input.require_one_of(&EDITABLE)?;
            let id = find(asked, owner, id)?.id;
            let edit = edit(&asked.call.input)?;
            asked.world.edit_milestone(owner.id(), id, &edit);
            show(asked, 200, owner, id)
        }
        ("DELETE", [id]) => {
            plans(asked, owner)?;
            let id = find(asked, owner, id)?.id;
            asked.world.delete_milestone(owner.id(), id);
            Ok(Reply::empty(204))
        }
        ("GET" | "HEAD", [id, "issues"]) => {
            let id = find(asked, owner, id)?.id;
            let mut shapes = Vec::new();
            for home in homes(asked) {
                let with = home.issues.values().filter(|issue| issue.milestone == Some(id));
                let seen = with.filter(|issue| asked.world.may_see_issue(home.id, issue, asked.who));
                shapes.extend(seen.map(|issue| asked.issue_shape(home, issue)));
            }
            Ok(page(asked, &shapes, Clone::clone))
        }
        ("GET" | "HEAD", [id, "merge_requests"]) => {
            let id = find(asked, owner, id)?.id;
            let mut shapes = Vec::new();
            for home in homes(asked).into_iter().filter(|home| asked.world.may_read_merge_requests(home, asked.who)) {
                let with = home.merge_requests.values().filter(|request| request.milestone == Some(id));
                shapes.extend(with.map(|request| asked.merge_request_shape(home, request)));
            }
            Ok(page(asked, &shapes, Clone::clone))
        }
        ("POST", [id, "promote"]) => promote(asked, owner, id),
        _ => Err(Reply::no_route()),
    }
}

/// The asking user, if they may plan there.
fn plans(asked: &Asked<'_>, owner: Owner) -> Result<u64, Reply> {
    match owner {
        Owner::Project(id) => asked.role(id, PLANNER),
        Owner::Group(id) => asked.group_role(id, PLANNER),
    }
}

/// Projects that the asking user sees.
fn homes<'a>(asked: &'a Asked<'_>) -> Vec<&'a Project> {
    asked.world.projects.values().filter(|home| asked.world.may_see(home, asked.who)).collect()
}

fn known<'a>(asked: &'a Asked<'_>, owner: Owner) -> Vec<&'a Milestone> {
    match owner {
        Owner::Project(id) => {
            asked.world.projects.get(&id).into_iter().flat_map(|home| home.milestones.values()).collect()
        }
        Owner::Group(id) => asked.world.groups.get(&id).into_iter().flat_map(|home| home.milestones.values()).collect(),
    }
}

fn find<'a>(asked: &'a Asked<'_>, owner: Owner, id: &str) -> Result<&'a Milestone, Reply> {
    let found = known(asked, owner).into_iter().find(|milestone| milestone.id.to_string() == id);
    found.ok_or_else(Reply::no_record)
}

/// By due date, those without one last (`lib/api/milestone_responses.rb`).
fn list(asked: &Asked<'_>, owner: Owner) -> Answer {
    let input = &asked.call.input;
    let open = input.state("active")?;
    let mut found = known(asked, owner);
    let above = input.flag("include_ancestors").or(input.flag("include_parent_milestones"));
    let path = match owner {
        Owner::Project(id) => asked.world.projects.get(&id).map(|home| &home.path),
        Owner::Group(id) => asked.world.groups.get(&id).map(|home| &home.path),
    };
    if let (Some(path), Some(true)) = (path, above) {
        found.extend(asked.world.groups_above(path).flat_map(|group| group.milestones.values()));
    }
    let title = input.filled("title");
    let search = input.search();
    let iids = input.numbers("iids");
    found.retain(|milestone| {
        open.is_none_or(|open| open == milestone.open)
            && title.as_ref().is_none_or(|title| *title == milestone.title)
            && search.as_ref().is_none_or(|text| milestone.title.to_lowercase().contains(text))
            && iids.as_ref().is_none_or(|iids| iids.contains(&milestone.iid))
    });
    found.sort_by_key(|milestone| (milestone.due_date.is_none(), milestone.due_date, milestone.id));
    Ok(page(asked, &found, |milestone| asked.milestone_shape(asked.owner(owner, milestone), milestone)))
}

fn create(asked: &mut Asked<'_>, owner: Owner) -> Answer {
    plans(asked, owner)?;
    let edit = edit(&asked.call.input)?;
    let title = edit.title.clone().ok_or_else(|| Reply::missing("title"))?;
    if known(asked, owner).iter().any(|milestone| milestone.title == title) {
        return Err(Reply::invalid("title", "already being used for another group or project milestone."));
    }
    let id = asked.world.add_milestone(owner.id(), &title).ok_or_else(|| Reply::not_found("Milestone"))?;
    asked.world.edit_milestone(owner.id(), id, &edit);
    show(asked, 201, owner, id)
}

/// A project's milestone becomes one of its group; whoever does it must be able to plan in the group, too.
fn promote(asked: &mut Asked<'_>, owner: Owner, id: &str) -> Answer {
    let Owner::Project(project) = owner else { return Err(Reply::no_route()) };
    plans(asked, owner)?;
    let id = find(asked, owner, id)?.id;
    let group = asked.world.group_of(&asked.project(project)?.path).map(|group| group.id);
    let group = group.ok_or_else(|| Reply::message(400, "400 Bad request - Project does not belong to a group."))?;
    asked.group_role(group, PLANNER)?;
    let new = asked.world.promote_milestone(project, id).ok_or_else(|| Reply::not_found("Milestone"))?;
    show(asked, 201, Owner::Group(group), new)
}

fn edit(input: &Input) -> Result<MilestoneEdit, Reply> {
    if input.text("title").is_some_and(|title| title.trim().is_empty()) {
        return Err(Reply::invalid("title", "can't be blank"));
    }
    Ok(MilestoneEdit {
        title: input.filled("title"),
        description: input.text_change("description"),
        start_date: input.day("start_date")?,
        due_date: input.day("due_date")?,
        close: input.closes("activate")?,
    })
}

fn show(asked: &Asked<'_>, status: u16, owner: Owner, id: u64) -> Answer {
    let milestone = find(asked, owner, &id.to_string())?;
    Ok(Reply::json(status, &asked.milestone_shape(owner, milestone)))
}

impl Asked<'_> {
    /// A milestone as it stands in an issue of a project.
    pub(super) fn milestone_in(&self, project: u64, id: Option<u64>) -> Value {
        let Some(milestone) = id.and_then(|id| self.world.milestone_for(project, id)) else { return Value::Null };
        self.milestone_shape(self.owner(Owner::Project(project), milestone), milestone)
    }

    /// Whose milestone it is: that of whoever is asked, or of a group above.
    fn owner(&self, asked: Owner, milestone: &Milestone) -> Owner {
        let known = match asked {
            Owner::Project(id) => self.world.projects.get(&id).map(|home| &home.milestones),
            Owner::Group(id) => self.world.groups.get(&id).map(|home| &home.milestones),
        };
        let group = self.world.groups.values().find(|group| group.milestones.contains_key(&milestone.id));
        match group.filter(|_| !known.is_some_and(|known| known.contains_key(&milestone.id))) {
            Some(group) => Owner::Group(group.id),
            None => asked,
        }
    }

    fn milestone_shape(&self, owner: Owner, milestone: &Milestone) -> Value {
        let iid = milestone.iid;
        let (key, path) = match owner {
            Owner::Project(id) => ("project_id", self.world.projects.get(&id).map(|home| home.path.clone())),
            Owner::Group(id) => ("group_id", self.world.groups.get(&id).map(|home| format!("groups/{}", home.path))),
        };
        let today = self.world.now.date_naive();
        let mut shape = json!({
            "id": milestone.id,
            "iid": iid,
            "title": milestone.title,
            "description": milestone.description,
            "state": if milestone.open { "active" } else { "closed" },
            "created_at": instant(milestone.created_at),
            "updated_at": instant(milestone.updated_at),
            "due_date": milestone.due_date,
            "start_date": milestone.start_date,
            "expired": milestone.due_date.is_some_and(|day| day < today),
            "web_url": format!("{}/{}/-/milestones/{iid}", self.origin, path.unwrap_or_default()),
        });
        shape[key] = json!(owner.id());
        shape
    }
}
