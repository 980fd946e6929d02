//! The first page: what there is, and how to work in it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::links::page_href;
use super::{render_page, time_value};
use crate::control;
use crate::guide::ShellExample;
use crate::reply::Reply;
use crate::state::SandboxState;
use crate::world::Project;

/// `/`.
pub(super) fn page(state: &SandboxState) -> Reply {
    let description = control::describe(state);
    let tokens: Vec<Value> = description
        .tokens
        .iter()
        .map(|(name, value)| {
            let purpose = state.guide.token_purposes.get(name).map(String::as_str).unwrap_or_default();
            context! { name, value, purpose }
        })
        .collect();
    // Where most is going on comes first; what holds a file at most is there because links lead to it.
    let mut projects: Vec<&Project> = state.world.projects.values().collect();
    projects.sort_by_key(|project| (Reverse(item_count(project)), Reverse(file_count(project)), &project.path));
    let (lived_in, others): (Vec<&Project>, Vec<&Project>) =
        projects.into_iter().partition(|project| item_count(project) > 0 || file_count(project) > 1);
    let busiest = lived_in.first().filter(|project| !project.issues.is_empty()).map(|project| project.id);
    let token = description.tokens.get("api").or_else(|| description.tokens.values().next());
    let examples: Vec<Value> = state.guide.examples.iter().map(|one| example_value(one, &description.url)).collect();
    let list = |projects: Vec<&Project>| -> Vec<Value> { projects.into_iter().map(project_row).collect() };
    let page = context! {
        title => "A GitLab on loopback", projects => list(lived_in), others => list(others), tokens, token, busiest, examples,
        description => Serde(&description), now => time_value(state.world.now), writes => state.journal.len(),
    };
    render_page(&state.guide, "start.html", page)
}

fn example_value(example: &ShellExample, origin: &str) -> Value {
    context! { what => &*example.description, script => example.script(origin) }
}

fn project_row(project: &Project) -> Value {
    let open = project.issues.values().filter(|issue| issue.is_open()).count();
    let requests = project.merge_requests.values().filter(|request| request.state == "opened").count();
    context! {
        path => &*project.path, href => page_href(&project.path), visibility => Serde(project.visibility),
        archived => project.archived, open, issues => project.issues.len(), requests,
        issues_href => page_href(&format!("{}/-/issues", project.path)),
        requests_href => page_href(&format!("{}/-/merge_requests", project.path)),
        files => file_count(project),
    }
}

fn item_count(project: &Project) -> usize {
    project.issues.len() + project.merge_requests.len()
}

fn file_count(project: &Project) -> usize {
    project.branch_files("HEAD").map_or(0, BTreeMap::len)
}
