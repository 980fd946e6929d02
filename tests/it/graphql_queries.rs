//! What podkeeper queries in GraphQL, by the program itself: the sandbox's schema knows every word of it.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::{Router, body::to_bytes};
use http::{Request, Response};
use podkeeper::sandbox::{Sandbox, Seed, seed};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::exit_codes::command;
use crate::support::{now, shipped_config, to_seed_pod};

/// What was asked and what was answered.
type QueryLog = Arc<Mutex<Vec<(Value, Value)>>>;

#[tokio::test(flavor = "multi_thread")]
async fn every_graphql_query_of_a_whole_apply_is_answered_without_errors() {
    let pods = shipped_config().pods;
    let seed_pods = pods.iter().map(|pod| to_seed_pod(pod, now())).collect();
    let sandbox = Sandbox::new(seed::build_world(&Seed { now: now(), pods: seed_pods }));
    let (front, log) = serve_with_query_log(&sandbox).await;
    let _serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), Some(front.parse().unwrap())).await.unwrap();

    let ran = command(&["apply", &format!("--sandbox={front}")]).env_remove("PODKEEPER_TASK").output().await.unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stdout));

    let asked = log.lock().unwrap().clone();
    assert!(asked.len() >= 2, "the files of the agents and the targets of the links are asked for");
    let token = sandbox.describe().tokens["api"].clone();
    let mut selections = 0;
    for (question, answer) in &asked {
        // Links are asked as anybody, who is refused a user in these words (`Gitlab::Graphql::Authorize`).
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        let refused =
            |error: &Value| error["message"].as_str().unwrap_or_default().contains("you don't have permission");
        assert!(errors.iter().all(refused), "{question}: {errors:?}");
        assert!(answer["data"].is_object(), "{answer}");
        // Every set of fields is held: one that GitLab does not have is an error wherever it stands.
        let query = question["query"].as_str().unwrap();
        for (at, _) in query.match_indices('{') {
            let wrong = format!("{} noSuchField {}", &query[..=at], &query[at + 1..]);
            let body = json!({"query": wrong, "variables": question["variables"]});
            let request = Request::post("/api/graphql")
                .header("content-type", "application/json")
                .header("private-token", &token)
                .body(Body::from(body.to_string()))
                .unwrap();
            let answer = json_of(sandbox.router().oneshot(request).await.unwrap()).await;
            let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
            assert!(message.contains("noSuchField"), "{wrong}: {answer}");
            selections += 1;
        }
    }
    println!("{} GraphQL queries without errors; {selections} sets of fields refuse an unknown one", asked.len());
}

/// Something before the sandbox that keeps what is asked in GraphQL.
async fn serve_with_query_log(sandbox: &Sandbox) -> (String, QueryLog) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let log = QueryLog::default();
    let (router, kept) = (sandbox.router(), Arc::clone(&log));
    let pass = move |request: Request<Body>| {
        let (router, kept) = (router.clone(), Arc::clone(&kept));
        async move {
            if request.uri().path() != "/api/graphql" {
                return router.oneshot(request).await.unwrap();
            }
            let (parts, body) = request.into_parts();
            let question = to_bytes(body, usize::MAX).await.unwrap();
            let answer = router.oneshot(Request::from_parts(parts, Body::from(question.clone()))).await.unwrap();
            let (parts, body) = answer.into_parts();
            let answer = to_bytes(body, usize::MAX).await.unwrap();
            let read = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
            kept.lock().unwrap().push((read(&question), read(&answer)));
            Response::from_parts(parts, Body::from(answer))
        }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass)).await });
    (url, log)
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}
