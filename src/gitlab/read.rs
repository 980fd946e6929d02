//! Everything podkeeper reads from GitLab. Each read says what it saw, or that it could not see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ::gitlab::api::common::{NameOrId, SortOrder};
use ::gitlab::api::issues::{IssueOrderBy, IssueSearchScope, ProjectIssues};
use ::gitlab::api::projects::issues::IssueResourceLabelEvents;
use ::gitlab::api::projects::issues::links::IssueLinks;
use ::gitlab::api::projects::labels::Label;
use ::gitlab::api::projects::repository::files::FileRaw;
use ::gitlab::api::users::CurrentUser;
use ::gitlab::api::{AsyncQuery, Endpoint, RestClient as _};
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;

use super::error::{Fault, observed};
use super::paging::{self, Pages};
use super::projects::Projects;
use super::transport::{Transport, fault_of, header};
use super::{Counts, Purpose, wire};
use crate::pod::marker;
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::snapshot::{Account, LabelSeen, PairingIssue, Project};
use crate::pod::text::Untrusted;

/// Reads; has no way to write.
#[derive(Clone)]
pub struct Reader {
    transports: BTreeMap<Purpose, Arc<Transport>>,
    counts: Arc<Counts>,
    /// Asked once a run.
    pub(super) projects: Projects,
    /// Who podkeeper is, by client: asked once a run.
    accounts: Arc<tokio::sync::Mutex<BTreeMap<Purpose, Account>>>,
    /// The readers of other instances.
    others: Arc<BTreeMap<String, Reader>>,
}

