use serde_json::json;

use super::requests::{ISSUES, LABELS, ask, ask_json, open_issue, sandbox};
use crate::world::Tier;

#[tokio::test]
async fn row_17_an_issue_needs_a_title() {
    let got = ask(&sandbox(), "bot", "POST", ISSUES, "description=x").await;
    assert_eq!((got.status, got.json()), (400, json!({"error": "title is missing"})));
}

#[tokio::test]
async fn row_18_too_long_is_400_with_an_object() {
    let sandbox = sandbox();
    let got = ask(&sandbox, "bot", "POST", ISSUES, &format!("title={}", "é".repeat(256))).await;
    assert_eq!(
        (got.status, got.json()),
        (400, json!({"message": {"title": ["is too long (maximum is 255 characters)"]}}))
    );
    let long = format!("title=T&description={}", "x".repeat(1_048_577));
    let got = ask(&sandbox, "bot", "POST", ISSUES, &long).await;
    assert_eq!((got.status, got.json()["message"]["description"].is_array()), (400, true));
    let longest = format!("title={}&description={}", "é".repeat(255), "x".repeat(1_048_576));
    assert_eq!(ask(&sandbox, "bot", "POST", ISSUES, &longest).await.status, 201);
}

#[tokio::test]
async fn row_19_an_unknown_label_is_made() {
    let sandbox = sandbox();
    let made = ask(&sandbox, "bot", "POST", ISSUES, "title=T&labels=brand new").await;
    assert_eq!((made.status, &made.json()["labels"]), (201, &json!(["brand new"])));
    let label = ask(&sandbox, "bot", "GET", &format!("{LABELS}/brand%20new?with_counts=true"), "").await.json();
    assert_eq!((&label["is_project_label"], &label["open_issues_count"]), (&json!(true), &json!(1)));
}

#[tokio::test]
async fn row_20_labels_replace_and_deltas_add_and_remove() {
    let sandbox = sandbox();
    let iid = open_issue(&sandbox, "title=T&labels=pod::a,shared").await;
    let one = format!("{ISSUES}/{iid}");
    let labels = async |form: &str| ask(&sandbox, "bot", "PUT", &one, form).await.json()["labels"].clone();
    assert_eq!(labels("add_labels=x").await, json!(["pod::a", "shared", "x"]));
    assert_eq!(labels("remove_labels=shared,never").await, json!(["pod::a", "x"]));
    assert_eq!(labels("labels=y").await, json!(["y"]));
    assert_eq!(labels("labels=").await, json!([]));
}

#[tokio::test]
async fn row_21_an_empty_due_date_unsets_it() {
    let sandbox = sandbox();
    let iid = open_issue(&sandbox, "title=T&due_date=2026-11-26").await;
    let one = format!("{ISSUES}/{iid}");
    assert_eq!(ask(&sandbox, "bot", "GET", &one, "").await.json()["due_date"], "2026-11-26");
    assert_eq!(ask(&sandbox, "bot", "PUT", &one, "due_date=&milestone_id=0").await.json()["due_date"], json!(null));
    assert_eq!(ask(&sandbox, "bot", "PUT", &one, "due_date=soon").await.status, 400);
    let made = ask(&sandbox, "bot", "POST", "/projects/group%2Fpairing/milestones", "title=M").await.json();
    let with = ask(&sandbox, "bot", "PUT", &one, &format!("milestone_id={}", made["id"])).await.json();
    assert_eq!(with["milestone"]["title"], "M");
    assert_eq!(ask(&sandbox, "bot", "PUT", &one, "milestone_id=0").await.json()["milestone"], json!(null));
}

