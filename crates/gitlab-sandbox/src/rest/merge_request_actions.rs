//! What is done with one merge request, and what belongs to it (GitLab docs, "Merge requests API", "Merge request
//! approvals API").

use serde_json::{Value, json};

use super::closing_pattern::find_referenced_issues;
use super::diffs::diff_json;
use super::paging::page_reply;
use super::{Context, discussions, emoji, notes, resource_events};
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, NewCommit, detect_renames};

/// Everything below one merge request.
pub(super) fn answer(context: &mut Context<'_>, project: u64, iid: &str, path: &[&str]) -> HandlerResult {
    let noteable = context.noteable_merge_request(project, iid)?;
    if let [kind, rest @ ..] = path
        && let Some(answer) = resource_events::answer(context, &noteable, kind, rest)
    {
        return answer;
    }
    match (context.call.method.as_str(), path) {
        (_, ["notes", rest @ ..]) => notes::answer(context, &noteable, rest),
        (_, ["discussions", rest @ ..]) => discussions::answer(context, &noteable, rest),
        (_, ["award_emoji", rest @ ..]) => emoji::answer(context, &noteable, None, rest),
        ("PUT", ["merge"]) => merge(context, project, iid),
        ("PUT", ["rebase"]) => rebase(context, project, iid),
        ("POST", [what @ ("approve" | "unapprove")]) => set_approved(context, project, iid, *what == "approve"),
        ("PUT", ["reset_approvals"]) => {
            let iid = context.find_merge_request(project, iid)?.iid;
            context.require_role(project, DEVELOPER)?;
            if let Some(request) = context.world.merge_request_mut(project, iid) {
                request.approved_by.clear();
            }
            Ok(Reply::json(202, &Value::Null))
        }
        ("GET" | "HEAD", ["approvals"]) => show_approvals(context, 200, project, iid),
        ("GET" | "HEAD", ["commits"]) => list_commits(context, project, iid),
        ("GET" | "HEAD", ["changes"]) => {
            let one = context.find_merge_request(project, iid)?;
            let changes = detect_renames(&context.world.merge_request_changes(project, one));
            let changes: Vec<Value> = changes.iter().map(diff_json).collect();
            let mut shape = context.merge_request_json(context.project_by_id(project)?, one);
            shape["changes_count"] = json!(changes.len().to_string());
            shape["changes"] = json!(changes);
            shape["overflow"] = json!(false);
            Ok(Reply::json(200, &shape))
        }
        ("GET" | "HEAD", ["diffs"]) => {
            let changes = context.world.merge_request_changes(project, context.find_merge_request(project, iid)?);
            Ok(page_reply(context, &detect_renames(&changes), diff_json))
        }
        ("GET" | "HEAD", ["participants"]) => {
            let one = context.find_merge_request(project, iid)?;
            Ok(context.participants_reply(&noteable, one.author, &one.assignees))
        }
        ("GET" | "HEAD", [kind @ ("closes_issues" | "related_issues")]) => {
            let home = context.project_by_id(project)?;
            let named = find_referenced_issues(context.find_merge_request(project, iid)?, *kind == "closes_issues");
            let issues = named.iter().filter_map(|iid| home.issues.get(iid));
            let seen: Vec<_> =
                issues.filter(|issue| context.world.may_see_issue(project, issue, context.current_user_id)).collect();
            Ok(page_reply(context, &seen, |issue| context.issue_json(home, issue)))
        }
        // The sandbox runs none.
        ("GET" | "HEAD", ["pipelines"]) => Ok(page_reply(context, &[], |(): &()| Value::Null)),
        _ => Err(Reply::route_not_found()),
    }
}

