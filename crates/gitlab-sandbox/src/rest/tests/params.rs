use axum::body::Body;
use http::Request;
use serde_json::json;

use super::requests::{ISSUES, ask, ask_json, sandbox, send_body, send_request};
use crate::world::Visibility;

#[tokio::test]
async fn row_01_a_bare_question_mark_changes_nothing() {
    let got = ask(&sandbox(), "bot", "GET", "/user?", "").await;
    assert_eq!((got.status, &got.json()["username"]), (200, &json!("bot")));
}

/// What a job may not ask for is answered as to nobody: 401 or 404. The status stands in no document; GitLab ignores
/// the token on routes that do not take one (`lib/gitlab/auth/auth_finders.rb`).
#[tokio::test]
async fn row_02_a_jobs_token_reads_code_and_little_else() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let bot = world.user_by_username("bot").unwrap().id;
        world.add_token("job", bot, &["ci_job"], None);
    });
    let job = async |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(format!("/api/v4{path}"));
        let request = request.header("JOB-TOKEN", "glpat-sandbox-job-no-secret").body(Body::empty()).unwrap();
        send_request(&sandbox, request).await
    };
    let own = job("GET", "/job").await;
    assert_eq!((own.status, &own.json()["user"]["username"]), (200, &json!("bot")));
    let file = "/projects/group%2Fpairing/repository/files/data%2Fagents%2Fa%20b.yaml/raw?ref=main";
    assert_eq!(job("GET", file).await.text, "name: A\n");
    for (path, status) in
        [("issues", 404), ("labels", 401), ("issues/1/notes", 401), ("members", 404), ("repository/tree", 404)]
    {
        assert_eq!(job("GET", &format!("/projects/group%2Fpairing/{path}")).await.status, status, "{path}");
    }
    assert_eq!(job("GET", "/users?search=x").await.status, 403);
    assert_eq!(job("GET", "/user").await.status, 401);
    assert_eq!(job("POST", "/projects/group%2Fopen/issues?title=T").await.status, 401);
    assert_eq!(ask(&sandbox, "bot", "GET", "/job", "").await.status, 401);
}

/// Each header knows its own kind of token, and `Authorization` both (`lib/gitlab/auth/auth_finders.rb`).
#[tokio::test]
async fn row_03_three_headers_carry_a_token() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let bot = world.user_by_username("bot").unwrap().id;
        world.add_token("job", bot, &["ci_job"], None);
    });
    let file = "/projects/group%2Fpairing/repository/files/data%2Fagents%2Fa%20b.yaml/raw?ref=main";
    for (header, value, user, job, raw) in [
        ("PRIVATE-TOKEN", "glpat-sandbox-bot-no-secret", 200, 401, 200),
        ("PRIVATE-TOKEN", "glpat-sandbox-job-no-secret", 401, 401, 401),
        ("JOB-TOKEN", "glpat-sandbox-bot-no-secret", 401, 401, 401),
        ("JOB-TOKEN", "glpat-sandbox-job-no-secret", 401, 200, 200),
        ("Authorization", "Bearer glpat-sandbox-bot-no-secret", 200, 401, 200),
        ("Authorization", "Bearer glpat-sandbox-job-no-secret", 401, 200, 200),
    ] {
        for (path, status) in [("/user", user), ("/job", job), (file, raw)] {
            let request = Request::get(format!("/api/v4{path}")).header(header, value).body(Body::empty()).unwrap();
            assert_eq!(send_request(&sandbox, request).await.status, status, "{header}: {value} {path}");
        }
    }
    // Where jobs may not ask, their header is not looked at, whatever it holds.
    let open = Request::get("/api/v4/projects/group%2Fopen").header("JOB-TOKEN", "nonsense").body(Body::empty());
    assert_eq!(send_request(&sandbox, open.unwrap()).await.status, 200);
    let by_name = ask(&sandbox, "", "GET", "/job?job_token=glpat-sandbox-job-no-secret", "").await;
    assert_eq!((by_name.status, &by_name.json()["name"]), (200, &json!("job")));
}

