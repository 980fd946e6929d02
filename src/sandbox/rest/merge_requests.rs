//! Merge requests: listed, opened, changed, deleted (GitLab docs, "Merge requests API"; `lib/api/merge_requests.rb`).

use serde_json::{Value, json};

use super::paging::page;
use super::shapes::instant;
use super::{Asked, merging};
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{
    Change, DEVELOPER, MAINTAINER, MergeRequest, MergeRequestEdit, NewMergeRequest, OWNER, Project,
};

/// `merge_requests`, one of them, and what is done with it.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => list(asked, project),
        ("POST", []) => create(asked, project),
        ("GET" | "HEAD", [iid]) => {
            let iid = asked.merge_request(project, iid)?.iid;
            asked.merge_request_reply(200, project, iid)
        }
        ("PUT", [iid]) => update(asked, project, iid),
        ("DELETE", [iid]) => {
            let request = asked.merge_request(project, iid)?;
            let (iid, updated, author) = (request.iid, request.updated_at, request.author);
            if asked.signed_in()? != author || asked.level(project) < DEVELOPER {
                asked.role(project, OWNER)?;
            }
            asked.unmodified_since(updated)?;
            if let Some(home) = asked.world.projects.get_mut(&project) {
                home.merge_requests.remove(&iid);
            }
            Ok(Reply::empty(204))
        }
        (_, [iid, rest @ ..]) => merging::answer(asked, project, iid, rest),
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}

fn list(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let input = &asked.call.input;
    let state = input.filled("state").filter(|state| state != "all");
    if state.as_ref().is_some_and(|state| !["opened", "closed", "locked", "merged"].contains(&state.as_str())) {
        return Err(Reply::error(400, "state does not have a valid value"));
    }
    let search = input.filled("search").map(|text| text.to_lowercase());
    let labels = input.list("labels").unwrap_or_default();
    let milestone = input.filled("milestone");
    let is = |key: &str, value: &str| input.filled(key).is_none_or(|wanted| wanted == value);
    let name = |id: u64| asked.world.users.get(&id).map(|user| user.username.clone()).unwrap_or_default();
    let readable = asked.world.may_read_code(home, asked.who);
    let mut found: Vec<&MergeRequest> = home.merge_requests.values().filter(|_| readable).collect();
    found.retain(|one| {
        let title = one.milestone.and_then(|id| asked.world.milestone_for(project, id)).map(|one| one.title.clone());
        let text = format!("{}\n{}", one.title, one.description.as_deref().unwrap_or_default()).to_lowercase();
        state.as_ref().is_none_or(|state| *state == one.state)
            && is("source_branch", &one.source_branch)
            && is("target_branch", &one.target_branch)
            && is("author_username", &name(one.author))
            && input.number("author_id").is_none_or(|id| id == one.author)
            && input.number("assignee_id").is_none_or(|id| one.assignees.contains(&id))
            && input.numbers("iids").is_none_or(|iids| iids.contains(&one.iid))
            && search.as_ref().is_none_or(|wanted| text.contains(wanted))
            && milestone.as_ref().is_none_or(|wanted| title.as_ref() == Some(wanted))
            && match labels.as_slice() {
                [only] if only.eq_ignore_ascii_case("none") => one.labels.is_empty(),
                [only] if only.eq_ignore_ascii_case("any") => !one.labels.is_empty(),
                all => all.iter().all(|label| one.labels.contains(label)),
            }
    });
    match input.filled("order_by").as_deref() {
        None | Some("created_at") => found.sort_by_key(|one| (one.created_at, one.id)),
        Some("updated_at") => found.sort_by_key(|one| (one.updated_at, one.id)),
        Some("title") => found.sort_by_key(|one| (one.title.to_lowercase(), one.id)),
        Some("merged_at") => found.sort_by_key(|one| (one.merged_at, one.id)),
        Some(_) => return Err(Reply::error(400, "order_by does not have a valid value")),
    }
    if input.filled("sort").as_deref() != Some("asc") {
        found.reverse();
    }
    Ok(page(asked, &found, |one| asked.merge_request_shape(home, one)))
}

/// Asked of the project that the changes come from; `target_project_id` names another one.
fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    let who = asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let given = |key: &str| input.filled(key).ok_or_else(|| Reply::error(400, &format!("{key} is missing")));
    let (source_branch, target_branch) = (given("source_branch")?, given("target_branch")?);
    given("title")?;
    let target = match input.filled("target_project_id") {
        Some(id) => asked.find_project(&id)?,
        None => project,
    };
    let mut rest = edit(input)?;
    (rest.close, rest.target_branch) = (None, None);
    let home = asked.project(target)?;
    if home.archived || !asked.world.may_read_code(home, asked.who) {
        return Err(Reply::forbidden());
    }
    if target == project && source_branch == target_branch {
        let why = "You can't use same project/branch for source and target";
        return Err(Reply::json(409, &json!({ "message": [why] })));
    }
    for (home, branch) in [(asked.project(project)?, &source_branch), (home, &target_branch)] {
        if !home.files.contains_key(branch) {
            return Err(Reply::invalid("base", &format!("branch \"{branch}\" does not exist")));
        }
    }
    let same = home.merge_requests.values().find(|one| {
        one.state == "opened"
            && one.source_project == project
            && one.source_branch == source_branch
            && one.target_branch == target_branch
    });
    if let Some(same) = same {
        let why = format!("Another open merge request already exists for this source branch: !{}", same.iid);
        return Err(Reply::json(409, &json!({ "message": [why] })));
    }
    let new = NewMergeRequest { source_project: project, source_branch, target_branch, rest };
    let iid = asked.world.open_merge_request(target, who, &new).ok_or_else(|| Reply::not_found("Project"))?;
    asked.merge_request_reply(201, target, iid)
}

