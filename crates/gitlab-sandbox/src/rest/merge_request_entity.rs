//! A merge request as JSON, and who sees and merges it (GitLab docs, "Merge requests API").

use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, MergeRequest, Project, detect_renames};

impl Context<'_> {
    /// A merge request that the asking user can see: code that they cannot read hides it.
    pub(super) fn find_merge_request(&self, project: u64, iid: &str) -> Result<&MergeRequest, Reply> {
        let home = self.project_by_id(project)?;
        let found = iid.parse().ok().and_then(|iid: u64| home.merge_requests.get(&iid));
        let seen = found.filter(|_| self.world.may_read_merge_requests(home, self.current_user_id));
        seen.ok_or_else(Reply::record_not_found)
    }

    /// One merge request as it is after a change.
    pub(super) fn merge_request_reply(&self, status: u16, project: u64, iid: u64) -> HandlerResult {
        Ok(Reply::json(status, &self.merge_request_detail_json(project, iid)?))
    }

    /// The answer to a GET: some fields are there only if they are asked for (`lib/api/merge_requests.rb`).
    pub(super) fn show_merge_request(&self, project: u64, iid: &str) -> HandlerResult {
        let one = self.find_merge_request(project, iid)?;
        let home = self.project_by_id(project)?;
        let mut shape = self.merge_request_detail_json(project, one.iid)?;
        let merged = home.merge_requests.values().any(|other| other.author == one.author && other.state == "merged");
        shape["first_contribution"] = json!(!merged);
        let input = &self.call.params;
        if input.strict_flag("include_diverged_commits_count")? == Some(true) {
            shape["diverged_commits_count"] = json!(self.world.diverged_commits_count(home, one));
        }
        if input.strict_flag("include_rebase_in_progress")? == Some(true) {
            shape["rebase_in_progress"] = json!(false);
        }
        Ok(Reply::json(200, &shape))
    }

    /// One merge request, with what lists of them do not have (`lib/api/entities/merge_request.rb`).
    fn merge_request_detail_json(&self, project: u64, iid: u64) -> Result<Value, Reply> {
        let home = self.project_by_id(project)?;
        let one = home.merge_requests.get(&iid).ok_or_else(Reply::record_not_found)?;
        let mut shape = self.merge_request_json(home, one);
        let changes = detect_renames(&self.world.merge_request_changes(project, one)).len();
        let base = self.world.merge_request_base(project, one);
        shape["subscribed"] = json!(self.current_user_id == Some(one.author));
        shape["changes_count"] = json!(changes.to_string());
        shape["diff_refs"] = json!({ "base_sha": base, "start_sha": base, "head_sha": shape["sha"] });
        shape["merge_error"] = Value::Null;
        shape["user"] = json!({ "can_merge": self.access_level(project) >= DEVELOPER });
        // The sandbox runs none, and deploys nothing.
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

    /// A merge request as a list has it, in few words (`view=simple`, `lib/api/entities/merge_request_simple.rb`) or
    /// with all about its labels if asked.
    pub(super) fn merge_request_list_item_json(
        &self,
        home: &Project,
        one: &MergeRequest,
        simple: bool,
        details: bool,
    ) -> Value {
        let mut shape = self.merge_request_json(home, one);
        if simple {
            let few =
                ["id", "iid", "project_id", "title", "description", "state", "created_at", "updated_at", "web_url"];
            return few.iter().map(|key| ((*key).to_owned(), shape[*key].take())).collect();
        }
        if details {
            shape["labels"] = self.label_details_json(home, &one.labels);
        }
        shape
    }

    pub(super) fn merge_request_json(&self, home: &Project, one: &MergeRequest) -> Value {
        let iid = one.iid;
        let people = |ids: &[u64]| ids.iter().map(|&id| self.user_or_ghost_json(id)).collect::<Vec<_>>();
        let assignees = people(&one.assignees);
        let comments = one.notes.values().filter(|note| !note.system).count();
        let (status, detailed) = self.merge_status(home, one);
        let by = |id: Option<u64>| id.map(|id| self.user_or_ghost_json(id));
        let mut shape = json!({
            "id": one.id,
            "iid": iid,
            "project_id": home.id,
            "title": one.title,
            "description": one.description,
            "state": one.state,
            "created_at": format_time(one.created_at),
            "updated_at": format_time(one.updated_at),
            "merged_at": one.merged_at.map(format_time),
            "merged_by": by(one.merged_by),
            "merge_user": by(one.merged_by),
            "closed_at": one.closed_at.map(format_time),
            "closed_by": by(one.closed_by),
            "author": self.user_or_ghost_json(one.author),
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
            "milestone": self.issuable_milestone_json(home.id, one.milestone),
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
    pub(super) fn require_may_merge(&self, project: u64, branch: &str) -> Result<u64, Reply> {
        let who = self.require_signed_in()?;
        let home = self.project_by_id(project)?;
        // GitLab answers 401 here (`lib/api/merge_requests.rb`, `unauthorized!`).
        if self.world.may_push(home, branch, Some(who)) { Ok(who) } else { Err(Reply::unauthorized()) }
    }
}
