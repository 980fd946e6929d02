//! Everything podkeeper writes: one method per kind of action and no other.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Display;
use std::time::Duration;

use ::gitlab::api::common::{NameOrId, SortOrder};
use ::gitlab::api::issues::IssueOrderBy;
use ::gitlab::api::issues::ProjectIssues;
use ::gitlab::api::projects::issues::awards::CreateIssueAward;
use ::gitlab::api::projects::issues::links::CreateIssueLink;
use ::gitlab::api::projects::issues::notes::CreateIssueNote;
use ::gitlab::api::projects::issues::{CreateIssue, CreateIssueBuilder, EditIssue, Issue, IssueStateEvent};
use ::gitlab::api::projects::labels::CreateLabel;
use ::gitlab::api::{AsyncQuery, Endpoint};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use super::endpoints::LabelUpdate;
use super::error::{RequestError, WriteEffect};
use super::paging::{self, Pagination};
use super::read::{CLAIM_EMOJI, Reader, is_closing_note};
use super::transport::from_api_error;
use super::write_verification::{self, SentField};
use super::{TokenPurpose, responses};
use crate::pod::action::{Action, BlockRewrite};
use crate::pod::label::{LabelName, find_scope_conflict};
use crate::pod::marker::{self, ManagedBlock, Marker, ParsedBody};
use crate::pod::observed::{FailureCause, Observed};
use crate::pod::outcome::Outcome;
use crate::pod::session_notes::insert_tasks;
use crate::pod::snapshot::Milestone;
use crate::pod::text::one_line;

/// Waits before each look for what an unanswered create may have made: GitLab's replicas may lag.
const FIND_WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];

/// The state that a living report is put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportState {
    /// Open.
    Open,
    /// Closed.
    Closed,
}

/// What a new pairing issue gets beside title, description and labels.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewIssueOptions<'a> {
    /// Whether only the project's members see it.
    pub confidential: bool,
    /// The milestone that it is put into.
    pub milestone: Option<&'a Milestone>,
}

/// What is changed in the request that replaces a block.
struct ExtraChanges {
    title: Option<String>,
    open: Option<bool>,
}

/// Writes; made by `apply` only.
pub struct Writer {
    reader: Reader,
    /// What this run creates is younger than this by the clock of this machine.
    created_since: DateTime<Utc>,
}

impl Writer {
    pub(super) fn new(reader: Reader, since: DateTime<Utc>) -> Self {
        Self { reader, created_since: since }
    }

    /// Creates a label. One that exists already is a success: somebody was quicker.
    pub async fn create_label(&self, action: &Action, name: &LabelName, color: &str, description: &str) -> Outcome {
        let description = &*self.without_secrets(description, "a label's description");
        let endpoint = CreateLabel::builder()
            .project(action.project_id)
            .name(name.as_str())
            .color(color)
            .description(description)
            .build();
        match self.send_endpoint::<responses::Label>(TokenPurpose::Pairing, endpoint).await {
            Ok(label) => write_verification::verify_label(&label, name, Some(color), Some(description), "made"),
            Err(RequestError::Status { status: 409, .. }) => Outcome::Done(format!("label {name}")),
            Err(fault) => outcome_of_error(&fault, action, "create the label"),
        }
    }

    /// Changes colour and description of a label of the project, those that are given. One of a group is not found there
    /// (`lib/api/labels.rb`).
    pub async fn update_label(
        &self,
        action: &Action,
        name: &LabelName,
        color: Option<&str>,
        description: Option<&str>,
    ) -> Outcome {
        let description = description.map(|text| self.without_secrets(text, "a label's description"));
        let description = description.as_deref();
        let path = NameOrId::from(name.as_str());
        let endpoint = LabelUpdate { project_id: action.project_id, name: &path, color, description };
        match self.send_endpoint::<responses::Label>(TokenPurpose::Pairing, Ok::<_, Infallible>(endpoint)).await {
            Ok(label) => write_verification::verify_label(&label, name, color, description, "changed"),
            Err(fault) => outcome_of_error(&fault, action, "change the label"),
        }
    }

