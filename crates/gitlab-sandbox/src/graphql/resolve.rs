//! What each field comes to.
//!
//! Hidden and missing are null alike. A resolver that is asked of something that has no such field gives null;
//! `validation` lets no query do that.

mod access;
mod connection;
mod git_repository;
mod issues;
mod labels;
mod shared_fields;
mod stubs;

use serde_json::Value;

pub(super) use self::access::{integer_value, max_access_level, string_value};
pub(super) use self::connection::{count, end_cursor, has_next_page, has_previous_page, nodes, start_cursor};
pub(super) use self::git_repository::{
    blob_id, blob_size, blob_web_path, blobs, empty, exists, file_name, oid, path, raw_text, root_ref, submodules,
    tree, tree_blobs, trees,
};
pub(super) use self::issues::{issues, participants};
pub(super) use self::labels::{color, description, label, labels};
pub(super) use self::shared_fields::{
    active, always_false, archived, bot, confidential, full_path, id, iid, issues_enabled, marked_for_deletion,
    marked_for_deletion_on, name, namespace_id, state, title, username, visibility, web_url,
};
pub(super) use self::stubs::{board, pipeline, release, snippets, stub_name};
use super::node::{ExecutionContext, Node, Resolved};
use super::schema::SelectedField;
use crate::world::{Project, Tier, User};

fn node_or_null(node: Option<Node<'_>>) -> Resolved<'_> {
    node.map_or(Resolved::Null, Resolved::Node)
}

fn scalar<'a>(value: impl Into<Value>) -> Resolved<'a> {
    Resolved::Value(value.into())
}

/// GitLab's Global ID: `gid://gitlab/KIND/NUMBER`.
fn global_id<'a>(kind: &str, id: u64) -> Resolved<'a> {
    scalar(format!("gid://gitlab/{kind}/{id}"))
}

/// The same node as another type.
pub(super) fn same_node<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    Resolved::Node(node.clone())
}

pub(super) fn typename<'a>(_: &ExecutionContext<'a>, _: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    scalar(wanted.parent_type.name)
}

// The roots.

pub(super) fn query_current_user<'a>(scope: &ExecutionContext<'a>, _: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    node_or_null(scope.current_user_id.and_then(|id| scope.world.users.get(&id)).map(Node::User))
}

pub(super) fn query_project<'a>(scope: &ExecutionContext<'a>, _: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    node_or_null(find_visible_project(scope, wanted.text("fullPath").unwrap_or_default()).map(Node::Project))
}

/// By today's path only: GitLab's loader asks no redirect routes, where REST leads on
/// (`lib/gitlab/graphql/loaders/full_path_model_loader.rb`).
fn find_visible_project<'a>(scope: &ExecutionContext<'a>, path: &str) -> Option<&'a Project> {
    scope.world.project_by_path(path).filter(|project| scope.world.may_see(project, scope.current_user_id))
}

pub(super) fn query_group<'a>(scope: &ExecutionContext<'a>, _: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let found = scope.world.group_by_path(wanted.text("fullPath").unwrap_or_default());
    node_or_null(found.filter(|group| scope.world.may_see_group(group, scope.current_user_id)).map(Node::Group))
}

/// A group, a project or a person's own namespace.
pub(super) fn query_namespace<'a>(
    scope: &ExecutionContext<'a>,
    node: &Node<'a>,
    wanted: &SelectedField,
) -> Resolved<'a> {
    let path = wanted.text("fullPath").unwrap_or_default();
    if let Resolved::Node(group) = query_group(scope, node, wanted) {
        return node_or_null(Some(group));
    }
    let home =
        || scope.world.user_by_username(path).filter(|_| scope.current_user_id.is_some()).map(Node::UserNamespace);
    node_or_null(find_visible_project(scope, path).map(Node::Project).or_else(home))
}

/// One user in whatever state, for those who are signed in (`Resolvers::UserResolver`).
pub(super) fn query_user<'a>(scope: &ExecutionContext<'a>, _: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    if scope.current_user_id.is_none() {
        return Resolved::Failed(RESOURCE_UNAVAILABLE_MESSAGE.to_owned());
    }
    let found = match (wanted.text("username"), wanted.text("id")) {
        (Some(name), None) => scope.world.user_by_username(name),
        (None, Some(id)) => parse_global_id("User", id).and_then(|id| scope.world.users.get(&id)),
        _ => return Resolved::Failed("Provide either a single username or id".to_owned()),
    };
    node_or_null(found.map(Node::User))
}

