//! A sweep over all operations that the sandbox serves: each parameter that GitLab publishes for one is kept, or
//! refused by name.
//!
//! `operations.csv` has one valid request of each operation; `parameters.csv` what GitLab's `OpenAPI` document says may
//! be sent with it (what that leaves out is from `lib/api/{projects,groups,files,commits}.rb`), with a value, and a
//! name that GitLab does not know.

mod stage;

use std::collections::BTreeMap;

use axum::body::Body;
use http::Request;
use serde_json::Value;

use super::requests::{Response, send_request};
use crate::Sandbox;
use crate::world::{UnreadParameters, World};
use stage::{Stage, bare_world, build_stage};

const OPERATIONS: &str = include_str!("parameter_sweep/operations.csv");
const PARAMETERS: &str = include_str!("parameter_sweep/parameters.csv");

/// Only one of each may be sent.
const EXCLUSIVE_PARAMETERS: [&[&str]; 5] = [
    &["body", "resolved"],
    &["start_branch", "start_sha"],
    &["user_id", "username"],
    &["label_id", "name"],
    &["password", "reset_password", "force_random_password"],
];

/// Fields of answers that are called like a parameter and are something else.
const UNRELATED_FIELDS: [(&str, &str); 2] =
    [("PUT /projects/{id}/labels", "name"), ("PUT /groups/{id}/labels", "name")];

struct Operation {
    name: &'static str,
    path: &'static str,
    form: &'static str,
}

struct ParameterRow {
    operation: &'static str,
    parameter: &'static str,
    sample: &'static str,
    here: &'static str,
}

fn parse_operations() -> BTreeMap<&'static str, Operation> {
    let read = |line: &'static str| {
        let [name, path, form] = line.splitn(3, ',').collect::<Vec<_>>()[..] else {
            panic!("not an operation: {line}")
        };
        (name, Operation { name, path, form })
    };
    OPERATIONS.lines().skip(1).map(read).collect()
}

fn parse_parameters() -> Vec<ParameterRow> {
    let read = |line: &'static str| {
        let [operation, parameter, sample, here] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("not a parameter: {line}")
        };
        // What is denied is read, and may not be there.
        assert!(["kept", "refused", "denied"].contains(&here), "{line}");
        ParameterRow { operation, parameter, sample, here }
    };
    PARAMETERS.lines().skip(1).map(read).collect()
}

/// The valid request of an operation, with this parameter in it.
async fn send(world: World, stage: &Stage, operation: &Operation, more: Option<(&str, &str)>) -> Response {
    send_keeping_sandbox(world, stage, operation, more).await.1
}

/// The same with the sandbox as it is then.
async fn send_keeping_sandbox(
    world: World,
    stage: &Stage,
    operation: &Operation,
    more: Option<(&str, &str)>,
) -> (Sandbox, Response) {
    let (method, _) = operation.name.split_once(' ').unwrap();
    let mut fields: Vec<(String, String)> = operation
        .form
        .split('&')
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| (name.to_owned(), stage.replace_names(&value.replace("%23", "#"))))
        .collect();
    let mut file = None;
    if let Some((name, sample)) = more {
        let group = EXCLUSIVE_PARAMETERS.into_iter().find(|group| group.contains(&name)).unwrap_or_default();
        fields.retain(|(own, _)| !group.contains(&own.as_str()) && (own != name || name.ends_with("[]")));
        if let Some(sample) = sample.strip_prefix('@') {
            file = Some((name, sample));
        } else {
            let at = fields.iter().position(|(own, _)| own.starts_with("actions[][")).filter(|_| name.contains("[]["));
            fields.insert(at.unwrap_or(fields.len()), (name.to_owned(), stage.replace_names(sample)));
        }
    }
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let path = format!("/api/v4{}", stage.replace_names(operation.path));
    let request = Request::builder().method(method).header("PRIVATE-TOKEN", "glpat-sandbox-root-no-secret");
    let request = match (method, file) {
        ("GET", _) => request.uri(format!("{path}?{form}")).body(Body::empty()),
        (_, None) => {
            let request = request.uri(path).header("content-type", "application/x-www-form-urlencoded");
            request.body(Body::from(form))
        }
        (_, Some((name, file))) => {
            let part =
                |head: String, body: &str| format!("--b\r\ncontent-disposition: form-data; {head}\r\n\r\n{body}\r\n");
            let mut body: String = fields.iter().map(|(name, value)| part(format!("name=\"{name}\""), value)).collect();
            body.push_str(&part(format!("name=\"{name}\"; filename=\"{file}\""), "bytes"));
            body.push_str("--b--\r\n");
            request.uri(path).header("content-type", "multipart/form-data; boundary=b").body(Body::from(body))
        }
    };
    let sandbox = Sandbox::new(world);
    let got = send_request(&sandbox, request.unwrap()).await;
    (sandbox, got)
}

