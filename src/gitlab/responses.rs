//! GitLab's answers as they come, reduced to what is used. Every other key is ignored; a key that GitLab
//! leaves out for some tiers or tokens has a default.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) username: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct UserWithState {
    pub(super) id: u64,
    pub(super) username: String,
    pub(super) state: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct TreeEntry {
    pub(super) path: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) path_with_namespace: String,
    pub(super) web_url: String,
    #[serde(default)]
    pub(super) archived: bool,
    pub(super) issues_enabled: Option<bool>,
    /// Left out for tokens that see little.
    pub(super) visibility: Option<String>,
    pub(super) issues_access_level: Option<String>,
    /// The day on which it goes; left out where it stays.
    pub(super) marked_for_deletion_on: Option<NaiveDate>,
    /// What the token may do; left out without a token.
    pub(super) permissions: Option<Permissions>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Permissions {
    pub(super) project_access: Option<MemberAccess>,
    pub(super) group_access: Option<MemberAccess>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MemberAccess {
    pub(super) access_level: u8,
}

#[derive(Debug, Deserialize)]
pub(super) struct Label {
    pub(super) name: String,
    /// From GitLab 18.10 on.
    #[serde(default)]
    pub(super) archived: bool,
    pub(super) color: Option<String>,
    pub(super) description: Option<String>,
    #[serde(rename = "is_project_label")]
    pub(super) is_of_project: Option<bool>,
    /// Where they were asked for.
    pub(super) open_issues_count: Option<u64>,
    pub(super) closed_issues_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) iid: u64,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) state: String,
    #[serde(default)]
    pub(super) confidential: bool,
    /// Null where it never was.
    pub(super) discussion_locked: Option<bool>,
    pub(super) labels: Vec<String>,
    pub(super) author: User,
    #[serde(default)]
    pub(super) assignees: Vec<User>,
    pub(super) milestone: Option<Milestone>,
    pub(super) due_date: Option<NaiveDate>,
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) closed_at: Option<DateTime<Utc>>,
    pub(super) web_url: String,
    #[serde(default)]
    pub(super) user_notes_count: u64,
    pub(super) task_completion_status: Option<TaskCompletionStatus>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Milestone {
    pub(super) id: u64,
    pub(super) title: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct TaskCompletionStatus {
    #[serde(default)]
    pub(super) completed_count: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct LabelEvent {
    pub(super) action: String,
    /// Null once the label is deleted.
    pub(super) label: Option<Label>,
    pub(super) created_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Note {
    pub(super) body: String,
    pub(super) author: User,
    /// Written by GitLab itself.
    #[serde(default)]
    pub(super) system: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct AwardEmoji {
    pub(super) name: String,
    pub(super) user: User,
    pub(super) created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StateEvent {
    pub(super) id: u64,
    /// `closed`, `reopened` or `merged`.
    pub(super) state: String,
    /// None of an account that is gone.
    #[serde(default)]
    pub(super) user: Option<User>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LinkedIssue {
    pub(super) iid: u64,
    pub(super) project_id: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct IssueLink {
    pub(super) source_issue: LinkedIssueUrl,
    pub(super) target_issue: LinkedIssueUrl,
}

#[derive(Debug, Deserialize)]
pub(super) struct LinkedIssueUrl {
    pub(super) iid: u64,
    pub(super) web_url: String,
}
