use serde_json::{Value, json};

use super::asking::{ask, ask_json, open_issue, sandbox};

/// The keys of an answer, or of the first item of a list.
fn keys(answer: &Value) -> Vec<&str> {
    let one = answer.get(0).unwrap_or(answer);
    one.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The key sets are those of the examples in GitLab's documents; a box may know more keys, never fewer.
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
        let keys = keys(&answer);
        for key in wanted.split_whitespace() {
            assert!(keys.contains(&key), "{path} lacks {key}: {}", got.text);
        }
    }
    for path in ["repository/files/README.md/raw?ref=main".to_owned(), format!("repository/blobs/{blob}/raw")] {
        assert_eq!(ask(&sandbox, "bot", "GET", &format!("{open}/{path}"), "").await.text, "# Open\n", "{path}");
    }
}