/// Whether an answer's field of the parameter's name holds what was sent, if it has one.
fn echoes_value(row: &ParameterRow, sent: &str, got: &Response) -> bool {
    if UNRELATED_FIELDS.contains(&(row.operation, row.parameter)) || row.operation.starts_with("GET ") {
        return true;
    }
    let Ok(Value::Object(answer)) = serde_json::from_str(&got.text) else { return true };
    let is = |value: &Value| match value {
        Value::String(text) => text == sent,
        value => format!("{value}") == sent,
    };
    match answer.get(row.parameter.trim_end_matches("[]")) {
        None | Some(Value::Object(_)) => true,
        Some(Value::Array(items)) => items.iter().any(is),
        Some(value) => is(value),
    }
}

/// What is wrong with the sandbox by the table.
async fn find_differences(stage: &Stage, world: &World) -> Vec<String> {
    let operations = parse_operations();
    let mut wrong = Vec::new();
    for row in parse_parameters() {
        let operation = &operations[row.operation];
        let got = send(world.clone(), stage, operation, Some((row.parameter, row.sample))).await;
        let shown = format!("{} {}={}: {} {:.300}", row.operation, row.parameter, row.sample, got.status, got.text);
        let refused = got.text.contains("not kept by this sandbox");
        let named = got.text.contains(row.parameter.trim_end_matches("[]"));
        match (row.here, got.status) {
            ("kept", 200..300) if echoes_value(&row, &stage.replace_names(row.sample), &got) => {}
            ("refused", 400) if refused && named => {}
            ("denied", 400..500) if !refused => {}
            (here, _) => wrong.push(format!("should be {here}: {shown}")),
        }
    }
    wrong
}

#[tokio::test]
async fn each_published_parameter_is_kept_or_refused_by_name() {
    let stage = build_stage().await;
    let wrong = find_differences(&stage, &stage.world).await;
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn without_anything_to_add_each_operation_works_and_a_refused_request_changes_nothing() {
    let stage = build_stage().await;
    for operation in parse_operations().values() {
        let got = send(stage.world.clone(), &stage, operation, None).await;
        assert!((200..300).contains(&got.status), "{}: {} {}", operation.name, got.status, got.text);
    }
    let create = &parse_operations()["POST /projects/{id}/issues"];
    let (sandbox, got) =
        send_keeping_sandbox(stage.world.clone(), &stage, create, Some(("health_status", "at_risk"))).await;
    assert_eq!((got.status, sandbox.world() == stage.world), (400, true), "{}", got.text);
}

#[tokio::test]
async fn what_is_kept_is_kept_where_there_is_nothing_to_list_too() {
    let stage = build_stage().await;
    let operations = parse_operations();
    for row in parse_parameters().into_iter().filter(|row| row.here == "kept" && row.operation.starts_with("GET ")) {
        let got = send(bare_world(), &stage, &operations[row.operation], Some((row.parameter, row.sample))).await;
        assert!(!got.text.contains("not kept by this sandbox"), "{} {}: {}", row.operation, row.parameter, got.text);
    }
}

#[tokio::test]
async fn values_that_are_not_kept_and_values_that_make_no_sense_are_refused_and_change_nothing() {
    let stage = build_stage().await;
    let operations = parse_operations();
    for (operation, parameter, value, why) in [
        ("POST /projects/{id}/issues", "issue_type", "incident", "not kept"),
        ("PUT /projects/{id}", "issues_access_level", "public", "does not have a valid value"),
        ("GET /projects/{id}/issues", "order_by", "relative_position", "not kept"),
        ("GET /projects/{id}/issues", "due_date", "someday", "does not have a valid value"),
        ("GET /projects/{id}/issues", "author_id", "root", "author_id is invalid"),
        ("GET /projects/{id}/labels", "per_page", "all", "per_page is invalid"),
        ("PUT /projects/{id}/issues/{issue_iid}", "confidential", "perhaps", "confidential is invalid"),
        ("GET /projects/{id}/issues/{noteable_id}/notes", "sort", "up", "does not have a valid value"),
    ] {
        let (sandbox, got) =
            send_keeping_sandbox(stage.world.clone(), &stage, &operations[operation], Some((parameter, value))).await;
        assert!(got.status == 400 && got.text.contains(why), "{operation} {parameter}: {} {}", got.status, got.text);
        assert_eq!(sandbox.world(), stage.world, "{operation} {parameter}");
    }
}

/// The sabotage: without the refusal the sweep finds every parameter that should be refused, and nothing else.
#[tokio::test]
async fn the_sweep_fails_where_the_refusal_is_switched_off() {
    let stage = build_stage().await;
    let mut world = stage.world.clone();
    world.unread_parameters = UnreadParameters::Ignored;
    let wrong = find_differences(&stage, &world).await;
    let refused = parse_parameters().iter().filter(|row| row.here == "refused").count();
    assert_eq!(wrong.len(), refused, "{}", wrong.join("\n"));
    assert!(wrong.iter().all(|line| line.starts_with("should be refused: ")), "{}", wrong.join("\n"));
}
