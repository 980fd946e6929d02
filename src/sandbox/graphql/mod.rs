//! `POST /api/graphql`: GitLab's own names for the few types that podkeeper asks for, with GitLab's limits.
//!
//! - `schema`: what may be asked, as a table; a field that is not in it is an error, as on GitLab
//! - `check`: a query against the table: names, arguments, variables, complexity
//! - `run`: a checked query against the world, page by page; `resolve`: one function for each field that is no mere value
//!
//! Statuses and messages follow `app/controllers/graphql_controller.rb`, limits GitLab docs, "GraphQL API", "Limits". A
//! query changes nothing, so it is not in the journal; a mutation is refused, and is.
//!
//! A parser that is in the tree anyway and a table of our own, because a schema in async-graphql's macros would add some
//! twenty crates to every build and still not count complexity as GitLab does.

mod check;
mod resolve;
mod run;
mod schema;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::Reply;
use super::rest;
use super::world::World;

/// The longest query in characters (`GraphqlController::MAX_QUERY_SIZE`).
const LONGEST: usize = 10_000;

/// What a request may cost (`GitlabSchema`: `DEFAULT_MAX_COMPLEXITY`, `AUTHENTICATED_MAX_COMPLEXITY`).
const ANONYMOUS: u64 = 200;
const AUTHENTICATED: u64 = 250;

/// What a request consists of.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    query: Option<String>,
    variables: Option<Value>,
    operation_name: Option<String>,
}

/// An answer, and whether the request was one that writes.
pub(super) struct Answered {
    pub(super) reply: Reply,
    pub(super) mutation: bool,
}

/// Answers one request; the origin is that of the links in the answer.
pub(super) fn answer(world: &World, call: &Call, origin: &str) -> Answered {
    let (reply, mutation) = match asked(world, call, origin) {
        Ok(answered) => answered,
        Err(refusal) => (refusal, false),
    };
    Answered { reply, mutation }
}

fn asked(world: &World, call: &Call, origin: &str) -> Result<(Reply, bool), Reply> {
    if call.malformed || !matches!(call.method.as_str(), "GET" | "POST") {
        return Err(refused(400, "The request is malformed"));
    }
    let who = who(world, call)?;
    let request = request(call)?;
    let query = request.query.unwrap_or_default();
    if query.chars().count() > LONGEST {
        return Err(refused(422, "Query too large"));
    }
    let limit = if who.is_some() { AUTHENTICATED } else { ANONYMOUS };
    let variables = request.variables.unwrap_or(Value::Null);
    let checked = match check::check(&query, request.operation_name.as_deref(), &variables) {
        Ok(checked) => checked,
        Err(wrong) => return Ok((Reply::json(200, &json!({ "errors": wrong.errors })), wrong.mutation)),
    };
    if checked.score > limit {
        let message = format!("Query has complexity of {}, which exceeds max complexity of {limit}", checked.score);
        return Ok((refused(200, &message), false));
    }
    let scope = run::Scope { world, who, origin, score: checked.score, limit };
    Ok((Reply::json(200, &run::run(&scope, &checked.wanted)), false))
}

/// Who asks. A token that is wrong, over, or too narrow is an invalid one here (`authorize_access_api!`).
fn who(world: &World, call: &Call) -> Result<Option<u64>, Reply> {
    let invalid = || refused(401, "Invalid token");
    match rest::token(world, call) {
        Ok(None) => Ok(None),
        Ok(Some(token)) if token.scopes.iter().any(|scope| scope == "api" || scope == "read_api") => {
            Ok(Some(token.user))
        }
        Err(reply) if reply.status == 403 => Err(refused(403, "API not accessible for user")),
        _ => Err(invalid()),
    }
}

/// The request from a JSON body, or else from the query string or a form, where variables are JSON in a text.
fn request(call: &Call) -> Result<Request, Reply> {
    let json = call.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    if json && !call.body.is_empty() {
        let mut request: Request =
            serde_json::from_slice(&call.body).or(Err(refused(400, "The request is malformed")))?;
        if let Some(Value::String(text)) = &request.variables {
            request.variables = variables(text)?;
        }
        return Ok(request);
    }
    let input = &call.input;
    let variables = variables(&input.text("variables").unwrap_or_default())?;
    Ok(Request { query: input.text("query"), variables, operation_name: input.filled("operationName") })
}

/// Variables that come as JSON in a text.
fn variables(text: &str) -> Result<Option<Value>, Reply> {
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).or(Err(refused(422, "Variables are invalid")))
}

/// A refusal of the whole request (`GraphqlController#render_error`).
fn refused(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "errors": [{ "message": message }] }))
}
