//! Who may not: reading tokens, people without a role, archived projects; and what is written is in the journal.

use serde_json::{Value, json};

use super::requests::{ISSUES, ask, ask_json, open_issue, sandbox};

/// Writes below `group/pairing`, with bodies that a maintainer could send.
const WRITE_REQUESTS: [(&str, &str, &str); 15] = [
    ("POST", "repository/branches", "branch=x&ref=main"),
    ("POST", "repository/files/new", "branch=main&content=x&commit_message=m"),
    ("DELETE", "repository/branches/other", ""),
    ("POST", "merge_requests", "source_branch=other&target_branch=main&title=T"),
    ("PUT", "merge_requests/1/merge", ""),
    ("PUT", "merge_requests/1", "title=U"),
    ("POST", "milestones", "title=M"),
    ("POST", "members", "user_id=1&access_level=10"),
    ("POST", "pipeline_schedules", "description=d&ref=main&cron=0 6 * * 1"),
    ("POST", "protected_branches", "name=main"),
    ("POST", "labels", "name=new&color=red"),
    ("PUT", "labels/pod::a/promote", ""),
    ("POST", "issues/1/discussions", "body=x"),
    ("POST", "issues/1/award_emoji", "name=tractor"),
    ("DELETE", "", ""),
];

#[tokio::test]
async fn nobody_writes_who_may_not() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/pairing").unwrap().id;
        let dev = world.user_by_username("dev").unwrap().id;
        world.projects.get_mut(&project).unwrap().create_branch("other", "main").unwrap();
        world.add_merge_request(project, dev, "A change", "opened");
    });
    let before = sandbox.world();
    for (method, path, form) in WRITE_REQUESTS {
        let path = format!("/projects/group%2Fpairing/{path}");
        let path = path.trim_end_matches('/');
        // Nobody is refused before anything else is looked at, but for code (`lib/api/files.rb`, `branches.rb`).
        let nobody = if path.contains("/repository/") { 404 } else { 401 };
        for (who, status) in [("", nobody), ("stranger", 404), ("read_api", 403), ("read_repository", 403)] {
            let got = ask(&sandbox, who, method, path, form).await;
            assert_eq!(got.status, status, "{who} {method} {path}: {}", got.text);
        }
    }
    assert_eq!(sandbox.world(), before);
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/pairing").unwrap().id;
        world.projects.get_mut(&project).unwrap().archived = true;
    });
    let archived = sandbox.world();
    for (method, path, form) in WRITE_REQUESTS.iter().filter(|(method, path, _)| (*method, *path) != ("DELETE", "")) {
        let got = ask(&sandbox, "owner", method, &format!("/projects/group%2Fpairing/{path}"), form).await;
        assert_eq!((got.status, got.json()), (403, json!({ "message": "403 Forbidden" })), "{method} {path}");
    }
    assert_eq!(sandbox.world(), archived);
    let writes = WRITE_REQUESTS.len() * 4 + (WRITE_REQUESTS.len() - 1) + 1;
    assert_eq!(sandbox.journal().len(), writes, "a write that was refused was received all the same");
}

#[tokio::test]
async fn a_guest_or_reporter_does_not_push_plan_or_manage() {
    let sandbox = sandbox();
    let pairing = "/projects/group%2Fpairing";
    for (who, method, path, form) in [
        ("guest", "POST", "milestones", "title=M"),
        ("guest", "POST", "labels", "name=new&color=red"),
        ("bot", "POST", "repository/branches", "branch=x&ref=main"),
        ("bot", "POST", "merge_requests", "source_branch=main&target_branch=main&title=T"),
        ("bot", "POST", "pipeline_schedules", "description=d&ref=main&cron=0 6 * * 1"),
        ("dev", "POST", "members", "user_id=1&access_level=10"),
        ("dev", "POST", "protected_branches", "name=main"),
        ("keeper", "DELETE", "", ""),
        // The role in the group counts for what moves there.
        ("owner", "PUT", "labels/pod::a/promote", ""),
    ] {
        let path = format!("{pairing}/{path}");
        let got = ask(&sandbox, who, method, path.trim_end_matches('/'), form).await;
        assert_eq!(got.status, 403, "{who} {method} {path}: {}", got.text);
    }
}

#[tokio::test]
async fn nobody_gives_a_higher_role_than_their_own() {
    let sandbox = sandbox();
    let stranger = sandbox.world().user_by_username("stranger").unwrap().id;
    let members = "/projects/group%2Fpairing/members";
    let add = async |level: u8| {
        ask(&sandbox, "keeper", "POST", members, &format!("user_id={stranger}&access_level={level}")).await.status
    };
    assert_eq!([add(50).await, add(33).await, add(30).await, add(30).await], [403, 400, 201, 409]);
    let one = format!("{members}/{stranger}");
    assert_eq!(ask(&sandbox, "keeper", "PUT", &one, "access_level=20").await.json()["access_level"], 20);
    assert_eq!(ask(&sandbox, "dev", "DELETE", &one, "").await.status, 403);
    let owner = format!("{members}/{}", sandbox.world().user_by_username("owner").unwrap().id);
    assert_eq!(ask(&sandbox, "keeper", "PUT", &owner, "access_level=10").await.status, 403, "an owner is not theirs");
    assert_eq!(ask(&sandbox, "keeper", "DELETE", &owner, "").await.status, 403);
    assert_eq!(ask(&sandbox, "stranger", "DELETE", &one, "").await.status, 204, "everybody may leave");
    assert_eq!(ask(&sandbox, "stranger", "GET", "/projects/group%2Fpairing", "").await.status, 404);
}

