//! Projects (GitLab docs, "Projects API", "Project forks API"; `lib/api/projects.rb`).

use serde_json::json;

use super::Asked;
use super::paging::page;
use super::project_shape::shape;
use super::project_view::wanted_parts;
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{DEVELOPER, MAINTAINER, OWNER, Visibility};

/// `/projects/:id` and what is done with all of it.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => show(asked, 200, project),
        ("PUT", []) => update(asked, project),
        ("DELETE", []) => {
            asked.role(project, OWNER)?;
            delete(asked, project)
        }
        ("POST", [what @ ("archive" | "unarchive")]) => {
            asked.role(project, OWNER)?;
            let archived = *what == "archive";
            if let Some(project) = asked.world.projects.get_mut(&project) {
                project.archived = archived;
            }
            show(asked, 201, project)
        }
        ("POST", ["fork"]) => fork(asked, project),
        _ => Err(Reply::no_route()),
    }
}

/// Marks a project for deletion; one that is marked is taken away at once if that is asked for by its full path.
fn delete(asked: &mut Asked<'_>, id: u64) -> Answer {
    let input = &asked.call.input;
    let home = asked.project(id)?;
    let marked = home.marked_for_deletion_on.is_some();
    if input.flag("permanently_remove") == Some(true) {
        if !marked {
            return Err(Reply::message(400, "Project must be marked for deletion first."));
        }
        if input.text("full_path").as_ref() != Some(&home.path) {
            let why = "`full_path` is incorrect. You must enter the complete path for the project.";
            return Err(Reply::message(400, why));
        }
        asked.world.remove_project(id);
    } else if asked.world.mark_for_deletion(id).is_none() {
        return Err(Reply::message(400, "Project has already been marked for deletion"));
    }
    Ok(Reply::message(202, "202 Accepted"))
}

/// `POST /projects/:id/restore`: takes the mark back.
pub(super) fn restore(asked: &mut Asked<'_>, project: u64) -> Answer {
    asked.role(project, OWNER)?;
    asked.world.restore(project).ok_or_else(|| Reply::message(400, "Project has not been marked for deletion"))?;
    show(asked, 201, project)
}

/// `POST /projects`: an empty project of the asking user or of a group, or at a full `path` when an administrator asks.
pub(super) fn create(asked: &mut Asked<'_>) -> Answer {
    let who = asked.signed_in()?;
    let input = &asked.call.input;
    let Some(name) = input.filled("name").or_else(|| input.filled("path")) else {
        return Err(Reply::error(400, "name, path are missing, at least one parameter must be provided"));
    };
    let slug = input.filled("path").unwrap_or_else(|| name.to_lowercase().replace(' ', "-"));
    let home = match input.filled("namespace_id") {
        Some(id) => namespace(asked, &id)?,
        None => asked.world.users.get(&who).map(|user| user.username.clone()).unwrap_or_default(),
    };
    let path = if asked.is_admin() && slug.contains('/') { slug } else { format!("{home}/{slug}") };
    if asked.world.project_at(&path).is_some() {
        return Err(Reply::invalid("path", "has already been taken"));
    }
    let visibility = visibility(input)?.unwrap_or(Visibility::Private);
    let parts = wanted_parts(input)?;
    let (description, removes, now) =
        (input.filled("description"), input.flag("remove_source_branch_after_merge"), asked.world.now);
    let branch = input.filled("default_branch");
    let readme = input.flag("initialize_with_readme") == Some(true);
    let project = asked.world.add_project(&path, visibility);
    asked.world.add_member(project, who, OWNER);
    if let Some(project) = asked.world.projects.get_mut(&project) {
        project.default_branch = branch.unwrap_or(std::mem::take(&mut project.default_branch));
        project.removes_source_branch = removes.unwrap_or(project.removes_source_branch);
        (project.name, project.description, project.created_at) = (name, description, now);
        for (part, reach) in parts {
            project.set_reach(part, reach);
        }
    }
    if readme {
        let (branch, text) = {
            let home = asked.project(project)?;
            (home.default_branch.clone(), format!("# {}\n", home.name))
        };
        asked.world.add_file(project, &branch, "README.md", &text);
    }
    show(asked, 201, project)
}

/// The path of a group or a person, by number or path, that the asking user may make projects in.
fn namespace(asked: &Asked<'_>, id: &str) -> Result<String, Reply> {
    if let Ok(group) = asked.find_group(id) {
        asked.group_role(group.id, DEVELOPER)?;
        return Ok(group.path.clone());
    }
    let user = id.parse().ok().and_then(|id: u64| asked.world.users.get(&id)).or_else(|| asked.world.user_named(id));
    let own = user.filter(|user| asked.is_admin() || asked.who == Some(user.id));
    own.map(|user| user.username.clone()).ok_or_else(|| Reply::invalid("namespace", "is not valid"))
}

