//! Issues of a project and who takes part in them (`Resolvers::ProjectIssuesResolver`,
//! `Resolvers::Users::ParticipantsResolver`).

use std::collections::BTreeSet;

use crate::graphql::node::{ExecutionContext, Node, Resolved};
use crate::graphql::schema::SelectedField;
use crate::world::{Noteable, PLANNER};

/// Those with these numbers, or all; the newest first.
pub(in super::super) fn issues<'a>(
    scope: &ExecutionContext<'a>,
    node: &Node<'a>,
    wanted: &SelectedField,
) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    let iids = wanted.texts("iids").filter(|_| !wanted.is_null("iids"));
    let iids: Option<BTreeSet<u64>> = iids.map(|iids| iids.iter().filter_map(|iid| iid.parse().ok()).collect());
    let is_wanted = |iid: &u64| iids.as_ref().is_none_or(|iids| iids.contains(iid));
    let issues = project.issues.iter().rev().filter(|(iid, _)| project.issues_enabled && is_wanted(iid));
    let seen = issues.filter(|(_, issue)| scope.world.may_see_issue(project.id, issue, scope.current_user_id));
    Resolved::Nodes(seen.map(|(_, issue)| Node::Issue(project, issue)).collect())
}

/// Whoever opened it, works on it, or wrote a comment on it that the asking user sees.
pub(in super::super) fn participants<'a>(
    scope: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    let Node::Issue(project, issue) = *node else { return Resolved::Null };
    let sees_internal = scope.world.access_level(project.id, scope.current_user_id) >= PLANNER;
    let people = scope.world.participants(
        Noteable::Issue(project.id, issue.iid),
        (issue.author, &issue.assignees),
        sees_internal,
    );
    Resolved::Nodes(people.iter().filter_map(|id| scope.world.users.get(id)).map(Node::User).collect())
}
