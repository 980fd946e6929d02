//! Several GitLab instances: which of them a link belongs to, and whom to ask.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::check_options::CheckOptions;
use crate::document::LabelSet;
use crate::gitlab::api::GitlabApi;
use crate::gitlab::{self, GitlabLink};
use crate::observed::ReadFailure;
use crate::target::{self, Target, is_on_instance};
use crate::verdict::{Assessment, LabelVerdicts};

/// What an address points at, on whichever instance.
pub(super) fn parse_target(address: &str, policy: &CheckOptions, hosts: &BTreeSet<String>) -> Target {
    match target::parse(address, &policy.gitlab_host) {
        Target::Web(url) => match hosts.iter().find(|host| is_on_instance(&url, host)) {
            Some(host) => target::parse(url.as_str(), host),
            None => Target::Web(url),
        },
        target => target,
    }
}

/// The results of all instances.
pub(super) struct InstanceResults {
    /// The assessments of links, by their indexes.
    pub(super) assessments: BTreeMap<usize, Assessment>,
    /// The indexes of links to projects that are not seen, in groups that the token for links is a member of.
    pub(super) likely_renamed: BTreeSet<usize>,
    /// The verdicts of each set of labels, in their order.
    pub(super) labels: Vec<LabelVerdicts>,
    /// Why one of them could not be asked, if so.
    pub(super) failure: Option<ReadFailure>,
}

/// The links of one instance.
#[derive(Default)]
struct InstanceLinks {
    indexes: Vec<usize>,
    links: Vec<GitlabLink>,
}

/// Asks each instance about its own links, side by side; one that fails leaves the others' verdicts. Labels are those
/// of the own GitLab. Each link comes with its index.
pub(super) async fn check_instances(
    links: Vec<(usize, GitlabLink)>,
    labels: &[LabelSet<'_>],
    api: &dyn GitlabApi,
    policy: &CheckOptions,
    ends: Option<Instant>,
) -> InstanceResults {
    let others = api.other_instances();
    let mut own = InstanceLinks::default();
    let mut abroad: BTreeMap<&str, InstanceLinks> = BTreeMap::new();
    for (index, link) in links {
        let is_own = is_on_instance(&link.target.url, &policy.gitlab_host);
        let other = others.keys().copied().find(|host| !is_own && is_on_instance(&link.target.url, host));
        let instance = other.map_or(&mut own, |host| abroad.entry(host).or_default());
        instance.indexes.push(index);
        instance.links.push(link);
    }
    let asked = abroad.iter().filter_map(|(host, instance)| Some((*host, *others.get(*host)?, &instance.links)));
    let asked = join_all(asked.map(async |(host, api, links)| {
        let mut checked = gitlab::check_links(links, &[], api, ends).await;
        if let Some(failure) = &mut checked.failure {
            failure.what = format!("{} at {host}", failure.what);
        }
        checked
    }));
    let (checked, elsewhere) = tokio::join!(gitlab::check_links(&own.links, labels, api, ends), asked);
    let in_own_group = own.indexes.iter().zip(&checked.likely_renamed).filter(|(_, in_own_group)| **in_own_group);
    let in_own_group = in_own_group.map(|(index, _)| *index).collect();
    let mut assessments: BTreeMap<usize, Assessment> = own.indexes.into_iter().zip(checked.assessments).collect();
    let mut failure = checked.failure;
    for (instance, other) in abroad.into_values().zip(elsewhere) {
        assessments.extend(instance.indexes.into_iter().zip(other.assessments));
        failure = failure.or(other.failure);
    }
    InstanceResults { assessments, likely_renamed: in_own_group, labels: checked.labels, failure }
}
