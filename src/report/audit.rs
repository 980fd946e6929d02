//! Every request that may have written: when, what, where, and what the server answered. No bodies.

use serde_json::json;

use super::{ReportAudience, VisibleTo};
use crate::pod::audit_trail::AuditEntry;
use crate::pod::json as visible_json;

/// One JSON object a line, in the order of sending.
pub fn render<A: ReportAudience>(trail: VisibleTo<'_, A, [AuditEntry]>) -> String {
    let line = |entry: &AuditEntry| {
        let value = json!({
            "time": entry.time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "method": entry.method,
            "path": entry.path,
            "iid": entry.iid,
            "status": entry.status,
            "request_id": entry.request_id,
        });
        visible_json::to_line(&value) + "\n"
    };
    trail.audit_entries().iter().map(line).collect()
}
