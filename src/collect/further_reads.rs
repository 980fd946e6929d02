//! What only some runs read, because deciding asks for it.

use chrono::{DateTime, Utc};

use super::{agents, pairing_project};
use crate::gitlab::{Reader, TokenPurpose};
use crate::pod::Pod;
use crate::pod::observed::Observed;
use crate::pod::pod_page::PodPage;
use crate::pod::snapshot::{Account, FurtherRead, LabelHistory, Milestone, PairingProjectState};

/// Where a file of a project is read at its default branch (GitLab docs, "Repository files API").
const DEFAULT_BRANCH: &str = "HEAD";

/// Reads it into what is known of the pairing project.
pub async fn read(
    reader: &Reader,
    pod: &Pod,
    page: Option<&PodPage>,
    state: &mut PairingProjectState,
    read: &FurtherRead,
    now: DateTime<Utc>,
) {
    match read {
        FurtherRead::ForeignPairingIssues => {
            state.foreign_issues = Some(pairing_project::read_foreign_issues(reader, state, now).await);
        }
        FurtherRead::Milestone => state.further.milestone = Some(read_milestone(reader, pod, state).await),
        FurtherRead::IssueTemplate => {
            state.further.issue_template = Some(read_issue_template(reader, pod, state).await);
        }
        FurtherRead::MemberAccounts => {
            let (handles, _) = agents::accounts_to_look_up(page.as_slice(), &[]);
            state.further.member_accounts = Some(agents::read_accounts(reader, &handles, &[]).await);
        }
        FurtherRead::LabelHistory(iid) => {
            let history = read_label_history(reader, pod, state, *iid).await;
            state.further.label_histories.insert(*iid, history);
        }
        FurtherRead::ClosingComment(iid) => {
            if let (Some(project), Some(bot)) = (state.project.present(), state.bot.present()) {
                let is_bot = |account: &Account| pod.is_bot(bot, account);
                let closing = reader.read_closing(project, *iid, is_bot).await;
                state.further.closings.insert(*iid, closing);
            }
        }
        FurtherRead::IssueLinks(iid) => {
            if let Some(project) = state.project.present() {
                let links = reader.list_linked_iids(project, *iid).await;
                state.further.links.insert(*iid, links);
            }
        }
    }
}

async fn read_milestone(reader: &Reader, pod: &Pod, state: &PairingProjectState) -> Observed<Milestone> {
    match (state.project.present(), &pod.pairing.milestone) {
        (Some(project), Some(title)) => reader.read_milestone(project, title).await,
        (None, _) | (_, None) => Observed::Absent,
    }
}

async fn read_issue_template(reader: &Reader, pod: &Pod, state: &PairingProjectState) -> Observed<String> {
    match (state.project.present(), &pod.pairing.issue_template) {
        (Some(project), Some(path)) => {
            reader.read_text_file(TokenPurpose::Pairing, &project.path, path, DEFAULT_BRANCH).await
        }
        (None, _) | (_, None) => Observed::Absent,
    }
}

/// What became of the pod's label on one of the recent issues.
async fn read_label_history(
    reader: &Reader,
    pod: &Pod,
    state: &PairingProjectState,
    iid: u64,
) -> Observed<LabelHistory> {
    let Observed::Present(project) = &state.project else { return Observed::Absent };
    let issue = state.recent.issues.present().and_then(|issues| issues.iter().find(|issue| issue.iid == iid));
    let updated_at = issue.and_then(|issue| issue.updated_at);
    let removals = reader.count_label_removals(project, iid, &pod.label_names()).await;
    removals.map(|removals| LabelHistory { updated_at, removals })
}
