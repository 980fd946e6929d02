//! Merge requests: opened, changed, deleted (GitLab docs, "Merge requests API"; `lib/api/merge_requests.rb`).

use serde_json::json;

use super::{Context, merge_request_actions, merge_request_list};
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, FieldChange, MergeRequestEdit, NewMergeRequest, Noteable, OWNER};

/// What an edit may name; it has to name one of these (`lib/api/merge_requests.rb`).
const UPDATE_PARAMETERS: [&str; 18] = [
    "assignee_id",
    "assignee_ids",
    "reviewer_ids",
    "description",
    "labels",
    "add_labels",
    "remove_labels",
    "milestone_id",
    "milestone",
    "remove_source_branch",
    "allow_collaboration",
    "allow_maintainer_to_push",
    "squash",
    "target_branch",
    "title",
    "state_event",
    "discussion_locked",
    "merge_after",
];

/// `merge_requests`, one of them, and what is done with it.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => merge_request_list::list(context, project),
        ("POST", []) => create(context, project),
        ("GET" | "HEAD", [iid]) => context.show_merge_request(project, iid),
        ("PUT", [iid]) => update(context, project, iid),
        ("DELETE", [iid]) => {
            let request = context.find_merge_request(project, iid)?;
            let (iid, updated, author) = (request.iid, request.updated_at, request.author);
            if context.require_signed_in()? != author || context.access_level(project) < DEVELOPER {
                context.require_role(project, OWNER)?;
            }
            context.check_unmodified_since(updated)?;
            if let Some(home) = context.world.projects.get_mut(&project) {
                home.merge_requests.remove(&iid);
            }
            Ok(Reply::empty(204))
        }
        (_, [iid, rest @ ..]) => merge_request_actions::answer(context, project, iid, rest),
        _ => Err(Reply::route_not_found()),
    }
}

/// Asked of the project that the changes come from; `target_project_id` names another one.
fn create(context: &mut Context<'_>, project: u64) -> HandlerResult {
    let who = context.require_role(project, DEVELOPER)?;
    let input = &context.call.params;
    let (source_branch, target_branch) = (input.required_text("source_branch")?, input.required_text("target_branch")?);
    input.required_text("title")?;
    let target = match input.non_empty_text("target_project_id") {
        Some(id) => context.find_project(&id)?,
        None => project,
    };
    let mut rest = read_edit(input)?;
    (rest.close, rest.target_branch) = (None, None);
    let home = context.project_by_id(target)?;
    if context.world.is_read_only(home) || !context.world.may_read_merge_requests(home, context.current_user_id) {
        return Err(Reply::forbidden());
    }
    if target == project && source_branch == target_branch {
        let why = "You can't use same project/branch for source and target";
        return Err(Reply::json(409, &json!({ "message": [why] })));
    }
    for (home, branch) in [(context.project_by_id(project)?, &source_branch), (home, &target_branch)] {
        if !home.files.contains_key(branch) {
            return Err(Reply::validation_error("base", &format!("branch \"{branch}\" does not exist")));
        }
    }
    let same = home.merge_requests.values().find(|one| {
        one.state == "opened"
            && one.source_project == project
            && one.source_branch == source_branch
            && one.target_branch == target_branch
    });
    if let Some(same) = same {
        let why = format!("Another open merge request already exists for this source branch: !{}", same.iid);
        return Err(Reply::json(409, &json!({ "message": [why] })));
    }
    let new = NewMergeRequest { source_project: project, source_branch, target_branch, edit: rest };
    let iid = context.world.open_merge_request(target, who, &new).ok_or_else(|| Reply::not_found("Project"))?;
    context.add_own_cross_references(Noteable::MergeRequest(target, iid), who);
    context.merge_request_reply(201, target, iid)
}

fn update(context: &mut Context<'_>, project: u64, iid: &str) -> HandlerResult {
    let who = context.require_signed_in()?;
    context.call.params.require_one_of(&UPDATE_PARAMETERS)?;
    let request = context.find_merge_request(project, iid)?;
    if request.author != who {
        context.require_role(project, DEVELOPER)?;
    }
    let iid = request.iid;
    let edit = read_edit(&context.call.params)?;
    if let Some(branch) = &edit.target_branch
        && !context.project_by_id(project)?.files.contains_key(branch)
    {
        return Err(Reply::validation_error("target_branch", "does not exist"));
    }
    context.world.edit_merge_request(project, iid, who, &edit);
    if edit.title.is_some() || edit.description != FieldChange::Keep {
        context.add_own_cross_references(Noteable::MergeRequest(project, iid), who);
    }
    context.merge_request_reply(200, project, iid)
}

/// The parameters that create and update share.
fn read_edit(input: &Params) -> Result<MergeRequestEdit, Reply> {
    let title = input.text("title");
    if title.as_ref().is_some_and(|title| title.trim().is_empty()) {
        return Err(Reply::validation_error("title", "can't be blank"));
    }
    if title.as_ref().is_some_and(|title| title.chars().count() > 255) {
        return Err(Reply::validation_error("title", "is too long (maximum is 255 characters)"));
    }
    Ok(MergeRequestEdit {
        title,
        description: input.text_change("description"),
        labels: input.list("labels"),
        add_labels: input.list("add_labels").unwrap_or_default(),
        remove_labels: input.list("remove_labels").unwrap_or_default(),
        assignees: input.user_ids("assignee_ids").or(input.user_ids("assignee_id")),
        reviewers: input.user_ids("reviewer_ids"),
        milestone: input.id_change("milestone_id")?,
        close: input.parse_state_event("reopen")?,
        target_branch: input.non_empty_text("target_branch"),
        removes_branch: input.flag("remove_source_branch"),
        squash: input.flag("squash"),
    })
}
