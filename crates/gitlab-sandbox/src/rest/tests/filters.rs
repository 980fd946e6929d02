//! What lists are narrowed down by.

use serde_json::{Value, json};

use super::requests::{ISSUES, ask, ask_json, open_issue, sandbox};
use crate::Sandbox;

const OPEN_PROJECT: &str = "/projects/group%2Fopen";
const MERGE_REQUESTS: &str = "/projects/group%2Fopen/merge_requests";

/// Three merge requests: the developer's draft, one of theirs that the keeper is assigned to and reviews, and the
/// keeper's merged one.
async fn sandbox_with_merge_requests() -> Sandbox {
    let sandbox = sandbox();
    let ids = ["dev", "keeper"].map(|name| sandbox.world().user_by_username(name).unwrap().id);
    let milestone =
        ask(&sandbox, "dev", "POST", &format!("{OPEN_PROJECT}/milestones"), "title=18.7").await.json()["id"].clone();
    for (who, branch, more) in [
        ("dev", "a", "title=Draft: a&labels=one,two&description=a pelican".to_owned()),
        ("dev", "b", format!("title=b&labels=one&assignee_id={0}&reviewer_ids[]={0}&milestone_id={milestone}", ids[1])),
        ("keeper", "c", "title=c".to_owned()),
    ] {
        let body = json!({ "branch": branch, "start_branch": "main", "content": "x", "commit_message": "New" });
        let file = format!("{OPEN_PROJECT}/repository/files/{branch}");
        assert_eq!(ask_json(&sandbox, who, "POST", &file, &body).await.status, 201);
        let form = format!("source_branch={branch}&target_branch=main&{more}");
        assert_eq!(ask(&sandbox, who, "POST", MERGE_REQUESTS, &form).await.status, 201);
    }
    ask(&sandbox, "dev", "POST", &format!("{MERGE_REQUESTS}/3/approve"), "").await;
    ask(&sandbox, "keeper", "PUT", &format!("{MERGE_REQUESTS}/3/merge"), "should_remove_source_branch=false").await;
    ask(&sandbox, "keeper", "POST", &format!("{MERGE_REQUESTS}/1/award_emoji"), "name=thumbsup").await;
    sandbox
}

