//! Everything podkeeper writes: one method per kind of action and no other.

use std::fmt::Display;
use std::time::Duration;

use ::gitlab::api::common::SortOrder;
use ::gitlab::api::issues::IssueOrderBy;
use ::gitlab::api::issues::ProjectIssues;
use ::gitlab::api::projects::issues::links::CreateIssueLink;
use ::gitlab::api::projects::issues::{CreateIssue, CreateIssueBuilder, EditIssue, Issue, IssueStateEvent};
use ::gitlab::api::projects::labels::CreateLabel;
use ::gitlab::api::{AsyncQuery, Endpoint};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use super::echo::{self, Sent};
use super::error::{Class, Fault};
use super::paging::{self, Pages};
use super::read::Reader;
use super::transport::fault_of;
use super::{Purpose, wire};
use crate::pod::action::{Action, Rewrite};
use crate::pod::label::LabelName;
use crate::pod::marker::{self, Marked};
use crate::pod::observed::{Cause, Observed};
use crate::pod::outcome::Outcome;

/// Waits before each look for what an unanswered create may have made: GitLab's replicas may lag.
const LOOKS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];

/// The state that a living report is put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportState {
    /// Open.
    Open,
    /// Closed.
    Closed,
}

/// What is changed in the request that replaces a block.
struct Also {
    title: Option<String>,
    open: Option<bool>,
}

/// Writes; made by `apply` only.
pub struct Writer {
    reader: Reader,
    /// What this run creates is younger than this by the clock of this machine.
    since: DateTime<Utc>,
}

impl Writer {
    pub(super) fn new(reader: Reader, since: DateTime<Utc>) -> Self {
        Self { reader, since }
    }

    /// Creates a label. One that exists already is a success: somebody was quicker.
    pub async fn create_label(&self, action: &Action, name: &LabelName, color: &str, description: &str) -> Outcome {
        let endpoint = CreateLabel::builder()
            .project(action.project_id)
            .name(name.as_str())
            .color(color)
            .description(description)
            .build();
        match self.send::<wire::Label>(Purpose::Pairing, endpoint).await {
            Ok(label) => echo::judge_label(&label, name, color, description),
            Err(Fault::Status { status: 409, .. }) => Outcome::Done(format!("label {name}")),
            Err(fault) => outcome(&fault, action, "create the label"),
        }
    }

    /// Opens a pairing issue.
    pub async fn open_pairing_issue(&self, action: &Action, title: &str, body: &str, labels: &[LabelName]) -> Outcome {
        let mut builder = CreateIssue::builder();
        builder.project(action.project_id).title(title).description(body);
        for label in labels {
            builder.label(label.as_str());
        }
        let labels = labels.iter().map(Sent::Label);
        let sent: Vec<Sent<'_>> = [Sent::Title(title), Sent::Description(body)].into_iter().chain(labels).collect();
        self.open(Purpose::Pairing, action, &builder, body, &sent).await
    }

    /// Opens a living report.
    pub async fn open_report(&self, action: &Action, title: &str, body: &str, confidential: bool) -> Outcome {
        let mut builder = CreateIssue::builder();
        builder.project(action.project_id).title(title).description(body).confidential(confidential);
        let sent = [Sent::Title(title), Sent::Description(body), Sent::Confidential(confidential)];
        self.open(Purpose::Reports, action, &builder, body, &sent).await
    }

