use serde_json::json;

use super::requests::{ISSUES, ask, ask_json, open_issue, sandbox};

const PAIRING_PROJECT: &str = "/projects/group%2Fpairing";

#[tokio::test]
async fn row_46_a_moved_project_redirects_readers() {
    let sandbox = sandbox();
    let id = sandbox.world().project_by_path("group/pairing").unwrap().id;
    assert_eq!(ask(&sandbox, "dev", "PUT", PAIRING_PROJECT, "path=renamed").await.status, 403);
    let renamed = ask(&sandbox, "keeper", "PUT", PAIRING_PROJECT, "path=renamed").await.json();
    assert_eq!(renamed["path_with_namespace"], "group/renamed");
    let got = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1?x=1"), "").await;
    let to = format!("http://127.0.0.1/api/v4/projects/{id}/issues/1?x=1");
    assert_eq!((got.status, got.header("location")), (301, to.as_str()));
    assert_eq!(got.text, format!("This resource has been moved permanently to {to}"));
    assert!(got.header("content-type").starts_with("text/plain"));
    assert!(!to.contains("renamed"), "by its number");
    assert_eq!(ask(&sandbox, "stranger", "GET", PAIRING_PROJECT, "").await.status, 404);
}

#[tokio::test]
async fn row_47_a_moved_project_refuses_writers() {
    let sandbox = sandbox();
    ask(&sandbox, "keeper", "PUT", PAIRING_PROJECT, "path=renamed").await;
    for (method, path) in [("POST", ISSUES), ("PUT", PAIRING_PROJECT), ("DELETE", PAIRING_PROJECT)] {
        let got = ask(&sandbox, "owner", method, path, "title=T").await;
        assert_eq!((got.status, got.header("location")), (405, "(none)"), "{method}");
        assert!(got.text.contains("Non GET methods are not allowed for moved projects"));
    }
}

/// The exact body stands in no document; it is the one that a role that does not suffice is answered with.
#[tokio::test]
async fn row_48_archived_and_without_issues_nobody_writes() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    let closed = async |seen: u16| {
        let got = ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), "title=U").await;
        assert_eq!((got.status, got.json()), (403, json!({"message": "403 Forbidden"})));
        assert_eq!(ask(&sandbox, "bot", "POST", ISSUES, "title=U").await.status, 403);
        assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.status, seen);
    };
    assert_eq!(
        ask(&sandbox, "owner", "POST", &format!("{PAIRING_PROJECT}/archive"), "").await.json()["archived"],
        true
    );
    closed(200).await;
    assert_eq!(
        ask(&sandbox, "owner", "POST", &format!("{PAIRING_PROJECT}/unarchive"), "").await.json()["archived"],
        false
    );
    ask(&sandbox, "owner", "PUT", PAIRING_PROJECT, "issues_access_level=disabled").await;
    // Where there are no issues, none is found.
    closed(404).await;
    assert_eq!(ask(&sandbox, "bot", "GET", PAIRING_PROJECT, "").await.json()["issues_enabled"], false);
}

#[tokio::test]
async fn files_are_read_written_and_listed() {
    let sandbox = sandbox();
    let file = "/projects/group%2Fopen/repository/files/docs%2Fpage.md";
    let body = json!({"branch": "main", "content": "né\n", "commit_message": "add"});
    assert_eq!(ask_json(&sandbox, "bot", "POST", file, &body).await.status, 403);
    assert_eq!(ask_json(&sandbox, "dev", "POST", file, &body).await.status, 201);
    assert_eq!(ask_json(&sandbox, "dev", "POST", file, &body).await.status, 400);
    let got = ask(&sandbox, "", "GET", &format!("{file}?ref=main"), "").await.json();
    assert_eq!((&got["content"], &got["size"], &got["file_name"]), (&json!("bsOpCg=="), &json!(4), &json!("page.md")));
    let head = ask(&sandbox, "", "HEAD", &format!("{file}?ref=HEAD"), "").await;
    assert_eq!((head.status, head.text.as_str(), head.header("x-gitlab-size")), (200, "", "4"));
    assert_eq!(head.header("x-gitlab-content-sha256"), got["content_sha256"]);
    assert_eq!(head.header("x-gitlab-file-path"), "docs/page.md");
    let base64 = json!({"branch": "main", "content": "bsOpCg==", "encoding": "base64", "commit_message": "same"});
    assert_eq!(ask_json(&sandbox, "dev", "PUT", file, &base64).await.status, 200);
    assert_eq!(ask(&sandbox, "", "GET", &format!("{file}/raw"), "").await.text, "né\n");
    for (missing, said) in
        [("page.md/raw?ref=gone", "404 Commit Not Found"), ("no.md/raw?ref=main", "404 File Not Found")]
    {
        let got =
            ask(&sandbox, "", "GET", &format!("/projects/group%2Fopen/repository/files/docs%2F{missing}"), "").await;
        assert_eq!((got.status, &got.json()["message"]), (404, &json!(said)));
    }
    let tree = ask(&sandbox, "", "GET", "/projects/group%2Fopen/repository/tree", "").await;
    assert_eq!(tree.field_of_each("path"), ["docs", "README.md"]);
    assert_eq!(tree.field_of_each("type"), ["tree", "blob"]);
    assert_eq!(ask(&sandbox, "", "GET", "/projects/group%2Fopen/repository/tree?path=none", "").await.status, 404);
    let gone = ask(&sandbox, "dev", "DELETE", &format!("{file}?branch=main&commit_message=away"), "").await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
}