#[tokio::test]
async fn merge_requests_are_narrowed_down_by_what_gitlab_knows_of_them() {
    let sandbox = sandbox_with_merge_requests().await;
    let dev = sandbox.world().user_by_username("dev").unwrap().id;
    let project = sandbox.world().project_by_path("group/open").unwrap().id;
    let by_number = [
        (format!("author_id={dev}"), vec![1, 2]),
        (format!("not[author_id]={dev}"), vec![3]),
        (format!("approved_by_ids={dev}"), vec![3]),
        (format!("source_project_id={project}"), vec![1, 2, 3]),
        ("source_project_id=99999".to_owned(), vec![]),
    ];
    let by_word = [
        ("scope=created_by_me", vec![3]),
        ("scope=assigned-to-me", vec![2]),
        ("scope=reviews_for_me", vec![2]),
        ("scope=all", vec![1, 2, 3]),
        ("author_username=DEV", vec![1, 2]),
        ("assignee_id=None", vec![1, 3]),
        ("assignee_id=any", vec![2]),
        ("assignee_username=keeper", vec![2]),
        ("assignee_username[]=keeper&not[labels]=two", vec![2]),
        ("reviewer_id=None", vec![1, 3]),
        ("reviewer_username=keeper", vec![2]),
        ("not[reviewer_username]=keeper", vec![1, 3]),
        ("labels=one", vec![1, 2]),
        ("labels=None", vec![3]),
        ("not[labels]=two,three", vec![2, 3]),
        ("milestone=None", vec![1, 3]),
        ("milestone=Any", vec![2]),
        ("milestone=18.7", vec![2]),
        ("not[milestone]=18.7", vec![1, 3]),
        ("my_reaction_emoji=thumbsup", vec![1]),
        ("my_reaction_emoji=None", vec![2, 3]),
        ("not[my_reaction_emoji]=thumbsup", vec![2, 3]),
        ("wip=yes", vec![1]),
        ("wip=no", vec![2, 3]),
        ("approved=yes", vec![3]),
        ("approved_by_usernames=None", vec![1, 2]),
        ("merge_user_username=keeper", vec![3]),
        ("search=PELICAN", vec![1]),
        ("search=pelican&in=title", vec![]),
        ("updated_after=2031-01-01T00:00:00Z", vec![]),
        ("updated_before=2031-01-01T00:00:00Z&created_after=2020-01-01", vec![1, 2, 3]),
        ("created_before=2020-01-01T00:00:00Z", vec![]),
        ("state=merged", vec![3]),
    ];
    let by_word = by_word.map(|(query, wanted)| (query.to_owned(), wanted));
    for (query, wanted) in by_number.into_iter().chain(by_word) {
        let got = ask(&sandbox, "keeper", "GET", &format!("{MERGE_REQUESTS}?sort=asc&{query}"), "").await;
        assert_eq!(got.status, 200, "{query}: {}", got.text);
        assert_eq!(got.field_of_each("iid"), wanted.into_iter().map(Value::from).collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_refused() {
    let sandbox = sandbox_with_merge_requests().await;
    for (list, query, why) in [
        (MERGE_REQUESTS, "scope=bogus", "scope does not have a valid value"),
        (MERGE_REQUESTS, "wip=maybe", "wip does not have a valid value"),
        (MERGE_REQUESTS, "view=full", "view does not have a valid value"),
        (MERGE_REQUESTS, "author_id=x", "author_id is invalid"),
        (MERGE_REQUESTS, "assignee_id=x", "assignee_id should be an integer, 'None' or 'Any'"),
        (MERGE_REQUESTS, "author_id=1&author_username=x", "author_id, author_username are mutually exclusive"),
        (MERGE_REQUESTS, "updated_after=x", "updated_after is invalid"),
        (MERGE_REQUESTS, "order_by=size", "order_by does not have a valid value"),
        (MERGE_REQUESTS, "order_by=priority", "order_by with the value priority is not kept by this sandbox"),
        (MERGE_REQUESTS, "milestone=%23started", "milestone with the value #started is not kept by this sandbox"),
        (ISSUES, "weight=x", "weight should be an integer, 'None' or 'Any'"),
        (ISSUES, "milestone_id=7", "milestone_id does not have a valid value"),
        (ISSUES, "milestone_id=Started", "milestone_id with the value Started is not kept by this sandbox"),
        (ISSUES, "milestone_id=Any&milestone=x", "milestone_id, milestone are mutually exclusive"),
        (ISSUES, "not[assignee_id]=x", "not[assignee_id] should be an integer, 'None' or 'Any'"),
        ("/projects/group%2Fopen/repository/branches", "sort=size", "sort does not have a valid value"),
        ("/projects/group%2Fopen/repository/commits", "order=size", "order does not have a valid value"),
        ("/projects/group%2Fopen/repository/commits", "author=^K", "author as a pattern is not kept by this sandbox"),
    ] {
        let got = ask(&sandbox, "keeper", "GET", &format!("{list}?{query}"), "").await;
        assert_eq!((got.status, got.json()["error"].as_str()), (400, Some(why)), "{query}");
    }
}

#[tokio::test]
async fn a_list_of_merge_requests_is_in_the_order_and_as_long_as_asked_for() {
    let sandbox = sandbox_with_merge_requests().await;
    let iids = async |query: &str| {
        ask(&sandbox, "keeper", "GET", &format!("{MERGE_REQUESTS}?{query}"), "").await.field_of_each("iid")
    };
    assert_eq!(iids("order_by=popularity").await, [1, 3, 2]);
    assert_eq!(iids("order_by=milestone_due&sort=asc").await, [1, 2, 3]);
    let simple = ask(&sandbox, "keeper", "GET", &format!("{MERGE_REQUESTS}?view=simple"), "").await.json();
    let keys: Vec<&String> = simple[0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["created_at", "description", "id", "iid", "project_id", "state", "title", "updated_at", "web_url"]
    );
    let detailed = format!("{MERGE_REQUESTS}?with_labels_details=true&labels=two");
    let labels = ask(&sandbox, "keeper", "GET", &detailed, "").await.json()[0]["labels"].clone();
    assert_eq!([&labels[0]["name"], &labels[1]["name"]], ["one", "two"]);
}

#[tokio::test]
async fn issues_are_narrowed_down_by_weight_reaction_and_what_they_are_not() {
    let sandbox = sandbox();
    let milestone = "/projects/group%2Fpairing/milestones";
    let milestone = ask(&sandbox, "bot", "POST", milestone, "title=18.7").await.json()["id"].clone();
    let dev = sandbox.world().user_by_username("dev").unwrap().id;
    open_issue(&sandbox, &format!("title=One&weight=3&milestone_id={milestone}")).await;
    open_issue(&sandbox, &format!("title=Two&assignee_id={dev}")).await;
    ask(&sandbox, "bot", "POST", &format!("{ISSUES}/2/award_emoji"), "name=rocket").await;
    ask(&sandbox, "dev", "PUT", &format!("{ISSUES}/1"), "state_event=close").await;
    for (query, wanted) in [
        ("weight=3".to_owned(), vec![1]),
        ("weight=None".to_owned(), vec![2]),
        ("weight=Any".to_owned(), vec![1]),
        ("not[weight]=3".to_owned(), vec![2]),
        ("my_reaction_emoji=rocket".to_owned(), vec![2]),
        ("my_reaction_emoji=None".to_owned(), vec![1]),
        ("not[milestone]=18.7".to_owned(), vec![2]),
        ("milestone_id=Any".to_owned(), vec![1]),
        ("not[assignee_username]=dev".to_owned(), vec![1]),
        (format!("not[assignee_id]={dev}"), vec![1]),
        (format!("closed_by_id={dev}"), vec![1]),
    ] {
        let got = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?{query}"), "").await;
        assert_eq!(
            got.field_of_each("iid"),
            wanted.into_iter().map(Value::from).collect::<Vec<_>>(),
            "{query}: {}",
            got.text
        );
    }
}

#[tokio::test]
async fn branches_and_commits_are_listed_as_asked_for() {
    let sandbox = sandbox_with_merge_requests().await;
    let code = format!("{OPEN_PROJECT}/repository");
    let list = async |path: &str, key: &str| {
        ask(&sandbox, "dev", "GET", &format!("{code}/{path}"), "").await.field_of_each(key)
    };
    assert_eq!(list("branches?sort=updated_desc", "name").await, ["main", "c", "b", "a"]);
    assert_eq!(list("branches?sort=updated_asc", "name").await, ["a", "b", "c", "main"]);
    let own = list("commits?first_parent=true", "title").await;
    assert_eq!(own, ["Merge branch 'c' into 'main'", "Add README.md"], "not what was merged");
    assert_eq!(list("commits?author=keeper", "title").await, ["Merge branch 'c' into 'main'", "New"]);
    let stats = list("commits?with_stats=true&author=keeper", "stats").await;
    assert_eq!(stats[1], json!({ "additions": 1, "deletions": 0, "total": 1 }));
    let head = list("branches?search=^c", "commit").await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(list(&format!("commits/{head}/refs?type=tag"), "name").await, [0; 0]);
    assert_eq!(list(&format!("commits/{head}/merge_requests?state=merged"), "iid").await, [3]);
    assert_eq!(list(&format!("commits/{head}/merge_requests?state=opened"), "iid").await, [0; 0]);
    let bare = ask(&sandbox, "dev", "GET", &format!("{code}/commits/{head}?stats=false"), "").await.json();
    assert_eq!(bare.get("stats"), None);
}
