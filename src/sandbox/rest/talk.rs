//! Where notes, discussions and emoji hang, and who may see and write them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::paging::page;
use super::shapes::instant;
use super::{Asked, issues};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{MAINTAINER, Note, On, PLANNER};

/// Something with notes that the asking user can see.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) on: On,
    /// The project that it is in; an epic is in a group.
    pub(super) project: Option<u64>,
    /// The asking user's role there.
    pub(super) level: u8,
    /// `Issue`, `MergeRequest` or `Epic`.
    pub(super) kind: &'static str,
    id: u64,
    iid: u64,
    /// Only members may still speak.
    locked: bool,
}

impl Place {
    /// Its number in the instance.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Whether the asking user sees this note.
    pub(super) fn shows(&self, note: &Note) -> bool {
        !note.internal || self.level >= PLANNER
    }
}

impl Asked<'_> {
    pub(super) fn at_issue(&self, project: u64, iid: &str) -> Result<Place, Reply> {
        let issue = self.issue(project, iid)?;
        let on = On::Issue(project, issue.iid);
        let (id, iid, locked) = (issue.id, issue.iid, issue.locked);
        Ok(Place { on, project: Some(project), level: self.level(project), kind: "Issue", id, iid, locked })
    }

    pub(super) fn at_merge_request(&self, project: u64, iid: &str) -> Result<Place, Reply> {
        let request = self.merge_request(project, iid)?;
        let on = On::MergeRequest(project, request.iid);
        let (id, iid, level) = (request.id, request.iid, self.level(project));
        Ok(Place { on, project: Some(project), level, kind: "MergeRequest", id, iid, locked: false })
    }

    /// An epic of a group by `iid`, or by the number in the instance, which notes are asked for by (GitLab docs, "Notes API").
    pub(super) fn at_epic(&self, group: &str, id: &str) -> Result<Place, Reply> {
        let group = self.find_group(group)?;
        let epic = id.parse().ok().and_then(|id: u64| {
            let by_id = group.epics.values().find(|epic| epic.id == id);
            by_id.or_else(|| group.epics.get(&id))
        });
        let epic = epic.filter(|epic| self.world.may_see_epic(group, epic, self.who));
        let epic = epic.ok_or_else(|| Reply::message(404, "404 Not found"))?;
        let on = On::Epic(group.id, epic.iid);
        let level = self.world.group_access(group, self.who);
        Ok(Place { on, project: None, level, kind: "Epic", id: epic.id, iid: epic.iid, locked: false })
    }

    /// Somebody who may write there.
    pub(super) fn speaker(&self, place: &Place) -> Result<u64, Reply> {
        let who = match place.on {
            On::Issue(project, _) => issues::writer(self, project)?,
            On::MergeRequest(..) | On::Epic(..) => self.signed_in()?,
        };
        if place.locked && place.level == 0 { Err(Reply::forbidden()) } else { Ok(who) }
    }

    /// A note there that the asking user sees.
    pub(super) fn note(&self, place: &Place, id: &str) -> Result<&Note, Reply> {
        let note = id.parse().ok().and_then(|id: u64| self.world.notes(place.on)?.get(&id));
        let note = note.ok_or_else(Reply::no_record)?;
        // What is there and not for this reader has other words (`lib/api/helpers/notes_helpers.rb`, `get_note`).
        if place.shows(note) && self.sees_source(note) { Ok(note) } else { Err(Reply::not_found("Note")) }
    }

    /// A note that the asking user may change: their own, or any from maintainer on; a system note is nobody's.
    pub(super) fn own_note(&self, place: &Place, id: &str) -> Result<&Note, Reply> {
        let who = self.speaker(place)?;
        let note = self.note(place, id)?;
        let may = !note.system && (note.author == who || place.level >= MAINTAINER);
        if may { Ok(note) } else { Err(Reply::forbidden()) }
    }

    /// Whoever opened it, works on it or said something about it that the asking user sees.
    pub(super) fn participants(&self, place: &Place, author: u64, assignees: &[u64]) -> Reply {
        let notes = self.world.notes(place.on).into_iter().flat_map(|notes| notes.values());
        let comments = notes.filter(|note| !note.system && place.shows(note)).map(|note| note.author);
        let people: BTreeSet<u64> = comments.chain(assignees.iter().copied()).chain([author]).collect();
        let people: Vec<u64> = people.into_iter().collect();
        page(self, &people, |&id| self.user_shape(id))
    }

    pub(super) fn note_shape(&self, place: &Place, note: &Note) -> Value {
        let resolvable = place.kind == "MergeRequest" && note.threaded;
        let mut shape = json!({
            "id": note.id,
            "type": note.threaded.then_some("DiscussionNote"),
            "attachment": null,
            "body": note.body,
            "author": self.user_shape(note.author),
            "created_at": instant(note.created_at),
            "updated_at": instant(note.updated_at),
            "system": note.system,
            "noteable_id": place.id,
            "noteable_type": place.kind,
            "noteable_iid": place.iid,
            "project_id": place.project,
            "resolvable": resolvable,
            "confidential": note.internal,
            "internal": note.internal,
            "imported": false,
            "imported_from": "none",
            "commands_changes": {},
        });
        if resolvable {
            shape["resolved"] = json!(note.resolved.is_some());
            shape["resolved_by"] = note.resolved.map_or(Value::Null, |(who, _)| self.user_shape(who));
            shape["resolved_at"] = json!(note.resolved.map(|(_, when)| instant(when)));
        }
        shape
    }
}
