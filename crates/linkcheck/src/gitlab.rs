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

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::document::LabelSet;
use crate::observed::{FailureCause, ReadFailure};
use crate::target::GitlabTarget;
use crate::time_budget::finish_by;
use crate::verdict::{Assessment, LabelVerdict};
use api::GitlabApi;
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
pub(super) struct GitlabLink {
    pub(super) target: GitlabTarget,
    /// What follows the `#`, decoded; empty without one.
    pub(super) fragment: String,
}

/// The results of all links and labels of one GitLab.
pub(super) struct LinkResults {
    /// A verdict for each link, in their order.
    pub(super) assessments: Vec<Assessment>,
    /// Which of them are in a project that is not seen, in a group that the token is a member of: most likely it was
    /// renamed.
    pub(super) likely_renamed: Vec<bool>,
    /// The verdicts of each set of labels, in their order.
    pub(super) labels: Vec<BTreeMap<String, LabelVerdict>>,
    /// Why GitLab could not be asked, if it could not.
    pub(super) failure: Option<ReadFailure>,
}

/// Checks all links and labels in rounds: first what each names, then what only the first answers leave open, and at
/// last whether this token's role would see what seems to be missing. A link about which not everything is answered when
/// it `ends` is not reached, and such a label unknown.
pub(super) async fn check_links(
    links: &[GitlabLink],
    labels: &[LabelSet<'_>],
    api: &dyn GitlabApi,
    ends: Option<Instant>,
) -> LinkResults {
    let mut answers = LookupResults::default();
    let mut rounds = QueryRounds { links, labels, api, ends, failure: None, is_cut_off: false };
    rounds.run_round(query_rounds::first_round, &mut answers).await;
    rounds.run_round(query_rounds::second_round, &mut answers).await;
    rounds.run_round(query_rounds::role_round, &mut answers).await;
    let QueryRounds { failure, mut is_cut_off, .. } = rounds;
    if failure.is_none() {
        is_cut_off |= finish_by(ends, rest::run_lookups(links, &mut answers, api)).await.is_none();
    }
    let assess = |link| {
        let is_open = is_cut_off && is_left_open(link, &answers);
        if is_open { Assessment::not_reached() } else { assess::assess(link, &answers) }
    };
    LinkResults {
        assessments: links.iter().map(assess).collect(),
        labels: labels.iter().map(|asked| labels::assess_labels(asked, &answers)).collect(),
        likely_renamed: links
            .iter()
            .map(|link| query_rounds::is_likely_renamed(link, &answers) || has_known_new_path(link, api))
            .collect(),
        failure,
    }
}

/// Whether a link names a project that is known to be elsewhere today.
fn has_known_new_path(link: &GitlabLink, api: &dyn GitlabApi) -> bool {
    let path = link.target.owner.path();
    api.cached_project_path(path).is_some_and(|today| today != path)
}

/// Looks for projects that GraphQL does not show where they are today; a verdict for each link whose project was found
/// under another path. Each project costs a request, so this is for those that nothing else shows.
pub(super) async fn check_renamed_projects(links: &[GitlabLink], api: &dyn GitlabApi) -> Vec<Option<Assessment>> {
    let mut answers = LookupResults::default();
    let paths = links.iter().map(|link| link.target.owner.path()).collect();
    answers.record_moved_projects(rest::find_moved_projects(paths, api).await);
    let mut rounds = QueryRounds { links, labels: &[], api, ends: None, failure: None, is_cut_off: false };
    for round in [query_rounds::moved_projects_round, query_rounds::second_round, query_rounds::role_round] {
        rounds.run_round(round, &mut answers).await;
    }
    let assessments =
        links.iter().map(|link| answers.has_moved(link.target.owner.path()).then(|| assess::assess(link, &answers)));
    assessments.collect()
}

/// Whether something was to be asked still about what a link names. The role in the group of a hidden project is not:
/// it tells only where that may be by now.
fn is_left_open(link: &GitlabLink, answers: &LookupResults) -> bool {
    let owner = link.target.owner.path();
    let link = std::slice::from_ref(link);
    let is_open = |queries| answers.unanswered_queries(queries).iter().any(|query| query.path == owner);
    is_open(query_rounds::first_round(link, &[], answers))
        || is_open(query_rounds::second_round(link, &[], answers))
        || is_open(query_rounds::role_round(link, &[], answers))
        || rest::has_open_lookups(link, answers)
}

/// Round after round of queries, and what is known so far.
struct QueryRounds<'a> {
    links: &'a [GitlabLink],
    labels: &'a [LabelSet<'a>],
    api: &'a dyn GitlabApi,
    ends: Option<Instant>,
    /// Why GitLab could not be asked, if it could not.
    failure: Option<ReadFailure>,
    /// Whether the time was over before everything was answered.
    is_cut_off: bool,
}

impl QueryRounds<'_> {
    /// A token that was refused is refused again.
    fn is_token_refused(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.cause == FailureCause::Token)
    }

    /// Sends those queries of a round that are not answered yet.
    async fn run_round(
        &mut self,
        round: impl Fn(&[GitlabLink], &[LabelSet<'_>], &LookupResults) -> Vec<OwnerQuery>,
        answers: &mut LookupResults,
    ) {
        let queries = answers.unanswered_queries(round(self.links, self.labels, answers));
        if queries.is_empty() || self.is_token_refused() {
            return;
        }
        let asked = queries.len();
        let (answered, why) = batch::run_queries(queries, self.api, self.ends).await;
        self.is_cut_off |= answered.len() < asked;
        if self.failure.is_none() {
            self.failure = why;
        }
        for (query, answer) in answered {
            answers.record_owner_result(&query, answer);
        }
    }
}
