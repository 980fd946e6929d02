//! Issues: one, created, changed, deleted (GitLab docs, "Issues API"; `lib/api/issues.rb`).

use super::issue_list::ISSUE_TYPES;
use super::paging::page_reply;
use super::{Context, discussions, emoji, issue_links, issue_list, notes, resource_events};
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{FieldChange, GUEST, Issue, IssueEdit, NewIssue, Noteable, OWNER, PLANNER};

/// The longest description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 1_048_576;

/// What an edit may name; it has to name one of these (`lib/api/helpers/issues_helpers.rb`).
const UPDATE_PARAMETERS: [&str; 16] = [
    "assignee_id",
    "assignee_ids",
    "confidential",
    "created_at",
    "description",
    "discussion_locked",
    "due_date",
    "labels",
    "add_labels",
    "remove_labels",
    "milestone_id",
    "state_event",
    "title",
    "issue_type",
    "weight",
    "epic_id",
];

/// `issues`, `issues/:iid` and its participants.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => issue_list::list(context, project),
        ("POST", []) => create(context, project),
        ("GET" | "HEAD", [iid]) => {
            let iid = context.find_issue(project, iid)?.iid;
            context.issue_reply(200, project, iid)
        }
        ("PUT", [iid]) => update(context, project, iid),
        ("DELETE", [iid]) => delete(context, project, iid),
        ("GET" | "HEAD", [iid, "participants"]) => list_participants(context, project, iid),
        ("GET" | "HEAD", [iid, kind @ ("closed_by" | "related_merge_requests")]) => {
            list_merge_requests(context, project, iid, *kind == "closed_by")
        }
        (_, [iid, rest @ ..]) => answer_sub_resource(context, project, iid, rest),
        _ => Err(Reply::route_not_found()),
    }
}

/// Everybody who can see a project may open issues in it; labels and so on may be set at once.
fn create(context: &mut Context<'_>, project: u64) -> HandlerResult {
    let who = context.require_issues_enabled(project)?;
    let input = &context.call.params;
    let title = input.text("title").ok_or_else(|| Reply::parameter_missing("title"))?;
    check_title_and_description(Some(&title), input.text("description").as_ref())?;
    let mut rest = read_edit(input)?;
    rest.title = None;
    rest.close = None;
    let level = context.access_level(project);
    if level < GUEST {
        // Metadata of a new issue is for members, a guest included (`issue_policy.rb`, `set_issue_metadata`).
        rest = IssueEdit { description: rest.description, confidential: rest.confidential, ..Default::default() };
    }
    let born = input.date_time("created_at")?.filter(|_| level >= OWNER);
    let wanted_iid = input.number("iid").filter(|_| level >= OWNER);
    if wanted_iid.is_some_and(|iid| context.world.issue(project, iid).is_some()) {
        return Err(Reply::message(409, "Duplicated issue"));
    }
    let new = NewIssue { title, edit: rest };
    let iid = context.world.open_issue(project, who, &new).ok_or_else(|| Reply::not_found("Project"))?;
    if let (Some(born), Some(issue)) = (born, context.world.issue_mut(project, iid)) {
        issue.created_at = born;
    }
    let iid = wanted_iid.map_or(iid, |wanted| context.world.renumber_issue(project, iid, wanted));
    context.add_own_cross_references(Noteable::Issue(project, iid), who);
    context.issue_reply(201, project, iid)
}

fn update(context: &mut Context<'_>, project: u64, iid: &str) -> HandlerResult {
    let who = context.require_issues_enabled(project)?;
    let input = &context.call.params;
    input.require_one_of(&UPDATE_PARAMETERS)?;
    let issue = find_even_hidden_issue(context, project, iid)?;
    let iid = issue.iid;
    let edits_all = context.access_level(project) >= PLANNER;
    let hidden = !context.world.may_see_issue(project, issue, Some(who));
    if hidden || (!edits_all && issue.author != who && !issue.assignees.contains(&who)) {
        return Err(Reply::forbidden());
    }
    let title = input.text("title");
    check_title_and_description(title.as_ref(), input.text("description").as_ref())?;
    let mut edit = read_edit(input)?;
    if !edits_all {
        // Whoever may not set metadata on an existing issue has it dropped without a word.
        edit = IssueEdit { title: edit.title, description: edit.description, close: edit.close, ..Default::default() };
    }
    context.world.edit_issue(project, iid, who, &edit);
    if edit.title.is_some() || edit.description != FieldChange::Keep {
        context.add_own_cross_references(Noteable::Issue(project, iid), who);
    }
    let updated = input.date_time("updated_at")?.filter(|_| context.access_level(project) >= OWNER);
    if let (Some(updated), Some(issue)) = (updated, context.world.issue_mut(project, iid)) {
        issue.updated_at = updated;
    }
    context.issue_reply(200, project, iid)
}