    /// Opens a pairing issue.
    pub async fn open_pairing_issue(
        &self,
        action: &Action,
        title: &str,
        body: &str,
        labels: &[LabelName],
        options: NewIssueOptions<'_>,
    ) -> Outcome {
        let (title, body) = match self.new_issue_without_secrets(action, title, body) {
            Ok(clean) => clean,
            Err(refused) => return refused,
        };
        let (title, body) = (&*title, &*body);
        let mut builder = CreateIssue::builder();
        builder.project(action.project_id).title(title).description(body);
        for label in labels {
            builder.label(label.as_str());
        }
        let labels = labels.iter().map(SentField::Label);
        let mut sent: Vec<SentField<'_>> =
            [SentField::Title(title), SentField::Description(body)].into_iter().chain(labels).collect();
        if options.confidential {
            builder.confidential(true);
            sent.push(SentField::Confidential(true));
        }
        if let Some(milestone) = options.milestone {
            builder.milestone_id(milestone.id);
            sent.push(SentField::Milestone(milestone));
        }
        self.create_issue(TokenPurpose::Pairing, action, &builder, body, &sent).await
    }

    /// Opens a living report.
    pub async fn open_report(&self, action: &Action, title: &str, body: &str, confidential: bool) -> Outcome {
        let (title, body) = match self.new_issue_without_secrets(action, title, body) {
            Ok(clean) => clean,
            Err(refused) => return refused,
        };
        let (title, body) = (&*title, &*body);
        let mut builder = CreateIssue::builder();
        builder.project(action.project_id).title(title).description(body).confidential(confidential);
        let sent = [SentField::Title(title), SentField::Description(body), SentField::Confidential(confidential)];
        self.create_issue(TokenPurpose::Reports, action, &builder, body, &sent).await
    }

