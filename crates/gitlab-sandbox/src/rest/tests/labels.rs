use serde_json::json;

use super::requests::{ISSUES, LABELS, ask, open_issue, sandbox};

#[tokio::test]
async fn row_29_a_label_that_exists_is_409() {
    let sandbox = sandbox();
    for name in ["pod::a", "shared"] {
        let got = ask(&sandbox, "bot", "POST", LABELS, &format!("name={name}&color=%23aabbcc")).await;
        assert_eq!((got.status, got.json()), (409, json!({"message": "Label already exists"})), "{name}");
    }
}

/// How a title that is refused is answered stands in no document: as any value that breaks a rule of a model is.
#[tokio::test]
async fn row_30_titles_are_checked_and_stripped() {
    let sandbox = sandbox();
    let make = async |name: &str| ask(&sandbox, "bot", "POST", LABELS, &format!("name={name}&color=%23abc")).await;
    assert_eq!(make("a,b").await.status, 400);
    let long = make(&"x".repeat(256)).await;
    assert_eq!((long.status, long.json()["message"]["title"].is_array()), (400, true));
    assert_eq!(make("%20%20padded%20").await.json()["name"], "padded");
    assert_eq!(ask(&sandbox, "bot", "POST", LABELS, "name=x").await.status, 400);
    assert_eq!(ask(&sandbox, "bot", "POST", LABELS, "name=x&color=%23zzz").await.status, 400);
    assert_eq!(ask(&sandbox, "guest", "POST", LABELS, "name=x&color=red").await.status, 403);
}

#[tokio::test]
async fn row_31_search_looks_at_titles_and_descriptions() {
    let sandbox = sandbox();
    let found =
        async |query: &str| ask(&sandbox, "bot", "GET", &format!("{LABELS}?{query}"), "").await.field_of_each("name");
    assert_eq!(found("search=sec").await, ["pod::b", "shared"]);
    assert_eq!(found("search=POD").await, ["pod::a", "pod::b"]);
    assert_eq!(found("include_ancestor_groups=false").await, ["pod::a", "pod::b"]);
    let own = ask(&sandbox, "bot", "GET", LABELS, "").await.field_of_each("is_project_label");
    assert_eq!(own, [true, true, false]);
}

/// 404 is no more than likely: the service looks among the project's own labels only, and so does not find this one.
#[tokio::test]
async fn row_32_a_group_label_cannot_be_changed_through_the_project() {
    let sandbox = sandbox();
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{LABELS}/shared"), "").await.status, 200);
    assert_eq!(ask(&sandbox, "bot", "PUT", &format!("{LABELS}/shared"), "new_name=x").await.status, 404);
    assert_eq!(ask(&sandbox, "bot", "DELETE", &format!("{LABELS}/shared"), "").await.status, 404);
}

#[tokio::test]
async fn row_33_the_old_put_and_encoded_titles_work() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T&labels=pod::a").await;
    let got = ask(&sandbox, "bot", "PUT", LABELS, "name=pod::a&new_name=Label:that requires:encoding").await;
    assert_eq!(got.status, 200, "{}", got.text);
    let one = format!("{LABELS}/Label%3Athat%20requires%3Aencoding?with_counts=true");
    let label = ask(&sandbox, "bot", "GET", &one, "").await.json();
    assert_eq!((&label["open_issues_count"], &label["description"]), (&json!(1), &json!("the first pod")));
    let labels = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.json()["labels"].clone();
    assert_eq!(labels, json!(["Label:that requires:encoding"]));
    let id = label["id"].as_u64().unwrap();
    assert_eq!(ask(&sandbox, "bot", "PUT", &format!("{LABELS}/{id}"), "").await.status, 400);
    assert_eq!(
        ask(&sandbox, "bot", "PUT", &format!("{LABELS}/{id}"), "color=%23000000").await.json()["color"],
        "#000000"
    );
}

/// The documents name 304 for the second time only; 201 for the first is what a POST that did something answers.
#[tokio::test]
async fn row_34_subscribing_twice_is_304() {
    let sandbox = sandbox();
    let subscribe = format!("{LABELS}/pod%3A%3Aa/subscribe");
    let first = ask(&sandbox, "bot", "POST", &subscribe, "").await;
    assert_eq!((first.status, &first.json()["subscribed"]), (201, &json!(true)));
    assert_eq!(ask(&sandbox, "bot", "POST", &subscribe, "").await.status, 304);
}

#[tokio::test]
async fn a_label_may_be_given_the_name_that_it_has() {
    let sandbox = sandbox();
    let one =
        format!("{LABELS}/{}", ask(&sandbox, "bot", "GET", &format!("{LABELS}/pod%3A%3Aa"), "").await.json()["id"]);
    let kept = ask(&sandbox, "bot", "PUT", &one, "new_name=pod::a&color=%23ffffff").await;
    assert_eq!((kept.status, &kept.json()["color"]), (200, &json!("#ffffff")), "{}", kept.text);
    assert_eq!(ask(&sandbox, "bot", "PUT", &one, "new_name=pod::b").await.status, 400);
}

