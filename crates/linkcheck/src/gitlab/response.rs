//! GitLab's GraphQL response, owner query by owner query.

use std::collections::BTreeSet;

use serde_json::Value;

use super::owner_query::{GlobalIdType, Lookup, OwnerQuery, OwnerType};
use crate::text::one_line;

/// The result of one lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LookupResult<T> {
    /// It is there.
    Found(T),
    /// Null: not there or not visible to the token.
    Null,
    /// GitLab could not answer; why.
    Failed(String),
}

/// An owner that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnerInfo {
    /// Its full path today.
    pub(super) path: String,
    pub(super) archived: bool,
    /// The default branch, where the repository was asked for; `None` also when it is empty or cannot be
    /// read, so that nothing is known about its files.
    pub(super) root_ref: Option<String>,
}

/// What a lookup found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LookupValue {
    /// It is there, and nothing more is known of it.
    Exists,
    /// A file's size in bytes, 0 where GitLab gave none.
    Size(u64),
    /// A file's text.
    Text(String),
    /// The token's role, as GitLab's number.
    Role(u64),
    /// The titles of labels.
    LabelTitles(BTreeSet<String>),
}

/// The result of one owner query: its owner, and its lookups in the order of the query.
pub(super) struct OwnerResult {
    pub(super) owner: LookupResult<OwnerInfo>,
    pub(super) lookups: Vec<(Lookup, LookupResult<LookupValue>)>,
}

/// The same failure for every lookup of a query.
pub(super) fn failed_result(query: &OwnerQuery, why: &str) -> OwnerResult {
    let lookups = query.lookups.iter().map(|lookup| (lookup.clone(), LookupResult::Failed(why.to_owned()))).collect();
    OwnerResult { owner: LookupResult::Failed(why.to_owned()), lookups }
}

/// Reads the result of the query that was sent as `a{index}`.
pub(super) fn parse_owner_result(query: &OwnerQuery, index: usize, body: &Value) -> OwnerResult {
    let alias = format!("a{index}");
    let owner = &body["data"][&alias];
    let at = |path: &[&str]| field_error(body, path);
    let info = match owner {
        Value::Null => match at(&[&alias]) {
            Some(why) => LookupResult::Failed(why),
            None => LookupResult::Null,
        },
        found => LookupResult::Found(OwnerInfo {
            path: found[if query.owner_type == OwnerType::User { "username" } else { "fullPath" }]
                .as_str()
                .unwrap_or(&query.path)
                .to_owned(),
            archived: found["archived"] == true,
            root_ref: found["repository"]["rootRef"].as_str().map(str::to_owned),
        }),
    };
    let mut lookups = Vec::new();
    for asked in query.group_by_field() {
        let inside = asked.lookups[0].is_in_repository();
        let field = if inside { &owner["repository"][&asked.alias] } else { &owner[&asked.alias] };
        let path: &[&str] = if inside { &[&alias, "repository", &asked.alias] } else { &[&alias, &asked.alias] };
        for lookup in asked.lookups {
            let look = match parse_value(lookup, field) {
                Some(fact) => LookupResult::Found(fact),
                None => match at(path) {
                    Some(why) => LookupResult::Failed(why),
                    None => LookupResult::Null,
                },
            };
            lookups.push((lookup.clone(), look));
        }
    }
    OwnerResult { owner: info, lookups }
}

fn parse_value(lookup: &Lookup, field: &Value) -> Option<LookupValue> {
    let nodes = |of: &Value| of["nodes"].as_array().cloned().unwrap_or_default();
    match lookup {
        Lookup::Blob { path, .. } | Lookup::Text { path, .. } => {
            let node = nodes(field).into_iter().find(|node| node["path"] == path.as_str())?;
            if let Lookup::Text { .. } = lookup {
                return node["rawTextBlob"].as_str().map(|text| LookupValue::Text(text.to_owned()));
            }
            // BigInt in GitLab's schema: a string, or a number where it was one before.
            let size = &node["size"];
            Some(LookupValue::Size(size.as_u64().or_else(|| size.as_str()?.parse().ok()).unwrap_or(0)))
        }
        Lookup::Tree { .. } => {
            let kinds = ["trees", "blobs", "submodules"];
            kinds.iter().any(|kind| !nodes(&field[kind]).is_empty()).then_some(LookupValue::Exists)
        }
        Lookup::ArchivedLabels if field.is_null() => None,
        Lookup::ArchivedLabels => {
            let titles = nodes(field).into_iter().filter_map(|node| Some(node["title"].as_str()?.to_owned()));
            Some(LookupValue::LabelTitles(titles.collect()))
        }
        Lookup::Role => field["integerValue"].as_u64().map(LookupValue::Role),
        Lookup::FilterLabel(title) | Lookup::ArchivedFilterLabel(title) => {
            nodes(field).iter().any(|node| node["title"] == title.as_str()).then_some(LookupValue::Exists)
        }
        Lookup::ByGlobalId(GlobalIdType::Snippet, _) => (!nodes(field).is_empty()).then_some(LookupValue::Exists),
        // Another spelling is another label.
        Lookup::Label(title) => (field["title"] == title.as_str()).then_some(LookupValue::Exists),
        _ => (!field.is_null()).then_some(LookupValue::Exists),
    }
}

/// Why a field is null, where GitLab says that it went wrong; an error that names no field may be anyone's.
fn field_error(body: &Value, at: &[&str]) -> Option<String> {
    let errors = body["errors"].as_array()?;
    let concerns = |error: &&Value| match error["path"].as_array() {
        None => true,
        Some(path) => {
            let mut both = path.iter().filter(|part| part.is_string()).zip(at);
            both.all(|(part, wanted)| part == wanted)
        }
    };
    // GitLab's words for a null that is an answer (`Gitlab::Graphql::Authorize::AuthorizeResource`).
    let hidden = |error: &&Value| error_message(error).contains("does not exist or you don't have permission");
    // A ref that can be none is not there (`app/graphql/resolvers/blobs_resolver.rb`).
    let no_ref = |error: &&Value| error_message(error).contains("Ref is not valid");
    errors.iter().filter(concerns).find(|error| !hidden(error) && !no_ref(error)).map(error_message)
}

/// An error's own words, on one line.
pub(super) fn error_message(error: &Value) -> String {
    one_line(error["message"].as_str().unwrap_or("an error without a message"))
}
