//! Owner queries packed into as few requests as GitLab's limits allow.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::api::{GitlabApi, Viewer};
use super::owner_query::{Lookup, OwnerQuery, RenderedField};
use super::response::{OwnerResult, error_message, failed_result, parse_owner_result};
use crate::observed::{FailureCause, Observed, ReadFailure};
use crate::time_budget::finish_by;

/// Below GitLab's 10,000 characters and its complexity of 200 without a token: our sum is an estimate.
const MAX_QUERY_CHARS: usize = 9_500;
const MAX_COMPLEXITY: usize = 185;
/// Text in one answer, bytes; the worker's API client reads at most 8 MiB, and JSON escapes.
const MAX_RESPONSE_TEXT_BYTES: u64 = 2 * 1024 * 1024;
/// Requests beyond the first packing, where GitLab refused one as a whole.
const MAX_EXTRA_REQUESTS: usize = 8;

/// GitLab's words for what its schema has not got (the graphql gem's static validation).
const UNKNOWN_FIELD_MESSAGES: [&str; 2] = ["doesn't exist on type", "doesn't accept argument"];

/// Sends all queries; results come in their order, without those that were not answered when it `ends`. Also gives why
/// GitLab could not be asked, if so.
pub(super) async fn run_queries(
    queries: Vec<OwnerQuery>,
    api: &dyn GitlabApi,
    viewer: Viewer,
    ends: Option<Instant>,
) -> (Vec<(OwnerQuery, OwnerResult)>, Option<ReadFailure>) {
    let mut waiting: Vec<Vec<(usize, &OwnerQuery)>> = pack_batches(&queries);
    waiting.reverse();
    let mut answers: Vec<Option<OwnerResult>> = queries.iter().map(|_| None).collect();
    let (mut failure, mut extra) = (None, 0);
    // Why a group of lookups that this GitLab does not have is not asked for again, by `compatibility_group`.
    let mut lacking: BTreeMap<usize, String> = BTreeMap::new();
    while let Some(mut batch) = waiting.pop() {
        batch.retain(|(index, query)| {
            let why = lacking.get(&compatibility_group(query));
            answers[*index] = why.map(|why| failed_result(query, why));
            why.is_none()
        });
        if batch.is_empty() {
            continue;
        }
        let (query, variables) = render_query(&batch);
        let asked = api.graphql(viewer, &query, Value::Object(variables));
        let Some(answer) = finish_by(ends, asked).await else { break };
        let refusal = match answer {
            Observed::Present(body) if body["data"].is_object() => {
                for (index, query) in batch {
                    answers[index] = Some(parse_owner_result(query, index, &body));
                }
                continue;
            }
            Observed::Present(body) => error_message(&body["errors"][0]),
            Observed::Absent => "GitLab answers no GraphQL".to_owned(),
            Observed::Unknown(found) => {
                // A token that was refused is refused again.
                let rest = if found.cause == FailureCause::Token { std::mem::take(&mut waiting) } else { Vec::new() };
                for (index, query) in rest.into_iter().flatten().chain(batch) {
                    answers[index] = Some(failed_result(query, &format!("it could not be asked ({})", found.why)));
                }
                failure.get_or_insert(found);
                continue;
            }
        };
        // A query is refused whole: for one field that this GitLab does not have, or for its size.
        let parts = split_refused_batch(&batch);
        if parts.len() > 1 && extra < MAX_EXTRA_REQUESTS {
            extra += parts.len() - 1;
            waiting.extend(parts.into_iter().rev());
        } else {
            let alone = batch.first().map_or(0, |(_, query)| compatibility_group(query));
            if alone > 0 && parts.len() < 2 && UNKNOWN_FIELD_MESSAGES.iter().any(|words| refusal.contains(words)) {
                lacking.insert(alone, refusal.clone());
            }
            for (index, query) in batch {
                answers[index] = Some(failed_result(query, &refusal));
            }
        }
    }
    (queries.into_iter().zip(answers).filter_map(|(query, answer)| Some((query, answer?))).collect(), failure)
}

fn pack_batches(queries: &[OwnerQuery]) -> Vec<Vec<(usize, &OwnerQuery)>> {
    let mut batches: Vec<Vec<(usize, &OwnerQuery)>> = Vec::new();
    let (mut cost, mut length, mut bytes) = (0, 0, 0);
    for (index, query) in queries.iter().enumerate() {
        let written = query.render(index);
        let own = (query.complexity(), written.field.len() + written.declarations.len() + 1, query.expected_text_bytes);
        let fits = cost + own.0 <= MAX_COMPLEXITY
            && length + own.1 <= MAX_QUERY_CHARS
            && bytes + own.2 <= MAX_RESPONSE_TEXT_BYTES;
        if let Some(batch) = batches.last_mut().filter(|_| fits) {
            batch.push((index, query));
        } else {
            batches.push(vec![(index, query)]);
            (cost, length, bytes) = (0, "query(){}".len(), 0);
        }
        (cost, length, bytes) = (cost + own.0, length + own.1, bytes + own.2);
    }
    batches
}

/// The group of lookups that an older or newer GitLab may not know; 0 where every one knows the query.
fn compatibility_group(query: &OwnerQuery) -> usize {
    query.lookups.iter().map(Lookup::compatibility_group).max().unwrap_or(0)
}

/// How a refused batch is sent again: without what a GitLab may not know, then that alone, group by group; or else in
/// two halves.
fn split_refused_batch<'a>(batch: &[(usize, &'a OwnerQuery)]) -> Vec<Vec<(usize, &'a OwnerQuery)>> {
    let mut kinds: BTreeMap<usize, Vec<(usize, &OwnerQuery)>> = BTreeMap::new();
    for (index, query) in batch {
        kinds.entry(compatibility_group(query)).or_default().push((*index, query));
    }
    let kinds: Vec<_> = kinds.into_values().collect();
    match kinds.as_slice() {
        // A group that is not known is not known in halves either.
        [only] if only.len() > 1 && compatibility_group(only[0].1) == 0 => {
            let (first, second) = batch.split_at(batch.len() / 2);
            vec![first.to_vec(), second.to_vec()]
        }
        [_] => Vec::new(),
        _ => kinds,
    }
}

fn render_query(batch: &[(usize, &OwnerQuery)]) -> (String, Map<String, Value>) {
    let (mut fields, mut declarations, mut variables) = (String::new(), String::new(), Map::new());
    for (index, query) in batch {
        let RenderedField { field, declarations: own, variables: values } = query.render(*index);
        fields.push_str(&field);
        fields.push(' ');
        declarations.push_str(&own);
        variables.extend(values);
    }
    (format!("query({}){{{}}}", declarations.trim_end(), fields.trim_end()), variables)
}