/// 405 if it is not open or a draft, 409 if `sha` is not the newest commit, 422 if both sides changed a file
/// (GitLab docs, "Merge requests API", merge).
fn merge(context: &mut Context<'_>, project: u64, iid: &str) -> HandlerResult {
    let one = context.find_merge_request(project, iid)?;
    let (iid, source, removes, squash) = (one.iid, one.source_branch.clone(), one.removes_branch, one.squash);
    let who = context.require_may_merge(project, &one.target_branch)?;
    let input = &context.call.params;
    input.mark_read(&["squash_commit_message"]);
    let head = context.world.merge_request_head(one);
    if input.non_empty_text("sha").is_some_and(|sha| head.as_ref() != Some(&sha)) {
        return Err(Reply::message(409, "SHA does not match HEAD of source branch"));
    }
    match context.merge_status(context.project_by_id(project)?, one).1 {
        "mergeable" => {}
        "conflict" => return Err(Reply::message(422, "Branch cannot be merged")),
        _ => return Err(Reply::message(405, "405 Method Not Allowed")),
    }
    let merges = format!("Merge branch '{source}' into '{}'\n\n{}", one.target_branch, one.title);
    let path = &context.project_by_id(project)?.path;
    let message = input
        .non_empty_text("merge_commit_message")
        .unwrap_or_else(|| format!("{merges}\n\nSee merge request {path}!{iid}"));
    let squashes = input.flag("squash").unwrap_or(squash);
    let squash = squashes.then(|| input.non_empty_text("squash_commit_message").unwrap_or_else(|| one.title.clone()));
    // What the request to merge says wins over what was set before
    // (`MergeRequests::MergeService#delete_source_branch?`).
    let should_remove = input.flag("should_remove_source_branch");
    let removes = should_remove.unwrap_or(removes);
    let home = one.source_project;
    let done = context.world.accept_merge_request(project, iid, who, &message, squash.as_deref());
    done.ok_or_else(|| Reply::message(422, "Branch cannot be merged"))?;
    if let Some(request) = context.world.merge_request_mut(project, iid) {
        (request.squash, request.should_remove) = (squashes, should_remove);
    }
    let may_remove = context.world.access_level(home, Some(who)) >= DEVELOPER;
    if let Some(home) = context.world.projects.get_mut(&home).filter(|_| removes && may_remove)
        && home.default_branch != source
        && !home.repository.protected.contains(&source)
    {
        home.delete_branch(&source);
    }
    context.merge_request_reply(200, project, iid)
}

/// Puts what the branch changes on top of the target. GitLab does it in the background, so the answer is 202. A branch
/// of a fork stays as it is in this world.
fn rebase(context: &mut Context<'_>, project: u64, iid: &str) -> HandlerResult {
    let one = context.find_merge_request(project, iid)?.clone();
    context.require_role(one.source_project, DEVELOPER)?;
    if one.state != "opened" {
        return Err(Reply::message(403, "403 Forbidden"));
    }
    let changes = context.world.mergeable_changes(project, &one);
    let changes = changes.ok_or_else(|| Reply::message(409, "Rebase failed: there are conflicts"))?;
    let behind = context.world.merge_request_base(project, &one).as_deref()
        != context.project_by_id(project)?.resolve_ref(&one.target_branch);
    if behind && one.source_project == project {
        let who = context.current_user_id;
        let message = one.title.clone();
        if let Some(home) = context.world.projects.get_mut(&project) {
            home.create_branch(&one.source_branch, &one.target_branch);
        }
        let new = NewCommit { branch: one.source_branch, message, author: who, changes, ..NewCommit::default() };
        context.world.create_commit(project, &new);
    }
    Ok(Reply::json(202, &json!({ "rebase_in_progress": true })))
}

/// Authors do not approve their own (the default of "Prevent approval by author"); a second time is 401.
fn set_approved(context: &mut Context<'_>, project: u64, iid: &str, yes: bool) -> HandlerResult {
    let one = context.find_merge_request(project, iid)?;
    let (number, author) = (one.iid, one.author);
    let who = context.require_role(project, DEVELOPER)?;
    if yes && who == author {
        return Err(Reply::unauthorized());
    }
    let changed = context
        .world
        .merge_request_mut(project, number)
        .is_some_and(|request| if yes { request.approved_by.insert(who) } else { request.approved_by.remove(&who) });
    match changed {
        true => show_approvals(context, 201, project, iid),
        false if yes => Err(Reply::unauthorized()),
        false => Err(Reply::not_found("Approval")),
    }
}

fn show_approvals(context: &Context<'_>, status: u16, project: u64, iid: &str) -> HandlerResult {
    let one = context.find_merge_request(project, iid)?;
    let by: Vec<Value> = one.approved_by.iter().map(|&id| json!({ "user": context.user_or_ghost_json(id) })).collect();
    let mine = context.current_user_id.is_some_and(|who| one.approved_by.contains(&who));
    let may = context.access_level(project) >= DEVELOPER && context.current_user_id != Some(one.author);
    let shape = json!({
        "id": one.id,
        "iid": one.iid,
        "project_id": project,
        "title": one.title,
        "state": one.state,
        "approved": true,
        "approvals_required": 0,
        "approvals_left": 0,
        "approved_by": by,
        "suggested_approvers": [],
        "user_has_approved": mine,
        "user_can_approve": may && !mine,
        "merge_status": context.merge_status(context.project_by_id(project)?, one).0,
    });
    Ok(Reply::json(status, &shape))
}

fn list_commits(context: &Context<'_>, project: u64, iid: &str) -> HandlerResult {
    let (place, found) =
        context.world.merge_request_commits(context.project_by_id(project)?, context.find_merge_request(project, iid)?);
    Ok(page_reply(context, &found, |commit| context.commit_json(place, commit)))
}
