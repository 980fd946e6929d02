//! What `doctor` reads: the tokens first, because nothing can be read without them, and then what a run does not show.

use chrono::{DateTime, Duration, Utc};
use futures_util::StreamExt as _;
use futures_util::stream;

use super::READS_AT_ONCE;
use crate::gitlab::{IssueFilter, Reader, TokenPurpose};
use crate::pod::Pod;
use crate::pod::doctor_snapshot::{
    NamedProject, PodCheckup, ProjectAccess, ScheduleProject, TokenSnapshot, choose_schedule,
};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::token_request::{NeededScope, TokenState};

/// How far back issues of other accounts are looked at: as far as a run does.
const LOOKBACK: Duration = Duration::days(120);

/// A token to ask about.
#[derive(Debug, Clone)]
pub struct TokenToAsk {
    /// The environment variable.
    pub variable: String,
    /// What it is for; never empty.
    pub purposes: Vec<TokenPurpose>,
    /// The scope that this needs.
    pub scope: NeededScope,
    /// Whether its variable holds one.
    pub is_given: bool,
}

/// What was seen of the tokens.
#[derive(Debug)]
pub struct ReadTokens {
    /// One for each variable.
    pub tokens: Vec<TokenSnapshot>,
    /// Why nothing else can be read, if so.
    pub stopped: Option<ReadFailure>,
}

/// Asks about each token that is given, once; about none where something has stopped it already.
pub async fn read_tokens(reader: &Reader, asked: Vec<TokenToAsk>, stopped: Option<ReadFailure>) -> ReadTokens {
    let mut read = ReadTokens { tokens: Vec::new(), stopped };
    for token in asked {
        let is_required = token.purposes.contains(&TokenPurpose::Pairing);
        let state = match token.purposes.first() {
            Some(purpose) if token.is_given && read.stopped.is_none() => match reader.read_own_token(*purpose).await {
                Ok(own) => TokenState::Known(own),
                Err(failure) => TokenState::Failed(failure),
            },
            Some(_) if token.is_given => TokenState::NotAsked("not asked"),
            _ => TokenState::NotGiven,
        };
        if read.stopped.is_none() {
            read.stopped = find_obstacle(&token, is_required, &state);
        }
        let asks_for_account = matches!(state, TokenState::Known(_)) && token.scope == NeededScope::Api;
        let account = match token.purposes.first().filter(|_| asks_for_account && read.stopped.is_none()) {
            Some(purpose) => reader.read_current_user(*purpose).await,
            None => Observed::Absent,
        };
        read.tokens.push(TokenSnapshot {
            variable: token.variable,
            purposes: token.purposes.iter().map(|purpose| purpose.name()).collect(),
            scope: token.scope,
            is_required,
            state,
            account,
        });
    }
    read
}

/// Why nothing else is asked: GitLab is not there, or the token that all the work needs is missing or refused.
fn find_obstacle(token: &TokenToAsk, is_required: bool, state: &TokenState) -> Option<ReadFailure> {
    match state {
        TokenState::NotGiven if is_required => Some(ReadFailure {
            what: token.variable.clone(),
            why: "it holds no token".to_owned(),
            cause: FailureCause::Config,
        }),
        // An old GitLab has no such endpoint, and works.
        TokenState::Failed(failure) if failure.why.starts_with("404") => None,
        TokenState::Failed(failure) if is_required || failure.cause == FailureCause::Unavailable => {
            Some(failure.clone())
        }
        TokenState::NotGiven | TokenState::NotAsked(_) | TokenState::Known(_) | TokenState::Failed(_) => None,
    }
}

/// What is read of all pods beside what a run reads; `variable_of` names the variable of the token for a purpose.
pub async fn read_pods(
    reader: &Reader,
    pods: &[Pod],
    now: DateTime<Utc>,
    variable_of: &(dyn Fn(TokenPurpose) -> Option<String> + Sync),
) -> Vec<PodCheckup> {
    let read = pods.iter().map(|pod| read_pod(reader, pod, now, variable_of));
    stream::iter(read.collect::<Vec<_>>()).buffered(READS_AT_ONCE).collect().await
}

