//! Pages of GitLab as somebody sees them who is not signed in.

use super::page;
use crate::sandbox::call::Call;
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{Group, Project, Visibility, World};

/// Answers one request to GitLab's own host.
pub(super) fn answer(world: &World, call: &Call) -> Reply {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let end = segments.iter().position(|&part| part == "-").unwrap_or(segments.len());
    let (path, below) = segments.split_at(end);
    // The form without `/-/` is older than it and still redirected.
    if let ([group @ .., kind @ ("blob" | "tree" | "raw")], rest) = legacy(&segments)
        && below.is_empty()
        && !rest.is_empty()
    {
        return Reply::redirect(301, &format!("/{}/-/{kind}/{}", group.join("/"), rest.join("/")), "Moved Permanently");
    }
    let below = below.get(1..).unwrap_or_default();
    if let ["groups", group @ ..] = path {
        return in_group(public_group(world, &group.join("/")), below);
    }
    let path = path.join("/");
    if path == "users/sign_in" {
        return page(200, "Sign in");
    }
    if let Some(project) = world.project_at(&path) {
        return if project.visibility == Visibility::Public { in_project(project, below) } else { sign_in() };
    }
    if let Some(moved) = world.project_formerly_at(&path).filter(|project| project.visibility == Visibility::Public) {
        let tail = if below.is_empty() { String::new() } else { format!("/-/{}", below.join("/")) };
        // With its query (`app/controllers/concerns/routable_actions.rb`).
        let query = call.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        return Reply::redirect(301, &format!("/{}{tail}{query}", moved.path), "Moved Permanently");
    }
    if path.is_empty() {
        return page(200, "GitLab");
    }
    match world.user_named(&path).filter(|user| user.state == "active" && below.is_empty()) {
        Some(user) => page(200, &user.name),
        None => in_group(public_group(world, &path).filter(|_| below.is_empty()), below),
    }
}

/// Hidden and missing look the same on purpose.
fn sign_in() -> Reply {
    Reply::redirect(302, "/users/sign_in", "You are being redirected.")
}

fn public_group<'a>(world: &'a World, path: &str) -> Option<&'a Group> {
    world.group_at(path).filter(|group| group.visibility == Visibility::Public)
}

/// An epic that is not there is 404, because the group is (`Groups::EpicsController#epic`).
fn in_group(group: Option<&Group>, below: &[&str]) -> Reply {
    let Some(group) = group else { return sign_in() };
    match below {
        []
        | ["labels" | "milestones" | "merge_requests" | "issues" | "boards" | "epics" | "work_items" | "activity"] => {
            page(200, &group.name)
        }
        ["epics" | "work_items", iid] => match iid.parse().ok().and_then(|iid: u64| group.epics.get(&iid)) {
            Some(epic) if !epic.confidential => page(200, &epic.title),
            _ => page(404, "Page Not Found"),
        },
        _ => page(404, "Page Not Found"),
    }
}

/// `group/project/blob` and what follows it, when the URL has that form.
fn legacy<'a>(segments: &'a [&'a str]) -> (&'a [&'a str], &'a [&'a str]) {
    let at = segments.iter().skip(2).position(|part| matches!(*part, "blob" | "tree" | "raw")).map(|at| at + 3);
    segments.split_at(at.unwrap_or(0))
}

/// From the former default branch to the one of today, for files and folders alone; every other ref that is not there is
/// not found (`app/controllers/concerns/extracts_path.rb`, `rectify_renamed_default_branch!`).
fn led_on(project: &Project, kind: &str, branch: &str, path: &[&str]) -> Reply {
    if project.previous_default_branch.as_deref() != Some(branch) {
        return page(404, "Page Not Found");
    }
    let mut to = format!("/{}/-/{kind}/{}", project.path, project.default_branch);
    for part in path {
        to.extend(["/", part]);
    }
    Reply::redirect(302, &to, "Found")
}

fn in_project(project: &Project, below: &[&str]) -> Reply {
    match below {
        [] | ["labels" | "milestones" | "merge_requests" | "pipelines" | "boards"] => page(200, &project.name),
        ["issues"] => page(200, "Issues"),
        ["issues" | "work_items", iid] => match iid.parse().ok().and_then(|iid: u64| project.issues.get(&iid)) {
            Some(issue) if !issue.confidential => page(200, &issue.title),
            _ => sign_in(),
        },
        ["merge_requests", iid] => match iid.parse().ok().and_then(|iid: u64| project.merge_requests.get(&iid)) {
            Some(request) => page(200, &request.title),
            None => page(404, "Page Not Found"),
        },
        ["raw", branch, file @ ..] => match project.file(branch, &file.join("/")) {
            Some(text) => Reply::text(200, text),
            None => page(404, "Page Not Found"),
        },
        ["blob", branch, file @ ..] => {
            let path = file.join("/");
            let Some(files) = project.branch(branch) else { return led_on(project, "blob", branch, file) };
            let folder = format!("{path}/");
            if files.contains_key(&path) {
                page(200, &path)
            } else if files.keys().any(|file| file.starts_with(&folder)) {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}/{path}", project.path), "Found")
            } else {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}", project.path), "Found")
            }
        }
        ["tree", branch, folder @ ..] => {
            let Some(files) = project.branch(branch) else { return led_on(project, "tree", branch, folder) };
            let folder = format!("{}/", folder.join("/"));
            if folder == "/" || files.keys().any(|file| file.starts_with(&folder)) {
                page(200, "Files")
            } else {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}", project.path), "Found")
            }
        }
        _ => page(404, "Page Not Found"),
    }
}
