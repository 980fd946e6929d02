//! GraphQL queries: many questions in one request.
//!
//! GitLab's limits (docs, "GraphQL API", "Limits"): a query of at most 10,000 characters, complexity 200
//! without a token and 250 with one, 30 s. Whoever asks keeps to them; what is too large is refused whole.

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::{Value, json};

use super::TokenPurpose;
use super::error::{RequestError, to_observed};
use super::read::Reader;
use super::retry::RequestKind;
use super::transport::Transport;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};

impl Reader {
    /// Asks a GraphQL query and gives the whole answer: `data`, and `errors` where there are any.
    ///
    /// A POST, but it changes nothing: it counts as a read and is repeated like a GET. Never `Absent`: a
    /// server without GraphQL could not be asked. What is null in `data` is not there or not visible to the
    /// token; GitLab does not tell the two apart.
    pub async fn graphql(&self, purpose: TokenPurpose, query: &str, variables: Value) -> Observed<Value> {
        let what = "the answer to a GraphQL query";
        let answer = self.transport(purpose).send_graphql(query, variables).await;
        match to_observed(answer, what) {
            Observed::Absent => Observed::Unknown(ReadFailure {
                what: what.to_owned(),
                why: "this GitLab answers no GraphQL (404); check its address".to_owned(),
                cause: FailureCause::Unavailable,
            }),
            seen => seen,
        }
    }
}

impl Transport {
    async fn send_graphql(&self, query: &str, variables: Value) -> Result<Value, RequestError> {
        debug_assert!(!query.trim_start().starts_with("mutation"), "a query changes nothing");
        let url = self.base.join("api/graphql").map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
        let body = json!({ "query": query, "variables": variables }).to_string();
        // One query asks about many things: a secret in the name of one does not stop the others.
        let body = Bytes::from(self.redactor().redact_whole_secrets(&body).into_owned());
        let body = Some((HeaderValue::from_static("application/json"), body));
        let answer = self.send_as(RequestKind::GraphqlQuery, &Method::POST, &url, body).await?;
        serde_json::from_slice(answer.body())
            .map_err(|_invalid| RequestError::Unreadable(format!("{} without JSON", answer.status())))
    }
}