#[tokio::test]
async fn row_04_form_json_and_query_mean_the_same() {
    let sandbox = sandbox();
    let dev = sandbox.world().user_by_username("dev").unwrap().id;
    let forms = [
        ask(&sandbox, "bot", "POST", ISSUES, &format!("title=T&labels=pod::a,shared&assignee_ids[]={dev}")).await,
        ask(
            &sandbox,
            "bot",
            "POST",
            ISSUES,
            &format!("title=T&labels[]=pod::a&labels[]=shared&assignee_ids%5B%5D={dev}"),
        )
        .await,
        ask(&sandbox, "bot", "POST", &format!("{ISSUES}?title=T&labels=pod%3A%3Aa%2Cshared&assignee_ids[]={dev}"), "")
            .await,
        ask_json(
            &sandbox,
            "bot",
            "POST",
            ISSUES,
            &json!({"title": "T", "labels": "pod::a,shared", "assignee_ids": [dev]}),
        )
        .await,
        ask_json(
            &sandbox,
            "bot",
            "POST",
            ISSUES,
            &json!({"title": "T", "labels": ["pod::a", "shared"], "assignee_ids": [dev]}),
        )
        .await,
    ];
    for got in &forms {
        assert_eq!(got.status, 201, "{}", got.text);
        let issue = got.json();
        assert_eq!(issue["labels"], json!(["pod::a", "shared"]));
        assert_eq!(issue["assignees"][0]["username"], "dev");
    }
    for query in ["iids[]=1&iids[]=3", "iids%5B%5D=1&iids%5B%5D=3", "iids=1,3"] {
        let got = ask(&sandbox, "bot", "GET", &format!("{ISSUES}?{query}"), "").await;
        assert_eq!(got.field_of_each("iid"), [json!(3), json!(1)], "{query}");
    }
}

#[tokio::test]
async fn row_05_a_get_takes_its_parameters_from_a_form_body() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/pairing").unwrap().id;
        world.projects.get_mut(&project).unwrap().create_branch("other", "main").unwrap();
        world.add_file(project, "other", "data/agents/c.yaml", "name: C\n");
    });
    let tree = "/projects/group%2Fpairing/repository/tree";
    let got = ask(&sandbox, "bot", "GET", tree, "path=data&ref=other&recursive=true").await;
    assert_eq!(got.field_of_each("path"), ["data/agents", "data/agents/a b.yaml", "data/agents/c.yaml"]);
    assert_eq!(ask(&sandbox, "bot", "GET", tree, "path=data&ref=main").await.field_of_each("path"), ["data/agents"]);
}

#[tokio::test]
async fn row_06_a_content_type_without_a_body_is_accepted() {
    let got = send_body(&sandbox(), "bot", "GET", "/user", "application/json", "").await;
    assert_eq!(got.status, 200);
    let got = send_body(&sandbox(), "bot", "POST", ISSUES, "application/json", "{").await;
    assert_eq!((got.status, got.json().get("error").is_some()), (400, true));
}

#[tokio::test]
async fn row_07_a_project_is_found_by_path_and_by_number() {
    let sandbox = sandbox();
    let id = sandbox.world().project_by_path("group/pairing").unwrap().id;
    for name in
        ["group%2Fpairing".to_owned(), "group%2fpairing".to_owned(), id.to_string(), "Group%2FPairing".to_owned()]
    {
        let got = ask(&sandbox, "bot", "GET", &format!("/projects/{name}"), "").await;
        assert_eq!((got.status, got.json()["id"].as_u64()), (200, Some(id)), "{name}");
    }
    let got = ask(&sandbox, "bot", "GET", "/projects/group%2Fopen/repository/files/README%2Emd/raw", "").await;
    assert_eq!(got.text, "# Open\n");
    sandbox.change_world(|world| {
        world.add_project("group/dotted.name", Visibility::Public);
    });
    for name in ["group%2Fdotted%2Ename", "group%2Fdotted.name"] {
        let got = ask(&sandbox, "", "GET", &format!("/projects/{name}"), "").await.json();
        assert_eq!(got["path_with_namespace"], "group/dotted.name", "{name}");
    }
}

