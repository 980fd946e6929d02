//! Things of GitLab, asked of its API in batches.
//!
//! Over HTTP a private project and a missing file look alive: both are redirects to a page that answers
//! 200 (fact sheet on links, section 5.1). The API tells them apart, and a page's links and labels cost two
//! to four requests there.

pub mod api;
mod assess;
mod batch;
mod ci_template;
mod labels;
mod lookup_results;
mod lookups;
mod owner_query;
mod query_builder;
mod query_rounds;
mod response;
mod rest;

use tokio::time::Instant;

use crate::document::LabelSet;
use crate::observed::{FailureCause, ReadFailure};
use crate::target::{GitlabResource, GitlabTarget};
use crate::time_budget::finish_by;
use crate::verdict::{Assessment, LabelVerdicts, Verdict};
use api::{GitlabApi, Viewer};
pub use labels::retired_names;
use lookup_results::LookupResults;
use owner_query::OwnerQuery;

/// Whether this is a path that GitLab gives a project which is marked for deletion, or whose group is:
/// `NAME-deletion_scheduled-ID` (`app/services/namespaces/mark_for_deletion_base_service.rb`).
pub fn is_path_marked_for_deletion(path: &str) -> bool {
    path.split('/').any(|part| {
        let number = part.rsplit_once("-deletion_scheduled-").map(|(_, number)| number);
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// A link to a project, group or user of GitLab, or to something in it.
#[derive(Clone)]
pub(super) struct GitlabLink {
    pub(super) target: GitlabTarget,
    /// What follows the `#`, decoded; empty without one.
    pub(super) fragment: String,
}

/// The results of all links and labels of one GitLab.
pub(super) struct LinkResults {
    /// A verdict for each link, in their order.
    pub(super) assessments: Vec<Assessment>,
    /// Which of them are in a project that is not seen, in a group that the token for links is a member of: most likely
    /// it was renamed.
    pub(super) likely_renamed: Vec<bool>,
    /// The verdicts of each set of labels, in their order.
    pub(super) labels: Vec<LabelVerdicts>,
    /// Why GitLab could not be asked, if it could not.
    pub(super) failure: Option<ReadFailure>,
}

/// Checks all links and labels as anybody, and with a token what anybody does not see, where a token is meant for that.
/// A link about which not everything is answered when it `ends` is not reached, and such a label unknown.
pub(super) async fn check_links(
    links: &[GitlabLink],
    labels: &[LabelSet<'_>],
    api: &dyn GitlabApi,
    ends: Option<Instant>,
) -> LinkResults {
    let mut anybody = Lookups::new(api, Viewer::Anybody, ends);
    anybody.run(links, labels).await;
    let mut assessments: Vec<Assessment> = links.iter().map(|link| anybody.assess(link)).collect();
    let mut likely_renamed = vec![false; links.len()];
    let mut failure = anybody.failure.take();
    if api.has_links_token() {
        let with_token = check_hidden_links(links, &mut assessments, api, ends).await;
        for at in with_token.likely_renamed {
            likely_renamed[at] = true;
        }
        failure = failure.or(with_token.failure);
    }
    anybody.run_milestones(links).await;
    for (link, assessment) in links.iter().zip(&mut assessments) {
        if matches!(link.target.resource, GitlabResource::Milestone(_)) {
            replace_hidden(assessment, anybody.assess(link));
        }
    }
    let labels = labels::check_labels(labels, &anybody.results, api, ends).await;
    LinkResults { assessments, likely_renamed, labels: labels.verdicts, failure: failure.or(labels.failure) }
}

/// What the token for links shows of links that are hidden from anybody.
struct HiddenLinks {
    /// The indexes of those whose project was most likely renamed.
    likely_renamed: Vec<usize>,
    failure: Option<ReadFailure>,
}

/// Asks with the token for links about what is hidden from anybody: at last whether its role would see what seems to be
/// missing.
async fn check_hidden_links(
    links: &[GitlabLink],
    assessments: &mut [Assessment],
    api: &dyn GitlabApi,
    ends: Option<Instant>,
) -> HiddenLinks {
    let is_open = |at: &usize| is_open_for_anybody(&assessments[*at]);
    let indexes: Vec<usize> = (0..links.len()).filter(is_open).collect();
    let hidden: Vec<GitlabLink> = indexes.iter().map(|at| links[*at].clone()).collect();
    let mut lookups = Lookups::new(api, Viewer::LinksToken, ends);
    lookups.run(&hidden, &[]).await;
    lookups.run_milestones(&hidden).await;
    let mut likely_renamed = Vec::new();
    for (link, at) in hidden.iter().zip(indexes) {
        let with_token = lookups.assess(link);
        // That the token was refused is said once, below.
        if with_token.verdict != Verdict::Unreachable || !lookups.is_token_refused() {
            replace_hidden(&mut assessments[at], with_token);
        }
        if query_rounds::is_likely_renamed(link, &lookups.results) {
            likely_renamed.push(at);
        }
    }
    // Of the others each link tells, to the team: whether one happens may show what is there, for more is asked of that.
    let failure = lookups.failure.filter(|failure| failure.cause == FailureCause::Token);
    HiddenLinks { likely_renamed, failure }
}

/// Whether a token may show what anybody does not see.
fn is_open_for_anybody(assessment: &Assessment) -> bool {
    assessment.verdict == Verdict::Hidden || assessment.reason == assess::LABEL_NOT_SEEN
}

/// Takes what a token shows in place of what anybody does not see, that it could not be asked included. Where the token
/// shows no more, or it was not its turn, that stays.
fn replace_hidden(assessment: &mut Assessment, with_token: Assessment) {
    let shows_more = !is_open_for_anybody(&with_token) && !with_token.is_not_reached();
    if is_open_for_anybody(assessment) && shows_more {
        let for_anybody = assessment.clone();
        *assessment = with_token.shown_by_token(for_anybody);
    }
}

/// Looks for projects that GraphQL does not show where they are today; a verdict for each link whose project was found
/// under another path. Each project costs a request, so this is for those that nothing else shows.
pub(super) async fn check_renamed_projects(links: &[GitlabLink], api: &dyn GitlabApi) -> Vec<Option<Assessment>> {
    let mut lookups = Lookups::new(api, Viewer::LinksToken, None);
    let paths = links.iter().map(|link| link.target.owner.path()).collect();
    lookups.results.record_moved_projects(rest::find_moved_projects(paths, api, Viewer::LinksToken).await);
    for round in [
        query_rounds::moved_projects_round,
        query_rounds::second_round,
        query_rounds::text_round,
        query_rounds::role_round,
    ] {
        lookups.run_round(round, links, &[]).await;
    }
    let answers = lookups.results;
    let assessments =
        links.iter().map(|link| answers.has_moved(link.target.owner.path()).then(|| assess::assess(link, &answers)));
    assessments.collect()
}

/// What one viewer is shown, round after round of queries.
struct Lookups<'a> {
    api: &'a dyn GitlabApi,
    viewer: Viewer,
    ends: Option<Instant>,
    results: LookupResults,
    /// Why GitLab could not be asked, if it could not.
    failure: Option<ReadFailure>,
    /// Whether the time was over before everything was answered.
    is_cut_off: bool,
}

impl<'a> Lookups<'a> {
    fn new(api: &'a dyn GitlabApi, viewer: Viewer, ends: Option<Instant>) -> Self {
        Self { api, viewer, ends, results: LookupResults::default(), failure: None, is_cut_off: false }
    }

    /// First what each link and label names, then what only the first answers leave open.
    async fn run(&mut self, links: &[GitlabLink], labels: &[LabelSet<'_>]) {
        self.run_round(query_rounds::first_round, links, labels).await;
        self.run_round(query_rounds::second_round, links, labels).await;
        self.run_round(query_rounds::text_round, links, labels).await;
        if self.viewer != Viewer::Anybody {
            // Nobody has a role who is not signed in.
            self.run_round(query_rounds::role_round, links, labels).await;
        }
        if self.failure.is_none() {
            let lookups = rest::run_lookups(links, &mut self.results, self.api, self.viewer);
            self.is_cut_off |= finish_by(self.ends, lookups).await.is_none();
        }
    }

    /// Looks up milestones.
    async fn run_milestones(&mut self, links: &[GitlabLink]) {
        let lookups = rest::run_milestone_lookups(links, &mut self.results, self.api);
        self.is_cut_off |= finish_by(self.ends, lookups).await.is_none();
    }

    /// The verdict on a link, by what is known so far.
    fn assess(&self, link: &GitlabLink) -> Assessment {
        let is_open = self.is_cut_off && self.is_left_open(link);
        if is_open { Assessment::not_reached() } else { assess::assess(link, &self.results) }
    }

    /// Whether something was to be asked still about what a link names. The role in the group of a hidden project is not:
    /// it tells only where that may be by now.
    fn is_left_open(&self, link: &GitlabLink) -> bool {
        let (owner, answers) = (link.target.owner.path(), &self.results);
        let link = std::slice::from_ref(link);
        let is_open = |queries| answers.unanswered_queries(queries).iter().any(|query| query.path == owner);
        is_open(query_rounds::first_round(link, &[], answers))
            || is_open(query_rounds::second_round(link, &[], answers))
            || is_open(query_rounds::text_round(link, &[], answers))
            || self.viewer != Viewer::Anybody && is_open(query_rounds::role_round(link, &[], answers))
            || rest::has_open_lookups(link, answers)
    }

    /// A token that was refused is refused again.
    fn is_token_refused(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.cause == FailureCause::Token)
    }

    /// Sends those queries of a round that are not answered yet.
    async fn run_round(
        &mut self,
        round: impl Fn(&[GitlabLink], &[LabelSet<'_>], &LookupResults) -> Vec<OwnerQuery>,
        links: &[GitlabLink],
        labels: &[LabelSet<'_>],
    ) {
        let queries = self.results.unanswered_queries(round(links, labels, &self.results));
        if queries.is_empty() || self.is_token_refused() {
            return;
        }
        let asked = queries.len();
        let (answered, why) = batch::run_queries(queries, self.api, self.viewer, self.ends).await;
        self.is_cut_off |= answered.len() < asked;
        if self.failure.is_none() {
            self.failure = why;
        }
        for (query, answer) in answered {
            self.results.record_owner_result(&query, answer);
        }
    }
}
