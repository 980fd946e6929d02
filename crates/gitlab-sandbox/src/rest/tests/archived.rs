//! Archived labels (GitLab 18.10; `app/services/labels/available_labels_service.rb`, `lib/api/labels.rb`).

use serde_json::json;

use super::requests::{ISSUES, LABELS, ask, open_issue, sandbox};

#[tokio::test]
async fn an_archived_label_is_put_on_nothing_new() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=Carries it&labels=pod::a").await;
    let label = format!("{LABELS}/pod%3A%3Aa");
    assert_eq!(ask(&sandbox, "bot", "GET", &label, "").await.json()["archived"], false);
    let set = ask(&sandbox, "bot", "PUT", &label, "archived=true").await;
    assert_eq!((set.status, &set.json()["archived"]), (200, &json!(true)));
    let shown = ask(&sandbox, "bot", "GET", &label, "").await;
    assert_eq!((shown.status, &shown.json()["archived"]), (200, &json!(true)));

    let made = ask(&sandbox, "bot", "POST", ISSUES, "title=New&labels=pod::a,shared").await;
    assert_eq!((made.status, &made.json()["labels"]), (201, &json!(["shared"])));
    for form in ["add_labels=pod::a", "labels=pod::a,shared"] {
        let got = ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/2"), form).await;
        assert_eq!((got.status, &got.json()["labels"]), (200, &json!(["shared"])), "{form}");
    }
    // Another of its scope stays, since nothing was added.
    ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/2"), "add_labels=pod::b").await;
    let kept = ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/2"), "add_labels=pod::a").await.json();
    assert_eq!(kept["labels"], json!(["pod::b", "shared"]));
    let first = ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), "add_labels=shared,pod::a").await.json();
    assert_eq!(first["labels"], json!(["pod::a", "shared"]), "what carries it keeps it");

    let names =
        async |query: &str| ask(&sandbox, "bot", "GET", &format!("{LABELS}?{query}"), "").await.field_of_each("name");
    assert_eq!(names("").await, ["pod::a", "pod::b", "shared"], "none of the same name was made");
    assert_eq!(names("archived=true").await, ["pod::a"]);
    assert_eq!(names("archived=false").await, ["pod::b", "shared"]);
    assert_eq!(ask(&sandbox, "bot", "POST", LABELS, "name=pod::a&color=red").await.status, 409);

    ask(&sandbox, "bot", "PUT", &label, "archived=false").await;
    let back = ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/2"), "add_labels=pod::a").await.json();
    assert_eq!(back["labels"], json!(["pod::a", "shared"]));
}