/// Which issues of a project to list.
#[derive(Debug, Clone, Copy)]
pub enum IssueFilter<'a> {
    /// Those that an account opened.
    ByAuthor(u64),
    /// Those that a user name opened.
    ByUsername(&'a str),
    /// Those that carry a label.
    WithLabel(&'a str),
    /// Those of other accounts than this whose description speaks of podkeeper. Only this is a search, because there is no
    /// list of what unknown accounts opened: podkeeper's own issues are never looked for in this way.
    OfOthers(u64),
}

/// What every block shows, so that GitLab's search finds it; it leaves comments out of what it searches.
const SIGN: &str = "podkeeper";

impl Reader {
    pub(super) fn new(transports: BTreeMap<Purpose, Arc<Transport>>, counts: Arc<Counts>) -> Self {
        Self { transports, counts, projects: Projects::default(), accounts: Arc::default(), others: Arc::default() }
    }

    /// The same reader, which also knows the readers of other instances by the hosts that links name. Each keeps its own
    /// client and token; nothing but links to those hosts is asked of them.
    #[must_use]
    pub fn with_others(mut self, others: BTreeMap<String, Reader>) -> Self {
        self.others = Arc::new(others);
        self
    }

    /// The readers of other instances, by host.
    pub fn others(&self) -> &BTreeMap<String, Reader> {
        &self.others
    }

    /// How many requests were sent so far, those of other instances not among them.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The time by GitLab's clock when this run began, where this machine's clock said `own` then: what its answers so
    /// far agree on (`Date`, RFC 9110, section 6.6.1). Absent: none of them names a date. Unknown: they disagree.
    pub fn server_now(&self, own: DateTime<Utc>) -> Observed<DateTime<Utc>> {
        self.counts.server_now(own)
    }

    /// What the answers agreed on when they were asked last; see [`Reader::server_now`].
    pub(super) fn agreed_now(&self) -> Option<DateTime<Utc>> {
        self.counts.agreed_now()
    }

    /// Who the token for a purpose belongs to.
    pub async fn account(&self, purpose: Purpose) -> Observed<Account> {
        // Held while asking, so that two who ask at once ask once.
        let mut accounts = self.accounts.lock().await;
        let client = self.client(purpose);
        if let Some(known) = accounts.get(&client) {
            return Observed::Present(known.clone());
        }
        let found = match CurrentUser::builder().build() {
            Ok(endpoint) => self.query::<wire::User>(purpose, &endpoint).await,
            Err(error) => Err(Fault::NotMade(error.to_string())),
        };
        let found = observed(found, "the account that the token belongs to")
            .map(|user| Account { id: user.id, username: user.username });
        if let Observed::Present(account) = &found {
            accounts.insert(client, account.clone());
        }
        found
    }

    /// The first of the purposes that share this one's client, and so its token.
    pub(super) fn client(&self, purpose: Purpose) -> Purpose {
        let shared = |other: &Purpose| Arc::ptr_eq(&self.transports[other], &self.transports[&purpose]);
        Purpose::ALL.into_iter().find(shared).unwrap_or(purpose)
    }

    /// A file of a repository, as text; our own secrets are taken out of it on the way in.
    ///
    /// Absent only when the project itself was seen: a project that is hidden proves nothing about its files.
    pub async fn file(&self, purpose: Purpose, project: &str, path: &str, git_ref: &str) -> Observed<String> {
        match self.bytes(purpose, project, path, git_ref).await {
            Observed::Present(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Observed::Present(self.without_secrets(text)),
                Err(_) => Observed::Unknown(Blind {
                    what: format!("the file {path} at {git_ref} in {project}"),
                    why: "it is not UTF-8 text; save it as UTF-8".to_owned(),
                    cause: Cause::Human,
                }),
            },
            Observed::Absent => Observed::Absent,
            Observed::Unknown(blind) => Observed::Unknown(blind),
        }
    }

    /// A file of a repository, as bytes; see [`Reader::file`].
    pub async fn bytes(&self, purpose: Purpose, project: &str, path: &str, git_ref: &str) -> Observed<Vec<u8>> {
        let what = || format!("the file {path} at {git_ref} in {project}");
        let mut found = self.file_at(purpose, self.name_or_id(purpose, project), path, git_ref).await;
        if let Err(Fault::Redirected { project_id: Some(id), .. }) = found {
            found = self.file_at(purpose, NameOrId::from(id), path, git_ref).await;
        }
        match found {
            Ok(bytes) => Observed::Present(bytes),
            Err(fault) if fault.is_not_found() => match self.project(purpose, project).await {
                Observed::Present(_) => Observed::Absent,
                Observed::Absent => Observed::Unknown(Blind {
                    what: what(),
                    why: "the project is not there or not visible to this token; check its path and the token's access"
                        .to_owned(),
                    cause: Cause::Unavailable,
                }),
                Observed::Unknown(blind) => Observed::Unknown(blind),
            },
            Err(fault) => Observed::Unknown(fault.blind_to_code(what())),
        }
    }

    async fn file_at(
        &self,
        purpose: Purpose,
        project: NameOrId<'_>,
        path: &str,
        git_ref: &str,
    ) -> Result<Vec<u8>, Fault> {
        let endpoint = FileRaw::builder()
            .project(project)
            .file_path(path)
            .ref_(git_ref)
            .build()
            .map_err(|error| Fault::NotMade(error.to_string()))?;
        let transport = self.transport(purpose);
        let mut url = transport.rest_endpoint(&endpoint.endpoint()).map_err(fault_of)?;
        endpoint.parameters().add_to_url(&mut url);
        let response = transport.send(&Method::GET, &url, None).await?;
        whole(response.headers(), response.body())?;
        Ok(response.into_body().into())
    }

    /// A label of a project or of a group above it, by its exact name.
    pub async fn label(&self, project: &Project, name: &str) -> Observed<LabelSeen> {
        let endpoint = Label::builder().project(project.id).label(name).build();
        let found: Result<wire::Label, Fault> = match endpoint {
            Ok(endpoint) => self.query(Purpose::Pairing, &endpoint).await,
            Err(error) => Err(Fault::NotMade(error.to_string())),
        };
        match observed(found, format!("the label {name} in {}", project.path)) {
            // Another spelling is another label.
            Observed::Present(label) if label.name != name => Observed::Absent,
            seen => seen.map(|label| LabelSeen { name: label.name, archived: label.archived }),
        }
    }

    /// Issues of a project, or those that were opened after `since`, in every state, oldest first.
    ///
    /// By listing, never by search: the search index lags behind what was written.
    pub async fn issues(
        &self,
        purpose: Purpose,
        project: &Project,
        filter: IssueFilter<'_>,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<PairingIssue>, Blind> {
        let mut builder = ProjectIssues::builder();
        builder.project(project.id).order_by(IssueOrderBy::CreatedAt).sort(SortOrder::Ascending);
        if let Some(since) = since {
            builder.created_after(since);
        }
        // The crate knows no negated filters.
        let mut without = None;
        let whose = match filter {
            IssueFilter::ByAuthor(id) => {
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
            IssueFilter::OfOthers(id) => {
                builder.search(SIGN).search_in(IssueSearchScope::Description);
                without = Some(id);
                "the issues of other accounts that speak of podkeeper".to_owned()
            }
        };
        let listed: Result<Vec<wire::Issue>, Fault> = match builder.build() {
            Ok(endpoint) => paging::all(self.transport(purpose), &endpoint, Pages::Counted).await,
            Err(error) => Err(Fault::NotMade(error.to_string())),
        };
        match listed {
            Ok(issues) => {
                let kept = issues.into_iter().filter(|issue| Some(issue.author.id) != without);
                Ok(kept.map(pairing_issue).collect())
            }
            Err(fault) => Err(fault.blind(format!("{whose} in {}", project.path))),
        }
    }

    /// How often a label was taken off an issue.
    pub async fn label_removals(&self, project: &Project, iid: u64, label: &str) -> Observed<usize> {
        let endpoint = IssueResourceLabelEvents::builder().project(project.id).issue(iid).build();
        let events: Result<Vec<wire::LabelEvent>, Fault> = match endpoint {
            Ok(endpoint) => paging::all(self.transport(Purpose::Pairing), &endpoint, Pages::Filtered).await,
            Err(error) => Err(Fault::NotMade(error.to_string())),
        };
        observed(events, format!("the label history of {}#{iid}", project.path)).map(|events| {
            let removal = |event: &&wire::LabelEvent| {
                event.action == "remove" && event.label.as_ref().is_some_and(|seen| seen.name == label)
            };
            events.iter().filter(removal).count()
        })
    }

    /// The issues of the same project that an issue is linked to.
    pub async fn linked(&self, project: &Project, iid: u64) -> Observed<BTreeSet<u64>> {
        let endpoint = IssueLinks::builder().project(project.id).issue(iid).build();
        let links: Result<Vec<wire::LinkedIssue>, Fault> = match endpoint {
            Ok(endpoint) => paging::all(self.transport(Purpose::Pairing), &endpoint, Pages::One).await,
            Err(error) => Err(Fault::NotMade(error.to_string())),
        };
        observed(links, format!("the links of {}#{iid}", project.path))
            .map(|links| links.iter().filter(|link| link.project_id == project.id).map(|link| link.iid).collect())
    }

    fn without_secrets(&self, text: String) -> String {
        self.transports.values().fold(text, |text, transport| transport.redactor().clean(&text).into_owned())
    }

    pub(super) fn transport(&self, purpose: Purpose) -> &Transport {
        &self.transports[&purpose]
    }

    pub(super) async fn query<T: DeserializeOwned + 'static>(
        &self,
        purpose: Purpose,
        endpoint: &(impl Endpoint + Sync),
    ) -> Result<T, Fault> {
        endpoint.query_async(self.transport(purpose)).await.map_err(fault_of)
    }
}

/// A file as it is has no bracket at its end that proves it whole; GitLab says how long it is (GitLab docs,
/// "Repository files API": `X-Gitlab-Size`).
fn whole(headers: &HeaderMap, bytes: &[u8]) -> Result<(), Fault> {
    match header(headers, "x-gitlab-size").and_then(|size| size.trim().parse::<usize>().ok()) {
        Some(size) if size != bytes.len() => {
            Err(Fault::Unreadable(format!("{} of its {size} bytes came", bytes.len())))
        }
        _ => Ok(()),
    }
}

pub(super) fn pairing_issue(issue: wire::Issue) -> PairingIssue {
    let body = issue.description.unwrap_or_default();
    PairingIssue {
        iid: issue.iid,
        title: Untrusted::new(issue.title),
        url: issue.web_url,
        author: Account { id: issue.author.id, username: issue.author.username },
        open: issue.state != "closed",
        confidential: issue.confidential,
        locked: issue.discussion_locked.unwrap_or(false),
        labels: issue.labels,
        due: issue.due_date,
        created_at: issue.created_at,
        closed_at: issue.closed_at,
        marked: marker::parse(&body),
        touched: issue.user_notes_count > 0
            || issue.task_completion_status.is_some_and(|tasks| tasks.completed_count > 0),
        label_removals: not_looked_up(),
        links: not_looked_up(),
        body,
    }
}

/// Stands where collecting saw no need to look; deciding treats it as not seen.
fn not_looked_up<T>() -> Observed<T> {
    Observed::Unknown(Blind { what: String::new(), why: "not looked up".to_owned(), cause: Cause::Unavailable })
}
