//! One commit.

use minijinja::{Value, context};

use super::links::Around;
use super::markdown::remark;
use super::thing::fact;
use super::{View, diff, moment, project, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::Project;

/// `/-/commit/SHA`.
pub(super) fn page(view: View<'_>, project: &Project, id: &str) -> Option<Reply> {
    let commit = project.repository.commits.get(id)?;
    let around = Around { view, owner: Some(project), group: None, file: "" };
    let (title, message) = commit.message.split_once('\n').unwrap_or((&commit.message, ""));
    let parents: Vec<Value> = commit.parents.iter().filter_map(|parent| parent.get(..8)).map(Value::from).collect();
    let facts: Vec<Value> = [fact("Parents", parents)].into_iter().flatten().collect();
    let page = context! {
        kind => "Commit", title, reference => commit.id.get(..8), facts,
        author => commit.author.map(|author| view.person(author)), created => moment(commit.created_at),
        body => Some(message.trim()).filter(|text| !text.is_empty()).map(|text| remark(text, &around)),
        changes => diff::files(&commit.changes), no_changes => "It changes no file.",
    };
    Some(show("thing.html", context! { ..page, ..project::frame(view, project, "files") }))
}
