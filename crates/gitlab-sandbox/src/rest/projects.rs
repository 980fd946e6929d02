//! Projects (GitLab docs, "Projects API", "Project forks API"; `lib/api/projects.rb`).

use serde_json::json;

use super::Context;
use super::paging::page_reply;
use super::project_entity::project_json;
use super::project_feature_access::read_feature_access;
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, MAINTAINER, OWNER, Visibility};

/// `/projects/:id` and what is done with all of it.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => show(context, 200, project),
        ("PUT", []) => update(context, project),
        ("DELETE", []) => {
            context.require_role(project, OWNER)?;
            delete(context, project)
        }
        ("POST", [what @ ("archive" | "unarchive")]) => {
            context.require_role(project, OWNER)?;
            let archived = *what == "archive";
            if let Some(project) = context.world.projects.get_mut(&project) {
                project.archived = archived;
            }
            show(context, 201, project)
        }
        ("POST", ["fork"]) => fork(context, project),
        _ => Err(Reply::route_not_found()),
    }
}

/// Marks a project for deletion; one that is marked is taken away at once if that is asked for by its full path.
fn delete(context: &mut Context<'_>, id: u64) -> HandlerResult {
    let input = &context.call.params;
    let home = context.project_by_id(id)?;
    let marked = home.marked_for_deletion_on.is_some();
    if input.flag("permanently_remove") == Some(true) {
        if !marked {
            return Err(Reply::message(400, "Project must be marked for deletion first."));
        }
        if input.text("full_path").as_ref() != Some(&home.path) {
            let why = "`full_path` is incorrect. You must enter the complete path for the project.";
            return Err(Reply::message(400, why));
        }
        context.world.remove_project(id);
    } else if context.world.mark_project_for_deletion(id).is_none() {
        return Err(Reply::message(400, "Project has already been marked for deletion"));
    }
    Ok(Reply::message(202, "202 Accepted"))
}

/// `POST /projects/:id/restore`: takes the mark back.
pub(super) fn restore(context: &mut Context<'_>, project: u64) -> HandlerResult {
    context.require_role(project, OWNER)?;
    context
        .world
        .restore_project(project)
        .ok_or_else(|| Reply::message(400, "Project has not been marked for deletion"))?;
    show(context, 201, project)
}

/// `POST /projects`: an empty project of the asking user or of a group, or at a full `path` when an administrator asks.
pub(super) fn create(context: &mut Context<'_>) -> HandlerResult {
    let who = context.require_signed_in()?;
    let input = &context.call.params;
    let Some(name) = input.non_empty_text("name").or_else(|| input.non_empty_text("path")) else {
        return Err(Reply::error(400, "name, path are missing, at least one parameter must be provided"));
    };
    let slug = input.non_empty_text("path").unwrap_or_else(|| name.to_lowercase().replace(' ', "-"));
    let home = match input.non_empty_text("namespace_id") {
        Some(id) => find_namespace_path(context, &id)?,
        None => context.world.users.get(&who).map(|user| user.username.clone()).unwrap_or_default(),
    };
    let path = if context.is_admin() && slug.contains('/') { slug } else { format!("{home}/{slug}") };
    if context.world.project_by_path(&path).is_some() {
        return Err(Reply::validation_error("path", "has already been taken"));
    }
    let visibility = read_visibility(input)?.unwrap_or(Visibility::Private);
    let features = read_feature_access(input)?;
    let (description, removes, now) =
        (input.non_empty_text("description"), input.flag("remove_source_branch_after_merge"), context.world.now);
    let branch = input.non_empty_text("default_branch");
    let readme = input.flag("initialize_with_readme") == Some(true);
    let project = context.world.add_project(&path, visibility);
    context.world.add_member(project, who, OWNER);
    if let Some(project) = context.world.projects.get_mut(&project) {
        project.default_branch = branch.unwrap_or(std::mem::take(&mut project.default_branch));
        project.removes_source_branch = removes.unwrap_or(project.removes_source_branch);
        (project.name, project.description, project.created_at) = (name, description, now);
        for (feature, access) in features {
            project.set_feature_access(feature, access);
        }
    }
    if readme {
        let (branch, text) = {
            let home = context.project_by_id(project)?;
            (home.default_branch.clone(), format!("# {}\n", home.name))
        };
        context.world.add_file(project, &branch, "README.md", &text);
    }
    show(context, 201, project)
}

/// The path of a group or a person, by number or path, that the asking user may make projects in.
fn find_namespace_path(context: &Context<'_>, id: &str) -> Result<String, Reply> {
    if let Ok(group) = context.find_group(id) {
        context.require_group_role(group.id, DEVELOPER)?;
        return Ok(group.path.clone());
    }
    let user =
        id.parse().ok().and_then(|id: u64| context.world.users.get(&id)).or_else(|| context.world.user_by_username(id));
    let own = user.filter(|user| context.is_admin() || context.current_user_id == Some(user.id));
    own.map(|user| user.username.clone()).ok_or_else(|| Reply::validation_error("namespace", "is not valid"))
}

