//! What each question is answered.

use serde_json::{Value, json};

use super::{query_data, query_errors, run_query, sandbox, send};
use crate::world::{DEVELOPER, IssueEdit, NewIssue, PLANNER, REPORTER, Tier};

#[tokio::test]
async fn row_53_many_questions_in_one_request() {
    let sandbox = sandbox();
    let query = "query($path: ID!, $files: [String!]!, $one: String = \"1\") {
        open: project(fullPath: $path) {
            __typename fullPath archived visibility webUrl
            repository { rootRef blobs(paths: $files, ref: \"HEAD\") { nodes { path name oid rawTextBlob webPath size } } }
            first: issue(iid: $one) { iid state webUrl } second: issue(iid: \"2\") { state } none: issue(iid: \"3\") { iid }
            mergeRequest(iid: \"1\") { iid state webUrl }
            there: label(title: \"pod::a\") { title } notThere: label(title: \"POD::A\") { title }
            labels(searchTerm: \"pod\") { nodes { title } }
        }
        me: currentUser { username active }
        hidden: project(fullPath: \"group/hidden\") { id } gone: project(fullPath: \"group/none\") { id }
        queryComplexity { score limit }
    }";
    let body =
        json!({ "query": query, "variables": { "path": "GROUP/sub/open", "files": ["data/b.yaml", "gone.yaml"] } });
    let (_, answer) = send(&sandbox, "api", &body).await;
    let data = &answer["data"];
    let web = "http://127.0.0.1/group/sub/open";
    let oid = data["open"]["repository"]["blobs"]["nodes"][0]["oid"].as_str().unwrap();
    assert_eq!(oid.len(), 40);
    let blob = json!({
        "path": "data/b.yaml", "name": "b.yaml", "oid": oid, "rawTextBlob": "name: B\n",
        "webPath": "/group/sub/open/-/blob/HEAD/data/b.yaml", "size": "8",
    });
    let expected = json!({
        "__typename": "Project", "fullPath": "group/sub/open", "archived": false, "visibility": "public", "webUrl": web,
        "repository": { "rootRef": "main", "blobs": { "nodes": [blob] } },
        "first": { "iid": "1", "state": "opened", "webUrl": format!("{web}/-/issues/1") },
        "second": { "state": "closed" }, "none": null,
        "mergeRequest": { "iid": "1", "state": "merged", "webUrl": format!("{web}/-/merge_requests/1") },
        "there": { "title": "pod::a" }, "notThere": null, "labels": { "nodes": [{ "title": "pod::a" }] },
    });
    assert_eq!(data["open"], expected, "{answer}");
    assert_eq!(data["me"], json!({ "username": "bot", "active": true }));
    assert_eq!((&data["hidden"], &data["gone"]), (&json!(null), &json!(null)));
    assert_eq!(data["queryComplexity"]["limit"], 250);
    assert!(data["queryComplexity"]["score"].as_u64().unwrap() > 40);
}

#[tokio::test]
async fn groups_epics_and_work_items_answer() {
    let sandbox = sandbox();
    let query = "{
        group(fullPath: \"group\") {
            fullPath visibility webUrl epic(iid: \"41\") { iid state webUrl title } item: workItem(iid: \"41\") { iid state webUrl }
            none: epic(iid: 42) { iid } secret: epic(iid: 7) { iid } secretItem: workItem(iid: \"7\") { iid }
        }
        namespace(fullPath: \"group\") { fullPath workItem(iid: \"41\") { iid state } }
        inProject: namespace(fullPath: \"group/sub/open\") { workItem(iid: \"2\") { iid state } }
        gone: group(fullPath: \"none\") { id }
    }";
    let got = query_data(&sandbox, "api", query).await;
    let web = "http://127.0.0.1/groups/group";
    assert_eq!(
        got,
        json!({
            "group": {
                "fullPath": "group", "visibility": "public", "webUrl": web,
                "epic": { "iid": "41", "state": "opened", "webUrl": format!("{web}/-/epics/41"), "title": "Pods" },
                "item": { "iid": "41", "state": "OPEN", "webUrl": format!("{web}/-/work_items/41") },
                "none": null, "secret": null, "secretItem": null,
            },
            "namespace": { "fullPath": "group", "workItem": { "iid": "41", "state": "OPEN" } },
            "inProject": { "workItem": { "iid": "2", "state": "CLOSED" } },
            "gone": null,
        })
    );
    sandbox.change_world(|world| {
        let (group, bot) = (world.group_by_path("group").unwrap().id, world.user_by_username("bot").unwrap().id);
        world.add_group_member(group, bot, PLANNER);
    });
    let query =
        "{ group(fullPath: \"group\") { epic(iid: 7) { state } } project(fullPath: \"group/hidden\") { fullPath } }";
    let got = query_data(&sandbox, "api", query).await;
    assert_eq!(got, json!({ "group": { "epic": { "state": "closed" } }, "project": { "fullPath": "group/hidden" } }));
    sandbox.change_world(|world| world.tier = Tier::Free);
    assert_eq!(query_data(&sandbox, "api", query).await["group"]["epic"], json!(null));
}

#[tokio::test]
async fn labels_are_found_where_gitlab_looks() {
    let sandbox = sandbox();
    let titles = |value: &Value| {
        let nodes = value["labels"]["nodes"].as_array().unwrap();
        nodes.iter().map(|label| label["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (of, args, expected) in [
        ("project(fullPath: \"group/sub/open\")", "", vec!["of the group", "pod::a"]),
        (
            "project(fullPath: \"group/sub/open\")",
            "(includeAncestorGroups: true)",
            vec!["above", "of the group", "pod::a"],
        ),
        ("project(fullPath: \"group/sub/open\")", "(searchTerm: \"OF THE\")", vec!["of the group", "pod::a"]),
        ("project(fullPath: \"group/sub/open\")", "(title: \"pod::a\")", vec!["pod::a"]),
        ("group(fullPath: \"group/sub\")", "", vec!["of the group", "pod::a"]),
        ("group(fullPath: \"group/sub\")", "(onlyGroupLabels: true)", vec!["of the group"]),
        (
            "group(fullPath: \"group/sub\")",
            "(onlyGroupLabels: true, includeAncestorGroups: true)",
            vec!["above", "of the group"],
        ),
        ("group(fullPath: \"group\")", "", vec!["above"]),
    ] {
        let got = query_data(&sandbox, "", &format!("{{ x: {of} {{ labels{args} {{ nodes {{ title }} }} }} }}")).await;
        assert_eq!(titles(&got["x"]), expected, "{of} {args}");
    }
    let query = "{ group(fullPath: \"group/sub\") { own: label(title: \"of the group\") { title } above: label(title: \"above\") { title } } }";
    let got = query_data(&sandbox, "", query).await;
    assert_eq!(got["group"], json!({ "own": { "title": "of the group" }, "above": null }));
    let query = "{ group(fullPath: \"group\") { labels(title: \"x\", searchTerm: \"x\") { nodes { title } } } }";
    let answer = run_query(&sandbox, "", query).await;
    assert_eq!(
        (&answer["data"]["group"]["labels"], &answer["errors"][0]["path"]),
        (&json!(null), &json!(["group", "labels"]))
    );
}

/// `app/graphql/resolvers/labels_resolver.rb`: `archived` is false unless it is asked for.
#[tokio::test]
async fn archived_labels_are_listed_only_if_asked_for() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/sub/open").unwrap().id;
        world.set_label_archived(project, "pod::a", true).unwrap();
    });
    let query = "{ project(fullPath: \"group/sub/open\") { default: labels(title: \"pod::a\") { nodes { title } } \
                 archived: labels(archived: true) { nodes { title archived } } } }";
    let got = query_data(&sandbox, "", query).await["project"].clone();
    assert_eq!(got["default"]["nodes"], json!([]));
    assert_eq!(got["archived"]["nodes"], json!([{ "title": "pod::a", "archived": true }]));
}

#[tokio::test]
async fn folders_are_listed_and_emptiness_proves_nothing() {
    let sandbox = sandbox();
    let list = async |args: &str| {
        let query = format!(
            "{{ project(fullPath: \"group/sub/open\") {{ repository {{ tree{args} {{ trees {{ nodes {{ path }} pageInfo {{ hasNextPage }} }} \
             blobs {{ nodes {{ path name }} }} }} }} }} }}"
        );
        let tree = query_data(&sandbox, "api", &query).await["project"]["repository"]["tree"].clone();
        let paths = |part: &str| {
            let nodes = tree[part]["nodes"].as_array().unwrap();
            nodes.iter().map(|node| node["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        (paths("trees"), paths("blobs"))
    };
    let of = |trees: &[&str], blobs: &[&str]| {
        let owned = |list: &[&str]| list.iter().map(|&path| path.to_owned()).collect::<Vec<_>>();
        (owned(trees), owned(blobs))
    };
    assert_eq!(list("").await, of(&["data"], &["README.md"]));
    assert_eq!(list("(path: \"data\")").await, of(&["data/deep"], &["data/a.yaml", "data/b.yaml"]));
    let all = ["README.md", "data/a.yaml", "data/b.yaml", "data/deep/c.yaml"];
    assert_eq!(list("(recursive: true)").await, of(&["data", "data/deep"], &all));
    assert_eq!(list("(path: \"none\", ref: \"main\")").await, of(&[], &[]));
    assert_eq!(list("(ref: \"none\")").await, of(&[], &[]));
}

#[tokio::test]
async fn code_of_a_private_project_is_for_reporters() {
    let sandbox = sandbox();
    let query = "{ project(fullPath: \"group/hidden\") { repository { blobs(paths: [\"secret.md\"]) { nodes { rawTextBlob } } } } }";
    let join = |level: u8| {
        sandbox.change_world(|world| {
            let (project, bot) =
                (world.project_by_path("group/hidden").unwrap().id, world.user_by_username("bot").unwrap().id);
            world.add_member(project, bot, level);
        });
    };
    join(10);
    assert_eq!(query_data(&sandbox, "api", query).await, json!({ "project": { "repository": null } }));
    for level in [REPORTER, DEVELOPER] {
        join(level);
        let got = query_data(&sandbox, "api", query).await;
        assert_eq!(got["project"]["repository"]["blobs"]["nodes"][0]["rawTextBlob"], "no\n");
    }
}

#[tokio::test]
async fn users_are_found_by_name_and_number() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        for (username, state) in [("ada", "active"), ("bea", "blocked"), ("cleo", "deactivated"), ("old-dot", "active")]
        {
            let user = world.add_user(username, username);
            world.set_user_state(user, state);
        }
        let dot = world.user_by_username("old-dot").unwrap().id;
        world.rename_user(dot, "dot");
    });
    let dot = sandbox.world().user_by_username("dot").unwrap().id;
    let query = format!(
        "{{ a: user(username: \"ADA\") {{ username state }} b: user(username: \"bea\") {{ state }} o: user(username: \"old-dot\") {{ id }} \
         d: user(id: \"gid://gitlab/User/{dot}\") {{ username }} \
         list: users(usernames: [\"ada\", \"bea\", \"cleo\", \"old-dot\"]) {{ nodes {{ username state }} }} \
         ids: users(ids: [\"gid://gitlab/User/{dot}\"]) {{ nodes {{ username }} }} }}"
    );
    let got = query_data(&sandbox, "api", &query).await;
    let expected = json!({
        "a": { "username": "ada", "state": "active" }, "b": { "state": "blocked" }, "o": null, "d": { "username": "dot" },
        // A list has no blocked people in it, unless an administrator asks.
        "list": { "nodes": [{ "username": "cleo", "state": "deactivated" }, { "username": "ada", "state": "active" }] },
        "ids": { "nodes": [{ "username": "dot" }] },
    });
    assert_eq!(got, expected);
    assert_eq!(query_data(&sandbox, "admin", &query).await["list"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(query_errors(&sandbox, "{ user { id } }").await.len(), 1);
    for query in [
        "{ users { nodes { id } } }",
        "{ users(usernames: [\"ada\"]) { nodes { id } } }",
        "{ user(username: \"ada\") { id } }",
    ] {
        let got = run_query(&sandbox, "", query).await;
        assert!(got["errors"][0]["message"].as_str().unwrap().contains("permission"), "nobody asks for people: {got}");
    }
}

#[tokio::test]
async fn a_moved_project_is_null_under_its_old_path() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let id = world.project_by_path("group/sub/open").unwrap().id;
        world.projects.get_mut(&id).unwrap().formerly.push("group/before".to_owned());
    });
    let query = "{ project(fullPath: \"group/before\") { fullPath } }";
    assert_eq!(query_data(&sandbox, "api", query).await, json!({ "project": null }));
}

#[tokio::test]
async fn a_query_is_not_in_the_journal_and_a_mutation_is() {
    let sandbox = sandbox();
    run_query(&sandbox, "api", "{ currentUser { id } }").await;
    run_query(&sandbox, "api", "{ nothing }").await;
    assert_eq!((sandbox.journal(), sandbox.request_count()), (vec![], 2));
    let answer = run_query(&sandbox, "api", "mutation { createNote(input: {}) { note { id } } }").await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("no mutations"));
    assert_eq!(sandbox.journal().len(), 1);
}

/// As a page asks for the participants of many issues at once: numbers are texts, what is hidden is not among them, and
/// numbers make the list cheap.
#[tokio::test]
async fn issues_by_their_numbers_come_with_who_takes_part() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/sub/open").unwrap().id;
        let (ada, bo) = (world.add_user("ada", "Ada"), world.add_user("bo", "Bo"));
        let edit = IssueEdit { assignees: Some(vec![ada]), ..Default::default() };
        world.edit_issue(project, 1, ada, &edit);
        world.add_issue_note(project, 1, bo, "I was there, too.");
        let secret = IssueEdit { confidential: Some(true), ..Default::default() };
        let new = NewIssue { title: "Three".to_owned(), edit: secret };
        world.open_issue(project, ada, &new);
    });
    let query = |arguments: &str| {
        format!(
            "{{ project(fullPath: \"group/sub/open\") {{ issues{arguments} {{ nodes {{ iid participants {{ nodes {{ username }} }} }} }} }} queryComplexity {{ score }} }}"
        )
    };
    let got = query_data(&sandbox, "api", &query("(iids: [\"1\", \"2\", \"3\", \"9\", \"x\"])")).await;
    let people = |names: &[&str]| names.iter().map(|name| json!({ "username": name })).collect::<Vec<_>>();
    let nodes = json!([
        { "iid": "2", "participants": { "nodes": people(&["bot"]) } },
        { "iid": "1", "participants": { "nodes": people(&["bot", "ada", "bo"]) } },
    ]);
    assert_eq!(got["project"]["issues"]["nodes"], nodes);
    let dear = query_data(&sandbox, "api", &query("")).await["queryComplexity"]["score"].as_u64().unwrap();
    let cheap = got["queryComplexity"]["score"].as_u64().unwrap();
    // A hundred rows double what hangs on the list.
    assert_eq!((cheap, dear), (13, 23));
    // Whoever is a member sees the confidential one, too.
    let got = query_data(&sandbox, "admin", &query("(iids: [\"3\"])")).await;
    assert_eq!(got["project"]["issues"]["nodes"][0]["participants"]["nodes"], json!(people(&["ada"])));
}
