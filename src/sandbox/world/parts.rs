//! Parts of a project that not everybody uses who sees it (GitLab docs, "Project features and permissions";
//! `app/models/project_feature.rb`).

use serde::Serialize;

use super::{GUEST, Project, World};

/// A part that has a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Issues.
    Issues,
    /// The repository with its files.
    Repository,
    /// The wiki.
    Wiki,
    /// Merge requests.
    MergeRequests,
}

/// Who uses a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Nobody, its owners included.
    Disabled,
    /// Members of the project.
    Private,
    /// Everybody who sees the project.
    Enabled,
}

impl Project {
    /// Who uses a part.
    pub fn reach(&self, part: Part) -> Reach {
        if part == Part::Issues && !self.issues_enabled {
            return Reach::Disabled;
        }
        self.parts.get(&part).copied().unwrap_or(Reach::Enabled)
    }

    /// Opens a part to more people or fewer.
    pub fn set_reach(&mut self, part: Part, reach: Reach) {
        if part == Part::Issues {
            self.issues_enabled = reach != Reach::Disabled;
        }
        self.parts.insert(part, reach);
    }
}

impl World {
    /// Whether this user, who can see the project, uses this part of it.
    pub fn may_use(&self, project: &Project, part: Part, user: Option<u64>) -> bool {
        match project.reach(part) {
            Reach::Disabled => false,
            Reach::Private => self.access(project.id, user) >= GUEST,
            Reach::Enabled => true,
        }
    }
}