/// A copy of files and history in the asking user's own namespace, or in the one that is named.
fn fork(context: &mut Context<'_>, project: u64) -> HandlerResult {
    let who = context.require_signed_in()?;
    let origin = context.project_by_id(project)?;
    if !context.world.may_read_code(origin, Some(who)) {
        return Err(Reply::forbidden());
    }
    let input = &context.call.params;
    input.mark_read(&["namespace_path", "namespace_id", "namespace"]);
    let named = ["namespace_path", "namespace_id", "namespace"].into_iter().find_map(|key| input.non_empty_text(key));
    let home = match named {
        Some(named) => find_namespace_path(context, &named)?,
        None => context.world.users.get(&who).map(|user| user.username.clone()).unwrap_or_default(),
    };
    let slug = origin.path.rsplit('/').next().unwrap_or(&origin.path);
    let path = format!("{home}/{}", input.non_empty_text("path").unwrap_or_else(|| slug.to_owned()));
    if context.world.project_by_path(&path).is_some() {
        return Err(Reply::json(
            409,
            &json!({ "message": ["Name has already been taken", "Path has already been taken"] }),
        ));
    }
    let name = input.non_empty_text("name").unwrap_or_else(|| origin.name.clone());
    let origin = origin.clone();
    let now = context.world.now;
    let fork = context.world.add_project(&path, origin.visibility);
    context.world.add_member(fork, who, OWNER);
    if let Some(fork) = context.world.projects.get_mut(&fork) {
        (fork.files, fork.repository) = (origin.files, origin.repository);
        (fork.default_branch, fork.description) = (origin.default_branch, origin.description);
        (fork.name, fork.forked_from, fork.created_at) = (name, Some(project), now);
    }
    show(context, 201, fork)
}

fn update(context: &mut Context<'_>, id: u64) -> HandlerResult {
    context.require_role(id, MAINTAINER)?;
    let input = &context.call.params;
    let (visibility, features) = (read_visibility(input)?, read_feature_access(input)?);
    let home = context.project_by_id(id)?;
    let path = input.non_empty_text("path").map(|slug| match home.path.rsplit_once('/') {
        Some((group, _)) => format!("{group}/{slug}"),
        None => slug,
    });
    if path.as_ref().and_then(|path| context.world.project_by_path(path)).is_some_and(|other| other.id != id) {
        return Err(Reply::validation_error("path", "has already been taken"));
    }
    // GitLab points HEAD there first, which only a branch can bear (`app/services/projects/update_service.rb`).
    let branch = input.non_empty_text("default_branch");
    if branch.as_ref().is_some_and(|branch| !home.files.is_empty() && !home.files.contains_key(branch)) {
        return Err(Reply::validation_error("default_branch", "is no branch of the project"));
    }
    if let Some(project) = context.world.projects.get_mut(&id) {
        if let Some(path) = path.filter(|path| *path != project.path) {
            let old = std::mem::replace(&mut project.path, path);
            project.formerly.push(old);
        }
        if let Some(name) = input.non_empty_text("name") {
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
        for (feature, access) in features {
            project.set_feature_access(feature, access);
        }
        let removes = input.flag("remove_source_branch_after_merge");
        project.removes_source_branch = removes.unwrap_or(project.removes_source_branch);
    }
    show(context, 200, id)
}

/// `templates/issues`, `templates/merge_requests` and one of them: the files of `.gitlab/issue_templates` and
/// `.gitlab/merge_request_templates` on the default branch.
pub(super) fn answer_templates(context: &Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let (kind, rest) = path.split_first().ok_or_else(Reply::route_not_found)?;
    let folder = match *kind {
        "issues" => ".gitlab/issue_templates/",
        "merge_requests" => ".gitlab/merge_request_templates/",
        _ => return Err(Reply::value_not_allowed("type")),
    };
    let files = home.branch_files("HEAD").into_iter().flatten();
    let mut templates = files.filter_map(|(path, text)| Some((path.strip_prefix(folder)?.strip_suffix(".md")?, text)));
    match rest {
        [] => {
            let names: Vec<&str> = templates.map(|(name, _)| name).collect();
            Ok(page_reply(context, &names, |name| json!({ "key": name, "name": name })))
        }
        [wanted] => {
            let found = templates.find(|(name, _)| name == wanted).ok_or_else(|| Reply::not_found("Template"))?;
            Ok(Reply::json(200, &json!({ "name": found.0, "content": found.1 })))
        }
        _ => Err(Reply::route_not_found()),
    }
}

pub(super) fn read_visibility(input: &Params) -> Result<Option<Visibility>, Reply> {
    match input.non_empty_text("visibility").as_deref() {
        None => Ok(None),
        Some("private") => Ok(Some(Visibility::Private)),
        Some("internal") => Ok(Some(Visibility::Internal)),
        Some("public") => Ok(Some(Visibility::Public)),
        Some(_) => Err(Reply::value_not_allowed("visibility")),
    }
}

fn show(context: &Context<'_>, status: u16, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    Ok(Reply::json(status, &project_json(context, home)))
}
