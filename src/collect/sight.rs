//! What is read once in a run and shared by its pods and rounds: pages, agents, accounts, links, labels.

use std::collections::{BTreeMap, BTreeSet};

use super::links::policy::Policy;
use super::links::web::Web;
use super::links::{self, Document};
use super::{agents, page_key, pages};
use crate::gitlab::Reader;
use crate::pod::agent::{AccountState, AgentFile};
use crate::pod::document::PodPage;
use crate::pod::observed::{Blind, Observed};
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
    let pages = pages(eyes.reader, pods).await;
    let page_of = |pod: &Pod| &pages[&page_key(&pod.page)];
    let seen: Vec<&PodPage> = pods.iter().filter_map(|pod| page_of(pod).present()).collect();
    let (people, links, labels) = tokio::join!(
        people(eyes.reader, pods, &seen),
        look_at_links(eyes, pods, &pages),
        look_up_labels(eyes, pods, &pages)
    );
    pods.iter()
        .map(|pod| {
            let (agents, accounts) = match audited(pod) {
                Some(at) => (people.0[at].clone(), people.1.clone()),
                None => (Observed::Absent, Observed::Absent),
            };
            let on_page =
                |observation: &&Observation| observation.places.iter().any(|place| place.path == pod.page.path);
            let (observed, blind) = &links;
            Sight {
                page: page_of(pod).clone(),
                agents,
                accounts,
                links: match observed {
                    Observed::Present(_) if !pod.tasks.contains(&Task::Links) => Observed::Absent,
                    observed => observed.clone().map(|all| all.iter().filter(on_page).cloned().collect()),
                },
                labels: labels.get(pod.key.as_str()).cloned().unwrap_or_default(),
                unseen: blind.iter().cloned().collect(),
            }
        })
        .collect()
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
        files.insert(at.clone(), agents::read(reader, at, &rules).await);
    }
    if files.is_empty() {
        return (files, Observed::Absent);
    }
    let known: Vec<AgentFile> = files.values().filter_map(Observed::present).flatten().cloned().collect();
    let (handles, ids) = agents::whom(pages, &known);
    let accounts = agents::accounts(reader, &handles, &ids).await;
    (files, accounts)
}

async fn look_at_links(
    eyes: Eyes<'_>,
    pods: &[Pod],
    pages: &BTreeMap<String, Observed<PodPage>>,
) -> (Observed<Vec<Observation>>, Option<Blind>) {
    let Some(web) = eyes.web else { return (Observed::Absent, None) };
    let mut documents: BTreeMap<String, Document<'_>> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| pod.tasks.contains(&Task::Links)) {
        let key = page_key(&pod.page);
        if let Some(page) = pages[&key].present() {
            documents.insert(key, Document { path: &pod.page.path, links: &page.links, site: pod.page.site.as_ref() });
        }
    }
    let documents: Vec<Document<'_>> = documents.into_values().collect();
    if documents.is_empty() {
        return (Observed::Absent, None);
    }
    let probed = links::probe(&documents, eyes.reader, web, eyes.policy).await;
    (Observed::Present(probed.observations), probed.blind)
}

async fn look_up_labels(
    eyes: Eyes<'_>,
    pods: &[Pod],
    pages: &BTreeMap<String, Observed<PodPage>>,
) -> BTreeMap<String, BTreeMap<String, LabelVerdict>> {
    let mut by_pod = BTreeMap::new();
    // Pods that mean the same groups are asked about together.
    let mut by_groups: BTreeMap<&[String], BTreeSet<String>> = BTreeMap::new();
    let names = |pod: &Pod| -> BTreeSet<String> {
        let page = pages[&page_key(&pod.page)].present();
        page.into_iter()
            .flat_map(|page| &page.labels)
            .map(|label| label.name.raw().to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    for pod in
        pods.iter().filter(|pod| eyes.web.is_some() && pod.tasks.contains(&Task::Links) && !pod.label_groups.is_empty())
    {
        by_groups.entry(&pod.label_groups).or_default().extend(names(pod));
    }
    for (groups, asked) in by_groups {
        let verdicts = links::labels(&asked, groups, eyes.reader).await;
        for pod in pods.iter().filter(|pod| pod.label_groups == groups) {
            let own = names(pod);
            by_pod.insert(
                pod.key.to_string(),
                verdicts.iter().filter(|(name, _)| own.contains(*name)).map(|(n, v)| (n.clone(), v.clone())).collect(),
            );
        }
    }
    by_pod
}
