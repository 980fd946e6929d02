//! Commits (GitLab docs, "Commits API"; `lib/api/commits.rb`).

use serde_json::{Value, json};

use super::branches::check_push_allowed;
use super::diffs::{diff_json, line_stats_json};
use super::entities::format_time;
use super::paging::page_reply;
use super::{Context, files};
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{Commit, DEVELOPER, FileChange, MergeRequest, NewCommit, Project, detect_renames};

/// `repository/commits`, one of them and what it did.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(context, project),
        ("POST", []) => create(context, project),
        ("GET" | "HEAD", [id]) => {
            let home = context.project_by_id(project)?;
            let commit = find_commit(home, id)?;
            let mut shape = context.commit_json(home, commit);
            if context.call.params.strict_flag("stats")? != Some(false) {
                shape["stats"] = line_stats_json(&commit.changes);
            }
            shape["status"] = Value::Null;
            Ok(Reply::json(200, &shape))
        }
        ("GET" | "HEAD", [id, "diff"]) => {
            let commit = find_commit(context.project_by_id(project)?, id)?;
            Ok(page_reply(context, &detect_renames(&commit.changes), diff_json))
        }
        ("GET" | "HEAD", [id, "refs"]) => {
            let home = context.project_by_id(project)?;
            let commit = find_commit(home, id)?;
            let holds = |head: &str| home.commit_history(head).iter().any(|other| other.id == commit.id);
            context.call.params.require_allowed_value("type", &["branch", "tag", "all"])?;
            // There are no tags here.
            let branches = context.call.params.non_empty_text("type").as_deref() != Some("tag");
            let heads = home.repository.heads.iter().filter(|(_, head)| branches && holds(head));
            let refs: Vec<Value> = heads.map(|(name, _)| json!({ "type": "branch", "name": name })).collect();
            Ok(page_reply(context, &refs, Clone::clone))
        }
        ("GET" | "HEAD", [id, "merge_requests"]) => {
            let home = context.project_by_id(project)?;
            let commit = find_commit(home, id)?;
            let brings = |one: &&MergeRequest| {
                let (_, commits) = context.world.merge_request_commits(home, one);
                let merges = one.merge_commit.as_ref() == Some(&commit.id);
                merges || commits.iter().any(|other| other.id == commit.id)
            };
            context.call.params.require_allowed_value("state", &["opened", "closed", "locked", "merged", "all"])?;
            let state = context.call.params.non_empty_text("state").filter(|state| state != "all");
            let mut found: Vec<&MergeRequest> = home.merge_requests.values().filter(brings).collect();
            found.retain(|one| state.as_ref().is_none_or(|state| *state == one.state));
            Ok(page_reply(context, &found, |one| context.merge_request_json(home, one)))
        }
        ("GET" | "HEAD", [id, "comments" | "statuses"]) => {
            find_commit(context.project_by_id(project)?, id)?;
            Ok(page_reply(context, &[], |(): &()| Value::Null))
        }
        ("GET" | "HEAD", [id, "signature"]) => {
            find_commit(context.project_by_id(project)?, id)?;
            Err(Reply::not_found("Signature"))
        }
        _ => Err(Reply::route_not_found()),
    }
}

fn find_commit<'a>(home: &'a Project, id: &str) -> Result<&'a Commit, Reply> {
    home.resolve_ref(id).and_then(|id| home.repository.commits.get(id)).ok_or_else(|| Reply::not_found("Commit"))
}

/// Of one branch unless `all` is asked for, newest first; an empty repository has none.
fn list(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let input = &context.call.params;
    input.mark_read(&["ref_name"]);
    let (since, until) = (input.date_time("since")?, input.date_time("until")?);
    let author = read_author_filter(input)?;
    input.require_allowed_value("order", &["default", "topo"])?;
    if input.non_empty_text("order").as_deref() == Some("topo") {
        return Err(Reply::not_supported("order with the value topo"));
    }
    let first_parent = input.strict_flag("first_parent")? == Some(true);
    let with_stats = input.strict_flag("with_stats")? == Some(true);
    let mut found: Vec<&Commit> = if input.flag("all") == Some(true) {
        if first_parent {
            return Err(Reply::not_supported("first_parent of all branches"));
        }
        home.repository.commits.values().collect()
    } else {
        let place = input.non_empty_text("ref_name");
        match home.resolve_ref(place.as_deref().unwrap_or("HEAD")) {
            Some(id) if first_parent => first_parent_history(home, id),
            Some(id) => home.commit_history(id),
            None if place.is_none() => Vec::new(),
            None => return Err(Reply::not_found("Commit")),
        }
    };
    found.sort_by_key(|commit| std::cmp::Reverse(commit.order));
    if let Some(path) = input.non_empty_text("path") {
        let below = format!("{}/", path.trim_end_matches('/'));
        let touches = |change: &FileChange| change.path == path || change.path.starts_with(&below);
        found.retain(|commit| commit.changes.iter().any(touches));
    }
    found.retain(|commit| {
        since.is_none_or(|since| commit.created_at >= since) && until.is_none_or(|until| commit.created_at <= until)
    });
    let by = |commit: &Commit| {
        let shape = context.commit_json(home, commit);
        let text = |key: &str| shape[key].as_str().unwrap_or_default().to_owned();
        format!("{} <{}>", text("author_name"), text("author_email"))
    };
    found.retain(|commit| author.as_ref().is_none_or(|wanted| by(commit).contains(wanted)));
    Ok(page_reply(context, &found, |commit| {
        let mut shape = context.commit_json(home, commit);
        if with_stats {
            shape["stats"] = line_stats_json(&commit.changes);
        }
        shape
    }))
}

