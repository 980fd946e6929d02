//! The trail of what was written: for an audit, without any body.

use chrono::{DateTime, Utc};

/// One request that may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When it was sent.
    pub time: DateTime<Utc>,
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// The issue it names, where it names one.
    pub iid: Option<u64>,
    /// The status of the answer; none when no answer came.
    pub status: Option<u16>,
    /// The server's own name for the request.
    pub request_id: Option<String>,
}
