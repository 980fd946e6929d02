//! Pages of GitLab as somebody sees them who is not signed in.

use super::render_title_page;
use crate::call::Call;
use crate::reply::Reply;
use crate::request_origin::RAW_CONTENT_SECURITY_POLICY;
use crate::world::{Group, Project, Visibility, World};

/// Answers one request to GitLab's own host.
pub(super) fn answer(world: &World, call: &Call) -> Reply {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let end = segments.iter().position(|&part| part == "-").unwrap_or(segments.len());
    let (path, below) = segments.split_at(end);
    // The form without `/-/` is older than it and still redirected.
    if let ([group @ .., kind @ ("blob" | "tree" | "raw")], rest) = split_legacy_path(&segments)
        && below.is_empty()
        && !rest.is_empty()
    {
        return Reply::redirect(301, &format!("/{}/-/{kind}/{}", group.join("/"), rest.join("/")), "Moved Permanently");
    }
    let below = below.get(1..).unwrap_or_default();
    if let ["groups", group @ ..] = path {
        return answer_group_page(find_public_group(world, &group.join("/")), below);
    }
    let path = path.join("/");
    if path == "users/sign_in" {
        return render_title_page(200, "Sign in");
    }
    if let Some(project) = world.project_by_path(&path) {
        return if project.visibility == Visibility::Public {
            answer_project_page(project, below)
        } else {
            redirect_to_sign_in()
        };
    }
    if let Some(moved) = world.project_by_former_path(&path).filter(|project| project.visibility == Visibility::Public)
    {
        let tail = if below.is_empty() { String::new() } else { format!("/-/{}", below.join("/")) };
        // With its query (`app/controllers/concerns/routable_actions.rb`).
        let query = call.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        return Reply::redirect(301, &format!("/{}{tail}{query}", moved.path), "Moved Permanently");
    }
    if path.is_empty() {
        return render_title_page(200, "GitLab");
    }
    match world.user_by_username(&path).filter(|user| user.state == "active" && below.is_empty()) {
        Some(user) => render_title_page(200, &user.name),
        None => answer_group_page(find_public_group(world, &path).filter(|_| below.is_empty()), below),
    }
}

/// Hidden and missing look the same on purpose.
fn redirect_to_sign_in() -> Reply {
    Reply::redirect(302, "/users/sign_in", "You are being redirected.")
}

fn find_public_group<'a>(world: &'a World, path: &str) -> Option<&'a Group> {
    world.group_by_path(path).filter(|group| group.visibility == Visibility::Public)
}

/// An epic that is not there is 404, because the group is (`Groups::EpicsController#epic`).
fn answer_group_page(group: Option<&Group>, below: &[&str]) -> Reply {
    let Some(group) = group else { return redirect_to_sign_in() };
    match below {
        []
        | ["labels" | "milestones" | "merge_requests" | "issues" | "boards" | "epics" | "work_items" | "activity"] => {
            render_title_page(200, &group.name)
        }
        ["epics" | "work_items", iid] => match iid.parse().ok().and_then(|iid: u64| group.epics.get(&iid)) {
            Some(epic) if !epic.confidential => render_title_page(200, &epic.title),
            _ => render_title_page(404, "Page Not Found"),
        },
        _ => render_title_page(404, "Page Not Found"),
    }
}

/// `group/project/blob` and what follows it, when the URL has that form.
fn split_legacy_path<'a>(segments: &'a [&'a str]) -> (&'a [&'a str], &'a [&'a str]) {
    let at = segments.iter().skip(2).position(|part| matches!(*part, "blob" | "tree" | "raw")).map(|at| at + 3);
    segments.split_at(at.unwrap_or(0))
}

/// From the former default branch to the one of today, for files and folders alone; every other ref that is not there
/// is not found (`app/controllers/concerns/extracts_path.rb`, `rectify_renamed_default_branch!`).
fn redirect_to_default_branch(project: &Project, kind: &str, branch: &str, path: &[&str]) -> Reply {
    if project.previous_default_branch.as_deref() != Some(branch) {
        return render_title_page(404, "Page Not Found");
    }
    let mut to = format!("/{}/-/{kind}/{}", project.path, project.default_branch);
    for part in path {
        to.extend(["/", part]);
    }
    Reply::redirect(302, &to, "Found")
}

fn answer_project_page(project: &Project, below: &[&str]) -> Reply {
    match below {
        [] | ["labels" | "milestones" | "merge_requests" | "pipelines" | "boards"] => {
            render_title_page(200, &project.name)
        }
        ["issues"] => render_title_page(200, "Issues"),
        ["issues" | "work_items", iid] => match iid.parse().ok().and_then(|iid: u64| project.issues.get(&iid)) {
            Some(issue) if !issue.confidential => render_title_page(200, &issue.title),
            _ => redirect_to_sign_in(),
        },
        ["merge_requests", iid] => match iid.parse().ok().and_then(|iid: u64| project.merge_requests.get(&iid)) {
            Some(request) => render_title_page(200, &request.title),
            None => render_title_page(404, "Page Not Found"),
        },
        ["raw", branch, file @ ..] => match project.file_text(branch, &file.join("/")) {
            Some(text) => Reply::text(200, text)
                .with_header("content-security-policy", RAW_CONTENT_SECURITY_POLICY)
                .with_header("x-content-type-options", "nosniff"),
            None => render_title_page(404, "Page Not Found"),
        },
        ["blob", branch, file @ ..] => {
            let path = file.join("/");
            let Some(files) = project.branch_files(branch) else {
                return redirect_to_default_branch(project, "blob", branch, file);
            };
            let folder = format!("{path}/");
            if files.contains_key(&path) {
                render_title_page(200, &path)
            } else if files.keys().any(|file| file.starts_with(&folder)) {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}/{path}", project.path), "Found")
            } else {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}", project.path), "Found")
            }
        }
        ["tree", branch, folder @ ..] => {
            let Some(files) = project.branch_files(branch) else {
                return redirect_to_default_branch(project, "tree", branch, folder);
            };
            let folder = format!("{}/", folder.join("/"));
            if folder == "/" || files.keys().any(|file| file.starts_with(&folder)) {
                render_title_page(200, "Files")
            } else {
                Reply::redirect(302, &format!("/{}/-/tree/{branch}", project.path), "Found")
            }
        }
        _ => render_title_page(404, "Page Not Found"),
    }
}
