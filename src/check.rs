//! The links of any documents: collect and decide, without a pod and without a write.

pub mod changes;
mod exceptions;
mod ignored_links;

use std::borrow::Cow;
use std::mem;

use chrono::{DateTime, Utc};

use crate::collect::{Clients, label_names};
pub use crate::decide::links::Silences;
use crate::decide::links::{self, assess_single_check, mark_missing_hosts};
use crate::pod::Exception;
use crate::pod::finding::{Finding, sort_and_deduplicate};
use crate::pod::observed::{FailureCause, ReadFailure};
use crate::pod::pod_page::PodPage;
use crate::pod::rule;
use crate::pod::traffic::{GITHUB_API_HOST, HostTraffic};
use crate::pod::verdict::{LabelVerdicts, Observation};
use linkcheck::cache::Cache;
use linkcheck::check_options::CheckOptions;
use linkcheck::files::LocalFiles;
use linkcheck::link::Link;
use linkcheck::shard_file::ShardObservation;
use linkcheck::web::WebClient;
use linkcheck::{Document, LabelSet, check_gathered_links, gather_links, gather_links_offline, observe_offline};

/// What came of a check of documents.
#[derive(Debug, Clone, Default)]
pub struct DocumentCheckResult {
    /// How many links the documents hold, repeated ones included.
    pub link_count: usize,
    /// How many different addresses they name.
    pub unique_url_count: usize,
    /// One look for each address.
    pub observations: Vec<Observation>,
    /// What humans should know, in order.
    pub findings: Vec<Finding>,
    /// Why nothing can be concluded from the links, if that is so.
    pub inconclusive_reason: Option<String>,
    /// What could not be read.
    pub read_failures: Vec<ReadFailure>,
    /// Requests sent to the web.
    pub web_requests: u64,
    /// The requests to each host of the web, and how they went.
    pub host_traffic: Vec<HostTraffic>,
    /// What was asked and seen, for a job that merges several shards.
    pub shard_observations: Vec<ShardObservation>,
    /// Why GitLab's API could not be asked, if so.
    pub api_failure: Option<ReadFailure>,
    /// What is to be cached of the web, where that is wanted.
    pub cache: Option<Cache>,
}

impl DocumentCheckResult {
    /// The requests to the web that asked GitHub's API, with a token.
    pub fn github_requests(&self) -> u64 {
        self.host_traffic.iter().filter(|host| host.host == GITHUB_API_HOST).map(|host| host.requests).sum()
    }
}

/// A document as it was read, under the path that its findings name.
pub struct InputDocument {
    /// The path.
    pub path: String,
    /// What was understood of it.
    pub page: PodPage,
    /// Groups that its labels are looked up in; without any, they are not looked up.
    pub label_groups: Vec<String>,
    /// Which of the trees it stands in, and its path there.
    pub tree_and_path: Option<(usize, String)>,
    /// Where its root-relative links resolve.
    pub site: Option<url::Url>,
    /// What is accepted of it.
    pub exceptions: Vec<Exception>,
}

/// Checks all links of all documents; without a client for the web, the documents alone. A shard checks its own links
/// and nothing else. The documents give their links away.
pub async fn check(
    documents: &mut [InputDocument],
    trees: &[LocalFiles],
    sources: Clients<'_>,
    now: DateTime<Utc>,
    silences: Silences,
) -> DocumentCheckResult {
    let is_whole = sources.policy.shard.is_none();
    let mut checked = DocumentCheckResult::default();
    if is_whole {
        checked.findings = list_document_defects(documents);
    }
    match sources.web {
        Some(web) => check_online(documents, trees, sources, web, (now, silences), &mut checked).await,
        None => check_without_network(documents, trees, sources.policy, &mut checked),
    }
    if is_whole {
        ignored_links::add_ignored_links(&mut checked, documents, trees, sources.policy);
    }
    // They are sorted by their addresses; one that resolves in two ways is asked twice.
    checked.unique_url_count = checked.observations.chunk_by(|one, next| one.url == next.url).count();
    checked.link_count = checked.observations.iter().map(|seen| seen.places.len()).sum();
    let saw_everything =
        is_whole && sources.web.is_some() && checked.read_failures.is_empty() && checked.inconclusive_reason.is_none();
    exceptions::apply_exceptions(&mut checked, documents, now.date_naive(), saw_everything);
    checked.findings = sort_and_deduplicate(checked.findings);
    checked
}

