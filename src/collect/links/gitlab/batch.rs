//! Questions packed into as few requests as GitLab's limits allow.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::answer::{Answer, failed, read, words};
use super::question::{Leaf, Question, Written};
use crate::gitlab::{Purpose, Reader};
use crate::pod::observed::{Blind, Cause, Observed};

/// Below GitLab's 10,000 characters and its complexity of 200 without a token: our sum is an estimate.
const LONGEST: usize = 9_500;
const MOST_COMPLEX: usize = 185;
/// Text in one answer, bytes; the door reads at most 8 MiB, and JSON escapes.
const MOST_TEXT: u64 = 2 * 1024 * 1024;
/// Requests beyond the first packing, where GitLab refused one as a whole.
const MOST_EXTRA: usize = 8;

/// GitLab's words for what its schema has not got (the graphql gem's static validation).
const NOT_KNOWN: [&str; 2] = ["doesn't exist on type", "doesn't accept argument"];

/// Asks all questions; answers come in their order. Also tells why GitLab could not be asked, if so.
pub(super) async fn ask(
    questions: Vec<Question>,
    reader: &Reader,
    purpose: Purpose,
) -> (Vec<(Question, Answer)>, Option<Blind>) {
    let mut waiting: Vec<Vec<(usize, &Question)>> = packed(&questions);
    waiting.reverse();
    let mut answers: Vec<Option<Answer>> = questions.iter().map(|_| None).collect();
    let (mut blind, mut extra) = (None, 0);
    // Why a kind of leaf that this GitLab does not have is not asked for again.
    let mut lacking: BTreeMap<usize, String> = BTreeMap::new();
    while let Some(mut batch) = waiting.pop() {
        batch.retain(|(index, question)| {
            let why = lacking.get(&kind(question));
            answers[*index] = why.map(|why| failed(question, why));
            why.is_none()
        });
        if batch.is_empty() {
            continue;
        }
        let (query, variables) = query(&batch);
        let refusal = match reader.graphql(purpose, &query, Value::Object(variables)).await {
            Observed::Present(body) if body["data"].is_object() => {
                for (index, question) in batch {
                    answers[index] = Some(read(question, index, &body));
                }
                continue;
            }
            Observed::Present(body) => words(&body["errors"][0]),
            Observed::Absent => "GitLab answers no GraphQL".to_owned(),
            Observed::Unknown(found) => {
                // A token that was refused is refused again.
                let rest = if found.cause == Cause::Token { std::mem::take(&mut waiting) } else { Vec::new() };
                for (index, question) in rest.into_iter().flatten().chain(batch) {
                    answers[index] = Some(failed(question, &format!("it could not be asked ({})", found.why)));
                }
                blind.get_or_insert(found);
                continue;
            }
        };
        // A query is refused whole: for one field that this GitLab does not have, or for its size.
        let parts = parts(&batch);
        if parts.len() > 1 && extra < MOST_EXTRA {
            extra += parts.len() - 1;
            waiting.extend(parts.into_iter().rev());
        } else {
            let alone = batch.first().map_or(0, |(_, question)| kind(question));
            if alone > 0 && parts.len() < 2 && NOT_KNOWN.iter().any(|words| refusal.contains(words)) {
                lacking.insert(alone, refusal.clone());
            }
            for (index, question) in batch {
                answers[index] = Some(failed(question, &refusal));
            }
        }
    }
    let answers: Vec<Answer> = answers
        .into_iter()
        .zip(&questions)
        .map(|(answer, question)| answer.unwrap_or_else(|| failed(question, "it was not asked")))
        .collect();
    (questions.into_iter().zip(answers).collect(), blind)
}

fn packed(questions: &[Question]) -> Vec<Vec<(usize, &Question)>> {
    let mut batches: Vec<Vec<(usize, &Question)>> = Vec::new();
    let (mut cost, mut length, mut bytes) = (0, 0, 0);
    for (index, question) in questions.iter().enumerate() {
        let written = question.written(index);
        let own = (question.cost(), written.field.len() + written.declarations.len() + 1, question.bytes);
        let fits = cost + own.0 <= MOST_COMPLEX && length + own.1 <= LONGEST && bytes + own.2 <= MOST_TEXT;
        if let Some(batch) = batches.last_mut().filter(|_| fits) {
            batch.push((index, question));
        } else {
            batches.push(vec![(index, question)]);
            (cost, length, bytes) = (0, "query(){}".len(), 0);
        }
        (cost, length, bytes) = (cost + own.0, length + own.1, bytes + own.2);
    }
    batches
}

/// What an older or newer GitLab may not know of a question; 0 where every one knows it.
fn kind(question: &Question) -> usize {
    question.leaves.iter().map(Leaf::fragility).max().unwrap_or(0)
}

/// What a refused query is asked again as: without what a GitLab may not know, then that alone, kind by
/// kind; or else two halves.
fn parts<'a>(batch: &[(usize, &'a Question)]) -> Vec<Vec<(usize, &'a Question)>> {
    let mut kinds: BTreeMap<usize, Vec<(usize, &Question)>> = BTreeMap::new();
    for (index, question) in batch {
        kinds.entry(kind(question)).or_default().push((*index, question));
    }
    let kinds: Vec<_> = kinds.into_values().collect();
    match kinds.as_slice() {
        // One kind that is not known is not known in halves either.
        [only] if only.len() > 1 && kind(only[0].1) == 0 => {
            let (first, second) = batch.split_at(batch.len() / 2);
            vec![first.to_vec(), second.to_vec()]
        }
        [_] => Vec::new(),
        _ => kinds,
    }
}

fn query(batch: &[(usize, &Question)]) -> (String, Map<String, Value>) {
    let (mut fields, mut declarations, mut variables) = (String::new(), String::new(), Map::new());
    for (index, question) in batch {
        let Written { field, declarations: own, variables: values } = question.written(*index);
        fields.push_str(&field);
        fields.push(' ');
        declarations.push_str(&own);
        variables.extend(values);
    }
    (format!("query({}){{{}}}", declarations.trim_end(), fields.trim_end()), variables)
}
