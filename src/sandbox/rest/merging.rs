//! What is done with one merge request, and what belongs to it (GitLab docs, "Merge requests API", "Merge request approvals API").

use serde_json::{Value, json};

use super::closing::named_issues;
use super::diffs::change_shape;
use super::paging::page;
use super::{Asked, discussions, emoji, events, notes};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{DEVELOPER, NewCommit, with_renames};

/// Everything below one merge request.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, iid: &str, path: &[&str]) -> Answer {
    let place = asked.at_merge_request(project, iid)?;
    if let [kind, rest @ ..] = path
        && let Some(answer) = events::answer(asked, &place, kind, rest)
    {
        return answer;
    }
    match (asked.call.method.as_str(), path) {
        (_, ["notes", rest @ ..]) => notes::answer(asked, &place, rest),
        (_, ["discussions", rest @ ..]) => discussions::answer(asked, &place, rest),
        (_, ["award_emoji", rest @ ..]) => emoji::answer(asked, &place, None, rest),
        ("PUT", ["merge"]) => merge(asked, project, iid),
        ("PUT", ["rebase"]) => rebase(asked, project, iid),
        ("POST", [what @ ("approve" | "unapprove")]) => approve(asked, project, iid, *what == "approve"),
        ("PUT", ["reset_approvals"]) => {
            let iid = asked.merge_request(project, iid)?.iid;
            asked.role(project, DEVELOPER)?;
            if let Some(request) = asked.world.merge_request_mut(project, iid) {
                request.approved_by.clear();
            }
            Ok(Reply::json(202, &Value::Null))
        }
        ("GET" | "HEAD", ["approvals"]) => approvals(asked, 200, project, iid),
        ("GET" | "HEAD", ["commits"]) => commits(asked, project, iid),
        ("GET" | "HEAD", ["changes"]) => {
            let one = asked.merge_request(project, iid)?;
            let changes = with_renames(&asked.world.merge_request_changes(project, one));
            let changes: Vec<Value> = changes.iter().map(change_shape).collect();
            let mut shape = asked.merge_request_shape(asked.project(project)?, one);
            shape["changes_count"] = json!(changes.len().to_string());
            shape["changes"] = json!(changes);
            shape["overflow"] = json!(false);
            Ok(Reply::json(200, &shape))
        }
        ("GET" | "HEAD", ["diffs"]) => {
            let changes = asked.world.merge_request_changes(project, asked.merge_request(project, iid)?);
            Ok(page(asked, &with_renames(&changes), change_shape))
        }
        ("GET" | "HEAD", ["participants"]) => {
            let one = asked.merge_request(project, iid)?;
            Ok(asked.participants(&place, one.author, &one.assignees))
        }
        ("GET" | "HEAD", [kind @ ("closes_issues" | "related_issues")]) => {
            let home = asked.project(project)?;
            let named = named_issues(asked.merge_request(project, iid)?, *kind == "closes_issues");
            let issues = named.iter().filter_map(|iid| home.issues.get(iid));
            let seen: Vec<_> = issues.filter(|issue| asked.world.may_see_issue(project, issue, asked.who)).collect();
            Ok(page(asked, &seen, |issue| asked.issue_shape(home, issue)))
        }
        // The box runs none.
        ("GET" | "HEAD", ["pipelines"]) => Ok(page(asked, &[], |(): &()| Value::Null)),
        _ => Err(Reply::no_route()),
    }
}

