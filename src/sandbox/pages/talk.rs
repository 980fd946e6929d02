//! Who said and did what on something, oldest first.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use minijinja::{Value, context};

use super::label::pill;
use super::links::Around;
use super::markdown::remark;
use super::moment;
use super::safe::escape;
use crate::sandbox::world::{Event, Happened, LabelEvent, Note};

/// Notes and what GitLab keeps of labels, milestones and states, as one list.
pub(super) fn activity(
    around: &Around<'_>,
    notes: &BTreeMap<u64, Note>,
    labels: &[LabelEvent],
    events: &[Event],
) -> Vec<Value> {
    let mut all: Vec<(DateTime<Utc>, u64, Value)> = Vec::new();
    for note in notes.values() {
        let shown = context! {
            id => note.id, author => around.view.person(note.author), when => moment(note.created_at),
            body => remark(&note.body, around), system => note.system, internal => note.internal, threaded => note.threaded,
            resolved => note.resolved.map(|(who, _)| around.view.person(who)),
            emoji => note.emoji.iter().map(|emoji| emoji.name.clone()).collect::<Vec<_>>(),
        };
        all.push((note.created_at, note.id, shown));
    }
    for event in labels {
        let label =
            around.owner.map_or_else(|| escape(&event.label), |project| pill(around.view.world, project, &event.label));
        let body = format!("<p>{} {label}</p>", if event.added { "added" } else { "removed" });
        all.push((event.created_at, event.id, happened(around, event.id, event.user, event.created_at, body)));
    }
    for event in events {
        let body = format!("<p>{}</p>", escape(&sentence(around, &event.what)));
        all.push((event.created_at, event.id, happened(around, event.id, event.user, event.created_at, body)));
    }
    all.sort_by_key(|(time, id, _)| (*time, *id));
    all.into_iter().map(|(_, _, shown)| shown).collect()
}

fn happened(around: &Around<'_>, id: u64, user: u64, when: DateTime<Utc>, body: String) -> Value {
    let body = Value::from_safe_string(body);
    context! { id, author => around.view.person(user), when => moment(when), body, system => true }
}

fn sentence(around: &Around<'_>, what: &Happened) -> String {
    match what {
        Happened::Weight(Some(weight)) => format!("set the weight to {weight}"),
        Happened::Weight(None) => "took the weight away".to_owned(),
        Happened::Milestone(id, set) => {
            let known = around.owner.and_then(|project| around.view.world.milestone_for(project.id, *id));
            let title = known.map_or("one that is gone", |milestone| milestone.title.as_str());
            format!("{} the milestone {title}", if *set { "set" } else { "took away" })
        }
        Happened::State(state) => (*state).to_owned(),
    }
}
