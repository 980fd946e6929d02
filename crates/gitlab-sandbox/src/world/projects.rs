//! Projects: what hangs on them, and where they are found.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{
    Feature, FeatureAccess, GenericPackages, Issue, Label, MergeRequest, Milestone, Pipeline, PipelineSchedule,
    Repository, ResourceStubs, World,
};

/// Who may see a project or a group, from few to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Members only; for everybody else the project does not exist.
    Private,
    /// Everybody who is signed in.
    Internal,
    /// Everybody.
    Public,
}

/// A project with all that hangs on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Project {
    /// The number that survives a rename.
    pub id: u64,
    /// The full path, such as `group/sub/project`.
    pub path: String,
    /// The displayed name.
    pub name: String,
    /// The branch that `HEAD` means.
    pub default_branch: String,
    /// The one before it: pages of files and folders lead on from there.
    pub previous_default_branch: Option<String>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Read-only.
    pub archived: bool,
    /// On this day it was marked for deletion, and is read-only since; it goes away some days later.
    pub marked_for_deletion_on: Option<NaiveDate>,
    /// Whether the project has issues at all.
    pub issues_enabled: bool,
    /// Parts that are not for everybody who sees the project, or were made so again; [`Project::feature_access`] reads
    /// them.
    pub features: BTreeMap<Feature, FeatureAccess>,
    /// Paths that the project had before; GitLab redirects them.
    pub formerly: Vec<String>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// The project's own labels, by id.
    pub labels: BTreeMap<u64, Label>,
    /// Issues, by iid.
    pub issues: BTreeMap<u64, Issue>,
    /// Merge requests, by iid.
    pub merge_requests: BTreeMap<u64, MergeRequest>,
    /// The files of each branch, by path.
    pub files: BTreeMap<String, BTreeMap<String, String>>,
    /// How the files came about.
    pub repository: Repository,
    /// The project's own milestones, by id.
    pub milestones: BTreeMap<u64, Milestone>,
    /// What else it has.
    pub stubs: ResourceStubs,
    /// The project that this is a fork of.
    pub forked_from: Option<u64>,
    /// Pipeline schedules, by id.
    pub schedules: BTreeMap<u64, PipelineSchedule>,
    /// Its generic packages.
    pub packages: GenericPackages,
    /// Pipelines, by id.
    pub pipelines: BTreeMap<u64, Pipeline>,
    /// What it is for.
    pub description: Option<String>,
    /// New merge requests ask for their branch to be removed.
    pub removes_source_branch: bool,
    /// Roles: user id → access level (10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer, 50 owner).
    pub members: BTreeMap<u64, u8>,
    pub(super) last_iid: u64,
}

impl World {
    /// The project at this path today (not: formerly).
    pub fn project_by_path(&self, path: &str) -> Option<&Project> {
        self.projects.values().find(|project| project.path.eq_ignore_ascii_case(path))
    }

    /// The project that was once at this path and is somewhere else now.
    pub fn project_by_former_path(&self, path: &str) -> Option<&Project> {
        // Of several that were there, the last one: who takes a path takes what led on from it, too.
        self.projects.values().rev().find(|project| project.formerly.iter().any(|old| old.eq_ignore_ascii_case(path)))
    }

    /// An issue by its project's id and its own iid.
    pub fn issue(&self, project: u64, iid: u64) -> Option<&Issue> {
        self.projects.get(&project)?.issues.get(&iid)
    }
}

impl Project {
    /// The text of a file on a branch; `HEAD` means the default branch.
    pub fn file_text(&self, branch: &str, path: &str) -> Option<&str> {
        self.branch_files(branch)?.get(path).map(String::as_str)
    }

    /// The name of a branch; `HEAD` stands for the default branch.
    pub(super) fn branch_name<'a>(&'a self, git_ref: &'a str) -> &'a str {
        if git_ref == "HEAD" { &self.default_branch } else { git_ref }
    }

    /// All files of a branch; `HEAD` means the default branch.
    pub fn branch_files(&self, branch: &str) -> Option<&BTreeMap<String, String>> {
        self.files.get(self.branch_name(branch))
    }
}
