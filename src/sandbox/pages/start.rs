//! The first page: what there is, and how to work in it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::links::href;
use super::{moment, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::Project;
use crate::sandbox::{Inside, control, seed};

/// `/`.
pub(super) fn page(inside: &Inside) -> Reply {
    let description = control::describe(inside);
    let tokens: Vec<Value> = description
        .tokens
        .iter()
        .map(|(name, value)| context! { name, value, purpose => seed::purpose(name) })
        .collect();
    // Where most is going on comes first; what holds a file at most is there because links lead to it.
    let mut projects: Vec<&Project> = inside.world.projects.values().collect();
    projects.sort_by_key(|project| (Reverse(work(project)), Reverse(files(project)), &project.path));
    let (lived_in, others): (Vec<&Project>, Vec<&Project>) =
        projects.into_iter().partition(|project| work(project) > 0 || files(project) > 1);
    let busiest = lived_in.first().filter(|project| !project.issues.is_empty()).map(|project| project.id);
    let list = |projects: Vec<&Project>| -> Vec<Value> { projects.into_iter().map(line).collect() };
    let page = context! {
        title => "A GitLab in a box", projects => list(lived_in), others => list(others), tokens, busiest,
        description => Serde(&description), now => moment(inside.world.now), writes => inside.journal.len(),
    };
    show("start.html", page)
}

fn line(project: &Project) -> Value {
    let open = project.issues.values().filter(|issue| issue.is_open()).count();
    let requests = project.merge_requests.values().filter(|request| request.state == "opened").count();
    context! {
        path => &*project.path, href => href(&project.path), visibility => Serde(project.visibility),
        archived => project.archived, open, issues => project.issues.len(), requests,
        issues_href => href(&format!("{}/-/issues", project.path)),
        requests_href => href(&format!("{}/-/merge_requests", project.path)),
        files => files(project),
    }
}

fn work(project: &Project) -> usize {
    project.issues.len() + project.merge_requests.len()
}

fn files(project: &Project) -> usize {
    project.branch("HEAD").map_or(0, BTreeMap::len)
}
