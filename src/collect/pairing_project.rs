//! The pairing project: podkeeper's own issues, those with the pod's label, and the label itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use super::recent_issues;
use crate::gitlab::{IssueFilter, Reader, TokenPurpose};
use crate::pod::Pod;
use crate::pod::marker::{Marker, ParsedBody};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::session::SessionKey;
use crate::pod::snapshot::{Account, FurtherPairingReads, ObservedIssue, PairingProjectState, Project, RecentIssues};

/// How far back issues are read: a pod that was asleep for a season still finds its last session.
const LOOKBACK: Duration = Duration::days(120);

/// What is read of a pod's pairing project; `labels` are those of all pods there, which come in one answer.
pub async fn read(reader: &Reader, pod: &Pod, labels: &BTreeSet<String>, now: DateTime<Utc>) -> PairingProjectState {
    let (project, bot) = tokio::join!(
        reader.read_project(TokenPurpose::Pairing, &pod.pairing_project),
        reader.read_current_user(TokenPurpose::Pairing)
    );
    let (label, similar_labels, related_labels, issues, recent) = match (&project, &bot) {
        (Observed::Present(project), Observed::Present(bot)) => {
            let mut since = issues_read_since(reader, now);
            loop {
                let label = async {
                    let related = reader.list_related_labels(project, labels).await;
                    let label = reader.read_label_among(project, pod.label.name.as_str(), labels, &related).await;
                    (label, related)
                };
                let ((label, related), issues, recent) = tokio::join!(
                    label,
                    read_issues(reader, pod, project, bot, since),
                    recent_issues::read(reader, pod, project, bot, now)
                );
                // What the first answers left open, these may have settled; a time that is settled stays.
                let settled = issues_read_since(reader, now);
                if settled < since {
                    since = settled;
                    continue;
                }
                let similar_labels = match label {
                    Observed::Absent => reader.search_similar_labels(project, &pod.label.name).await,
                    Observed::Present(_) | Observed::Unknown(_) => Observed::Absent,
                };
                let issues = issues.map_or_else(Observed::Unknown, Observed::Present);
                break (label, similar_labels, related, issues, recent);
            }
        }
        (Observed::Unknown(failure), _) | (_, Observed::Unknown(failure)) => {
            let unknown = Observed::Unknown(failure.clone());
            let issues = Observed::Unknown(failure.clone());
            (unknown, Observed::Absent, Vec::new(), issues, RecentIssues::not_read())
        }
        (Observed::Absent, _) | (_, Observed::Absent) => {
            let failure = ReadFailure {
                what: format!("the issues of {}", pod.pairing_project),
                why: reader.missing_project_text(TokenPurpose::Pairing, &pod.pairing_project).await,
                cause: FailureCause::Unavailable,
            };
            let unknown = Observed::Unknown(failure.clone());
            (unknown, Observed::Absent, Vec::new(), Observed::Unknown(failure), RecentIssues::not_read())
        }
    };
    PairingProjectState {
        project,
        bot,
        label,
        similar_labels,
        related_labels,
        issues,
        recent,
        foreign_issues: None,
        further: FurtherPairingReads::default(),
    }
}

/// Issues of other accounts there that speak of podkeeper: what a run asks for before it opens one.
pub async fn read_foreign_issues(
    reader: &Reader,
    tracker: &PairingProjectState,
    now: DateTime<Utc>,
) -> Observed<Vec<ObservedIssue>> {
    let (Observed::Present(project), Observed::Present(bot)) = (&tracker.project, &tracker.bot) else {
        return Observed::Absent;
    };
    let since = now.checked_sub_signed(LOOKBACK);
    match reader.list_issues(TokenPurpose::Pairing, project, IssueFilter::MentionsByOthers(bot.id), since).await {
        Ok(issues) => Observed::Present(issues),
        Err(failure) => Observed::Unknown(failure),
    }
}

/// From when on issues are read: by the earlier of two clocks that disagree, so that neither hides what was opened. A
/// time on which GitLab's answers do not agree moves nothing.
fn issues_read_since(reader: &Reader, now: DateTime<Utc>) -> DateTime<Utc> {
    let earlier = reader.agreed_start_time(now).present().map_or(now, |server| now.min(*server));
    earlier.checked_sub_signed(LOOKBACK).unwrap_or(earlier)
}

/// Own issues by author and the pod's by label, each once, oldest first, with what is only worth a look
/// for some of them.
async fn read_issues(
    reader: &Reader,
    pod: &Pod,
    project: &Project,
    bot: &Account,
    since: DateTime<Utc>,
) -> Result<Vec<ObservedIssue>, ReadFailure> {
    let former_labels = pod.former_labels();
    let mut filters = vec![IssueFilter::ByAuthorId(bot.id), IssueFilter::WithLabel(pod.label.name.as_str())];
    filters.extend(former_labels.iter().map(|label| IssueFilter::WithLabel(label)));
    let others = pod.bot_usernames.iter().filter(|name| !name.eq_ignore_ascii_case(&bot.username));
    filters.extend(others.map(|name| IssueFilter::ByUsername(name)));
    let listings = futures_util::future::join_all(
        filters.into_iter().map(|filter| reader.list_issues(TokenPurpose::Pairing, project, filter, Some(since))),
    )
    .await;
    let mut by_iid = BTreeMap::new();
    for listing in listings {
        by_iid.extend(listing?.into_iter().map(|issue| (issue.iid, issue)));
    }
    let mut issues: Vec<ObservedIssue> = by_iid.into_values().collect();
    read_issue_details(reader, pod, project, bot, &mut issues).await;
    Ok(issues)
}

/// The label history of own issues that lack the label, and the links of those that share a session.
async fn read_issue_details(
    reader: &Reader,
    pod: &Pod,
    project: &Project,
    bot: &Account,
    issues: &mut [ObservedIssue],
) {
    let session_of = |issue: &ObservedIssue| -> Option<SessionKey> {
        let ParsedBody::Block(block) = &issue.parsed_body else { return None };
        let Marker::Session(key) = &block.marker else { return None };
        if pod.is_bot(bot, &issue.author) { pod.current_session_key(key) } else { None }
    };
    let mut count: BTreeMap<SessionKey, usize> = BTreeMap::new();
    for key in issues.iter().filter_map(session_of) {
        *count.entry(key).or_default() += 1;
    }
    let (label, names) = (pod.label.name.as_str(), pod.label_names());
    for issue in issues {
        let Some(key) = session_of(issue) else { continue };
        if !issue.labels.iter().any(|seen| seen == label) {
            issue.label_removals = reader.count_label_removals(project, issue.iid, &names).await;
        }
        if count.get(&key).is_some_and(|n| *n > 1) {
            issue.linked_iids = reader.list_linked_iids(project, issue.iid).await;
        }
    }
}