    /// Opens an issue. An answer that does not come is looked for by the marker, never repeated blindly.
    async fn open(
        &self,
        purpose: Purpose,
        action: &Action,
        builder: &CreateIssueBuilder<'_>,
        body: &str,
        sent: &[Sent<'_>],
    ) -> Outcome {
        let mut tried_again = false;
        loop {
            let fault = match self.send::<wire::Issue>(purpose, builder.build()).await {
                Ok(issue) => return self.judge(&issue, sent, action),
                Err(fault) if fault.class() == Class::Refused => return outcome(&fault, action, "open the issue"),
                Err(fault) => fault,
            };
            match self.find(purpose, action, body).await {
                Ok(Some(issue)) => return self.judge(&issue, sent, action),
                // It is certainly not there: one more try, and one only.
                Ok(None) if !tried_again => tried_again = true,
                Ok(None) => return outcome(&fault, action, "open the issue"),
                Err(blind) => {
                    return Outcome::Unknown(format!(
                        "cannot tell whether the issue was opened in {}: {fault}; and looking for it: {blind}",
                        action.project
                    ));
                }
            }
        }
    }

    /// Replaces the block of a pairing issue, and its title where it is still the one that was seen.
    pub async fn rewrite_pairing_issue(
        &self,
        action: &Action,
        iid: u64,
        rewrite: &Rewrite,
        title: Option<&(String, String)>,
    ) -> Outcome {
        let also = |issue: &wire::Issue| {
            let title = title.filter(|(old, _)| issue.title == *old).map(|(_, new)| new.clone());
            Also { title, open: None }
        };
        self.rewrite(Purpose::Pairing, action, iid, rewrite, also).await
    }

    /// Replaces the block of a living report; `state` also closes or reopens it, in the same request.
    pub async fn rewrite_report(
        &self,
        action: &Action,
        iid: u64,
        rewrite: &Rewrite,
        state: Option<ReportState>,
    ) -> Outcome {
        let also = |issue: &wire::Issue| {
            let wanted = state.map(|state| state == ReportState::Open);
            Also { title: None, open: wanted.filter(|open| *open == (issue.state == "closed")) }
        };
        self.rewrite(Purpose::Reports, action, iid, rewrite, also).await
    }

    /// The body is read again right before it is spliced: GitLab has no lock for issues. Another worker may have been
    /// quicker: where its block is the one that is wanted and there is nothing else to change, all is done.
    async fn rewrite(
        &self,
        purpose: Purpose,
        action: &Action,
        iid: u64,
        Rewrite { seen, block, below }: &Rewrite,
        also: impl FnOnce(&wire::Issue) -> Also,
    ) -> Outcome {
        let issue: wire::Issue =
            match self.send(purpose, Issue::builder().project(action.project_id).issue(iid).build()).await {
                Ok(issue) => issue,
                Err(fault) => return outcome(&fault, action, "read the issue again"),
            };
        let body = issue.description.clone().unwrap_or_default();
        let Also { title, open } = also(&issue);
        match marker::parse(&body) {
            Marked::Block(now) if now.same(block) && title.is_none() && open.is_none() => {
                return Outcome::Done(issue.web_url);
            }
            Marked::Block(now) if now.same(seen) || now.same(block) => {}
            Marked::Block(_) | Marked::No | Marked::Damaged { .. } => {
                return Outcome::NotTried(format!(
                    "{}#{iid} was edited meanwhile; the next run looks again",
                    action.project
                ));
            }
        }
        let body = match marker::splice(&body, block, below) {
            Ok(body) => body,
            Err(why) => return Outcome::Refused(Cause::Human, why),
        };
        let mut edit = EditIssue::builder();
        edit.project(action.project_id).issue(iid).description(&body);
        let mut sent = vec![Sent::Description(&body)];
        if let Some(title) = &title {
            edit.title(title);
            sent.push(Sent::Title(title));
        }
        if let Some(open) = open {
            edit.state_event(if open { IssueStateEvent::Reopen } else { IssueStateEvent::Close });
            sent.push(Sent::Open(open));
        }
        self.edit(purpose, action, edit.build(), &sent, "rewrite the issue").await
    }

    /// Puts a label on an issue, leaving its others alone.
    pub async fn add_label(&self, action: &Action, iid: u64, label: &LabelName) -> Outcome {
        let endpoint = EditIssue::builder().project(action.project_id).issue(iid).add_label(label.as_str()).build();
        self.edit(Purpose::Pairing, action, endpoint, &[Sent::Label(label)], "add the label").await
    }

    /// Links an issue to another of the same project. A link that exists already is a success.
    pub async fn link_twin(&self, action: &Action, iid: u64, keep: u64) -> Outcome {
        let endpoint = CreateIssueLink::builder()
            .project(action.project_id)
            .issue(iid)
            .target_project(action.project_id)
            .target_issue(keep)
            .build();
        match self.send::<wire::IssueLink>(Purpose::Pairing, endpoint).await {
            Ok(link) if [link.source_issue.iid, link.target_issue.iid] == [iid, keep] => {
                Outcome::Done(link.source_issue.web_url)
            }
            Ok(_) => Outcome::Refused(
                Cause::Human,
                format!(
                    "GitLab answered that {}#{iid} is linked, and shows another link; look at both issues",
                    action.project
                ),
            ),
            Err(Fault::Status { status: 409, .. }) => Outcome::Done(format!("{}#{iid}", action.project)),
            Err(fault) => outcome(&fault, action, "link the issue"),
        }
    }

    /// Closes an issue.
    pub async fn close_twin(&self, action: &Action, iid: u64) -> Outcome {
        let endpoint =
            EditIssue::builder().project(action.project_id).issue(iid).state_event(IssueStateEvent::Close).build();
        self.edit(Purpose::Pairing, action, endpoint, &[Sent::Open(false)], "close the issue").await
    }

    async fn edit(
        &self,
        purpose: Purpose,
        action: &Action,
        endpoint: Result<EditIssue<'_>, impl Display + Send>,
        sent: &[Sent<'_>],
        verb: &str,
    ) -> Outcome {
        match self.send::<wire::Issue>(purpose, endpoint).await {
            Ok(issue) => self.judge(&issue, sent, action),
            Err(fault) => outcome(&fault, action, verb),
        }
    }

    /// What became of a write, by the issue that came back.
    fn judge(&self, issue: &wire::Issue, sent: &[Sent<'_>], action: &Action) -> Outcome {
        echo::judge(issue, sent, action, self.reader.project_now_at(&action.project).as_ref())
    }

    /// Looks for the issue that carries the marker of `body`, three times with growing waits.
    async fn find(&self, purpose: Purpose, action: &Action, body: &str) -> Result<Option<wire::Issue>, Fault> {
        let Marked::Block(wanted) = marker::parse(body) else { return Ok(None) };
        let author = match self.reader.account(purpose).await {
            Observed::Present(account) => account.id,
            Observed::Absent => return Ok(None),
            Observed::Unknown(blind) => return Err(Fault::Lost(blind.why)),
        };
        let by_the_server = self.reader.agreed_now().and_then(|now| now.checked_sub_signed(super::CREATED_WITHIN));
        let since = by_the_server.map_or(self.since, |since| since.min(self.since));
        for wait in LOOKS {
            tokio::time::sleep(wait).await;
            let endpoint = ProjectIssues::builder()
                .project(action.project_id)
                .author(author)
                .created_after(since)
                .order_by(IssueOrderBy::CreatedAt)
                .sort(SortOrder::Descending)
                .build()
                .map_err(|error| Fault::NotMade(error.to_string()))?;
            let issues: Vec<wire::Issue> =
                paging::all(self.reader.transport(purpose), &endpoint, Pages::Counted).await?;
            let found = issues.into_iter().filter(|issue| {
                let body = issue.description.as_deref().unwrap_or_default();
                matches!(marker::parse(body), Marked::Block(block) if block.marker == wanted.marker)
            });
            if let Some(issue) = found.min_by_key(|issue| issue.iid) {
                return Ok(Some(issue));
            }
        }
        Ok(None)
    }

    async fn send<T: DeserializeOwned + 'static>(
        &self,
        purpose: Purpose,
        endpoint: Result<impl Endpoint + Sync + Send, impl Display + Send>,
    ) -> Result<T, Fault> {
        let endpoint = endpoint.map_err(|error| Fault::NotMade(error.to_string()))?;
        endpoint.query_async(self.reader.transport(purpose)).await.map_err(fault_of)
    }
}

fn outcome(fault: &Fault, action: &Action, verb: &str) -> Outcome {
    let sentence = format!("cannot {verb} in {}: {fault}; {}", action.project, fault.hint());
    match fault.class() {
        Class::Refused => Outcome::Refused(fault.cause(), sentence),
        Class::Unknown => Outcome::Unknown(sentence),
    }
}
