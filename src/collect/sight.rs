//! What is read once in a run and shared by its pods and rounds: pages, agents, accounts, links, labels.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use url::Url;

use super::links::policy::Policy;
use super::links::web::Web;
use super::links::{self, Document, Labels};
use super::{agents, guarded, page_key, pages, projects};
use crate::gitlab::Reader;
use crate::pod::agent::{AccountState, AgentFile};
use crate::pod::document::PodPage;
use crate::pod::observed::{Blind, Observed};
use crate::pod::snapshot::SourceProject;
use crate::pod::verdict::{LabelVerdict, Observation};
use crate::pod::{AgentsAt, Pod, Task};

/// What looks.
#[derive(Clone, Copy)]
pub struct Eyes<'a> {
    /// Reads GitLab.
    pub reader: &'a Reader,
    /// Reads the web; without it links are not looked at.
    pub web: Option<&'a Web>,
    /// How links are judged.
    pub policy: &'a Policy,
}

/// What was seen of one pod beside its issues.
#[derive(Debug, Clone)]
pub struct Sight {
    /// Its page.
    pub page: Observed<PodPage>,
    /// The projects that are only read, those that were seen.
    pub sources: Vec<SourceProject>,
    /// The Support Team data.
    pub agents: Observed<Vec<AgentFile>>,
    /// The accounts of its people.
    pub accounts: Observed<Vec<AccountState>>,
    /// Its page's links.
    pub links: Observed<Vec<Observation>>,
    /// Its page's labels.
    pub labels: BTreeMap<String, LabelVerdict>,
    /// What else could not be seen.
    pub unseen: Vec<Blind>,
}

/// Looks for a whole fleet at once: each page, folder, account, address and label is asked once.
pub async fn sights(eyes: Eyes<'_>, pods: &[Pod]) -> Vec<Sight> {
    let ((), pages) = tokio::join!(projects::preload(eyes.reader, pods), pages(eyes.reader, pods));
    let page_of = |pod: &Pod| &pages[&page_key(&pod.page)];
    let seen: Vec<&PodPage> = pods.iter().filter_map(|pod| page_of(pod).present()).collect();
    let (people, rot) = tokio::join!(
        people(eyes.reader, pods, &seen),
        AssertUnwindSafe(look_at_links(eyes, pods, &pages)).catch_unwind()
    );
    let (links, labels, blind) = rot.unwrap_or_else(|_panic| {
        (Observed::Unknown(Blind::stumbled("the links and labels of the pages")), BTreeMap::new(), None)
    });
    pods.iter()
        .map(|pod| {
            let (agents, accounts) = match audited(pod) {
                Some(at) => (people.0[at].clone(), people.1.clone()),
                None => (Observed::Absent, Observed::Absent),
            };
            Sight {
                page: page_of(pod).clone(),
                sources: projects::sources(eyes.reader, pod),
                agents,
                accounts,
                links: match &links {
                    Observed::Present(_) if !pod.tasks.contains(&Task::Links) => Observed::Absent,
                    observed => observed.clone().map(|all| on_page(all, pod)),
                },
                labels: labels.get(pod.key.as_str()).cloned().unwrap_or_default(),
                unseen: blind.iter().cloned().collect(),
            }
        })
        .collect()
}

/// What was seen of the links of one pod's page, with the places on that page.
fn on_page(all: Vec<Observation>, pod: &Pod) -> Vec<Observation> {
    let key = page_key(&pod.page);
    let own = all.into_iter().filter_map(|mut seen| {
        seen.places.retain(|place| *place.path == *key);
        seen.places.iter_mut().for_each(|place| place.path = pod.page.path.as_str().into());
        (!seen.places.is_empty()).then_some(seen)
    });
    own.collect()
}

/// Where a pod's agents are, if they are looked at in this run.
fn audited(pod: &Pod) -> Option<&AgentsAt> {
    pod.agents.as_ref().filter(|_| pod.tasks.contains(&Task::Roster))
}

type People = (BTreeMap<AgentsAt, Observed<Vec<AgentFile>>>, Observed<Vec<AccountState>>);

async fn people(reader: &Reader, pods: &[Pod], pages: &[&PodPage]) -> People {
    let rules = agents::rules(pods);
    let folders: BTreeSet<&AgentsAt> = pods.iter().filter_map(audited).collect();
    let mut files = BTreeMap::new();
    for at in folders {
        let what = format!("the Support Team data in {}", at.project);
        files.insert(at.clone(), guarded(what, agents::read(reader, at, &rules)).await);
    }
    if files.is_empty() {
        return (files, Observed::Absent);
    }
    let known: Vec<AgentFile> = files.values().filter_map(Observed::present).flatten().cloned().collect();
    let (handles, ids) = agents::whom(pages, &known);
    let what = "the accounts of the members".to_owned();
    let accounts = guarded(what, agents::accounts(reader, &handles, &ids)).await;
    (files, accounts)
}

/// What was seen of links and labels: observations of all pages, label verdicts by pod, and why GitLab could
/// not be asked, if so.
type Rot = (Observed<Vec<Observation>>, BTreeMap<String, BTreeMap<String, LabelVerdict>>, Option<Blind>);

async fn look_at_links(eyes: Eyes<'_>, pods: &[Pod], pages: &BTreeMap<String, Observed<PodPage>>) -> Rot {
    let nothing = (Observed::Absent, BTreeMap::new(), None);
    let Some(web) = eyes.web else { return nothing };
    let mut linked: BTreeMap<String, (&PodPage, Option<&Url>)> = BTreeMap::new();
    let (mut owners, mut labels) = (Vec::new(), Vec::new());
    for pod in pods.iter().filter(|pod| pod.tasks.contains(&Task::Links)) {
        let key = page_key(&pod.page);
        let Some(page) = pages[&key].present() else { continue };
        linked.insert(key, (page, pod.page.site.as_ref()));
        if !pod.label_groups.is_empty() {
            owners.push(pod.key.to_string());
            labels.push(Labels { names: label_names(page), groups: &pod.label_groups });
        }
    }
    // Two projects may have pages of one path: so a page's key stands in its places until they are told apart.
    let documents =
        linked.iter().map(|(key, (page, site))| Document { path: key, links: &page.links, site: *site, local: None });
    let documents: Vec<Document<'_>> = documents.collect();
    if documents.is_empty() {
        return nothing;
    }
    let probed = links::probe(&documents, &labels, eyes.reader, web, eyes.policy).await;
    (Observed::Present(probed.observations), owners.into_iter().zip(probed.labels).collect(), probed.blind)
}

/// The labels that a page names; one that names none is a finding of the page itself.
pub fn label_names(page: &PodPage) -> BTreeSet<String> {
    page.labels.iter().map(|label| label.name.raw().to_owned()).filter(|name| !name.trim().is_empty()).collect()
}