#[tokio::test]
async fn row_08_without_a_good_token_it_is_401() {
    let sandbox = sandbox();
    for token in ["", "nobody"] {
        let got = ask(&sandbox, token, "GET", "/user", "").await;
        assert_eq!((got.status, got.json()), (401, json!({"message": "401 Unauthorized"})));
    }
    let got = ask(&sandbox, "expired", "GET", "/user", "").await;
    assert_eq!((got.status, &got.json()["error"]), (401, &json!("invalid_token")));
    sandbox.change_world(|world| world.tokens.get_mut("bot").unwrap().revoked = true);
    let got = ask(&sandbox, "bot", "GET", "/projects/group%2Fopen", "").await;
    assert_eq!((got.status, got.text.contains("revoked")), (401, true));
}

#[tokio::test]
async fn row_09_a_reading_token_cannot_write() {
    let sandbox = sandbox();
    let got = ask(&sandbox, "read_api", "POST", ISSUES, "title=T").await;
    let why = "The request requires higher privileges than provided by the access token.";
    let reported = json!({ "error": "insufficient_scope", "error_description": why, "scope": "api read_api" });
    assert_eq!((got.status, got.json()), (403, reported));
    assert_eq!(ask(&sandbox, "read_api", "GET", ISSUES, "").await.status, 200);
    assert_eq!(ask(&sandbox, "read_repository", "GET", ISSUES, "").await.status, 403);
    let file = "/projects/group%2Fpairing/repository/files/data%2Fagents%2Fa%20b.yaml/raw?ref=main";
    assert_eq!(ask(&sandbox, "read_repository", "GET", file, "").await.text, "name: A\n");
    let own = ask(&sandbox, "read_repository", "GET", "/personal_access_tokens/self", "").await;
    assert_eq!((own.status, own.json()["scopes"].clone()), (200, json!(["read_repository"])));
}

#[tokio::test]
async fn row_10_hidden_and_missing_look_the_same() {
    let sandbox = sandbox();
    let hidden = ask(&sandbox, "stranger", "GET", "/projects/group%2Fpairing", "").await;
    let missing = ask(&sandbox, "stranger", "GET", "/projects/group%2Fnothing", "").await;
    assert_eq!((hidden.status, missing.status), (404, 404));
    assert_eq!(hidden.text, missing.text);
    assert_eq!(ask(&sandbox, "", "GET", "/projects/group%2Fpairing/issues", "").await.text, missing.text);
    assert_eq!(ask(&sandbox, "", "GET", "/projects/group%2Fopen", "").await.status, 200);
    for path in ["group/pairing", "group/nothing"] {
        let query = json!({ "query": format!("{{ project(fullPath: \"{path}\") {{ id }} }}") }).to_string();
        let request = Request::post("/api/graphql").header("content-type", "application/json").body(Body::from(query));
        assert_eq!(send_request(&sandbox, request.unwrap()).await.json()["data"], json!({ "project": null }), "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_that_counts() {
    let sandbox = sandbox();
    assert_eq!(ask(&sandbox, "", "GET", "/user", "").await.header("x-request-id"), "request-00000001");
    assert_eq!(ask(&sandbox, "bot", "GET", "/user", "").await.header("x-request-id"), "request-00000002");
}

#[tokio::test]
async fn the_journal_holds_writes_only_and_in_order() {
    let sandbox = sandbox();
    ask(&sandbox, "bot", "GET", ISSUES, "").await;
    ask(&sandbox, "bot", "POST", ISSUES, "title=A%20b&labels=pod%3A%3Aa").await;
    ask_json(&sandbox, "read_api", "PUT", &format!("{ISSUES}/1?x=1"), &json!({"title": "C"})).await;
    let journal = sandbox.journal();
    let seen: Vec<(&str, &str, &str, u16)> = journal
        .iter()
        .map(|entry| (entry.method.as_str(), entry.path.as_str(), entry.body.as_str(), entry.status))
        .collect();
    assert_eq!(
        seen,
        [
            ("POST", "/api/v4/projects/group%2Fpairing/issues", "title=A b&labels=pod::a", 201),
            ("PUT", "/api/v4/projects/group%2Fpairing/issues/1?x=1", "{\"title\":\"C\"}", 403),
        ]
    );
}
