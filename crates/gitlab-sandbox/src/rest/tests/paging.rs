use serde_json::{Value, json};

use super::requests::{ISSUES, Response, ask, open_issue, sandbox};
use crate::Sandbox;

async fn sandbox_with_issues(count: usize) -> Sandbox {
    let sandbox = sandbox();
    for number in 0..count {
        open_issue(&sandbox, &format!("title=T{number}")).await;
    }
    sandbox
}

/// All pages of a list, each as the bot gets it by following `x-next-page`.
async fn fetch_all_pages(sandbox: &Sandbox, list: &str) -> Vec<Response> {
    let mut pages = vec![ask(sandbox, "bot", "GET", &format!("{list}&page=1"), "").await];
    while let Some(next) = pages.last().map(|got| got.header("x-next-page").to_owned()).filter(|next| !next.is_empty())
    {
        pages.push(ask(sandbox, "bot", "GET", &format!("{list}&page={next}"), "").await);
    }
    pages
}

#[tokio::test]
async fn row_11_pages_have_all_headers() {
    let sandbox = sandbox_with_issues(105).await;
    let got = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?page=2&state=all"), "").await;
    assert_eq!(got.field_of_each("iid").len(), 20);
    let names = ["x-page", "x-per-page", "x-next-page", "x-prev-page", "x-total", "x-total-pages"];
    assert_eq!(names.map(|name| got.header(name)), ["2", "20", "3", "1", "105", "6"]);
    assert_eq!(got.headers.get_all("link").iter().count(), 1);
    let links: Vec<&str> = got.header("link").split(", ").collect();
    assert_eq!(links.len(), 4);
    let here = "http://127.0.0.1/api/v4/projects/group%2Fpairing/issues?state=all";
    assert_eq!(links[0], format!("<{here}&page=1&per_page=20>; rel=\"prev\""));
    assert_eq!(links[1], format!("<{here}&page=3&per_page=20>; rel=\"next\""));
    assert_eq!(links[2], format!("<{here}&page=1&per_page=20>; rel=\"first\""));
    assert_eq!(links[3], format!("<{here}&page=6&per_page=20>; rel=\"last\""));
}

#[tokio::test]
async fn row_12_a_page_has_a_hundred_items_at_most() {
    let sandbox = sandbox_with_issues(105).await;
    let got = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?per_page=500"), "").await;
    assert_eq!((got.field_of_each("iid").len(), got.header("x-per-page")), (100, "100"));
    let last = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?per_page=100&page=2"), "").await;
    assert_eq!((last.field_of_each("iid").len(), last.header("x-next-page")), (5, ""));
    let beyond = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?page=9"), "").await;
    assert_eq!((beyond.status, beyond.text.as_str()), (200, "[]"));
}

#[tokio::test]
async fn row_13_a_server_that_caps_pages_says_where_the_next_one_is() {
    let sandbox = sandbox_with_issues(45).await;
    sandbox.change_world(|world| world.faults.page_cap = Some(20));
    let pages = fetch_all_pages(&sandbox, &format!("{ISSUES}?per_page=100")).await;
    assert_eq!(pages.iter().map(|got| got.field_of_each("iid").len()).collect::<Vec<_>>(), [20, 20, 5]);
    assert_eq!(pages.iter().map(|got| got.header("x-next-page")).collect::<Vec<_>>(), ["2", "3", ""]);
    assert_eq!(pages[0].header("x-per-page"), "20");
}

#[tokio::test]
async fn row_14_a_page_of_notes_may_be_short_though_more_follow() {
    let sandbox = sandbox_with_issues(1).await;
    let notes = format!("{ISSUES}/1/notes");
    for number in 0..5 {
        ask(&sandbox, "bot", "POST", &notes, &format!("body=n{number}")).await;
    }
    sandbox.change_world(|world| world.faults.short_pages = true);
    let pages = fetch_all_pages(&sandbox, &format!("{notes}?per_page=4")).await;
    assert_eq!(pages.iter().map(|got| got.field_of_each("id").len()).collect::<Vec<_>>(), [2, 2, 1]);
    assert!(pages[0].header("link").contains("rel=\"next\""));
    let all: Vec<Value> = pages.iter().flat_map(|got| got.field_of_each("body")).collect();
    assert_eq!(all, ["n4", "n3", "n2", "n1", "n0"], "nothing is lost");
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}?per_page=4"), "").await.field_of_each("iid").len(), 1);
}

#[tokio::test]
async fn row_15_a_long_list_is_not_counted() {
    let sandbox = sandbox_with_issues(3).await;
    sandbox.change_world(|world| world.faults.uncounted = true);
    let got = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?per_page=2"), "").await;
    assert_eq!((got.header("x-total"), got.header("x-total-pages")), ("(none)", "(none)"));
    assert!(!got.header("link").contains("rel=\"last\""), "{}", got.header("link"));
    assert_eq!((got.header("x-next-page"), got.header("x-page")), ("2", "1"));

    sandbox.change_world(|world| {
        world.faults.uncounted = false;
        let project = world.project_by_path("group/pairing").unwrap().id;
        let issue = world.issue(project, 1).unwrap().clone();
        let home = world.projects.get_mut(&project).unwrap();
        home.issues.extend((4..=10_001).map(|iid| (iid, crate::world::Issue { iid, ..issue.clone() })));
    });
    let got = ask(&sandbox, "bot", "GET", ISSUES, "").await;
    assert_eq!((got.header("x-total"), got.header("x-next-page")), ("(none)", "2"));
}

#[tokio::test]
async fn row_16_a_cursor_leads_through_a_list_that_grows() {
    let sandbox = sandbox_with_issues(5).await;
    let list = format!("{ISSUES}?pagination=keyset&order_by=created_at&sort=desc&per_page=2");
    let first = ask(&sandbox, "bot", "GET", &list, "").await;
    assert_eq!(first.field_of_each("iid"), [json!(5), json!(4)]);
    assert_eq!((first.header("x-total"), first.header("x-next-page")), ("(none)", "(none)"));
    open_issue(&sandbox, "title=meanwhile").await;
    let cursor = first.header("x-next-cursor");
    assert!(
        first.header("link").contains(&format!("cursor={cursor}")) && first.header("link").ends_with("rel=\"next\"")
    );
    let second = ask(&sandbox, "bot", "GET", &format!("{list}&cursor={cursor}"), "").await;
    assert_eq!(second.field_of_each("iid"), [json!(3), json!(2)], "nothing twice");
    let end = ask(&sandbox, "bot", "GET", &format!("{list}&cursor={}", second.header("x-next-cursor")), "").await;
    assert_eq!(end.field_of_each("iid"), [json!(1)]);
    assert_eq!((end.header("link"), end.header("x-next-cursor")), ("(none)", "(none)"));
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{list}&cursor=!"), "").await.status, 400);
}
