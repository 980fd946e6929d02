//! What every handler needs: what the asking user can see, and whether they may do what they ask for.

use super::Context;
use crate::reply::Reply;
use crate::world::{Feature, Group, Issue, Project};

impl Context<'_> {
    /// A project by its number or path; hidden ones are not there, moved ones say where they went.
    pub(super) fn find_project(&self, id: &str) -> Result<u64, Reply> {
        let seen = |project: &&Project| self.world.may_see(project, self.current_user_id);
        let by_number = id.parse().ok().and_then(|id: u64| self.world.projects.get(&id));
        if let Some(project) = by_number.or_else(|| self.world.project_by_path(id)).filter(seen) {
            return Ok(project.id);
        }
        let Some(moved) = self.world.project_by_former_path(id).filter(seen) else {
            return Err(Reply::not_found("Project"));
        };
        // GitLab sends readers to the number and lets nobody write (GitLab docs, "REST API", redirects).
        if !self.call.method.is_safe() {
            return Err(Reply::message(405, "Non GET methods are not allowed for moved projects"));
        }
        let behind = self.call.path.splitn(6, '/').nth(5).map(|rest| format!("/{rest}")).unwrap_or_default();
        let query = self.call.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let to = format!("{}/api/v4/projects/{}{behind}{query}", self.origin, moved.id);
        Err(Reply::redirect(301, &to, &format!("This resource has been moved permanently to {to}")))
    }

    /// A group by its number or path; hidden ones are not there.
    pub(super) fn find_group(&self, id: &str) -> Result<&Group, Reply> {
        let by_number = id.parse().ok().and_then(|id: u64| self.world.groups.get(&id));
        let found = by_number.or_else(|| self.world.group_by_path(id));
        found
            .filter(|group| self.world.may_see_group(group, self.current_user_id))
            .ok_or_else(|| Reply::not_found("Group"))
    }

    /// A project that `find_project` found.
    pub(super) fn project_by_id(&self, id: u64) -> Result<&Project, Reply> {
        self.world.projects.get(&id).ok_or_else(|| Reply::not_found("Project"))
    }

    /// An issue that the asking user can see.
    pub(super) fn find_issue(&self, project: u64, iid: &str) -> Result<&Issue, Reply> {
        let issue = iid.parse().ok().and_then(|iid| self.world.issue(project, iid));
        issue
            .filter(|issue| self.world.may_see_issue(project, issue, self.current_user_id))
            .ok_or_else(|| Reply::message(404, "404 Not found"))
    }

    /// The asking user; 401 for nobody.
    pub(super) fn require_signed_in(&self) -> Result<u64, Reply> {
        self.current_user_id.ok_or_else(Reply::unauthorized)
    }

    /// The asking user, in a project whose issues they may use; 401 for nobody, 403 for others.
    pub(super) fn require_issues_enabled(&self, project: u64) -> Result<u64, Reply> {
        let who = self.require_signed_in()?;
        let home = self.project_by_id(project)?;
        if self.world.may_use_feature(home, Feature::Issues, Some(who)) { Ok(who) } else { Err(Reply::forbidden()) }
    }

    /// A user by number; by name, too, where GitLab takes `id_or_username`.
    pub(super) fn find_user(&self, id: &str) -> Result<u64, Reply> {
        let by_number = id.parse().ok().filter(|id| self.world.users.contains_key(id));
        let found = by_number.or_else(|| self.world.user_by_username(id).map(|user| user.id));
        found.ok_or_else(|| Reply::not_found("User"))
    }

    /// The asking user, if their role in the project suffices; 401 for nobody, 403 for others.
    pub(super) fn require_role(&self, project: u64, least: u8) -> Result<u64, Reply> {
        let who = self.require_signed_in()?;
        if self.access_level(project) >= least { Ok(who) } else { Err(Reply::forbidden()) }
    }

    /// The asking user, if their role in the group suffices; 401 for nobody, 403 for others.
    pub(super) fn require_group_role(&self, group: u64, least: u8) -> Result<u64, Reply> {
        let who = self.require_signed_in()?;
        let level = self.world.groups.get(&group).map_or(0, |group| self.world.group_access_level(group, Some(who)));
        if level >= least { Ok(who) } else { Err(Reply::forbidden()) }
    }

    /// Whether the asking user may do everything.
    pub(super) fn is_admin(&self) -> bool {
        self.current_user_id.and_then(|who| self.world.users.get(&who)).is_some_and(|user| user.admin)
    }

    /// The asking user, if they may do everything; 401 for nobody, 403 for others.
    pub(super) fn require_admin(&self) -> Result<u64, Reply> {
        let who = self.require_signed_in()?;
        if self.is_admin() { Ok(who) } else { Err(Reply::forbidden()) }
    }

    /// The asking user's role in the project.
    pub(super) fn access_level(&self, project: u64) -> u8 {
        self.world.access_level(project, self.current_user_id)
    }

    /// A DELETE with a stale `If-Unmodified-Since` is refused (GitLab docs, "REST API").
    pub(super) fn check_unmodified_since(&self, changed: chrono::DateTime<chrono::Utc>) -> Result<(), Reply> {
        let Some(limit) = self.call.header("if-unmodified-since") else { return Ok(()) };
        match chrono::DateTime::parse_from_rfc2822(limit) {
            // The header has whole seconds only.
            Ok(limit) if changed.timestamp() > limit.timestamp() => Err(Reply::message(412, "412 Precondition Failed")),
            _ => Ok(()),
        }
    }
}