#[tokio::test]
async fn accounts_are_for_administrators_and_so_is_sudo() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let admin = world.add_user("root", "Root");
        world.make_admin(admin);
        world.add_token("root", admin, &["api", "sudo"], None);
        world.add_token("root-api", admin, &["api"], None);
    });
    let body = json!({"name": "N", "username": "new", "email": "n@example.com", "password": "long enough"});
    assert_eq!(ask_json(&sandbox, "owner", "POST", "/users", &body).await.status, 403);
    let made = ask_json(&sandbox, "root", "POST", "/users", &body).await;
    assert_eq!((made.status, &made.json()["email"]), (201, &json!("n@example.com")));
    assert_eq!(ask_json(&sandbox, "root", "POST", "/users", &body).await.status, 409);
    let one = format!("/users/{}", made.json()["id"]);
    assert_eq!(ask(&sandbox, "owner", "GET", &one, "").await.json()["email"], Value::Null);
    for verb in ["block", "ban", "deactivate"] {
        assert_eq!(ask(&sandbox, "owner", "POST", &format!("{one}/{verb}"), "").await.status, 403, "{verb}");
    }
    assert_eq!(ask(&sandbox, "owner", "DELETE", &one, "").await.status, 403);

    assert_eq!(ask(&sandbox, "root", "GET", "/user?sudo=bot", "").await.json()["username"], "bot");
    assert_eq!(ask(&sandbox, "owner", "GET", "/user?sudo=bot", "").await.status, 403);
    assert_eq!(ask(&sandbox, "root-api", "GET", "/user?sudo=bot", "").await.json()["error"], "insufficient_scope");
    assert_eq!(ask(&sandbox, "root", "GET", "/user?sudo=nobody", "").await.status, 404);
    open_issue(&sandbox, "title=T").await;
    let reported = ask(&sandbox, "root", "POST", &format!("{ISSUES}/1/notes?sudo=guest"), "body=hello").await.json();
    assert_eq!(reported["author"]["username"], "guest");
    let guest = sandbox.world().user_by_username("guest").unwrap().id;
    assert_eq!(ask(&sandbox, "root", "DELETE", &format!("/users/{guest}"), "").await.status, 204);
    let notes = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1/notes"), "").await.json();
    assert_eq!(notes[0]["author"]["username"], "ghost", "what somebody wrote stays");
}

#[tokio::test]
async fn groups_are_made_shared_and_taken_away_by_their_owners() {
    let sandbox = sandbox();
    let made = ask_json(&sandbox, "dev", "POST", "/groups", &json!({"name": "Desk", "path": "desk"})).await.json();
    let desk = format!("/groups/{}", made["id"]);
    assert_eq!((&made["full_path"], &made["visibility"]), (&json!("desk"), &json!("private")));
    assert_eq!(ask(&sandbox, "keeper", "GET", &desk, "").await.status, 404);
    let below = json!({"name": "Sub", "path": "sub", "parent_id": made["id"]});
    assert_eq!(ask_json(&sandbox, "keeper", "POST", "/groups", &below).await.status, 404);
    assert_eq!(ask_json(&sandbox, "dev", "POST", "/groups", &below).await.json()["full_path"], "desk/sub");
    let project = json!({"name": "Tools", "namespace_id": made["id"]});
    let tools = ask_json(&sandbox, "dev", "POST", "/projects", &project).await.json();
    assert_eq!(tools["path_with_namespace"], "desk/tools");

    // The members of a group that it is shared with come in, up to the role that was given.
    let other = ask_json(&sandbox, "dev", "POST", "/groups", &json!({"name": "Crew", "path": "crew"})).await.json();
    let keeper = sandbox.world().user_by_username("keeper").unwrap().id;
    let crew = format!("/groups/{}/members", other["id"]);
    ask(&sandbox, "dev", "POST", &crew, &format!("user_id={keeper}&access_level=40")).await;
    let share = format!("group_id={}&group_access=20", other["id"]);
    assert_eq!(ask(&sandbox, "dev", "POST", &format!("{desk}/share"), &share).await.status, 201);
    let id = &tools["id"];
    assert_eq!(ask(&sandbox, "keeper", "GET", &format!("/projects/{id}"), "").await.status, 200);
    assert_eq!(ask(&sandbox, "keeper", "PUT", &format!("/projects/{id}"), "name=Mine").await.status, 403);
    assert_eq!(ask(&sandbox, "keeper", "DELETE", &desk, "").await.status, 403);
    assert_eq!(ask(&sandbox, "dev", "DELETE", &desk, "").await.status, 202);
    for path in [desk, format!("/projects/{id}"), "/groups/desk%2Fsub".to_owned()] {
        assert_eq!(ask(&sandbox, "dev", "GET", &path, "").await.status, 404, "{path}");
    }
}
