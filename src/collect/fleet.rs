//! What is read once in a run and shared by its pods and rounds: pages, agents, accounts, links, labels.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use linkcheck::check_options::CheckOptions;
use linkcheck::time_budget::TimeBudget;
use linkcheck::web::WebClient;
use linkcheck::{Document, LabelSet, check_links};
use url::Url;

use super::deadline::Deadline;
use super::{agents, page_texts, projects, read_in_time};
use crate::gitlab::{Reader, RepositoryText};
use crate::pod::agent::{AgentFile, ObservedAccount};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::pod_page::PodPage;
use crate::pod::snapshot::ReadOnlyProject;
use crate::pod::verdict::{LabelVerdicts, Observation};
use crate::pod::{AgentsLocation, PageId, Pod, Task};

/// The clients that a run goes through: GitLab's, the web's, and the link policy.
#[derive(Clone, Copy)]
pub struct Clients<'a> {
    /// Reads GitLab.
    pub reader: &'a Reader,
    /// Reads the web; without it links are not looked at.
    pub web: Option<&'a WebClient>,
    /// How links are judged.
    pub policy: &'a CheckOptions,
}

/// What was seen of one pod beside its issues. What was not asked for, or not yet, is absent.
#[derive(Debug, Clone)]
pub struct ObservedPod {
    /// Its page.
    pub page: Observed<PodPage>,
    /// The projects that are only read, those that were seen.
    pub read_only_projects: Vec<ReadOnlyProject>,
    /// The Support Team data.
    pub agents: Observed<Vec<AgentFile>>,
    /// The accounts of its people.
    pub accounts: Observed<Vec<ObservedAccount>>,
    /// Its page's links.
    pub link_observations: Observed<Vec<Observation>>,
    /// Its page's labels.
    pub label_verdicts: LabelVerdicts,
    /// What else could not be seen.
    pub read_failures: Vec<ReadFailure>,
}

/// What is read once for a whole fleet: each page, folder, account, address and label.
pub struct FleetObservation {
    /// Of pages that are not parsed yet.
    page_texts: BTreeMap<PageId, RepositoryText>,
    pages: BTreeMap<PageId, Observed<PodPage>>,
    people: Option<AgentsAndAccounts>,
    links: LinkResults,
}

impl FleetObservation {
    /// Finds out which projects there are, so that each is asked for once, and reads the pages that come together. What
    /// hangs is left to whoever needs it.
    pub async fn begin(reader: &Reader, pods: &[Pod], ends: Deadline) -> Self {
        let ends = ends.at_most(TIME_FOR_BATCHES);
        // A bug in what is read for all is no pod's misfortune: each reads its own then.
        let (_unneeded, texts) = tokio::join!(
            ends.finish(AssertUnwindSafe(Box::pin(projects::preload(reader, pods))).catch_unwind()),
            ends.finish(AssertUnwindSafe(Box::pin(page_texts::read(reader, pods))).catch_unwind())
        );
        let page_texts = texts.and_then(Result::ok).unwrap_or_default();
        Self { page_texts, pages: BTreeMap::new(), people: None, links: LinkResults::not_checked() }
    }

    /// The text of a page, if it came together with others.
    pub fn take_page_text(&mut self, id: &PageId) -> Option<RepositoryText> {
        self.page_texts.remove(id)
    }

    /// Takes a page that was read.
    pub fn add_page(&mut self, id: PageId, page: Observed<PodPage>) {
        self.pages.insert(id, page);
    }

    /// Whether a pod's page was read, or was to be.
    pub fn has_page(&self, pod: &Pod) -> bool {
        self.pages.contains_key(&pod.page.id())
    }

    /// Reads the Support Team data, and the accounts of those on pages and in files.
    pub async fn read_people(&mut self, reader: &Reader, pods: &[Pod], ends: Deadline) {
        self.people = Some(read_agents_and_accounts(reader, pods, &self.pages_of(pods), ends).await);
    }

