use serde_json::json;

use super::requests::{ISSUES, ask, open_issue, sandbox};

#[tokio::test]
async fn row_38_events_are_recorded_and_found_one_by_one() {
    let sandbox = sandbox();
    let one = format!("{ISSUES}/{}", open_issue(&sandbox, "title=T&labels=pod::a").await);
    ask(&sandbox, "dev", "PUT", &one, "remove_labels=pod::a").await;
    let events = ask(&sandbox, "bot", "GET", &format!("{one}/resource_label_events"), "").await.json();
    assert_eq!((&events[1]["action"], &events[1]["user"]["username"]), (&json!("remove"), &json!("dev")));
    let id = events[0]["id"].as_u64().unwrap();
    let single = ask(&sandbox, "bot", "GET", &format!("{one}/resource_label_events/{id}"), "").await.json();
    assert_eq!((&single["action"], &single["resource_type"]), (&json!("add"), &json!("Issue")));

    let made = ask(&sandbox, "bot", "POST", "/projects/group%2Fpairing/milestones", "title=M").await.json();
    ask(&sandbox, "dev", "PUT", &one, &format!("weight=13&milestone_id={}&state_event=close", made["id"])).await;
    ask(&sandbox, "dev", "PUT", &one, "milestone_id=0").await;
    for (kind, key, reported) in [
        ("weight", "/weight", json!([13])),
        ("milestone", "/action", json!(["add", "remove"])),
        ("milestone", "/milestone/title", json!(["M", "M"])),
        ("state", "/state", json!(["closed"])),
    ] {
        let path = format!("{one}/resource_{kind}_events");
        let all = ask(&sandbox, "bot", "GET", &path, "").await.json();
        let seen: Vec<_> = all.as_array().unwrap().iter().map(|event| event.pointer(key).unwrap()).collect();
        assert_eq!(json!(seen), reported, "{kind}");
        let single = ask(&sandbox, "bot", "GET", &format!("{path}/{}", all[0]["id"]), "").await.json();
        assert_eq!(single, all[0]);
    }
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{one}/resource_weight_events/1"), "").await.status, 404);
}
