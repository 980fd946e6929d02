//! Who may see and do what (GitLab docs, "Roles and permissions").

use super::groups::is_below;
use super::{Epic, Group, Issue, Part, Project, User, Visibility, World};

/// The least role of a member.
pub(in super::super) const GUEST: u8 = 10;
/// The least role that may set labels, edit other people's issues and read the code of a private project.
pub(in super::super) const PLANNER: u8 = 15;
/// The role of whoever reads everything and plans.
pub(in super::super) const REPORTER: u8 = 20;
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
        self.projects.get(&project).map_or(0, |project| self.role(project, user.id))
    }

    /// A user's own role in a project, whether or not they may do everything anyway.
    pub fn role(&self, project: &Project, user: u64) -> u8 {
        let inherited = self.groups_above(&project.path).map(|group| self.role_in(group, user));
        inherited.chain(self.own_role(project, user)).max().unwrap_or(0)
    }

    /// A user's role in the project itself, if they have one; a person owns what is in their own namespace.
    pub fn own_role(&self, project: &Project, user: u64) -> Option<u8> {
        let user = self.users.get(&user)?;
        let owns = project.path.split_once('/').is_some_and(|(home, _)| home.eq_ignore_ascii_case(&user.username));
        project.members.get(&user.id).copied().max(owns.then_some(OWNER))
    }

    /// What a user may do in a group: their highest role in it and in the groups above.
    pub fn group_access(&self, group: &Group, user: Option<u64>) -> u8 {
        let Some(user) = user.and_then(|id| self.users.get(&id)) else { return 0 };
        if user.admin {
            return 50;
        }
        self.role_below(group, user.id)
    }

    /// A user's own role in a group, whether or not they may do everything anyway.
    pub fn role_below(&self, group: &Group, user: u64) -> u8 {
        let groups = self.groups_above(&group.path).chain([group]);
        groups.map(|group| self.role_in(group, user)).max().unwrap_or(0)
    }

    /// A role in one group: as its member, or through a group that it is shared with (`GroupGroupLink`).
    fn role_in(&self, group: &Group, user: u64) -> u8 {
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
        self.access(project.id, user) >= least
    }

    /// Whether the group exists for this user. A member of anything below it sees it (`GroupPolicy`, `has_projects`).
    pub fn may_see_group(&self, group: &Group, user: Option<u64>) -> bool {
        match group.visibility {
            Visibility::Public => true,
            Visibility::Internal => user.is_some(),
            Visibility::Private => {
                let mut below = self.projects.values().filter(|project| is_below(&project.path, &group.path));
                self.group_access(group, user) > 0 || below.any(|project| self.access(project.id, user) > 0)
            }
        }
    }

    /// Whether the epic exists for this user, who can see its group.
    pub fn may_see_epic(&self, group: &Group, epic: &Epic, user: Option<u64>) -> bool {
        !epic.confidential || self.group_access(group, user) >= PLANNER
    }

    /// Whether this user, who can see the project, can see its code: guests of a private project cannot, planners can
    /// (`config/authz/roles/planner.yml`).
    pub fn may_read_code(&self, project: &Project, user: Option<u64>) -> bool {
        self.may_use(project, Part::Repository, user)
            && (project.visibility != Visibility::Private || self.access(project.id, user) >= PLANNER)
    }

    /// Whether this user, who can see the project, can see its merge requests.
    pub fn may_read_merge_requests(&self, project: &Project, user: Option<u64>) -> bool {
        self.may_read_code(project, user) && self.may_use(project, Part::MergeRequests, user)
    }

    /// Whether nobody writes in the project: it or a group above it is archived, or it is marked for deletion.
    pub fn is_read_only(&self, project: &Project) -> bool {
        project.archived
            || project.marked_for_deletion_on.is_some()
            || self.groups_above(&project.path).any(|group| group.archived)
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
        let has_issues = self.projects.get(&project).is_some_and(|home| self.may_use(home, Part::Issues, user));
        has_issues
            && (!issue.confidential
                || self.access(project, user) >= PLANNER
                || user.is_some_and(|user| issue.author == user || issue.assignees.contains(&user)))
    }

    /// Whether a list of users may hold this one: blocked and banned ones are found by administrators only
    /// (`UsersFinder#base_scope`). Asked for by number, or by `user(username:)`, they are there for everybody.
    pub fn may_find_user(&self, user: &User, who: Option<u64>) -> bool {
        let admin = who.and_then(|id| self.users.get(&id)).is_some_and(|who| who.admin);
        admin || !matches!(user.state.as_str(), "blocked" | "banned" | "ldap_blocked")
    }
}
