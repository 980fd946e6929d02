//! Commits (GitLab docs, "Commits API"; `lib/api/commits.rb`).

use serde_json::{Value, json};

use super::branches::is_branch_name;
use super::diffs::{change_shape, stats};
use super::paging::page;
use super::shapes::instant;
use super::{Asked, files};
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Commit, DEVELOPER, FileChange, MergeRequest, NewCommit, Project, with_renames};

/// `repository/commits`, one of them and what it did.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, project),
        ("POST", []) => create(asked, project),
        ("GET" | "HEAD", [id]) => {
            let home = asked.project(project)?;
            let commit = find(home, id)?;
            let mut shape = asked.commit_shape(home, commit);
            if asked.call.input.checked_flag("stats")? != Some(false) {
                shape["stats"] = stats(&commit.changes);
            }
            shape["status"] = Value::Null;
            Ok(Reply::json(200, &shape))
        }
        ("GET" | "HEAD", [id, "diff"]) => {
            let commit = find(asked.project(project)?, id)?;
            Ok(page(asked, &with_renames(&commit.changes), change_shape))
        }
        ("GET" | "HEAD", [id, "refs"]) => {
            let home = asked.project(project)?;
            let commit = find(home, id)?;
            let holds = |head: &str| home.history(head).iter().any(|other| other.id == commit.id);
            asked.call.input.check("type", &["branch", "tag", "all"])?;
            // There are no tags here.
            let branches = asked.call.input.filled("type").as_deref() != Some("tag");
            let heads = home.repository.heads.iter().filter(|(_, head)| branches && holds(head));
            let refs: Vec<Value> = heads.map(|(name, _)| json!({ "type": "branch", "name": name })).collect();
            Ok(page(asked, &refs, Clone::clone))
        }
        ("GET" | "HEAD", [id, "merge_requests"]) => {
            let home = asked.project(project)?;
            let commit = find(home, id)?;
            let brings = |one: &&MergeRequest| {
                let (_, commits) = asked.world.merge_request_commits(home, one);
                let merges = one.merge_commit.as_ref() == Some(&commit.id);
                merges || commits.iter().any(|other| other.id == commit.id)
            };
            asked.call.input.check("state", &["opened", "closed", "locked", "merged", "all"])?;
            let state = asked.call.input.filled("state").filter(|state| state != "all");
            let mut found: Vec<&MergeRequest> = home.merge_requests.values().filter(brings).collect();
            found.retain(|one| state.as_ref().is_none_or(|state| *state == one.state));
            Ok(page(asked, &found, |one| asked.merge_request_shape(home, one)))
        }
        ("GET" | "HEAD", [id, "comments" | "statuses"]) => {
            find(asked.project(project)?, id)?;
            Ok(page(asked, &[], |(): &()| Value::Null))
        }
        ("GET" | "HEAD", [id, "signature"]) => {
            find(asked.project(project)?, id)?;
            Err(Reply::not_found("Signature"))
        }
        _ => Err(Reply::no_route()),
    }
}

fn find<'a>(home: &'a Project, id: &str) -> Result<&'a Commit, Reply> {
    home.resolve(id).and_then(|id| home.repository.commits.get(id)).ok_or_else(|| Reply::not_found("Commit"))
}

/// Of one branch unless `all` is asked for, newest first; an empty repository has none.
fn list(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let input = &asked.call.input;
    input.declare(&["ref_name"]);
    let (since, until) = (input.instant("since")?, input.instant("until")?);
    let author = author(input)?;
    input.check("order", &["default", "topo"])?;
    if input.filled("order").as_deref() == Some("topo") {
        return Err(Reply::not_kept("order with the value topo"));
    }
    let first_parent = input.checked_flag("first_parent")? == Some(true);
    let with_stats = input.checked_flag("with_stats")? == Some(true);
    let mut found: Vec<&Commit> = if input.flag("all") == Some(true) {
        if first_parent {
            return Err(Reply::not_kept("first_parent of all branches"));
        }
        home.repository.commits.values().collect()
    } else {
        let place = input.filled("ref_name");
        match home.resolve(place.as_deref().unwrap_or("HEAD")) {
            Some(id) if first_parent => first_parents(home, id),
            Some(id) => home.history(id),
            None if place.is_none() => Vec::new(),
            None => return Err(Reply::not_found("Commit")),
        }
    };
    found.sort_by_key(|commit| std::cmp::Reverse(commit.order));
    if let Some(path) = input.filled("path") {
        let below = format!("{}/", path.trim_end_matches('/'));
        let touches = |change: &FileChange| change.path == path || change.path.starts_with(&below);
        found.retain(|commit| commit.changes.iter().any(touches));
    }
    found.retain(|commit| {
        since.is_none_or(|since| commit.created_at >= since) && until.is_none_or(|until| commit.created_at <= until)
    });
    let by = |commit: &Commit| {
        let shape = asked.commit_shape(home, commit);
        let text = |key: &str| shape[key].as_str().unwrap_or_default().to_owned();
        format!("{} <{}>", text("author_name"), text("author_email"))
    };
    found.retain(|commit| author.as_ref().is_none_or(|wanted| by(commit).contains(wanted)));
    Ok(page(asked, &found, |commit| {
        let mut shape = asked.commit_shape(home, commit);
        if with_stats {
            shape["stats"] = stats(&commit.changes);
        }
        shape
    }))
}

