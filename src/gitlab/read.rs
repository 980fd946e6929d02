//! Everything podkeeper reads from GitLab. Each read says what it saw, or that it could not see.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ::gitlab::api::common::{NameOrId, SortOrder};
use ::gitlab::api::issues::{IssueOrderBy, IssueSearchScope, ProjectIssues};
use ::gitlab::api::projects::issues::IssueResourceLabelEvents;
use ::gitlab::api::projects::issues::awards::IssueAwards;
use ::gitlab::api::projects::issues::links::IssueLinks;
use ::gitlab::api::projects::issues::notes::IssueNotes;
use ::gitlab::api::projects::labels::Label;
use ::gitlab::api::projects::repository::files::FileRaw;
use ::gitlab::api::users::CurrentUser;
use ::gitlab::api::{AsyncQuery, Endpoint, RestClient as _};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;

use super::endpoints::{ActiveMilestones, IssueStateEvents, LabelSearch};
use super::error::{RequestError, to_observed};
use super::listings::{ListingKey, Listings};
use super::paging::{self, Pagination};
use super::projects::ProjectCache;
use super::transport::{Transport, from_api_error, header_text};
use super::{Redactor, RequestLog, TokenPurpose, responses};
use crate::pod::label::LabelName;
use crate::pod::marker;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::snapshot::{
    Account, LabelLevel, LabelledIssues, Milestone, ObservedClosing, ObservedIssue, Project, ProjectLabel,
};
use crate::pod::text::Untrusted;

/// Reads; has no way to write.
#[derive(Clone)]
pub struct Reader {
    transports: BTreeMap<TokenPurpose, Arc<Transport>>,
    request_log: Arc<RequestLog>,
    /// Asked once a run.
    pub(super) project_cache: ProjectCache,
    /// Who podkeeper is, by client: asked once a run.
    accounts: Arc<tokio::sync::Mutex<BTreeMap<TokenPurpose, Account>>>,
    /// What was listed in this part of the run.
    pub(super) listings: Arc<Listings>,
    /// The readers of other instances.
    other_instances: Arc<BTreeMap<String, Reader>>,
}

