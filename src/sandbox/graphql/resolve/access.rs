//! What whoever asks may do in a project or a group.

use super::value;
use crate::sandbox::graphql::check::Wanted;
use crate::sandbox::graphql::run::{Got, Node, Scope};

/// The highest role of whoever asks, that of the groups above included; 0 without one.
pub(in super::super) fn max_access_level<'a>(scope: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    match node {
        Node::Project(project) => Got::Node(Node::Access(scope.world.access(project.id, scope.who))),
        Node::Group(group) => Got::Node(Node::Access(scope.world.group_access(group, scope.who))),
        _ => Got::Null,
    }
}

pub(in super::super) fn integer_value<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Access(level) = node else { return Got::Null };
    value(*level)
}

/// The role's name (`AccessLevelEnum`).
pub(in super::super) fn string_value<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Access(level) = node else { return Got::Null };
    value(match level {
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
