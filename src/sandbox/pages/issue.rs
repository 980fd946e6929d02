//! One issue.

use minijinja::{Value, context};

use super::label::pills;
use super::links::{Around, href};
use super::markdown::document;
use super::talk::activity;
use super::thing::{fact, one, people, state};
use super::{View, moment, project, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{Issue, Project};

/// `/-/issues/IID`.
pub(super) fn page(view: View<'_>, project: &Project, iid: u64) -> Option<Reply> {
    let issue = project.issues.get(&iid)?;
    let around = Around { view, owner: Some(project), group: None, file: "" };
    let text = issue.description.as_deref();
    let milestone = issue.milestone.and_then(|id| view.world.milestone_for(project.id, id));
    let facts: Vec<Value> = [
        fact("Labels", pills(view.world, project, &issue.labels)),
        fact("Assignees", people(view, &issue.assignees)),
        fact("Due date", one(issue.due_date.map(|day| day.to_string()))),
        fact("Milestone", one(milestone.map(|milestone| milestone.title.clone()))),
        fact("Weight", one(issue.weight)),
        fact("Confidential", one(issue.confidential.then_some("yes: members only"))),
        fact("Discussion", one(issue.locked.then_some("locked"))),
        fact("Moved to", one(issue.moved_to.clone())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let page = context! {
        kind => "Issue", title => &*issue.title, reference => format!("#{iid}"),
        state => state(if issue.is_open() { "open" } else { "closed" }),
        author => view.person(issue.author), created => moment(issue.created_at),
        body => text.map(|text| document(text, &around)), source => text, facts,
        related => related(view, project, issue),
        commands => &issue.commands,
        activity => activity(&around, &issue.notes, &issue.label_events, &issue.events),
    };
    let frame = project::frame(view, project, "issues");
    Some(show("thing.html", context! { ..page, ..frame }))
}

/// Issues that it is linked to, as seen from it.
fn related(view: View<'_>, project: &Project, issue: &Issue) -> Vec<Value> {
    let here = (project.id, issue.iid);
    let links = view.world.issue_links.values().filter(|link| link.source == here || link.target == here);
    let shown = links.filter_map(|link| {
        let (other, how) = match link.kind.as_str() {
            "blocks" if link.source == here => (link.target, "blocks"),
            "blocks" => (link.source, "is blocked by"),
            "is_blocked_by" if link.source == here => (link.target, "is blocked by"),
            "is_blocked_by" => (link.source, "blocks"),
            _ if link.source == here => (link.target, "relates to"),
            _ => (link.source, "relates to"),
        };
        let home = view.world.projects.get(&other.0)?;
        let there = home.issues.get(&other.1)?;
        let own = if home.id == project.id { "" } else { home.path.as_str() };
        Some(context! {
            how, reference => format!("{own}#{}", there.iid), title => &*there.title,
            href => href(&format!("{}/-/issues/{}", home.path, there.iid)),
            state => state(if there.is_open() { "open" } else { "closed" }),
        })
    });
    shown.collect()
}
