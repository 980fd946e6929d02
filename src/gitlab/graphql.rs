//! GraphQL queries: many questions in one request.
//!
//! GitLab's limits (docs, "GraphQL API", "Limits"): a query of at most 10,000 characters, complexity 200
//! without a token and 250 with one, 30 s. Whoever asks keeps to them; what is too large is refused whole.

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::{Value, json};

use super::Purpose;
use super::error::{Fault, observed};
use super::read::Reader;
use super::retry::Effect;
use super::transport::Transport;
use crate::pod::observed::{Blind, Cause, Observed};

impl Reader {
    /// Asks a GraphQL query and gives the whole answer: `data`, and `errors` where there are any.
    ///
    /// A POST, but it changes nothing: it counts as a read and is repeated like a GET. Never `Absent`: a
    /// server without GraphQL could not be asked. What is null in `data` is not there or not visible to the
    /// token; GitLab does not tell the two apart.
    pub async fn graphql(&self, purpose: Purpose, query: &str, variables: Value) -> Observed<Value> {
        let what = "the answer to a GraphQL query";
        let answer = self.transport(purpose).ask(query, variables).await;
        match observed(answer, what) {
            Observed::Absent => Observed::Unknown(Blind {
                what: what.to_owned(),
                why: "this GitLab answers no GraphQL (404); check its address".to_owned(),
                cause: Cause::Unavailable,
            }),
            seen => seen,
        }
    }
}

impl Transport {
    async fn ask(&self, query: &str, variables: Value) -> Result<Value, Fault> {
        debug_assert!(!query.trim_start().starts_with("mutation"), "a query changes nothing");
        let url = self.base.join("api/graphql").map_err(|error| Fault::NotMade(error.to_string()))?;
        let body = Bytes::from(json!({ "query": query, "variables": variables }).to_string());
        let body = Some((HeaderValue::from_static("application/json"), body));
        let answer = self.send_as(Effect::Query, &Method::POST, &url, body).await?;
        serde_json::from_slice(answer.body())
            .map_err(|_invalid| Fault::Unreadable(format!("{} without JSON", answer.status())))
    }
}
