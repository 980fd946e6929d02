//! The pairing project: podkeeper's own issues, those with the pod's label, and the label itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::gitlab::{IssueFilter, Purpose, Reader};
use crate::pod::Pod;
use crate::pod::marker::{Marked, Marker};
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::session::SessionKey;
use crate::pod::snapshot::{Account, PairingIssue, Project, Tracker};

/// How far back issues are read: a pod that was asleep for a season still finds its last session.
const LOOKBACK: Duration = Duration::days(120);

/// One look at a pod's pairing project.
pub async fn look(reader: &Reader, pod: &Pod, now: DateTime<Utc>) -> Tracker {
    let (project, bot) =
        tokio::join!(reader.project(Purpose::Pairing, &pod.pairing_project), reader.account(Purpose::Pairing));
    let (label, issues) = match (&project, &bot) {
        (Observed::Present(project), Observed::Present(bot)) => {
            let mut since = first_moment(reader, now);
            loop {
                let label = reader.label(project, pod.label.name.as_str());
                let (label, issues) = tokio::join!(label, issues(reader, pod, project, bot, since));
                // What the first answers left open, these may have settled; a time that is settled stays.
                let settled = first_moment(reader, now);
                if settled < since {
                    since = settled;
                    continue;
                }
                break (label, issues.map_or_else(Observed::Unknown, Observed::Present));
            }
        }
        (Observed::Unknown(blind), _) | (_, Observed::Unknown(blind)) => {
            (Observed::Unknown(blind.clone()), Observed::Unknown(blind.clone()))
        }
        (Observed::Absent, _) | (_, Observed::Absent) => {
            let blind = Blind {
                what: format!("the issues of {}", pod.pairing_project),
                why: "the project is not there or not visible to this token".to_owned(),
                cause: Cause::Unavailable,
            };
            (Observed::Unknown(blind.clone()), Observed::Unknown(blind))
        }
    };
    Tracker { project, bot, label, issues, others: None }
}

/// Issues of other accounts there that speak of podkeeper: what a run asks for before it opens one.
pub async fn others(reader: &Reader, tracker: &Tracker, now: DateTime<Utc>) -> Observed<Vec<PairingIssue>> {
    let (Observed::Present(project), Observed::Present(bot)) = (&tracker.project, &tracker.bot) else {
        return Observed::Absent;
    };
    let since = now.checked_sub_signed(LOOKBACK);
    match reader.issues(Purpose::Pairing, project, IssueFilter::OfOthers(bot.id), since).await {
        Ok(issues) => Observed::Present(issues),
        Err(blind) => Observed::Unknown(blind),
    }
}

/// From when on issues are read: by the earlier of two clocks that disagree, so that neither hides what was opened. A time
/// on which GitLab's answers do not agree moves nothing.
fn first_moment(reader: &Reader, now: DateTime<Utc>) -> DateTime<Utc> {
    let earlier = reader.server_now(now).present().map_or(now, |server| now.min(*server));
    earlier.checked_sub_signed(LOOKBACK).unwrap_or(earlier)
}

/// Own issues by author and the pod's by label, each once, oldest first, with what is only worth a look
/// for some of them.
async fn issues(
    reader: &Reader,
    pod: &Pod,
    project: &Project,
    bot: &Account,
    since: DateTime<Utc>,
) -> Result<Vec<PairingIssue>, Blind> {
    let mut filters = vec![IssueFilter::ByAuthor(bot.id), IssueFilter::WithLabel(pod.label.name.as_str())];
    let others = pod.bots.iter().filter(|name| !name.eq_ignore_ascii_case(&bot.username));
    filters.extend(others.map(|name| IssueFilter::ByUsername(name)));
    let listings = futures_util::future::join_all(
        filters.into_iter().map(|filter| reader.issues(Purpose::Pairing, project, filter, Some(since))),
    )
    .await;
    let mut by_iid = BTreeMap::new();
    for listing in listings {
        by_iid.extend(listing?.into_iter().map(|issue| (issue.iid, issue)));
    }
    let mut issues: Vec<PairingIssue> = by_iid.into_values().collect();
    look_closer(reader, pod, project, bot, &mut issues).await;
    Ok(issues)
}

/// The label history of own issues that lack the label, and the links of those that share a session.
async fn look_closer(reader: &Reader, pod: &Pod, project: &Project, bot: &Account, issues: &mut [PairingIssue]) {
    let session_of = |issue: &PairingIssue| -> Option<SessionKey> {
        let Marked::Block(block) = &issue.marked else { return None };
        let Marker::Session(key) = &block.marker else { return None };
        if pod.is_bot(bot, &issue.author) { pod.present_key(key) } else { None }
    };
    let mut count: BTreeMap<SessionKey, usize> = BTreeMap::new();
    for key in issues.iter().filter_map(session_of) {
        *count.entry(key).or_default() += 1;
    }
    let label = pod.label.name.as_str();
    for issue in issues {
        let Some(key) = session_of(issue) else { continue };
        if !issue.labels.iter().any(|seen| seen == label) {
            issue.label_removals = reader.label_removals(project, issue.iid, label).await;
        }
        if count.get(&key).is_some_and(|n| *n > 1) {
            issue.links = reader.linked(project, issue.iid).await;
        }
    }
}
