//! Pipelines, which the sandbox does not run: somebody says how one ended.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::World;

/// A pipeline (GitLab docs, "Pipelines API").
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pipeline {
    /// Its number in the instance.
    pub id: u64,
    /// Its number in the project.
    pub iid: u64,
    /// The commit that it ran on.
    pub sha: String,
    /// The branch or tag that it ran on.
    pub git_ref: String,
    /// `success`, `failed`, `running` and others.
    pub status: String,
    /// What started it: `push`, `schedule`, `web` and others.
    pub source: String,
    /// The schedule that started it.
    pub schedule: Option<u64>,
    /// As whom it ran.
    pub user: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it changed last, which is when it ended.
    pub updated_at: DateTime<Utc>,
}

impl World {
    /// A pipeline of a schedule that ended now, on the branch of the schedule; its number. `None` without such a schedule.
    pub fn add_scheduled_pipeline(&mut self, project: u64, schedule: u64, status: &str) -> Option<u64> {
        let planned = self.projects.get(&project)?.schedules.get(&schedule)?.clone();
        let id = self.add_pipeline(project, planned.owner, "schedule", status)?;
        let pipeline = self.projects.get_mut(&project)?.pipelines.get_mut(&id)?;
        (pipeline.schedule, pipeline.git_ref) = (Some(schedule), planned.git_ref);
        Some(id)
    }

    /// A pipeline of the default branch that ended now; its number.
    pub fn add_pipeline(&mut self, project: u64, user: u64, source: &str, status: &str) -> Option<u64> {
        self.projects.get(&project)?;
        let (id, now) = (self.next_id(), self.now);
        let home = self.projects.get_mut(&project)?;
        let pipeline = Pipeline {
            id,
            iid: home.pipelines.values().map(|one| one.iid).max().unwrap_or(0).saturating_add(1),
            sha: home.repository.heads.get(&home.default_branch).cloned().unwrap_or_default(),
            git_ref: home.default_branch.clone(),
            status: status.to_owned(),
            source: source.to_owned(),
            schedule: None,
            user,
            created_at: now,
            updated_at: now,
        };
        home.pipelines.insert(id, pipeline);
        Some(id)
    }

    /// A pipeline schedule that is active; its number. `None` without such a project.
    pub fn add_schedule(&mut self, project: u64, owner: u64, description: &str, cron: &str) -> Option<u64> {
        let branch = self.projects.get(&project)?.default_branch.clone();
        let (id, now) = (self.next_id(), self.now);
        let schedule = super::PipelineSchedule {
            id,
            description: description.to_owned(),
            git_ref: branch,
            cron: cron.to_owned(),
            cron_timezone: "UTC".to_owned(),
            active: true,
            owner,
            created_at: now,
            updated_at: now,
            next_run_at: None,
        };
        self.projects.get_mut(&project)?.schedules.insert(id, schedule);
        Some(id)
    }
}
