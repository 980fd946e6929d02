//! Texts that refer to issues and merge requests leave "mentioned in" on them (`Mentionable#create_new_cross_references!`,
//! `SystemNotes::IssuablesService#cross_reference`).

use super::Asked;
use crate::sandbox::control::GITLAB_HOST;
use crate::sandbox::quick_actions::{Target, targets};
use crate::sandbox::world::{Note, On, Project};

impl Asked<'_> {
    /// Notes on whatever these texts refer to and their author sees; a pair that has one gets no second.
    pub(super) fn cross_reference(&mut self, from: On, who: u64, texts: &[&str]) {
        let public = format!("https://{GITLAB_HOST}");
        let found: Vec<Target> = texts.iter().flat_map(|text| targets(text, &[self.origin, &public])).collect();
        for target in found {
            let Some((to, body)) = self.mention(from, who, &target) else { continue };
            let known =
                self.world.notes(to).is_some_and(|notes| notes.values().any(|note| note.system && note.body == body));
            if to == from || known {
                continue;
            }
            let mut note = Note::new(self.world.fresh_id(), who, &body, self.world.now, true);
            note.mentioned_in = Some(from);
            if let Some(notes) = self.world.notes_mut(to) {
                notes.insert(note.id, note);
            }
        }
    }

    /// The same for an issue's or a merge request's own title and text.
    pub(super) fn cross_reference_own(&mut self, from: On, who: u64) {
        let texts = match from {
            On::Issue(project, iid) => {
                self.world.issue(project, iid).map(|issue| (issue.title.clone(), issue.description.clone()))
            }
            On::MergeRequest(project, iid) => {
                self.world.merge_request_mut(project, iid).map(|one| (one.title.clone(), one.description.clone()))
            }
            On::Epic(..) => None,
        };
        if let Some((title, description)) = texts {
            self.cross_reference(from, who, &[&title, description.as_deref().unwrap_or_default()]);
        }
    }

    /// Whether the asking user sees a note: one about a mention only if they see where that is.
    pub(super) fn sees_source(&self, note: &Note) -> bool {
        note.mentioned_in.is_none_or(|on| self.sees(on, self.who))
    }

    fn sees(&self, on: On, who: Option<u64>) -> bool {
        match on {
            On::Issue(project, iid) => self.world.projects.get(&project).is_some_and(|home| {
                let issue = home.issues.get(&iid);
                self.world.may_see(home, who) && issue.is_some_and(|one| self.world.may_see_issue(project, one, who))
            }),
            On::MergeRequest(project, iid) => self.world.projects.get(&project).is_some_and(|home| {
                let there = home.merge_requests.contains_key(&iid);
                there && self.world.may_see(home, who) && self.world.may_read_code(home, who)
            }),
            On::Epic(group, iid) => self.world.groups.get(&group).is_some_and(|home| {
                let epic = home.epics.get(&iid);
                self.world.may_see_group(home, who) && epic.is_some_and(|one| self.world.may_see_epic(home, one, who))
            }),
        }
    }

    /// Where a reference leads, if its author sees that, and what is noted down there.
    fn mention(&self, from: On, who: u64, target: &Target) -> Option<(On, String)> {
        let (project, kind, sigil, iid) = match from {
            On::Issue(project, iid) => (project, "issue", '#', iid),
            On::MergeRequest(project, iid) => (project, "merge request", '!', iid),
            // An epic is in no project, which short references need.
            On::Epic(..) => return None,
        };
        let source = self.world.projects.get(&project)?;
        let place = source.path.rsplit_once('/').map_or("", |(place, _)| place);
        let home = match target.project.as_str() {
            "" => source,
            name if !name.contains('/') => self.world.project_at(&format!("{place}/{name}"))?,
            path => self.world.project_at(path)?,
        };
        let to =
            if target.merge_request { On::MergeRequest(home.id, target.iid) } else { On::Issue(home.id, target.iid) };
        self.sees(to, Some(who)).then(|| (to, format!("mentioned in {kind} {}{sigil}{iid}", seen_from(source, home))))
    }
}

/// A project's name in references from another one (`Project#to_reference_base`): none from itself, short from beside it.
fn seen_from<'a>(project: &'a Project, from: &Project) -> &'a str {
    let place = |path: &'a str| path.rsplit_once('/').map_or(("", path), |parts| parts);
    if project.id == from.id {
        return "";
    }
    let (above, name) = place(&project.path);
    let beside = from.path.rsplit_once('/').is_some_and(|(other, _)| other.eq_ignore_ascii_case(above));
    if beside { name } else { &project.path }
}
