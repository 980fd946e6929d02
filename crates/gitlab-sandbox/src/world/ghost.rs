//! The ghost user, to whom GitLab gives what a removed account leaves behind (GitLab docs, "Delete a user", associated
//! records; `app/services/users/migrate_records_to_ghost_user_service.rb`).

use std::collections::BTreeMap;

use super::{Emoji, Note, ResourceEvent, ResourceLabelEvent, World};

impl World {
    /// Takes an account away and gives its issues, merge requests, epics, notes, emoji and events to the user `ghost`,
    /// who is made when needed. Returns the ghost's number.
    pub fn replace_with_ghost(&mut self, gone: u64) -> u64 {
        let ghost = match self.user_by_username("ghost") {
            Some(user) => user.id,
            None => self.add_user("ghost", "Ghost User"),
        };
        if gone == ghost {
            return ghost;
        }
        let heir = GhostTransfer { gone, ghost };
        for project in self.projects.values_mut() {
            for issue in project.issues.values_mut() {
                heir.transfer(&mut issue.author);
                heir.transfer_optional(issue.closed_by.as_mut());
                heir.transfer_notes_and_emoji(&mut issue.notes, &mut issue.emoji);
                heir.transfer_events(&mut issue.label_events, &mut issue.events);
            }
            for request in project.merge_requests.values_mut() {
                heir.transfer(&mut request.author);
                heir.transfer_optional(request.merged_by.as_mut());
                heir.transfer_optional(request.closed_by.as_mut());
                heir.transfer_notes_and_emoji(&mut request.notes, &mut request.emoji);
                heir.transfer_events(&mut request.label_events, &mut request.events);
            }
        }
        for epic in self.groups.values_mut().flat_map(|group| group.epics.values_mut()) {
            heir.transfer_optional(epic.author.as_mut());
            heir.transfer_notes_and_emoji(&mut epic.notes, &mut epic.emoji);
        }
        self.remove_user(gone);
        ghost
    }
}

struct GhostTransfer {
    gone: u64,
    ghost: u64,
}

impl GhostTransfer {
    fn transfer(&self, user: &mut u64) {
        if *user == self.gone {
            *user = self.ghost;
        }
    }

    fn transfer_optional(&self, user: Option<&mut u64>) {
        if let Some(user) = user {
            self.transfer(user);
        }
    }

    fn transfer_all(&self, users: &mut dyn Iterator<Item = &mut u64>) {
        for user in users {
            self.transfer(user);
        }
    }

    fn transfer_notes_and_emoji(&self, notes: &mut BTreeMap<u64, Note>, emoji: &mut [Emoji]) {
        for note in notes.values_mut() {
            self.transfer(&mut note.author);
            self.transfer_optional(note.resolved.as_mut().map(|(user, _)| user));
            self.transfer_all(&mut note.emoji.iter_mut().map(|one| &mut one.user));
        }
        self.transfer_all(&mut emoji.iter_mut().map(|one| &mut one.user));
    }

    fn transfer_events(&self, labels: &mut [ResourceLabelEvent], events: &mut [ResourceEvent]) {
        self.transfer_all(&mut labels.iter_mut().map(|event| &mut event.user));
        self.transfer_all(&mut events.iter_mut().map(|event| &mut event.user));
    }
}
