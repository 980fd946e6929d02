//! What a page of a list knows of itself.

use super::value;
use crate::sandbox::graphql::check::Wanted;
use crate::sandbox::graphql::run::{Got, Node, Scope};

pub(in super::super) fn nodes<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Page { nodes, .. } = node else { return Got::Null };
    Got::Nodes(nodes.clone())
}

pub(in super::super) fn count<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Page { all, .. } = node else { return Got::Null };
    value(*all)
}

pub(in super::super) fn has_next<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Page { nodes, start, all } = node else { return Got::Null };
    value(start + nodes.len() < *all)
}

pub(in super::super) fn has_previous<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Page { start, .. } = node else { return Got::Null };
    value(*start > 0)
}

pub(in super::super) fn start_cursor<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Page { nodes, start, .. } = node else { return Got::Null };
    if nodes.is_empty() { Got::Null } else { value(format!("box-{}", start + 1)) }
}

pub(in super::super) fn end_cursor<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Page { nodes, start, .. } = node else { return Got::Null };
    if nodes.is_empty() { Got::Null } else { value(format!("box-{}", start + nodes.len())) }
}