    /// Checks the links and labels of the pages. What is not reached `within` this time is skipped; runs of another
    /// `turn` begin with other links. What other jobs observed of links that `is_remembered` as failing does not count.
    pub async fn check_links(
        &mut self,
        sources: Clients<'_>,
        pods: &[Pod],
        within: Duration,
        turn: u64,
        ends: Deadline,
        is_remembered: impl Fn(&str) -> bool,
    ) {
        let time_budget =
            Some(TimeBudget::starting_now(within.min(ends.time_left().saturating_sub(TIME_AFTER_LINKS)), turn));
        let merged_shards = sources.policy.merged_shards.as_ref().map(|shards| Arc::new(shards.without(is_remembered)));
        let policy = CheckOptions { time_budget, merged_shards, ..sources.policy.clone() };
        let sources = Clients { policy: &policy, ..sources };
        let checked = AssertUnwindSafe(check_page_links(sources, pods, &self.pages)).catch_unwind();
        let unknown = |failure| LinkResults { observations: Observed::Unknown(failure), ..LinkResults::not_checked() };
        self.links = match ends.finish(checked).await {
            Some(Ok(checked)) => checked,
            Some(Err(_panic)) => unknown(ReadFailure::from_bug(LINKS)),
            None => unknown(Deadline::read_failure(LINKS)),
        };
    }

    /// What of it is one pod's.
    pub fn for_pod(&self, reader: &Reader, pod: &Pod) -> ObservedPod {
        let (agents, accounts) = match (&self.people, audited_agents_location(pod)) {
            (Some(people), Some(at)) => (people.files[at].clone(), people.accounts.clone()),
            (None, _) | (_, None) => (Observed::Absent, Observed::Absent),
        };
        let observations = match &self.links.observations {
            Observed::Present(_) if !pod.tasks.contains(&Task::Links) => Observed::Absent,
            observed => {
                let document = self.links.documents.iter().position(|page| *page == DocumentKey::of(pod));
                observed.clone().map(|all| observations_in_document(all, document))
            }
        };
        let mut read_failures: Vec<ReadFailure> = self.links.failure.iter().cloned().collect();
        read_failures.extend(observations.present().and_then(|seen| not_reached_failure(seen)));
        ObservedPod {
            page: self.pages.get(&pod.page.id()).cloned().unwrap_or(Observed::Absent),
            read_only_projects: projects::known_read_only_projects(reader, pod),
            agents,
            accounts,
            link_observations: observations,
            label_verdicts: self.links.labels.get(pod.key.as_str()).cloned().unwrap_or_default(),
            read_failures,
        }
    }

    fn pages_of(&self, pods: &[Pod]) -> Vec<&PodPage> {
        pods.iter().filter_map(|pod| self.pages.get(&pod.page.id())?.present()).collect()
    }
}

/// What is kept of a run's time for what is written about links.
const TIME_AFTER_LINKS: Duration = Duration::from_secs(30);

/// So long is waited for the list of projects and the pages that come together: each can be asked for by itself.
const TIME_FOR_BATCHES: Duration = Duration::from_secs(15);

/// What links are called where all of them could not be checked.
const LINKS: &str = "the links and labels of the pages";

/// How many links were not reached, if some were not.
fn not_reached_failure(observations: &[Observation]) -> Option<ReadFailure> {
    let count = observations.iter().filter(|seen| seen.assessment.is_not_reached()).count();
    (count > 0).then(|| ReadFailure {
        what: format!("{count} of {} links of the page", observations.len()),
        why: "the time for links ended before their turn; tomorrow's runs begin with others; see [links] within"
            .to_owned(),
        cause: FailureCause::Unavailable,
    })
}

/// What was seen of the links of one document, with the places in it.
fn observations_in_document(all: Vec<Observation>, document: Option<usize>) -> Vec<Observation> {
    let own = all.into_iter().filter_map(|mut seen| {
        seen.places.retain(|place| Some(place.document) == document);
        (!seen.places.is_empty()).then_some(seen)
    });
    own.collect()
}

/// Where a pod's agents are, if they are looked at in this run.
fn audited_agents_location(pod: &Pod) -> Option<&AgentsLocation> {
    pod.agents.as_ref().filter(|_| pod.tasks.contains(&Task::Roster))
}