#[tokio::test]
async fn users_members_tokens_and_the_version_answer() {
    let sandbox = sandbox();
    let found = ask(&sandbox, "bot", "GET", "/users?username=DEV", "").await;
    assert_eq!(found.field_of_each("username"), ["dev"]);
    let id = found.json()[0]["id"].as_u64().unwrap();
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("/users/{id}"), "").await.json()["username"], "dev");
    assert_eq!(ask(&sandbox, "bot", "GET", "/users/999", "").await.status, 404);
    let members = ask(&sandbox, "bot", "GET", &format!("{PAIRING_PROJECT}/members/all"), "").await;
    assert_eq!(members.field_of_each("access_level"), [20, 10, 30, 40, 50]);
    let own = ask(&sandbox, "bot", "GET", "/personal_access_tokens/self", "").await.json();
    assert_eq!((&own["name"], &own["active"], &own["expires_at"]), (&json!("bot"), &json!(true), &json!(null)));
    assert_eq!(ask(&sandbox, "", "GET", "/personal_access_tokens/self", "").await.status, 401);
    for path in ["/version", "/metadata"] {
        assert_eq!(ask(&sandbox, "bot", "GET", path, "").await.json()["enterprise"], true);
    }
    assert_eq!(ask(&sandbox, "bot", "GET", "/nothing/here", "").await.status, 404);
}

#[tokio::test]
async fn a_project_can_be_made() {
    let sandbox = sandbox();
    let made = ask_json(&sandbox, "dev", "POST", "/projects", &json!({"name": "My Things"})).await;
    assert_eq!((made.status, &made.json()["path_with_namespace"]), (201, &json!("dev/my-things")));
    assert_eq!(made.json()["visibility"], "private");
    assert_eq!(ask_json(&sandbox, "dev", "POST", "/projects", &json!({"name": "My Things"})).await.status, 400);
    assert_eq!(ask_json(&sandbox, "", "POST", "/projects", &json!({"name": "x"})).await.status, 401);
}

#[tokio::test]
async fn a_blocked_user_is_kept_out() {
    let sandbox = sandbox();
    let bot = sandbox.world().user_by_username("bot").unwrap().id;
    sandbox.change_world(|world| world.users.get_mut(&bot).unwrap().state = "blocked".to_owned());
    assert_eq!(ask(&sandbox, "bot", "GET", "/user", "").await.status, 403);
}

/// `lib/api/entities/project_with_access.rb`: the role in the project itself, and the highest in the groups above it.
#[tokio::test]
async fn a_project_tells_whoever_asks_what_they_may() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let group = world.group_by_path("group").unwrap().id;
        let stranger = world.user_by_username("stranger").unwrap().id;
        let guest = world.user_by_username("guest").unwrap().id;
        world.add_group_member(group, stranger, 30);
        world.add_group_member(group, guest, 20);
    });
    let of = async |who: &str, path: &str| {
        let got = ask(&sandbox, who, "GET", path, "").await.json()["permissions"].clone();
        let role = |key: &str| got[key]["access_level"].as_u64();
        (role("project_access"), role("group_access"), got.is_null())
    };
    let pairing = "/projects/group%2Fpairing";
    assert_eq!(of("bot", pairing).await, (Some(20), None, false));
    assert_eq!(of("stranger", pairing).await, (None, Some(30), false));
    assert_eq!(of("guest", pairing).await, (Some(10), Some(20), false));
    assert_eq!(of("", "/projects/group%2Fopen").await, (None, None, true), "nobody is told of nobody");
    let own = ask(&sandbox, "dev", "POST", "/projects", "name=mine").await.json()["id"].clone();
    assert_eq!(of("dev", &format!("/projects/{own}")).await, (Some(50), None, false));
}
