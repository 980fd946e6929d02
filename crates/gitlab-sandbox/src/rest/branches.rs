//! Branches and which of them are protected (GitLab docs, "Branches API", "Protected branches API").

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::Context;
use super::paging::page_reply;
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, FileChange, MAINTAINER, NewCommit, Project};

/// `repository/branches` and one of them.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(context, project),
        ("POST", []) => create(context, project),
        ("GET" | "HEAD", [name]) => show(context, 200, project, name),
        ("DELETE", [name]) => delete(context, project, name),
        ("PUT", [name, "protect"]) => set_protected(context, project, name, true),
        ("PUT", [name, "unprotect"]) => set_protected(context, project, name, false),
        _ => Err(Reply::route_not_found()),
    }
}

/// `protected_branches` and one of them; only maintainers push to one that was protected by hand.
pub(super) fn answer_protected_branches(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    context.require_role(project, MAINTAINER)?;
    let home = context.project_by_id(project)?;
    let known: Vec<String> = home.repository.protected.iter().cloned().collect();
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => Ok(page_reply(context, &known, |name| protected_branch_json(name))),
        ("POST", []) => {
            let name = context.call.params.required_text("name")?;
            let fresh = context
                .world
                .projects
                .get_mut(&project)
                .is_some_and(|home| home.repository.protected.insert(name.clone()));
            if fresh {
                Ok(Reply::json(201, &protected_branch_json(&name)))
            } else {
                Err(Reply::message(409, &format!("Protected branch '{name}' already exists")))
            }
        }
        (method, [name]) => {
            if !home.repository.protected.contains(*name) {
                return Err(Reply::message(404, "404 Not found"));
            }
            match method {
                "GET" | "HEAD" => Ok(Reply::json(200, &protected_branch_json(name))),
                "DELETE" => {
                    if let Some(home) = context.world.projects.get_mut(&project) {
                        home.repository.protected.remove(*name);
                    }
                    Ok(Reply::empty(204))
                }
                _ => Err(Reply::route_not_found()),
            }
        }
        _ => Err(Reply::route_not_found()),
    }
}

fn list(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let search = context.call.params.non_empty_text("search");
    let fits = |name: &&String| match search.as_deref() {
        None => true,
        Some(text) => match (text.strip_prefix('^'), text.strip_suffix('$')) {
            (Some(start), _) => name.starts_with(start),
            (None, Some(end)) => name.ends_with(end),
            (None, None) => name.to_lowercase().contains(&text.to_lowercase()),
        },
    };
    let mut found: Vec<&String> = home.files.keys().filter(fits).collect();
    let updated =
        |name: &&String| home.resolve_ref(name).and_then(|id| home.repository.commits.get(id)).map(|one| one.order);
    match context.call.params.non_empty_text("sort").as_deref() {
        None | Some("name_asc") => {}
        Some("updated_asc") => found.sort_by_key(updated),
        Some("updated_desc") => found.sort_by_key(|name| Reverse(updated(name))),
        Some(_) => return Err(Reply::value_not_allowed("sort")),
    }
    Ok(page_reply(context, &found, |name| context.branch_json(home, name)))
}

fn create(context: &mut Context<'_>, project: u64) -> HandlerResult {
    let who = context.require_role(project, DEVELOPER)?;
    let input = &context.call.params;
    let name = input.required_text("branch")?;
    let start = input.required_text("ref")?;
    if !is_branch_name(&name) {
        return Err(Reply::message(400, "Branch name is invalid"));
    }
    let home = context.project_by_id(project)?;
    if home.files.contains_key(&name) {
        return Err(Reply::message(400, "Branch already exists"));
    }
    if home.files.is_empty() {
        // An empty repository gets its default branch first (`Branches::CreateService#create_default_branch`).
        let first = NewCommit {
            branch: home.default_branch.clone(),
            message: "Initial commit".to_owned(),
            author: Some(who),
            changes: vec![FileChange::new("README.md", Some(&format!("# {}\n", home.name)))],
            ..NewCommit::default()
        };
        context.world.create_commit(project, &first);
    }
    let home = context.world.projects.get_mut(&project).ok_or_else(|| Reply::not_found("Project"))?;
    // `Branches::CreateService#create_branch`.
    if home.has_conflicting_branch(&name) {
        let why = "Branch name conflicts with existing branch hierarchy.";
        return Err(Reply::message(400, &format!("Failed to create branch '{name}': {why}")));
    }
    if home.create_branch(&name, &start).is_none() {
        return Err(Reply::message(400, &format!("Invalid reference name: {start}")));
    }
    show(context, 201, project, &name)
}

