//! What people do in GitLab's pages, done over HTTP by whoever looks from outside.

use serde_json::{Value, json};

use super::{World, get, post, staged_sandbox};

#[tokio::test]
async fn issues_are_saved_stripped_and_locked_by_name() {
    let sandbox = staged_sandbox();
    let world = sandbox.world();
    let project = world.project_by_path("group/tasks").unwrap().id;
    let iid = *world.projects[&project].issues.keys().next().unwrap();
    sandbox.change_world(|world| {
        world.issue_mut(project, iid).unwrap().description = Some("<!-- key -->\n- a".to_owned());
    });
    let verb = async |verb: &str| {
        let body = json!({ "project": "group/tasks", "iid": iid, "verb": verb });
        assert_eq!(post(&sandbox, "/-/world/issue", &body).await, 200, "{verb}");
        sandbox.world().issue(project, iid).unwrap().clone()
    };
    assert_eq!(verb("rich_text").await.description.as_deref(), Some("<!--key-->\n\n* a"));
    assert_eq!(verb("without_comments").await.description.as_deref(), Some("\n\n* a"));
    assert!(verb("lock").await.locked);
    assert!(!verb("unlock").await.locked);
    let person = sandbox.world().tokens["person"].user;
    let last = verb("lock").await.notes.into_values().next_back().unwrap();
    assert_eq!((last.author, last.system), (person, true), "a person did it");
    for (body, status) in [
        (json!({ "project": project, "iid": iid, "verb": "burn" }), 400),
        (json!({ "project": project, "iid": 999, "verb": "lock" }), 404),
        (json!({ "project": "group/none", "iid": iid, "verb": "lock" }), 404),
        (json!({ "project": project, "iid": iid, "verb": "lock", "username": "nobody" }), 404),
        (json!({ "project": project, "verb": "lock" }), 400),
        (json!({ "iid": iid, "verb": "lock" }), 400),
    ] {
        assert_eq!(post(&sandbox, "/-/world/issue", &body).await, status, "{body}");
    }
    assert_eq!(sandbox.journal(), []);
}

#[tokio::test]
async fn the_world_starts_anew() {
    let sandbox = staged_sandbox();
    let start = sandbox.world();
    let opened = json!({ "project": "group/tasks", "count": 3 });
    assert_eq!(post(&sandbox, "/-/world/issues", &opened).await, 200);
    let project = start.project_by_path("group/tasks").unwrap().id;
    let issues = |world: &World| world.projects[&project].issues.len();
    assert_eq!(issues(&sandbox.world()), issues(&start) + 3);
    assert_eq!(post(&sandbox, "/-/world/issues", &json!({ "project": "group/tasks", "count": "all" })).await, 400);
    assert_eq!(post(&sandbox, "/-/world/fault", &json!({ "tier": "free", "moved": "null" })).await, 200);
    assert_ne!(sandbox.world(), start);
    assert_eq!(post(&sandbox, "/-/world/reset", &json!({})).await, 200);
    assert_eq!(sandbox.world(), start);
}

#[tokio::test]
async fn roles_labels_and_tokens_are_changed_by_name() {
    let sandbox = staged_sandbox();
    let world = sandbox.world();
    let project = world.project_by_path("group/tasks").unwrap().id;
    let role = json!({ "username": "ines", "project": "group/tasks", "role": 10 });
    assert_eq!(post(&sandbox, "/-/world/role", &role).await, 200);
    let ines = world.user_by_username("ines").unwrap().id;
    assert_eq!(sandbox.world().projects[&project].members[&ines], 10);
    for (body, status) in [
        (json!({ "username": "ines", "project": project, "role": 11 }), 400),
        (json!({ "username": "nobody", "project": project, "role": 10 }), 404),
        (json!({ "username": "ines", "project": project }), 400),
    ] {
        assert_eq!(post(&sandbox, "/-/world/role", &body).await, status, "{body}");
    }

    let archived = json!({ "project": project, "name": "type::bug", "archived": true });
    assert_eq!(post(&sandbox, "/-/world/label", &archived).await, 200);
    let world = sandbox.world();
    let labels = world.available_labels(&world.projects[&project]);
    assert!(labels.iter().filter(|label| label.name == "type::bug").all(|label| label.archived));
    let unknown = json!({ "project": project, "name": "none", "archived": true });
    assert_eq!(post(&sandbox, "/-/world/label", &unknown).await, 404);
    assert_eq!(post(&sandbox, "/-/world/label", &json!({ "project": project, "name": "type::bug" })).await, 400);

    let old = world.tokens["api"].clone();
    assert_eq!(post(&sandbox, "/-/world/token", &json!({ "name": "api", "renew": true, "ghost": false })).await, 200);
    let world = sandbox.world();
    assert_eq!(world.users[&old.user].state, "blocked");
    let reported: Value = serde_json::from_str(&get(&sandbox, "/-/sandbox").await.1).unwrap();
    assert_eq!(reported["tokens"]["api"], json!(world.tokens["api"].value));
    assert_ne!(world.tokens["api"].value, old.value);
    assert_eq!(post(&sandbox, "/-/world/token", &json!({ "name": "none", "renew": true })).await, 404);
    assert_eq!(sandbox.journal(), []);
}

#[tokio::test]
async fn what_the_box_does_not_keep_is_passed_over_only_where_that_is_wanted() {
    let sandbox = staged_sandbox();
    let open = || async {
        let token = "private_token=glpat-sandbox-person-no-secret";
        post(&sandbox, &format!("/api/v4/projects/group%2Ftasks/issues?{token}"), &json!({"title": "T", "health": 1}))
            .await
    };
    let before = sandbox.world();
    assert_eq!(open().await, 400);
    assert_eq!(sandbox.world(), before);
    assert_eq!(post(&sandbox, "/-/world/fault", &json!({"accept_unread_parameters": true})).await, 200);
    assert_eq!(open().await, 201);
}
