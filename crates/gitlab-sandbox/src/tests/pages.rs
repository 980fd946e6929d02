//! What the pages show of a world, and what they never do.

use serde_json::{Value, json};

use super::{Sandbox, World, get, post, read_response, staged_sandbox};
use crate::world::{
    FieldChange, FileChange, IssueEdit, MergeRequestEdit, NewCommit, NewIssue, NewMergeRequest, Noteable, Visibility,
};
use crate::{Guide, ShellExample};
use axum::body::Body;
use http::Request;
use tower::ServiceExt;

const HEADING_HTML: &str = "<h2 id=\"user-content-how-to-begin\">How to begin</h2>";

/// The text of a page without its tags, every run of blanks as one.
fn page_text(page: &str) -> String {
    let page = page.split("<main").nth(1).unwrap_or_default();
    // The halves of a label are one word.
    let page = page.replace("<span class=\"colons\">::</span></span><span class=\"value\">", "::");
    let mut words = String::new();
    for part in page.split('<') {
        words.push(' ');
        words.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    let words = words.replace("&#x2f;", "/").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    words
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn new_issue(title: &str, description: &str, labels: &[&str]) -> NewIssue {
    let rest = IssueEdit {
        labels: Some(labels.iter().map(|&label| label.to_owned()).collect()),
        description: FieldChange::Set(description.to_owned()),
        ..Default::default()
    };
    NewIssue { title: title.to_owned(), edit: rest }
}

/// A project `a/b` with its only member.
fn small_world() -> (World, u64, u64) {
    let mut world = World::empty("2026-11-23T12:00:00Z".parse().unwrap());
    let project = world.add_project("a/b", Visibility::Public);
    let user = world.add_user("ines", "Ines Aalto");
    world.add_member(project, user, 30);
    (world, project, user)
}

#[tokio::test]
async fn every_kind_of_page_is_there_and_escapes_what_it_shows() {
    let sandbox = staged_sandbox();
    let (status, start) = get(&sandbox, "/").await;
    assert!(status == 200 && start.contains("group&#x2f;tasks") && start.contains("PRIVATE-TOKEN"), "{start}");
    let (status, list) = get(&sandbox, "/group/tasks").await;
    assert!(status == 200 && list.contains("Last &lt;week&gt;") && list.contains("type::bug"), "{list}");
    let project = sandbox.world().project_by_path("group/tasks").unwrap().clone();
    let iid = project.issues.values().find(|issue| issue.title == "Last <week>").unwrap().iid;
    let (status, issue) = get(&sandbox, &format!("/group/tasks/-/issues/{iid}")).await;
    assert!(status == 200 && issue.contains("<strong>When:</strong>") && !issue.contains("<week>"), "{issue}");
    let (status, file) = get(&sandbox, "/group/docs/-/blob/main/content/guide.md").await;
    assert!(status == 200 && file.contains(HEADING_HTML), "{file}");
    for (path, status) in [
        ("/group", 200),
        ("/groups/group/-/labels", 200),
        ("/group/tasks/-/issues?state=all&label_name=type::bug", 200),
        ("/group/tasks/-/work_items/1", 200),
        ("/group/tasks/-/merge_requests", 200),
        ("/group/tasks/-/labels", 200),
        ("/group/docs/-/tree/main", 200),
        ("/group/docs/-/tree/main/content", 200),
        ("/group/docs/-/blob/HEAD/content/guide.md?plain=1", 200),
        ("/group/docs/-/raw/main/README.md", 200),
        ("/-/journal.html", 200),
        ("/no/such/project", 404),
        ("/group/docs/-/tree/main/nothing", 404),
        ("/group/docs/-/tree/gone", 404),
        ("/group/docs/-/blob/main/content", 404),
        ("/group/tasks/-/issues/99", 404),
        ("/group/tasks/-/merge_requests/1", 404),
        ("/group/tasks/-/commit/0123", 404),
    ] {
        let (found, page) = get(&sandbox, path).await;
        assert_eq!(found, status, "{path}");
        assert!(!page.contains("cannot show"), "{path}: {page}");
    }
}

#[tokio::test]
async fn hostile_text_stays_text_on_every_page() {
    let (mut world, project, user) = small_world();
    world.users.get_mut(&user).unwrap().name = "<script>".to_owned();
    world.add_label(project, "<b>", "red;}</style><script>", "<i>");
    let hostile = "<script>x</script> [a](javascript:alert) <img src=x onerror=x><p style=x onclick=x>";
    world.open_issue(project, user, &new_issue("<script>alert(1)</script>", hostile, &["<b>"])).unwrap();
    world.add_note_to(Noteable::Issue(project, 1), user, hostile, None).unwrap();
    world.add_file(project, "<b>", "<script>.md", hostile);
    world.add_file(project, "main", "README.md", hostile);
    let sandbox = Sandbox::new(world);
    let issues = "/api/v4/projects/1/issues";
    post(&sandbox, issues, &json!({ "title": hostile, "<script>": "<script>" })).await;
    for path in [
        "/",
        "/a/b",
        "/a/b/-/issues",
        "/a/b/-/issues?label_name=<script>",
        "/a/b/-/issues/1",
        "/a/b/-/labels",
        "/a/b/-/tree/%3Cb%3E",
        "/a/b/-/blob/%3Cb%3E/%3Cscript%3E.md",
        "/a/b/-/blob/%3Cb%3E/%3Cscript%3E.md?plain=1",
        "/-/journal.html",
    ] {
        let request = Request::get(path.replace('<', "%3C").replace('>', "%3E")).body(Body::empty()).unwrap();
        let response = sandbox.router().oneshot(request).await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
        let (status, page, _) = read_response(response).await;
        assert_eq!(status, 200, "{path}");
        for acting in ["<script", "href=\"javascript:", "<b>a", "<img", "<p style", "red;}<", "<i>"] {
            assert!(!page.contains(acting), "{path} holds {acting}: {page}");
        }
    }
}

#[tokio::test]
async fn an_issue_is_shown_with_labels_people_links_and_what_happened_to_it() {
    let (mut world, project, user) = small_world();
    world.add_label(project, "type::bug", "#1f75cb", "");
    world.open_issue(project, user, &new_issue("First", "See #2 and ~type::bug", &["type::bug"])).unwrap();
    world.open_issue(project, user, &new_issue("Second", "", &[])).unwrap();
    let edit = IssueEdit {
        remove_labels: vec!["type::bug".to_owned()],
        assignees: Some(vec![user]),
        due_date: FieldChange::Set("2026-12-01".parse().unwrap()),
        close: Some(true),
        ..Default::default()
    };
    world.edit_issue(project, 1, user, &edit);
    world.add_note_to(Noteable::Issue(project, 1), user, "Done, **at last**", None).unwrap();
    let sandbox = Sandbox::new(world);
    let (_, page) = get(&sandbox, "/a/b/-/issues/1").await;
    let text = page_text(&page);
    for expected in [
        "First #1 closed Issue of 2026-11-23 12:00 by Ines Aalto (@ines)",
        "Assignees Ines Aalto (@ines) Due date 2026-12-01",
        "See #2 and type::bug",
        "Ines Aalto added type::bug · 2026-11-23 12:00 Ines Aalto removed type::bug · 2026-11-23 12:00",
        "Ines Aalto closed",
        "Done, at last",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(page.contains("<a href=\"/a/b/-/issues/2\" title=\"Second\">#2</a>"), "{page}");
    // The list tells open from closed.
    let (_, open) = get(&sandbox, "/a/b/-/issues").await;
    assert!(open.contains("Second") && !open.contains("First"), "{open}");
    let (_, closed) = get(&sandbox, "/a/b/-/issues?state=closed").await;
    assert!(closed.contains("First") && !closed.contains("Second"), "{closed}");
}

#[tokio::test]
async fn a_merge_request_is_shown_with_the_lines_that_it_changes() {
    let (mut world, project, user) = small_world();
    let before = (1..=20).fold(String::new(), |text, number| text + &format!("line {number}\n"));
    world.add_file(project, "main", "list.txt", &before);
    let after = before.replace("line 10\n", "<line> ten\n");
    let new = NewCommit {
        branch: "change".to_owned(),
        start_ref: Some("main".to_owned()),
        message: "Ten in words\n\nIt reads better.".to_owned(),
        author: Some(user),
        changes: vec![FileChange::new("list.txt", Some(&after))],
        ..NewCommit::default()
    };
    let commit = world.create_commit(project, &new).unwrap();
    let request = NewMergeRequest {
        source_project: project,
        source_branch: "change".to_owned(),
        target_branch: "main".to_owned(),
        edit: MergeRequestEdit {
            title: Some("Draft: words".to_owned()),
            description: FieldChange::Set("- [x] read".to_owned()),
            ..Default::default()
        },
    };
    let iid = world.open_merge_request(project, user, &request).unwrap();
    world.add_note_to(Noteable::MergeRequest(project, iid), user, "Good", None).unwrap();
    let sandbox = Sandbox::new(world);
    let page = get(&sandbox, &format!("/a/b/-/merge_requests/{iid}/diffs")).await.1;
    let text = page_text(&page);
    for expected in [
        "Draft: words !1 open draft Merge request of",
        "change into main",
        "Ten in words",
        "Good",
        "list.txt changed +1 −1",
        "@@ -7,7 +7,7 @@ 7 7 line 7 8 8 line 8 9 9 line 9 10 - line 10 10 + <line> ten 11 11 line 11",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("line 6") && !text.contains("line 14"), "{text}");
    assert_eq!((page.matches("class=\"added\"").count(), page.matches("class=\"removed\"").count()), (1, 1));
    let commit = page_text(&get(&sandbox, &format!("/a/b/-/commit/{commit}")).await.1);
    assert!(commit.contains("It reads better.") && commit.contains("@@ -7,7 +7,7 @@"), "{commit}");
    let list = page_text(&get(&sandbox, "/a/b/-/merge_requests").await.1);
    assert!(list.contains("Draft: words") && list.contains("change into main"), "{list}");
    assert!(page_text(&get(&sandbox, "/a/b/-/merge_requests?state=merged").await.1).contains("There are none."));
}

#[tokio::test]
async fn an_epic_is_shown_with_its_issues() {
    let (mut world, project, user) = small_world();
    let group = world.group_by_path("a").unwrap().id;
    world.add_epic(group, 7, "Scanners", true);
    world.open_issue(project, user, &new_issue("First", "Part of &7", &[])).unwrap();
    let epic = world.groups.get_mut(&group).unwrap().epics.get_mut(&7).unwrap();
    epic.description = Some("All of a/b#1".to_owned());
    epic.issues.insert(1, (project, 1));
    let sandbox = Sandbox::new(world);
    let (_, page) = get(&sandbox, "/groups/a/-/epics/7").await;
    assert!(page_text(&page).contains("Scanners &7 open Epic of"), "{page}");
    assert!(page.contains("<a href=\"/a/b/-/issues/1\" title=\"First\">a/b#1</a>"), "{page}");
    assert!(page.contains("<dd><a href=\"/a/b/-/issues/1\">First</a></dd>"), "{page}");
    let (_, issue) = get(&sandbox, "/a/b/-/issues/1").await;
    assert!(issue.contains("<a href=\"/groups/a/-/epics/7\" title=\"Scanners\">&amp;7</a>"), "{issue}");
    assert!(page_text(&get(&sandbox, "/a").await.1).contains("Scanners"));
}

#[tokio::test]
async fn the_journal_tells_when_what_and_where_a_write_went() {
    let sandbox = staged_sandbox();
    let project = sandbox.world().project_by_path("group/tasks").unwrap().id;
    let write = |kind: &'static str, body: &'static str| {
        let path = format!("/api/v4/projects/{project}/issues");
        let request =
            Request::post(path).header("content-type", kind).header("private-token", "glpat-sandbox-api-no-secret");
        sandbox.router().oneshot(request.body(Body::from(body)).unwrap())
    };
    write("application/x-www-form-urlencoded", "title=A+%26+B%3Dc&description=one%0Atwo").await.unwrap();
    write("application/json", "{\"title\": \"JSON\", \"labels\": [\"x\"]}").await.unwrap();
    write("application/json", "{\"labels\": \"x\"}").await.unwrap();
    let (_, page) = get(&sandbox, "/-/journal.html").await;
    let text = page_text(&page);
    let issues = format!("POST /api/v4/projects/{project}/issues");
    for expected in [
        format!("1 2026-11-23 12:00 {issues} 201 what it wrote title A & B=c description one two"),
        format!("2 2026-11-23 12:00 {issues} 201 what it wrote labels [ \"x\" ] title JSON"),
        format!("3 2026-11-23 12:00 {issues} 400 labels x"),
    ] {
        assert!(text.contains(&expected), "{expected}: {text}");
    }
    let iid = sandbox.world().projects[&project].issues.keys().next_back().copied().unwrap();
    assert!(page.contains(&format!("href=\"&#x2f;group&#x2f;tasks&#x2f;-&#x2f;issues&#x2f;{iid}\"")), "{page}");
    // What programs read has the four keys that it always had.
    let journal: Value = serde_json::from_str(&get(&sandbox, "/-/journal").await.1).unwrap();
    let keys: Vec<&String> = journal[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["body", "method", "path", "status"]);
}

#[tokio::test]
async fn the_first_page_names_every_token_with_what_it_is_for() {
    let names = ["admin", "api", "expired", "person", "read_api", "read_repository"];
    let purpose = |name: &str| format!("what {name} is for");
    let guide = Guide {
        token_purposes: names.iter().map(|&name| (name.to_owned(), purpose(name))).collect(),
        ..Guide::default()
    };
    let start = page_text(&get(&staged_sandbox().with_guide(guide), "/").await.1);
    for name in names {
        assert!(start.contains(&format!("{name} glpat-sandbox-{name}-no-secret {}", purpose(name))), "{name}: {start}");
    }
    let start = page_text(&get(&staged_sandbox(), "/").await.1);
    assert!(start.contains("api glpat-sandbox-api-no-secret expired"), "nothing stands for a purpose: {start}");
}

#[tokio::test]
async fn the_pages_have_the_name_and_the_examples_of_whoever_made_the_sandbox() {
    let what = "Writes & reads:".to_owned();
    let lines = vec!["bot --dry-run {url}".to_owned(), "bot {url}".to_owned()];
    let guide = Guide {
        name: "Bot's <sandbox>".to_owned(),
        examples: vec![ShellExample { description: what, lines }],
        ..Guide::default()
    };
    let sandbox = staged_sandbox().with_guide(guide);
    let start = page_text(&get(&sandbox, "/").await.1);
    assert!(start.contains("Writes & reads: bot --dry-run http://127.0.0.1 bot http://127.0.0.1 Or ask"), "{start}");
    for path in ["/", "/group/tasks", "/group/tasks/-/issues/1", "/-/journal.html", "/no/such/project"] {
        let page = get(&sandbox, path).await.1;
        assert!(page.contains("· Bot&#x27;s &lt;sandbox&gt;</title>"), "{path}: {page}");
    }
    assert!(get(&staged_sandbox(), "/").await.1.contains("· GitLab sandbox</title>"));
}