fn update(asked: &mut Asked<'_>, project: u64, iid: &str) -> Answer {
    let who = asked.signed_in()?;
    let request = asked.merge_request(project, iid)?;
    if request.author != who {
        asked.role(project, DEVELOPER)?;
    }
    let iid = request.iid;
    let edit = edit(&asked.call.input)?;
    if let Some(branch) = &edit.target_branch
        && !asked.project(project)?.files.contains_key(branch)
    {
        return Err(Reply::invalid("target_branch", "does not exist"));
    }
    asked.world.edit_merge_request(project, iid, who, &edit);
    asked.merge_request_reply(200, project, iid)
}

/// The parameters that create and update share.
fn edit(input: &Input) -> Result<MergeRequestEdit, Reply> {
    let close = match input.filled("state_event").as_deref() {
        None => None,
        Some("close") => Some(true),
        Some("reopen") => Some(false),
        Some(_) => return Err(Reply::error(400, "state_event does not have a valid value")),
    };
    let description = match input.text("description") {
        None => Change::Keep,
        Some(text) if text.is_empty() => Change::Clear,
        Some(text) => Change::Set(text),
    };
    let milestone = match input.text("milestone_id").as_deref() {
        None => Change::Keep,
        Some("" | "0") => Change::Clear,
        Some(text) => Change::Set(text.parse().ok().ok_or_else(|| Reply::error(400, "milestone_id is invalid"))?),
    };
    let title = input.text("title");
    if title.as_ref().is_some_and(|title| title.trim().is_empty()) {
        return Err(Reply::invalid("title", "can't be blank"));
    }
    if title.as_ref().is_some_and(|title| title.chars().count() > 255) {
        return Err(Reply::invalid("title", "is too long (maximum is 255 characters)"));
    }
    let people = |key: &str| input.numbers(key).map(|ids| ids.into_iter().filter(|&id| id != 0).collect());
    Ok(MergeRequestEdit {
        title,
        description,
        labels: input.list("labels"),
        add_labels: input.list("add_labels").unwrap_or_default(),
        remove_labels: input.list("remove_labels").unwrap_or_default(),
        assignees: people("assignee_ids").or_else(|| people("assignee_id")),
        reviewers: people("reviewer_ids"),
        milestone,
        close,
        target_branch: input.filled("target_branch"),
        removes_branch: input.flag("remove_source_branch"),
        squash: input.flag("squash"),
    })
}

impl Asked<'_> {
    /// A merge request that the asking user can see: code that they cannot read hides it.
    pub(super) fn merge_request(&self, project: u64, iid: &str) -> Result<&MergeRequest, Reply> {
        let home = self.project(project)?;
        let found = iid.parse().ok().and_then(|iid: u64| home.merge_requests.get(&iid));
        let seen = found.filter(|_| self.world.may_read_code(home, self.who));
        seen.ok_or_else(|| Reply::not_found("MergeRequest"))
    }

    /// One merge request, with what only the single answer has.
    pub(super) fn merge_request_reply(&self, status: u16, project: u64, iid: u64) -> Answer {
        let home = self.project(project)?;
        let one = home.merge_requests.get(&iid).ok_or_else(|| Reply::not_found("MergeRequest"))?;
        let mut shape = self.merge_request_shape(home, one);
        let changes = self.world.merge_request_changes(project, one).len();
        let base = self.world.merge_request_base(project, one);
        shape["subscribed"] = json!(self.who == Some(one.author));
        shape["changes_count"] = json!(changes.to_string());
        shape["diff_refs"] = json!({ "base_sha": base, "start_sha": base, "head_sha": shape["sha"] });
        shape["merge_error"] = Value::Null;
        shape["rebase_in_progress"] = json!(false);
        shape["user"] = json!({ "can_merge": self.level(project) >= DEVELOPER });
        shape["head_pipeline"] = Value::Null;
        Ok(Reply::json(status, &shape))
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
            "sha": self.world.merge_request_head(home.id, one),
            "merge_commit_sha": one.merge_commit,
            "squash_commit_sha": one.squash_commit,
            "squash": one.squash,
            "squash_on_merge": one.squash,
            "should_remove_source_branch": null,
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
        let may = self.world.may_push(home, branch, Some(who)) || self.level(project) >= MAINTAINER;
        // GitLab answers 401 here (`lib/api/merge_requests.rb`, `unauthorized!`).
        if may { Ok(who) } else { Err(Reply::unauthorized()) }
    }
}
