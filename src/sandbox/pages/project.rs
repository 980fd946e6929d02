//! A project: what stands above each of its pages, its first page, and its labels.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::links::{Around, href, query};
use super::markdown::document;
use super::{View, issues, label, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{Label, Project};

/// So many issues stand on the first page.
const NEWEST: usize = 10;

/// What stands above each page of a project: where it is, and its tabs. `current` names the tab.
pub(super) fn frame(view: View<'_>, project: &Project, current: &str) -> Value {
    let open = project.issues.values().filter(|issue| issue.is_open()).count();
    let requests = project.merge_requests.values().filter(|request| request.state == "opened").count();
    let labels = view.world.labels_for(project).len();
    let tab = |key: &str, name: &str, below: &str, count: Option<usize>| {
        context! { name, href => href(&format!("{}{below}", project.path)), count, current => key == current }
    };
    let tabs = [
        tab("project", "Project", "", None),
        tab("issues", "Issues", "/-/issues", Some(open)),
        tab("merge_requests", "Merge requests", "/-/merge_requests", Some(requests)),
        tab("files", "Files", &format!("/-/tree/{}", project.default_branch), None),
        tab("labels", "Labels", "/-/labels", Some(labels)),
    ];
    context! { crumbs => crumbs(&project.path), tabs, tabs_of => &*project.path }
}

/// A path as links to everything that it is in, itself last.
pub(super) fn crumbs(path: &str) -> Vec<Value> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let mut start = 0;
    let parts = ends.map(|end| {
        let name = path[start..end].to_owned();
        start = end + 1;
        context! { name, href => href(&path[..end]) }
    });
    parts.collect()
}

/// `/GROUP/PROJECT`.
pub(super) fn page(view: View<'_>, project: &Project) -> Reply {
    let newest: Vec<Value> =
        project.issues.values().rev().take(NEWEST).map(|issue| issues::row(view, project, issue)).collect();
    let file = format!("{}/README.md", project.default_branch);
    let around = Around { view, owner: Some(project), group: None, file: &file };
    let readme = project.file("HEAD", "README.md").map(|text| document(text, &around));
    let files = project.branch("HEAD").map_or(0, std::collections::BTreeMap::len);
    let branches: Vec<Value> = project
        .files
        .keys()
        .map(|branch| context! { name => &**branch, href => href(&format!("{}/-/tree/{branch}", project.path)) })
        .collect();
    let page = context! {
        title => &*project.name, visibility => Serde(project.visibility), archived => project.archived,
        description => &project.description, branch => &*project.default_branch, id => project.id,
        newest, more => project.issues.len() > NEWEST, all => format!("{}?state=all", href(&format!("{}/-/issues", project.path))),
        readme, files, branches, readme_href => href(&format!("{}/-/blob/{file}", project.path)),
    };
    show("project.html", context! { ..page, ..frame(view, project, "project") })
}

/// `/-/labels`: the project's own and those of the groups above it.
pub(super) fn labels(view: View<'_>, project: &Project) -> Reply {
    let line = |label: &Label| {
        let issues =
            format!("{}?state=all&label_name[]={}", href(&format!("{}/-/issues", project.path)), query(&label.name));
        let carrying = project.issues.values().filter(|issue| issue.labels.contains(&label.name));
        context! {
            pill => Value::from_safe_string(label::drawn(&label.name, Some(label), Some(&issues))),
            description => &label.description, color => &*label.color, priority => label.priority,
            from => if project.labels.contains_key(&label.id) { "project" } else { "group" },
            open => carrying.clone().filter(|issue| issue.is_open()).count(), issues => carrying.count(),
        }
    };
    let labels: Vec<Value> = view.world.labels_for(project).into_iter().map(line).collect();
    show("labels.html", context! { title => "Labels", labels, ..frame(view, project, "labels") })
}
