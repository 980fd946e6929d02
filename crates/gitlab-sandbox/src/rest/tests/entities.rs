use serde_json::{Value, json};

use super::requests::{ask, ask_json, open_issue, sandbox};

/// The keys of an answer, or of the first item of a list.
fn object_keys(answer: &Value) -> Vec<&str> {
    let one = answer.get(0).unwrap_or(answer);
    one.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A project in short (`lib/api/entities/basic_project_details.rb`).
const SIMPLE_PROJECT_KEYS: &str = "id description name name_with_namespace path path_with_namespace created_at default_branch \
    tag_list topics ssh_url_to_repo http_url_to_repo web_url readme_url forks_count avatar_url star_count last_activity_at \
    namespace";

/// A project for a reporter (`lib/api/entities/project.rb`, `ee/lib/ee/api/entities/project.rb`).
const PROJECT_KEYS: &str = "id description name name_with_namespace path path_with_namespace created_at default_branch tag_list \
    topics ssh_url_to_repo http_url_to_repo web_url readme_url forks_count avatar_url star_count last_activity_at namespace \
    _links packages_enabled empty_repo archived visibility resolve_outdated_diff_discussions container_expiration_policy \
    repository_object_format issues_enabled merge_requests_enabled wiki_enabled jobs_enabled snippets_enabled \
    container_registry_enabled service_desk_enabled service_desk_address can_create_merge_request_in issues_access_level \
    repository_access_level merge_requests_access_level forking_access_level wiki_access_level builds_access_level \
    snippets_access_level pages_access_level analytics_access_level container_registry_access_level \
    security_and_compliance_access_level releases_access_level environments_access_level feature_flags_access_level \
    infrastructure_access_level monitor_access_level model_experiments_access_level model_registry_access_level \
    emails_disabled emails_enabled shared_runners_enabled lfs_enabled creator_id import_url import_type import_status \
    open_issues_count ci_default_git_depth ci_forward_deployment_enabled ci_forward_deployment_rollback_allowed \
    ci_job_token_scope_enabled ci_separated_caches ci_allow_fork_pipelines_to_run_in_parent_project \
    ci_id_token_sub_claim_components ci_pipeline_variables_minimum_override_role \
    ci_push_repository_for_job_token_allowed build_timeout auto_cancel_pending_pipelines build_coverage_regex public_jobs \
    ci_config_path shared_with_groups only_allow_merge_if_pipeline_succeeds allow_merge_on_skipped_pipeline \
    restrict_user_defined_variables request_access_enabled only_allow_merge_if_all_discussions_are_resolved \
    remove_source_branch_after_merge printing_merge_request_link_enabled merge_method squash_option \
    enforce_auth_checks_on_uploads suggestion_commit_message merge_commit_template squash_commit_template \
    issue_branch_template auto_devops_enabled auto_devops_deploy_strategy autoclose_referenced_issues \
    keep_latest_artifact runner_token_expiration_interval updated_at permissions approvals_before_merge mirror \
    external_authorization_classification_label marked_for_deletion_at marked_for_deletion_on requirements_enabled \
    requirements_access_level security_and_compliance_enabled compliance_frameworks issues_template \
    merge_requests_template merge_pipelines_enabled merge_trains_enabled only_allow_merge_if_all_status_checks_passed \
    allow_pipeline_trigger_approve_deployment prevent_merge_without_jira_issue \
    warn_about_potentially_unwanted_characters";

/// A group (GitLab docs, "Groups API"; `lib/api/entities/group.rb`).
const GROUP_KEYS: &str = "id web_url name path description visibility share_with_group_lock require_two_factor_authentication \
    two_factor_grace_period project_creation_level auto_devops_enabled subgroup_creation_level emails_disabled \
    emails_enabled mentions_disabled lfs_enabled archived math_rendering_limits_enabled \
    lock_math_rendering_limits_enabled default_branch default_branch_protection default_branch_protection_defaults \
    avatar_url request_access_enabled repository_storage full_name full_path created_at parent_id organization_id \
    shared_runners_setting max_artifacts_size ldap_cn ldap_access file_template_project_id wiki_access_level \
    ip_restriction_ranges";

/// The key sets are those of the examples in GitLab's documents; a sandbox may know more keys, never fewer.
#[tokio::test]
async fn row_55_what_a_pod_reads_has_the_published_shapes() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T&labels=pod::a").await;
    ask(&sandbox, "bot", "POST", "/projects/group%2Fpairing/issues/1/notes", "body=hello").await;
    ask(&sandbox, "bot", "POST", "/projects/group%2Fpairing/milestones", "title=M").await;
    let schedule = json!({"description": "weekly", "ref": "main", "cron": "0 6 * * 1", "cron_timezone": "Europe/Oslo"});
    let made = ask_json(&sandbox, "keeper", "POST", "/projects/group%2Fopen/pipeline_schedules", &schedule).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let template = json!({"branch": "main", "content": "Hello\n", "commit_message": "add"});
    let path = "/projects/group%2Fopen/repository/files/.gitlab%2Fissue_templates%2FPairing.md";
    ask_json(&sandbox, "dev", "POST", path, &template).await;
    let tree = ask(&sandbox, "bot", "GET", "/projects/group%2Fopen/repository/tree", "").await.json();
    let blob = tree[1]["id"].as_str().unwrap().to_owned();
    let open = "/projects/group%2Fopen";
    let pairing = "/projects/group%2Fpairing";
    for (path, wanted) in [
        (format!("{open}/templates/issues"), "key name"),
        (format!("{open}/templates/issues/Pairing"), "name content"),
        (
            format!("{open}/repository/files/README.md?ref=main"),
            "file_name file_path size encoding content content_sha256 ref blob_id commit_id last_commit_id execute_filemode",
        ),
        (format!("{open}/repository/tree"), "id name type path mode"),
        (format!("{open}/repository/blobs/{blob}"), "size encoding content sha"),
        (
            format!("{pairing}/members"),
            "id username name state avatar_url web_url created_at created_by expires_at access_level \
             group_saml_identity is_using_seat",
        ),
        ("/users?username=dev".to_owned(), "id username name state locked avatar_url web_url"),
        (
            "/personal_access_tokens/self".to_owned(),
            "id name revoked created_at description scopes user_id last_used_at active expires_at",
        ),
        (
            "/user".to_owned(),
            "id username email name state locked avatar_url web_url created_at bio location public_email linkedin twitter \
             discord github website_url organization job_title pronouns bot work_information followers following \
             is_followed local_time last_sign_in_at confirmed_at theme_id last_activity_on color_scheme_id projects_limit \
             current_sign_in_at identities can_create_group can_create_project two_factor_enabled external \
             private_profile commit_email preferred_language shared_runners_minutes_limit \
             extra_shared_runners_minutes_limit scim_identities",
        ),
        (pairing.to_owned(), PROJECT_KEYS),
        ("/projects?membership=true".to_owned(), PROJECT_KEYS),
        ("/projects?simple=true".to_owned(), SIMPLE_PROJECT_KEYS),
        (
            "/groups/group".to_owned(),
            "shared_with_groups projects shared_projects prevent_sharing_groups_outside_hierarchy \
             prevent_forking_outside_group membership_lock shared_runners_minutes_limit \
             extra_shared_runners_minutes_limit id name path description visibility",
        ),
        ("/groups/group".to_owned(), GROUP_KEYS),
        ("/groups".to_owned(), GROUP_KEYS),
        (
            format!("{open}/pipeline_schedules/{}", made.json()["id"]),
            "id description ref cron cron_timezone next_run_at active created_at updated_at owner inputs last_pipeline \
             variables",
        ),
        ("/metadata".to_owned(), "version revision kas enterprise"),
        ("/version".to_owned(), "version revision kas enterprise"),
        (
            format!("{open}/pipeline_schedules"),
            "id description ref cron cron_timezone next_run_at active created_at updated_at owner inputs",
        ),
        (
            format!("{pairing}/labels?with_counts=true"),
            "id name color text_color description description_html open_issues_count closed_issues_count \
             open_merge_requests_count subscribed priority is_project_label archived",
        ),
        (
            "/groups/group/labels?with_counts=true".to_owned(),
            "id name color text_color description description_html open_issues_count closed_issues_count \
             open_merge_requests_count subscribed archived",
        ),
        (
            format!("{pairing}/issues/1/notes"),
            "id body author created_at updated_at system noteable_id noteable_type noteable_iid project_id resolvable \
             confidential internal imported imported_from",
        ),
        (format!("{pairing}/issues/1/discussions"), "id individual_note notes"),
        (
            format!("{pairing}/issues/1/resource_label_events"),
            "id user created_at resource_type resource_id label action",
        ),
        (
            format!("{pairing}/milestones"),
            "id iid project_id title description due_date start_date state updated_at created_at expired",
        ),
    ] {
        let got = ask(&sandbox, "bot", "GET", &path, "").await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        let answer = got.json();
        let keys = object_keys(&answer);
        for key in wanted.split_whitespace() {
            assert!(keys.contains(&key), "{path} lacks {key}: {}", got.text);
        }
    }
    for path in ["repository/files/README.md/raw?ref=main".to_owned(), format!("repository/blobs/{blob}/raw")] {
        assert_eq!(ask(&sandbox, "bot", "GET", &format!("{open}/{path}"), "").await.text, "# Open\n", "{path}");
    }
}
