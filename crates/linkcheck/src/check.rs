//! The whole check: every link once → a verdict.
//!
//! Links are gathered first, then all sources are asked side by side; what one hides and another may show is asked
//! again at the end.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;
use url::Url;

use crate::addresses::{CollectedLink, Connectivity, VerdictSource, collect_links};
use crate::cache::Cache;
use crate::check_options::{self, CheckOptions};
use crate::document::{Document, LabelSet};
use crate::fragment::{self, without_fragment};
use crate::github;
use crate::gitlab::api::GitlabApi;
use crate::gitlab::{self, GitlabLink};
use crate::instances;
use crate::link::AddressKey;
use crate::observed::ReadFailure;
use crate::recheck;
use crate::shard_file::ShardObservation;
use crate::target::GitlabTarget;
use crate::time_budget::{TimeBudget, finish_by};
use crate::traffic::HostTraffic;
use crate::verdict::{Assessment, LabelVerdicts, Observation, PANICKED_REASON, Verdict};
use crate::web::WebClient;
use crate::web::catch_all_pages::{self, PageFingerprint};
use crate::web::queue::{VisitJobs, Visits, visit_all};
use crate::web::visit::Visitor;

/// What a check of links and labels found.
#[derive(Debug, Clone, Default)]
pub struct CheckResult {
    /// One for each address, sorted by it, each with all its places.
    pub observations: Vec<Observation>,
    /// The verdicts of each set of labels, in the order of the sets. A label that is found under the name of a
    /// retired one is reported as retired.
    pub labels: Vec<LabelVerdicts>,
    /// Why GitLab's API could not be asked for some of them, if so: their verdict is `unreachable`.
    pub failure: Option<ReadFailure>,
    /// Requests sent to the web; those to GitLab's API are counted by whoever implements [`GitlabApi`].
    pub web_requests: u64,
    /// What each host of the web was asked, by name.
    pub host_traffic: Vec<HostTraffic>,
    /// What was asked and observed, where that is exported for a job that merges several shards.
    pub shard_observations: Vec<ShardObservation>,
    /// How many observations of other jobs were of no use, because no document has their links.
    pub unused_observations: usize,
    /// What is to be cached of the web, where that is wanted.
    pub cache: Option<Cache>,
}

/// The links of documents: each address once, with everywhere it stands.
pub struct GatheredLinks(Vec<(AddressKey, CollectedLink)>);

/// Gathers the links of all documents, which may go when that is done.
pub fn gather_links(documents: Vec<Document<'_>>, api: &dyn GitlabApi, policy: &CheckOptions) -> GatheredLinks {
    GatheredLinks(collect_links(documents, policy, &other_instance_hosts(api), Connectivity::Online))
}

/// The hosts of the other instances.
fn other_instance_hosts(api: &dyn GitlabApi) -> BTreeSet<String> {
    api.other_instances().into_keys().map(str::to_owned).collect()
}