/// A part of the author's name or address. Git reads it as a pattern, which the sandbox does not.
fn read_author_filter(input: &Params) -> Result<Option<String>, Reply> {
    let author = input.non_empty_text("author");
    if author.as_ref().is_some_and(|text| text.contains(['^', '$', '*', '[', ']', '\\'])) {
        return Err(Reply::not_supported("author as a pattern"));
    }
    Ok(author)
}

/// A commit and those before it, of merges only the side that was merged into.
fn first_parent_history<'a>(home: &'a Project, id: &str) -> Vec<&'a Commit> {
    let mut line = Vec::new();
    let mut next = home.repository.commits.get(id);
    while let Some(commit) = next {
        line.push(commit);
        next = commit.parents.first().and_then(|parent| home.repository.commits.get(parent));
    }
    line
}

/// One commit with many actions, all of them or none.
fn create(context: &mut Context<'_>, project: u64) -> HandlerResult {
    let who = context.require_role(project, DEVELOPER)?;
    let input = &context.call.params;
    let branch = input.required_text("branch")?;
    let message = input.required_text("commit_message")?;
    input.mark_read(&["start_sha"]);
    let actions = input.objects("actions").ok_or_else(|| Reply::parameter_missing("actions"))?;
    let start = input.non_empty_text("start_branch").or_else(|| input.non_empty_text("start_sha"));
    let home = context.project_by_id(project)?;
    check_push_allowed(context, home, &branch, start.as_deref())?;
    let mut files =
        home.files_at(start.as_deref().unwrap_or(&branch)).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let mut changes = Vec::new();
    for action in &actions {
        changes.push(read_action(action, &mut files)?);
    }
    let new = NewCommit { branch, start_ref: start, message, author: Some(who), changes, second_parent: None };
    let id = context.world.create_commit(project, &new).ok_or_else(|| Reply::message(400, "Invalid reference name"))?;
    let home = context.project_by_id(project)?;
    let commit = find_commit(home, &id)?;
    let mut shape = context.commit_json(home, commit);
    shape["stats"] = line_stats_json(&commit.changes);
    Ok(Reply::json(201, &shape))
}

/// One action, checked against the files as the actions before it left them.
fn read_action(action: &Params, files: &mut std::collections::BTreeMap<String, String>) -> Result<FileChange, Reply> {
    action.mark_read(&["previous_path", "execute_filemode"]);
    let path = action.non_empty_text("file_path").ok_or_else(|| Reply::parameter_missing("actions[file_path]"))?;
    let content = files::decode_content(action)?;
    let refuse = |why: &str| Err(Reply::message(400, why));
    let there = files.get(&path).cloned();
    let mut change = FileChange::new(&path, None);
    match (action.non_empty_text("action").as_deref(), there) {
        (Some("create"), Some(_)) => return refuse("A file with this name already exists"),
        (Some("create"), None) => change.after = Some(content.unwrap_or_default()),
        (Some("update" | "delete" | "chmod"), None) => return refuse("A file with this name doesn't exist"),
        (Some("update"), Some(_)) => {
            change.after = Some(content.ok_or_else(|| Reply::parameter_missing("actions[content]"))?);
        }
        (Some("delete"), Some(_)) => {}
        (Some("chmod"), Some(text)) => {
            change.after = Some(text);
            change.executable = Some(action.flag("execute_filemode") == Some(true));
        }
        (Some("move"), _) => {
            let from = action.non_empty_text("previous_path");
            let from = from.ok_or_else(|| Reply::parameter_missing("actions[previous_path]"))?;
            let Some(text) = files.remove(&from) else { return refuse("A file with this name doesn't exist") };
            change.after = Some(content.unwrap_or(text));
            change.from = Some(from);
        }
        _ => return Err(Reply::value_not_allowed("actions[action]")),
    }
    files.remove(&path);
    if let Some(text) = &change.after {
        files.insert(path, text.clone());
    }
    Ok(change)
}

impl Context<'_> {
    pub(super) fn commit_json(&self, home: &Project, commit: &Commit) -> Value {
        let author = commit.author.and_then(|id| self.world.users.get(&id));
        let name = author.map_or("Administrator", |user| user.name.as_str());
        let email = author.map_or_else(
            || "admin@example.com".to_owned(),
            |user| format!("{}-{}@users.noreply.gitlab.example.com", user.id, user.username),
        );
        json!({
            "id": commit.id,
            "short_id": &commit.id[..8],
            "created_at": format_time(commit.created_at),
            "parent_ids": commit.parents,
            "title": commit.message.lines().next().unwrap_or_default(),
            "message": commit.message,
            "author_name": name,
            "author_email": email,
            "authored_date": format_time(commit.created_at),
            "committer_name": name,
            "committer_email": email,
            "committed_date": format_time(commit.created_at),
            "trailers": {},
            "extended_trailers": {},
            "web_url": format!("{}/{}/-/commit/{}", self.origin, home.path, commit.id),
        })
    }
}
