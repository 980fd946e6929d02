//! Every request that may have written: when, what, where, and what the server answered. No bodies.

use serde_json::json;

use crate::pod::trail::Entry;

/// One JSON object a line, in the order of sending.
pub fn text(trail: &[Entry]) -> String {
    let line = |entry: &Entry| {
        let value = json!({
            "time": entry.time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "method": entry.method,
            "path": entry.path,
            "iid": entry.iid,
            "status": entry.status,
            "request_id": entry.request_id,
        });
        format!("{value}\n")
    };
    trail.iter().map(line).collect()
}
