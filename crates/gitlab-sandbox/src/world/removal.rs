//! What goes away with a user, a project or a group, and what is only marked to go.

use super::groups::is_below;
use super::{OWNER, World};

impl World {
    /// Marks a project for deletion: it keeps its number and gets another name and path, so that the old ones are free
    /// (`app/services/projects/mark_for_deletion_service.rb`). `None` without such a project, or if it is marked
    /// already.
    pub fn mark_project_for_deletion(&mut self, id: u64) -> Option<()> {
        let today = self.now.date_naive();
        let project = self.projects.get_mut(&id).filter(|project| project.marked_for_deletion_on.is_none())?;
        let path = format!("{}{}", project.path, deletion_suffix(id));
        project.formerly.push(std::mem::replace(&mut project.path, path));
        project.name.push_str(&deletion_suffix(id));
        project.marked_for_deletion_on = Some(today);
        Some(())
    }

    /// Takes such a mark back, and the name and path with it; where the path is somebody else's by now, it gets a
    /// number behind it (`app/services/projects/restore_service.rb`). `None` unless the project is marked.
    pub fn restore_project(&mut self, id: u64) -> Option<()> {
        let marked = self.projects.get(&id).filter(|project| project.marked_for_deletion_on.is_some())?;
        let before = marked.path.trim_end_matches(&deletion_suffix(id)).to_owned();
        let taken = self.project_by_path(&before).is_some_and(|other| other.id != id);
        let path = if taken { format!("{before}-{id}") } else { before };
        let project = self.projects.get_mut(&id)?;
        project.name = project.name.trim_end_matches(&deletion_suffix(id)).to_owned();
        project.formerly.retain(|old| *old != path);
        project.formerly.push(std::mem::replace(&mut project.path, path));
        project.marked_for_deletion_on = None;
        Some(())
    }

    /// Takes an account away with its tokens, roles and own projects. What the person wrote stays, as the ghost's.
    pub fn remove_user(&mut self, id: u64) {
        let Some(user) = self.users.remove(&id) else { return };
        self.tokens.retain(|_, token| token.user != id);
        for group in self.groups.values_mut() {
            group.members.remove(&id);
        }
        self.projects.retain(|_, project| !is_below(&project.path, &user.username));
        for project in self.projects.values_mut() {
            project.members.remove(&id);
            project.issues.values_mut().for_each(|issue| issue.assignees.retain(|one| *one != id));
            project.merge_requests.values_mut().for_each(|one| one.assignees.retain(|one| *one != id));
        }
    }

    /// Takes away what somebody wrote, and the groups that only they own (GitLab docs, "Delete a user", `hard_delete`).
    pub fn remove_contributions(&mut self, id: u64) {
        for project in self.projects.values_mut() {
            project.issues.retain(|_, issue| issue.author != id);
            project.merge_requests.retain(|_, request| request.author != id);
            for issue in project.issues.values_mut() {
                issue.notes.retain(|_, note| note.author != id);
                issue.emoji.retain(|emoji| emoji.user != id);
            }
            for request in project.merge_requests.values_mut() {
                request.notes.retain(|_, note| note.author != id);
                request.emoji.retain(|emoji| emoji.user != id);
            }
        }
        let projects = &self.projects;
        let there =
            |(project, iid): (u64, u64)| projects.get(&project).is_some_and(|one| one.issues.contains_key(&iid));
        self.issue_links.retain(|_, link| there(link.source) && there(link.target));
        let owners = |members: &std::collections::BTreeMap<u64, u8>| -> Vec<u64> {
            members.iter().filter(|(_, role)| **role >= OWNER).map(|(user, _)| *user).collect()
        };
        let own: Vec<u64> = self.groups.values().filter(|one| owners(&one.members) == [id]).map(|one| one.id).collect();
        for group in own {
            self.remove_group(group);
        }
    }

    /// Takes a project away with all that hangs on it.
    pub fn remove_project(&mut self, id: u64) {
        self.projects.remove(&id);
        self.issue_links.retain(|_, link| link.source.0 != id && link.target.0 != id);
        for epic in self.groups.values_mut().flat_map(|group| group.epics.values_mut()) {
            epic.issues.retain(|_, (project, _)| *project != id);
        }
    }

    /// Takes a group away with everything below it.
    pub fn remove_group(&mut self, id: u64) {
        let Some(path) = self.groups.get(&id).map(|group| group.path.clone()) else { return };
        let projects: Vec<u64> =
            self.projects.values().filter(|project| is_below(&project.path, &path)).map(|project| project.id).collect();
        for project in projects {
            self.remove_project(project);
        }
        self.groups.retain(|other, group| *other != id && !is_below(&group.path, &path));
        for group in self.groups.values_mut() {
            group.shared_with.remove(&id);
            group.shared_until.remove(&id);
        }
    }
}

/// What stands behind the name and the path of a project that is marked for deletion.
fn deletion_suffix(id: u64) -> String {
    format!("-deletion_scheduled-{id}")
}
