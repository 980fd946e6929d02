//! Texts that refer to issues and merge requests leave "mentioned in" on them
//! (`Mentionable#create_new_cross_references!`, `SystemNotes::IssuablesService#cross_reference`).

use super::Context;
use crate::control::GITLAB_HOST;
use crate::quick_actions::{IssuableReference, find_issuable_references};
use crate::world::{Note, Noteable, Project};

impl Context<'_> {
    /// Notes on whatever these texts refer to and their author sees; a pair that has one gets no second.
    pub(super) fn add_cross_references(&mut self, from: Noteable, who: u64, texts: &[&str]) {
        let public = format!("https://{GITLAB_HOST}");
        let found: Vec<IssuableReference> =
            texts.iter().flat_map(|text| find_issuable_references(text, &[self.origin, &public])).collect();
        for target in found {
            let Some((to, body)) = self.resolve_mention(from, who, &target) else { continue };
            let known =
                self.world.notes(to).is_some_and(|notes| notes.values().any(|note| note.system && note.body == body));
            if to == from || known {
                continue;
            }
            let mut note = Note::new(self.world.next_id(), who, &body, self.world.now, true);
            note.mentioned_in = Some(from);
            if let Some(notes) = self.world.notes_mut(to) {
                notes.insert(note.id, note);
            }
        }
    }

    /// The same for an issue's or a merge request's own title and text.
    pub(super) fn add_own_cross_references(&mut self, from: Noteable, who: u64) {
        let texts = match from {
            Noteable::Issue(project, iid) => {
                self.world.issue(project, iid).map(|issue| (issue.title.clone(), issue.description.clone()))
            }
            Noteable::MergeRequest(project, iid) => {
                self.world.merge_request_mut(project, iid).map(|one| (one.title.clone(), one.description.clone()))
            }
            Noteable::Epic(..) => None,
        };
        if let Some((title, description)) = texts {
            self.add_cross_references(from, who, &[&title, description.as_deref().unwrap_or_default()]);
        }
    }

    /// Whether the asking user sees a note: one about a mention only if they see where that is.
    pub(super) fn can_see_mention_source(&self, note: &Note) -> bool {
        note.mentioned_in.is_none_or(|on| self.can_see_noteable(on, self.current_user_id))
    }

    fn can_see_noteable(&self, on: Noteable, who: Option<u64>) -> bool {
        match on {
            Noteable::Issue(project, iid) => self.world.projects.get(&project).is_some_and(|home| {
                let issue = home.issues.get(&iid);
                self.world.may_see(home, who) && issue.is_some_and(|one| self.world.may_see_issue(project, one, who))
            }),
            Noteable::MergeRequest(project, iid) => self.world.projects.get(&project).is_some_and(|home| {
                let there = home.merge_requests.contains_key(&iid);
                there && self.world.may_see(home, who) && self.world.may_read_code(home, who)
            }),
            Noteable::Epic(group, iid) => self.world.groups.get(&group).is_some_and(|home| {
                let epic = home.epics.get(&iid);
                self.world.may_see_group(home, who) && epic.is_some_and(|one| self.world.may_see_epic(home, one, who))
            }),
        }
    }

    /// Where a reference leads, if its author sees that, and what is noted down there.
    fn resolve_mention(&self, from: Noteable, who: u64, target: &IssuableReference) -> Option<(Noteable, String)> {
        let (project, kind, sigil, iid) = match from {
            Noteable::Issue(project, iid) => (project, "issue", '#', iid),
            Noteable::MergeRequest(project, iid) => (project, "merge request", '!', iid),
            // An epic is in no project, which short references need.
            Noteable::Epic(..) => return None,
        };
        let source = self.world.projects.get(&project)?;
        let place = source.path.rsplit_once('/').map_or("", |(place, _)| place);
        let home = match target.project.as_str() {
            "" => source,
            name if !name.contains('/') => self.world.project_by_path(&format!("{place}/{name}"))?,
            path => self.world.project_by_path(path)?,
        };
        let to = if target.merge_request {
            Noteable::MergeRequest(home.id, target.iid)
        } else {
            Noteable::Issue(home.id, target.iid)
        };
        self.can_see_noteable(to, Some(who))
            .then(|| (to, format!("mentioned in {kind} {}{sigil}{iid}", relative_project_path(source, home))))
    }
}

/// A project's name in references from another one (`Project#to_reference_base`): none from itself, short from beside
/// it.
fn relative_project_path<'a>(project: &'a Project, from: &Project) -> &'a str {
    let place = |path: &'a str| path.rsplit_once('/').map_or(("", path), |parts| parts);
    if project.id == from.id {
        return "";
    }
    let (above, name) = place(&project.path);
    let beside = from.path.rsplit_once('/').is_some_and(|(other, _)| other.eq_ignore_ascii_case(above));
    if beside { name } else { &project.path }
}