/// A part of the author's name or address. Git reads it as a pattern, which the box does not.
fn author(input: &Input) -> Result<Option<String>, Reply> {
    let author = input.filled("author");
    if author.as_ref().is_some_and(|text| text.contains(['^', '$', '*', '[', ']', '\\'])) {
        return Err(Reply::not_kept("author as a pattern"));
    }
    Ok(author)
}

/// A commit and those before it, of merges only the side that was merged into.
fn first_parents<'a>(home: &'a Project, id: &str) -> Vec<&'a Commit> {
    let mut line = Vec::new();
    let mut next = home.repository.commits.get(id);
    while let Some(commit) = next {
        line.push(commit);
        next = commit.parents.first().and_then(|parent| home.repository.commits.get(parent));
    }
    line
}

/// One commit with many actions, all of them or none.
fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    let who = asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let branch = input.given("branch")?;
    let message = input.given("commit_message")?;
    input.declare(&["start_sha"]);
    let actions = input.objects("actions").ok_or_else(|| Reply::missing("actions"))?;
    let start = input.filled("start_branch").or_else(|| input.filled("start_sha"));
    let home = asked.project(project)?;
    check_branch(asked, home, &branch, start.as_deref())?;
    let mut files =
        home.files_at(start.as_deref().unwrap_or(&branch)).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let mut changes = Vec::new();
    for action in &actions {
        changes.push(change(action, &mut files)?);
    }
    let new = NewCommit { branch, start, message, author: Some(who), changes, merged: None };
    let id = asked.world.commit(project, &new).ok_or_else(|| Reply::message(400, "Invalid reference name"))?;
    let home = asked.project(project)?;
    let commit = find(home, &id)?;
    let mut shape = asked.commit_shape(home, commit);
    shape["stats"] = stats(&commit.changes);
    Ok(Reply::json(201, &shape))
}

/// Whether the asking user may write on a branch that is there or can be started.
pub(super) fn check_branch(asked: &Asked<'_>, home: &Project, branch: &str, start: Option<&str>) -> Result<(), Reply> {
    if !asked.world.may_push(home, branch, asked.who) {
        return Err(Reply::message(403, "403 Forbidden - You are not allowed to push into this branch"));
    }
    let there = home.files.contains_key(branch);
    if there && start.is_some_and(|start| start != branch) {
        return Err(Reply::message(
            400,
            &format!("A branch called '{branch}' already exists. Switch to that branch in order to make changes"),
        ));
    }
    let can_start = home.files.is_empty() || start.is_some_and(|start| home.resolve(start).is_some());
    if !(there || can_start && is_branch_name(branch)) {
        return Err(Reply::message(400, "You can only create or edit files when you are on a branch"));
    }
    Ok(())
}

/// One action, checked against the files as the actions before it left them.
fn change(action: &Input, files: &mut std::collections::BTreeMap<String, String>) -> Result<FileChange, Reply> {
    action.declare(&["previous_path", "execute_filemode"]);
    let path = action.filled("file_path").ok_or_else(|| Reply::missing("actions[file_path]"))?;
    let content = files::content(action)?;
    let refuse = |why: &str| Err(Reply::message(400, why));
    let there = files.get(&path).cloned();
    let mut change = FileChange::new(&path, None);
    match (action.filled("action").as_deref(), there) {
        (Some("create"), Some(_)) => return refuse("A file with this name already exists"),
        (Some("create"), None) => change.after = Some(content.unwrap_or_default()),
        (Some("update" | "delete" | "chmod"), None) => return refuse("A file with this name doesn't exist"),
        (Some("update"), Some(_)) => {
            change.after = Some(content.ok_or_else(|| Reply::missing("actions[content]"))?);
        }
        (Some("delete"), Some(_)) => {}
        (Some("chmod"), Some(text)) => {
            change.after = Some(text);
            change.executable = Some(action.flag("execute_filemode") == Some(true));
        }
        (Some("move"), _) => {
            let from = action.filled("previous_path");
            let from = from.ok_or_else(|| Reply::missing("actions[previous_path]"))?;
            let Some(text) = files.remove(&from) else { return refuse("A file with this name doesn't exist") };
            change.after = Some(content.unwrap_or(text));
            change.from = Some(from);
        }
        _ => return Err(Reply::no_such_value("actions[action]")),
    }
    files.remove(&path);
    if let Some(text) = &change.after {
        files.insert(path, text.clone());
    }
    Ok(change)
}

impl Asked<'_> {
    pub(super) fn commit_shape(&self, home: &Project, commit: &Commit) -> Value {
        let author = commit.author.and_then(|id| self.world.users.get(&id));
        let name = author.map_or("Box Administrator", |user| user.name.as_str());
        let email = author.map_or_else(
            || "admin@example.com".to_owned(),
            |user| format!("{}-{}@users.noreply.gitlab.example.com", user.id, user.username),
        );
        json!({
            "id": commit.id,
            "short_id": &commit.id[..8],
            "created_at": instant(commit.created_at),
            "parent_ids": commit.parents,
            "title": commit.message.lines().next().unwrap_or_default(),
            "message": commit.message,
            "author_name": name,
            "author_email": email,
            "authored_date": instant(commit.created_at),
            "committer_name": name,
            "committer_email": email,
            "committed_date": instant(commit.created_at),
            "trailers": {},
            "extended_trailers": {},
            "web_url": format!("{}/{}/-/commit/{}", self.origin, home.path, commit.id),
        })
    }
}
