use serde_json::json;

use super::requests::{PAIRING_GROUP as GROUP, ask, sandbox};
use crate::world::{Tier, Visibility};

#[tokio::test]
async fn a_group_is_found_by_path_and_number_and_hidden_ones_are_not_there() {
    let sandbox = sandbox();
    let shown = ask(&sandbox, "", "GET", GROUP, "").await;
    let id = shown.json()["id"].as_u64().unwrap();
    assert_eq!(
        (shown.status, &shown.json()["full_path"], &shown.json()["visibility"]),
        (200, &json!("group"), &json!("public"))
    );
    assert_eq!(ask(&sandbox, "", "GET", &format!("/groups/{id}"), "").await.json(), shown.json());
    sandbox.change_world(|world| {
        let project = world.add_project("secret/sub/project", Visibility::Private);
        let bot = world.user_by_username("bot").unwrap().id;
        world.add_member(project, bot, 20);
    });
    for (token, status) in [("", 404), ("stranger", 404), ("bot", 200)] {
        let got = ask(&sandbox, token, "GET", "/groups/secret%2Fsub", "").await;
        assert_eq!(got.status, status, "{token}: {}", got.text);
    }
    let gone = ask(&sandbox, "bot", "GET", "/groups/none", "").await;
    assert_eq!((gone.status, gone.json()), (404, json!({ "message": "404 Group Not Found" })));
    assert_eq!(ask(&sandbox, "owner", "POST", &format!("{GROUP}/labels"), "name=x&color=red").await.status, 403);
}

#[tokio::test]
async fn labels_of_a_group_are_listed_and_searched() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        world.add_project("group/sub/x", Visibility::Public);
        world.add_group_label("group/sub", "Zed", "#112233", "");
        let open = world.project_by_path("group/open").unwrap().id;
        world.add_label(open, "of a project", "#112233", "");
    });
    let list = async |path: &str, query: &str| {
        let got = ask(&sandbox, "stranger", "GET", &format!("/groups/{path}/labels?{query}"), "").await;
        assert_eq!(got.status, 200, "{}", got.text);
        got.field_of_each("name")
    };
    assert_eq!(list("group", "").await, ["shared"]);
    assert_eq!(list("group", "only_group_labels=false").await, ["of a project", "shared"]);
    assert_eq!(list("group%2Fsub", "").await, ["shared", "Zed"]);
    assert_eq!(list("group%2Fsub", "include_ancestor_groups=false").await, ["Zed"]);
    assert_eq!(list("group%2Fsub", "search=SECULAR").await, ["shared"]);
    assert_eq!(list("group%2Fsub", "per_page=1&page=2").await, ["Zed"]);
    let one = ask(&sandbox, "dev", "GET", &format!("{GROUP}/labels/shared"), "").await;
    assert_eq!((one.status, one.json().get("is_project_label")), (200, None));
    assert_eq!(ask(&sandbox, "dev", "GET", &format!("{GROUP}/labels/Shared"), "").await.status, 404);
}

#[tokio::test]
async fn epics_are_there_from_premium_on() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let group = world.group_by_path("group").unwrap().id;
        world.add_epic(group, 41, "Pods", true);
        world.add_epic(group, 7, "Secret", false);
        world.groups.get_mut(&group).unwrap().epics.get_mut(&7).unwrap().confidential = true;
    });
    let epic = ask(&sandbox, "bot", "GET", &format!("{GROUP}/epics/41"), "").await;
    assert_eq!((epic.status, &epic.json()["state"], &epic.json()["title"]), (200, &json!("opened"), &json!("Pods")));
    assert_eq!(epic.json()["web_url"], "http://127.0.0.1/groups/group/-/epics/41");
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{GROUP}/epics"), "").await.field_of_each("iid"), [json!(41)]);
    for iid in ["7", "42", "x"] {
        assert_eq!(ask(&sandbox, "bot", "GET", &format!("{GROUP}/epics/{iid}"), "").await.status, 404, "{iid}");
    }
    sandbox.change_world(|world| world.tier = Tier::Free);
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{GROUP}/epics/41"), "").await.status, 403);
}

