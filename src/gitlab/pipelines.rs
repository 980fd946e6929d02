//! What `doctor` reads of the project that runs podkeeper: its schedules and how their pipelines ended; and of the
//! instance itself: its version, and the labels of a project.
//!
//! Who may see schedules: a Reporter of the project, and anybody who is signed in where project and pipelines are public
//! (`lib/api/ci/pipeline_schedules.rb`, `app/policies/project_policy.rb`, `config/authz/roles/reporter.yml`); others get
//! 403, or 404 where the project itself is hidden from them.

use ::gitlab::api::Endpoint as _;
use ::gitlab::api::common::{NameOrId, SortOrder};
use ::gitlab::api::projects::labels::Labels;
use ::gitlab::api::projects::pipeline_schedules::{PipelineSchedule, PipelineSchedules};
use ::gitlab::api::projects::pipelines::{PipelineOrderBy, PipelineSource, PipelineStatus, Pipelines};
use ::gitlab::api::{RestClient as _, projects};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::endpoints::InstanceVersion;
use super::error::{RequestError, to_observed};
use super::paging::{self, Pagination};
use super::transport::from_api_error;
use super::{Reader, TokenPurpose, responses};
use crate::pod::doctor_snapshot::{LabelAtLevel, Schedule, ScheduleProject};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::snapshot::Project;
use crate::pod::text::one_line;

/// A pipeline that a schedule started and that ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledRun {
    /// When it ended, or was changed after that.
    pub ended_at: DateTime<Utc>,
    /// Its address.
    pub url: String,
}

/// A project, by what is read of it here.
#[derive(Deserialize)]
struct ProjectBody {
    id: u64,
    web_url: String,
    default_branch: Option<String>,
}

/// `lib/api/entities/ci/pipeline_schedule.rb`.
#[derive(Deserialize)]
struct ScheduleBody {
    id: u64,
    description: String,
    #[serde(rename = "ref")]
    git_ref: String,
    active: bool,
    next_run_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    owner: Option<OwnerBody>,
}

#[derive(Deserialize)]
struct OwnerBody {
    state: String,
}

#[derive(Deserialize)]
struct ScheduleDetailsBody {
    last_pipeline: Option<LastPipelineBody>,
}

#[derive(Deserialize)]
struct LastPipelineBody {
    status: String,
}

#[derive(Deserialize)]
struct PipelineBody {
    status: String,
    source: String,
    updated_at: DateTime<Utc>,
    web_url: String,
}

#[derive(Deserialize)]
struct VersionBody {
    version: String,
}

impl Reader {
    /// The version of GitLab, as it calls itself.
    pub async fn read_version(&self) -> Observed<String> {
        let found: Result<VersionBody, RequestError> =
            self.send_endpoint(TokenPurpose::Pairing, &InstanceVersion).await;
        to_observed(found, "GitLab's version").map(|body| one_line(&body.version))
    }

