//! What the asking user may do in a project or a group.

use super::scalar;
use crate::graphql::node::{ExecutionContext, Node, Resolved};
use crate::graphql::schema::SelectedField;

/// The highest role of the asking user, that of the groups above included; 0 without one.
pub(in super::super) fn max_access_level<'a>(
    scope: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    match node {
        Node::Project(project) => {
            Resolved::Node(Node::AccessLevel(scope.world.access_level(project.id, scope.current_user_id)))
        }
        Node::Group(group) => {
            Resolved::Node(Node::AccessLevel(scope.world.group_access_level(group, scope.current_user_id)))
        }
        _ => Resolved::Null,
    }
}

pub(in super::super) fn integer_value<'a>(
    _: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    let Node::AccessLevel(level) = node else { return Resolved::Null };
    scalar(*level)
}

/// The role's name (`AccessLevelEnum`).
pub(in super::super) fn string_value<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::AccessLevel(level) = node else { return Resolved::Null };
    scalar(match level {
        0..=4 => "NO_ACCESS",
        5..=9 => "MINIMAL_ACCESS",
        10..=14 => "GUEST",
        15..=19 => "PLANNER",
        20..=29 => "REPORTER",
        30..=39 => "DEVELOPER",
        40..=49 => "MAINTAINER",
        50.. => "OWNER",
    })
}
