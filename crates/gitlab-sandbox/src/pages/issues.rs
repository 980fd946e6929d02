//! A project's issues, by state and by label.

use minijinja::{Value, context};

use super::issuable::state_badge;
use super::label::{linked_label_html, linked_label_values};
use super::links::{encode_query_value, page_href};
use super::{PageContext, navigation, render_page, time_value};
use crate::reply::Reply;
use crate::world::{Issue, Project};

/// `/-/issues`, with `state` and `label_name` as in GitLab.
pub(super) fn page(view: PageContext<'_>, project: &Project) -> Reply {
    let wanted = view.call.params.list("label_name").unwrap_or_default();
    let found = project.issues.values().rev().filter(|issue| wanted.iter().all(|name| issue.labels.contains(name)));
    let rows = found.map(|issue| (issue_state(issue).to_owned(), issue_row(view, project, issue))).collect();
    let list = filtered_list(view, project, ("issues", "Issues"), &["opened", "closed"], rows);
    let labels: Vec<Value> =
        wanted.iter().map(|name| Value::from_safe_string(linked_label_html(view.world, project, name))).collect();
    render_page(view.guide, "list.html", context! { labels, ..list })
}

/// One issue as a line of a list.
pub(super) fn issue_row(view: PageContext<'_>, project: &Project, issue: &Issue) -> Value {
    context! {
        href => page_href(&format!("{}/-/issues/{}", project.path, issue.iid)), title => &*issue.title,
        reference => format!("#{}", issue.iid), state => state_badge(issue_state(issue)), confidential => issue.confidential,
        labels => linked_label_values(view.world, project, &issue.labels),
        author => view.person_value(issue.author), created => time_value(issue.created_at),
        due => issue.due_date.map(|day| day.to_string()),
        notes => issue.notes.values().filter(|note| !note.system).count(),
    }
}

/// A list of issues or of merge requests: the rows of the state that was asked for, and links to the others.
pub(super) fn filtered_list(
    view: PageContext<'_>,
    project: &Project,
    (kind, title): (&str, &str),
    states: &[&str],
    rows: Vec<(String, Value)>,
) -> Value {
    let asked = view.call.params.non_empty_text("state");
    let chosen = asked.as_deref().filter(|asked| states.contains(asked) || *asked == "all").unwrap_or("opened");
    let labels = view.call.params.list("label_name").unwrap_or_default();
    let labels: Vec<String> = labels.iter().map(|name| format!("&label_name[]={}", encode_query_value(name))).collect();
    let labels = labels.concat();
    let path = page_href(&format!("{}/-/{kind}", project.path));
    let filters: Vec<Value> = states
        .iter()
        .chain(&["all"])
        .map(|&state| {
            let count = rows.iter().filter(|(word, _)| word == state || state == "all").count();
            let name = if state == "opened" { "open" } else { state };
            context! { name, count, href => format!("{path}?state={state}{labels}"), current => state == chosen }
        })
        .collect();
    let without_labels = format!("{path}?state={chosen}");
    let rows: Vec<Value> =
        rows.into_iter().filter(|(word, _)| word == chosen || chosen == "all").map(|(_, row)| row).collect();
    context! { title, filters, rows, without_labels, ..navigation::project_navigation(view, project, kind) }
}

fn issue_state(issue: &Issue) -> &'static str {
    if issue.is_open() { "opened" } else { "closed" }
}
