//! Labels that move up, and what goes away with a user, a project or a group.

use super::{Label, Project, World};

impl World {
    /// Makes a project's label one of its group, with all of the same name in the group's projects
    /// (`Labels::PromoteService`). Returns the new one's number; `None` if the project is in no group.
    pub fn promote_label(&mut self, project: u64, id: u64) -> Option<u64> {
        let home = self.projects.get(&project)?;
        let group = self.group_of(&home.path)?.id;
        let old = home.labels.get(&id)?.clone();
        let path = self.groups.get(&group)?.path.clone();
        let new = self.fresh_id();
        // Issues carry names, so nothing changes for them.
        for project in self.projects.values_mut().filter(|one| super::groups::is_below(&one.path, &path)) {
            project.labels.retain(|_, label| label.name != old.name);
        }
        self.groups.get_mut(&group)?.labels.insert(new, Label { id: new, ..old });
        Some(new)
    }

    /// Gives a group's label another name, or none, on everything below the group that carries it.
    pub fn rename_label_below(&mut self, group: u64, old: &str, new: Option<&str>) {
        let Some(group) = self.groups.get(&group) else { return };
        let path = group.path.clone();
        let below = self.projects.values_mut().filter(|project| super::groups::is_below(&project.path, &path));
        // A project's own label of this name keeps what carries it.
        for project in below.filter(|project| !project.labels.values().any(|label| label.name == old)) {
            project.rename_label(old, new);
        }
    }

    /// Takes an account away with its tokens, roles and own projects. What the person wrote stays, as the ghost's.
    pub fn remove_user(&mut self, id: u64) {
        let Some(user) = self.users.remove(&id) else { return };
        self.tokens.retain(|_, token| token.user != id);
        for group in self.groups.values_mut() {
            group.members.remove(&id);
        }
        self.projects.retain(|_, project| !super::groups::is_below(&project.path, &user.username));
        for project in self.projects.values_mut() {
            project.members.remove(&id);
            project.issues.values_mut().for_each(|issue| issue.assignees.retain(|one| *one != id));
            project.merge_requests.values_mut().for_each(|one| one.assignees.retain(|one| *one != id));
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
        let projects: Vec<u64> = self
            .projects
            .values()
            .filter(|project| super::groups::is_below(&project.path, &path))
            .map(|project| project.id)
            .collect();
        for project in projects {
            self.remove_project(project);
        }
        self.groups.retain(|other, group| *other != id && !super::groups::is_below(&group.path, &path));
        for group in self.groups.values_mut() {
            group.shared_with.remove(&id);
        }
    }
}

impl Project {
    /// Gives a label another name, or none, on everything that carries it and in the events that tell of it.
    pub fn rename_label(&mut self, old: &str, new: Option<&str>) {
        let issues = self.issues.values_mut().map(|one| (&mut one.labels, &mut one.label_events));
        let requests = self.merge_requests.values_mut().map(|one| (&mut one.labels, &mut one.label_events));
        for (labels, events) in issues.chain(requests) {
            let Some(new) = new else {
                labels.remove(old);
                continue;
            };
            if labels.remove(old) {
                labels.insert(new.to_owned());
            }
            events.iter_mut().filter(|event| event.label == old).for_each(|event| new.clone_into(&mut event.label));
        }
    }
}
