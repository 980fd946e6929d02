//! A project's issues, by state and by label.

use minijinja::{Value, context};

use super::label::{pill, pills};
use super::links::{href, query};
use super::thing::state;
use super::{View, moment, project, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{Issue, Project};

/// `/-/issues`, with `state` and `label_name` as in GitLab.
pub(super) fn page(view: View<'_>, project: &Project) -> Reply {
    let wanted = view.call.input.list("label_name").unwrap_or_default();
    let found = project.issues.values().rev().filter(|issue| wanted.iter().all(|name| issue.labels.contains(name)));
    let rows = found.map(|issue| (word(issue).to_owned(), row(view, project, issue))).collect();
    let list = filtered(view, project, ("issues", "Issues"), &["opened", "closed"], rows);
    let labels: Vec<Value> =
        wanted.iter().map(|name| Value::from_safe_string(pill(view.world, project, name))).collect();
    show("list.html", context! { labels, ..list })
}

/// One issue as a line of a list.
pub(super) fn row(view: View<'_>, project: &Project, issue: &Issue) -> Value {
    context! {
        href => href(&format!("{}/-/issues/{}", project.path, issue.iid)), title => &*issue.title,
        reference => format!("#{}", issue.iid), state => state(word(issue)), confidential => issue.confidential,
        labels => pills(view.world, project, &issue.labels),
        author => view.person(issue.author), created => moment(issue.created_at),
        due => issue.due_date.map(|day| day.to_string()),
        notes => issue.notes.values().filter(|note| !note.system).count(),
    }
}

/// A list of one kind of thing: the rows of the state that was asked for, and links to the others.
pub(super) fn filtered(
    view: View<'_>,
    project: &Project,
    (kind, title): (&str, &str),
    states: &[&str],
    rows: Vec<(String, Value)>,
) -> Value {
    let asked = view.call.input.filled("state");
    let chosen = asked.as_deref().filter(|asked| states.contains(asked) || *asked == "all").unwrap_or("opened");
    let labels = view.call.input.list("label_name").unwrap_or_default();
    let labels: Vec<String> = labels.iter().map(|name| format!("&label_name[]={}", query(name))).collect();
    let labels = labels.concat();
    let path = href(&format!("{}/-/{kind}", project.path));
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
    context! { title, filters, rows, without_labels, ..project::frame(view, project, kind) }
}

fn word(issue: &Issue) -> &'static str {
    if issue.is_open() { "opened" } else { "closed" }
}
