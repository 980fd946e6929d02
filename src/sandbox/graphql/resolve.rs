//! What each field comes to.
//!
//! Hidden and missing are null alike. A resolver that is asked of something that has no such field gives null; the check
//! lets no query do that.

mod access;
mod code;
mod labels;
mod pages;
mod shelf;
mod values;

use serde_json::Value;

pub(super) use self::access::{integer_value, max_access_level, string_value};
pub(super) use self::code::{
    blob_id, blob_web_path, blobs, empty, exists, file_name, oid, path, raw_text, root_ref, size, submodules, tree,
    tree_blobs, trees,
};
pub(super) use self::labels::{color, description, label, labels};
pub(super) use self::pages::{count, end_cursor, has_next, has_previous, nodes, start_cursor};
pub(super) use self::shelf::{board, named, pipeline, release, snippets};
pub(super) use self::values::{
    active, archived, bot, confidential, full_path, id, iid, is_marked, issues_enabled, marked_on, name, namespace_id,
    never, state, title, username, visibility, web_url,
};
use super::check::Wanted;
use super::run::{Got, Node, Scope};
use crate::sandbox::world::{Project, Tier, User};

fn one(node: Option<Node<'_>>) -> Got<'_> {
    node.map_or(Got::Null, Got::Node)
}

fn value<'a>(value: impl Into<Value>) -> Got<'a> {
    Got::Value(value.into())
}

/// The id of something in all of GitLab.
fn gid<'a>(kind: &str, id: u64) -> Got<'a> {
    value(format!("gid://gitlab/{kind}/{id}"))
}

/// The same node as another type.
pub(super) fn itself<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    Got::Node(node.clone())
}

pub(super) fn typename<'a>(_: &Scope<'a>, _: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    value(wanted.of.name)
}

// The roots.

pub(super) fn current_user<'a>(scope: &Scope<'a>, _: &Node<'a>, _: &Wanted) -> Got<'a> {
    one(scope.who.and_then(|id| scope.world.users.get(&id)).map(Node::User))
}

pub(super) fn project<'a>(scope: &Scope<'a>, _: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    one(seen_project(scope, wanted.text("fullPath").unwrap_or_default()).map(Node::Project))
}

/// By today's path only: GitLab's loader asks no redirect routes, where REST leads on
/// (`lib/gitlab/graphql/loaders/full_path_model_loader.rb`).
fn seen_project<'a>(scope: &Scope<'a>, path: &str) -> Option<&'a Project> {
    scope.world.project_at(path).filter(|project| scope.world.may_see(project, scope.who))
}

pub(super) fn group<'a>(scope: &Scope<'a>, _: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let found = scope.world.group_at(wanted.text("fullPath").unwrap_or_default());
    one(found.filter(|group| scope.world.may_see_group(group, scope.who)).map(Node::Group))
}

/// A group, a project or a person's home.
pub(super) fn namespace<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let path = wanted.text("fullPath").unwrap_or_default();
    if let Got::Node(group) = group(scope, node, wanted) {
        return one(Some(group));
    }
    let home = || scope.world.user_named(path).filter(|_| scope.who.is_some()).map(Node::Home);
    one(seen_project(scope, path).map(Node::Project).or_else(home))
}

/// One user in whatever state, for those who are signed in (`Resolvers::UserResolver`).
pub(super) fn user<'a>(scope: &Scope<'a>, _: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    if scope.who.is_none() {
        return Got::Failed(UNAVAILABLE.to_owned());
    }
    let found = match (wanted.text("username"), wanted.text("id")) {
        (Some(name), None) => scope.world.user_named(name),
        (None, Some(id)) => id_of("User", id).and_then(|id| scope.world.users.get(&id)),
        _ => return Got::Failed("Provide either a single username or id".to_owned()),
    };
    one(found.map(Node::User))
}

/// Users, newest first, for those who are signed in. Blocked ones are not among them unless an administrator asks (`UsersFinder#base_scope`).
pub(super) fn users<'a>(scope: &Scope<'a>, _: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let (names, ids) = (wanted.texts("usernames"), wanted.texts("ids"));
    if names.is_some() && ids.is_some() {
        return Got::Failed("Provide either a list of usernames or ids".to_owned());
    }
    if scope.who.is_none() {
        return Got::Failed(UNAVAILABLE.to_owned());
    }
    if let Some(odd) = ids.iter().flatten().find(|id| id_of("User", id).is_none()) {
        return Got::Failed(format!("\"{odd}\" is not a valid ID for User."));
    }
    let names = names.map(|names| names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>());
    let ids = ids.map(|ids| ids.iter().filter_map(|id| id_of("User", id)).collect::<Vec<_>>());
    let fits = |user: &&User| {
        scope.world.may_find_user(user, scope.who)
            && names.as_ref().is_none_or(|names| names.contains(&user.username.to_lowercase()))
            && ids.as_ref().is_none_or(|ids| ids.contains(&user.id))
    };
    Got::Nodes(scope.world.users.values().rev().filter(fits).map(Node::User).collect())
}

const UNAVAILABLE: &str = "The resource that you are attempting to access does not exist or you don't have permission to \
                           perform this action";

/// A number out of `gid://gitlab/KIND/number`, or a mere number.
fn id_of(kind: &str, id: &str) -> Option<u64> {
    id.strip_prefix("gid://gitlab/").map_or(Some(id), |rest| rest.strip_prefix(kind)?.strip_prefix('/'))?.parse().ok()
}

pub(super) fn score<'a>(scope: &Scope<'a>, _: &Node<'a>, _: &Wanted) -> Got<'a> {
    value(scope.score)
}

pub(super) fn limit<'a>(scope: &Scope<'a>, _: &Node<'a>, _: &Wanted) -> Got<'a> {
    value(scope.limit)
}

// What hangs on projects and groups.

pub(super) fn repository<'a>(scope: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Project(project) = node else { return Got::Null };
    one(scope.world.may_read_code(project, scope.who).then_some(Node::Project(project)))
}

pub(super) fn issue<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Project(project) = *node else { return Got::Null };
    let issue = number(wanted).and_then(|iid| project.issues.get(&iid)).filter(|_| project.issues_enabled);
    let seen = issue.filter(|issue| scope.world.may_see_issue(project.id, issue, scope.who));
    one(seen.map(|issue| Node::Issue(project, issue)))
}

pub(super) fn merge_request<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Project(project) = *node else { return Got::Null };
    let found = number(wanted).and_then(|iid| project.merge_requests.get(&iid));
    let seen = found.filter(|_| scope.world.may_read_merge_requests(project, scope.who));
    one(seen.map(|request| Node::MergeRequest(project, request)))
}

pub(super) fn epic<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Group(group) = *node else { return Got::Null };
    let epic = number(wanted).and_then(|iid| group.epics.get(&iid)).filter(|_| scope.world.tier == Tier::Premium);
    let seen = epic.filter(|epic| scope.world.may_see_epic(group, epic, scope.who));
    one(seen.map(|epic| Node::Epic(group, epic)))
}

/// An epic of a group or an issue of a project, by the name that they share.
pub(super) fn work_item<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let found = if matches!(node, Node::Group(_)) { epic(scope, node, wanted) } else { issue(scope, node, wanted) };
    match found {
        Got::Node(item) => one(Some(Node::WorkItem(Box::new(item)))),
        _ => Got::Null,
    }
}

fn number(wanted: &Wanted) -> Option<u64> {
    wanted.text("iid")?.parse().ok()
}