/// Which issues of a project to list.
#[derive(Debug, Clone, Copy)]
pub enum IssueFilter<'a> {
    /// Those that an account opened.
    ByAuthorId(u64),
    /// Those that a user name opened.
    ByUsername(&'a str),
    /// Those that carry a label.
    WithLabel(&'a str),
    /// All of them.
    All,
    /// Those of other accounts than this whose description speaks of podkeeper. Only this is a search, because there is
    /// no list of what unknown accounts opened: podkeeper's own issues are never looked for in this way.
    MentionsByOthers(u64),
}

/// What every block shows, so that GitLab's search finds it; it leaves comments out of what it searches.
const SEARCH_TERM: &str = "podkeeper";

/// The emoji by which a run says that it is about to comment on an issue.
pub(super) const CLAIM_EMOJI: &str = "checkered_flag";

impl Reader {
    pub(super) fn new(transports: BTreeMap<TokenPurpose, Arc<Transport>>, counts: Arc<RequestLog>) -> Self {
        Self {
            transports,
            request_log: counts,
            project_cache: ProjectCache::default(),
            accounts: Arc::default(),
            listings: Arc::default(),
            other_instances: Arc::default(),
        }
    }

    /// The same reader, which also knows the readers of other instances by the hosts that links name. Each keeps its
    /// own client and token; nothing but links to those hosts is asked of them.
    #[must_use]
    pub fn with_other_instances(mut self, others: BTreeMap<String, Reader>) -> Self {
        self.other_instances = Arc::new(others);
        self
    }

    /// The readers of other instances, by host.
    pub fn other_instances(&self) -> &BTreeMap<String, Reader> {
        &self.other_instances
    }

    /// How many requests were sent so far, those of other instances not among them.
    pub fn request_log(&self) -> &RequestLog {
        &self.request_log
    }

    /// The time by GitLab's clock when this run began, where this machine's clock said `own` then: what its answers so
    /// far agree on (`Date`, RFC 9110, section 6.6.1). Absent: none of them names a date. Unknown: they disagree.
    pub fn agreed_start_time(&self, own: DateTime<Utc>) -> Observed<DateTime<Utc>> {
        self.request_log.agreed_start_time(own)
    }

    /// What the answers agreed on when they were asked last; see [`Reader::agreed_start_time`].
    pub(super) fn last_agreed_time(&self) -> Option<DateTime<Utc>> {
        self.request_log.last_agreed_time()
    }

    /// Who the token for a purpose belongs to.
    pub async fn read_current_user(&self, purpose: TokenPurpose) -> Observed<Account> {
        // Held while asking, so that two who ask at once ask once.
        let mut accounts = self.accounts.lock().await;
        let client = self.client_representative(purpose);
        if let Some(known) = accounts.get(&client) {
            return Observed::Present(known.clone());
        }
        let found = match CurrentUser::builder().build() {
            Ok(endpoint) => self.send_endpoint::<responses::User>(purpose, &endpoint).await,
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        let found = to_observed(found, "the account that the token belongs to").map(to_account);
        if let Observed::Present(account) = &found {
            accounts.insert(client, account.clone());
        }
        found
    }

    /// The first of the purposes that share this one's client, and so its token.
    pub(super) fn client_representative(&self, purpose: TokenPurpose) -> TokenPurpose {
        let shared = |other: &TokenPurpose| Arc::ptr_eq(&self.transports[other], &self.transports[&purpose]);
        TokenPurpose::ALL.into_iter().find(shared).unwrap_or(purpose)
    }

    /// A file of a repository, as text; our own secrets are taken out of it on the way in.
    ///
    /// Absent only when the project itself was seen: a project that is hidden proves nothing about its files.
    pub async fn read_text_file(
        &self,
        purpose: TokenPurpose,
        project: &str,
        path: &str,
        git_ref: &str,
    ) -> Observed<String> {
        match self.read_file(purpose, project, path, git_ref).await {
            Observed::Present(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Observed::Present(self.without_secrets(text)),
                Err(_) => Observed::Unknown(ReadFailure {
                    what: format!("the file {path} at {git_ref} in {project}"),
                    why: "it is not UTF-8 text; save it as UTF-8".to_owned(),
                    cause: FailureCause::Human,
                }),
            },
            Observed::Absent => Observed::Absent,
            Observed::Unknown(failure) => Observed::Unknown(failure),
        }
    }

    /// A file of a repository, as bytes; see [`Reader::read_text_file`].
    pub async fn read_file(
        &self,
        purpose: TokenPurpose,
        project: &str,
        path: &str,
        git_ref: &str,
    ) -> Observed<Vec<u8>> {
        let what = || format!("the file {path} at {git_ref} in {project}");
        let mut found = self.request_file(purpose, self.name_or_id(purpose, project), path, git_ref).await;
        if let Err(RequestError::Redirected { project_id: Some(id), .. }) = found {
            found = self.request_file(purpose, NameOrId::from(id), path, git_ref).await;
        }
        match found {
            Ok(bytes) => Observed::Present(bytes),
            Err(fault) if fault.is_not_found() => match self.read_project(purpose, project).await {
                Observed::Present(_) => Observed::Absent,
                Observed::Absent => Observed::Unknown(ReadFailure {
                    what: what(),
                    why: self.missing_project_text(purpose, project).await,
                    cause: FailureCause::Unavailable,
                }),
                Observed::Unknown(failure) => Observed::Unknown(failure),
            },
            Err(fault) => Observed::Unknown(fault.to_code_read_failure(what())),
        }
    }

    async fn request_file(
        &self,
        purpose: TokenPurpose,
        project: NameOrId<'_>,
        path: &str,
        git_ref: &str,
    ) -> Result<Vec<u8>, RequestError> {
        let endpoint = FileRaw::builder()
            .project(project)
            .file_path(path)
            .ref_(git_ref)
            .build()
            .map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
        let transport = self.transport(purpose);
        let mut url = transport.rest_endpoint(&endpoint.endpoint()).map_err(from_api_error)?;
        endpoint.parameters().add_to_url(&mut url);
        let response = transport.send(&Method::GET, &url, None).await?;
        check_file_size(response.headers(), response.body())?;
        Ok(response.into_body().into())
    }

    /// A label of a project or of a group above it, by its exact name.
    pub async fn read_label(&self, project: &Project, name: &str) -> Observed<ProjectLabel> {
        let endpoint = Label::builder().project(project.id).label(name).build();
        let found: Result<responses::Label, RequestError> = match endpoint {
            Ok(endpoint) => self.send_endpoint(TokenPurpose::Pairing, &endpoint).await,
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        match to_observed(found, format!("the label {name} in {}", project.path)) {
            // Another spelling is another label.
            Observed::Present(label) if label.name != name => Observed::Absent,
            seen => seen.map(to_project_label),
        }
    }

    /// The labels of a project and of the groups above it whose names resemble one that is not there. It is no listing
    /// to its end: what is not among them may be there all the same.
    pub async fn search_similar_labels(&self, project: &Project, name: &LabelName) -> Observed<Vec<ProjectLabel>> {
        let mut found = BTreeMap::new();
        for term in name.search_terms() {
            let endpoint = LabelSearch { project_id: project.id, term, with_counts: false };
            let labels: Result<Vec<responses::Label>, RequestError> =
                self.send_endpoint(TokenPurpose::Pairing, &endpoint).await;
            match labels {
                Ok(labels) => {
                    found.extend(labels.into_iter().map(|label| (label.name.clone(), to_project_label(label))));
                }
                Err(fault) => {
                    return Observed::Unknown(fault.to_read_failure(format!("the labels of {}", project.path)));
                }
            }
        }
        Observed::Present(found.into_values().collect())
    }

    /// The active milestone of a project, or of a group above it, by its exact title; the project's own comes first.
    pub async fn read_milestone(&self, project: &Project, title: &str) -> Observed<Milestone> {
        let endpoint = ActiveMilestones { project_id: project.id, title };
        let found: Result<Vec<responses::Milestone>, RequestError> =
            self.send_endpoint(TokenPurpose::Pairing, &endpoint).await;
        match found {
            Ok(found) => {
                let exact = found.into_iter().find(|milestone| milestone.title == title);
                exact
                    .map_or(Observed::Absent, |found| Observed::Present(Milestone { id: found.id, title: found.title }))
            }
            Err(fault) => Observed::Unknown(fault.to_read_failure(format!("the milestones of {}", project.path))),
        }
    }

    /// From now on issues are listed anew: a part of the run begins, and the ones before took their time.
    pub fn begin_part(&self) {
        self.listings.begin_part();
    }

    /// Issues of a project, or those that were opened after `since`, in every state, oldest first. They are listed once
    /// for all pods that ask, until something is written or another part of the run begins.
    ///
    /// podkeeper's own issues by listing, because the search index lags behind what was written; only those of other
    /// accounts are searched for.
    pub async fn list_issues(
        &self,
        purpose: TokenPurpose,
        project: &Project,
        filter: IssueFilter<'_>,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<ObservedIssue>, ReadFailure> {
        let listing = self.listings.listing(ListingKey {
            client: self.client_representative(purpose),
            project_id: project.id,
            filter: format!("{filter:?}"),
            since,
            writes: self.request_log.write_count(),
            part: self.listings.part(),
        });
        listing.get_or_try_init(|| self.request_issues(purpose, project, filter, since)).await.cloned()
    }

    async fn request_issues(
        &self,
        purpose: TokenPurpose,
        project: &Project,
        filter: IssueFilter<'_>,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<ObservedIssue>, ReadFailure> {
        let mut builder = ProjectIssues::builder();
        builder.project(project.id).order_by(IssueOrderBy::CreatedAt).sort(SortOrder::Ascending);
        if let Some(since) = since {
            builder.created_after(since);
        }
        // The crate knows no negated filters.
        let mut without = None;
        let whose = match filter {
            IssueFilter::ByAuthorId(id) => {
                builder.author(id);
                "podkeeper's own issues".to_owned()
            }
            IssueFilter::ByUsername(name) => {
                builder.author(name);
                format!("the issues by {name}")
            }
            IssueFilter::WithLabel(label) => {
                builder.label(label.to_owned());
                format!("the issues with label {label}")
            }
            IssueFilter::All => "the recent issues".to_owned(),
            IssueFilter::MentionsByOthers(id) => {
                builder.search(SEARCH_TERM).search_in(IssueSearchScope::Description);
                without = Some(id);
                "the issues of other accounts that speak of podkeeper".to_owned()
            }
        };
        let listed: Result<Vec<responses::Issue>, RequestError> = match builder.build() {
            Ok(endpoint) => paging::list_all(self.transport(purpose), &endpoint, Pagination::WithTotal).await,
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        match listed {
            Ok(issues) => {
                let wanted = issues.into_iter().filter(|issue| Some(issue.author.id) != without);
                Ok(wanted.map(to_observed_issue).collect())
            }
            Err(fault) => Err(fault.to_read_failure(format!("{whose} in {}", project.path))),
        }
    }

    /// How often a label was taken off an issue, under any of the names that it has had. Another of them that is put on in
    /// the same moment takes its place, so that is no removal.
    pub async fn count_label_removals(&self, project: &Project, iid: u64, names: &BTreeSet<String>) -> Observed<usize> {
        let endpoint = IssueResourceLabelEvents::builder().project(project.id).issue(iid).build();
        let events: Result<Vec<responses::LabelEvent>, RequestError> = match endpoint {
            Ok(endpoint) => {
                paging::list_all(self.transport(TokenPurpose::Pairing), &endpoint, Pagination::Filtered).await
            }
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        to_observed(events, format!("the label history of {}#{iid}", project.path)).map(|events| {
            let name_of = |event: &responses::LabelEvent| event.label.as_ref().map(|label| label.name.clone());
            let is_of = |event: &&responses::LabelEvent, action: &str| {
                event.action == action && name_of(event).is_some_and(|name| names.contains(&name))
            };
            let added: Vec<_> = events.iter().filter(|event| is_of(event, "add")).collect();
            let is_replaced = |removed: &responses::LabelEvent| {
                added.iter().any(|other| {
                    let times = removed.created_at.zip(other.created_at);
                    name_of(other) != name_of(removed) && times.is_some_and(|(a, b)| (a - b).abs() < REPLACED_WITHIN)
                })
            };
            events.iter().filter(|event| is_of(event, "remove") && !is_replaced(event)).count()
        })
    }

    /// The issues of the same project that an issue is linked to.
    pub async fn list_linked_iids(&self, project: &Project, iid: u64) -> Observed<BTreeSet<u64>> {
        let endpoint = IssueLinks::builder().project(project.id).issue(iid).build();
        let links: Result<Vec<responses::LinkedIssue>, RequestError> = match endpoint {
            Ok(endpoint) => {
                paging::list_all(self.transport(TokenPurpose::Pairing), &endpoint, Pagination::Unpaged).await
            }
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        to_observed(links, format!("the links of {}#{iid}", project.path))
            .map(|links| links.iter().filter(|link| link.project_id == project.id).map(|link| link.iid).collect())
    }

    /// What podkeeper has done towards the closing of an issue: its comment, and the emoji before it.
    pub async fn read_closing(
        &self,
        project: &Project,
        iid: u64,
        is_bot: impl Fn(&Account) -> bool,
    ) -> Observed<ObservedClosing> {
        let what = format!("the comments of {}#{iid}", project.path);
        let (notes, emoji, states) = tokio::join!(
            self.list_notes(project.id, iid),
            self.list_emoji(project.id, iid),
            self.list_state_events(project.id, iid)
        );
        let all = notes.and_then(|notes| Ok((notes, emoji?, states?)));
        to_observed(all, what).map(|(notes, emoji, mut states)| {
            states.sort_by_key(|event| event.id);
            let by_bot = |user: responses::User| is_bot(&to_account(user));
            let mut was_closed = false;
            let mut was_reopened = false;
            for event in states {
                was_reopened |= was_closed && event.state == "reopened";
                was_closed |= event.state == "closed" && event.user.is_some_and(by_bot);
            }
            let is_claim = |one: &responses::AwardEmoji| one.name == CLAIM_EMOJI;
            let claims = emoji.into_iter().filter(is_claim).map(|one| (to_account(one.user), one.created_at));
            ObservedClosing {
                has_comment: notes.into_iter().any(|note| is_closing_note(&note) && is_bot(&to_account(note.author))),
                claimed_at: claims.filter(|(account, _)| is_bot(account)).map(|(_, at)| at).min(),
                was_reopened,
            }
        })
    }

    pub(super) async fn list_notes(&self, project: u64, iid: u64) -> Result<Vec<responses::Note>, RequestError> {
        let endpoint = IssueNotes::builder().project(project).issue(iid).build();
        let endpoint = endpoint.map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
        paging::list_all(self.transport(TokenPurpose::Pairing), &endpoint, Pagination::Filtered).await
    }

    async fn list_state_events(&self, project_id: u64, iid: u64) -> Result<Vec<responses::StateEvent>, RequestError> {
        let endpoint = IssueStateEvents { project_id, iid };
        paging::list_all(self.transport(TokenPurpose::Pairing), &endpoint, Pagination::WithTotal).await
    }

    async fn list_emoji(&self, project: u64, iid: u64) -> Result<Vec<responses::AwardEmoji>, RequestError> {
        let endpoint = IssueAwards::builder().project(project).issue(iid).build();
        let endpoint = endpoint.map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
        paging::list_all(self.transport(TokenPurpose::Pairing), &endpoint, Pagination::WithTotal).await
    }

    pub(super) fn without_secrets(&self, text: String) -> String {
        let clean = match self.redactor().redact_tokens(&text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(clean),
        };
        clean.unwrap_or(text)
    }

    /// Knows the secrets of the run.
    pub(super) fn redactor(&self) -> &Redactor {
        self.transport(TokenPurpose::Pairing).redactor()
    }

    pub(super) fn transport(&self, purpose: TokenPurpose) -> &Transport {
        &self.transports[&purpose]
    }

    pub(super) async fn send_endpoint<T: DeserializeOwned + 'static>(
        &self,
        purpose: TokenPurpose,
        endpoint: &(impl Endpoint + Sync),
    ) -> Result<T, RequestError> {
        endpoint.query_async(self.transport(purpose)).await.map_err(from_api_error)
    }
}

/// Whether a comment is the one with which an issue is closed, whoever wrote it.
pub(super) fn is_closing_note(note: &responses::Note) -> bool {
    !note.system && marker::is_closing_comment(&note.body)
}

/// Of a label that takes another one's place GitLab writes both events with one time
/// (`app/services/resource_events/change_labels_service.rb`); two requests of a person are further apart.
const REPLACED_WITHIN: TimeDelta = TimeDelta::seconds(2);

/// A file as it is has no bracket at its end that proves it whole; GitLab says how long it is (GitLab docs,
/// "Repository files API": `X-Gitlab-Size`).
fn check_file_size(headers: &HeaderMap, bytes: &[u8]) -> Result<(), RequestError> {
    match header_text(headers, "x-gitlab-size").and_then(|size| size.trim().parse::<usize>().ok()) {
        Some(size) if size != bytes.len() => {
            Err(RequestError::Unreadable(format!("{} of its {size} bytes came", bytes.len())))
        }
        _ => Ok(()),
    }
}

pub(super) fn to_observed_issue(issue: responses::Issue) -> ObservedIssue {
    let body = issue.description.unwrap_or_default();
    ObservedIssue {
        iid: issue.iid,
        title: Untrusted::new(issue.title),
        url: issue.web_url,
        author: to_account(issue.author),
        assignees: issue.assignees.into_iter().map(to_account).collect(),
        open: issue.state != "closed",
        confidential: issue.confidential,
        locked: issue.discussion_locked.unwrap_or(false),
        labels: issue.labels,
        due: issue.due_date,
        created_at: issue.created_at,
        updated_at: issue.updated_at,
        closed_at: issue.closed_at,
        parsed_body: marker::parse_body(&body),
        has_human_activity: issue.user_notes_count > 0
            || issue.task_completion_status.is_some_and(|tasks| tasks.completed_count > 0),
        label_removals: not_looked_up(),
        linked_iids: not_looked_up(),
        body,
    }
}

pub(super) fn to_project_label(label: responses::Label) -> ProjectLabel {
    let level = |of_project| if of_project { LabelLevel::Project } else { LabelLevel::Group };
    let counts = label.open_issues_count.zip(label.closed_issues_count);
    ProjectLabel {
        name: label.name,
        archived: label.archived,
        color: label.color,
        description: Some(label.description.unwrap_or_default()),
        level: label.is_of_project.map(level),
        issues: counts.map(|(open, closed)| LabelledIssues { open, closed }),
    }
}

fn to_account(user: responses::User) -> Account {
    Account { id: user.id, username: user.username }
}

/// Stands where collecting saw no need to look; deciding treats it as not seen.
fn not_looked_up<T>() -> Observed<T> {
    Observed::Unknown(ReadFailure {
        what: String::new(),
        why: "not looked up".to_owned(),
        cause: FailureCause::Unavailable,
    })
}
