//! Branches, commits and merge requests: what they do, and who may not.

use serde_json::{Value, json};

use super::requests::{Response, ask, ask_json, sandbox};
use crate::Sandbox;

const OPEN_PROJECT: &str = "/projects/group%2Fopen";
const BRANCHES: &str = "/projects/group%2Fopen/repository/branches";
const COMMITS: &str = "/projects/group%2Fopen/repository/commits";
const MERGE_REQUESTS: &str = "/projects/group%2Fopen/merge_requests";

async fn post_commit(sandbox: &Sandbox, who: &str, branch: &str, actions: Value) -> Response {
    let body = json!({ "branch": branch, "start_branch": "main", "commit_message": "Do it", "actions": actions });
    let mut body = body;
    if branch == "main" {
        body["start_branch"] = json!(null);
    }
    ask_json(sandbox, who, "POST", COMMITS, &body).await
}

/// A merge request of the developer's from a branch with one new file.
async fn open_merge_request(sandbox: &Sandbox, branch: &str) -> Response {
    let made =
        post_commit(sandbox, "dev", branch, json!([{"action": "create", "file_path": branch, "content": "x\n"}])).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let form = format!("source_branch={branch}&target_branch=main&title=Add {branch}");
    ask(sandbox, "dev", "POST", MERGE_REQUESTS, &form).await
}

#[tokio::test]
async fn branches_come_and_go() {
    let sandbox = sandbox();
    assert_eq!(ask(&sandbox, "bot", "POST", BRANCHES, "branch=x&ref=main").await.status, 403);
    let made = ask(&sandbox, "dev", "POST", BRANCHES, "branch=fix/a.b&ref=main").await;
    assert_eq!((made.status, &made.json()["name"], &made.json()["merged"]), (201, &json!("fix/a.b"), &json!(true)));
    assert_eq!(ask(&sandbox, "dev", "POST", BRANCHES, "branch=fix/a.b&ref=main").await.status, 400);
    for wrong in ["branch=a..b&ref=main", "branch=a b&ref=main", "branch=new&ref=none", "branch=new"] {
        assert_eq!(ask(&sandbox, "dev", "POST", BRANCHES, wrong).await.status, 400, "{wrong}");
    }
    let main = ask(&sandbox, "", "GET", &format!("{BRANCHES}/main"), "").await.json();
    assert_eq!((&main["default"], &main["protected"], &main["can_push"]), (&json!(true), &json!(true), &json!(false)));
    assert_eq!(
        ask(&sandbox, "", "GET", &format!("{BRANCHES}?search=^fix"), "").await.field_of_each("name"),
        ["fix/a.b"]
    );
    assert_eq!(ask(&sandbox, "dev", "DELETE", &format!("{BRANCHES}/main"), "").await.status, 400);
    assert_eq!(ask(&sandbox, "dev", "DELETE", &format!("{BRANCHES}/fix%2Fa.b"), "").await.status, 204);
    assert_eq!(ask(&sandbox, "dev", "GET", &format!("{BRANCHES}/fix%2Fa.b"), "").await.status, 404);
}

