//! Branches and which of them are protected (GitLab docs, "Branches API", "Protected branches API").

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::Asked;
use super::paging::page;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{DEVELOPER, FileChange, MAINTAINER, NewCommit, Project};

/// `repository/branches` and one of them.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, project),
        ("POST", []) => create(asked, project),
        ("GET" | "HEAD", [name]) => show(asked, 200, project, name),
        ("DELETE", [name]) => delete(asked, project, name),
        ("PUT", [name, "protect"]) => protect(asked, project, name, true),
        ("PUT", [name, "unprotect"]) => protect(asked, project, name, false),
        _ => Err(Reply::no_route()),
    }
}

/// `protected_branches` and one of them; only maintainers push to one that was protected by hand.
pub(super) fn protected(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    asked.role(project, MAINTAINER)?;
    let home = asked.project(project)?;
    let known: Vec<String> = home.repository.protected.iter().cloned().collect();
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => Ok(page(asked, &known, |name| protected_shape(name))),
        ("POST", []) => {
            let name = asked.call.input.given("name")?;
            let fresh = asked
                .world
                .projects
                .get_mut(&project)
                .is_some_and(|home| home.repository.protected.insert(name.clone()));
            if fresh {
                Ok(Reply::json(201, &protected_shape(&name)))
            } else {
                Err(Reply::message(409, &format!("Protected branch '{name}' already exists")))
            }
        }
        (method, [name]) => {
            if !home.repository.protected.contains(*name) {
                return Err(Reply::message(404, "404 Not found"));
            }
            match method {
                "GET" | "HEAD" => Ok(Reply::json(200, &protected_shape(name))),
                "DELETE" => {
                    if let Some(home) = asked.world.projects.get_mut(&project) {
                        home.repository.protected.remove(*name);
                    }
                    Ok(Reply::empty(204))
                }
                _ => Err(Reply::no_route()),
            }
        }
        _ => Err(Reply::no_route()),
    }
}

fn list(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let search = asked.call.input.filled("search");
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
        |name: &&String| home.resolve(name).and_then(|id| home.repository.commits.get(id)).map(|one| one.order);
    match asked.call.input.filled("sort").as_deref() {
        None | Some("name_asc") => {}
        Some("updated_asc") => found.sort_by_key(updated),
        Some("updated_desc") => found.sort_by_key(|name| Reverse(updated(name))),
        Some(_) => return Err(Reply::no_such_value("sort")),
    }
    Ok(page(asked, &found, |name| asked.branch_shape(home, name)))
}

fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    let who = asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let name = input.given("branch")?;
    let start = input.given("ref")?;
    if !is_branch_name(&name) {
        return Err(Reply::message(400, "Branch name is invalid"));
    }
    let home = asked.project(project)?;
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
        asked.world.commit(project, &first);
    }
    let home = asked.world.projects.get_mut(&project).ok_or_else(|| Reply::not_found("Project"))?;
    if home.start_branch(&name, &start).is_none() {
        return Err(Reply::message(400, &format!("Invalid reference name: {start}")));
    }
    show(asked, 201, project, &name)
}

fn delete(asked: &mut Asked<'_>, project: u64, name: &str) -> Answer {
    asked.role(project, DEVELOPER)?;
    let home = asked.project(project)?;
    if !home.files.contains_key(name) {
        return Err(Reply::not_found("Branch"));
    }
    if name == home.default_branch {
        return Err(Reply::message(400, "Cannot remove HEAD branch"));
    }
    if home.repository.protected.contains(name) {
        return Err(Reply::message(403, "403 Forbidden"));
    }
    if let Some(home) = asked.world.projects.get_mut(&project) {
        home.delete_branch(name);
    }
    Ok(Reply::empty(204))
}

/// The old form of protecting (GitLab docs, "Branches API", protect repository branch).
fn protect(asked: &mut Asked<'_>, project: u64, name: &str, on: bool) -> Answer {
    asked.role(project, MAINTAINER)?;
    let home = asked.world.projects.get_mut(&project).filter(|home| home.files.contains_key(name));
    let home = home.ok_or_else(|| Reply::not_found("Branch"))?;
    if on {
        home.repository.protected.insert(name.to_owned());
    } else {
        home.repository.protected.remove(name);
    }
    show(asked, 200, project, name)
}

fn show(asked: &Asked<'_>, status: u16, project: u64, name: &str) -> Answer {
    let home = asked.project(project)?;
    if !home.files.contains_key(name) {
        return Err(Reply::not_found("Branch"));
    }
    Ok(Reply::json(status, &asked.branch_shape(home, name)))
}

/// The rules of `git check-ref-format` that names run into.
pub(in crate::sandbox) fn is_branch_name(name: &str) -> bool {
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

fn protected_shape(name: &str) -> Value {
    let level = json!([{ "access_level": 40, "access_level_description": "Maintainers" }]);
    json!({
        "name": name,
        "push_access_levels": level,
        "merge_access_levels": level,
        "allow_force_push": false,
        "code_owner_approval_required": false,
    })
}

impl Asked<'_> {
    fn branch_shape(&self, home: &Project, name: &str) -> Value {
        let by_hand = home.repository.protected.contains(name);
        let default = name == home.default_branch;
        let commit = home.resolve(name).and_then(|id| home.repository.commits.get(id));
        json!({
            "name": name,
            "merged": !default && is_merged(home, name),
            "protected": by_hand || default,
            "default": default,
            "developers_can_push": default && !by_hand,
            "developers_can_merge": default && !by_hand,
            "can_push": self.world.may_push(home, name, self.who),
            "web_url": format!("{}/{}/-/tree/{name}", self.origin, home.path),
            "commit": commit.map(|commit| self.commit_shape(home, commit)),
        })
    }
}

/// Whether all commits of a branch are on the default branch.
fn is_merged(home: &Project, name: &str) -> bool {
    let ids = home.resolve(&home.default_branch).zip(home.resolve(name));
    ids.is_some_and(|(default, head)| home.between(default, head).is_empty())
}
