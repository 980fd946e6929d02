//! One epic of a group.

use minijinja::{Value, context};

use super::links::{Around, href};
use super::markdown::document;
use super::safe::escape;
use super::talk::activity;
use super::thing::{fact, one, state};
use super::{View, group, label, moment, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{Epic, Group};

/// `/groups/GROUP/-/epics/IID`, and its work item.
pub(super) fn page(view: View<'_>, group: &Group, iid: u64) -> Option<Reply> {
    let epic = group.epics.get(&iid)?;
    let around = Around { view, owner: None, group: Some(group), file: "" };
    let text = epic.description.as_deref();
    let labels = epic.labels.iter().map(|name| {
        let known = group.labels.values().find(|label| label.name == *name);
        Value::from_safe_string(label::drawn(name, known, None))
    });
    let facts: Vec<Value> = [
        fact("Labels", labels.collect()),
        fact("Start date", one(epic.start_date.map(|day| day.to_string()))),
        fact("Due date", one(epic.due_date.map(|day| day.to_string()))),
        fact("Confidential", one(epic.confidential.then_some("yes: members only"))),
        fact("Issues", issues(view, epic)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let page = context! {
        kind => "Epic", title => &*epic.title, reference => format!("&{iid}"),
        state => state(if epic.open { "open" } else { "closed" }),
        author => epic.author.map(|author| view.person(author)), created => moment(epic.created_at),
        body => text.map(|text| document(text, &around)), source => text, facts,
        activity => activity(&around, &epic.notes, &[], &[]),
    };
    let frame = group::frame(group);
    Some(show("thing.html", context! { ..page, ..frame }))
}

fn issues(view: View<'_>, epic: &Epic) -> Vec<Value> {
    let known = epic.issues.values().filter_map(|(project, iid)| {
        let home = view.world.projects.get(project)?;
        let issue = home.issues.get(iid)?;
        let link = href(&format!("{}/-/issues/{iid}", home.path));
        Some(Value::from_safe_string(format!("<a href=\"{}\">{}</a>", escape(&link), escape(&issue.title))))
    });
    known.collect()
}