#[tokio::test]
async fn a_label_counts_what_carries_it_and_shows_no_markup() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let open = world.project_by_path("group/open").unwrap().id;
        let dev = world.user_by_username("dev").unwrap().id;
        world.add_group_label("group", "marked", "#445566", "a <b> & c");
        world.add_label(open, "own", "#445566", "a <b> & c");
        let iid = world.add_merge_request(open, dev, "A change", "opened").unwrap();
        world.merge_request_mut(open, iid).unwrap().labels.extend(["own".to_owned(), "marked".to_owned()]);
    });
    ask(&sandbox, "dev", "POST", "/projects/group%2Fopen/issues", "title=T&labels=own,marked").await;
    ask(&sandbox, "dev", "POST", ISSUES, "title=T&labels=marked&confidential=true").await;
    let own = ask(&sandbox, "dev", "GET", "/projects/group%2Fopen/labels/own?with_counts=true", "").await.json();
    assert_eq!((&own["open_issues_count"], &own["open_merge_requests_count"]), (&json!(1), &json!(1)));
    for (path, who, issues) in [
        ("/groups/group/labels/marked", "dev", 2),
        ("/groups/group/labels/marked", "guest", 1),
        ("/projects/group%2Fopen/labels/marked", "dev", 2),
    ] {
        let label = ask(&sandbox, who, "GET", &format!("{path}?with_counts=true"), "").await.json();
        assert_eq!(
            (&label["open_issues_count"], &label["closed_issues_count"]),
            (&json!(issues), &json!(0)),
            "{path} {who}"
        );
        assert_eq!(label["description_html"], "a &lt;b&gt; &amp; c", "{path}");
    }
    assert_eq!(own["description_html"], "a &lt;b&gt; &amp; c");
}

#[tokio::test]
async fn row_35_a_deleted_label_leaves_the_issues() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T&labels=pod::a").await;
    let got = ask(&sandbox, "bot", "DELETE", &format!("{LABELS}/pod%3A%3Aa"), "").await;
    assert_eq!((got.status, got.text.as_str()), (204, ""));
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.json()["labels"], json!([]));
    let events = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1/resource_label_events"), "").await.json();
    assert_eq!(events[0]["label"], json!(null));
}

#[tokio::test]
async fn a_colour_may_be_named_and_its_value_is_what_stays() {
    let sandbox = sandbox();
    let make = async |name: &str, color: &str| {
        ask(&sandbox, "bot", "POST", LABELS, &format!("name={name}&color={color}")).await
    };
    for (color, value, text) in [
        ("rebeccapurple", "#663399", "#FFFFFF"),
        ("Yellow", "#FFFF00", "#1F1E24"),
        ("%23fff", "#fff", "#1F1E24"),
        ("%23aB1200", "#aB1200", "#FFFFFF"),
        ("transparent", "", ""),
        ("cyan", "", ""),
    ] {
        let label = make(color.trim_start_matches('%'), color).await;
        if value.is_empty() {
            let why = json!({ "message": { "color": ["must be a valid color code"] } });
            assert_eq!((label.status, label.json()), (400, why), "{color}");
            continue;
        }
        let label = label.json();
        assert_eq!((&label["color"], &label["text_color"]), (&json!(value), &json!(text)), "{color}");
    }
    let changed = ask(&sandbox, "bot", "PUT", &format!("{LABELS}/pod%3A%3Aa"), "color=NAVY").await;
    assert_eq!(changed.json()["color"], "#000080");
    let iid = open_issue(&sandbox, "title=T&labels=Yellow").await;
    let event =
        ask(&sandbox, "bot", "GET", &format!("{ISSUES}/{iid}/resource_label_events"), "").await.json()[0].clone();
    assert_eq!((&event["label"]["color"], &event["label"]["text_color"]), (&json!("#FFFF00"), &json!("#1F1E24")));
}

#[tokio::test]
async fn nobody_counts_what_carries_a_label_unless_asked() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T&labels=pod::a").await;
    let plain = ask(&sandbox, "bot", "GET", LABELS, "").await.json();
    let counted = ask(&sandbox, "bot", "GET", &format!("{LABELS}?with_counts=true"), "").await.json();
    for key in ["open_issues_count", "closed_issues_count", "open_merge_requests_count"] {
        assert_eq!(plain[0].get(key), None, "{key}");
        assert!(counted[0][key].is_u64(), "{key}");
    }
    assert_eq!(counted[0]["open_issues_count"], 1);
}
