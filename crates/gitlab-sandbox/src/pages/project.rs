//! A project: its first page, and its labels.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::links::{TextContext, encode_query_value, page_href};
use super::markdown::render_document;
use super::{PageContext, issues, label, navigation, render_page};
use crate::reply::Reply;
use crate::world::{Label, Project};

/// So many issues stand on the first page.
const NEWEST_ISSUES_SHOWN: usize = 10;

/// `/GROUP/PROJECT`.
pub(super) fn page(view: PageContext<'_>, project: &Project) -> Reply {
    let newest: Vec<Value> = project
        .issues
        .values()
        .rev()
        .take(NEWEST_ISSUES_SHOWN)
        .map(|issue| issues::issue_row(view, project, issue))
        .collect();
    let file = format!("{}/README.md", project.default_branch);
    let around = TextContext { view, project: Some(project), group: None, file_path: &file };
    let readme = project.file_text("HEAD", "README.md").map(|text| render_document(text, &around));
    let files = project.branch_files("HEAD").map_or(0, std::collections::BTreeMap::len);
    let branches: Vec<Value> = project
        .files
        .keys()
        .map(|branch| context! { name => &**branch, href => page_href(&format!("{}/-/tree/{branch}", project.path)) })
        .collect();
    let page = context! {
        title => &*project.name, visibility => Serde(project.visibility), archived => project.archived,
        description => &project.description, branch => &*project.default_branch, id => project.id,
        newest, more => project.issues.len() > NEWEST_ISSUES_SHOWN, all => format!("{}?state=all", page_href(&format!("{}/-/issues", project.path))),
        readme, files, branches, readme_href => page_href(&format!("{}/-/blob/{file}", project.path)),
    };
    render_page(
        view.guide,
        "project.html",
        context! { ..page, ..navigation::project_navigation(view, project, "project") },
    )
}

/// `/-/labels`: the project's own and those of the groups above it.
pub(super) fn labels_page(view: PageContext<'_>, project: &Project) -> Reply {
    let line = |label: &Label| {
        let issues = format!(
            "{}?state=all&label_name[]={}",
            page_href(&format!("{}/-/issues", project.path)),
            encode_query_value(&label.name)
        );
        let carrying = project.issues.values().filter(|issue| issue.labels.contains(&label.name));
        context! {
            pill => Value::from_safe_string(label::label_html(&label.name, Some(label), Some(&issues))),
            description => &label.description, color => &*label.color, priority => label.priority,
            from => if project.labels.contains_key(&label.id) { "project" } else { "group" },
            open => carrying.clone().filter(|issue| issue.is_open()).count(), issues => carrying.count(),
        }
    };
    let labels: Vec<Value> = view.world.available_labels(project).into_iter().map(line).collect();
    render_page(
        view.guide,
        "labels.html",
        context! { title => "Labels", labels, ..navigation::project_navigation(view, project, "labels") },
    )
}