async fn read_pod(
    reader: &Reader,
    pod: &Pod,
    now: DateTime<Utc>,
    variable_of: &(dyn Fn(TokenPurpose) -> Option<String> + Sync),
) -> PodCheckup {
    let mut projects = Vec::new();
    for (key, access, purpose, path) in named_projects(pod) {
        let project = reader.read_project(purpose, path).await;
        projects.push(NamedProject { key, access, path: path.to_owned(), variable: variable_of(purpose), project });
    }
    let page = super::read_page(reader, &pod.page).await;
    let page_moved_to = match page {
        Observed::Absent => reader.find_moved_file(&pod.page).await,
        Observed::Present(_) | Observed::Unknown(_) => None,
    };
    let agent_files = match &pod.agents {
        Some(at) => Some(reader.list_files(TokenPurpose::Agents, &at.project, &at.path, &at.git_ref).await),
        None => None,
    };
    let mut seen = PodCheckup {
        pod: pod.clone(),
        projects,
        page,
        page_moved_to,
        label: Observed::Absent,
        other_labels: Vec::new(),
        agent_files,
        foreign_issues: Observed::Absent,
    };
    read_pairing_project(reader, pod, now, &mut seen).await;
    seen
}

/// The projects of a pod's file, with their keys.
fn named_projects(pod: &Pod) -> impl Iterator<Item = (&'static str, ProjectAccess, TokenPurpose, &str)> {
    let agents = pod.agents.as_ref().map(|at| at.project.as_str());
    let all = [
        ("pairing.project", ProjectAccess::WritesIssues, TokenPurpose::Pairing, Some(pod.pairing_project.as_str())),
        ("page.project", ProjectAccess::ReadsFiles, TokenPurpose::Handbook, Some(pod.page.project.as_str())),
        ("agents.project", ProjectAccess::ReadsFiles, TokenPurpose::Agents, agents),
        ("reports.project", ProjectAccess::WritesIssues, TokenPurpose::Reports, pod.reports.project.as_deref()),
    ];
    all.into_iter().filter_map(|(key, access, purpose, path)| Some((key, access, purpose, path?)))
}

/// The label, and issues of other accounts that speak of podkeeper.
async fn read_pairing_project(reader: &Reader, pod: &Pod, now: DateTime<Utc>, seen: &mut PodCheckup) {
    let project = match reader.read_project(TokenPurpose::Pairing, &pod.pairing_project).await {
        Observed::Present(project) => project,
        Observed::Unknown(failure) => {
            (seen.label, seen.foreign_issues) = (Observed::Unknown(failure.clone()), Observed::Unknown(failure));
            return;
        }
        Observed::Absent => {
            let failure = ReadFailure {
                what: format!("the label {}", pod.label.name),
                why: format!("{} is not visible", pod.pairing_project),
                cause: FailureCause::Unavailable,
            };
            (seen.label, seen.foreign_issues) = (Observed::Unknown(failure.clone()), Observed::Unknown(failure));
            return;
        }
    };
    seen.label = reader.read_label_level(&project, pod.label.name.as_str()).await;
    if matches!(seen.label, Observed::Absent) {
        // Only for a hint: what cannot be listed gives none.
        seen.other_labels = reader.list_label_names(&project).await.present().cloned().unwrap_or_default();
    }
    seen.foreign_issues = match reader.read_current_user(TokenPurpose::Pairing).await {
        Observed::Present(bot) => {
            let others = IssueFilter::MentionsByOthers(bot.id);
            let since = now.checked_sub_signed(LOOKBACK);
            match reader.list_issues(TokenPurpose::Pairing, &project, others, since).await {
                Ok(issues) => Observed::Present(issues),
                Err(failure) => Observed::Unknown(failure),
            }
        }
        Observed::Absent => Observed::Absent,
        Observed::Unknown(failure) => Observed::Unknown(failure),
    };
}

/// The project that runs podkeeper, with the schedule that does.
pub async fn read_schedules(reader: &Reader, path: &str) -> ScheduleProject {
    reader.read_schedules(path, |schedules| choose_schedule(schedules).map(|schedule| schedule.id)).await
}
