//! What several pods need of one project, read in one request: the files of their pages, and their labels.
//!
//! Only good news counts here. What is not in an answer, and what could not be asked at all, is asked for by itself,
//! where GitLab says more about why something is not there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::endpoints::LabelSearch;
use super::listings::{LabelsKey, Participants, ParticipantsKey};
use super::read::{RepositoryText, to_project_label};
use super::{Reader, TokenPurpose, responses};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::snapshot::{Project, ProjectLabel};

/// The most files of one query: each costs some six of GitLab's 200 points of complexity.
const MAX_FILES_PER_QUERY: usize = 20;
/// The most labels of one query, which cost six, too.
const MAX_LABELS_PER_QUERY: usize = 25;
/// The most searches for labels.
const MAX_LABEL_SEARCHES: usize = 2;
/// The most issues of one query: GitLab gives no larger pages.
const MAX_ISSUES_PER_QUERY: usize = 100;
/// So long is waited for a batch: each thing can be asked for by itself.
const TIME_FOR_BATCH: Duration = Duration::from_secs(10);

/// The texts of files, with their sizes in bytes.
const FILES_QUERY: &str = "query($project:ID!,$ref:String!,$paths:[String!]!,$first:Int!){project(fullPath:$project)\
     {repository{blobs(ref:$ref,paths:$paths,first:$first){nodes{path size rawTextBlob}}}}}";

/// Who takes part in issues. That they are asked for by their numbers makes them cheap
/// (`app/graphql/resolvers/base_resolver.rb`): all of it costs some 15 points.
const PARTICIPANTS_QUERY: &str = "query($project:ID!,$iids:[String!]){project(fullPath:$project)\
     {issues(iids:$iids){nodes{iid participants{nodes{username}}}}}}";

impl Reader {
    /// The texts of files of one project at one ref, by their paths, as far as they came whole in one answer; our own
    /// secrets are taken out of them on the way in.
    pub async fn read_text_files(
        &self,
        purpose: TokenPurpose,
        project: &str,
        git_ref: &str,
        paths: &BTreeSet<&str>,
    ) -> BTreeMap<String, RepositoryText> {
        let paths: Vec<&str> = paths.iter().copied().collect();
        let mut texts = BTreeMap::new();
        for paths in paths.chunks(MAX_FILES_PER_QUERY) {
            let project = self.current_project_path(purpose, project);
            let variables = json!({ "project": project, "ref": git_ref, "paths": paths, "first": paths.len() });
            let Some(answer) = self.query_batch(purpose, FILES_QUERY, variables).await else { break };
            let nodes = answer.pointer("/data/project/repository/blobs/nodes").and_then(Value::as_array);
            for (path, text) in nodes.into_iter().flatten().filter_map(whole_text) {
                if paths.contains(&path) {
                    let text = self.without_secrets(text.to_owned());
                    texts.insert(path.to_owned(), RepositoryText { text, last_commit: None });
                }
            }
        }
        texts
    }

    /// A label of a project or of a group above it, by its exact name; `beside` are those that are read there, this one
    /// among them, and `related` what [`Reader::list_related_labels`] found for them.
    pub async fn read_label_among(
        &self,
        project: &Project,
        name: &str,
        beside: &BTreeSet<String>,
        related: &[ProjectLabel],
    ) -> Observed<ProjectLabel> {
        // A project may have a label of its own beside one of the same name in a group; an archived one counts least.
        let named = related.iter().filter(|label| label.name == name);
        if let Some(label) = named.min_by_key(|label| (label.archived, label.level)) {
            return Observed::Present(label.clone());
        }
        let missing: BTreeSet<String> =
            beside.iter().filter(|other| related.iter().all(|label| label.name != **other)).cloned().collect();
        if missing.iter().any(|other| other != name) {
            let known = self.listings.labels(self.labels_key(project));
            if known.get_or_init(|| self.request_labels(project, &missing)).await.contains(name) {
                return Observed::Present(ProjectLabel::named(name, false));
            }
        }
        self.read_label(project, name).await
    }

    /// The labels of a project and of the groups above it that begin like these: the first hundred that hold the word
    /// which most of these begin with, and the first hundred of the second, with the number of issues that carry each.
    /// None where they cannot be read.
    pub async fn list_related_labels(&self, project: &Project, names: &BTreeSet<String>) -> Vec<ProjectLabel> {
        let known = self.listings.related_labels(self.labels_key(project));
        let listed = known.get_or_try_init(|| self.request_related_labels(project, names)).await;
        listed.cloned().unwrap_or_default()
    }

    async fn request_related_labels(
        &self,
        project: &Project,
        names: &BTreeSet<String>,
    ) -> Result<Vec<ProjectLabel>, NotBatched> {
        let mut found = BTreeMap::new();
        for term in most_common_first_words(names).iter().take(MAX_LABEL_SEARCHES) {
            let endpoint = LabelSearch { project_id: project.id, term, with_counts: true };
            let listing = self.send_endpoint::<Vec<responses::Label>>(TokenPurpose::Pairing, &endpoint);
            let labels = self.in_batch_time(listing).await.and_then(Result::ok).ok_or(NotBatched)?;
            found.extend(labels.into_iter().map(|label| {
                let label = to_project_label(label);
                ((label.name.clone(), label.level), label)
            }));
        }
        Ok(found.into_values().collect())
    }

