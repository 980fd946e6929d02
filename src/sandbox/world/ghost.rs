//! The ghost user, to whom GitLab gives what a removed account leaves behind (GitLab docs, "Delete a user", associated
//! records; `app/services/users/migrate_records_to_ghost_user_service.rb`).

use std::collections::BTreeMap;

use super::{Emoji, Event, LabelEvent, Note, World};

impl World {
    /// Takes an account away and gives its issues, merge requests, epics, notes, emoji and events to the user `ghost`,
    /// who is made when needed. Returns the ghost's number.
    pub fn ghost_user(&mut self, gone: u64) -> u64 {
        let ghost = match self.user_named("ghost") {
            Some(user) => user.id,
            None => self.add_user("ghost", "Ghost User"),
        };
        if gone == ghost {
            return ghost;
        }
        let heir = Heir { gone, ghost };
        for project in self.projects.values_mut() {
            for issue in project.issues.values_mut() {
                heir.takes(&mut issue.author);
                heir.takes_from(issue.closed_by.as_mut());
                heir.takes_talk(&mut issue.notes, &mut issue.emoji);
                heir.takes_history(&mut issue.label_events, &mut issue.events);
            }
            for request in project.merge_requests.values_mut() {
                heir.takes(&mut request.author);
                heir.takes_from(request.merged_by.as_mut());
                heir.takes_from(request.closed_by.as_mut());
                heir.takes_talk(&mut request.notes, &mut request.emoji);
                heir.takes_history(&mut request.label_events, &mut request.events);
            }
        }
        for epic in self.groups.values_mut().flat_map(|group| group.epics.values_mut()) {
            heir.takes_from(epic.author.as_mut());
            heir.takes_talk(&mut epic.notes, &mut epic.emoji);
        }
        self.remove_user(gone);
        ghost
    }
}

struct Heir {
    gone: u64,
    ghost: u64,
}

impl Heir {
    fn takes(&self, user: &mut u64) {
        if *user == self.gone {
            *user = self.ghost;
        }
    }

    fn takes_from(&self, user: Option<&mut u64>) {
        if let Some(user) = user {
            self.takes(user);
        }
    }

    fn takes_all(&self, users: &mut dyn Iterator<Item = &mut u64>) {
        for user in users {
            self.takes(user);
        }
    }

    fn takes_talk(&self, notes: &mut BTreeMap<u64, Note>, emoji: &mut [Emoji]) {
        for note in notes.values_mut() {
            self.takes(&mut note.author);
            self.takes_from(note.resolved.as_mut().map(|(user, _)| user));
            self.takes_all(&mut note.emoji.iter_mut().map(|one| &mut one.user));
        }
        self.takes_all(&mut emoji.iter_mut().map(|one| &mut one.user));
    }

    fn takes_history(&self, labels: &mut [LabelEvent], events: &mut [Event]) {
        self.takes_all(&mut labels.iter_mut().map(|event| &mut event.user));
        self.takes_all(&mut events.iter_mut().map(|event| &mut event.user));
    }
}
