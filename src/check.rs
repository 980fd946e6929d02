//! The links of any documents: collect and decide, without a pod and without a write.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::collect::links::local::Local;
use crate::collect::links::{Document, Labels, look_offline, probe};
use crate::collect::{Eyes, label_names};
use crate::decide::links::{self, assess};
use crate::pod::document::PodPage;
use crate::pod::finding::{Finding, in_order};
use crate::pod::observed::{Blind, Cause};
use crate::pod::rule::Rule;
use crate::pod::traffic::HostTraffic;
use crate::pod::verdict::Observation;

/// What came of a look at documents.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// How many links the documents hold, repeated ones included.
    pub links: usize,
    /// How many different addresses they name.
    pub unique: usize,
    /// One look for each address.
    pub observations: Vec<Observation>,
    /// What humans should know, in order.
    pub findings: Vec<Finding>,
    /// Why nothing can be concluded from the links, if that is so.
    pub inconclusive: Option<String>,
    /// What could not be asked.
    pub unknown: Vec<Blind>,
    /// Requests sent to the web.
    pub web_requests: u64,
    /// What each host of the web was asked.
    pub hosts: Vec<HostTraffic>,
}

/// A document as it was read, under the path that its findings name.
pub struct Read {
    /// The path.
    pub path: String,
    /// What was understood of it.
    pub page: PodPage,
    /// Groups that its labels are looked up in; without any, they are not looked up.
    pub label_groups: Vec<String>,
    /// Which of the trees it stands in, and its path there.
    pub within: Option<(usize, String)>,
}

/// Rules that are about a pod's page and mean nothing for other documents.
const OF_PODS: [Rule; 6] = [
    Rule::MembersSectionMissing,
    Rule::MembersSectionEmpty,
    Rule::LeadMissing,
    Rule::MemberHandleMissing,
    Rule::MemberHandleInvalid,
    Rule::MemberListedTwice,
];

/// Looks at all links of all documents; without eyes for the web, at the documents alone.
pub async fn check(
    documents: &[Read],
    trees: &[Local],
    site: Option<&url::Url>,
    eyes: Eyes<'_>,
    now: DateTime<Utc>,
) -> Checked {
    let links = documents.iter().map(|read| read.page.links.len()).sum();
    let of_text = documents.iter().flat_map(|read| &read.page.findings).filter(|found| !OF_PODS.contains(&found.rule));
    let urls: BTreeSet<&str> =
        documents.iter().flat_map(|read| &read.page.links).map(|link| link.url.as_str()).collect();
    let mut checked = Checked { links, unique: urls.len(), findings: of_text.cloned().collect(), ..Checked::default() };
    let asked: Vec<Document<'_>> = documents
        .iter()
        .map(|read| Document {
            path: &read.path,
            links: &read.page.links,
            site,
            local: read.within.as_ref().and_then(|(tree, path)| Some((trees.get(*tree)?, path.as_str()))),
        })
        .collect();
    if let Some(web) = eyes.web {
        let labelled: Vec<&Read> = documents.iter().filter(|read| !read.label_groups.is_empty()).collect();
        let labels: Vec<Labels<'_>> =
            labelled.iter().map(|read| Labels { names: label_names(&read.page), groups: &read.label_groups }).collect();
        let probed = probe(&asked, &labels, eyes.reader, web, eyes.policy).await;
        // Where GitLab could not be asked at all, that is what is said.
        let asked = probed.blind.is_none();
        for (read, verdicts) in labelled.iter().zip(&probed.labels) {
            checked.findings.extend(links::labels(&read.page, &read.path, verdicts));
            checked.unknown.extend(links::unseen_labels(verdicts).filter(|_| asked).map(|why| Blind {
                what: format!("the labels of {}", read.path),
                why: format!("{why}; see [documents] label_groups"),
                cause: Cause::Unavailable,
            }));
        }
        // Nothing is remembered between two checks: a first silence is not told.
        let assessment = assess(&probed.observations, &BTreeMap::new(), now);
        checked.findings.extend(assessment.findings);
        checked.inconclusive = assessment.inconclusive;
        checked.observations = probed.observations;
        checked.unknown.extend(probed.blind);
        checked.web_requests = probed.web_requests;
        checked.hosts = probed.hosts;
    } else {
        checked.observations = look_offline(&asked, eyes.policy);
        // Files are seen or not: no network can make them look gone.
        checked.findings.extend(links::certain(&checked.observations));
    }
    checked.findings = in_order(checked.findings);
    checked
}
