//! Parts of a project that not everybody uses who sees it (GitLab docs, "Project features and permissions";
//! `app/models/project_feature.rb`).

use serde::Serialize;

use super::{GUEST, Project, World};

/// A part that has a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
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
pub enum FeatureAccess {
    /// Nobody, its owners included.
    Disabled,
    /// Members of the project.
    Private,
    /// Everybody who sees the project.
    Enabled,
}

impl Project {
    /// Who uses a part.
    pub fn feature_access(&self, feature: Feature) -> FeatureAccess {
        if feature == Feature::Issues && !self.issues_enabled {
            return FeatureAccess::Disabled;
        }
        self.features.get(&feature).copied().unwrap_or(FeatureAccess::Enabled)
    }

    /// Opens a part to more people or fewer.
    pub fn set_feature_access(&mut self, feature: Feature, feature_access: FeatureAccess) {
        if feature == Feature::Issues {
            self.issues_enabled = feature_access != FeatureAccess::Disabled;
        }
        self.features.insert(feature, feature_access);
    }
}

impl World {
    /// Whether this user, who can see the project, uses this part of it.
    pub fn may_use_feature(&self, project: &Project, feature: Feature, user: Option<u64>) -> bool {
        match project.feature_access(feature) {
            FeatureAccess::Disabled => false,
            FeatureAccess::Private => self.access_level(project.id, user) >= GUEST,
            FeatureAccess::Enabled => true,
        }
    }
}