fn delete(context: &mut Context<'_>, project: u64, name: &str) -> HandlerResult {
    context.require_role(project, DEVELOPER)?;
    let home = context.project_by_id(project)?;
    if !home.files.contains_key(name) {
        return Err(Reply::not_found("Branch"));
    }
    if name == home.default_branch {
        return Err(Reply::message(400, "Cannot remove HEAD branch"));
    }
    if home.repository.protected.contains(name) {
        return Err(Reply::message(403, "403 Forbidden"));
    }
    if let Some(home) = context.world.projects.get_mut(&project) {
        home.delete_branch(name);
    }
    Ok(Reply::empty(204))
}

/// The old form of protecting (GitLab docs, "Branches API", protect repository branch).
fn set_protected(context: &mut Context<'_>, project: u64, name: &str, on: bool) -> HandlerResult {
    context.require_role(project, MAINTAINER)?;
    let home = context.world.projects.get_mut(&project).filter(|home| home.files.contains_key(name));
    let home = home.ok_or_else(|| Reply::not_found("Branch"))?;
    if on {
        home.repository.protected.insert(name.to_owned());
    } else {
        home.repository.protected.remove(name);
    }
    show(context, 200, project, name)
}

fn show(context: &Context<'_>, status: u16, project: u64, name: &str) -> HandlerResult {
    let home = context.project_by_id(project)?;
    if !home.files.contains_key(name) {
        return Err(Reply::not_found("Branch"));
    }
    Ok(Reply::json(status, &context.branch_json(home, name)))
}

/// The rules of `git check-ref-format` that names run into.
pub(crate) fn is_branch_name(name: &str) -> bool {
    let odd = |char: char| char.is_whitespace() || char.is_control() || "~^:?*[\\".contains(char);
    !(name.is_empty()
        || name.chars().any(odd)
        || name.contains("..")
        || name.contains("@{")
        || name.contains("//")
        || name.starts_with(['/', '-', '.'])
        || name.ends_with(['/', '.'])
        || name.split('/').any(|part| part.starts_with('.') || part.strip_suffix(".lock").is_some()))
}

/// Whether the asking user may write on a branch that is there or can be started.
pub(super) fn check_push_allowed(
    context: &Context<'_>,
    home: &Project,
    branch: &str,
    start: Option<&str>,
) -> Result<(), Reply> {
    if !context.world.may_push(home, branch, context.current_user_id) {
        return Err(Reply::message(403, "403 Forbidden - You are not allowed to push into this branch"));
    }
    let there = home.files.contains_key(branch);
    if there && start.is_some_and(|start| start != branch) {
        return Err(Reply::message(
            400,
            &format!("A branch called '{branch}' already exists. Switch to that branch in order to make changes"),
        ));
    }
    let can_start = home.files.is_empty() || start.is_some_and(|start| home.resolve_ref(start).is_some());
    if !(there || can_start && is_branch_name(branch)) {
        return Err(Reply::message(400, "You can only create or edit files when you are on a branch"));
    }
    // Gitaly's `UpdateRefError`, which the service hands on.
    if !there && home.has_conflicting_branch(branch) {
        let message = format!("Could not update refs/heads/{branch}. Please refresh and try again.");
        return Err(Reply::message(400, &message));
    }
    Ok(())
}

fn protected_branch_json(name: &str) -> Value {
    let level = json!([{ "access_level": 40, "access_level_description": "Maintainers" }]);
    json!({
        "name": name,
        "push_access_levels": level,
        "merge_access_levels": level,
        "allow_force_push": false,
        "code_owner_approval_required": false,
    })
}

impl Context<'_> {
    fn branch_json(&self, home: &Project, name: &str) -> Value {
        let by_hand = home.repository.protected.contains(name);
        let default = name == home.default_branch;
        let commit = home.resolve_ref(name).and_then(|id| home.repository.commits.get(id));
        json!({
            "name": name,
            "merged": !default && is_merged(home, name),
            "protected": by_hand || default,
            "default": default,
            "developers_can_push": default && !by_hand,
            "developers_can_merge": default && !by_hand,
            "can_push": self.world.may_push(home, name, self.current_user_id),
            "web_url": format!("{}/{}/-/tree/{name}", self.origin, home.path),
            "commit": commit.map(|commit| self.commit_json(home, commit)),
        })
    }
}

/// Whether all commits of a branch are on the default branch.
fn is_merged(home: &Project, name: &str) -> bool {
    let ids = home.resolve_ref(&home.default_branch).zip(home.resolve_ref(name));
    ids.is_some_and(|(default, head)| home.commits_between(default, head).is_empty())
}
