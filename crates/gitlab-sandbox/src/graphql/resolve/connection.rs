//! The fields of a page: whether others come before or after it, and how many items there are.

use super::scalar;
use crate::graphql::node::{ExecutionContext, Node, Resolved};
use crate::graphql::schema::SelectedField;

pub(in super::super) fn nodes<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Connection { nodes, .. } = node else { return Resolved::Null };
    Resolved::Nodes(nodes.clone())
}

pub(in super::super) fn count<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Connection { all, .. } = node else { return Resolved::Null };
    scalar(*all)
}

pub(in super::super) fn has_next_page<'a>(
    _: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    let Node::Connection { nodes, start, all } = node else { return Resolved::Null };
    scalar(start + nodes.len() < *all)
}

pub(in super::super) fn has_previous_page<'a>(
    _: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    let Node::Connection { start, .. } = node else { return Resolved::Null };
    scalar(*start > 0)
}

pub(in super::super) fn start_cursor<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Connection { nodes, start, .. } = node else { return Resolved::Null };
    if nodes.is_empty() { Resolved::Null } else { scalar(format!("sandbox-{}", start + 1)) }
}

pub(in super::super) fn end_cursor<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Connection { nodes, start, .. } = node else { return Resolved::Null };
    if nodes.is_empty() { Resolved::Null } else { scalar(format!("sandbox-{}", start + nodes.len())) }
}
