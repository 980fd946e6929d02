//! Who may see and do what (GitLab docs, "Roles and permissions").

use super::{Issue, Project, Visibility, World};

/// The least role that may set labels and edit other people's issues.
pub(in super::super) const PLANNER: u8 = 15;
/// The least role that may push.
pub(in super::super) const DEVELOPER: u8 = 30;
/// The least role that may change a project's settings.
pub(in super::super) const MAINTAINER: u8 = 40;
/// The role that may archive a project and delete issues.
pub(in super::super) const OWNER: u8 = 50;

impl World {
    /// What a user may do in a project: 0 for nothing beyond what everybody may, 50 for an owner.
    pub fn access(&self, project: u64, user: Option<u64>) -> u8 {
        let Some(user) = user.and_then(|id| self.users.get(&id)) else { return 0 };
        if user.admin {
            return 50;
        }
        self.projects.get(&project).and_then(|project| project.members.get(&user.id)).copied().unwrap_or(0)
    }

    /// Whether the project exists for this user.
    pub fn may_see(&self, project: &Project, user: Option<u64>) -> bool {
        match project.visibility {
            Visibility::Public => true,
            Visibility::Internal => user.is_some(),
            Visibility::Private => self.access(project.id, user) > 0,
        }
    }

    /// Whether the issue exists for this user, who can see its project.
    pub fn may_see_issue(&self, project: u64, issue: &Issue, user: Option<u64>) -> bool {
        !issue.confidential
            || self.access(project, user) >= PLANNER
            || user.is_some_and(|user| issue.author == user || issue.assignees.contains(&user))
    }
}
