//! Several GitLab instances: which of them a link belongs to, and whom to ask.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::gitlab::{self, GitlabLink, Looked};
use super::policy::Policy;
use super::target::{self, Target, is_on};
use super::{Judged, Labels};
use crate::gitlab::{Purpose, Reader};

/// What an address points at, on whichever instance.
pub(super) fn read(address: &str, policy: &Policy, others: &BTreeMap<String, Reader>) -> Target {
    match target::read(address, &policy.gitlab_host) {
        Target::Web(url) => match others.keys().find(|host| is_on(&url, host)) {
            Some(host) => target::read(url.as_str(), host),
            None => Target::Web(url),
        },
        target => target,
    }
}

/// Asks each instance about its own links, side by side; one that fails leaves the others' verdicts. Labels are those of
/// the GitLab that podkeeper works on. Verdicts come in the order of the links.
pub(super) async fn look(
    links: Vec<GitlabLink>,
    labels: &[Labels<'_>],
    reader: &Reader,
    policy: &Policy,
    purpose: Purpose,
) -> Looked {
    let mut own = (Vec::new(), Vec::new());
    let mut abroad: BTreeMap<&str, (Vec<usize>, Vec<GitlabLink>)> = BTreeMap::new();
    for (at, link) in links.into_iter().enumerate() {
        let host = reader.others().keys().find(|host| is_on(&link.thing.url, host));
        let host = host.filter(|_| !is_on(&link.thing.url, &policy.gitlab_host));
        let (places, links) = host.map_or(&mut own, |host| abroad.entry(host).or_default());
        places.push(at);
        links.push(link);
    }
    let asked = abroad.iter().filter_map(|(host, (_, links))| Some((*host, reader.others().get(*host)?, links)));
    let asked = join_all(asked.map(async |(host, reader, links)| {
        let mut looked = gitlab::look(links, &[], reader, purpose).await;
        if let Some(blind) = &mut looked.blind {
            blind.what = format!("{} at {host}", blind.what);
        }
        looked
    }));
    let (mut looked, others) = tokio::join!(gitlab::look(&own.1, labels, reader, purpose), asked);
    let mut judged: BTreeMap<usize, (Judged, bool)> =
        own.0.into_iter().zip(looked.links.into_iter().zip(looked.ours)).collect();
    for ((places, _), other) in abroad.into_values().zip(others) {
        // Whose reader was asked is not known any more where these are looked at again.
        judged.extend(places.into_iter().zip(other.links.into_iter().map(|judged| (judged, false))));
        looked.blind = looked.blind.or(other.blind);
    }
    let (links, ours) = judged.into_values().unzip();
    Looked { links, ours, labels: looked.labels, blind: looked.blind }
}