#[tokio::test]
async fn row_22_state_events_close_and_reopen() {
    let sandbox = sandbox();
    let one = format!("{ISSUES}/{}", open_issue(&sandbox, "title=T").await);
    let closed = ask_json(&sandbox, "bot", "PUT", &one, &json!({"state_event": "close"})).await.json();
    assert_eq!((&closed["state"], &closed["closed_at"]), (&json!("closed"), &json!("2026-11-23T12:00:00.000Z")));
    assert_eq!(closed["closed_by"]["username"], "bot");
    let open = ask(&sandbox, "bot", "PUT", &one, "state_event=reopen").await.json();
    assert_eq!((&open["state"], &open["closed_at"]), (&json!("opened"), &json!(null)));
}

#[tokio::test]
async fn row_23_only_owners_set_times_and_iids() {
    let sandbox = sandbox();
    let form = "title=T&created_at=2020-01-01T00:00:00Z&iid=77";
    let mine = ask(&sandbox, "bot", "POST", ISSUES, form).await.json();
    assert_eq!((&mine["iid"], &mine["created_at"]), (&json!(1), &json!("2026-11-23T12:00:00.000Z")));
    let put = ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), "iid=9&created_at=2020-01-01T00:00:00Z").await;
    assert_eq!(put.status, 400, "neither can be changed: {}", put.text);
    let still = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.json();
    assert_eq!((&still["iid"], &still["created_at"]), (&json!(1), &json!("2026-11-23T12:00:00.000Z")));
    let owners = ask(&sandbox, "owner", "POST", ISSUES, form).await.json();
    assert_eq!((&owners["iid"], &owners["created_at"]), (&json!(77), &json!("2020-01-01T00:00:00.000Z")));
    assert_eq!(open_issue(&sandbox, "title=next").await, 78);
}

#[tokio::test]
async fn row_24_filters_are_joined_by_and() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=Apple&labels=pod::a,shared").await;
    open_issue(&sandbox, "title=Pear&description=apple pie&labels=pod::a&due_date=2026-11-20").await;
    open_issue(&sandbox, "title=Plum").await;
    ask(&sandbox, "dev", "POST", ISSUES, "title=Kiwi&confidential=true").await;
    ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/3"), "state_event=close").await;
    let found = async |query: &str| {
        let got = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?sort=asc&{query}"), "").await;
        assert_eq!(got.status, 200, "{query}: {}", got.text);
        got.field_of_each("iid").iter().map(|iid| iid.as_u64().unwrap()).collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("labels=Any", &[1, 2][..]),
        ("labels=none", &[3, 4]),
        ("labels=pod::a", &[1, 2]),
        ("labels=pod::a,shared", &[1]),
        ("labels=Pod::A", &[]),
        ("not[labels]=shared", &[2, 3, 4]),
        ("search=apple", &[1, 2]),
        ("search=APPLE&in=title", &[1]),
        ("in=description&search=apple", &[2]),
        ("iids[]=2&iids[]=3", &[2, 3]),
        ("state=opened", &[1, 2, 4]),
        ("state=closed", &[3]),
        ("state=all&author_username=DEV", &[4]),
        ("confidential=true", &[4]),
        ("due_date=overdue", &[2]),
        ("due_date=0", &[1, 3, 4]),
        ("created_after=2026-11-24", &[]),
        ("created_before=2026-11-24T00:00:00Z", &[1, 2, 3, 4]),
        ("scope=created_by_me", &[1, 2, 3]),
        ("assignee_id=None", &[1, 2, 3, 4]),
    ] {
        assert_eq!(found(query).await, expected, "{query}");
    }
    let dev = sandbox.world().user_by_username("dev").unwrap().id;
    assert_eq!(found(&format!("not[author_id]={dev}")).await, [1, 2, 3]);
    assert_eq!(found(&format!("author_id={dev}")).await, [4]);
    for wrong in ["state=gone", "order_by=colour", "sort=up", "created_after=soon"] {
        assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}?{wrong}"), "").await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn row_25_the_newest_comes_first() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=B&due_date=2026-12-01").await;
    open_issue(&sandbox, "title=A").await;
    let order =
        async |query: &str| ask(&sandbox, "bot", "GET", &format!("{ISSUES}?{query}"), "").await.field_of_each("iid");
    assert_eq!(order("").await, [2, 1]);
    assert_eq!(order("order_by=title&sort=asc").await, [2, 1]);
    assert_eq!(order("order_by=title").await, [1, 2]);
    assert_eq!(order("order_by=due_date&sort=asc").await, [1, 2]);
    assert_eq!(order("order_by=due_date&sort=desc").await, [1, 2]);
}

