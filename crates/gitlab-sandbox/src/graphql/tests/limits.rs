//! What is too much, and questions that make no sense.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{query_data, query_errors, run_query, sandbox, send, small_world};
use crate::Sandbox;

#[tokio::test]
async fn lists_come_in_pages_of_a_hundred_at_most() {
    let mut world = small_world();
    for number in 0..230 {
        world.add_group_label("group", &format!("l{number:03}"), "#112233", "");
    }
    let sandbox = Sandbox::new(world);
    let mut seen = Vec::new();
    let mut after = String::new();
    let mut sizes = Vec::new();
    loop {
        let query = format!(
            "{{ group(fullPath: \"group\") {{ labels(searchTerm: \"l\", first: 500, after: \"{after}\") \
             {{ count nodes {{ title }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
        );
        let got = query_data(&sandbox, "", &query).await["group"]["labels"].clone();
        let nodes = got["nodes"].as_array().unwrap().clone();
        sizes.push(nodes.len());
        seen.extend(nodes);
        assert_eq!(got["count"], 230);
        if got["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        got["pageInfo"]["endCursor"].as_str().unwrap().clone_into(&mut after);
    }
    assert_eq!((sizes, seen.len()), (vec![100, 100, 30], 230));
    let bad = "{ group(fullPath: \"group\") { labels(after: \"x\") { nodes { title } } } }";
    assert_eq!(query_errors(&sandbox, bad).await, ["Please provide a valid cursor"]);
}

#[tokio::test]
async fn a_query_may_be_too_long_or_too_dear() {
    let sandbox = sandbox();
    let long = format!("{{ currentUser {{ id }} }} #{}", "é".repeat(10_000));
    let answer = send(&sandbox, "api", &json!({ "query": long })).await;
    assert_eq!(answer, (422, json!({ "errors": [{ "message": "Query too large" }] })));
    let most = format!("{{ currentUser {{ id }} }} #{}", "é".repeat(9_975));
    assert_eq!(send(&sandbox, "api", &json!({ "query": most })).await.0, 200);

    // Each question costs two: the project and its id.
    let many = |count: usize| {
        let each: Vec<_> = (0..count).map(|at| format!("p{at}: project(fullPath: \"a/b\") {{ id }}")).collect();
        format!("{{ {} }}", each.join(" "))
    };
    assert_eq!(query_data(&sandbox, "api", &many(125)).await["p124"], json!(null));
    let too_dear = |score: u64, limit: u64| json!({ "errors": [{ "message": format!("Query has complexity of {score}, which exceeds max complexity of {limit}") }] });
    assert_eq!(run_query(&sandbox, "api", &many(126)).await, too_dear(252, 250));
    assert_eq!(query_data(&sandbox, "", &many(100)).await["p99"], json!(null));
    assert_eq!(run_query(&sandbox, "", &many(101)).await, too_dear(202, 200));

    // Each path costs one more, and all of it twice when a hundred rows are asked for, which is what no number means.
    let blobs = |paths: usize, first: &str| {
        let paths: Vec<String> = (0..paths).map(|at| format!("\"data/{at}.yaml\"")).collect();
        let paths = paths.join(",");
        format!(
            "{{ project(fullPath: \"group/sub/open\") {{ repository {{ blobs(paths: [{paths}]{first}) {{ nodes {{ oid }} }} }} }} }}"
        )
    };
    assert_eq!(run_query(&sandbox, "api", &blobs(121, "")).await, too_dear(252, 250));
    query_data(&sandbox, "api", &blobs(120, "")).await;
    query_data(&sandbox, "api", &blobs(200, ", first: 20")).await;
}

#[tokio::test]
async fn several_large_files_at_once_are_refused_one_is_not() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/sub/open").unwrap().id;
        for name in ["big", "bigger"] {
            world.add_file(project, "main", name, &"x".repeat(11 * 1024 * 1024));
        }
    });
    let query = |paths: &str, field: &str| {
        format!(
            "{{ project(fullPath: \"group/sub/open\") {{ repository {{ blobs(paths: [{paths}]) {{ nodes {{ {field} }} }} }} }} }}"
        )
    };
    let both = "\"big\", \"bigger\"";
    assert_eq!(
        query_errors(&sandbox, &query(both, "rawTextBlob")).await,
        ["Max blobs size limit exceeded (22 MB / 20 MB)."]
    );
    query_data(&sandbox, "api", &query(both, "oid size")).await;
    query_data(&sandbox, "api", &query("\"bigger\"", "rawTextBlob")).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is asked, the sandbox answers, and never with a fault of its own.
    #[test]
    fn every_query_has_an_answer(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "(", ")", "project", "group", "users", "labels", "repository", "blobs", "tree", "nodes", "pageInfo",
            "fullPath: \"group/sub/open\"", "first: -1", "first: 99999999999999999999", "after: \"sandbox-9\"", "paths: [1, $x]", "$x: [ID!] = null",
            "query", "mutation", "iid: \"é\"", "a:", "id", "...", "on X", "@skip", "\"", "\"\"\"", "#", "null", "{ id }", "__typename",
        ]), 0..30),
        open in any::<bool>(),
        variables in prop::sample::select(vec!["null", "{}", "{\"x\": [null]}", "[]", "7"]),
    ) {
        let query = pieces.join(" ");
        let query = if open { format!("{{ group(fullPath: \"group\") {{ id {query} }} }}") } else { query };
        let variables: Value = serde_json::from_str(variables).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (status, answer) = runtime.block_on(send(&sandbox(), "api", &json!({ "query": query, "variables": variables })));
        prop_assert_eq!(status, 200);
        prop_assert!(answer.get("data").is_some() || answer.get("errors").is_some());
    }
}
