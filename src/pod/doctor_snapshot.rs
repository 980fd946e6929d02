//! What `doctor` saw, before anything is judged.

use chrono::{DateTime, Utc};

use super::Pod;
use super::diagnosis::KeyPlaces;
use super::observed::{Observed, ReadFailure};
use super::pod_page::PodPage;
use super::run::PodRun;
use super::snapshot::{Account, ObservedIssue, Project};
use super::token_request::{NeededScope, TokenState};

/// Everything that was seen for all pods.
#[derive(Debug, Clone)]
pub struct DoctorSnapshot {
    /// The moment that counts as now.
    pub now: DateTime<Utc>,
    /// The same by GitLab's clock. Absent where none was compared.
    pub server_time: Observed<DateTime<Utc>>,
    /// The GitLab's host, as links name it.
    pub gitlab_host: String,
    /// Values of the configuration that are still those it ships with, a sentence each with its place.
    pub unfitted: Vec<String>,
    /// Where the keys of the configuration stand.
    pub places: KeyPlaces,
    /// The tokens, one for each variable.
    pub tokens: Vec<TokenSnapshot>,
    /// Why nothing else was asked, if so: GitLab cannot be reached, or there is no token to ask with.
    pub stopped: Option<ReadFailure>,
    /// GitLab's version, such as `19.5.1-ee`.
    pub version: Observed<String>,
    /// The pods, and what was seen of each.
    pub pods: Vec<PodCheckup>,
    /// The schedules of the project that runs podkeeper; none where nobody named it.
    pub schedules: Option<ScheduleProject>,
    /// What the next run would come to.
    pub runs: Vec<PodRun>,
    /// How many requests that took.
    pub plan_requests: u64,
    /// How many requests all of it took.
    pub requests: u64,
}

/// A token, by the variable that holds it.
#[derive(Debug, Clone)]
pub struct TokenSnapshot {
    /// The environment variable.
    pub variable: String,
    /// What it is for.
    pub purposes: Vec<&'static str>,
    /// The scope that this needs.
    pub scope: NeededScope,
    /// Whether there is no work without it.
    pub is_required: bool,
    /// What GitLab says of it.
    pub state: TokenState,
    /// Whose it is. Absent where it was not asked.
    pub account: Observed<Account>,
}

/// What was seen of one pod.
#[derive(Debug, Clone)]
pub struct PodCheckup {
    /// The pod.
    pub pod: Pod,
    /// The projects that its file names.
    pub projects: Vec<NamedProject>,
    /// Its page.
    pub page: Observed<PodPage>,
    /// Where the page may have gone, if it is not there.
    pub page_moved_to: Option<MovedPage>,
    /// Its label.
    pub label: Observed<LabelAtLevel>,
    /// The names of the project's labels, where its own is not there.
    pub other_labels: Vec<String>,
    /// The files of the folder of the Support Team data; absent: the folder is not there. None where no data is named.
    pub agent_files: Option<Observed<Vec<String>>>,
    /// Issues of other accounts that speak of podkeeper.
    pub foreign_issues: Observed<Vec<ObservedIssue>>,
}

/// A project that a pod's file names.
#[derive(Debug, Clone)]
pub struct NamedProject {
    /// The key that names it, such as `page.project`.
    pub key: &'static str,
    /// What podkeeper does there.
    pub access: ProjectAccess,
    /// The path that is named.
    pub path: String,
    /// The variable of the token that it is asked with.
    pub variable: Option<String>,
    /// The project. Absent: not there, or not visible to the token.
    pub project: Observed<Project>,
}

/// What podkeeper does in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectAccess {
    /// It reads files.
    ReadsFiles,
    /// It writes issues.
    WritesIssues,
}

/// Where a page may have gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MovedPage {
    /// The commit that took it away says so.
    Renamed(String),
    /// There is a file of that name near by.
    Near(String),
}

/// A label as GitLab shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelAtLevel {
    /// Its exact name.
    pub name: String,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is the project's own; else a group above has it. None where GitLab does not tell.
    pub is_project_label: Option<bool>,
}

/// The project whose schedule runs podkeeper.
#[derive(Debug, Clone)]
pub struct ScheduleProject {
    /// Its path, as somebody named it.
    pub path: String,
    /// Its address. Absent where it is not visible.
    pub url: Observed<String>,
    /// Its default branch, where GitLab tells.
    pub default_branch: Option<String>,
    /// Its schedules. Absent where the project is not visible.
    pub schedules: Observed<Vec<Schedule>>,
}

/// A pipeline schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its number.
    pub id: u64,
    /// What it is called.
    pub description: String,
    /// The branch or tag that it runs on, without `refs/heads/`.
    pub git_ref: String,
    /// Whether it runs.
    pub active: bool,
    /// When it runs next.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When it was changed last.
    pub updated_at: Option<DateTime<Utc>>,
    /// The state of its owner's account, such as `active`; none where it has no owner.
    pub owner_state: Option<String>,
    /// How its last pipeline ended; absent where there is none or it was not asked for.
    pub last_status: Observed<String>,
}

impl PodCheckup {
    /// A pod of which nothing was read.
    pub fn not_read(pod: &Pod) -> Self {
        Self {
            pod: pod.clone(),
            projects: Vec::new(),
            page: Observed::Absent,
            page_moved_to: None,
            label: Observed::Absent,
            other_labels: Vec::new(),
            agent_files: None,
            foreign_issues: Observed::Absent,
        }
    }

    /// A project by the key that names it.
    pub fn project(&self, key: &str) -> Option<&NamedProject> {
        self.projects.iter().find(|project| project.key == key)
    }
}

/// The schedule among these that runs podkeeper: one that is called so, else any; one that runs comes first.
pub fn choose_schedule(schedules: &[Schedule]) -> Option<&Schedule> {
    let is_named = |schedule: &&Schedule| schedule.description.to_lowercase().contains("podkeeper");
    let rank = |schedule: &&Schedule| (is_named(schedule), schedule.active, std::cmp::Reverse(schedule.id));
    schedules.iter().max_by_key(rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_that_is_named_comes_before_others_and_one_that_runs_before_one_that_does_not() {
        let schedule = |id: u64, description: &str, active: bool| Schedule {
            id,
            description: description.to_owned(),
            git_ref: "main".to_owned(),
            active,
            next_run_at: None,
            updated_at: None,
            owner_state: Some("active".to_owned()),
            last_status: Observed::Absent,
        };
        let chosen = |all: &[Schedule]| choose_schedule(all).map(|schedule| schedule.id);
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[schedule(1, "backup", true), schedule(2, "Podkeeper daily", false)]), Some(2));
        assert_eq!(chosen(&[schedule(1, "podkeeper", false), schedule(2, "podkeeper", true)]), Some(2));
        assert_eq!(chosen(&[schedule(1, "one", true), schedule(2, "two", true)]), Some(1));
    }
}
