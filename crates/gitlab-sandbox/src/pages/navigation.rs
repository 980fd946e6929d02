//! What stands above each page: where it is, and a project's tabs.

use minijinja::{Value, context};

use super::PageContext;
use super::links::page_href;
use crate::world::{Group, Project};

/// What stands above each page of a project: where it is, and its tabs. `current` names the tab.
pub(super) fn project_navigation(view: PageContext<'_>, project: &Project, current: &str) -> Value {
    let open = project.issues.values().filter(|issue| issue.is_open()).count();
    let requests = project.merge_requests.values().filter(|request| request.state == "opened").count();
    let labels = view.world.available_labels(project).len();
    let tab = |key: &str, name: &str, below: &str, count: Option<usize>| {
        context! { name, href => page_href(&format!("{}{below}", project.path)), count, current => key == current }
    };
    let tabs = [
        tab("project", "Project", "", None),
        tab("issues", "Issues", "/-/issues", Some(open)),
        tab("merge_requests", "Merge requests", "/-/merge_requests", Some(requests)),
        tab("files", "Files", &format!("/-/tree/{}", project.default_branch), None),
        tab("labels", "Labels", "/-/labels", Some(labels)),
    ];
    context! { crumbs => breadcrumbs(&project.path), tabs, tabs_of => &*project.path }
}

/// What stands above each page of a group.
pub(super) fn group_navigation(group: &Group) -> Value {
    context! { crumbs => breadcrumbs(&group.path) }
}

/// A path as links to everything that it is in, itself last.
fn breadcrumbs(path: &str) -> Vec<Value> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let mut start = 0;
    let parts = ends.map(|end| {
        let name = path[start..end].to_owned();
        start = end + 1;
        context! { name, href => page_href(&path[..end]) }
    });
    parts.collect()
}
