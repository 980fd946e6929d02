//! Every write that the API received, in order: what a test or a newcomer looks at to see what podkeeper did.

use serde::Serialize;

use super::call::Call;

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The path with its query, as it was sent.
    pub path: String,
    /// JSON as it was sent, or a form with its escapes resolved.
    pub body: String,
    /// The status that was answered.
    pub status: u16,
}

/// The entry for a call, if it is a write.
pub(super) fn entry(call: &Call, status: u16) -> Option<Entry> {
    let write = !call.method.is_safe();
    write.then(|| Entry { method: call.method.to_string(), path: call.target(), body: call.readable_body(), status })
}