/// Users, newest first, for those who are signed in. Blocked ones are not among them unless an administrator asks
/// (`UsersFinder#base_scope`).
pub(super) fn query_users<'a>(scope: &ExecutionContext<'a>, _: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let (names, ids) = (wanted.texts("usernames"), wanted.texts("ids"));
    if names.is_some() && ids.is_some() {
        return Resolved::Failed("Provide either a list of usernames or ids".to_owned());
    }
    if scope.current_user_id.is_none() {
        return Resolved::Failed(RESOURCE_UNAVAILABLE_MESSAGE.to_owned());
    }
    if let Some(odd) = ids.iter().flatten().find(|id| parse_global_id("User", id).is_none()) {
        return Resolved::Failed(format!("\"{odd}\" is not a valid ID for User."));
    }
    let names = names.map(|names| names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>());
    let ids = ids.map(|ids| ids.iter().filter_map(|id| parse_global_id("User", id)).collect::<Vec<_>>());
    let fits = |user: &&User| {
        scope.world.may_find_user(user, scope.current_user_id)
            && names.as_ref().is_none_or(|names| names.contains(&user.username.to_lowercase()))
            && ids.as_ref().is_none_or(|ids| ids.contains(&user.id))
    };
    Resolved::Nodes(scope.world.users.values().rev().filter(fits).map(Node::User).collect())
}

const RESOURCE_UNAVAILABLE_MESSAGE: &str = "The resource that you are attempting to access does not exist or you don't have permission to \
                           perform this action";

/// A number out of `gid://gitlab/KIND/number`, or a mere number.
fn parse_global_id(kind: &str, id: &str) -> Option<u64> {
    id.strip_prefix("gid://gitlab/").map_or(Some(id), |rest| rest.strip_prefix(kind)?.strip_prefix('/'))?.parse().ok()
}

pub(super) fn query_complexity_score<'a>(
    scope: &ExecutionContext<'a>,
    _: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    scalar(scope.complexity)
}

pub(super) fn query_complexity_limit<'a>(
    scope: &ExecutionContext<'a>,
    _: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    scalar(scope.max_complexity)
}

// What hangs on projects and groups.

pub(super) fn repository<'a>(scope: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = node else { return Resolved::Null };
    node_or_null(scope.world.may_read_code(project, scope.current_user_id).then_some(Node::Project(project)))
}

pub(super) fn issue<'a>(scope: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    let issue = iid_argument(wanted).and_then(|iid| project.issues.get(&iid)).filter(|_| project.issues_enabled);
    let seen = issue.filter(|issue| scope.world.may_see_issue(project.id, issue, scope.current_user_id));
    node_or_null(seen.map(|issue| Node::Issue(project, issue)))
}

pub(super) fn merge_request<'a>(scope: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    let found = iid_argument(wanted).and_then(|iid| project.merge_requests.get(&iid));
    let seen = found.filter(|_| scope.world.may_read_merge_requests(project, scope.current_user_id));
    node_or_null(seen.map(|request| Node::MergeRequest(project, request)))
}

pub(super) fn epic<'a>(scope: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let Node::Group(group) = *node else { return Resolved::Null };
    let epic = iid_argument(wanted).and_then(|iid| group.epics.get(&iid)).filter(|_| scope.world.tier == Tier::Premium);
    let seen = epic.filter(|epic| scope.world.may_see_epic(group, epic, scope.current_user_id));
    node_or_null(seen.map(|epic| Node::Epic(group, epic)))
}

/// An epic of a group or an issue of a project, by the name that they share.
pub(super) fn work_item<'a>(scope: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let found = if matches!(node, Node::Group(_)) { epic(scope, node, wanted) } else { issue(scope, node, wanted) };
    match found {
        Resolved::Node(item) => node_or_null(Some(Node::WorkItem(Box::new(item)))),
        _ => Resolved::Null,
    }
}

fn iid_argument(wanted: &SelectedField) -> Option<u64> {
    wanted.text("iid")?.parse().ok()
}