    fn labels_key(&self, project: &Project) -> LabelsKey {
        let (writes, part) = (self.request_log().write_count(), self.listings.part());
        LabelsKey { project_id: project.id, writes, part }
    }

    /// Who takes part in these issues: who opened them, works on them, comments on them or is mentioned there, by user
    /// names in lower case. Asked once for all pods. What is not in the answer is not known.
    pub async fn list_participants(
        &self,
        project: &Project,
        iids: BTreeSet<u64>,
    ) -> Observed<BTreeMap<u64, BTreeSet<String>>> {
        if iids.is_empty() {
            return Observed::Present(BTreeMap::new());
        }
        let (writes, part) = (self.request_log().write_count(), self.listings.part());
        let known =
            self.listings.participants(ParticipantsKey { project_id: project.id, iids: iids.clone(), writes, part });
        match known.get_or_try_init(|| self.request_participants(project, &iids)).await {
            Ok(participants) => Observed::Present(participants.clone()),
            Err(failure) => Observed::Unknown(failure),
        }
    }

    async fn request_participants(&self, project: &Project, iids: &BTreeSet<u64>) -> Result<Participants, ReadFailure> {
        let what = || format!("who takes part in the recent issues of {}", project.path);
        let no_answer = || ReadFailure {
            what: what(),
            why: "GitLab's GraphQL gave no answer to it; the next run asks again".to_owned(),
            cause: FailureCause::Unavailable,
        };
        // Numbers are texts in GraphQL.
        let iids: Vec<String> = iids.iter().map(u64::to_string).collect();
        let mut found = Participants::new();
        for iids in iids.chunks(MAX_ISSUES_PER_QUERY) {
            let variables = json!({ "project": project.path, "iids": iids });
            let query = self.graphql(TokenPurpose::Pairing, PARTICIPANTS_QUERY, variables);
            let answer = match self.in_batch_time(query).await.ok_or_else(no_answer)? {
                Observed::Unknown(failure) => return Err(ReadFailure { what: what(), ..failure }),
                seen => seen,
            };
            let nodes = answer.present().and_then(|answer| answer.pointer("/data/project/issues/nodes"));
            let nodes = nodes.and_then(Value::as_array).ok_or_else(no_answer)?;
            found.extend(nodes.iter().filter_map(parse_participants));
        }
        Ok(found)
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
        let answer = self.in_batch_time(self.graphql(purpose, query, variables)).await?;
        answer.present().filter(|answer| answer.get("errors").is_none_or(Value::is_null)).cloned()
    }

    /// What a batch comes to, where that is in time.
    async fn in_batch_time<T>(&self, batch: impl Future<Output = T>) -> Option<T> {
        if self.listings.is_batching_slow() {
            return None;
        }
        let Ok(answer) = timeout(TIME_FOR_BATCH, batch).await else {
            self.listings.give_up_batching();
            return None;
        };
        Some(answer)
    }
}

/// A batch that did not come.
struct NotBatched;

/// The words that names begin with, in lower case, the most common first.
fn most_common_first_words(names: &BTreeSet<String>) -> Vec<String> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for name in names {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        if let Some(first) = words.map(str::to_lowercase).next() {
            *count.entry(first).or_default() += 1;
        }
    }
    let mut words: Vec<(String, usize)> = count.into_iter().collect();
    words.sort_by_key(|(_, times)| Reverse(*times));
    words.into_iter().map(|(word, _)| word).collect()
}

/// The number of an issue and the user names of those who take part in it.
fn parse_participants(node: &Value) -> Option<(u64, BTreeSet<String>)> {
    let iid = node["iid"].as_str()?.parse().ok()?;
    let people = node.pointer("/participants/nodes")?.as_array()?;
    let name = |person: &Value| person["username"].as_str().map(str::to_lowercase);
    Some((iid, people.iter().filter_map(name).collect()))
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
    fn labels_are_searched_for_by_the_words_that_most_of_them_begin_with() {
        let words = |names: &[&str]| most_common_first_words(&names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(words(&["pod::a", "Secure pod", "Pod::b", "::odd", "pod::c"]), ["pod", "odd", "secure"]);
        assert_eq!(words(&["::", ""]), [""; 0]);
    }

    #[test]
    fn people_are_read_where_an_answer_names_them() {
        let node = json!({"iid": "12", "participants": {"nodes": [{"username": "Ada-Q"}, null, {"username": null}]}});
        assert_eq!(parse_participants(&node), Some((12, BTreeSet::from(["ada-q".to_owned()]))));
        assert_eq!(parse_participants(&json!({"iid": "12", "participants": null})), None);
        assert_eq!(parse_participants(&json!({"iid": "x", "participants": {"nodes": []}})), None);
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
