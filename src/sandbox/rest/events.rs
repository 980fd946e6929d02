//! Label events of an issue (GitLab docs, "Resource label events API").

use super::Asked;
use super::paging::page;
use crate::sandbox::reply::{Answer, Reply};

/// `issues/:iid/resource_label_events` and one of them, oldest first.
pub(super) fn answer(asked: &Asked<'_>, project: u64, iid: &str, path: &[&str]) -> Answer {
    if !asked.call.method.is_safe() {
        return Err(Reply::error(404, "404 Not Found"));
    }
    let home = asked.project(project)?;
    let issue = asked.issue(project, iid)?;
    match path {
        [] => Ok(page(asked, &issue.label_events, |event| asked.event_shape(home, issue, event))),
        [id] => {
            let event = issue.label_events.iter().find(|event| event.id.to_string() == *id);
            let event = event.ok_or_else(|| Reply::not_found("ResourceLabelEvent"))?;
            Ok(Reply::json(200, &asked.event_shape(home, issue, event)))
        }
        _ => Err(Reply::error(404, "404 Not Found")),
    }
}