#[tokio::test]
async fn row_26_a_scoped_label_takes_the_other_of_its_scope_away() {
    let sandbox = sandbox();
    let one = format!("{ISSUES}/{}", open_issue(&sandbox, "title=T&labels=pod::a").await);
    assert_eq!(ask(&sandbox, "bot", "PUT", &one, "add_labels=pod::b").await.json()["labels"], json!(["pod::b"]));
    let events = ask(&sandbox, "bot", "GET", &format!("{one}/resource_label_events"), "").await;
    let seen: Vec<(String, String)> = events
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["action"].to_string(), event["label"]["name"].to_string()))
        .collect();
    let expected = [("add", "pod::a"), ("add", "pod::b"), ("remove", "pod::a")];
    assert_eq!(seen, expected.map(|(action, label)| (format!("\"{action}\""), format!("\"{label}\""))));

    sandbox.change_world(|world| world.tier = Tier::Free);
    let both = ask(&sandbox, "bot", "PUT", &one, "add_labels=pod::a").await.json()["labels"].clone();
    assert_eq!(both, json!(["pod::a", "pod::b"]));
}

#[tokio::test]
async fn row_27_a_scope_is_everything_before_the_last_colons() {
    let sandbox = sandbox();
    let one = format!("{ISSUES}/{}", open_issue(&sandbox, "title=T&labels=key1::key 2::v,key1::w,::x").await);
    let labels = ask(&sandbox, "bot", "PUT", &one, "add_labels=key1::key 2::other").await.json()["labels"].clone();
    assert_eq!(labels, json!(["::x", "key1::key 2::other", "key1::w"]));
    let labels = ask(&sandbox, "bot", "PUT", &one, "add_labels=::y").await.json()["labels"].clone();
    assert_eq!(labels, json!(["::y", "key1::key 2::other", "key1::w"]));
}

/// On a worse day the old label stays although the new one was added last; whoever takes it off in the same request
/// wins.
#[tokio::test]
async fn row_28_a_scoped_label_may_lose_the_race() {
    let sandbox = sandbox();
    sandbox.change_world(|world| world.faults.scoped_race = true);
    let one = format!("{ISSUES}/{}", open_issue(&sandbox, "title=T&labels=pod::a").await);
    let labels = async |form: &str| ask(&sandbox, "bot", "PUT", &one, form).await.json()["labels"].clone();
    assert_eq!(labels("add_labels=pod::b").await, json!(["pod::a"]));
    assert_eq!(labels("labels=pod::a,pod::b").await, json!(["pod::a"]));
    assert_eq!(labels("add_labels=pod::b&remove_labels=pod::a").await, json!(["pod::b"]));
}

