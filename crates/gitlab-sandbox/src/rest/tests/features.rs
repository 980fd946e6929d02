//! Parts of projects that are switched off or for members only, and what of a project is shown to whom.

use serde_json::json;

use super::requests::{ask, open_issue, sandbox};

const OPEN_PROJECT: &str = "/projects/group%2Fopen";

#[tokio::test]
async fn a_part_is_for_everybody_for_members_or_for_nobody() {
    let sandbox = sandbox();
    let parts = [("issues", "issues", 200), ("repository", "repository/tree", 403), ("wiki", "wikis", 403)];
    for (part, path, hidden) in parts {
        let path = format!("{OPEN_PROJECT}/{path}");
        let seen = async |who: &str| ask(&sandbox, who, "GET", &path, "").await.status;
        let switch = async |level: &str| {
            let set = ask(&sandbox, "keeper", "PUT", OPEN_PROJECT, &format!("{part}_access_level={level}")).await;
            assert_eq!((set.status, &set.json()[format!("{part}_access_level")]), (200, &json!(level)));
        };
        assert_eq!((seen("dev").await, seen("").await), (200, 200), "{part}");
        switch("private").await;
        assert_eq!((seen("dev").await, seen("").await), (200, hidden), "{part}");
        switch("disabled").await;
        assert_eq!(seen("dev").await, hidden, "{part}");
        switch("enabled").await;
        assert_eq!(seen("").await, 200, "{part}");
    }
    assert_eq!(ask(&sandbox, "keeper", "PUT", OPEN_PROJECT, "wiki_access_level=some").await.status, 400);
}

#[tokio::test]
async fn a_group_shows_its_projects_as_each_shows_itself() {
    let sandbox = sandbox();
    ask(&sandbox, "keeper", "PUT", OPEN_PROJECT, "wiki_access_level=private").await;
    for who in ["dev", ""] {
        let group = ask(&sandbox, who, "GET", "/groups/group", "").await.json();
        let mut shown = group["projects"].as_array().unwrap().iter();
        let shown = shown.find(|one| one["path_with_namespace"] == "group/open").unwrap();
        assert_eq!(*shown, ask(&sandbox, who, "GET", OPEN_PROJECT, "").await.json(), "{who}");
    }
}

#[tokio::test]
async fn issues_of_members_are_not_listed_to_others() {
    let sandbox = sandbox();
    ask(&sandbox, "dev", "POST", &format!("{OPEN_PROJECT}/issues"), "title=T").await;
    ask(&sandbox, "keeper", "PUT", OPEN_PROJECT, "issues_access_level=private").await;
    assert_eq!(ask(&sandbox, "stranger", "GET", &format!("{OPEN_PROJECT}/issues"), "").await.text, "[]");
    assert_eq!(ask(&sandbox, "stranger", "GET", &format!("{OPEN_PROJECT}/issues/1"), "").await.status, 404);
    assert_eq!(ask(&sandbox, "stranger", "POST", &format!("{OPEN_PROJECT}/issues"), "title=T").await.status, 403);
    assert_eq!(ask(&sandbox, "dev", "GET", &format!("{OPEN_PROJECT}/issues"), "").await.field_of_each("iid"), [1]);
}

#[tokio::test]
async fn a_project_tells_nobody_its_switches_and_guests_nothing_of_code() {
    let sandbox = sandbox();
    let anonymous = ask(&sandbox, "", "GET", OPEN_PROJECT, "").await.json();
    assert_eq!(anonymous["default_branch"], "main");
    for key in ["archived", "issues_enabled", "marked_for_deletion_on", "permissions", "empty_repo"] {
        assert_eq!(anonymous.get(key), None, "{key}");
    }
    let guest = ask(&sandbox, "guest", "GET", "/projects/group%2Fpairing", "").await.json();
    assert_eq!((guest.get("default_branch"), &guest["archived"]), (None, &json!(false)));
}

#[tokio::test]
async fn planners_read_code_and_guests_do_not() {
    let sandbox = sandbox();
    let tree = "/projects/group%2Fpairing/repository/tree";
    for (role, status) in [(10, 403), (15, 200)] {
        sandbox.change_world(|world| {
            let project = world.project_by_path("group/pairing").unwrap().id;
            world.set_project_role("stranger", project, role).unwrap();
        });
        assert_eq!(ask(&sandbox, "stranger", "GET", tree, "").await.status, status, "{role}");
    }
}

#[tokio::test]
async fn labels_milestones_links_events_and_notes_are_for_those_who_are_signed_in() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    for path in
        ["labels", "labels/own", "milestones", "issues/1/links", "issues/1/resource_label_events", "issues/1/notes"]
    {
        for project in ["group%2Fopen", "group%2Fpairing", "group%2Fnothing"] {
            let got = ask(&sandbox, "", "GET", &format!("/projects/{project}/{path}"), "").await;
            assert_eq!((got.status, got.json()), (401, json!({ "message": "401 Unauthorized" })), "{project} {path}");
        }
    }
    assert_eq!(ask(&sandbox, "", "GET", "/users/1", "").await.status, 403);
}

#[tokio::test]
async fn the_wiki_has_the_pages_that_were_written() {
    let sandbox = sandbox();
    let wikis = format!("{OPEN_PROJECT}/wikis");
    assert_eq!(ask(&sandbox, "guest", "POST", &wikis, "title=How to&content=So").await.status, 403);
    let made = ask(&sandbox, "dev", "POST", &wikis, "title=How to&content=So").await;
    assert_eq!((made.status, &made.json()["slug"]), (201, &json!("How-to")));
    assert_eq!(ask(&sandbox, "", "GET", &format!("{wikis}/How-to"), "").await.json()["content"], "So");
    assert_eq!(ask(&sandbox, "", "GET", &format!("{wikis}/none"), "").await.status, 404);
    assert_eq!(ask(&sandbox, "", "GET", &wikis, "").await.json()[0].get("content"), None);
}
