//! The projects that the pods of a fleet name, all asked for before anything in them is.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::gitlab::{Reader, TokenPurpose};
use crate::pod::observed::Observed;
use crate::pod::snapshot::ReadOnlyProject;
use crate::pod::{Pod, Task};

/// Looks all of them up: in one request where GraphQL shows them, else each source by itself.
pub async fn preload(reader: &Reader, pods: &[Pod]) {
    let written = pods.iter().flat_map(|pod| {
        let is_reported = pod.tasks.contains(&Task::Roster) || pod.tasks.contains(&Task::Links);
        let reports = pod.reports.project.clone().filter(|_| is_reported).map(|path| (TokenPurpose::Reports, path));
        reports.into_iter().chain([(TokenPurpose::Pairing, pod.pairing_project.clone())])
    });
    let sources: BTreeSet<(TokenPurpose, String)> =
        pods.iter().flat_map(read_only_paths).map(|(purpose, _, path)| (purpose, path.to_owned())).collect();
    let unseen = reader.preload_projects(&written.chain(sources.iter().cloned()).collect()).await;
    // Each is asked for again later, and links may lead there meanwhile.
    join_all(unseen.iter().map(|(purpose, path)| reader.read_project(*purpose, path))).await;
}

/// The projects that a pod only reads, those that were seen.
pub fn known_read_only_projects(reader: &Reader, pod: &Pod) -> Vec<ReadOnlyProject> {
    let mut seen = Vec::new();
    for (purpose, key, path) in read_only_paths(pod) {
        if let Some(Observed::Present(project)) = reader.cached_project(purpose, path) {
            seen.push(ReadOnlyProject { config_table: key, configured_path: path.to_owned(), project });
        }
    }
    seen
}

/// The page's project and, where it is audited, that of the Support Team data.
fn read_only_paths(pod: &Pod) -> impl Iterator<Item = (TokenPurpose, &'static str, &str)> {
    let agents = pod.agents.as_ref().filter(|_| pod.tasks.contains(&Task::Roster));
    let page = (TokenPurpose::Handbook, "[page]", pod.page.project.as_str());
    std::iter::once(page).chain(agents.map(|at| (TokenPurpose::Agents, "[agents]", at.project.as_str())))
}