#[tokio::test]
async fn row_35_what_is_deleted_is_204_without_a_body() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    let one = format!("{ISSUES}/1");
    let note = ask(&sandbox, "bot", "POST", &format!("{one}/notes"), "body=x").await.json()["id"].clone();
    let note = format!("{one}/notes/{note}");
    let emoji = format!("{note}/award_emoji");
    let made = ask(&sandbox, "dev", "POST", &emoji, "name=tractor").await;
    assert_eq!((made.status, &made.json()["awardable_type"]), (201, &json!("Note")));
    let emoji = format!("{emoji}/{}", made.json()["id"]);
    assert_eq!(ask(&sandbox, "bot", "DELETE", &emoji, "").await.status, 403, "only one's own");
    let label = "/projects/group%2Fpairing/labels/pod%3A%3Ab".to_owned();
    for (who, path) in [("dev", emoji), ("bot", note), ("bot", label), ("owner", one)] {
        let gone = ask(&sandbox, who, "DELETE", &path, "").await;
        assert_eq!((gone.status, gone.text.as_str()), (204, ""), "{path}");
        assert_eq!(ask(&sandbox, "owner", "GET", &path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn row_36_what_changed_since_is_not_deleted() {
    let sandbox = sandbox();
    let one = format!("{ISSUES}/{}", open_issue(&sandbox, "title=T").await);
    assert_eq!(ask(&sandbox, "bot", "DELETE", &one, "").await.status, 403);
    let stale = http::Request::delete(format!("/api/v4{one}"))
        .header("PRIVATE-TOKEN", "glpat-sandbox-owner-no-secret")
        .header("If-Unmodified-Since", "Mon, 23 Nov 2026 11:59:59 GMT")
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(super::requests::send_request(&sandbox, stale).await.status, 412);
    let gone = ask(&sandbox, "owner", "DELETE", &one, "").await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(ask(&sandbox, "bot", "GET", &one, "").await.status, 404);
}

#[tokio::test]
async fn row_37_links_are_made_listed_and_deleted() {
    let sandbox = sandbox();
    let project = sandbox.world().project_by_path("group/pairing").unwrap().id;
    open_issue(&sandbox, "title=A").await;
    open_issue(&sandbox, "title=B").await;
    let links = format!("{ISSUES}/1/links");
    let body = json!({"target_project_id": project, "target_issue_iid": 2});
    let made = ask_json(&sandbox, "bot", "POST", &links, &body).await;
    assert_eq!((made.status, &made.json()["target_issue"]["title"]), (201, &json!("B")));
    assert_eq!((&made.json()["source_issue"]["title"], &made.json()["link_type"]), (&json!("A"), &json!("relates_to")));
    assert_eq!(ask_json(&sandbox, "bot", "POST", &links, &body).await.status, 409);
    let turned = json!({"target_project_id": "group/pairing", "target_issue_iid": "1"});
    assert_eq!(ask_json(&sandbox, "bot", "POST", &format!("{ISSUES}/2/links"), &turned).await.status, 409);
    let listed = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/2/links"), "").await.json();
    assert_eq!((&listed[0]["iid"], &listed[0]["link_type"]), (&json!(1), &json!("relates_to")));
    let id = listed[0]["issue_link_id"].as_u64().unwrap();
    assert_eq!(ask(&sandbox, "bot", "DELETE", &format!("{links}/{id}"), "").await.status, 200);
    assert_eq!(ask(&sandbox, "bot", "GET", &links, "").await.text, "[]");
}

#[tokio::test]
async fn guests_may_label_at_birth_only_and_strangers_nothing() {
    let sandbox = sandbox();
    let born = ask(&sandbox, "guest", "POST", ISSUES, "title=T&labels=pod::a,made up").await.json();
    assert_eq!(born["labels"], json!(["pod::a"]));
    let edited = ask(&sandbox, "guest", "PUT", &format!("{ISSUES}/1"), "title=U&add_labels=shared").await.json();
    assert_eq!((&edited["title"], &edited["labels"]), (&json!("U"), &json!(["pod::a"])));
    open_issue(&sandbox, "title=The bot's").await;
    assert_eq!(ask(&sandbox, "guest", "PUT", &format!("{ISSUES}/2"), "add_labels=shared").await.status, 403);
    let secret = open_issue(&sandbox, "title=S&confidential=true").await;
    assert_eq!(ask(&sandbox, "guest", "GET", &format!("{ISSUES}/{secret}"), "").await.status, 404);
}

/// `issuable_base_service.rb`, `issue_policy.rb` (`set_issue_metadata`): what may not be set is dropped without an
/// error.
#[tokio::test]
async fn an_author_who_is_guest_sets_text_and_state_only() {
    let sandbox = sandbox();
    let form = "title=T&labels=pod::a&description=/label ~shared";
    assert_eq!(ask(&sandbox, "guest", "POST", ISSUES, form).await.json()["labels"], json!(["pod::a", "shared"]));
    let one = format!("{ISSUES}/1");
    for form in [
        "add_labels=pod::b",
        "remove_labels=pod::a",
        "labels=pod::b",
        "description=/label ~\"pod::b\"",
        "weight=3",
        "due_date=2026-12-24",
        "discussion_locked=true",
        "assignee_ids=1",
    ] {
        let got = ask(&sandbox, "guest", "PUT", &one, form).await;
        assert_eq!((got.status, &got.json()["labels"]), (200, &json!(["pod::a", "shared"])), "{form}");
    }
    let issue = ask(&sandbox, "guest", "GET", &one, "").await.json();
    for key in ["weight", "due_date", "discussion_locked", "assignee"] {
        assert_eq!(issue[key], json!(null), "{key}");
    }
    assert_eq!(ask(&sandbox, "guest", "PUT", &one, "state_event=close").await.json()["state"], "closed");
    // In a public project everybody may open an issue, and only members label it.
    let open = "/projects/group%2Fopen/issues";
    let made = ask(&sandbox, "stranger", "POST", open, "title=T&labels=shared&description=x&weight=2").await;
    assert_eq!((made.status, &made.json()["labels"], &made.json()["weight"]), (201, &json!([]), &json!(null)));
    let both = ask(&sandbox, "stranger", "POST", open, "title=T&confidential=true&description=/label ~shared").await;
    assert_eq!((&both.json()["labels"], &both.json()["confidential"]), (&json!([]), &json!(true)));
}

#[tokio::test]
async fn a_word_in_a_description_finds_issues_of_anybody_in_any_state() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=A&description=<!-- the Key-1 -->").await;
    ask(&sandbox, "dev", "POST", ISSUES, "title=B&description=of key-1 again").await;
    open_issue(&sandbox, "title=key-1").await;
    ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), "state_event=close").await;
    let found = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?search=key-1&in=description&sort=asc"), "").await;
    assert_eq!(found.field_of_each("iid"), [1, 2]);
}

