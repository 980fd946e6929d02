//! The project of the living reports: podkeeper's own issues in it, of every age and state.

use std::time::Duration;

use crate::gitlab::{IssueFilter, Reader, TokenPurpose};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::snapshot::{Project, ReportsProjectState};
use crate::pod::{Pod, Task};

/// What to say where the project of the reports was not read within this time.
pub fn late_failure(pod: &Pod, within: Duration) -> ReadFailure {
    let path = pod.reports.project.as_deref().unwrap_or_default();
    ReadFailure {
        what: format!("the project {path} of the living reports"),
        why: format!("it was not read within {within:?}; the next run tries again"),
        cause: FailureCause::Unavailable,
    }
}

/// One look at the project that a pod names for its reports.
pub async fn read(reader: &Reader, pod: &Pod) -> Observed<ReportsProjectState> {
    let is_read = pod.is_retiring || pod.tasks.contains(&Task::Roster) || pod.tasks.contains(&Task::Links);
    let Some(path) = pod.reports.project.as_ref().filter(|_| is_read) else { return Observed::Absent };
    let (project, bot) =
        tokio::join!(reader.read_project(TokenPurpose::Reports, path), reader.read_current_user(TokenPurpose::Reports));
    match (project, bot) {
        (Observed::Present(project), Observed::Present(bot)) => {
            let others =
                reader.list_issues(TokenPurpose::Reports, &project, IssueFilter::MentionsByOthers(bot.id), None);
            let (issues, others) = tokio::join!(read_own_issues(reader, pod, &project, bot.id), others);
            let others = others.map_or_else(Observed::Unknown, Observed::Present);
            match issues {
                Ok(issues) => Observed::Present(ReportsProjectState { project, bot, issues, foreign_issues: others }),
                Err(failure) => Observed::Unknown(failure),
            }
        }
        (Observed::Unknown(failure), _) | (_, Observed::Unknown(failure)) => Observed::Unknown(failure),
        (Observed::Absent, _) | (_, Observed::Absent) => Observed::Unknown(ReadFailure {
            what: format!("the project {path} of the living reports"),
            why: reader.missing_project_text(TokenPurpose::Reports, path).await,
            cause: FailureCause::Unavailable,
        }),
    }
}

async fn read_own_issues(
    reader: &Reader,
    pod: &Pod,
    project: &Project,
    bot: u64,
) -> Result<Vec<crate::pod::snapshot::ObservedIssue>, ReadFailure> {
    let mut issues = reader.list_issues(TokenPurpose::Reports, project, IssueFilter::ByAuthorId(bot), None).await?;
    for name in &pod.bot_usernames {
        issues.extend(reader.list_issues(TokenPurpose::Reports, project, IssueFilter::ByUsername(name), None).await?);
    }
    issues.sort_by_key(|issue| issue.iid);
    issues.dedup_by_key(|issue| issue.iid);
    Ok(issues)
}
