//! Commits (GitLab docs, "Commits API"; `lib/api/commits.rb`).

use serde_json::{Value, json};

use super::branches::is_branch_name;
use super::paging::page;
use super::shapes::instant;
use super::{Asked, files};
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Commit, DEVELOPER, FileChange, NewCommit, Project};

/// `repository/commits`, one of them and what it did.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, project),
        ("POST", []) => create(asked, project),
        ("GET" | "HEAD", [id]) => {
            let home = asked.project(project)?;
            let commit = find(home, id)?;
            let mut shape = asked.commit_shape(home, commit);
            shape["stats"] = stats(&commit.changes);
            shape["status"] = Value::Null;
            Ok(Reply::json(200, &shape))
        }
        ("GET" | "HEAD", [id, "diff"]) => {
            let commit = find(asked.project(project)?, id)?;
            Ok(page(asked, &commit.changes, change_shape))
        }
        ("GET" | "HEAD", [id, "refs"]) => {
            let home = asked.project(project)?;
            let commit = find(home, id)?;
            let holds = |head: &str| home.history(head).iter().any(|other| other.id == commit.id);
            let heads = home.repository.heads.iter().filter(|(_, head)| holds(head));
            let refs: Vec<Value> = heads.map(|(name, _)| json!({ "type": "branch", "name": name })).collect();
            Ok(page(asked, &refs, Clone::clone))
        }
        ("GET" | "HEAD", [id, "merge_requests"]) => {
            let home = asked.project(project)?;
            let commit = find(home, id)?;
            let brings = |head: Option<String>| head.is_some_and(|head| head == commit.id);
            let found: Vec<_> = home
                .merge_requests
                .values()
                .filter(|one| brings(asked.world.merge_request_head(project, one)) || brings(one.merge_commit.clone()))
                .collect();
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
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

/// `repository/compare`: what one place has that the other lacks.
pub(super) fn compare(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let input = &asked.call.input;
    let place = |key: &str| {
        let name = input.filled(key).ok_or_else(|| Reply::error(400, &format!("{key} is missing")))?;
        home.resolve(&name).map(str::to_owned).ok_or_else(|| Reply::not_found("Ref"))
    };
    let (from, to) = (place("from")?, place("to")?);
    let commits: Vec<Value> =
        home.between(&from, &to).into_iter().rev().map(|commit| asked.commit_shape(home, commit)).collect();
    let straight = input.flag("straight") == Some(true);
    let base = home.merge_base(&from, &to).map_or(from.as_str(), |commit| commit.id.as_str());
    let diffs: Vec<Value> =
        home.differences(if straight { &from } else { base }, &to).iter().map(change_shape).collect();
    let shape = json!({
        "commit": commits.last(),
        "commits": commits,
        "diffs": diffs,
        "compare_timeout": false,
        "compare_same_ref": from == to,
        "web_url": format!("{}/{}/-/compare/{from}...{to}", asked.origin, home.path),
    });
    Ok(Reply::json(200, &shape))
}

/// `repository/merge_base` of two or more places.
pub(super) fn merge_base(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let names = asked.call.input.list("refs").unwrap_or_default();
    if names.len() < 2 {
        return Err(Reply::message(400, "Provide at least 2 refs"));
    }
    let ids: Option<Vec<&str>> = names.iter().map(|name| home.resolve(name)).collect();
    let Some(ids) = ids else { return Err(Reply::message(400, "Could not find ref")) };
    let mut base = ids.first().and_then(|id| home.repository.commits.get(*id));
    for id in ids.iter().skip(1) {
        base = base.and_then(|commit| home.merge_base(&commit.id, id));
    }
    let commit = base.ok_or_else(|| Reply::not_found("Merge Base"))?;
    Ok(Reply::json(200, &asked.commit_shape(home, commit)))
}

fn find<'a>(home: &'a Project, id: &str) -> Result<&'a Commit, Reply> {
    home.resolve(id).and_then(|id| home.repository.commits.get(id)).ok_or_else(|| Reply::not_found("Commit"))
}