/// 405 if it is not open or a draft, 409 if `sha` is not the newest commit, 422 if both sides changed a file
/// (GitLab docs, "Merge requests API", merge).
fn merge(asked: &mut Asked<'_>, project: u64, iid: &str) -> Answer {
    let one = asked.merge_request(project, iid)?;
    let (iid, source, removes, squash) = (one.iid, one.source_branch.clone(), one.removes_branch, one.squash);
    let who = asked.merger(project, &one.target_branch)?;
    let input = &asked.call.input;
    input.declare(&["squash_commit_message"]);
    let head = asked.world.merge_request_head(one);
    if input.filled("sha").is_some_and(|sha| head.as_ref() != Some(&sha)) {
        return Err(Reply::message(409, "SHA does not match HEAD of source branch"));
    }
    match asked.merge_status(asked.project(project)?, one).1 {
        "mergeable" => {}
        "conflict" => return Err(Reply::message(422, "Branch cannot be merged")),
        _ => return Err(Reply::message(405, "405 Method Not Allowed")),
    }
    let merges = format!("Merge branch '{source}' into '{}'\n\n{}", one.target_branch, one.title);
    let path = &asked.project(project)?.path;
    let message =
        input.filled("merge_commit_message").unwrap_or_else(|| format!("{merges}\n\nSee merge request {path}!{iid}"));
    let squashes = input.flag("squash").unwrap_or(squash);
    let squash = squashes.then(|| input.filled("squash_commit_message").unwrap_or_else(|| one.title.clone()));
    // What is said when merging wins over what was wished before (`MergeRequests::MergeService#delete_source_branch?`).
    let should_remove = input.flag("should_remove_source_branch");
    let removes = should_remove.unwrap_or(removes);
    let home = one.source_project;
    let done = asked.world.merge(project, iid, who, &message, squash.as_deref());
    done.ok_or_else(|| Reply::message(422, "Branch cannot be merged"))?;
    if let Some(request) = asked.world.merge_request_mut(project, iid) {
        (request.squash, request.should_remove) = (squashes, should_remove);
    }
    let may_remove = asked.world.access(home, Some(who)) >= DEVELOPER;
    if let Some(home) = asked.world.projects.get_mut(&home).filter(|_| removes && may_remove)
        && home.default_branch != source
        && !home.repository.protected.contains(&source)
    {
        home.delete_branch(&source);
    }
    asked.merge_request_reply(200, project, iid)
}

/// Puts what the branch changes on top of the target. GitLab does it in the background, so the answer is 202. A branch
/// of a fork stays as it is in this world.
fn rebase(asked: &mut Asked<'_>, project: u64, iid: &str) -> Answer {
    let one = asked.merge_request(project, iid)?.clone();
    asked.role(one.source_project, DEVELOPER)?;
    if one.state != "opened" {
        return Err(Reply::message(403, "403 Forbidden"));
    }
    let changes = asked.world.mergeable_changes(project, &one);
    let changes = changes.ok_or_else(|| Reply::message(409, "Rebase failed: there are conflicts"))?;
    let behind =
        asked.world.merge_request_base(project, &one).as_deref() != asked.project(project)?.resolve(&one.target_branch);
    if behind && one.source_project == project {
        let who = asked.who;
        let message = one.title.clone();
        if let Some(home) = asked.world.projects.get_mut(&project) {
            home.start_branch(&one.source_branch, &one.target_branch);
        }
        let new = NewCommit { branch: one.source_branch, message, author: who, changes, ..NewCommit::default() };
        asked.world.commit(project, &new);
    }
    Ok(Reply::json(202, &json!({ "rebase_in_progress": true })))
}

/// Authors do not approve their own (the default of "Prevent approval by author"); a second time is 401.
fn approve(asked: &mut Asked<'_>, project: u64, iid: &str, yes: bool) -> Answer {
    let one = asked.merge_request(project, iid)?;
    let (number, author) = (one.iid, one.author);
    let who = asked.role(project, DEVELOPER)?;
    if yes && who == author {
        return Err(Reply::unauthorized());
    }
    let changed = asked
        .world
        .merge_request_mut(project, number)
        .is_some_and(|request| if yes { request.approved_by.insert(who) } else { request.approved_by.remove(&who) });
    match changed {
        true => approvals(asked, 201, project, iid),
        false if yes => Err(Reply::unauthorized()),
        false => Err(Reply::not_found("Approval")),
    }
}

fn approvals(asked: &Asked<'_>, status: u16, project: u64, iid: &str) -> Answer {
    let one = asked.merge_request(project, iid)?;
    let by: Vec<Value> = one.approved_by.iter().map(|&id| json!({ "user": asked.user_shape(id) })).collect();
    let mine = asked.who.is_some_and(|who| one.approved_by.contains(&who));
    let may = asked.level(project) >= DEVELOPER && asked.who != Some(one.author);
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
        "merge_status": asked.merge_status(asked.project(project)?, one).0,
    });
    Ok(Reply::json(status, &shape))
}

fn commits(asked: &Asked<'_>, project: u64, iid: &str) -> Answer {
    let (place, found) = asked.world.merge_request_commits(asked.project(project)?, asked.merge_request(project, iid)?);
    Ok(page(asked, &found, |commit| asked.commit_shape(place, commit)))
}