fn delete(context: &mut Context<'_>, project: u64, iid: &str) -> HandlerResult {
    // Here an issue that is not there is called by its name.
    let issue = find_even_hidden_issue(context, project, iid).ok().ok_or_else(|| Reply::not_found("Issue"))?;
    context.require_role(project, OWNER)?;
    context.check_unmodified_since(issue.updated_at)?;
    let iid = issue.iid;
    context.world.issue_links.retain(|_, link| link.source != (project, iid) && link.target != (project, iid));
    if let Some(project) = context.world.projects.get_mut(&project) {
        project.issues.remove(&iid);
    }
    Ok(Reply::empty(204))
}

/// An issue of the project, even one that the asking user does not see: changes are refused with 403, not with 404
/// (`lib/api/issues.rb`).
fn find_even_hidden_issue<'a>(context: &'a Context<'_>, project: u64, iid: &str) -> Result<&'a Issue, Reply> {
    iid.parse()
        .ok()
        .and_then(|iid| context.world.issue(project, iid))
        .ok_or_else(|| Reply::message(404, "404 Not found"))
}

/// What hangs on one issue.
fn answer_sub_resource(context: &mut Context<'_>, project: u64, iid: &str, path: &[&str]) -> HandlerResult {
    let noteable = context.noteable_issue(project, iid)?;
    match path {
        ["notes", rest @ ..] => notes::answer(context, &noteable, rest),
        ["discussions", rest @ ..] => discussions::answer(context, &noteable, rest),
        ["award_emoji", rest @ ..] => emoji::answer(context, &noteable, None, rest),
        ["links", rest @ ..] => issue_links::answer(context, project, iid, rest),
        [kind, rest @ ..] => {
            let events = resource_events::answer(context, &noteable, kind, rest);
            events.unwrap_or_else(|| Err(Reply::route_not_found()))
        }
        [] => Err(Reply::route_not_found()),
    }
}

/// Merge requests of the project that name the issue; with a closing word before it only those that close it.
fn list_merge_requests(context: &Context<'_>, project: u64, iid: &str, closing: bool) -> HandlerResult {
    let iid = context.find_issue(project, iid)?.iid;
    let home = context.project_by_id(project)?;
    Ok(page_reply(context, &context.merge_requests_referencing(home, iid, closing), |one| {
        context.merge_request_json(home, one)
    }))
}

fn list_participants(context: &Context<'_>, project: u64, iid: &str) -> HandlerResult {
    let noteable = context.noteable_issue(project, iid)?;
    let issue = context.find_issue(project, iid)?;
    Ok(context.participants_reply(&noteable, issue.author, &issue.assignees))
}

fn check_title_and_description(title: Option<&String>, description: Option<&String>) -> Result<(), Reply> {
    if title.is_some_and(|title| title.trim().is_empty()) {
        return Err(Reply::validation_error("title", "can't be blank"));
    }
    if title.is_some_and(|title| title.chars().count() > 255) {
        return Err(Reply::validation_error("title", "is too long (maximum is 255 characters)"));
    }
    if description.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_CHARS) {
        return Err(Reply::validation_error("description", "is too long (maximum is 1048576 characters)"));
    }
    Ok(())
}

/// The parameters that create and update share.
fn read_edit(input: &Params) -> Result<IssueEdit, Reply> {
    input.require_allowed_value("issue_type", &ISSUE_TYPES)?;
    if let Some(kind) = input.non_empty_text("issue_type").filter(|kind| kind != "issue") {
        return Err(Reply::not_supported(&format!("issue_type with the value {kind}")));
    }
    Ok(IssueEdit {
        title: input.text("title"),
        description: input.text_change("description"),
        labels: input.list("labels"),
        add_labels: input.list("add_labels").unwrap_or_default(),
        remove_labels: input.list("remove_labels").unwrap_or_default(),
        close: input.parse_state_event("reopen")?,
        due_date: input.date_change("due_date")?,
        assignees: input.user_ids("assignee_ids").or(input.user_ids("assignee_id")),
        confidential: input.strict_flag("confidential")?,
        locked: input.flag("discussion_locked"),
        weight: input.number_change("weight")?,
        milestone: input.id_change("milestone_id")?,
    })
}
