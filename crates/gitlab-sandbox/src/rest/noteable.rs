//! Where notes, discussions and emoji hang, and who may see and write them.

use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use super::paging::page_reply;
use crate::reply::Reply;
use crate::world::{MAINTAINER, Note, Noteable, PLANNER};

/// Something with notes that the asking user can see.
#[derive(Clone, Copy)]
pub(super) struct VisibleNoteable {
    pub(super) noteable: Noteable,
    /// The project that it is in; an epic is in a group.
    pub(super) project: Option<u64>,
    /// The asking user's role there.
    pub(super) access_level: u8,
    /// `Issue`, `MergeRequest` or `Epic`.
    pub(super) noteable_type: &'static str,
    id: u64,
    iid: u64,
    /// Only members may still comment.
    locked: bool,
}

impl VisibleNoteable {
    /// Its number in the instance.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Whether the asking user sees this note.
    pub(super) fn can_see_note(&self, note: &Note) -> bool {
        !note.internal || self.access_level >= PLANNER
    }
}

impl Context<'_> {
    pub(super) fn noteable_issue(&self, project: u64, iid: &str) -> Result<VisibleNoteable, Reply> {
        let issue = self.find_issue(project, iid)?;
        let which = Noteable::Issue(project, issue.iid);
        let (id, iid, locked) = (issue.id, issue.iid, issue.locked);
        Ok(VisibleNoteable {
            noteable: which,
            project: Some(project),
            access_level: self.access_level(project),
            noteable_type: "Issue",
            id,
            iid,
            locked,
        })
    }

    pub(super) fn noteable_merge_request(&self, project: u64, iid: &str) -> Result<VisibleNoteable, Reply> {
        let request = self.find_merge_request(project, iid)?;
        let which = Noteable::MergeRequest(project, request.iid);
        let (id, iid, level) = (request.id, request.iid, self.access_level(project));
        Ok(VisibleNoteable {
            noteable: which,
            project: Some(project),
            access_level: level,
            noteable_type: "MergeRequest",
            id,
            iid,
            locked: false,
        })
    }

    /// An epic of a group by `iid`, or by the number in the instance, which notes are asked for by (GitLab docs, "Notes
    /// API").
    pub(super) fn noteable_epic(&self, group: &str, id: &str) -> Result<VisibleNoteable, Reply> {
        let group = self.find_group(group)?;
        let epic = id.parse().ok().and_then(|id: u64| {
            let by_id = group.epics.values().find(|epic| epic.id == id);
            by_id.or_else(|| group.epics.get(&id))
        });
        let epic = epic.filter(|epic| self.world.may_see_epic(group, epic, self.current_user_id));
        let epic = epic.ok_or_else(|| Reply::message(404, "404 Not found"))?;
        let which = Noteable::Epic(group.id, epic.iid);
        let level = self.world.group_access_level(group, self.current_user_id);
        Ok(VisibleNoteable {
            noteable: which,
            project: None,
            access_level: level,
            noteable_type: "Epic",
            id: epic.id,
            iid: epic.iid,
            locked: false,
        })
    }

    /// The asking user, if they may comment there.
    pub(super) fn require_may_comment(&self, noteable: &VisibleNoteable) -> Result<u64, Reply> {
        let who = match noteable.noteable {
            Noteable::Issue(project, _) => self.require_issues_enabled(project)?,
            Noteable::MergeRequest(..) | Noteable::Epic(..) => self.require_signed_in()?,
        };
        if noteable.locked && noteable.access_level == 0 { Err(Reply::forbidden()) } else { Ok(who) }
    }

    /// A note there that the asking user sees.
    pub(super) fn find_note(&self, noteable: &VisibleNoteable, id: &str) -> Result<&Note, Reply> {
        let note = id.parse().ok().and_then(|id: u64| self.world.notes(noteable.noteable)?.get(&id));
        let note = note.ok_or_else(Reply::record_not_found)?;
        // What is there and not for this reader has other words (`lib/api/helpers/notes_helpers.rb`, `get_note`).
        if noteable.can_see_note(note) && self.can_see_mention_source(note) {
            Ok(note)
        } else {
            Err(Reply::not_found("Note"))
        }
    }

    /// A note that the asking user may change: their own, or any from maintainer on; a system note is nobody's.
    pub(super) fn find_editable_note(&self, noteable: &VisibleNoteable, id: &str) -> Result<&Note, Reply> {
        let who = self.require_may_comment(noteable)?;
        let note = self.find_note(noteable, id)?;
        let may = !note.system && (note.author == who || noteable.access_level >= MAINTAINER);
        if may { Ok(note) } else { Err(Reply::forbidden()) }
    }

    /// Whoever opened it, works on it, or wrote a comment on it that the asking user sees.
    pub(super) fn participants_reply(&self, noteable: &VisibleNoteable, author: u64, assignees: &[u64]) -> Reply {
        let sees_internal = noteable.access_level >= PLANNER;
        let people = self.world.participants(noteable.noteable, (author, assignees), sees_internal);
        let people: Vec<u64> = people.into_iter().collect();
        page_reply(self, &people, |&id| self.user_or_ghost_json(id))
    }

    pub(super) fn note_json(&self, noteable: &VisibleNoteable, note: &Note) -> Value {
        let resolvable = noteable.noteable_type == "MergeRequest" && note.threaded;
        let mut shape = json!({
            "id": note.id,
            "type": note.threaded.then_some("DiscussionNote"),
            "attachment": null,
            "body": note.body,
            "author": self.user_or_ghost_json(note.author),
            "created_at": format_time(note.created_at),
            "updated_at": format_time(note.updated_at),
            "system": note.system,
            "noteable_id": noteable.id,
            "noteable_type": noteable.noteable_type,
            "noteable_iid": noteable.iid,
            "project_id": noteable.project,
            "resolvable": resolvable,
            "confidential": note.internal,
            "internal": note.internal,
            "imported": false,
            "imported_from": "none",
            "commands_changes": {},
        });
        if resolvable {
            shape["resolved"] = json!(note.resolved.is_some());
            shape["resolved_by"] = note.resolved.map_or(Value::Null, |(who, _)| self.user_or_ghost_json(who));
            shape["resolved_at"] = json!(note.resolved.map(|(_, when)| format_time(when)));
        }
        shape
    }
}