/// A copy of files and history in the asking user's own namespace, or in the one that is named.
fn fork(asked: &mut Asked<'_>, project: u64) -> Answer {
    let who = asked.signed_in()?;
    let origin = asked.project(project)?;
    if !asked.world.may_read_code(origin, Some(who)) {
        return Err(Reply::forbidden());
    }
    let input = &asked.call.input;
    input.declare(&["namespace_path", "namespace_id", "namespace"]);
    let named = ["namespace_path", "namespace_id", "namespace"].into_iter().find_map(|key| input.filled(key));
    let home = match named {
        Some(named) => namespace(asked, &named)?,
        None => asked.world.users.get(&who).map(|user| user.username.clone()).unwrap_or_default(),
    };
    let slug = origin.path.rsplit('/').next().unwrap_or(&origin.path);
    let path = format!("{home}/{}", input.filled("path").unwrap_or_else(|| slug.to_owned()));
    if asked.world.project_at(&path).is_some() {
        return Err(Reply::json(
            409,
            &json!({ "message": ["Name has already been taken", "Path has already been taken"] }),
        ));
    }
    let name = input.filled("name").unwrap_or_else(|| origin.name.clone());
    let origin = origin.clone();
    let now = asked.world.now;
    let fork = asked.world.add_project(&path, origin.visibility);
    asked.world.add_member(fork, who, OWNER);
    if let Some(fork) = asked.world.projects.get_mut(&fork) {
        (fork.files, fork.repository) = (origin.files, origin.repository);
        (fork.default_branch, fork.description) = (origin.default_branch, origin.description);
        (fork.name, fork.forked_from, fork.created_at) = (name, Some(project), now);
    }
    show(asked, 201, fork)
}

fn update(asked: &mut Asked<'_>, id: u64) -> Answer {
    asked.role(id, MAINTAINER)?;
    let input = &asked.call.input;
    let (visibility, parts) = (visibility(input)?, wanted_parts(input)?);
    let home = asked.project(id)?;
    let path = input.filled("path").map(|slug| match home.path.rsplit_once('/') {
        Some((group, _)) => format!("{group}/{slug}"),
        None => slug,
    });
    if path.as_ref().and_then(|path| asked.world.project_at(path)).is_some_and(|other| other.id != id) {
        return Err(Reply::invalid("path", "has already been taken"));
    }
    // GitLab points HEAD there first, which only a branch can bear (`app/services/projects/update_service.rb`).
    let branch = input.filled("default_branch");
    if branch.as_ref().is_some_and(|branch| !home.files.is_empty() && !home.files.contains_key(branch)) {
        return Err(Reply::invalid("default_branch", "is no branch of the project"));
    }
    if let Some(project) = asked.world.projects.get_mut(&id) {
        if let Some(path) = path.filter(|path| *path != project.path) {
            let old = std::mem::replace(&mut project.path, path);
            project.formerly.push(old);
        }
        if let Some(name) = input.filled("name") {
            project.name = name;
        }
        if let Some(branch) = branch.filter(|branch| *branch != project.default_branch) {
            let former = std::mem::replace(&mut project.default_branch, branch);
            project.previous_default_branch = Some(former);
        }
        if let Some(description) = input.text("description") {
            project.description = Some(description).filter(|text| !text.is_empty());
        }
        project.visibility = visibility.unwrap_or(project.visibility);
        for (part, reach) in parts {
            project.set_reach(part, reach);
        }
        let removes = input.flag("remove_source_branch_after_merge");
        project.removes_source_branch = removes.unwrap_or(project.removes_source_branch);
    }
    show(asked, 200, id)
}

/// `templates/issues` and one of them: the files of `.gitlab/issue_templates` on the default branch.
pub(super) fn templates(asked: &Asked<'_>, project: u64, path: &[&str]) -> Answer {
    let home = asked.project(project)?;
    let (kind, rest) = path.split_first().ok_or_else(Reply::no_route)?;
    let folder = match *kind {
        "issues" => ".gitlab/issue_templates/",
        "merge_requests" => ".gitlab/merge_request_templates/",
        _ => return Err(Reply::no_such_value("type")),
    };
    let files = home.branch("HEAD").into_iter().flatten();
    let mut templates = files.filter_map(|(path, text)| Some((path.strip_prefix(folder)?.strip_suffix(".md")?, text)));
    match rest {
        [] => {
            let names: Vec<&str> = templates.map(|(name, _)| name).collect();
            Ok(page(asked, &names, |name| json!({ "key": name, "name": name })))
        }
        [wanted] => {
            let found = templates.find(|(name, _)| name == wanted).ok_or_else(|| Reply::not_found("Template"))?;
            Ok(Reply::json(200, &json!({ "name": found.0, "content": found.1 })))
        }
        _ => Err(Reply::no_route()),
    }
}

pub(super) fn visibility(input: &Input) -> Result<Option<Visibility>, Reply> {
    match input.filled("visibility").as_deref() {
        None => Ok(None),
        Some("private") => Ok(Some(Visibility::Private)),
        Some("internal") => Ok(Some(Visibility::Internal)),
        Some("public") => Ok(Some(Visibility::Public)),
        Some(_) => Err(Reply::no_such_value("visibility")),
    }
}

fn show(asked: &Asked<'_>, status: u16, project: u64) -> Answer {
    let home = asked.project(project)?;
    Ok(Reply::json(status, &shape(asked, home)))
}
