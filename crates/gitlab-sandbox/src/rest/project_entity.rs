//! A project as JSON: the keys of `lib/api/entities/{basic_project_details,project,project_with_access}.rb` and of
//! their EE counterparts. What the sandbox knows nothing of has the value that a new project has.

use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use super::project_feature_access::with_visible_fields;
use crate::world::{DEVELOPER, MAINTAINER, Project};

/// A project as it is shown alone and in lists.
pub(super) fn project_json(context: &Context<'_>, project: &Project) -> Value {
    let mut shape = project_identity_json(context, project);
    for more in [
        links_json(context, project),
        feature_settings_json(context, project),
        merge_settings_json(project),
        ci_settings_json(),
        premium_settings_json(),
    ] {
        if let (Value::Object(all), Value::Object(more)) = (&mut shape, more) {
            all.extend(more);
        }
    }
    if context.access_level(project.id) >= MAINTAINER {
        shape["import_error"] = Value::Null;
        shape["runners_token"] = Value::Null;
        shape["build_git_strategy"] = json!("fetch");
    }
    if let Some(who) = context.current_user_id {
        shape["permissions"] = permissions_json(context, project, who);
    }
    let owner = context.world.user_by_username(project.path.split('/').next().unwrap_or_default());
    if let Some(owner) = owner.filter(|_| context.world.parent_group(&project.path).is_none()) {
        shape["owner"] = context.user_or_ghost_json(owner.id);
    }
    if project.issues_enabled {
        shape["open_issues_count"] = json!(project.issues.values().filter(|issue| issue.is_open()).count());
    }
    let origin = project.forked_from.and_then(|id| context.world.projects.get(&id));
    if let Some(origin) = origin.filter(|origin| context.world.may_see(origin, context.current_user_id)) {
        shape["forked_from_project"] = project_identity_json(context, origin);
    }
    with_visible_fields(context, project, shape)
}

/// What `simple=true` and everything that names a project show of it.
pub(super) fn project_identity_json(context: &Context<'_>, project: &Project) -> Value {
    let slug = project.path.rsplit('/').next().unwrap_or(&project.path);
    let group = project.path.rsplit_once('/').map_or("", |(group, _)| group);
    let web = format!("{}/{}", context.origin, project.path);
    let host = context.origin.split("//").nth(1).unwrap_or_default().split(':').next().unwrap_or_default();
    let readable = context.world.may_read_code(project, context.current_user_id);
    let readme =
        project.file_text("HEAD", "README.md").map(|_| format!("{web}/-/blob/{}/README.md", project.default_branch));
    let mut shape = json!({
        "id": project.id,
        "description": project.description,
        "name": project.name,
        "name_with_namespace": format!("{group} / {}", project.name),
        "path": slug,
        "path_with_namespace": project.path,
        "created_at": format_time(project.created_at),
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": format!("git@{host}:{}.git", project.path),
        "http_url_to_repo": format!("{web}.git"),
        "web_url": web,
        "avatar_url": null,
        "star_count": 0,
        "last_activity_at": format_time(project.created_at),
        "visibility": project.visibility,
        "namespace": namespace_json(context, group),
    });
    if readable {
        shape["default_branch"] = json!(project.default_branch);
        shape["readme_url"] = json!(readme);
        shape["forks_count"] =
            json!(context.world.projects.values().filter(|one| one.forked_from == Some(project.id)).count());
    }
    shape
}

fn links_json(context: &Context<'_>, project: &Project) -> Value {
    let own = format!("{}/api/v4/projects/{}", context.origin, project.id);
    let mut links = json!({
        "self": own,
        "merge_requests": format!("{own}/merge_requests"),
        "repo_branches": format!("{own}/repository/branches"),
        "labels": format!("{own}/labels"),
        "events": format!("{own}/events"),
        "members": format!("{own}/members"),
        "cluster_agents": format!("{own}/cluster_agents"),
    });
    if project.issues_enabled {
        links["issues"] = json!(format!("{own}/issues"));
    }
    json!({ "_links": links })
}

/// What of a project is switched on, and for whom, beside the parts that `project_feature_access` knows.
fn feature_settings_json(context: &Context<'_>, project: &Project) -> Value {
    let mut shape = json!({
        "empty_repo": project.files.is_empty(),
        "creator_id": project.members.iter().find(|(_, role)| **role >= 50).map(|(id, _)| id),
        "import_url": null,
        "import_type": null,
        "import_status": "none",
        "can_create_merge_request_in": context.access_level(project.id) >= DEVELOPER && !context.world.is_read_only(project),
        "packages_enabled": true,
        "request_access_enabled": true,
        "emails_disabled": false,
        "emails_enabled": true,
        "show_diff_preview_in_email": true,
        "lfs_enabled": true,
        "service_desk_enabled": false,
        "service_desk_address": null,
        "shared_runners_enabled": true,
        "group_runners_enabled": true,
        "shared_with_groups": [],
        "updated_at": format_time(project.created_at),
    });
    for on in ["jobs", "snippets", "container_registry"] {
        shape[format!("{on}_enabled")] = json!(true);
    }
    for enabled in [
        "forking",
        "builds",
        "snippets",
        "analytics",
        "container_registry",
        "releases",
        "environments",
        "feature_flags",
        "infrastructure",
        "monitor",
        "model_experiments",
        "model_registry",
    ] {
        shape[format!("{enabled}_access_level")] = json!("enabled");
    }
    for private in ["pages", "security_and_compliance"] {
        shape[format!("{private}_access_level")] = json!("private");
    }
    shape["package_registry_access_level"] = json!("enabled");
    shape
}

