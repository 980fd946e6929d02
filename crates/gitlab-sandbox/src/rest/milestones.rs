//! Milestones of projects and groups (GitLab docs, "Project milestones API", "Group milestones API").

use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use super::paging::page_reply;
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{Milestone, MilestoneEdit, PLANNER, Project};

/// What an edit may name; it has to name one of these (`lib/api/milestone_responses.rb`).
const UPDATE_PARAMETERS: [&str; 5] = ["title", "description", "start_date", "due_date", "state_event"];

/// Whose milestones are asked for.
#[derive(Clone, Copy)]
pub(super) enum MilestoneParent {
    Project(u64),
    Group(u64),
}

impl MilestoneParent {
    fn id(self) -> u64 {
        match self {
            MilestoneParent::Project(id) | MilestoneParent::Group(id) => id,
        }
    }
}

/// `milestones`, one of them, and what has it.
pub(super) fn answer(context: &mut Context<'_>, owner: MilestoneParent, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(context, owner),
        ("POST", []) => create(context, owner),
        ("GET" | "HEAD", [id]) => {
            let id = find_milestone(context, owner, id)?.id;
            show(context, 200, owner, id)
        }
        ("PUT", [id]) => {
            require_planner(context, owner)?;
            context.call.params.require_one_of(&UPDATE_PARAMETERS)?;
            let id = find_milestone(context, owner, id)?.id;
            let edit = read_edit(&context.call.params)?;
            context.world.edit_milestone(owner.id(), id, &edit);
            show(context, 200, owner, id)
        }
        ("DELETE", [id]) => {
            require_planner(context, owner)?;
            let id = find_milestone(context, owner, id)?.id;
            context.world.delete_milestone(owner.id(), id);
            Ok(Reply::empty(204))
        }
        ("GET" | "HEAD", [id, "issues"]) => {
            let id = find_milestone(context, owner, id)?.id;
            let mut shapes = Vec::new();
            for home in visible_projects(context) {
                let with = home.issues.values().filter(|issue| issue.milestone == Some(id));
                let seen = with.filter(|issue| context.world.may_see_issue(home.id, issue, context.current_user_id));
                shapes.extend(seen.map(|issue| context.issue_json(home, issue)));
            }
            Ok(page_reply(context, &shapes, Clone::clone))
        }
        ("GET" | "HEAD", [id, "merge_requests"]) => {
            let id = find_milestone(context, owner, id)?.id;
            let mut shapes = Vec::new();
            for home in visible_projects(context)
                .into_iter()
                .filter(|home| context.world.may_read_merge_requests(home, context.current_user_id))
            {
                let with = home.merge_requests.values().filter(|request| request.milestone == Some(id));
                shapes.extend(with.map(|request| context.merge_request_json(home, request)));
            }
            Ok(page_reply(context, &shapes, Clone::clone))
        }
        ("POST", [id, "promote"]) => promote(context, owner, id),
        _ => Err(Reply::route_not_found()),
    }
}

/// The asking user, if they may plan there.
fn require_planner(context: &Context<'_>, owner: MilestoneParent) -> Result<u64, Reply> {
    match owner {
        MilestoneParent::Project(id) => context.require_role(id, PLANNER),
        MilestoneParent::Group(id) => context.require_group_role(id, PLANNER),
    }
}

/// Projects that the asking user sees.
fn visible_projects<'a>(context: &'a Context<'_>) -> Vec<&'a Project> {
    context.world.projects.values().filter(|home| context.world.may_see(home, context.current_user_id)).collect()
}

fn milestones_in<'a>(context: &'a Context<'_>, owner: MilestoneParent) -> Vec<&'a Milestone> {
    match owner {
        MilestoneParent::Project(id) => {
            context.world.projects.get(&id).into_iter().flat_map(|home| home.milestones.values()).collect()
        }
        MilestoneParent::Group(id) => {
            context.world.groups.get(&id).into_iter().flat_map(|home| home.milestones.values()).collect()
        }
    }
}

fn find_milestone<'a>(context: &'a Context<'_>, owner: MilestoneParent, id: &str) -> Result<&'a Milestone, Reply> {
    let found = milestones_in(context, owner).into_iter().find(|milestone| milestone.id.to_string() == id);
    found.ok_or_else(Reply::record_not_found)
}

/// By due date, those without one last (`lib/api/milestone_responses.rb`).
fn list(context: &Context<'_>, owner: MilestoneParent) -> HandlerResult {
    let input = &context.call.params;
    let open = input.parse_state_filter("active")?;
    let mut found = milestones_in(context, owner);
    let above = input.flag("include_ancestors").or(input.flag("include_parent_milestones"));
    let path = match owner {
        MilestoneParent::Project(id) => context.world.projects.get(&id).map(|home| &home.path),
        MilestoneParent::Group(id) => context.world.groups.get(&id).map(|home| &home.path),
    };
    if let (Some(path), Some(true)) = (path, above) {
        found.extend(context.world.ancestor_groups(path).flat_map(|group| group.milestones.values()));
    }
    let title = input.non_empty_text("title");
    let search = input.search_text();
    let iids = input.numbers("iids");
    found.retain(|milestone| {
        open.is_none_or(|open| open == milestone.open)
            && title.as_ref().is_none_or(|title| *title == milestone.title)
            && search.as_ref().is_none_or(|text| milestone.title.to_lowercase().contains(text))
            && iids.as_ref().is_none_or(|iids| iids.contains(&milestone.iid))
    });
    found.sort_by_key(|milestone| (milestone.due_date.is_none(), milestone.due_date, milestone.id));
    Ok(page_reply(context, &found, |milestone| {
        context.milestone_json(context.milestone_parent(owner, milestone), milestone)
    }))
}

