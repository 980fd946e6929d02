//! Notes and emoji on whatever can carry them: issues, merge requests and epics.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Emoji, Note, World, sha256_hex};

/// Something that notes hang on: the number of its project or group, and its own there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noteable {
    /// An issue of a project.
    Issue(u64, u64),
    /// A merge request of a project.
    MergeRequest(u64, u64),
    /// An epic of a group.
    Epic(u64, u64),
}

impl Note {
    /// A note in a discussion of its own.
    pub fn new(id: u64, author: u64, body: &str, now: DateTime<Utc>, system: bool) -> Note {
        Note {
            id,
            author,
            body: body.to_owned(),
            created_at: now,
            updated_at: now,
            system,
            internal: false,
            discussion: sha256_hex(format!("discussion {id}"))[..40].to_owned(),
            threaded: false,
            resolved: None,
            emoji: Vec::new(),
            mentioned_in: None,
        }
    }
}

impl World {
    /// Its notes, by id; `None` where it is not there.
    pub fn notes(&self, on: Noteable) -> Option<&BTreeMap<u64, Note>> {
        match on {
            Noteable::Issue(project, iid) => self.issue(project, iid).map(|issue| &issue.notes),
            Noteable::MergeRequest(project, iid) => {
                self.projects.get(&project)?.merge_requests.get(&iid).map(|request| &request.notes)
            }
            Noteable::Epic(group, iid) => self.groups.get(&group)?.epics.get(&iid).map(|epic| &epic.notes),
        }
    }

    /// Whoever opened it, works on it, or wrote a comment on it; comments for members alone count for those who see them.
    pub(crate) fn participants(
        &self,
        on: Noteable,
        (author, assignees): (u64, &[u64]),
        sees_internal: bool,
    ) -> BTreeSet<u64> {
        let notes = self.notes(on).into_iter().flat_map(|notes| notes.values());
        let comments = notes.filter(|note| !note.system && (sees_internal || !note.internal)).map(|note| note.author);
        comments.chain(assignees.iter().copied()).chain([author]).collect()
    }

    /// The same, to be changed.
    pub fn notes_mut(&mut self, on: Noteable) -> Option<&mut BTreeMap<u64, Note>> {
        match on {
            Noteable::Issue(project, iid) => self.issue_mut(project, iid).map(|issue| &mut issue.notes),
            Noteable::MergeRequest(project, iid) => {
                self.projects.get_mut(&project)?.merge_requests.get_mut(&iid).map(|request| &mut request.notes)
            }
            Noteable::Epic(group, iid) => self.groups.get_mut(&group)?.epics.get_mut(&iid).map(|epic| &mut epic.notes),
        }
    }

    /// Writes a note of a person, in a thread if one is named, and returns its id. Quick actions are the caller's
    /// business.
    pub fn add_note_to(&mut self, on: Noteable, who: u64, body: &str, thread: Option<&str>) -> Option<u64> {
        self.notes(on)?;
        let mut note = Note::new(self.next_id(), who, body, self.now, false);
        let id = note.id;
        if let Some(thread) = thread {
            thread.clone_into(&mut note.discussion);
            note.threaded = true;
        }
        self.notes_mut(on)?.insert(id, note);
        let now = self.now;
        match on {
            Noteable::Issue(project, iid) => {
                self.issue_mut(project, iid)?.updated_at = now;
            }
            Noteable::MergeRequest(project, iid) => {
                self.merge_request_mut(project, iid)?.updated_at = now;
            }
            Noteable::Epic(group, iid) => self.groups.get_mut(&group)?.epics.get_mut(&iid)?.updated_at = now,
        }
        Some(id)
    }

    /// The emoji on it, or on one of its notes.
    pub fn emoji_mut(&mut self, on: Noteable, note: Option<u64>) -> Option<&mut Vec<Emoji>> {
        match (note, on) {
            (Some(note), on) => self.notes_mut(on)?.get_mut(&note).map(|note| &mut note.emoji),
            (None, Noteable::Issue(project, iid)) => self.issue_mut(project, iid).map(|issue| &mut issue.emoji),
            (None, Noteable::MergeRequest(project, iid)) => {
                self.merge_request_mut(project, iid).map(|request| &mut request.emoji)
            }
            (None, Noteable::Epic(group, iid)) => {
                self.groups.get_mut(&group)?.epics.get_mut(&iid).map(|epic| &mut epic.emoji)
            }
        }
    }
}
