//! One issue.

use minijinja::{Value, context};

use super::activity::activity_list;
use super::issuable::{sidebar_entry, state_badge, user_names, zero_or_one};
use super::label::linked_label_values;
use super::links::{TextContext, page_href};
use super::markdown::render_document;
use super::{PageContext, navigation, render_page, time_value};
use crate::reply::Reply;
use crate::world::{Issue, Project};

/// `/-/issues/IID`.
pub(super) fn page(view: PageContext<'_>, project: &Project, iid: u64) -> Option<Reply> {
    let issue = project.issues.get(&iid)?;
    let around = TextContext { view, project: Some(project), group: None, file_path: "" };
    let text = issue.description.as_deref();
    let milestone = issue.milestone.and_then(|id| view.world.available_milestone(project.id, id));
    let facts: Vec<Value> = [
        sidebar_entry("Labels", linked_label_values(view.world, project, &issue.labels)),
        sidebar_entry("Assignees", user_names(view, &issue.assignees)),
        sidebar_entry("Due date", zero_or_one(issue.due_date.map(|day| day.to_string()))),
        sidebar_entry("Milestone", zero_or_one(milestone.map(|milestone| milestone.title.clone()))),
        sidebar_entry("Weight", zero_or_one(issue.weight)),
        sidebar_entry("Confidential", zero_or_one(issue.confidential.then_some("yes: members only"))),
        sidebar_entry("Discussion", zero_or_one(issue.locked.then_some("locked"))),
        sidebar_entry("Moved to", zero_or_one(issue.moved_to.clone())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let page = context! {
        kind => "Issue", title => &*issue.title, reference => format!("#{iid}"),
        state => state_badge(if issue.is_open() { "open" } else { "closed" }),
        author => view.person_value(issue.author), created => time_value(issue.created_at),
        body => text.map(|text| render_document(text, &around)), source => text, facts,
        related => linked_issues(view, project, issue),
        commands => &issue.commands,
        activity => activity_list(&around, &issue.notes, &issue.label_events, &issue.events),
    };
    let above = navigation::project_navigation(view, project, "issues");
    Some(render_page(view.guide, "issuable.html", context! { ..page, ..above }))
}

/// Issues that it is linked to, as seen from it.
fn linked_issues(view: PageContext<'_>, project: &Project, issue: &Issue) -> Vec<Value> {
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
            href => page_href(&format!("{}/-/issues/{}", home.path, there.iid)),
            state => state_badge(if there.is_open() { "open" } else { "closed" }),
        })
    });
    shown.collect()
}
