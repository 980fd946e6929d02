//! Projects (GitLab docs, "Projects API"; `lib/api/projects.rb`).

use serde_json::{Value, json};

use super::Asked;
use super::paging::page;
use super::shapes::instant;
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{MAINTAINER, OWNER, Project, Visibility};

/// `/projects/:id`, `…/archive` and `…/unarchive`.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => show(asked, 200, project),
        ("PUT", []) => update(asked, project),
        ("POST", [what @ ("archive" | "unarchive")]) => {
            asked.role(project, OWNER)?;
            let archived = *what == "archive";
            if let Some(project) = asked.world.projects.get_mut(&project) {
                project.archived = archived;
            }
            show(asked, 201, project)
        }
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

/// `POST /projects`: an empty project of the asking user, or at a full `path` when an administrator asks.
pub(super) fn create(asked: &mut Asked<'_>) -> Answer {
    let who = asked.signed_in()?;
    let input = &asked.call.input;
    let Some(name) = input.filled("name").or_else(|| input.filled("path")) else {
        return Err(Reply::error(400, "name, path are missing, at least one parameter must be provided"));
    };
    let slug = input.filled("path").unwrap_or_else(|| name.to_lowercase().replace(' ', "-"));
    let user = asked.world.users.get(&who).map(|user| (user.username.clone(), user.admin));
    let (username, admin) = user.unwrap_or_default();
    let path = if admin && slug.contains('/') { slug } else { format!("{username}/{slug}") };
    if asked.world.project_at(&path).is_some() {
        return Err(Reply::invalid("path", "has already been taken"));
    }
    let visibility = visibility(input)?.unwrap_or(Visibility::Private);
    let project = asked.world.add_project(&path, visibility);
    asked.world.add_member(project, who, OWNER);
    if let Some(project) = asked.world.projects.get_mut(&project) {
        project.name = name;
    }
    show(asked, 201, project)
}

fn update(asked: &mut Asked<'_>, id: u64) -> Answer {
    asked.role(id, MAINTAINER)?;
    let input = &asked.call.input;
    let visibility = visibility(input)?;
    let home = asked.project(id)?;
    let path = input.filled("path").map(|slug| match home.path.rsplit_once('/') {
        Some((group, _)) => format!("{group}/{slug}"),
        None => slug,
    });
    if path.as_ref().and_then(|path| asked.world.project_at(path)).is_some_and(|other| other.id != id) {
        return Err(Reply::invalid("path", "has already been taken"));
    }
    let level = input.filled("issues_access_level").map(|level| level != "disabled");
    let issues_enabled = level.or_else(|| input.flag("issues_enabled"));
    if let Some(project) = asked.world.projects.get_mut(&id) {
        if let Some(path) = path.filter(|path| *path != project.path) {
            let old = std::mem::replace(&mut project.path, path);
            project.formerly.push(old);
        }
        if let Some(name) = input.filled("name") {
            project.name = name;
        }
        if let Some(branch) = input.filled("default_branch") {
            project.default_branch = branch;
        }
        project.visibility = visibility.unwrap_or(project.visibility);
        project.issues_enabled = issues_enabled.unwrap_or(project.issues_enabled);
    }
    show(asked, 200, id)
}

/// `merge_requests/:iid`, the little that links to one need.
pub(super) fn merge_request(asked: &Asked<'_>, project: u64, iid: &str) -> Answer {
    let home = asked.project(project)?;
    let found = iid.parse().ok().and_then(|iid: u64| home.merge_requests.get(&iid));
    let seen = found.filter(|_| asked.call.method.is_safe() && asked.world.may_read_code(home, asked.who));
    let request = seen.ok_or_else(|| Reply::not_found("MergeRequest"))?;
    let shape = json!({
        "id": request.id,
        "iid": request.iid,
        "project_id": project,
        "title": request.title,
        "state": request.state,
        "author": asked.user_shape(request.author),
        "created_at": instant(request.created_at),
        "web_url": format!("{}/{}/-/merge_requests/{iid}", asked.origin, home.path),
    });
    Ok(Reply::json(200, &shape))
}

/// `templates/issues` and one of them: the files of `.gitlab/issue_templates` on the default branch.
pub(super) fn templates(asked: &Asked<'_>, project: u64, path: &[&str]) -> Answer {
    const FOLDER: &str = ".gitlab/issue_templates/";
    let home = asked.project(project)?;
    let files = home.branch("HEAD").into_iter().flatten();
    let mut templates = files.filter_map(|(path, text)| Some((path.strip_prefix(FOLDER)?.strip_suffix(".md")?, text)));
    match path {
        ["issues"] => {
            let names: Vec<&str> = templates.map(|(name, _)| name).collect();
            Ok(page(asked, &names, |name| json!({ "key": name, "name": name })))
        }
        ["issues", wanted] => {
            let found = templates.find(|(name, _)| name == wanted).ok_or_else(|| Reply::not_found("Template"))?;
            Ok(Reply::json(200, &json!({ "name": found.0, "content": found.1 })))
        }
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

fn visibility(input: &Input) -> Result<Option<Visibility>, Reply> {
    match input.filled("visibility").as_deref() {
        None => Ok(None),
        Some("private") => Ok(Some(Visibility::Private)),
        Some("internal") => Ok(Some(Visibility::Internal)),
        Some("public") => Ok(Some(Visibility::Public)),
        Some(_) => Err(Reply::error(400, "visibility does not have a valid value")),
    }
}

fn show(asked: &Asked<'_>, status: u16, project: u64) -> Answer {
    let home = asked.project(project)?;
    Ok(Reply::json(status, &shape(asked, home)))
}

fn shape(asked: &Asked<'_>, project: &Project) -> Value {
    let slug = project.path.rsplit('/').next().unwrap_or(&project.path);
    let group = project.path.rsplit_once('/').map_or("", |(group, _)| group);
    let web = format!("{}/{}", asked.origin, project.path);
    let open = project.issues.values().filter(|issue| issue.is_open()).count();
    let level = asked.level(project.id);
    let access = (level > 0).then(|| json!({ "access_level": level, "notification_level": 3 }));
    json!({
        "id": project.id,
        "description": null,
        "name": project.name,
        "name_with_namespace": format!("{group} / {}", project.name),
        "path": slug,
        "path_with_namespace": project.path,
        "created_at": instant(project.created_at),
        "default_branch": project.default_branch,
        "web_url": web,
        "http_url_to_repo": format!("{web}.git"),
        "readme_url": null,
        "visibility": project.visibility,
        "archived": project.archived,
        "empty_repo": project.files.is_empty(),
        "issues_enabled": project.issues_enabled,
        "issues_access_level": if project.issues_enabled { "enabled" } else { "disabled" },
        "open_issues_count": open,
        "namespace": { "name": group, "path": group, "full_path": group, "kind": "group" },
        "permissions": { "project_access": access, "group_access": null },
        "last_activity_at": instant(project.created_at),
    })
}
