//! The project of the living reports: podkeeper's own issues in it, of every age and state.

use crate::gitlab::{IssueFilter, Purpose, Reader};
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::snapshot::{Project, ReportsSeen};
use crate::pod::{Pod, Task};

/// One look at the project that a pod names for its reports.
pub async fn look(reader: &Reader, pod: &Pod) -> Observed<ReportsSeen> {
    let told = pod.tasks.contains(&Task::Roster) || pod.tasks.contains(&Task::Links);
    let Some(path) = pod.reports.project.as_ref().filter(|_| told) else { return Observed::Absent };
    let (project, bot) = tokio::join!(reader.project(Purpose::Reports, path), reader.account(Purpose::Reports));
    match (project, bot) {
        (Observed::Present(project), Observed::Present(bot)) => {
            let others = reader.issues(Purpose::Reports, &project, IssueFilter::OfOthers(bot.id), None);
            let (issues, others) = tokio::join!(issues(reader, pod, &project, bot.id), others);
            let others = others.map_or_else(Observed::Unknown, Observed::Present);
            match issues {
                Ok(issues) => Observed::Present(ReportsSeen { project, bot, issues, others }),
                Err(blind) => Observed::Unknown(blind),
            }
        }
        (Observed::Unknown(blind), _) | (_, Observed::Unknown(blind)) => Observed::Unknown(blind),
        (Observed::Absent, _) | (_, Observed::Absent) => Observed::Unknown(Blind {
            what: format!("the project {path} of the living reports"),
            why: "it is not there or not visible to this token; check [reports] project and the token's membership"
                .to_owned(),
            cause: Cause::Unavailable,
        }),
    }
}

async fn issues(
    reader: &Reader,
    pod: &Pod,
    project: &Project,
    bot: u64,
) -> Result<Vec<crate::pod::snapshot::PairingIssue>, Blind> {
    let mut issues = reader.issues(Purpose::Reports, project, IssueFilter::ByAuthor(bot), None).await?;
    for name in &pod.bots {
        issues.extend(reader.issues(Purpose::Reports, project, IssueFilter::ByUsername(name), None).await?);
    }
    issues.sort_by_key(|issue| issue.iid);
    issues.dedup_by_key(|issue| issue.iid);
    Ok(issues)
}
