//! Projects that are marked for deletion (`app/services/projects/mark_for_deletion_service.rb`).

use serde_json::json;

use super::requests::{ask, ask_json, sandbox};

const PAIRING_PROJECT: &str = "/projects/group%2Fpairing";

#[tokio::test]
async fn a_marked_project_is_read_only_under_another_name_until_it_is_restored() {
    let sandbox = sandbox();
    let id = sandbox.world().project_by_path("group/pairing").unwrap().id;
    let by_number = format!("/projects/{id}");
    assert_eq!(ask(&sandbox, "keeper", "DELETE", PAIRING_PROJECT, "").await.status, 403);
    let gone = ask(&sandbox, "owner", "DELETE", PAIRING_PROJECT, "").await;
    assert_eq!((gone.status, gone.json()), (202, json!({ "message": "202 Accepted" })));
    let marked = ask(&sandbox, "bot", "GET", &by_number, "").await.json();
    assert_eq!(marked["path"], json!(format!("pairing-deletion_scheduled-{id}")));
    assert_eq!(marked["name"], marked["path"]);
    assert_eq!((&marked["archived"], &marked["marked_for_deletion_on"]), (&json!(true), &json!("2026-11-23")));
    let old = ask(&sandbox, "bot", "GET", PAIRING_PROJECT, "").await;
    assert_eq!((old.status, old.header("location").ends_with(&by_number)), (301, true), "readers are led on");
    assert_eq!(ask(&sandbox, "owner", "POST", &format!("{by_number}/issues"), "title=T").await.status, 403);
    assert_eq!(ask(&sandbox, "owner", "DELETE", &by_number, "").await.status, 400, "it is marked already");

    assert_eq!(ask(&sandbox, "keeper", "POST", &format!("{by_number}/restore"), "").await.status, 403);
    let back = ask(&sandbox, "owner", "POST", &format!("{by_number}/restore"), "").await;
    assert_eq!((back.status, &back.json()["path_with_namespace"]), (201, &json!("group/pairing")));
    assert_eq!((&back.json()["archived"], &back.json()["marked_for_deletion_on"]), (&json!(false), &json!(null)));
    assert_eq!(ask(&sandbox, "bot", "POST", &format!("{PAIRING_PROJECT}/issues"), "title=T").await.status, 201);
    assert_eq!(ask(&sandbox, "owner", "POST", &format!("{by_number}/restore"), "").await.status, 400);
}

#[tokio::test]
async fn a_marked_project_goes_at_once_when_its_whole_path_is_named() {
    let sandbox = sandbox();
    let id = sandbox.world().project_by_path("group/pairing").unwrap().id;
    let by_number = format!("/projects/{id}");
    let now = json!({ "permanently_remove": true, "full_path": "group/pairing" });
    assert_eq!(ask_json(&sandbox, "owner", "DELETE", &by_number, &now).await.status, 400, "it has to be marked first");
    ask(&sandbox, "owner", "DELETE", &by_number, "").await;
    assert_eq!(ask_json(&sandbox, "owner", "DELETE", &by_number, &now).await.status, 400, "this is not its path now");
    let path = format!("group/pairing-deletion_scheduled-{id}");
    let now = json!({ "permanently_remove": true, "full_path": path });
    assert_eq!(ask_json(&sandbox, "owner", "DELETE", &by_number, &now).await.status, 202);
    assert_eq!(ask(&sandbox, "owner", "GET", &by_number, "").await.status, 404);
}

#[tokio::test]
async fn a_path_that_was_taken_meanwhile_stays_with_who_took_it() {
    let sandbox = sandbox();
    let id = sandbox.world().project_by_path("group/pairing").unwrap().id;
    sandbox.change_world(|world| {
        world.mark_project_for_deletion(id).unwrap();
        world.add_project("group/pairing", crate::world::Visibility::Public);
    });
    let back = ask(&sandbox, "owner", "POST", &format!("/projects/{id}/restore"), "").await.json();
    assert_eq!(back["path_with_namespace"], json!(format!("group/pairing-{id}")));
}

#[tokio::test]
async fn what_is_below_an_archived_group_is_read_only() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let (group, owner) = (world.group_by_path("group").unwrap().id, world.user_by_username("owner").unwrap().id);
        world.add_group_member(group, owner, 50);
    });
    assert_eq!(ask(&sandbox, "dev", "POST", "/groups/group/archive", "").await.status, 403);
    assert_eq!(ask(&sandbox, "owner", "POST", "/groups/group/archive", "").await.json()["archived"], true);
    assert_eq!(
        ask(&sandbox, "bot", "GET", PAIRING_PROJECT, "").await.json()["archived"],
        false,
        "the project itself is not"
    );
    assert_eq!(ask(&sandbox, "owner", "POST", &format!("{PAIRING_PROJECT}/issues"), "title=T").await.status, 403);
    ask(&sandbox, "owner", "POST", "/groups/group/unarchive", "").await;
    assert_eq!(ask(&sandbox, "owner", "POST", &format!("{PAIRING_PROJECT}/issues"), "title=T").await.status, 201);
}
