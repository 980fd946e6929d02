//! What several pods need of one project, read in one request: the files of their pages, and their labels.
//!
//! Only good news counts here. What is not in an answer, and what could not be asked at all, is asked for by itself,
//! where GitLab says more about why something is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::listings::LabelsKey;
use super::{Reader, TokenPurpose};
use crate::pod::observed::Observed;
use crate::pod::snapshot::{Project, ProjectLabel};

/// The most files of one query: each costs some six of GitLab's 200 points of complexity.
const MAX_FILES_PER_QUERY: usize = 20;
/// The most labels of one query, which cost six, too.
const MAX_LABELS_PER_QUERY: usize = 25;
/// So long is waited for a batch: each thing can be asked for by itself.
const TIME_FOR_BATCH: Duration = Duration::from_secs(10);

/// The texts of files, with their sizes in bytes.
const FILES_QUERY: &str = "query($project:ID!,$ref:String!,$paths:[String!]!,$first:Int!){project(fullPath:$project)\
     {repository{blobs(ref:$ref,paths:$paths,first:$first){nodes{path size rawTextBlob}}}}}";

impl Reader {
    /// The texts of files of one project at one ref, by their paths, as far as they came whole in one answer; our own
    /// secrets are taken out of them on the way in.
    pub async fn read_text_files(
        &self,
        purpose: TokenPurpose,
        project: &str,
        git_ref: &str,
        paths: &BTreeSet<&str>,
    ) -> BTreeMap<String, String> {
        let paths: Vec<&str> = paths.iter().copied().collect();
        let mut texts = BTreeMap::new();
        for paths in paths.chunks(MAX_FILES_PER_QUERY) {
            let project = self.current_project_path(purpose, project);
            let variables = json!({ "project": project, "ref": git_ref, "paths": paths, "first": paths.len() });
            let Some(answer) = self.query_batch(purpose, FILES_QUERY, variables).await else { break };
            let nodes = answer.pointer("/data/project/repository/blobs/nodes").and_then(Value::as_array);
            for (path, text) in nodes.into_iter().flatten().filter_map(whole_text) {
                if paths.contains(&path) {
                    texts.insert(path.to_owned(), self.without_secrets(text.to_owned()));
                }
            }
        }
        texts
    }

    /// A label of a project or of a group above it, by its exact name; `beside` are others that are read there, which
    /// come with it.
    pub async fn read_label_among(
        &self,
        project: &Project,
        name: &str,
        beside: &BTreeSet<String>,
    ) -> Observed<ProjectLabel> {
        if beside.iter().any(|other| other != name) {
            let known = self.listings.labels(LabelsKey {
                project_id: project.id,
                writes: self.request_log().write_count(),
                part: self.listings.part(),
            });
            if known.get_or_init(|| self.request_labels(project, beside)).await.contains(name) {
                return Observed::Present(ProjectLabel { name: name.to_owned(), archived: false });
            }
        }
        self.read_label(project, name).await
    }

    /// Those of these labels that are there; the archived ones are not among them.
    async fn request_labels(&self, project: &Project, names: &BTreeSet<String>) -> BTreeSet<String> {
        let names: Vec<&String> = names.iter().collect();
        let mut found = BTreeSet::new();
        for names in names.chunks(MAX_LABELS_PER_QUERY) {
            let (query, variables) = build_labels_query(&project.path, names);
            let Some(answer) = self.query_batch(TokenPurpose::Pairing, &query, variables).await else { break };
            // Another spelling is another label.
            let is_there = |index: usize, name: &str| {
                answer.pointer(&format!("/data/project/l{index}/nodes/0/title")).is_some_and(|title| title == name)
            };
            let there = names.iter().enumerate().filter(|(index, name)| is_there(*index, name));
            found.extend(there.map(|(_, name)| (*name).clone()));
        }
        found
    }

    /// An answer without errors, where it is there in time.
    async fn query_batch(&self, purpose: TokenPurpose, query: &str, variables: Value) -> Option<Value> {
        if self.listings.is_batching_slow() {
            return None;
        }
        let Ok(answer) = timeout(TIME_FOR_BATCH, self.graphql(purpose, query, variables)).await else {
            self.listings.give_up_batching();
            return None;
        };
        answer.present().filter(|answer| answer.get("errors").is_none_or(Value::is_null)).cloned()
    }
}

/// A file's path and text, if that is all of it: GitLab cuts what is too large, and turns other encodings into UTF-8.
fn whole_text(node: &Value) -> Option<(&str, &str)> {
    let (path, text) = (node["path"].as_str()?, node["rawTextBlob"].as_str()?);
    // BigInt in GitLab's schema: a string, or a number where it was one before.
    let size = node["size"].as_u64().or_else(|| node["size"].as_str()?.parse().ok())?;
    (usize::try_from(size) == Ok(text.len())).then_some((path, text))
}

/// One query for all of these labels of a project; each travels as a variable.
fn build_labels_query(project: &str, names: &[&String]) -> (String, Value) {
    let (mut declarations, mut fields, mut variables) = (String::new(), String::new(), Map::new());
    variables.insert("project".to_owned(), json!(project));
    for (index, name) in names.iter().enumerate() {
        let _infallible = write!(declarations, ",$t{index}:String");
        let _infallible =
            write!(fields, "l{index}:labels(title:$t{index},includeAncestorGroups:true,first:1){{nodes{{title}}}} ");
        variables.insert(format!("t{index}"), json!(name));
    }
    let query = format!("query($project:ID!{declarations}){{project(fullPath:$project){{{}}}}}", fields.trim_end());
    (query, Value::Object(variables))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_the_whole_file_is_none() {
        let node = |size: Value, text: Value| json!({ "path": "a.md", "size": size, "rawTextBlob": text });
        assert_eq!(whole_text(&node(json!("4"), json!("text"))), Some(("a.md", "text")));
        assert_eq!(whole_text(&node(json!(4), json!("text"))), Some(("a.md", "text")));
        // Cut, in another encoding, no text, and without a size.
        for (size, text) in
            [(json!(9), json!("text")), (json!("1"), json!("ü")), (json!(4), json!(null)), (json!(null), json!("text"))]
        {
            assert_eq!(whole_text(&node(size, text)), None);
        }
    }

    #[test]
    fn the_largest_query_keeps_to_gitlabs_limit() {
        let name = "x".repeat(255);
        let names = [&name; MAX_LABELS_PER_QUERY];
        let (query, variables) = build_labels_query("a/b", &names);
        assert!(query.len() < 10_000, "{}", query.len());
        assert!(!query.contains("xx") && variables["t24"] == name.as_str());
    }
}