fn merge_settings_json(project: &Project) -> Value {
    json!({
        "resolve_outdated_diff_discussions": false,
        "only_allow_merge_if_pipeline_succeeds": false,
        "allow_merge_on_skipped_pipeline": null,
        "only_allow_merge_if_all_discussions_are_resolved": false,
        "remove_source_branch_after_merge": project.removes_source_branch,
        "printing_merge_request_link_enabled": true,
        "merge_method": "merge",
        "squash_option": "default_off",
        "enforce_auth_checks_on_uploads": true,
        "suggestion_commit_message": null,
        "merge_commit_template": null,
        "squash_commit_template": null,
        "issue_branch_template": null,
        "merge_request_title_regex": null,
        "merge_request_title_regex_description": null,
        "autoclose_referenced_issues": true,
        "warn_about_potentially_unwanted_characters": true,
        "max_artifacts_size": null,
    })
}

/// The sandbox runs none.
fn ci_settings_json() -> Value {
    json!({
        "ci_default_git_depth": 20,
        "ci_delete_pipelines_in_seconds": null,
        "ci_forward_deployment_enabled": true,
        "ci_forward_deployment_rollback_allowed": true,
        "ci_job_token_scope_enabled": false,
        "ci_separated_caches": true,
        "ci_allow_fork_pipelines_to_run_in_parent_project": true,
        "ci_id_token_sub_claim_components": ["project_path", "ref_type", "ref"],
        "ci_pipeline_variables_minimum_override_role": "no_one_allowed",
        "ci_push_repository_for_job_token_allowed": false,
        "ci_config_path": null,
        "public_jobs": true,
        "build_timeout": 3600,
        "auto_cancel_pending_pipelines": "enabled",
        "build_coverage_regex": null,
        "restrict_user_defined_variables": true,
        "runner_token_expiration_interval": null,
        "auto_devops_enabled": false,
        "auto_devops_deploy_strategy": "continuous",
        "keep_latest_artifact": true,
        "container_expiration_policy": null,
        "repository_object_format": "sha1",
    })
}

/// `ee/lib/ee/api/entities/project.rb`
fn premium_settings_json() -> Value {
    json!({
        "approvals_before_merge": 0,
        "mirror": false,
        "external_authorization_classification_label": "",
        "requirements_enabled": false,
        "requirements_access_level": "enabled",
        "security_and_compliance_enabled": false,
        "compliance_frameworks": [],
        "issues_template": null,
        "merge_requests_template": null,
        "merge_pipelines_enabled": false,
        "merge_trains_enabled": false,
        "only_allow_merge_if_all_status_checks_passed": false,
        "allow_pipeline_trigger_approve_deployment": false,
        "prevent_merge_without_jira_issue": false,
    })
}

/// What the asking user is in the project itself, and the most that they are in the groups above it; nobody gets it who
/// is not signed in (`lib/api/entities/project_with_access.rb`, `Group#highest_group_member`).
fn permissions_json(context: &Context<'_>, project: &Project, who: u64) -> Value {
    let role = |role: Option<u8>| role.map(|role| json!({ "access_level": role, "notification_level": 3 }));
    let of_groups = context.world.ancestor_groups(&project.path).filter_map(|group| group.members.get(&who).copied());
    json!({
        "project_access": role(context.world.direct_role(project, who)),
        "group_access": role(of_groups.max()),
    })
}

/// The group or the person that a project belongs to.
fn namespace_json(context: &Context<'_>, path: &str) -> Value {
    let slug = path.rsplit('/').next().unwrap_or(path);
    if let Some(user) = context.world.user_by_username(path) {
        return json!({
            "id": user.id,
            "name": user.name,
            "path": slug,
            "kind": "user",
            "full_path": path,
            "parent_id": null,
            "avatar_url": null,
            "web_url": format!("{}/{path}", context.origin),
        });
    }
    let group = context.world.group_by_path(path);
    json!({
        "id": group.map(|group| group.id),
        "name": group.map_or(slug, |group| group.name.as_str()),
        "path": slug,
        "kind": "group",
        "full_path": path,
        "parent_id": context.world.parent_group(path).map(|above| above.id),
        "avatar_url": null,
        "web_url": format!("{}/groups/{path}", context.origin),
    })
}
