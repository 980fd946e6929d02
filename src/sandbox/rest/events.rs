//! What happened to an issue or a merge request (GitLab docs, "Resource label events API" and its siblings).

use serde_json::{Value, json};

use super::Asked;
use super::colors::text_on;
use super::paging::page;
use super::shapes::instant;
use super::talk::Place;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Event, Happened, LabelEvent, On};

/// `resource_label_events`, `resource_weight_events`, `resource_milestone_events`, `resource_state_events`, and one of
/// them, oldest first. `None` if the path is none of these.
pub(super) fn answer(asked: &Asked<'_>, place: &Place, kind: &str, path: &[&str]) -> Option<Answer> {
    let shapes = shapes(asked, place, kind)?;
    if !asked.call.method.is_safe() {
        return Some(Err(Reply::no_route()));
    }
    Some(match path {
        [] => Ok(page(asked, &shapes, Clone::clone)),
        [id] => {
            let wanted = id.parse::<u64>().ok();
            let found = shapes.iter().find(|shape| wanted.is_some() && shape["id"].as_u64() == wanted);
            found.map(|shape| Reply::json(200, shape)).ok_or_else(Reply::no_record)
        }
        _ => Err(Reply::no_route()),
    })
}

fn shapes(asked: &Asked<'_>, place: &Place, kind: &str) -> Option<Vec<Value>> {
    let (labels, events): (&[LabelEvent], &[Event]) = match place.on {
        On::Issue(project, iid) => {
            let issue = asked.world.issue(project, iid)?;
            (&issue.label_events, &issue.events)
        }
        On::MergeRequest(project, iid) => {
            let request = asked.world.projects.get(&project)?.merge_requests.get(&iid)?;
            (&request.label_events, &request.events)
        }
        On::Epic(..) => return None,
    };
    let of = |wanted: fn(&Happened) -> bool| {
        events.iter().filter(|event| wanted(&event.what)).map(|event| shape(asked, place, event)).collect()
    };
    match kind {
        "resource_label_events" => Some(labels.iter().map(|event| label_shape(asked, place, event)).collect()),
        "resource_weight_events" => Some(of(|what| matches!(what, Happened::Weight(_)))),
        "resource_milestone_events" => Some(of(|what| matches!(what, Happened::Milestone(..)))),
        "resource_state_events" => Some(of(|what| matches!(what, Happened::State(_)))),
        _ => None,
    }
}

fn label_shape(asked: &Asked<'_>, place: &Place, event: &LabelEvent) -> Value {
    let home = place.project.and_then(|project| asked.world.projects.get(&project));
    let label = home.and_then(|home| asked.world.labels_for(home).into_iter().find(|label| label.name == event.label));
    json!({
        "id": event.id,
        "user": asked.user_shape(event.user),
        "created_at": instant(event.created_at),
        "resource_type": place.kind,
        "resource_id": place.id(),
        "label": label.map(|label| json!({
            "id": label.id,
            "name": label.name,
            "color": label.color,
            "text_color": text_on(&label.color),
            "description": label.description,
            "archived": label.archived,
        })),
        "action": if event.added { "add" } else { "remove" },
    })
}

fn shape(asked: &Asked<'_>, place: &Place, event: &Event) -> Value {
    let mut shape = json!({
        "id": event.id,
        "user": asked.user_shape(event.user),
        "created_at": instant(event.created_at),
        "resource_type": place.kind,
        "resource_id": place.id(),
    });
    match &event.what {
        Happened::Weight(weight) => {
            shape["issue_id"] = json!(place.id());
            shape["weight"] = json!(weight);
        }
        Happened::Milestone(id, added) => {
            shape["milestone"] = place.project.map_or(Value::Null, |project| asked.milestone_in(project, Some(*id)));
            shape["action"] = json!(if *added { "add" } else { "remove" });
        }
        Happened::State(state) => shape["state"] = json!(state),
    }
    shape
}