    /// A label of a project or of a group above it, by its exact name.
    pub async fn read_label_level(&self, project: &Project, name: &str) -> Observed<LabelAtLevel> {
        let endpoint = projects::labels::Label::builder().project(project.id).label(name).build();
        let found: Result<responses::Label, RequestError> = match endpoint {
            Ok(endpoint) => self.send_endpoint(TokenPurpose::Pairing, &endpoint).await,
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        match to_observed(found, format!("the label {name} in {}", project.path)) {
            Observed::Present(label) if label.name != name => Observed::Absent,
            seen => seen.map(|label| LabelAtLevel {
                name: label.name,
                archived: label.archived,
                is_project_label: label.is_of_project,
            }),
        }
    }

    /// The names of all labels of a project, those of groups above it included.
    pub async fn list_label_names(&self, project: &Project) -> Observed<Vec<String>> {
        let listed: Result<Vec<responses::Label>, RequestError> = match Labels::builder().project(project.id).build() {
            Ok(endpoint) => {
                paging::list_all(self.transport(TokenPurpose::Pairing), &endpoint, Pagination::WithTotal).await
            }
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        to_observed(listed, format!("the labels of {}", project.path))
            .map(|labels| labels.into_iter().map(|label| label.name).collect())
    }

    /// The project that runs podkeeper, with its schedules and how the last pipeline of the one ended that `is_wanted`.
    pub async fn read_schedules(&self, path: &str, is_wanted: impl Fn(&[Schedule]) -> Option<u64>) -> ScheduleProject {
        let mut seen = ScheduleProject {
            path: path.to_owned(),
            url: Observed::Absent,
            default_branch: None,
            schedules: Observed::Absent,
        };
        let project = match to_observed(self.request_schedule_project(path).await, format!("the project {path}")) {
            Observed::Present(project) => project,
            Observed::Absent => return seen,
            Observed::Unknown(failure) => {
                (seen.url, seen.schedules) = (Observed::Unknown(failure.clone()), Observed::Unknown(failure));
                return seen;
            }
        };
        seen.url = Observed::Present(project.web_url);
        seen.default_branch = project.default_branch;
        seen.schedules = match to_observed(self.list_schedules(project.id).await, format!("the schedules of {path}")) {
            Observed::Present(mut schedules) => {
                if let Some(id) = is_wanted(&schedules) {
                    let last = self.read_last_status(project.id, id, path).await;
                    if let Some(schedule) = schedules.iter_mut().find(|schedule| schedule.id == id) {
                        schedule.last_status = last;
                    }
                }
                Observed::Present(schedules)
            }
            other => other,
        };
        seen
    }

    async fn request_schedule_project(&self, path: &str) -> Result<ProjectBody, RequestError> {
        let request = |project: NameOrId<'static>| async move {
            match projects::Project::builder().project(project).build() {
                Ok(endpoint) => self.send_endpoint::<ProjectBody>(TokenPurpose::Pairing, &endpoint).await,
                Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
            }
        };
        let found = request(NameOrId::from(path.to_owned())).await;
        match found {
            Err(RequestError::Redirected { project_id: Some(id), .. }) => request(NameOrId::from(id)).await,
            found => found,
        }
    }

    async fn list_schedules(&self, project: u64) -> Result<Vec<Schedule>, RequestError> {
        let endpoint = PipelineSchedules::builder().project(project).build();
        let endpoint = endpoint.map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
        let transport = self.transport(TokenPurpose::Pairing);
        let listed: Vec<ScheduleBody> = paging::list_all(transport, &endpoint, Pagination::WithTotal).await?;
        let schedule = |body: ScheduleBody| Schedule {
            id: body.id,
            description: one_line(&body.description),
            git_ref: one_line(body.git_ref.strip_prefix("refs/heads/").unwrap_or(&body.git_ref)),
            active: body.active,
            next_run_at: body.next_run_at,
            updated_at: body.updated_at,
            owner_state: body.owner.map(|owner| one_line(&owner.state)),
            last_status: Observed::Absent,
        };
        Ok(listed.into_iter().map(schedule).collect())
    }

    async fn read_last_status(&self, project: u64, schedule: u64, path: &str) -> Observed<String> {
        let endpoint = PipelineSchedule::builder().project(project).id(schedule).build();
        let found: Result<ScheduleDetailsBody, RequestError> = match endpoint {
            Ok(endpoint) => self.send_endpoint(TokenPurpose::Pairing, &endpoint).await,
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        match to_observed(found, format!("the last pipeline of a schedule of {path}")) {
            Observed::Present(ScheduleDetailsBody { last_pipeline: Some(last) }) => {
                Observed::Present(one_line(&last.status))
            }
            Observed::Present(_) | Observed::Absent => Observed::Absent,
            Observed::Unknown(failure) => Observed::Unknown(failure),
        }
    }

    /// The newest pipeline of a project that a schedule started and that ended well; absent where there is none.
    ///
    /// # Errors
    /// Why it is not known. A project that is hidden or not there is such a reason, too.
    pub async fn newest_scheduled_success(&self, path: &str) -> Result<Option<ScheduledRun>, ReadFailure> {
        let what = format!("the pipelines of {path}");
        let mut found = self.request_scheduled_successes(NameOrId::from(path)).await;
        if let Err(RequestError::Redirected { project_id: Some(id), .. }) = found {
            found = self.request_scheduled_successes(NameOrId::from(id)).await;
        }
        let listed = match found {
            Err(fault) if fault.is_not_found() => {
                let why =
                    "the project is not there or not visible to this token; check its path and the token's access";
                return Err(ReadFailure { what, why: why.to_owned(), cause: FailureCause::Unavailable });
            }
            found => found.map_err(|fault| fault.to_read_failure(what.clone()))?,
        };
        // A server that passes over a filter would show others.
        if listed.iter().any(|one| one.status != "success" || one.source != "schedule") {
            let why = "GitLab listed others than those that were asked for".to_owned();
            return Err(ReadFailure { what, why, cause: FailureCause::Unavailable });
        }
        let newest = listed.into_iter().max_by_key(|one| one.updated_at);
        Ok(newest.map(|one| ScheduledRun { ended_at: one.updated_at, url: one_line(&one.web_url) }))
    }

    async fn request_scheduled_successes(&self, project: NameOrId<'_>) -> Result<Vec<PipelineBody>, RequestError> {
        let endpoint = Pipelines::builder()
            .project(project)
            .status(PipelineStatus::Success)
            .source(PipelineSource::Schedule)
            .order_by(PipelineOrderBy::UpdatedAt)
            .sort(SortOrder::Descending)
            .build()
            .map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
        let transport = self.transport(TokenPurpose::Pairing);
        let mut url = transport.rest_endpoint(&endpoint.endpoint()).map_err(from_api_error)?;
        endpoint.parameters().add_to_url(&mut url);
        // One page will do: the newest stands first.
        url.query_pairs_mut().append_pair("per_page", "1");
        parse(&transport.send(&http::Method::GET, &url, None).await?)
    }
}

fn parse<T: DeserializeOwned>(answer: &http::Response<bytes::Bytes>) -> Result<T, RequestError> {
    serde_json::from_slice(answer.body()).map_err(|error| {
        RequestError::Unreadable(format!("it is no list of pipelines: {}", one_line(&error.to_string())))
    })
}
