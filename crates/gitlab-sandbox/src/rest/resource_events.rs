//! What happened to an issue or a merge request (GitLab docs, "Resource label events API" and its siblings).

use serde_json::{Value, json};

use super::Context;
use super::colors::text_color;
use super::entities::format_time;
use super::noteable::VisibleNoteable;
use super::paging::page_reply;
use crate::reply::{HandlerResult, Reply};
use crate::world::{Noteable, ResourceEvent, ResourceEventKind, ResourceLabelEvent};

/// `resource_label_events`, `resource_weight_events`, `resource_milestone_events`, `resource_state_events`, and one of
/// them, oldest first. `None` if the path is none of these.
pub(super) fn answer(
    context: &Context<'_>,
    noteable: &VisibleNoteable,
    kind: &str,
    path: &[&str],
) -> Option<HandlerResult> {
    let shapes = resource_events_json(context, noteable, kind)?;
    if !context.call.method.is_safe() {
        return Some(Err(Reply::route_not_found()));
    }
    Some(match path {
        [] => Ok(page_reply(context, &shapes, Clone::clone)),
        [id] => {
            let wanted = id.parse::<u64>().ok();
            let found = shapes.iter().find(|shape| wanted.is_some() && shape["id"].as_u64() == wanted);
            found.map(|shape| Reply::json(200, shape)).ok_or_else(Reply::record_not_found)
        }
        _ => Err(Reply::route_not_found()),
    })
}

fn resource_events_json(context: &Context<'_>, noteable: &VisibleNoteable, kind: &str) -> Option<Vec<Value>> {
    let (labels, events): (&[ResourceLabelEvent], &[ResourceEvent]) = match noteable.noteable {
        Noteable::Issue(project, iid) => {
            let issue = context.world.issue(project, iid)?;
            (&issue.label_events, &issue.events)
        }
        Noteable::MergeRequest(project, iid) => {
            let request = context.world.projects.get(&project)?.merge_requests.get(&iid)?;
            (&request.label_events, &request.events)
        }
        Noteable::Epic(..) => return None,
    };
    let of = |wanted: fn(&ResourceEventKind) -> bool| {
        events
            .iter()
            .filter(|event| wanted(&event.what))
            .map(|event| resource_event_json(context, noteable, event))
            .collect()
    };
    match kind {
        "resource_label_events" => {
            Some(labels.iter().map(|event| label_event_json(context, noteable, event)).collect())
        }
        "resource_weight_events" => Some(of(|what| matches!(what, ResourceEventKind::Weight(_)))),
        "resource_milestone_events" => Some(of(|what| matches!(what, ResourceEventKind::Milestone(..)))),
        "resource_state_events" => Some(of(|what| matches!(what, ResourceEventKind::State(_)))),
        _ => None,
    }
}

fn label_event_json(context: &Context<'_>, noteable: &VisibleNoteable, event: &ResourceLabelEvent) -> Value {
    let home = noteable.project.and_then(|project| context.world.projects.get(&project));
    let label =
        home.and_then(|home| context.world.available_labels(home).into_iter().find(|label| label.name == event.label));
    json!({
        "id": event.id,
        "user": context.user_or_ghost_json(event.user),
        "created_at": format_time(event.created_at),
        "resource_type": noteable.noteable_type,
        "resource_id": noteable.id(),
        "label": label.map(|label| json!({
            "id": label.id,
            "name": label.name,
            "color": label.color,
            "text_color": text_color(&label.color),
            "description": label.description,
            "archived": label.archived,
        })),
        "action": if event.added { "add" } else { "remove" },
    })
}

fn resource_event_json(context: &Context<'_>, noteable: &VisibleNoteable, event: &ResourceEvent) -> Value {
    let mut shape = json!({
        "id": event.id,
        "user": context.user_or_ghost_json(event.user),
        "created_at": format_time(event.created_at),
        "resource_type": noteable.noteable_type,
        "resource_id": noteable.id(),
    });
    match &event.what {
        ResourceEventKind::Weight(weight) => {
            shape["issue_id"] = json!(noteable.id());
            shape["weight"] = json!(weight);
        }
        ResourceEventKind::Milestone(id, added) => {
            shape["milestone"] =
                noteable.project.map_or(Value::Null, |project| context.issuable_milestone_json(project, Some(*id)));
            shape["action"] = json!(if *added { "add" } else { "remove" });
        }
        ResourceEventKind::State(state) => shape["state"] = json!(state),
    }
    shape
}
