//! What a project has beside code and issues: that it is there, under the name it is asked by.

use super::{node_or_null, parse_global_id, scalar};
use crate::graphql::node::{ExecutionContext, Node, Resolved};
use crate::graphql::schema::SelectedField;

pub(in super::super) fn board<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    stub_if(wanted.text("id"), |id| parse_global_id("Board", id).is_some_and(|id| project.stubs.boards.contains(&id)))
}

pub(in super::super) fn pipeline<'a>(
    scope: &ExecutionContext<'a>,
    node: &Node<'a>,
    wanted: &SelectedField,
) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    let seen = scope.world.may_read_code(project, scope.current_user_id);
    let has = |id: &str| parse_global_id("Ci::Pipeline", id).is_some_and(|id| project.stubs.pipelines.contains(&id));
    stub_if(wanted.text("id").filter(|_| seen), has)
}

/// Guests see releases, too.
pub(in super::super) fn release<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    stub_if(wanted.text("tagName"), |tag| project.stubs.releases.contains(tag))
}

pub(in super::super) fn snippets<'a>(
    _: &ExecutionContext<'a>,
    node: &Node<'a>,
    wanted: &SelectedField,
) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    let ids = wanted.texts("ids").unwrap_or_default();
    let there =
        |id: &&&str| parse_global_id("ProjectSnippet", id).is_some_and(|id| project.stubs.snippets.contains(&id));
    Resolved::Nodes(ids.iter().filter(there).map(|id| Node::Stub((*id).to_owned())).collect())
}

/// The name that it was asked by.
pub(in super::super) fn stub_name<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Stub(name) = node else { return Resolved::Null };
    scalar(name.as_str())
}

fn stub_if<'a>(name: Option<&str>, has: impl Fn(&str) -> bool) -> Resolved<'a> {
    node_or_null(name.filter(|name| has(name)).map(|name| Node::Stub(name.to_owned())))
}
