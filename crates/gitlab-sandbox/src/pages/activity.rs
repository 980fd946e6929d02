//! Who wrote and did what on an issue, a merge request or an epic, oldest first.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use minijinja::{Value, context};

use super::escape::escape;
use super::label::linked_label_html;
use super::links::TextContext;
use super::markdown::render_comment;
use super::time_value;
use crate::world::{Note, ResourceEvent, ResourceEventKind, ResourceLabelEvent};

/// Notes and what GitLab keeps of labels, milestones and states, as one list.
pub(super) fn activity_list(
    around: &TextContext<'_>,
    notes: &BTreeMap<u64, Note>,
    labels: &[ResourceLabelEvent],
    events: &[ResourceEvent],
) -> Vec<Value> {
    let mut all: Vec<(DateTime<Utc>, u64, Value)> = Vec::new();
    for note in notes.values() {
        let shown = context! {
            id => note.id, author => around.view.person_value(note.author), when => time_value(note.created_at),
            body => render_comment(&note.body, around), system => note.system, internal => note.internal, threaded => note.threaded,
            resolved => note.resolved.map(|(who, _)| around.view.person_value(who)),
            emoji => note.emoji.iter().map(|emoji| emoji.name.clone()).collect::<Vec<_>>(),
        };
        all.push((note.created_at, note.id, shown));
    }
    for event in labels {
        let label = around.project.map_or_else(
            || escape(&event.label),
            |project| linked_label_html(around.view.world, project, &event.label),
        );
        let body = format!("<p>{} {label}</p>", if event.added { "added" } else { "removed" });
        all.push((event.created_at, event.id, event_value(around, event.id, event.user, event.created_at, body)));
    }
    for event in events {
        let body = format!("<p>{}</p>", escape(&describe_event(around, &event.what)));
        all.push((event.created_at, event.id, event_value(around, event.id, event.user, event.created_at, body)));
    }
    all.sort_by_key(|(time, id, _)| (*time, *id));
    all.into_iter().map(|(_, _, shown)| shown).collect()
}

fn event_value(around: &TextContext<'_>, id: u64, user: u64, when: DateTime<Utc>, body: String) -> Value {
    let body = Value::from_safe_string(body);
    context! { id, author => around.view.person_value(user), when => time_value(when), body, system => true }
}

fn describe_event(around: &TextContext<'_>, what: &ResourceEventKind) -> String {
    match what {
        ResourceEventKind::Weight(Some(weight)) => format!("set the weight to {weight}"),
        ResourceEventKind::Weight(None) => "took the weight away".to_owned(),
        ResourceEventKind::Milestone(id, set) => {
            let known = around.project.and_then(|project| around.view.world.available_milestone(project.id, *id));
            let title = known.map_or("one that is gone", |milestone| milestone.title.as_str());
            format!("{} the milestone {title}", if *set { "set" } else { "took away" })
        }
        ResourceEventKind::State(state) => (*state).to_owned(),
    }
}