/// Of one branch unless `all` is asked for, newest first; an empty repository has none.
fn list(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let input = &asked.call.input;
    let (since, until) = (input.instant("since")?, input.instant("until")?);
    let mut found: Vec<&Commit> = if input.flag("all") == Some(true) {
        home.repository.commits.values().collect()
    } else {
        let place = input.filled("ref_name");
        match home.resolve(place.as_deref().unwrap_or("HEAD")) {
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
    Ok(page(asked, &found, |commit| asked.commit_shape(home, commit)))
}

/// One commit with many actions, all of them or none.
fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    let who = asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let branch = input.filled("branch").ok_or_else(|| Reply::error(400, "branch is missing"))?;
    let message = input.filled("commit_message").ok_or_else(|| Reply::error(400, "commit_message is missing"))?;
    let actions = input.objects("actions").ok_or_else(|| Reply::error(400, "actions is missing"))?;
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
    let path = action.filled("file_path").ok_or_else(|| Reply::error(400, "actions[file_path] is missing"))?;
    let content = files::content(action)?;
    let refuse = |why: &str| Err(Reply::message(400, why));
    let there = files.get(&path).cloned();
    let mut change = FileChange::new(&path, None);
    match (action.filled("action").as_deref(), there) {
        (Some("create"), Some(_)) => return refuse("A file with this name already exists"),
        (Some("create"), None) => change.after = Some(content.unwrap_or_default()),
        (Some("update" | "delete" | "chmod"), None) => return refuse("A file with this name doesn't exist"),
        (Some("update"), Some(_)) => {
            change.after = Some(content.ok_or_else(|| Reply::error(400, "actions[content] is missing"))?);
        }
        (Some("delete"), Some(_)) => {}
        (Some("chmod"), Some(text)) => {
            change.after = Some(text);
            change.executable = Some(action.flag("execute_filemode") == Some(true));
        }
        (Some("move"), _) => {
            let from = action.filled("previous_path");
            let from = from.ok_or_else(|| Reply::error(400, "actions[previous_path] is missing"))?;
            let Some(text) = files.remove(&from) else { return refuse("A file with this name doesn't exist") };
            change.after = Some(content.unwrap_or(text));
            change.from = Some(from);
        }
        _ => return Err(Reply::error(400, "actions[action] does not have a valid value")),
    }
    files.remove(&path);
    if let Some(text) = &change.after {
        files.insert(path, text.clone());
    }
    Ok(change)
}

fn stats(changes: &[FileChange]) -> Value {
    let lines = |text: Option<&String>| text.map_or(0, |text| text.lines().count());
    let added: usize = changes.iter().map(|change| lines(change.after.as_ref())).sum();
    let removed: usize = changes.iter().map(|change| lines(change.before.as_ref())).sum();
    json!({ "additions": added, "deletions": removed, "total": added + removed })
}

/// A change as a diff of one hunk, the whole text before and after.
pub(super) fn change_shape(change: &FileChange) -> Value {
    use std::fmt::Write;
    let before: Vec<&str> = change.before.iter().flat_map(|text| text.lines()).collect();
    let after: Vec<&str> = change.after.iter().flat_map(|text| text.lines()).collect();
    let mut diff = String::new();
    if change.before != change.after {
        let from = usize::from(!before.is_empty());
        let to = usize::from(!after.is_empty());
        writeln!(diff, "@@ -{from},{} +{to},{} @@", before.len(), after.len()).ok();
        let lines = before.iter().map(|line| ('-', line)).chain(after.iter().map(|line| ('+', line)));
        for (sign, line) in lines {
            writeln!(diff, "{sign}{line}").ok();
        }
    }
    let mode = |there: bool, executable: bool| match (there, executable) {
        (false, _) => "0",
        (true, true) => "100755",
        (true, false) => "100644",
    };
    json!({
        "diff": diff,
        "new_path": change.path,
        "old_path": change.from.as_ref().unwrap_or(&change.path),
        "a_mode": mode(change.before.is_some(), change.executable == Some(false)),
        "b_mode": mode(change.after.is_some(), change.executable == Some(true)),
        "new_file": change.before.is_none(),
        "renamed_file": change.from.is_some(),
        "deleted_file": change.after.is_none(),
        "generated_file": false,
        "too_large": false,
        "collapsed": false,
    })
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
