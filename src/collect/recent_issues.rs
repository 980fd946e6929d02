//! The issues of the last two weeks in a pairing project and who takes part in them: sessions that the pods' people made
//! are among them.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, DurationRound as _, Utc};

use crate::gitlab::{IssueFilter, Reader, TokenPurpose};
use crate::pod::marker::ParsedBody;
use crate::pod::observed::Observed;
use crate::pod::snapshot::{Account, Project, RecentIssues};
use crate::pod::{Pod, RECORD_LABEL, Task};

/// Reads them, once for all pods of the project.
pub(super) async fn read(
    reader: &Reader,
    pod: &Pod,
    project: &Project,
    bot: &Account,
    now: DateTime<Utc>,
) -> RecentIssues {
    if !pod.tasks.contains(&Task::Labels) {
        return RecentIssues::not_read();
    }
    // Whole days, so that an issue does not leave between two rounds of a run.
    let since = now.checked_sub_signed(Duration::days(RecentIssues::DAYS));
    let since = since.and_then(|since| since.duration_trunc(Duration::days(1)).ok());
    let issues = match reader.list_issues(TokenPurpose::Pairing, project, IssueFilter::All, since).await {
        Ok(issues) => issues,
        Err(failure) => return RecentIssues { issues: Observed::Unknown(failure), participants: Observed::Absent },
    };
    // The same issues for every pod, so that one query does for all: those of sessions that nobody labels by hand.
    let is_asked = |issue: &&_| {
        let issue: &crate::pod::snapshot::ObservedIssue = issue;
        issue.parsed_body == ParsedBody::NoMarker
            && issue.author.id != bot.id
            && !issue.labels.iter().any(|label| label == RECORD_LABEL)
    };
    let iids: BTreeSet<u64> = issues.iter().filter(is_asked).map(|issue| issue.iid).collect();
    let participants = reader.list_participants(project, iids).await;
    RecentIssues { issues: Observed::Present(issues), participants }
}