/// git keeps a branch as a file: `fatal: cannot lock ref 'refs/heads/release': 'refs/heads/release/1.0' exists`. GitLab's
/// words are those of `app/services/branches/create_service.rb` and of Gitaly's `UpdateRefError`.
#[tokio::test]
async fn no_branch_stands_beside_one_below_its_name() {
    let sandbox = sandbox();
    assert_eq!(ask(&sandbox, "dev", "POST", BRANCHES, "branch=release/1.0&ref=main").await.status, 201);
    for name in ["release", "release/1.0/fix"] {
        let refused = ask(&sandbox, "dev", "POST", BRANCHES, &format!("branch={name}&ref=main")).await;
        let message =
            format!("Failed to create branch '{name}': Branch name conflicts with existing branch hierarchy.");
        assert_eq!((refused.status, &refused.json()["message"]), (400, &json!(message)));
        let by_commit =
            post_commit(&sandbox, "dev", name, json!([{"action": "create", "file_path": "a", "content": "x"}])).await;
        let message = format!("Could not update refs/heads/{name}. Please refresh and try again.");
        assert_eq!((by_commit.status, &by_commit.json()["message"]), (400, &json!(message)));
    }
    for name in ["releases", "release-1", "release/1.1"] {
        let made = ask(&sandbox, "dev", "POST", BRANCHES, &format!("branch={name}&ref=main")).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
}

#[tokio::test]
async fn an_empty_repository_gets_its_default_branch_first() {
    let sandbox = sandbox();
    let id = ask(&sandbox, "dev", "POST", "/projects", "name=Empty").await.json()["id"].clone();
    let branch = format!("/projects/{id}/repository/branches");
    assert_eq!(ask(&sandbox, "dev", "POST", &branch, "branch=x&ref=main").await.status, 201);
    assert_eq!(ask(&sandbox, "dev", "GET", &branch, "").await.field_of_each("name"), ["main", "x"]);
}

#[tokio::test]
async fn a_protected_branch_is_for_maintainers() {
    let sandbox = sandbox();
    let path = format!("{OPEN_PROJECT}/protected_branches");
    assert_eq!(ask(&sandbox, "dev", "POST", &path, "name=main").await.status, 403);
    assert_eq!(ask(&sandbox, "keeper", "POST", &path, "name=main").await.status, 201);
    assert_eq!(ask(&sandbox, "keeper", "POST", &path, "name=main").await.status, 409);
    let actions = json!([{"action": "create", "file_path": "a", "content": "1"}]);
    assert_eq!(post_commit(&sandbox, "dev", "main", actions.clone()).await.status, 403);
    assert_eq!(post_commit(&sandbox, "keeper", "main", actions).await.status, 201);
    open_merge_request(&sandbox, "b").await;
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{MERGE_REQUESTS}/1/merge"), "").await.status, 401);
    assert_eq!(ask(&sandbox, "keeper", "DELETE", &format!("{path}/main"), "").await.status, 204);
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{MERGE_REQUESTS}/1/merge"), "").await.status, 200);
}

#[tokio::test]
async fn a_commit_does_all_of_its_actions_or_none() {
    let sandbox = sandbox();
    let actions = json!([
        {"action": "create", "file_path": "a", "content": "aGVsbG8=", "encoding": "base64"},
        {"action": "move", "file_path": "docs/README.md", "previous_path": "README.md"},
        {"action": "chmod", "file_path": "a", "execute_filemode": true},
    ]);
    let made = post_commit(&sandbox, "dev", "work", actions).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let tree = ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/repository/tree?ref=work&recursive=true"), "").await;
    assert_eq!(tree.field_of_each("path"), ["docs", "a", "docs/README.md"]);
    assert_eq!(tree.field_of_each("mode"), ["040000", "100755", "100644"]);
    let diff = ask(&sandbox, "", "GET", &format!("{COMMITS}/{id}/diff"), "").await;
    assert_eq!(
        (&diff.field_of_each("old_path")[1], &diff.field_of_each("renamed_file")[1]),
        (&json!("README.md"), &json!(true))
    );
    assert_eq!(diff.field_of_each("diff")[0], "@@ -0,0 +1,1 @@\n+hello\n");
    let before = sandbox.world();
    let half =
        json!([{"action": "create", "file_path": "b", "content": ""}, {"action": "delete", "file_path": "none"}]);
    assert_eq!(post_commit(&sandbox, "dev", "main", half).await.status, 400);
    assert_eq!(sandbox.world(), before);
    // Main is as it was, and an old commit still shows what was there then.
    let raw = format!("{OPEN_PROJECT}/repository/files/README.md/raw?ref=main");
    assert_eq!(ask(&sandbox, "", "GET", &raw, "").await.text, "# Open\n");
    post_commit(&sandbox, "dev", "work2", json!([{"action": "delete", "file_path": "README.md"}])).await;
    let old = ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/repository/files/a/raw?ref={id}"), "").await;
    assert_eq!(old.text, "hello");
    let compared =
        ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/repository/compare?from=main&to=work"), "").await.json();
    assert_eq!((compared["commits"].as_array().unwrap().len(), compared["diffs"].as_array().unwrap().len()), (1, 2));
}

#[tokio::test]
async fn a_stale_last_commit_id_is_refused() {
    let sandbox = sandbox();
    let file = format!("{OPEN_PROJECT}/repository/files/README.md");
    let seen = ask(&sandbox, "", "GET", &format!("{file}?ref=main"), "").await.json()["last_commit_id"].clone();
    let put = async |text: &str| {
        let body = json!({"branch": "main", "content": text, "commit_message": "m", "last_commit_id": seen});
        ask_json(&sandbox, "dev", "PUT", &file, &body).await.status
    };
    assert_eq!([put("one").await, put("two").await], [200, 400]);
}

#[tokio::test]
async fn a_merge_request_is_opened_once_and_merged_once() {
    let sandbox = sandbox();
    assert_eq!(
        ask(&sandbox, "bot", "POST", MERGE_REQUESTS, "source_branch=a&target_branch=main&title=T").await.status,
        403
    );
    let made = open_merge_request(&sandbox, "a").await;
    assert_eq!((made.status, &made.json()["detailed_merge_status"]), (201, &json!("mergeable")));
    assert_eq!(made.json()["changes_count"], "1");
    let form = "source_branch=a&target_branch=main&title=T";
    assert_eq!(ask(&sandbox, "dev", "POST", MERGE_REQUESTS, form).await.status, 409);
    assert_eq!(
        ask(&sandbox, "dev", "POST", MERGE_REQUESTS, "source_branch=no&target_branch=main&title=T").await.status,
        400
    );
    let one = format!("{MERGE_REQUESTS}/1");
    assert_eq!(ask(&sandbox, "stranger", "PUT", &one, "title=mine").await.status, 403);
    let draft = ask(&sandbox, "dev", "PUT", &one, "title=Draft: not yet&labels=x").await.json();
    assert_eq!((&draft["draft"], &draft["labels"]), (&json!(true), &json!(["x"])));
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{one}/merge"), "").await.status, 405);
    ask(&sandbox, "dev", "PUT", &one, "title=Now").await;
    assert_eq!(ask(&sandbox, "bot", "PUT", &format!("{one}/merge"), "").await.status, 401);
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{one}/merge"), "sha=0000").await.status, 409);
    let form =
        "squash=true&squash_commit_message=Squashed&merge_commit_message=Merged&should_remove_source_branch=true";
    let merged = ask(&sandbox, "dev", "PUT", &format!("{one}/merge"), form).await;
    assert_eq!((merged.status, &merged.json()["state"]), (200, &json!("merged")), "{}", merged.text);
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{one}/merge"), "").await.status, 405);
    assert_eq!(ask(&sandbox, "dev", "GET", &format!("{BRANCHES}/a"), "").await.status, 404);
    let messages = ask(&sandbox, "", "GET", COMMITS, "").await.field_of_each("message");
    assert_eq!(messages, ["Merged", "Squashed", "Add README.md"], "the squashed commit stands for those it came from");
    assert_eq!(ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/repository/files/a/raw"), "").await.text, "x\n");
    assert_eq!(ask(&sandbox, "", "GET", &format!("{one}/diffs"), "").await.field_of_each("new_path"), ["a"]);
    assert_eq!(ask(&sandbox, "", "GET", &format!("{MERGE_REQUESTS}?state=opened"), "").await.text, "[]");
}

#[tokio::test]
async fn a_file_takes_its_mode_along_and_the_default_branch_shows_it() {
    let sandbox = sandbox();
    let act = async |action: Value| {
        let body = json!({"branch": "main", "commit_message": "Do it", "actions": [action]});
        assert_eq!(ask_json(&sandbox, "dev", "POST", COMMITS, &body).await.status, 201);
    };
    let modes = async |query: &str| {
        ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/repository/tree{query}"), "").await.field_of_each("mode")
    };
    act(json!({"action": "chmod", "file_path": "README.md", "execute_filemode": true})).await;
    for query in ["", "?ref=HEAD", "?ref=main"] {
        assert_eq!(modes(query).await, ["100755"], "{query}");
    }
    act(json!({"action": "move", "file_path": "docs/README.md", "previous_path": "README.md"})).await;
    assert_eq!(modes("?path=docs").await, ["100755"]);
    ask(&sandbox, "dev", "POST", BRANCHES, "branch=x&ref=HEAD").await;
    assert_eq!(modes("?path=docs&ref=x").await, ["100755"]);
    act(json!({"action": "delete", "file_path": "docs/README.md"})).await;
    act(json!({"action": "create", "file_path": "docs/README.md", "content": "new"})).await;
    assert_eq!(modes("?path=docs").await, ["100644"], "a new file of an old name is another one");
}

#[tokio::test]
async fn a_commit_knows_the_merge_request_that_brings_it() {
    let sandbox = sandbox();
    let first =
        post_commit(&sandbox, "dev", "a", json!([{"action": "create", "file_path": "one", "content": "1"}])).await;
    let first = first.json()["id"].as_str().unwrap().to_owned();
    let more = json!({"branch": "a", "content": "2", "commit_message": "Two"});
    ask_json(&sandbox, "dev", "POST", &format!("{OPEN_PROJECT}/repository/files/two"), &more).await;
    ask(&sandbox, "dev", "POST", MERGE_REQUESTS, "source_branch=a&target_branch=main&title=Both").await;
    let brought =
        async || ask(&sandbox, "", "GET", &format!("{COMMITS}/{first}/merge_requests"), "").await.field_of_each("iid");
    assert_eq!(brought().await, [1]);
    ask(&sandbox, "dev", "PUT", &format!("{MERGE_REQUESTS}/1/merge"), "").await;
    assert_eq!(brought().await, [1], "also when it is merged");
    let other =
        post_commit(&sandbox, "dev", "b", json!([{"action": "create", "file_path": "x", "content": "1"}])).await;
    let path = format!("{COMMITS}/{}/merge_requests", other.json()["id"].as_str().unwrap());
    assert_eq!(ask(&sandbox, "", "GET", &path, "").await.text, "[]");
}

#[tokio::test]
async fn a_closed_merge_request_still_shows_what_it_would_have_changed() {
    let sandbox = sandbox();
    let sha = open_merge_request(&sandbox, "a").await.json()["sha"].clone();
    let one = format!("{MERGE_REQUESTS}/1");
    ask(&sandbox, "dev", "PUT", &one, "state_event=close").await;
    ask(&sandbox, "dev", "DELETE", &format!("{BRANCHES}/a"), "").await;
    let closed = ask(&sandbox, "dev", "GET", &one, "").await.json();
    assert_eq!((&closed["sha"], &closed["changes_count"]), (&sha, &json!("1")));
    assert_eq!(ask(&sandbox, "", "GET", &format!("{one}/diffs"), "").await.field_of_each("new_path"), ["a"]);
    assert_eq!(ask(&sandbox, "", "GET", &format!("{one}/commits"), "").await.field_of_each("title"), ["Do it"]);
}

#[tokio::test]
async fn where_both_sides_changed_a_file_nothing_is_merged() {
    let sandbox = sandbox();
    open_merge_request(&sandbox, "a").await;
    post_commit(&sandbox, "dev", "main", json!([{"action": "create", "file_path": "a", "content": "other"}])).await;
    let one = ask(&sandbox, "dev", "GET", &format!("{MERGE_REQUESTS}/1"), "").await.json();
    assert_eq!((&one["has_conflicts"], &one["detailed_merge_status"]), (&json!(true), &json!("conflict")));
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{MERGE_REQUESTS}/1/merge"), "").await.status, 422);
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{MERGE_REQUESTS}/1/rebase"), "").await.status, 409);
}

#[tokio::test]
async fn a_rebase_puts_the_branch_on_top() {
    let sandbox = sandbox();
    open_merge_request(&sandbox, "a").await;
    post_commit(&sandbox, "dev", "main", json!([{"action": "create", "file_path": "b", "content": "other"}])).await;
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{MERGE_REQUESTS}/1/rebase"), "").await.status, 202);
    let tree = ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/repository/tree?ref=a"), "").await;
    assert_eq!(tree.field_of_each("path"), ["README.md", "a", "b"]);
    assert_eq!(
        ask(&sandbox, "", "GET", &format!("{MERGE_REQUESTS}/1/commits"), "").await.field_of_each("title"),
        ["Add a"]
    );
}

#[tokio::test]
async fn a_fork_is_merged_back_with_its_history() {
    let sandbox = sandbox();
    let fork = ask(&sandbox, "stranger", "POST", &format!("{OPEN_PROJECT}/fork"), "").await;
    assert_eq!((fork.status, &fork.json()["path_with_namespace"]), (201, &json!("stranger/open")), "{}", fork.text);
    let id = fork.json()["id"].clone();
    let body = json!({"branch": "idea", "start_branch": "main", "content": "mine\n", "commit_message": "An idea"});
    let file = format!("/projects/{id}/repository/files/idea");
    assert_eq!(ask_json(&sandbox, "stranger", "POST", &file, &body).await.status, 201);
    let target = sandbox.world().project_by_path("group/open").unwrap().id;
    let wish = format!("source_branch=idea&target_branch=main&title=Idea&target_project_id={target}");
    let made = ask(&sandbox, "stranger", "POST", &format!("/projects/{id}/merge_requests"), &wish).await;
    assert_eq!((made.status, &made.json()["changes_count"]), (201, &json!("1")), "{}", made.text);
    assert_eq!(ask(&sandbox, "stranger", "PUT", &format!("{MERGE_REQUESTS}/1/merge"), "").await.status, 401);
    assert_eq!(ask(&sandbox, "keeper", "PUT", &format!("{MERGE_REQUESTS}/1/merge"), "").await.status, 200);
    let titles = ask(&sandbox, "", "GET", COMMITS, "").await.field_of_each("title");
    assert_eq!(titles, ["Merge branch 'idea' into 'main'", "An idea", "Add README.md"]);
    assert_eq!(ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/forks"), "").await.field_of_each("id"), [id]);
}

#[tokio::test]
async fn approvals_are_other_peoples() {
    let sandbox = sandbox();
    open_merge_request(&sandbox, "a").await;
    let path = format!("{MERGE_REQUESTS}/1");
    assert_eq!(ask(&sandbox, "dev", "POST", &format!("{path}/approve"), "").await.status, 401, "the author's own");
    let given = ask(&sandbox, "keeper", "POST", &format!("{path}/approve"), "").await;
    assert_eq!((given.status, &given.json()["approved_by"][0]["user"]["username"]), (201, &json!("keeper")));
    assert_eq!(ask(&sandbox, "keeper", "POST", &format!("{path}/approve"), "").await.status, 401);
    assert_eq!(ask(&sandbox, "keeper", "POST", &format!("{path}/unapprove"), "").await.status, 201);
}

#[tokio::test]
async fn code_that_one_may_not_see_hides_what_is_about_it() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/pairing").unwrap().id;
        let dev = world.user_by_username("dev").unwrap().id;
        world.add_merge_request(project, dev, "Secret", "opened");
    });
    let pairing = "/projects/group%2Fpairing";
    assert_eq!(ask(&sandbox, "guest", "GET", &format!("{pairing}/merge_requests/1"), "").await.status, 404);
    assert_eq!(ask(&sandbox, "guest", "GET", &format!("{pairing}/merge_requests"), "").await.text, "[]");
    assert_eq!(ask(&sandbox, "guest", "GET", &format!("{pairing}/repository/commits"), "").await.status, 403);
    assert_eq!(ask(&sandbox, "stranger", "GET", &format!("{pairing}/repository/commits"), "").await.status, 404);
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{pairing}/merge_requests/1"), "").await.status, 200);
}
