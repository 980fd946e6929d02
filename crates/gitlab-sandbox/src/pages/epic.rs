//! One epic of a group.

use minijinja::{Value, context};

use super::activity::activity_list;
use super::escape::escape;
use super::issuable::{sidebar_entry, state_badge, zero_or_one};
use super::links::{TextContext, page_href};
use super::markdown::render_document;
use super::{PageContext, label, navigation, render_page, time_value};
use crate::reply::Reply;
use crate::world::{Epic, Group};

/// `/groups/GROUP/-/epics/IID`, and its work item.
pub(super) fn page(view: PageContext<'_>, group: &Group, iid: u64) -> Option<Reply> {
    let epic = group.epics.get(&iid)?;
    let around = TextContext { view, project: None, group: Some(group), file_path: "" };
    let text = epic.description.as_deref();
    let labels = epic.labels.iter().map(|name| {
        let known = group.labels.values().find(|label| label.name == *name);
        Value::from_safe_string(label::label_html(name, known, None))
    });
    let facts: Vec<Value> = [
        sidebar_entry("Labels", labels.collect()),
        sidebar_entry("Start date", zero_or_one(epic.start_date.map(|day| day.to_string()))),
        sidebar_entry("Due date", zero_or_one(epic.due_date.map(|day| day.to_string()))),
        sidebar_entry("Confidential", zero_or_one(epic.confidential.then_some("yes: members only"))),
        sidebar_entry("Issues", issue_links(view, epic)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let page = context! {
        kind => "Epic", title => &*epic.title, reference => format!("&{iid}"),
        state => state_badge(if epic.open { "open" } else { "closed" }),
        author => epic.author.map(|author| view.person_value(author)), created => time_value(epic.created_at),
        body => text.map(|text| render_document(text, &around)), source => text, facts,
        activity => activity_list(&around, &epic.notes, &[], &[]),
    };
    let above = navigation::group_navigation(group);
    Some(render_page(view.guide, "issuable.html", context! { ..page, ..above }))
}

fn issue_links(view: PageContext<'_>, epic: &Epic) -> Vec<Value> {
    let known = epic.issues.values().filter_map(|(project, iid)| {
        let home = view.world.projects.get(project)?;
        let issue = home.issues.get(iid)?;
        let link = page_href(&format!("{}/-/issues/{iid}", home.path));
        Some(Value::from_safe_string(format!("<a href=\"{}\">{}</a>", escape(&link), escape(&issue.title))))
    });
    known.collect()
}
