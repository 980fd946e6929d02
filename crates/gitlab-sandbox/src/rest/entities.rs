//! GitLab's entities as JSON: key sets as in the examples of GitLab docs, "REST API".

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Context;
use super::colors::text_color;
use crate::reply::Reply;
use crate::world::{Issue, Label, Project, User, parse_tasks};

/// A time as GitLab writes it.
pub(super) fn format_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

impl Context<'_> {
    /// A user as they stand in lists and inside other entities. What one who is gone left behind is the ghost's (GitLab
    /// docs, "Delete a user", associated records).
    pub(super) fn user_or_ghost_json(&self, id: u64) -> Value {
        if let Some(user) = self.world.users.get(&id) {
            return user_basic_json(user, self.origin);
        }
        json!({
            "id": 0,
            "username": "ghost",
            "name": "Ghost User",
            "state": "active",
            "locked": false,
            "avatar_url": null,
            "web_url": format!("{}/ghost", self.origin),
        })
    }

    /// An issue as a list has it, which says all about its labels if asked (`with_labels_details`).
    pub(super) fn issue_list_item_json(&self, project: &Project, issue: &Issue, details: bool) -> Value {
        let mut shape = self.issue_json(project, issue);
        if details {
            shape["labels"] = self.label_details_json(project, &issue.labels);
        }
        shape
    }

    /// These labels with all that is known of them.
    pub(super) fn label_details_json(&self, project: &Project, names: &BTreeSet<String>) -> Value {
        let all = self.world.available_labels(project);
        let carried = all.into_iter().filter(|label| names.contains(&label.name));
        Value::Array(carried.map(|label| label_basic_json(self.group_label_json(label))).collect())
    }

    pub(super) fn issue_json(&self, project: &Project, issue: &Issue) -> Value {
        let assignees: Vec<Value> = issue.assignees.iter().map(|&id| self.user_or_ghost_json(id)).collect();
        let items = parse_tasks(issue.description.as_deref().unwrap_or_default());
        let (done, tasks) = (items.iter().filter(|item| item.done).count(), items.len());
        let api = format!("{}/api/v4/projects/{}", self.origin, project.id);
        let comments = issue.notes.values().filter(|note| !note.system).count();
        let iid = issue.iid;
        let mut shape = json!({
            "id": issue.id,
            "iid": iid,
            "project_id": project.id,
            "title": issue.title,
            "description": issue.description,
            "state": if issue.is_open() { "opened" } else { "closed" },
            "type": "ISSUE",
            "issue_type": "issue",
            "created_at": format_time(issue.created_at),
            "updated_at": format_time(issue.updated_at),
            "closed_at": issue.closed_at.map(format_time),
            "closed_by": issue.closed_by.map(|id| self.user_or_ghost_json(id)),
            "labels": issue.labels,
            "milestone": self.issuable_milestone_json(project.id, issue.milestone),
            "author": self.user_or_ghost_json(issue.author),
            "assignees": assignees,
            "assignee": assignees.first(),
            "upvotes": issue.emoji.iter().filter(|emoji| emoji.name == "thumbsup").count(),
            "downvotes": issue.emoji.iter().filter(|emoji| emoji.name == "thumbsdown").count(),
            "merge_requests_count": self.merge_requests_referencing(project, iid, true).len(),
            "user_notes_count": comments,
            "start_date": null,
            "due_date": issue.due_date,
            "weight": issue.weight,
            "imported": false,
            "imported_from": "none",
        });
        let derived = json!({
            "web_url": format!("{}/{}/-/issues/{iid}", self.origin, project.path),
            "references": {
                "short": format!("#{iid}"),
                "relative": format!("#{iid}"),
                "full": format!("{}#{iid}", project.path),
            },
            "time_stats": {
                "time_estimate": 0,
                "total_time_spent": 0,
                "human_time_estimate": null,
                "human_total_time_spent": null,
            },
            "has_tasks": tasks > 0,
            "task_status": format!("{done} of {tasks} checklist {} completed", if tasks == 1 { "item" } else { "items" }),
            "task_completion_status": { "count": tasks, "completed_count": done },
            "confidential": issue.confidential,
            "discussion_locked": issue.locked.then_some(true),
            "severity": "UNKNOWN",
            "moved_to_id": null,
            "service_desk_reply_to": null,
            "blocking_issues_count": 0,
            "_links": {
                "self": format!("{api}/issues/{iid}"),
                "notes": format!("{api}/issues/{iid}/notes"),
                "award_emoji": format!("{api}/issues/{iid}/award_emoji"),
                "project": api,
                "closed_as_duplicate_of": null,
            },
        });
        // Two literals, because one of this size is too deep for the macro.
        if let (Value::Object(all), Value::Object(more)) = (&mut shape, derived) {
            all.extend(more);
        }
        shape
    }

    /// One issue, with what only the single answer has.
    pub(super) fn issue_reply(&self, status: u16, project: u64, iid: u64) -> Result<Reply, Reply> {
        let home = self.project_by_id(project)?;
        let issue = self.world.issue(project, iid).ok_or_else(|| Reply::not_found("Issue"))?;
        let mut shape = self.issue_json(home, issue);
        shape["subscribed"] = json!(self.current_user_id == Some(issue.author));
        Ok(Reply::json(status, &shape))
    }

    /// A label as a list has it, which counts only if asked (`with_counts`, `lib/api/entities/label.rb`).
    pub(super) fn label_list_item_json(&self, mut shape: Value) -> Value {
        if let (Value::Object(fields), false) = (&mut shape, self.call.params.flag("with_counts") == Some(true)) {
            fields.retain(|key, _| !LABEL_COUNT_FIELDS.contains(&key.as_str()));
        }
        shape
    }

    /// A label as a project has it.
    pub(super) fn label_json(&self, project: &Project, label: &Label) -> Value {
        let mut shape = self.group_label_json(label);
        shape["priority"] = json!(label.priority);
        shape["is_project_label"] = json!(project.labels.contains_key(&label.id));
        shape
    }

    /// A label as lists of groups have it (`lib/api/entities/group_label.rb`). What it counts is in the project that it
    /// belongs to, or in the projects right in its group, as far as the asking user sees it (`Label#issues_count`).
    pub(super) fn group_label_json(&self, label: &Label) -> Value {
        let mut shape = json!({
            "id": label.id,
            "name": label.name,
            "color": label.color,
            "text_color": text_color(&label.color),
            "description": label.description,
            "description_html": label.description.as_deref().map(escape_html),
            "subscribed": self.current_user_id.is_some_and(|who| label.subscribers.contains(&who)),
            "archived": label.archived,
        });
        // Nobody counts unless it is asked for (`lib/api/entities/label.rb`).
        if self.call.params.flag("with_counts") == Some(true) {
            self.add_usage_counts(label, &mut shape);
        }
        shape
    }

    fn add_usage_counts(&self, label: &Label, shape: &mut Value) {
        let owner = self.world.groups.values().find(|group| group.labels.contains_key(&label.id));
        let belongs = |home: &&Project| match owner {
            Some(group) => self.world.parent_group(&home.path).is_some_and(|above| above.id == group.id),
            None => home.labels.contains_key(&label.id),
        };
        let homes: Vec<&Project> = self.world.projects.values().filter(belongs).collect();
        let issues = |open: bool| {
            let all = homes.iter().filter(|home| self.world.may_see(home, self.current_user_id));
            let all = all.flat_map(|home| home.issues.values().map(|issue| (home.id, issue)));
            let carrying = all.filter(|(_, issue)| issue.is_open() == open && issue.labels.contains(&label.name));
            carrying.filter(|(home, issue)| self.world.may_see_issue(*home, issue, self.current_user_id)).count()
        };
        let readable = |home: &&&Project| {
            self.world.may_see(home, self.current_user_id)
                && self.world.may_read_merge_requests(home, self.current_user_id)
        };
        let requests = homes.iter().filter(readable).flat_map(|home| home.merge_requests.values());
        let requests = requests.filter(|one| one.state == "opened" && one.labels.contains(&label.name));
        shape["open_issues_count"] = json!(issues(true));
        shape["closed_issues_count"] = json!(issues(false));
        shape["open_merge_requests_count"] = json!(requests.count());
    }
}