/// Gathers the links of all documents, and checks them.
pub async fn check_links(
    documents: &[Document<'_>],
    labels: &[LabelSet<'_>],
    api: &dyn GitlabApi,
    web: &WebClient,
    policy: &CheckOptions,
) -> CheckResult {
    check_gathered_links(gather_links(documents.to_vec(), api, policy), labels, api, web, policy).await
}

/// Checks all links, and labels. Each resource is asked once, however often and with whatever fragments it is named.
/// Never fails: what cannot be asked has a verdict that says so.
pub async fn check_gathered_links(
    GatheredLinks(addresses): GatheredLinks,
    labels: &[LabelSet<'_>],
    api: &dyn GitlabApi,
    web: &WebClient,
    policy: &CheckOptions,
) -> CheckResult {
    let unused_observations = policy
        .merged_shards
        .as_ref()
        .map_or(0, |shards| shards.len() - addresses.iter().filter(|(key, _)| shards.has(key)).count());
    let mut requests = PendingRequests::group_by_source(&addresses, web);
    let reused = policy.cache_context.as_ref().map(|caching| caching.take_fresh_visits(&mut requests.pages));
    let (reused, stale) = reused.map_or_else(Default::default, |reused| (reused.visits, Some(reused.stale)));
    let budget = policy.time_budget.as_ref();
    let (first_visits_end, ends) = (budget.and_then(TimeBudget::first_visits_end), budget.and_then(TimeBudget::ends));
    let visitor = Arc::new(Visitor::with_cache(web, stale).with_turn(budget.map_or(0, TimeBudget::turn)));
    // Boxed, because together they are large.
    let (gitlab, mut visits, (github, github_visits)) = tokio::join!(
        Box::pin(instances::check_instances(requests.gitlab, labels, api, policy, first_visits_end)),
        Box::pin(visit_all(&visitor, requests.pages, first_visits_end)),
        Box::pin(check_github(&visitor, web, requests.github, first_visits_end))
    );
    visits.extend(github_visits);
    // A shard leaves it to the job that sees all pages to judge whether they are a captive portal's.
    let exports_a_shard = policy.export_for_merge && policy.shard.is_some();
    let fingerprints = if exports_a_shard { catch_all_pages::fingerprint_visits(&visits) } else { BTreeMap::new() };
    for (url, visit) in addresses.iter().filter_map(|(_, address)| address.shard_visit()) {
        visits.entry(Arc::new(url)).or_insert(visit);
    }
    catch_all_pages::mark_catch_all_pages(&visitor, &mut visits, ends).await;
    let cache = policy.cache_context.as_ref().map(|caching| caching.build_updated_cache(&reused, &visits));
    visits.extend(reused);
    let mut assessments = gitlab.assessments;
    recheck::recheck_on_web(&addresses, &mut assessments, &visitor, ends).await;
    let renamed = recheck_renamed_projects(&addresses, &gitlab.likely_renamed, &assessments, api);
    assessments.extend(finish_by(ends, renamed).await.unwrap_or_default());
    let mut answers = SourceResults { gitlab: assessments, github, visits };
    let (mut for_shard, mut observations) = (Vec::new(), Vec::with_capacity(addresses.len()));
    // One by one, so that of a hundred thousand not everything is held twice.
    for (at, (key, address)) in addresses.into_iter().enumerate() {
        let assessment =
            check_options::reword_video_assessment(address.kind, answers.take_assessment(at, &address.source));
        let assessment = check_options::keep_root_relative_suggestion(&key, assessment);
        if policy.export_for_merge {
            for_shard.extend(build_shard_observation(&key, &address, &assessment, &fingerprints));
        }
        let (url, assessment) = (key.0.into(), assessment.into());
        observations.push(Observation { url, kind: address.kind, assessment, places: address.places });
    }
    drop(answers);
    sort_equal_urls_by_place(&mut observations);
    CheckResult {
        failure: find_panicked_link(&observations).or(gitlab.failure),
        observations,
        labels: gitlab.labels,
        web_requests: visitor.request_count(),
        host_traffic: visitor.traffic(),
        shard_observations: for_shard,
        unused_observations,
        cache,
    }
}

/// Asks GitHub's API, and visits the pages of what that leaves open: beside other hosts, whose visits may take all the
/// time.
async fn check_github(
    visitor: &Arc<Visitor>,
    web: &WebClient,
    urls: BTreeSet<&Url>,
    ends: Option<Instant>,
) -> (github::ApiAssessments, Visits) {
    let github = github::assess_urls(visitor, web, urls, ends).await;
    let mut pages = VisitJobs::new();
    for url in github.urls_to_visit() {
        add_page_job(&mut pages, &Arc::new(url.clone()));
    }
    let visits = visit_all(visitor, pages, ends).await;
    (github, visits)
}

/// What is asked of each source.
struct PendingRequests<'a> {
    /// Links to GitLab, each with its index among the addresses.
    gitlab: Vec<(usize, GitlabLink)>,
    github: BTreeSet<&'a Url>,
    pages: VisitJobs,
}

impl<'a> PendingRequests<'a> {
    fn group_by_source(addresses: &'a [(AddressKey, CollectedLink)], web: &WebClient) -> Self {
        let mut requests = Self { gitlab: Vec::new(), github: BTreeSet::new(), pages: VisitJobs::new() };
        for (at, (_, address)) in addresses.iter().enumerate() {
            match &address.source {
                VerdictSource::Gitlab(target) => requests.gitlab.push((at, build_gitlab_link(target))),
                VerdictSource::Web(url) if github::can_ask_api(web, url) => {
                    requests.github.insert(url);
                }
                VerdictSource::Web(url) => add_page_job(&mut requests.pages, url),
                VerdictSource::Known(_) | VerdictSource::Shard(_) | VerdictSource::Offline => {}
            }
        }
        requests
    }
}

/// The assessments of each source.
struct SourceResults {
    /// By the index of the address.
    gitlab: BTreeMap<usize, Assessment>,
    github: github::ApiAssessments,
    visits: Visits,
}

impl SourceResults {
    /// The assessment of the address at this index, which is taken out where it is its own.
    fn take_assessment(&mut self, at: usize, source: &VerdictSource) -> Assessment {
        match source {
            VerdictSource::Known(assessment) => Assessment::clone(assessment),
            VerdictSource::Shard(shard) => {
                let visit = shard.page.as_ref().and_then(|url| self.visits.get(url));
                visit.and_then(catch_all_pages::captive_portal_assessment).unwrap_or(&shard.assessment).clone()
            }
            VerdictSource::Gitlab(_) => self.gitlab.remove(&at).unwrap_or_else(Assessment::for_panicked_visit),
            VerdictSource::Web(url) => {
                let page = || check_options::assess_page(self.visits.get(&*without_fragment(url)), url);
                self.github.combine_with_visit(url, page)
            }
            VerdictSource::Offline => offline_assessment(),
        }
    }
}

/// Checks what the documents themselves and the files around them show: nothing is asked of anybody.
pub fn check_offline(documents: &[Document<'_>], policy: &CheckOptions) -> Vec<Observation> {
    observe_offline(gather_links_offline(documents.to_vec(), policy))
}

/// Gathers the links of all documents, which may go when that is done, for [`observe_offline`].
pub fn gather_links_offline(documents: Vec<Document<'_>>, policy: &CheckOptions) -> GatheredLinks {
    GatheredLinks(collect_links(documents, policy, &BTreeSet::new(), Connectivity::Offline))
}

/// What was seen of links when they were gathered: nothing is asked of anybody.
pub fn observe_offline(GatheredLinks(addresses): GatheredLinks) -> Vec<Observation> {
    let not_asked = Arc::new(offline_assessment());
    let observe = |(key, address): (AddressKey, CollectedLink)| {
        let assessment = match address.source {
            VerdictSource::Known(assessment) => assessment,
            VerdictSource::Shard(shard) => shard.assessment.into(),
            VerdictSource::Gitlab(_) | VerdictSource::Web(_) | VerdictSource::Offline => Arc::clone(&not_asked),
        };
        Observation { url: key.0.into(), kind: address.kind, assessment, places: address.places }
    };
    let mut observations: Vec<Observation> = addresses.into_iter().map(observe).collect();
    sort_equal_urls_by_place(&mut observations);
    observations
}

/// Looks for renamed projects under their new paths, where neither the API nor the web has shown them. `in_own_group`
/// are the indexes of links whose projects the token would see.
async fn recheck_renamed_projects(
    addresses: &[(AddressKey, CollectedLink)],
    in_own_group: &BTreeSet<usize>,
    assessments: &BTreeMap<usize, Assessment>,
    api: &dyn GitlabApi,
) -> Vec<(usize, Assessment)> {
    let hidden = |at: &usize| assessments.get(at).is_some_and(|assessment| assessment.verdict == Verdict::Hidden);
    let hidden = in_own_group.iter().copied().filter(hidden).filter_map(|at| match &addresses.get(at)?.1.source {
        VerdictSource::Gitlab(target) => Some((at, build_gitlab_link(target))),
        _ => None,
    });
    let (indexes, links): (Vec<usize>, Vec<GitlabLink>) = hidden.unzip();
    if links.is_empty() {
        return Vec::new();
    }
    let found = gitlab::check_renamed_projects(&links, api).await;
    let shown_by_token = |(at, found): (usize, Option<Assessment>)| {
        Some((at, found?.shown_by_token(assessments.get(&at)?.as_seen_by_anybody().clone())))
    };
    indexes.into_iter().zip(found).filter_map(shown_by_token).collect()
}

/// The link whose visit panicked, which is a bug of this check, if one did.
fn find_panicked_link(observations: &[Observation]) -> Option<ReadFailure> {
    let seen = observations.iter().find(|seen| seen.assessment.reason == PANICKED_REASON)?;
    Some(ReadFailure::from_bug(format!("the link {}", seen.url)))
}

/// Sorts observations of one URL by place. They come sorted by address, and the same URL may lead to several targets.
fn sort_equal_urls_by_place(observations: &mut [Observation]) {
    for same in observations.chunk_by_mut(|one, next| one.url == next.url) {
        same.sort_by(|a, b| a.places.cmp(&b.places));
    }
}

/// What a shard hands on of a link that somebody was asked about; `None` where nobody was.
fn build_shard_observation(
    key: &AddressKey,
    address: &CollectedLink,
    assessment: &Assessment,
    fingerprints: &BTreeMap<Arc<Url>, PageFingerprint>,
) -> Option<ShardObservation> {
    let fingerprint = match &address.source {
        VerdictSource::Gitlab(_) => None,
        VerdictSource::Web(url) => fingerprints.get(&*without_fragment(url)).cloned(),
        VerdictSource::Known(_) | VerdictSource::Shard(_) | VerdictSource::Offline => return None,
    };
    Some(ShardObservation::new(key, address.kind, assessment, fingerprint))
}

fn build_gitlab_link(target: &GitlabTarget) -> GitlabLink {
    let fragment = fragment::decode_anchor(target.url.fragment()).unwrap_or_default();
    GitlabLink { target: target.clone(), fragment }
}

/// Adds a visit to the page of an address, and the anchor that the address names on it.
fn add_page_job(jobs: &mut VisitJobs, url: &Arc<Url>) {
    let page = match without_fragment(url) {
        Cow::Borrowed(_) => Arc::clone(url),
        Cow::Owned(page) => Arc::new(page),
    };
    let places = jobs.entry(page).or_default();
    places.extend(fragment::undecoded_anchor(url.fragment()).map(str::to_owned));
}

fn offline_assessment() -> Assessment {
    Assessment::new(Verdict::Skipped, "nothing is asked with --offline")
}
