//! Who may see and do what (GitLab docs, "Roles and permissions").

use super::groups::is_below;
use super::{Epic, Feature, Group, Issue, Project, User, Visibility, World};

/// The least role of a member.
pub const GUEST: u8 = 10;
/// The least role that may set labels, edit other people's issues and read the code of a private project.
pub const PLANNER: u8 = 15;
/// The role of whoever reads everything and plans.
pub const REPORTER: u8 = 20;
/// The least role that may push.
pub const DEVELOPER: u8 = 30;
/// The least role that may change a project's settings.
pub const MAINTAINER: u8 = 40;
/// The role that may archive a project and delete issues.
pub const OWNER: u8 = 50;

impl World {
    /// What a user may do in a project: 0 for nothing beyond what everybody may, 50 for an owner.
    pub fn access_level(&self, project: u64, user: Option<u64>) -> u8 {
        let Some(user) = user.and_then(|id| self.users.get(&id)) else { return 0 };
        if user.admin {
            return 50;
        }
        self.projects.get(&project).map_or(0, |project| self.member_role(project, user.id))
    }

    /// A user's own role in a project, whether or not they may do everything anyway.
    pub fn member_role(&self, project: &Project, user: u64) -> u8 {
        let inherited = self.ancestor_groups(&project.path).map(|group| self.direct_group_role(group, user));
        inherited.chain(self.direct_role(project, user)).max().unwrap_or(0)
    }

    /// A user's role in the project itself, if they have one; a person owns what is in their own namespace.
    pub fn direct_role(&self, project: &Project, user: u64) -> Option<u8> {
        let user = self.users.get(&user)?;
        let owns = project.path.split_once('/').is_some_and(|(home, _)| home.eq_ignore_ascii_case(&user.username));
        project.members.get(&user.id).copied().max(owns.then_some(OWNER))
    }

    /// What a user may do in a group: their highest role in it and in the groups above.
    pub fn group_access_level(&self, group: &Group, user: Option<u64>) -> u8 {
        let Some(user) = user.and_then(|id| self.users.get(&id)) else { return 0 };
        if user.admin {
            return 50;
        }
        self.group_member_role(group, user.id)
    }

    /// A user's own role in a group, whether or not they may do everything anyway.
    pub fn group_member_role(&self, group: &Group, user: u64) -> u8 {
        let groups = self.ancestor_groups(&group.path).chain([group]);
        groups.map(|group| self.direct_group_role(group, user)).max().unwrap_or(0)
    }

    /// A role in one group: as its member, or through a group that it is shared with (`GroupGroupLink`).
    fn direct_group_role(&self, group: &Group, user: u64) -> u8 {
        let today = self.now.date_naive();
        let ended = |id: &u64| group.shared_until.get(id).is_some_and(|day| *day <= today);
        let shared = group.shared_with.iter().filter(|(id, _)| !ended(id)).filter_map(|(id, most)| {
            let role = self.groups.get(id)?.members.get(&user)?;
            Some(*role.min(most))
        });
        shared.chain(group.members.get(&user).copied()).max().unwrap_or(0)
    }

    /// Whether the user may push to a branch. The default branch is open to developers, as with the default protection
    /// of many instances; what was protected by hand is for maintainers.
    pub fn may_push(&self, project: &Project, branch: &str, user: Option<u64>) -> bool {
        let least = if project.repository.protected.contains(branch) { MAINTAINER } else { DEVELOPER };
        self.access_level(project.id, user) >= least
    }

    /// Whether the group exists for this user. A member of anything below it sees it (`GroupPolicy`, `has_projects`).
    pub fn may_see_group(&self, group: &Group, user: Option<u64>) -> bool {
        match group.visibility {
            Visibility::Public => true,
            Visibility::Internal => user.is_some(),
            Visibility::Private => {
                let mut below = self.projects.values().filter(|project| is_below(&project.path, &group.path));
                self.group_access_level(group, user) > 0 || below.any(|project| self.access_level(project.id, user) > 0)
            }
        }
    }

    /// Whether the epic exists for this user, who can see its group.
    pub fn may_see_epic(&self, group: &Group, epic: &Epic, user: Option<u64>) -> bool {
        !epic.confidential || self.group_access_level(group, user) >= PLANNER
    }

    /// Whether this user, who can see the project, can see its code: guests of a private project cannot, planners can
    /// (`config/authz/roles/planner.yml`).
    pub fn may_read_code(&self, project: &Project, user: Option<u64>) -> bool {
        self.may_use_feature(project, Feature::Repository, user)
            && (project.visibility != Visibility::Private || self.access_level(project.id, user) >= PLANNER)
    }

    /// Whether this user, who can see the project, can see its merge requests.
    pub fn may_read_merge_requests(&self, project: &Project, user: Option<u64>) -> bool {
        self.may_read_code(project, user) && self.may_use_feature(project, Feature::MergeRequests, user)
    }

    /// Whether nobody writes in the project: it or a group above it is archived, or it is marked for deletion.
    pub fn is_read_only(&self, project: &Project) -> bool {
        project.archived
            || project.marked_for_deletion_on.is_some()
            || self.ancestor_groups(&project.path).any(|group| group.archived)
    }

    /// Whether the project exists for this user.
    pub fn may_see(&self, project: &Project, user: Option<u64>) -> bool {
        match project.visibility {
            Visibility::Public => true,
            Visibility::Internal => user.is_some(),
            Visibility::Private => self.access_level(project.id, user) > 0,
        }
    }

    /// Whether the issue exists for this user, who can see its project.
    pub fn may_see_issue(&self, project: u64, issue: &Issue, user: Option<u64>) -> bool {
        let has_issues =
            self.projects.get(&project).is_some_and(|home| self.may_use_feature(home, Feature::Issues, user));
        has_issues
            && (!issue.confidential
                || self.access_level(project, user) >= PLANNER
                || user.is_some_and(|user| issue.author == user || issue.assignees.contains(&user)))
    }

    /// Whether a list of users may hold this one: blocked and banned ones are found by administrators only
    /// (`UsersFinder#base_scope`). Asked for by number, or by `user(username:)`, they are there for everybody.
    pub fn may_find_user(&self, user: &User, who: Option<u64>) -> bool {
        let admin = who.and_then(|id| self.users.get(&id)).is_some_and(|who| who.admin);
        admin || !matches!(user.state.as_str(), "blocked" | "banned" | "ldap_blocked")
    }
}