/// The fields that count how much a label is used.
const LABEL_COUNT_FIELDS: [&str; 3] = ["open_issues_count", "closed_issues_count", "open_merge_requests_count"];

/// A label inside another entity (`lib/api/entities/label_basic.rb`).
fn label_basic_json(mut shape: Value) -> Value {
    if let Value::Object(fields) = &mut shape {
        fields.retain(|key, _| key != "subscribed" && !LABEL_COUNT_FIELDS.contains(&key.as_str()));
    }
    shape
}

/// The fields of a user that everybody sees.
pub(super) fn user_basic_json(user: &User, origin: &str) -> Value {
    let path = format!("{origin}/uploads/-/system/user/avatar/{}", user.id);
    let avatar = user.avatar.as_ref().map(|(name, _)| format!("{path}/{name}"));
    json!({
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "state": user.state,
        "locked": false,
        "avatar_url": avatar,
        "web_url": format!("{origin}/{}", user.username),
    })
}

/// The fields of a user that stand on their profile, of which the people of the sandbox say nothing.
fn user_profile_json(user: &User, origin: &str) -> Value {
    let mut shape = user_basic_json(user, origin);
    for key in ["bio", "discord", "github", "job_title", "linkedin", "twitter", "website_url"] {
        shape[key] = json!("");
    }
    for key in ["local_time", "location", "organization", "pronouns", "public_email", "work_information"] {
        shape[key] = json!(null);
    }
    shape["bot"] = json!(user.bot);
    shape["followers"] = json!(0);
    shape["following"] = json!(0);
    shape["is_followed"] = json!(false);
    shape
}

/// What everybody who is signed in sees of one user.
pub(super) fn user_json(user: &User, origin: &str) -> Value {
    let mut shape = user_profile_json(user, origin);
    shape["created_at"] = json!(format_time(user.created_at));
    shape
}

/// What administrators see of a user.
pub(super) fn user_with_admin_json(user: &User, origin: &str) -> Value {
    let mut shape = user_json(user, origin);
    shape["email"] = json!(user.email);
    shape["commit_email"] = json!(user.email);
    shape["is_admin"] = json!(user.admin);
    shape["confirmed_at"] = json!(format_time(user.created_at));
    shape["namespace_id"] = json!(user.id);
    shape["external"] = json!(false);
    shape["identities"] = json!([]);
    shape
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
