//! How a merge request looks, and who sees and merges it (GitLab docs, "Merge requests API").

use serde_json::{Value, json};

use super::Asked;
use super::shapes::instant;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{DEVELOPER, MergeRequest, Project, with_renames};

impl Asked<'_> {
    /// A merge request that the asking user can see: code that they cannot read hides it.
    pub(super) fn merge_request(&self, project: u64, iid: &str) -> Result<&MergeRequest, Reply> {
        let home = self.project(project)?;
        let found = iid.parse().ok().and_then(|iid: u64| home.merge_requests.get(&iid));
        let seen = found.filter(|_| self.world.may_read_merge_requests(home, self.who));
        seen.ok_or_else(Reply::no_record)
    }

    /// One merge request as it is after a change.
    pub(super) fn merge_request_reply(&self, status: u16, project: u64, iid: u64) -> Answer {
        Ok(Reply::json(status, &self.single_merge_request(project, iid)?))
    }

    /// The answer to who asks for it: some things are there only if they are asked for (`lib/api/merge_requests.rb`).
    pub(super) fn merge_request_shown(&self, project: u64, iid: &str) -> Answer {
        let one = self.merge_request(project, iid)?;
        let home = self.project(project)?;
        let mut shape = self.single_merge_request(project, one.iid)?;
        let merged = home.merge_requests.values().any(|other| other.author == one.author && other.state == "merged");
        shape["first_contribution"] = json!(!merged);
        let input = &self.call.input;
        if input.checked_flag("include_diverged_commits_count")? == Some(true) {
            shape["diverged_commits_count"] = json!(self.world.merge_request_diverged(home, one));
        }
        if input.checked_flag("include_rebase_in_progress")? == Some(true) {
            shape["rebase_in_progress"] = json!(false);
        }
        Ok(Reply::json(200, &shape))
    }

    /// One merge request, with what lists of them do not have (`lib/api/entities/merge_request.rb`).
    fn single_merge_request(&self, project: u64, iid: u64) -> Result<Value, Reply> {
        let home = self.project(project)?;
        let one = home.merge_requests.get(&iid).ok_or_else(Reply::no_record)?;
        let mut shape = self.merge_request_shape(home, one);
        let changes = with_renames(&self.world.merge_request_changes(project, one)).len();
        let base = self.world.merge_request_base(project, one);
        shape["subscribed"] = json!(self.who == Some(one.author));
        shape["changes_count"] = json!(changes.to_string());
        shape["diff_refs"] = json!({ "base_sha": base, "start_sha": base, "head_sha": shape["sha"] });
        shape["merge_error"] = Value::Null;
        shape["user"] = json!({ "can_merge": self.level(project) >= DEVELOPER });
        // The box runs none, and deploys nothing.
        for key in [
            "pipeline",
            "head_pipeline",
            "latest_build_started_at",
            "latest_build_finished_at",
            "first_deployed_to_production_at",
        ] {
            shape[key] = Value::Null;
        }
        Ok(shape)
    }

    /// A merge request as a list has it, in few words (`view=simple`, `lib/api/entities/merge_request_simple.rb`) or with
    /// all about its labels if asked.
    pub(super) fn merge_request_in_list(
        &self,
        home: &Project,
        one: &MergeRequest,
        simple: bool,
        details: bool,
    ) -> Value {
        let mut shape = self.merge_request_shape(home, one);
        if simple {
            let few =
                ["id", "iid", "project_id", "title", "description", "state", "created_at", "updated_at", "web_url"];
            return few.iter().map(|key| ((*key).to_owned(), shape[*key].take())).collect();
        }
        if details {
            shape["labels"] = self.labels_in_detail(home, &one.labels);
        }
        shape
    }

    pub(super) fn merge_request_shape(&self, home: &Project, one: &MergeRequest) -> Value {
        let iid = one.iid;
        let people = |ids: &[u64]| ids.iter().map(|&id| self.user_shape(id)).collect::<Vec<_>>();
        let assignees = people(&one.assignees);
        let comments = one.notes.values().filter(|note| !note.system).count();
        let (status, detailed) = self.merge_status(home, one);
        let by = |id: Option<u64>| id.map(|id| self.user_shape(id));
        let mut shape = json!({
            "id": one.id,
            "iid": iid,
            "project_id": home.id,
            "title": one.title,
            "description": one.description,
            "state": one.state,
            "created_at": instant(one.created_at),
            "updated_at": instant(one.updated_at),
            "merged_at": one.merged_at.map(instant),
            "merged_by": by(one.merged_by),
            "merge_user": by(one.merged_by),
            "closed_at": one.closed_at.map(instant),
            "closed_by": by(one.closed_by),
            "author": self.user_shape(one.author),
            "assignees": assignees,
            "assignee": assignees.first(),
            "reviewers": people(&one.reviewers),
            "source_branch": one.source_branch,
            "target_branch": one.target_branch,
            "source_project_id": one.source_project,
            "target_project_id": home.id,
            "labels": one.labels,
        });
        let derived = json!({
            "milestone": self.milestone_in(home.id, one.milestone),
            "draft": one.is_draft(),
            "work_in_progress": one.is_draft(),
            "merge_when_pipeline_succeeds": false,
            "merge_status": status,
            "detailed_merge_status": detailed,
            "has_conflicts": detailed == "conflict",
            "blocking_discussions_resolved": true,
            "sha": self.world.merge_request_head(one),
            "merge_commit_sha": one.merge_commit,
            "squash_commit_sha": one.squash_commit,
            "squash": one.squash,
            "squash_on_merge": one.squash,
            "should_remove_source_branch": one.should_remove,
            "force_remove_source_branch": one.removes_branch,
            "user_notes_count": comments,
            "upvotes": one.emoji.iter().filter(|emoji| emoji.name == "thumbsup").count(),
            "downvotes": one.emoji.iter().filter(|emoji| emoji.name == "thumbsdown").count(),
            "discussion_locked": null,
            "imported": false,
            "imported_from": "none",
            "references": { "short": format!("!{iid}"), "relative": format!("!{iid}"), "full": format!("{}!{iid}", home.path) },
            "reference": format!("!{iid}"),
            "web_url": format!("{}/{}/-/merge_requests/{iid}", self.origin, home.path),
        });
        // Two literals, because one of this size is too deep for the macro.
        if let (Value::Object(all), Value::Object(more)) = (&mut shape, derived) {
            all.extend(more);
        }
        shape
    }

    /// `merge_status` and `detailed_merge_status` (GitLab docs, "Merge requests API", merge status).
    pub(super) fn merge_status(&self, home: &Project, one: &MergeRequest) -> (&'static str, &'static str) {
        let fits = one.state == "merged" || self.world.mergeable_changes(home.id, one).is_some();
        match (one.state.as_str(), fits) {
            ("opened", false) => ("cannot_be_merged", "conflict"),
            ("opened", true) if one.is_draft() => ("can_be_merged", "draft_status"),
            ("opened", true) => ("can_be_merged", "mergeable"),
            (_, true) => ("can_be_merged", "not_open"),
            (_, false) => ("cannot_be_merged", "not_open"),
        }
    }

    /// Whoever may merge into this branch: developers, or maintainers if it was protected by hand.
    pub(super) fn merger(&self, project: u64, branch: &str) -> Result<u64, Reply> {
        let who = self.signed_in()?;
        let home = self.project(project)?;
        // GitLab answers 401 here (`lib/api/merge_requests.rb`, `unauthorized!`).
        if self.world.may_push(home, branch, Some(who)) { Ok(who) } else { Err(Reply::unauthorized()) }
    }
}
