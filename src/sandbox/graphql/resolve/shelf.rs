//! What a project has beside code and issues: that it is there, under the name it is asked by.

use super::{id_of, one, value};
use crate::sandbox::graphql::check::Wanted;
use crate::sandbox::graphql::run::{Got, Node, Scope};

pub(in super::super) fn board<'a>(_: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Project(project) = *node else { return Got::Null };
    named_if(wanted.text("id"), |id| id_of("Board", id).is_some_and(|id| project.shelf.boards.contains(&id)))
}

pub(in super::super) fn pipeline<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Project(project) = *node else { return Got::Null };
    let seen = scope.world.may_read_code(project, scope.who);
    let has = |id: &str| id_of("Ci::Pipeline", id).is_some_and(|id| project.shelf.pipelines.contains(&id));
    named_if(wanted.text("id").filter(|_| seen), has)
}

/// Guests see releases, too.
pub(in super::super) fn release<'a>(_: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Project(project) = *node else { return Got::Null };
    named_if(wanted.text("tagName"), |tag| project.shelf.releases.contains(tag))
}

pub(in super::super) fn snippets<'a>(_: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Project(project) = *node else { return Got::Null };
    let ids = wanted.texts("ids").unwrap_or_default();
    let there = |id: &&&str| id_of("ProjectSnippet", id).is_some_and(|id| project.shelf.snippets.contains(&id));
    Got::Nodes(ids.iter().filter(there).map(|id| Node::Named((*id).to_owned())).collect())
}

/// The name that it was asked by.
pub(in super::super) fn named<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Named(name) = node else { return Got::Null };
    value(name.as_str())
}

fn named_if<'a>(name: Option<&str>, has: impl Fn(&str) -> bool) -> Got<'a> {
    one(name.filter(|name| has(name)).map(|name| Node::Named(name.to_owned())))
}