/// What is wrong with the documents themselves.
fn list_document_defects(documents: &[InputDocument]) -> Vec<Finding> {
    let findings = documents.iter().flat_map(|document| &document.page.findings);
    findings.filter(|finding| finding.rule.in_check() != rule::InCheck::Omitted).cloned().collect()
}

/// The documents with their links.
fn to_linkcheck_documents<'a>(documents: &'a [InputDocument], trees: &'a [LocalFiles]) -> Vec<Document<'a>> {
    documents.iter().map(|document| to_linkcheck_document(document, (&document.page.links).into(), trees)).collect()
}

/// The same of documents that give their links away: a hundred thousand links need not be held twice.
fn into_linkcheck_documents<'a>(documents: &'a mut [InputDocument], trees: &'a [LocalFiles]) -> Vec<Document<'a>> {
    let with_links = documents.iter_mut().map(|document| (mem::take(&mut document.page.links), document));
    with_links.map(|(links, document)| to_linkcheck_document(document, links.into(), trees)).collect()
}

fn to_linkcheck_document<'a>(
    document: &'a InputDocument,
    links: Cow<'a, [Link]>,
    trees: &'a [LocalFiles],
) -> Document<'a> {
    let local = document.tree_and_path.as_ref().and_then(|(tree, path)| Some((trees.get(*tree)?, path.as_str())));
    Document { path: &document.path, links, site_url: document.site.as_ref(), local_files: local }
}

/// Checks links by what the files show.
fn check_without_network(
    documents: &mut [InputDocument],
    trees: &[LocalFiles],
    policy: &CheckOptions,
    checked: &mut DocumentCheckResult,
) {
    checked.observations = observe_offline(gather_links_offline(into_linkcheck_documents(documents, trees), policy));
    // Files are there or not: no network can make them look gone.
    checked.findings.extend(links::offline_findings(&checked.observations));
}

/// Checks links and labels by asking GitLab and the web.
async fn check_online(
    documents: &mut [InputDocument],
    trees: &[LocalFiles],
    sources: Clients<'_>,
    web: &WebClient,
    (now, silences): (DateTime<Utc>, Silences),
    checked: &mut DocumentCheckResult,
) {
    let gathered = gather_links(into_linkcheck_documents(documents, trees), sources.reader, sources.policy);
    let with_labels = documents_with_label_groups(documents, sources.policy);
    let labels: Vec<LabelSet<'_>> = with_labels
        .iter()
        .map(|document| LabelSet { names: label_names(&document.page), groups: &document.label_groups })
        .collect();
    let mut found = check_gathered_links(gathered, &labels, sources.reader, web, sources.policy).await;
    for (document, verdicts) in with_labels.iter().zip(&found.labels) {
        checked.findings.extend(links::label_findings(&document.page, &document.path, verdicts));
        // Where GitLab could not be asked at all, that is what is reported.
        if found.failure.is_none() {
            checked.read_failures.extend(label_read_failure(document, verdicts));
        }
    }
    mark_missing_hosts(&mut found.observations);
    let assessment = assess_single_check(&found.observations, now, silences);
    checked.findings.extend(assessment.findings);
    checked.inconclusive_reason = assessment.inconclusive_reason;
    checked.observations = found.observations;
    checked.read_failures.extend(found.failure.clone());
    checked.web_requests = found.web_requests;
    checked.shard_observations = found.shard_observations;
    checked.api_failure = found.failure;
    checked.cache = found.cache;
    checked.host_traffic = found.host_traffic;
}

/// The documents whose labels are looked up; a shard looks up none.
fn documents_with_label_groups<'a>(documents: &'a [InputDocument], policy: &CheckOptions) -> Vec<&'a InputDocument> {
    let is_whole = policy.shard.is_none();
    documents.iter().filter(|document| is_whole && !document.label_groups.is_empty()).collect()
}

fn label_read_failure(document: &InputDocument, verdicts: &LabelVerdicts) -> Option<ReadFailure> {
    let why = links::label_read_failure(verdicts)?;
    Some(ReadFailure {
        what: format!("the labels of {}", document.path),
        why: format!("{why}; see [documents] label_groups"),
        cause: FailureCause::Unavailable,
    })
}