    /// Opens an issue. An answer that does not come is looked for by the marker, never repeated blindly.
    async fn create_issue(
        &self,
        purpose: TokenPurpose,
        action: &Action,
        builder: &CreateIssueBuilder<'_>,
        body: &str,
        sent: &[SentField<'_>],
    ) -> Outcome {
        let mut tried_again = false;
        loop {
            let fault = match self.send_endpoint::<responses::Issue>(purpose, builder.build()).await {
                Ok(issue) => return self.verify_issue(&issue, sent, action),
                Err(fault) if fault.write_effect() == WriteEffect::None => {
                    return outcome_of_error(&fault, action, "open the issue");
                }
                Err(fault) => fault,
            };
            match self.find_created_issue(purpose, action, body).await {
                Ok(Some(issue)) => return self.verify_issue(&issue, sent, action),
                // It is certainly not there: one more try, and one only.
                Ok(None) if !tried_again => tried_again = true,
                Ok(None) => return outcome_of_error(&fault, action, "open the issue"),
                Err(failure) => {
                    return Outcome::Unknown(format!(
                        "cannot tell whether the issue was opened in {}: {fault}; and looking for it: {failure}",
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
        rewrite: &BlockRewrite,
        title: Option<&(String, String)>,
    ) -> Outcome {
        let also = |issue: &responses::Issue| {
            let title = title.filter(|(old, _)| issue.title == *old).map(|(_, new)| new.clone());
            ExtraChanges { title, open: None }
        };
        self.rewrite_block(TokenPurpose::Pairing, action, iid, rewrite, &[], also).await
    }

    /// Replaces the block of a living report; `state` also closes or reopens it, in the same request.
    pub async fn rewrite_report(
        &self,
        action: &Action,
        iid: u64,
        rewrite: &BlockRewrite,
        state: Option<ReportState>,
    ) -> Outcome {
        let also = |issue: &responses::Issue| {
            let wanted = state.map(|state| state == ReportState::Open);
            ExtraChanges { title: None, open: wanted.filter(|open| *open == (issue.state == "closed")) }
        };
        self.rewrite_block(TokenPurpose::Reports, action, iid, rewrite, &[], also).await
    }

    /// Appends tasks to sections below the block of a pairing issue, and replaces the block, which remembers them.
    pub async fn append_tasks(
        &self,
        action: &Action,
        iid: u64,
        rewrite: &BlockRewrite,
        tasks: &[(String, Vec<String>)],
    ) -> Outcome {
        let clean = |line: &String| self.without_secrets(line, "a task that is carried over").into_owned();
        let tasks: Vec<(String, Vec<String>)> =
            tasks.iter().map(|(heading, lines)| (heading.clone(), lines.iter().map(clean).collect())).collect();
        let also = |_: &responses::Issue| ExtraChanges { title: None, open: None };
        self.rewrite_block(TokenPurpose::Pairing, action, iid, rewrite, &tasks, also).await
    }

    /// The body is read again right before it is spliced: GitLab has no lock for issues. Another worker may have been
    /// quicker: where its block is the one that is wanted and there is nothing else to change, all is done.
    async fn rewrite_block(
        &self,
        purpose: TokenPurpose,
        action: &Action,
        iid: u64,
        BlockRewrite { old_block: seen, new_block: block, human_lines: below }: &BlockRewrite,
        tasks: &[(String, Vec<String>)],
        also: impl FnOnce(&responses::Issue) -> ExtraChanges,
    ) -> Outcome {
        let block = &match self.block_without_secrets(action, block) {
            Ok(block) => block,
            Err(refused) => return refused,
        };
        let issue: responses::Issue =
            match self.send_endpoint(purpose, Issue::builder().project(action.project_id).issue(iid).build()).await {
                Ok(issue) => issue,
                Err(fault) => return outcome_of_error(&fault, action, "read the issue again"),
            };
        let body = issue.description.clone().unwrap_or_default();
        let ExtraChanges { title, open } = also(&issue);
        let title = title.map(|title| self.without_secrets(&title, "an issue's title").into_owned());
        let title = title.filter(|title| *title != issue.title);
        match marker::parse_body(&body) {
            ParsedBody::Block(now) if now.equals_ignoring_blanks(block) && title.is_none() && open.is_none() => {
                return Outcome::Done(issue.web_url);
            }
            ParsedBody::Block(now) if now.equals_ignoring_blanks(seen) || now.equals_ignoring_blanks(block) => {}
            ParsedBody::Block(_) | ParsedBody::NoMarker | ParsedBody::Damaged { .. } => {
                return Outcome::NotTried(format!(
                    "{}#{iid} was edited meanwhile; the next run tries again",
                    action.project
                ));
            }
        }
        let body = match marker::replace_block(&body, block, below) {
            Ok(body) => body,
            Err(why) => return Outcome::Refused(FailureCause::Human, why),
        };
        let body = tasks.iter().fold(body, |body, (heading, lines)| insert_tasks(&body, heading, lines));
        // What people wrote stays byte for byte, but for a secret of this run.
        let clean = self.reader.redactor().redact_whole_secrets(&body);
        warn_of_secret(matches!(clean, Cow::Owned(_)), "an issue's description");
        let body = clean.into_owned();
        let mut edit = EditIssue::builder();
        edit.project(action.project_id).issue(iid).description(&body);
        let mut sent = vec![SentField::Description(&body)];
        if let Some(title) = &title {
            edit.title(title);
            sent.push(SentField::Title(title));
        }
        if let Some(open) = open {
            edit.state_event(if open { IssueStateEvent::Reopen } else { IssueStateEvent::Close });
            sent.push(SentField::Open(open));
        }
        self.edit_issue(purpose, action, edit.build(), &sent, "rewrite the issue").await
    }

    /// Puts a label on an issue, leaving its others alone.
    pub async fn add_label(&self, action: &Action, iid: u64, label: &LabelName) -> Outcome {
        let endpoint = EditIssue::builder().project(action.project_id).issue(iid).add_label(label.as_str()).build();
        self.edit_issue(TokenPurpose::Pairing, action, endpoint, &[SentField::Label(label)], "add the label").await
    }

    /// Puts a label on an issue that people opened. Its labels are read again right before: another label of the scope,
    /// which GitLab would take off, came meanwhile by a person's hand.
    pub async fn label_peoples_issue(&self, action: &Action, iid: u64, label: &LabelName) -> Outcome {
        let endpoint = Issue::builder().project(action.project_id).issue(iid).build();
        let issue: responses::Issue = match self.send_endpoint(TokenPurpose::Pairing, endpoint).await {
            Ok(issue) => issue,
            Err(fault) => return outcome_of_error(&fault, action, "read the issue again"),
        };
        if issue.labels.iter().any(|seen| seen == label.as_str()) {
            return Outcome::Done(issue.web_url);
        }
        if let Some(other) = find_scope_conflict(label, &issue.labels) {
            let (project, other) = (&action.project, one_line(other));
            return Outcome::NotTried(format!("{project}#{iid} carries `{other}` now, so `{label}` stays off"));
        }
        self.add_label(action, iid, label).await
    }

    /// Links an issue to another of the same project. A link that exists already is a success.
    pub async fn link_issues(&self, action: &Action, iid: u64, keep: u64) -> Outcome {
        let endpoint = CreateIssueLink::builder()
            .project(action.project_id)
            .issue(iid)
            .target_project(action.project_id)
            .target_issue(keep)
            .build();
        match self.send_endpoint::<responses::IssueLink>(TokenPurpose::Pairing, endpoint).await {
            Ok(link) if [link.source_issue.iid, link.target_issue.iid] == [iid, keep] => {
                Outcome::Done(link.source_issue.web_url)
            }
            Ok(_) => Outcome::Refused(
                FailureCause::Human,
                format!(
                    "GitLab answered that {}#{iid} is linked, and shows another link; look at both issues",
                    action.project
                ),
            ),
            Err(RequestError::Status { status: 409, .. }) => Outcome::Done(format!("{}#{iid}", action.project)),
            Err(fault) => outcome_of_error(&fault, action, "link the issue"),
        }
    }

    /// Says by an emoji that this run is about to comment on an issue. GitLab takes one of a name from an account: who
    /// comes second is told so by a 404 (`lib/api/award_emoji.rb`, `app/services/award_emojis/add_service.rb`).
    pub async fn claim_closing(&self, action: &Action, iid: u64) -> Outcome {
        let endpoint = CreateIssueAward::builder().project(action.project_id).issue(iid).name(CLAIM_EMOJI).build();
        match self.send_endpoint::<responses::AwardEmoji>(TokenPurpose::Pairing, endpoint).await {
            Ok(emoji) if emoji.name == CLAIM_EMOJI => Outcome::Done(format!("{}#{iid}", action.project)),
            Ok(_) => Outcome::Refused(
                FailureCause::Human,
                format!("GitLab answered that {}#{iid} has the emoji, and shows another one", action.project),
            ),
            Err(RequestError::Status { status: 404, message }) if message.contains("already been taken") => {
                Outcome::NotTried(format!("another run is about to close {}#{iid}", action.project))
            }
            Err(fault) => outcome_of_error(&fault, action, "mark the issue"),
        }
    }

    /// Comments on the issue of a session that is over. An answer that does not come is looked for, never repeated
    /// blindly.
    pub async fn comment_on_session(&self, action: &Action, iid: u64, text: &str) -> Outcome {
        let text = &*self.without_secrets(text, "a comment");
        let done = || Outcome::Done(format!("{}#{iid}", action.project));
        let mut tried_again = false;
        loop {
            let endpoint = CreateIssueNote::builder().project(action.project_id).issue(iid).body(text).build();
            let fault = match self.send_endpoint::<responses::Note>(TokenPurpose::Pairing, endpoint).await {
                Ok(note) => return write_verification::verify_comment(&note, text, action, done()),
                Err(fault) if fault.write_effect() == WriteEffect::None => {
                    return outcome_of_error(&fault, action, "comment on the issue");
                }
                Err(fault) => fault,
            };
            match self.has_own_closing_comment(action, iid).await {
                Ok(true) => return done(),
                // It is certainly not there: one more try, and one only.
                Ok(false) if !tried_again => tried_again = true,
                Ok(false) => return outcome_of_error(&fault, action, "comment on the issue"),
                Err(failure) => {
                    return Outcome::Unknown(format!(
                        "cannot tell whether {}#{iid} has its comment: {fault}; and looking for it: {failure}",
                        action.project
                    ));
                }
            }
        }
    }

    /// Looks for the comment that this account may have written, three times with growing waits.
    async fn has_own_closing_comment(&self, action: &Action, iid: u64) -> Result<bool, RequestError> {
        let own = match self.reader.read_current_user(TokenPurpose::Pairing).await {
            Observed::Present(account) => account.id,
            Observed::Absent => return Ok(false),
            Observed::Unknown(failure) => return Err(RequestError::NoAnswer(failure.why)),
        };
        for wait in FIND_WAITS {
            tokio::time::sleep(wait).await;
            let notes = self.reader.list_notes(action.project_id, iid).await?;
            if notes.iter().any(|note| note.author.id == own && is_closing_note(note)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Closes an issue of the pairing project.
    pub async fn close_issue(&self, action: &Action, iid: u64) -> Outcome {
        let endpoint =
            EditIssue::builder().project(action.project_id).issue(iid).state_event(IssueStateEvent::Close).build();
        self.edit_issue(TokenPurpose::Pairing, action, endpoint, &[SentField::Open(false)], "close the issue").await
    }

    async fn edit_issue(
        &self,
        purpose: TokenPurpose,
        action: &Action,
        endpoint: Result<EditIssue<'_>, impl Display + Send>,
        sent: &[SentField<'_>],
        verb: &str,
    ) -> Outcome {
        match self.send_endpoint::<responses::Issue>(purpose, endpoint).await {
            Ok(issue) => self.verify_issue(&issue, sent, action),
            Err(fault) => outcome_of_error(&fault, action, verb),
        }
    }

    /// What became of a write, by the issue that came back.
    fn verify_issue(&self, issue: &responses::Issue, sent: &[SentField<'_>], action: &Action) -> Outcome {
        write_verification::verify_issue(
            issue,
            sent,
            action,
            self.reader.cached_project_by_current_path(&action.project).as_ref(),
        )
    }

    /// Looks for the issue that carries the marker of `body`, three times with growing waits.
    async fn find_created_issue(
        &self,
        purpose: TokenPurpose,
        action: &Action,
        body: &str,
    ) -> Result<Option<responses::Issue>, RequestError> {
        let ParsedBody::Block(wanted) = marker::parse_body(body) else { return Ok(None) };
        let author = match self.reader.read_current_user(purpose).await {
            Observed::Present(account) => account.id,
            Observed::Absent => return Ok(None),
            Observed::Unknown(failure) => return Err(RequestError::NoAnswer(failure.why)),
        };
        let by_the_server =
            self.reader.last_agreed_time().and_then(|now| now.checked_sub_signed(super::CREATED_WITHIN));
        let since = by_the_server.map_or(self.created_since, |since| since.min(self.created_since));
        for wait in FIND_WAITS {
            tokio::time::sleep(wait).await;
            let endpoint = ProjectIssues::builder()
                .project(action.project_id)
                .author(author)
                .created_after(since)
                .order_by(IssueOrderBy::CreatedAt)
                .sort(SortOrder::Descending)
                .build()
                .map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
            let issues: Vec<responses::Issue> =
                paging::list_all(self.reader.transport(purpose), &endpoint, Pagination::WithTotal).await?;
            let found = issues.into_iter().filter(|issue| {
                let body = issue.description.as_deref().unwrap_or_default();
                matches!(marker::parse_body(body), ParsedBody::Block(block) if block.marker == wanted.marker)
            });
            if let Some(issue) = found.min_by_key(|issue| issue.iid) {
                return Ok(Some(issue));
            }
        }
        Ok(None)
    }

    /// A text that podkeeper made, as it may leave: no secret of this run, nor what looks like somebody's token, is
    /// written where many people read it.
    fn without_secrets<'t>(&self, text: &'t str, what: &str) -> Cow<'t, str> {
        let clean = self.reader.redactor().redact(text);
        warn_of_secret(matches!(clean, Cow::Owned(_)), what);
        clean
    }

    /// Title and body of an issue to be opened, without secrets. A marker cannot lose one: the issue would never be
    /// found again.
    fn new_issue_without_secrets<'t>(
        &self,
        action: &Action,
        title: &'t str,
        body: &'t str,
    ) -> Result<(Cow<'t, str>, Cow<'t, str>), Outcome> {
        let title = self.without_secrets(title, "an issue's title");
        let Cow::Owned(clean) = self.without_secrets(body, "an issue's description") else {
            return Ok((title, Cow::Borrowed(body)));
        };
        let ParsedBody::Block(block) = marker::parse_body(body) else { return Ok((title, Cow::Owned(clean))) };
        let block = clean_block(&clean, &block.marker).ok_or_else(|| refuse_secret_in_marker(action))?;
        let body = marker::replace_block(&clean, &block, "").map_err(|_damaged| refuse_secret_in_marker(action))?;
        Ok((title, Cow::Owned(body)))
    }

    /// A block without secrets, which is another one only where it held some.
    fn block_without_secrets(&self, action: &Action, block: &ManagedBlock) -> Result<ManagedBlock, Outcome> {
        let text = marker::render_block(block);
        let Cow::Owned(clean) = self.without_secrets(&text, "an issue's description") else { return Ok(block.clone()) };
        clean_block(&clean, &block.marker).ok_or_else(|| refuse_secret_in_marker(action))
    }

    async fn send_endpoint<T: DeserializeOwned + 'static>(
        &self,
        purpose: TokenPurpose,
        endpoint: Result<impl Endpoint + Sync + Send, impl Display + Send>,
    ) -> Result<T, RequestError> {
        let endpoint = endpoint.map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
        endpoint.query_async(self.reader.transport(purpose)).await.map_err(from_api_error)
    }
}

fn warn_of_secret(was_there: bool, what: &str) {
    if was_there {
        tracing::warn!("a secret stood in {what} that was to be written to GitLab; [redacted] stands in its place");
    }
}

/// The block of a text that lost secrets, where it still carries its marker; its lines are podkeeper's as they are now.
fn clean_block(text: &str, marker: &Marker) -> Option<ManagedBlock> {
    match marker::parse_body(text) {
        ParsedBody::Block(block) if block.marker == *marker => {
            Some(ManagedBlock::new(block.marker, block.text, block.state))
        }
        _ => None,
    }
}

fn refuse_secret_in_marker(action: &Action) -> Outcome {
    let sentence = format!(
        "nothing was written in {}: a secret of this run stands in the issue's marker; name the pod and its slots \
         otherwise, and rotate the secret",
        action.project
    );
    Outcome::Refused(FailureCause::Human, sentence)
}

fn outcome_of_error(fault: &RequestError, action: &Action, verb: &str) -> Outcome {
    let sentence = format!("cannot {verb} in {}: {fault}; {}", action.project, fault.advice());
    match fault.write_effect() {
        WriteEffect::None => Outcome::Refused(fault.cause(), sentence),
        WriteEffect::Unknown => Outcome::Unknown(sentence),
    }
}
