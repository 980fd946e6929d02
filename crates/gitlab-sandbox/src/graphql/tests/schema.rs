//! Who asks, and what may be asked.

use axum::body::Body;
use http::Request;
use serde_json::json;
use tower::ServiceExt;

use super::{query_errors, run_query, sandbox, send};

/// Null for hidden things without a token is no more than likely: it is what a token that cannot see them gets.
#[tokio::test]
async fn row_52_tokens_decide_who_asks() {
    let sandbox = sandbox();
    let query = json!({ "query": "{ currentUser { id username active } project(fullPath: \"group/hidden\") { id } }" });
    let id = sandbox.world().user_by_username("bot").unwrap().id;
    let own = json!({ "id": format!("gid://gitlab/User/{id}"), "username": "bot", "active": true });
    for token in ["api", "read_api"] {
        let answer = send(&sandbox, token, &query).await;
        assert_eq!(answer, (200, json!({ "data": { "currentUser": own, "project": null } })), "{token}");
    }
    assert_eq!(send(&sandbox, "", &query).await, (200, json!({ "data": { "currentUser": null, "project": null } })));
    for token in ["nobody's", "read_repository"] {
        let answer = send(&sandbox, token, &query).await;
        assert_eq!(answer, (401, json!({ "errors": [{ "message": "Invalid token" }] })), "{token}");
    }
    sandbox.change_world(|world| world.set_user_state(id, "blocked"));
    assert_eq!(send(&sandbox, "api", &query).await.0, 403);
}

#[tokio::test]
async fn row_52_what_is_not_in_the_schema_is_an_error() {
    let sandbox = sandbox();
    for (query, message) in [
        ("{ nothing }", "Field 'nothing' doesn't exist on type 'Query'"),
        ("{ project(fullPath: \"x\") { path } }", "Field 'path' doesn't exist on type 'Project'"),
        ("{ project(path: \"x\") { id } }", "Field 'project' doesn't accept argument 'path'"),
        ("{ project { id } }", "Field 'project' is missing required arguments: fullPath"),
        ("{ project(fullPath: null) { id } }", "Argument 'fullPath' on Field 'project' has an invalid value (null)."),
        ("{ project(fullPath: true) { id } }", "Argument 'fullPath' on Field 'project' has an invalid value (true)."),
        (
            "{ group(fullPath: \"x\") { workItem(iid: 41) { iid } } }",
            "Argument 'iid' on Field 'workItem' has an invalid",
        ),
        ("{ project(fullPath: \"x\") }", "Field must have selections (field 'project' returns Project"),
        ("{ currentUser { id { x } } }", "Selections can't be made on scalars (field 'id' has selections)"),
        ("{ a: project(fullPath: \"x\") { id } a: group(fullPath: \"x\") { id } }", "Field 'a' has a field conflict"),
        (
            "{ project(fullPath: \"x\") { id } project(fullPath: \"y\") { id } }",
            "Field 'project' has an argument conflict",
        ),
        ("query($x: ID!) { currentUser { id } }", "Variable $x is declared by anonymous query but not used"),
        ("{ project(fullPath: $x) { id } }", "Variable $x is used by anonymous query but not declared"),
        ("query($x: String!) { project(fullPath: $x) { id } }", "Type mismatch on variable $x (String! / ID!)"),
        ("query($x: ID) { project(fullPath: $x) { id } }", "Type mismatch on variable $x (ID / ID!)"),
        ("query($x: ID!) { project(fullPath: $x) { id } }", "Variable $x of type ID! was provided invalid value"),
        ("{ currentUser { id } ...rest }", "The sandbox knows no fragments"),
        ("{ currentUser {", "query parse error"),
    ] {
        let got = query_errors(&sandbox, query).await;
        assert!(got[0].starts_with(message), "{query}: {got:?}");
    }
    let all = run_query(&sandbox, "api", "{ a b(c: 1) currentUser { x } }").await;
    assert_eq!((all["errors"].as_array().unwrap().len(), all.get("data")), (3, None));
    assert_eq!(all["errors"][2]["path"], json!(["query", "currentUser", "x"]));
    assert_eq!(all["errors"][2]["extensions"]["code"], "undefinedField");
    assert_eq!(all["errors"][2]["locations"], json!([{ "line": 1, "column": 27 }]));
}

#[tokio::test]
async fn forms_and_query_strings_are_understood_and_nonsense_is_refused() {
    let sandbox = sandbox();
    let send = async |request: Request<Body>| sandbox.router().oneshot(request).await.unwrap().status().as_u16();
    let form =
        Request::post("/api/graphql").body(Body::from("query=%7B%20currentUser%20%7B%20id%20%7D%20%7D")).unwrap();
    assert_eq!(send(form).await, 200);
    let get = Request::get("/api/graphql?query=%7BcurrentUser%7Bid%7D%7D").body(Body::empty()).unwrap();
    assert_eq!(send(get).await, 200);
    for body in ["[", "[]", "{\"query\": 1}"] {
        let request = Request::post("/api/graphql").header("content-type", "application/json").body(Body::from(body));
        assert_eq!(send(request.unwrap()).await, 400, "{body}");
    }
    let deep = format!("{{ a {} }}", "{ a ".repeat(2_000));
    assert_eq!(query_errors(&sandbox, &deep).await.len(), 1);
}