#[tokio::test]
async fn whoever_is_not_there_is_not_assigned() {
    let sandbox = sandbox();
    let dev = sandbox.world().user_by_username("dev").unwrap().id;
    let made = ask(&sandbox, "bot", "POST", ISSUES, &format!("title=T&assignee_ids=9999,{dev}")).await.json();
    assert_eq!((made["assignees"].as_array().unwrap().len(), &made["assignee"]["username"]), (1, &json!("dev")));
    let nobody = ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), "assignee_ids=0").await.json();
    assert_eq!(nobody["assignees"], json!([]));
}

#[tokio::test]
async fn an_edit_that_changes_nothing_leaves_no_trace() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T&labels=pod::a&description=x").await;
    let before = sandbox.world();
    ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), "title=T&add_labels=pod::a&description=x").await;
    assert_eq!(sandbox.world(), before);
}

#[tokio::test]
async fn an_issue_has_the_published_keys() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T&description=- [x] a%0A- [ ] b").await;
    let issue = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.json();
    for key in
        "id iid project_id title description state type issue_type created_at updated_at closed_at closed_by labels \
                milestone author assignees assignee upvotes downvotes merge_requests_count user_notes_count due_date \
                imported imported_from web_url references time_stats has_tasks task_status confidential \
                discussion_locked severity _links task_completion_status subscribed"
            .split_whitespace()
    {
        assert!(issue.get(key).is_some(), "{key}");
    }
    assert_eq!(issue["references"]["full"], "group/pairing#1");
    assert_eq!(issue["web_url"], "http://127.0.0.1/group/pairing/-/issues/1");
    assert_eq!(issue["task_completion_status"], json!({"count": 2, "completed_count": 1}));
}
