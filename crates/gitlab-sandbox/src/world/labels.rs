//! Labels: which of them an issue carries after an edit, and what becomes of that when one is renamed or moves up.

use std::collections::BTreeSet;

use serde::Serialize;

use super::groups::is_below;
use super::{PLANNER, Project, Tier, World};

/// A label of a project or of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Label {
    /// Its number.
    pub id: u64,
    /// Its title, such as `pod::example`.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its place in the order of priorities.
    pub priority: Option<u64>,
    /// Kept on what carries it and put on nothing else (GitLab 18.10,
    /// `app/services/labels/available_labels_service.rb`).
    pub archived: bool,
    /// The users who subscribed to it.
    pub subscribers: BTreeSet<u64>,
}

impl Label {
    /// Whether a search finds it: by its title or its description, in any letter case.
    pub(crate) fn matches_search(&self, lower: &str) -> bool {
        let description = self.description.as_deref().unwrap_or_default().to_lowercase();
        self.name.to_lowercase().contains(lower) || description.contains(lower)
    }
}

impl World {
    /// The labels that issues of a project can carry: its own, then those of the groups above it, by name.
    pub fn available_labels<'a>(&'a self, project: &'a Project) -> Vec<&'a Label> {
        let mut labels: Vec<&Label> = project.labels.values().collect();
        labels.extend(self.ancestor_groups(&project.path).flat_map(|group| group.labels.values()));
        labels.sort_by_key(|label| (label.name.to_lowercase(), label.id));
        labels
    }

    /// The labels after an edit: GitLab lets the last of a scope win, from Premium on.
    pub(super) fn labels_after_edit(
        &mut self,
        project: u64,
        who: u64,
        before: &BTreeSet<String>,
        (all, add, remove): (Option<&[String]>, &[String], &[String]),
    ) -> BTreeSet<String> {
        let mut wanted = if all.is_some() { BTreeSet::new() } else { before.clone() };
        for name in remove {
            wanted.remove(name.trim());
        }
        for name in all.into_iter().flatten().chain(add) {
            let name = name.trim();
            let archived = !before.contains(name) && self.is_label_archived(project, name);
            if name.is_empty() || archived || !self.find_or_create_label(project, who, name) {
                continue;
            }
            if let (Tier::Premium, Some(scope)) = (self.tier, label_scope(name)) {
                let kept = |other: &String| {
                    other != name
                        && self::label_scope(other) == Some(scope)
                        && !remove.iter().any(|gone| gone.trim() == other)
                };
                if self.faults.scoped_race
                    && let Some(old) = before.iter().find(|other| kept(other))
                {
                    wanted.insert(old.clone());
                    continue;
                }
                wanted.retain(|other| other == name || self::label_scope(other) != Some(scope));
            }
            wanted.insert(name.to_owned());
        }
        // What is taken off goes last (`app/services/issuable/callbacks/labels.rb`).
        for name in remove {
            wanted.remove(name.trim());
        }
        wanted
    }

    /// Whether all labels of this name that the project has are archived: none of them can be put on anything, and none
    /// of the same name is made.
    fn is_label_archived(&self, project: u64, name: &str) -> bool {
        let Some(home) = self.projects.get(&project) else { return false };
        let labels = self.available_labels(home);
        let mut named = labels.iter().filter(|label| label.name == name).peekable();
        named.peek().is_some() && named.all(|label| label.archived)
    }

    /// Whoever may not administer labels cannot make one by naming it (`Labels::FindOrCreateService`).
    fn find_or_create_label(&mut self, project: u64, who: u64, name: &str) -> bool {
        let Some(home) = self.projects.get(&project) else { return false };
        if self.available_labels(home).iter().any(|label| label.name == name) {
            return true;
        }
        let may = self.access_level(project, Some(who)) >= PLANNER && name.chars().count() <= 255;
        if may {
            self.add_label(project, name, "#6699cc", "");
        }
        may
    }

    /// Archives the labels of this name that a project has of its own or from groups above, or takes them back; `None`
    /// without any.
    pub fn set_label_archived(&mut self, project: u64, name: &str, archived: bool) -> Option<()> {
        let home = self.projects.get(&project)?;
        let named = self.available_labels(home).into_iter().filter(|label| label.name == name);
        let ids: BTreeSet<u64> = named.map(|label| label.id).collect();
        let of_project = self.projects.get_mut(&project).into_iter().flat_map(|home| home.labels.values_mut());
        let of_groups = self.groups.values_mut().flat_map(|group| group.labels.values_mut());
        of_project.chain(of_groups).filter(|label| ids.contains(&label.id)).for_each(|label| label.archived = archived);
        (!ids.is_empty()).then_some(())
    }

    /// Makes a project's label one of its group, with all of the same name in the group's projects
    /// (`Labels::PromoteService`). Returns the new one's number; `None` if the project is in no group.
    pub fn promote_label(&mut self, project: u64, id: u64) -> Option<u64> {
        let home = self.projects.get(&project)?;
        let group = self.parent_group(&home.path)?.id;
        let old = home.labels.get(&id)?.clone();
        let path = self.groups.get(&group)?.path.clone();
        let new = self.next_id();
        // Issues carry names, so nothing changes for them.
        for project in self.projects.values_mut().filter(|one| is_below(&one.path, &path)) {
            project.labels.retain(|_, label| label.name != old.name);
        }
        self.groups.get_mut(&group)?.labels.insert(new, Label { id: new, ..old });
        Some(new)
    }

    /// Gives a group's label another name, or none, on everything below the group that carries it.
    pub fn rename_group_label(&mut self, group: u64, old: &str, new: Option<&str>) {
        let Some(group) = self.groups.get(&group) else { return };
        let path = group.path.clone();
        let below = self.projects.values_mut().filter(|project| is_below(&project.path, &path));
        // A project's own label of this name keeps what carries it.
        for project in below.filter(|project| !project.labels.values().any(|label| label.name == old)) {
            project.rename_label(old, new);
        }
    }
}

impl Project {
    /// Gives a label another name, or none, on everything that carries it and in the events that name it.
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

/// Everything before the last `::`; a name without it has no scope (GitLab docs, "Labels", scoped labels).
pub(crate) fn label_scope(name: &str) -> Option<&str> {
    name.rsplit_once("::").map(|(scope, _)| scope)
}