fn create(context: &mut Context<'_>, owner: MilestoneParent) -> HandlerResult {
    require_planner(context, owner)?;
    let edit = read_edit(&context.call.params)?;
    let title = edit.title.clone().ok_or_else(|| Reply::parameter_missing("title"))?;
    if milestones_in(context, owner).iter().any(|milestone| milestone.title == title) {
        return Err(Reply::validation_error("title", "already being used for another group or project milestone."));
    }
    let id = context.world.add_milestone(owner.id(), &title).ok_or_else(|| Reply::not_found("Milestone"))?;
    context.world.edit_milestone(owner.id(), id, &edit);
    show(context, 201, owner, id)
}

/// A project's milestone becomes one of its group; whoever does it must be able to plan in the group, too.
fn promote(context: &mut Context<'_>, owner: MilestoneParent, id: &str) -> HandlerResult {
    let MilestoneParent::Project(project) = owner else { return Err(Reply::route_not_found()) };
    require_planner(context, owner)?;
    let id = find_milestone(context, owner, id)?.id;
    let group = context.world.parent_group(&context.project_by_id(project)?.path).map(|group| group.id);
    let group = group.ok_or_else(|| Reply::message(400, "400 Bad request - Project does not belong to a group."))?;
    context.require_group_role(group, PLANNER)?;
    let new = context.world.promote_milestone(project, id).ok_or_else(|| Reply::not_found("Milestone"))?;
    show(context, 201, MilestoneParent::Group(group), new)
}

fn read_edit(input: &Params) -> Result<MilestoneEdit, Reply> {
    if input.text("title").is_some_and(|title| title.trim().is_empty()) {
        return Err(Reply::validation_error("title", "can't be blank"));
    }
    Ok(MilestoneEdit {
        title: input.non_empty_text("title"),
        description: input.text_change("description"),
        start_date: input.date_change("start_date")?,
        due_date: input.date_change("due_date")?,
        close: input.parse_state_event("activate")?,
    })
}

fn show(context: &Context<'_>, status: u16, owner: MilestoneParent, id: u64) -> HandlerResult {
    let milestone = find_milestone(context, owner, &id.to_string())?;
    Ok(Reply::json(status, &context.milestone_json(owner, milestone)))
}

impl Context<'_> {
    /// A milestone as it stands in an issue of a project.
    pub(super) fn issuable_milestone_json(&self, project: u64, id: Option<u64>) -> Value {
        let Some(milestone) = id.and_then(|id| self.world.available_milestone(project, id)) else { return Value::Null };
        self.milestone_json(self.milestone_parent(MilestoneParent::Project(project), milestone), milestone)
    }

    /// Whose milestone it is: that of whoever is asked, or of a group above.
    fn milestone_parent(&self, context: MilestoneParent, milestone: &Milestone) -> MilestoneParent {
        let known = match context {
            MilestoneParent::Project(id) => self.world.projects.get(&id).map(|home| &home.milestones),
            MilestoneParent::Group(id) => self.world.groups.get(&id).map(|home| &home.milestones),
        };
        let group = self.world.groups.values().find(|group| group.milestones.contains_key(&milestone.id));
        match group.filter(|_| !known.is_some_and(|known| known.contains_key(&milestone.id))) {
            Some(group) => MilestoneParent::Group(group.id),
            None => context,
        }
    }

    fn milestone_json(&self, owner: MilestoneParent, milestone: &Milestone) -> Value {
        let iid = milestone.iid;
        let (key, path) = match owner {
            MilestoneParent::Project(id) => ("project_id", self.world.projects.get(&id).map(|home| home.path.clone())),
            MilestoneParent::Group(id) => {
                ("group_id", self.world.groups.get(&id).map(|home| format!("groups/{}", home.path)))
            }
        };
        let today = self.world.now.date_naive();
        let mut shape = json!({
            "id": milestone.id,
            "iid": iid,
            "title": milestone.title,
            "description": milestone.description,
            "state": if milestone.open { "active" } else { "closed" },
            "created_at": format_time(milestone.created_at),
            "updated_at": format_time(milestone.updated_at),
            "due_date": milestone.due_date,
            "start_date": milestone.start_date,
            "expired": milestone.due_date.is_some_and(|day| day < today),
            "web_url": format!("{}/{}/-/milestones/{iid}", self.origin, path.unwrap_or_default()),
        });
        shape[key] = json!(owner.id());
        shape
    }
}
