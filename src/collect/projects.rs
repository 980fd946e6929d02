//! The projects that the pods of a fleet name, all asked for before anything in them is.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::gitlab::{Purpose, Reader};
use crate::pod::observed::Observed;
use crate::pod::snapshot::SourceProject;
use crate::pod::{Pod, Task};

/// Looks all of them up: in one request where GraphQL shows them, else each source by itself.
pub async fn preload(reader: &Reader, pods: &[Pod]) {
    let written = pods.iter().flat_map(|pod| {
        let told = pod.tasks.contains(&Task::Roster) || pod.tasks.contains(&Task::Links);
        let reports = pod.reports.project.clone().filter(|_| told).map(|path| (Purpose::Reports, path));
        reports.into_iter().chain([(Purpose::Pairing, pod.pairing_project.clone())])
    });
    let sources: BTreeSet<(Purpose, String)> =
        pods.iter().flat_map(named).map(|(purpose, _, path)| (purpose, path.to_owned())).collect();
    let unseen = reader.preload_projects(&written.chain(sources.iter().cloned()).collect()).await;
    // Each is asked for again later, and links may lead there meanwhile.
    join_all(unseen.iter().map(|(purpose, path)| reader.project(*purpose, path))).await;
}

/// The projects that a pod only reads, those that were seen.
pub fn sources(reader: &Reader, pod: &Pod) -> Vec<SourceProject> {
    let mut seen = Vec::new();
    for (purpose, key, path) in named(pod) {
        if let Some(Observed::Present(project)) = reader.known_project(purpose, path) {
            seen.push(SourceProject { key, configured: path.to_owned(), project });
        }
    }
    seen
}

/// The page's project and, where it is audited, that of the Support Team data.
fn named(pod: &Pod) -> impl Iterator<Item = (Purpose, &'static str, &str)> {
    let agents = pod.agents.as_ref().filter(|_| pod.tasks.contains(&Task::Roster));
    let page = (Purpose::Handbook, "[page]", pod.page.project.as_str());
    std::iter::once(page).chain(agents.map(|at| (Purpose::Agents, "[agents]", at.project.as_str())))
}
