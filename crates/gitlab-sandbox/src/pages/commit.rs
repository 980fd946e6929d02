//! One commit.

use minijinja::{Value, context};

use super::issuable::sidebar_entry;
use super::links::TextContext;
use super::markdown::render_comment;
use super::{PageContext, diff, navigation, render_page, time_value};
use crate::reply::Reply;
use crate::world::Project;

/// `/-/commit/SHA`.
pub(super) fn page(view: PageContext<'_>, project: &Project, id: &str) -> Option<Reply> {
    let commit = project.repository.commits.get(id)?;
    let around = TextContext { view, project: Some(project), group: None, file_path: "" };
    let (title, message) = commit.message.split_once('\n').unwrap_or((&commit.message, ""));
    let parents: Vec<Value> = commit.parents.iter().filter_map(|parent| parent.get(..8)).map(Value::from).collect();
    let facts: Vec<Value> = [sidebar_entry("Parents", parents)].into_iter().flatten().collect();
    let page = context! {
        kind => "Commit", title, reference => commit.id.get(..8), facts,
        author => commit.author.map(|author| view.person_value(author)), created => time_value(commit.created_at),
        body => Some(message.trim()).filter(|text| !text.is_empty()).map(|text| render_comment(text, &around)),
        changes => diff::changed_files(&commit.changes), no_changes => "It changes no file.",
    };
    Some(render_page(
        view.guide,
        "issuable.html",
        context! { ..page, ..navigation::project_navigation(view, project, "files") },
    ))
}