/// The Support Team data and the accounts.
struct AgentsAndAccounts {
    /// The files of each folder.
    files: BTreeMap<AgentsLocation, Observed<Vec<AgentFile>>>,
    accounts: Observed<Vec<ObservedAccount>>,
}

async fn read_agents_and_accounts(
    reader: &Reader,
    pods: &[Pod],
    pages: &[&PodPage],
    ends: Deadline,
) -> AgentsAndAccounts {
    let rules = agents::membership_rules(pods);
    let folders: BTreeSet<&AgentsLocation> = pods.iter().filter_map(audited_agents_location).collect();
    let mut files = BTreeMap::new();
    for at in folders {
        let what = format!("the Support Team data in {}", at.project);
        files.insert(at.clone(), read_in_time(what, ends, agents::read_agent_files(reader, at, &rules)).await);
    }
    if files.is_empty() {
        return AgentsAndAccounts { files, accounts: Observed::Absent };
    }
    let known: Vec<AgentFile> = files.values().filter_map(Observed::present).flatten().cloned().collect();
    let (handles, ids) = agents::accounts_to_look_up(pages, &known);
    let what = "the accounts of the members".to_owned();
    let accounts = read_in_time(what, ends, agents::read_accounts(reader, &handles, &ids)).await;
    AgentsAndAccounts { files, accounts }
}

/// A page as one site shows it: its links lead to other places on another.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DocumentKey {
    page: PageId,
    site: Option<Url>,
}

impl DocumentKey {
    fn of(pod: &Pod) -> Self {
        Self { page: pod.page.id(), site: pod.page.site.clone() }
    }
}

/// What was seen of links and labels.
struct LinkResults {
    /// Of all pages.
    observations: Observed<Vec<Observation>>,
    /// The pages that were checked: a place names its page by its index here.
    documents: Vec<DocumentKey>,
    /// The verdicts on labels, by pod key.
    labels: BTreeMap<String, LabelVerdicts>,
    /// Why GitLab could not be asked, if so.
    failure: Option<ReadFailure>,
}

impl LinkResults {
    fn not_checked() -> Self {
        Self { observations: Observed::Absent, documents: Vec::new(), labels: BTreeMap::new(), failure: None }
    }
}

async fn check_page_links(
    sources: Clients<'_>,
    pods: &[Pod],
    pages: &BTreeMap<PageId, Observed<PodPage>>,
) -> LinkResults {
    let Some(web) = sources.web else { return LinkResults::not_checked() };
    let mut linked: BTreeMap<DocumentKey, Document<'_>> = BTreeMap::new();
    let (mut owners, mut labels) = (Vec::new(), Vec::new());
    for pod in pods.iter().filter(|pod| pod.tasks.contains(&Task::Links)) {
        let key = DocumentKey::of(pod);
        let Some(page) = pages.get(&key.page).and_then(Observed::present) else { continue };
        let (path, site_url) = (pod.page.path.as_str(), pod.page.site.as_ref());
        linked.insert(key, Document { path, links: (&page.links).into(), site_url, local_files: None });
        if !pod.label_groups.is_empty() {
            owners.push(pod.key.to_string());
            labels.push(LabelSet { names: label_names(page), groups: &pod.label_groups });
        }
    }
    if linked.is_empty() {
        return LinkResults::not_checked();
    }
    let (keys, documents): (Vec<DocumentKey>, Vec<Document<'_>>) = linked.into_iter().unzip();
    let checked = check_links(&documents, &labels, sources.reader, web, sources.policy).await;
    if checked.unused_observations > 0 {
        let count = checked.unused_observations;
        tracing::info!(count, "observations of other jobs are about links that no page has, and were left out");
    }
    LinkResults {
        observations: Observed::Present(checked.observations),
        documents: keys,
        labels: owners.into_iter().zip(checked.labels).collect(),
        failure: checked.failure,
    }
}

/// The labels that a page names; one that names none is a finding of the page itself.
pub fn label_names(page: &PodPage) -> BTreeSet<String> {
    page.labels.iter().map(|label| label.name.raw().to_owned()).filter(|name| !name.trim().is_empty()).collect()
}