#[tokio::test]
async fn an_epic_is_made_whole_or_not_at_all() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let (group, dev) = (world.group_by_path("group").unwrap().id, world.user_by_username("dev").unwrap().id);
        world.add_group_member(group, dev, 30);
    });
    let epics = format!("{GROUP}/epics");
    for wrong in ["title=T&start_date_fixed=soon", "title=T&state_event=burn", "labels=x"] {
        assert_eq!(ask(&sandbox, "dev", "POST", &epics, wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(ask(&sandbox, "dev", "GET", &epics, "").await.text, "[]");
    ask(&sandbox, "dev", "POST", &epics, "title=First&labels=x&start_date_fixed=2026-11-30").await;
    ask(&sandbox, "dev", "POST", &epics, "title=Second&description=An apple").await;
    let listed =
        async |query: &str| ask(&sandbox, "dev", "GET", &format!("{epics}?{query}"), "").await.field_of_each("title");
    assert_eq!(listed("").await, ["Second", "First"], "the newest first");
    assert_eq!(listed("sort=asc").await, ["First", "Second"]);
    assert_eq!(listed("search=APPLE").await, ["Second"]);
    assert_eq!(listed("labels=x").await, ["First"]);
    let closed = ask(&sandbox, "dev", "PUT", &format!("{epics}/1"), "state_event=close&start_date_fixed=").await.json();
    assert_eq!(
        (&closed["state"], &closed["start_date"], &closed["labels"]),
        (&json!("closed"), &json!(null), &json!(["x"]))
    );
    assert_eq!(listed("state=opened").await, ["Second"]);
    let emoji = format!("{epics}/2/award_emoji");
    assert_eq!(ask(&sandbox, "dev", "POST", &emoji, "name=thumbsup").await.status, 201);
    assert_eq!(ask(&sandbox, "dev", "GET", &format!("{epics}/2"), "").await.json()["upvotes"], 1);
}

#[tokio::test]
async fn roles_are_inherited_from_the_groups_above() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let (group, user) = (world.group_by_path("group").unwrap().id, world.user_by_username("stranger").unwrap().id);
        world.add_group_member(group, user, 40);
    });
    let members = async |path: &str| ask(&sandbox, "stranger", "GET", path, "").await.field_of_each("username");
    assert!(members("/projects/group%2Fpairing/members/all").await.contains(&json!("stranger")));
    assert!(!members("/projects/group%2Fpairing/members").await.contains(&json!("stranger")));
    assert_eq!(members("/groups/group/members").await, ["stranger"]);
}

#[tokio::test]
async fn merge_requests_templates_and_blocked_users_answer() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let (open, dev) = (world.project_by_path("group/open").unwrap().id, world.user_by_username("dev").unwrap().id);
        world.add_merge_request(open, dev, "A change", "merged");
        world.add_file(open, "main", ".gitlab/issue_templates/Pairing.md", "## Who\n");
        world.set_user_state(dev, "blocked");
    });
    let merged = ask(&sandbox, "", "GET", "/projects/group%2Fopen/merge_requests/1", "").await;
    assert_eq!((merged.status, &merged.json()["state"]), (200, &json!("merged")));
    assert_eq!(ask(&sandbox, "", "GET", "/projects/group%2Fopen/merge_requests/2", "").await.status, 404);
    assert_eq!(
        ask(&sandbox, "", "GET", "/projects/group%2Fopen/templates/issues", "").await.field_of_each("key"),
        ["Pairing"]
    );
    let template = ask(&sandbox, "", "GET", "/projects/group%2Fopen/templates/issues/Pairing", "").await;
    assert_eq!(template.json()["content"], "## Who\n");
    // A list has no blocked people in it; asked for by number, they are there.
    assert_eq!(ask(&sandbox, "bot", "GET", "/users?username=dev", "").await.json(), json!([]));
    let id = sandbox.world().user_by_username("dev").unwrap().id;
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("/users/{id}"), "").await.json()["state"], "blocked");
}
