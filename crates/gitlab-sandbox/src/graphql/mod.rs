//! `POST /api/graphql`: GitLab's own names for the few types that are kept here, with GitLab's limits.
//!
//! - `schema`: what may be asked, as a table; a field that is not in it is an error, as on GitLab
//! - `validation`: a query against the table: names, arguments, variables, complexity
//! - `execution`: a valid query against the world, page by page; `resolve`: one function for each field that is no mere
//!   value; `node`: what both walk over
//!
//! Statuses and messages follow `app/controllers/graphql_controller.rb`, limits GitLab docs, "GraphQL API", "Limits". A
//! query changes nothing, so it is not in the journal; a mutation is refused, and is.
//!
//! A parser that is in the tree anyway and a table of our own, because a schema in async-graphql's macros would add
//! some twenty crates to every build and still not count complexity as GitLab does.

mod execution;
mod node;
mod resolve;
mod schema;
#[cfg(test)]
mod tests;
mod validation;

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::Reply;
use super::rest;
use super::world::World;

/// The longest query in characters (`GraphqlController::MAX_QUERY_SIZE`).
const MAX_QUERY_CHARS: usize = 10_000;

/// What a request may cost (`GitlabSchema`: `DEFAULT_MAX_COMPLEXITY`, `AUTHENTICATED_MAX_COMPLEXITY`).
const ANONYMOUS_MAX_COMPLEXITY: u64 = 200;
const AUTHENTICATED_MAX_COMPLEXITY: u64 = 250;

/// What a request consists of.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct GraphqlRequest {
    query: Option<String>,
    variables: Option<Value>,
    operation_name: Option<String>,
}

/// An answer, and whether the request was one that writes.
pub(super) struct GraphqlReply {
    pub(super) reply: Reply,
    pub(super) is_mutation: bool,
}

/// Answers one request; the origin is that of the links in the answer.
pub(super) fn answer(world: &World, call: &Call, origin: &str) -> GraphqlReply {
    let (reply, mutation) = match answer_query(world, call, origin) {
        Ok(answered) => answered,
        Err(refusal) => (refusal, false),
    };
    GraphqlReply { reply, is_mutation: mutation }
}

fn answer_query(world: &World, call: &Call, origin: &str) -> Result<(Reply, bool), Reply> {
    if call.has_malformed_json || !matches!(call.method.as_str(), "GET" | "POST") {
        return Err(error_reply(400, "The request is malformed"));
    }
    let who = authenticate(world, call)?;
    let request = parse_request(call)?;
    let query = request.query.unwrap_or_default();
    if query.chars().count() > MAX_QUERY_CHARS {
        return Err(error_reply(422, "Query too large"));
    }
    let limit = if who.is_some() { AUTHENTICATED_MAX_COMPLEXITY } else { ANONYMOUS_MAX_COMPLEXITY };
    let variables = request.variables.unwrap_or(Value::Null);
    let checked = match validation::validate(&query, request.operation_name.as_deref(), &variables) {
        Ok(checked) => checked,
        Err(wrong) => return Ok((Reply::json(200, &json!({ "errors": wrong.errors })), wrong.is_mutation)),
    };
    if checked.complexity > limit {
        let message =
            format!("Query has complexity of {}, which exceeds max complexity of {limit}", checked.complexity);
        return Ok((error_reply(200, &message), false));
    }
    let scope = node::ExecutionContext {
        world,
        current_user_id: who,
        origin,
        complexity: checked.complexity,
        max_complexity: limit,
    };
    Ok((Reply::json(200, &execution::execute(&scope, &checked.selections)), false))
}

/// Who asks. A token that is wrong, over, or too narrow is an invalid one here (`authorize_access_api!`).
fn authenticate(world: &World, call: &Call) -> Result<Option<u64>, Reply> {
    let invalid = || error_reply(401, "Invalid token");
    match rest::authenticate(world, call) {
        Ok(None) => Ok(None),
        Ok(Some(token)) if token.scopes.iter().any(|scope| scope == "api" || scope == "read_api") => {
            Ok(Some(token.user))
        }
        Err(reply) if reply.status == 403 => Err(error_reply(403, "API not accessible for user")),
        _ => Err(invalid()),
    }
}

/// The request from a JSON body, or else from the query string or a form, where variables are JSON in a text.
fn parse_request(call: &Call) -> Result<GraphqlRequest, Reply> {
    let json = call.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    if json && !call.body.is_empty() {
        let mut request: GraphqlRequest =
            serde_json::from_slice(&call.body).or(Err(error_reply(400, "The request is malformed")))?;
        if let Some(Value::String(text)) = &request.variables {
            request.variables = parse_variables(text)?;
        }
        return Ok(request);
    }
    let input = &call.params;
    let variables = parse_variables(&input.text("variables").unwrap_or_default())?;
    Ok(GraphqlRequest { query: input.text("query"), variables, operation_name: input.non_empty_text("operationName") })
}

/// Variables that come as JSON in a text.
fn parse_variables(text: &str) -> Result<Option<Value>, Reply> {
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).or(Err(error_reply(422, "Variables are invalid")))
}

/// A refusal of the whole request (`GraphqlController#render_error`).
fn error_reply(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "errors": [{ "message": message }] }))
}
