//! What GitLab answered, question by question.

use std::collections::BTreeSet;

use serde_json::Value;

use super::question::{Leaf, Numbered, Question, Root};
use crate::pod::text::Untrusted;

/// One look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look<T> {
    /// It is there.
    There(T),
    /// Null: not there or not visible to the token.
    Null,
    /// GitLab could not tell; why.
    Failed(String),
}

/// An owner that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    /// Its full path now.
    pub(super) path: String,
    pub(super) archived: bool,
    /// The default branch, where the repository was asked for; `None` also when it is empty or cannot be
    /// read, so that it tells nothing about its files.
    pub(super) root_ref: Option<String>,
}

/// What is known of a leaf that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    /// Nothing more.
    Exists,
    /// A file's size in bytes, 0 where it was not told.
    Size(u64),
    /// A file's text.
    Text(String),
    /// The token's role.
    Role(u64),
    /// The titles of labels.
    Titles(BTreeSet<String>),
}

/// The answer to one question: its owner, and its leaves in the order of the question.
pub(super) struct Answer {
    pub(super) owner: Look<Home>,
    pub(super) leaves: Vec<(Leaf, Look<Fact>)>,
}

/// The same failure for everything in a question.
pub(super) fn failed(question: &Question, why: &str) -> Answer {
    let leaves = question.leaves.iter().map(|leaf| (leaf.clone(), Look::Failed(why.to_owned()))).collect();
    Answer { owner: Look::Failed(why.to_owned()), leaves }
}

/// Reads the answer to the question that was asked as `a{index}`.
pub(super) fn read(question: &Question, index: usize, body: &Value) -> Answer {
    let alias = format!("a{index}");
    let owner = &body["data"][&alias];
    let at = |path: &[&str]| trouble(body, path);
    let home = match owner {
        Value::Null => match at(&[&alias]) {
            Some(why) => Look::Failed(why),
            None => Look::Null,
        },
        found => Look::There(Home {
            path: found[if question.root == Root::User { "username" } else { "fullPath" }]
                .as_str()
                .unwrap_or(&question.path)
                .to_owned(),
            archived: found["archived"] == true,
            root_ref: found["repository"]["rootRef"].as_str().map(str::to_owned),
        }),
    };
    let mut leaves = Vec::new();
    for asked in question.asked() {
        let inside = asked.leaves[0].in_repository();
        let field = if inside { &owner["repository"][&asked.alias] } else { &owner[&asked.alias] };
        let path: &[&str] = if inside { &[&alias, "repository", &asked.alias] } else { &[&alias, &asked.alias] };
        for leaf in asked.leaves {
            let look = match fact(leaf, field) {
                Some(fact) => Look::There(fact),
                None => match at(path) {
                    Some(why) => Look::Failed(why),
                    None => Look::Null,
                },
            };
            leaves.push((leaf.clone(), look));
        }
    }
    Answer { owner: home, leaves }
}

fn fact(leaf: &Leaf, field: &Value) -> Option<Fact> {
    let nodes = |of: &Value| of["nodes"].as_array().cloned().unwrap_or_default();
    match leaf {
        Leaf::Blob { path, .. } | Leaf::Text { path, .. } => {
            let node = nodes(field).into_iter().find(|node| node["path"] == path.as_str())?;
            if let Leaf::Text { .. } = leaf {
                return node["rawTextBlob"].as_str().map(|text| Fact::Text(text.to_owned()));
            }
            // BigInt in GitLab's schema: a string, or a number where it was one before.
            let size = &node["size"];
            Some(Fact::Size(size.as_u64().or_else(|| size.as_str()?.parse().ok()).unwrap_or(0)))
        }
        Leaf::Tree { .. } => {
            let kinds = ["trees", "blobs", "submodules"];
            kinds.iter().any(|kind| !nodes(&field[kind]).is_empty()).then_some(Fact::Exists)
        }
        Leaf::ArchivedLabels if field.is_null() => None,
        Leaf::ArchivedLabels => {
            let titles = nodes(field).into_iter().filter_map(|node| Some(node["title"].as_str()?.to_owned()));
            Some(Fact::Titles(titles.collect()))
        }
        Leaf::Role => field["integerValue"].as_u64().map(Fact::Role),
        Leaf::Filter(title) | Leaf::ArchivedFilter(title) => {
            nodes(field).iter().any(|node| node["title"] == title.as_str()).then_some(Fact::Exists)
        }
        Leaf::Numbered(Numbered::Snippet, _) => (!nodes(field).is_empty()).then_some(Fact::Exists),
        // Another spelling is another label.
        Leaf::Label(title) => (field["title"] == title.as_str()).then_some(Fact::Exists),
        _ => (!field.is_null()).then_some(Fact::Exists),
    }
}

/// Why a field is null, where GitLab says that it went wrong; an error that names no field may be anyone's.
fn trouble(body: &Value, at: &[&str]) -> Option<String> {
    let errors = body["errors"].as_array()?;
    let concerns = |error: &&Value| match error["path"].as_array() {
        None => true,
        Some(path) => {
            let mut both = path.iter().filter(|part| part.is_string()).zip(at);
            both.all(|(part, wanted)| part == wanted)
        }
    };
    // GitLab's words for a null that is an answer (`Gitlab::Graphql::Authorize::AuthorizeResource`).
    let hidden = |error: &&Value| words(error).contains("does not exist or you don't have permission");
    // A ref that can be none is not there (`app/graphql/resolvers/blobs_resolver.rb`).
    let no_ref = |error: &&Value| words(error).contains("Ref is not valid");
    errors.iter().filter(concerns).find(|error| !hidden(error) && !no_ref(error)).map(words)
}

/// An error's own words, on one line.
pub(super) fn words(error: &Value) -> String {
    Untrusted::new(error["message"].as_str().unwrap_or("an error without a message")).line()
}
