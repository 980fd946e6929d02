//! Every write that the API received, in order: what a test or a newcomer looks at to see what a program did.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::call::Call;
use super::reply::Reply;

/// One write. What is not serialised is for the page only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The path with its query, as it was sent.
    pub path: String,
    /// JSON as it was sent, or a form with its escapes resolved.
    pub body: String,
    /// The status that was answered.
    pub status: u16,
    /// The world's time when it came.
    #[serde(skip)]
    pub at: DateTime<Utc>,
    /// What the body holds, value by value.
    #[serde(skip)]
    pub fields: Vec<(String, String)>,
    /// The address of what was written, if the answer held it.
    #[serde(skip)]
    pub subject: Option<String>,
}

/// The entry for a call, if it is a write.
pub(super) fn entry_if_write(call: &Call, reply: &Reply, at: DateTime<Utc>) -> Option<JournalEntry> {
    let write = !call.method.is_safe();
    write.then(|| JournalEntry {
        method: call.method.to_string(),
        path: call.request_target(),
        body: call.readable_body(),
        status: reply.status,
        at,
        fields: call.body_fields(),
        subject: reply.web_url(),
    })
}
