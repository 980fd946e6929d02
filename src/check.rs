//! The links of any documents: collect and decide, without a pod and without a write.

mod accepted;

use chrono::{DateTime, Utc};

use crate::collect::links::local::Local;
use crate::collect::links::memory::Memory;
use crate::collect::links::seen::SeenLink;
use crate::collect::links::{Document, Labels, gather, look, look_offline};
use crate::collect::{Eyes, label_names};
use crate::decide::links::{self, assess_once};
use crate::pod::Exception;
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
    /// What was asked and seen, for a job that puts the looks of several together.
    pub seen: Vec<SeenLink>,
    /// Why GitLab's API could not be asked, if so.
    pub blind: Option<Blind>,
    /// What to remember of the web, where that is kept.
    pub memory: Option<Memory>,
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
    /// Where its root-relative links resolve.
    pub site: Option<url::Url>,
    /// What is accepted of it.
    pub exceptions: Vec<Exception>,
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

/// Looks at all links of all documents; without eyes for the web, at the documents alone. A shard looks at its own
/// links and at nothing else. Where the web is looked at, the documents give their links away.
pub async fn check(documents: &mut [Read], trees: &[Local], eyes: Eyes<'_>, now: DateTime<Utc>) -> Checked {
    let whole = eyes.policy.shard.is_none();
    let of_text = documents.iter().filter(|_| whole).flat_map(|read| &read.page.findings);
    let of_text = of_text.filter(|found| !OF_PODS.contains(&found.rule));
    let mut checked = Checked { findings: of_text.cloned().collect(), ..Checked::default() };
    let asked: Vec<Document<'_>> = documents
        .iter()
        .map(|read| Document {
            path: &read.path,
            links: &read.page.links,
            site: read.site.as_ref(),
            local: read.within.as_ref().and_then(|(tree, path)| Some((trees.get(*tree)?, path.as_str()))),
        })
        .collect();
    if let Some(web) = eyes.web {
        let gathered = gather(&asked, eyes.reader, eyes.policy);
        // A hundred thousand links need not be held twice while they are looked at.
        drop(asked);
        for read in documents.iter_mut() {
            read.page.links = Vec::new();
        }
        let labelled: Vec<&Read> = documents.iter().filter(|read| whole && !read.label_groups.is_empty()).collect();
        let labels: Vec<Labels<'_>> =
            labelled.iter().map(|read| Labels { names: label_names(&read.page), groups: &read.label_groups }).collect();
        let probed = look(gathered, &labels, eyes.reader, web, eyes.policy).await;
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
        let assessment = assess_once(&probed.observations, now);
        checked.findings.extend(assessment.findings);
        checked.inconclusive = assessment.inconclusive;
        checked.observations = probed.observations;
        checked.unknown.extend(probed.blind.clone());
        (checked.web_requests, checked.seen) = (probed.web_requests, probed.seen);
        (checked.blind, checked.memory) = (probed.blind, probed.memory);
        checked.hosts = probed.hosts;
    } else {
        checked.observations = look_offline(&asked, eyes.policy);
        // Files are seen or not: no network can make them look gone.
        checked.findings.extend(links::certain(&checked.observations));
    }
    // They are sorted by their addresses; one that resolves in two ways is looked at twice.
    checked.unique = checked.observations.chunk_by(|one, next| one.url == next.url).count();
    checked.links = checked.observations.iter().map(|seen| seen.places.len()).sum();
    let everything = whole && eyes.web.is_some() && checked.unknown.is_empty() && checked.inconclusive.is_none();
    accepted::settle(&mut checked, documents, now.date_naive(), everything);
    checked.findings = in_order(checked.findings);
    checked
}
