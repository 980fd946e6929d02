//! Values that several types have under one name.

use serde_json::json;

use super::{gid, value};
use crate::sandbox::graphql::check::Wanted;
use crate::sandbox::graphql::run::{Got, Node, Scope};

pub(in super::super) fn id<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    match node {
        Node::User(user) => gid("User", user.id),
        Node::Project(project) => gid("Project", project.id),
        Node::Group(group) => gid("Group", group.id),
        Node::Label(label) => {
            let of_group = scope.world.groups.values().any(|group| group.labels.contains_key(&label.id));
            gid(if of_group { "GroupLabel" } else { "ProjectLabel" }, label.id)
        }
        Node::Issue(_, issue) => gid("Issue", issue.id),
        Node::MergeRequest(_, request) => gid("MergeRequest", request.id),
        Node::Epic(_, epic) => gid("Epic", epic.id),
        Node::WorkItem(item) => match item.as_ref() {
            Node::Epic(_, epic) => gid("WorkItem", epic.id),
            Node::Issue(_, issue) => gid("WorkItem", issue.id),
            _ => Got::Null,
        },
        _ => namespace_id(scope, node, wanted),
    }
}

pub(in super::super) fn namespace_id<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    match node {
        Node::Project(project) => gid("Namespaces::ProjectNamespace", project.id),
        Node::Home(user) => gid("Namespaces::UserNamespace", user.id),
        Node::Group(_) => id(scope, node, wanted),
        _ => Got::Null,
    }
}

pub(in super::super) fn full_path<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    match node {
        Node::Project(project) => value(project.path.as_str()),
        Node::Group(group) => value(group.path.as_str()),
        Node::Home(user) => value(user.username.as_str()),
        _ => Got::Null,
    }
}

pub(in super::super) fn name<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    match node {
        Node::Project(project) => value(project.name.as_str()),
        Node::Group(group) => value(group.name.as_str()),
        Node::User(user) | Node::Home(user) => value(user.name.as_str()),
        _ => Got::Null,
    }
}

pub(in super::super) fn username<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::User(user) = node else { return Got::Null };
    value(user.username.as_str())
}

pub(in super::super) fn active<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::User(user) = node else { return Got::Null };
    value(user.state == "active")
}

pub(in super::super) fn bot<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::User(user) = node else { return Got::Null };
    value(user.bot)
}

pub(in super::super) fn archived<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    match node {
        Node::Project(project) => value(project.archived || project.marked_for_deletion_on.is_some()),
        Node::Label(label) => value(label.archived),
        _ => Got::Null,
    }
}

pub(in super::super) fn issues_enabled<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Project(project) = node else { return Got::Null };
    value(project.issues_enabled)
}

/// Whether the project is marked for deletion.
pub(in super::super) fn is_marked<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Project(project) = node else { return Got::Null };
    value(project.marked_for_deletion_on.is_some())
}

pub(in super::super) fn marked_on<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Project(project) = node else { return Got::Null };
    project.marked_for_deletion_on.map_or(Got::Null, |day| value(format!("{day}T00:00:00Z")))
}

/// What the box does at once, so that nobody sees it happen.
pub(in super::super) fn never<'a>(_: &Scope<'a>, _: &Node<'a>, _: &Wanted) -> Got<'a> {
    value(false)
}

pub(in super::super) fn confidential<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Issue(_, issue) = node else { return Got::Null };
    value(issue.confidential)
}

pub(in super::super) fn visibility<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    match node {
        Node::Project(project) => Got::Value(json!(project.visibility)),
        Node::Group(group) => Got::Value(json!(group.visibility)),
        Node::Home(_) => value("public"),
        _ => Got::Null,
    }
}

/// Each kind of item has its own words: `opened` for an issue is `OPEN` for a work item.
pub(in super::super) fn state<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let of = |open: bool| value(if open { "opened" } else { "closed" });
    match node {
        Node::User(user) => value(user.state.as_str()),
        Node::Issue(_, issue) => of(issue.is_open()),
        Node::MergeRequest(_, request) => value(request.state.as_str()),
        Node::Epic(_, epic) => of(epic.open),
        Node::WorkItem(item) => {
            let open = match item.as_ref() {
                Node::Epic(_, epic) => epic.open,
                Node::Issue(_, issue) => issue.is_open(),
                _ => return Got::Null,
            };
            value(if open { "OPEN" } else { "CLOSED" })
        }
        _ => Got::Null,
    }
}

pub(in super::super) fn title<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    match as_item(node) {
        Node::Label(label) => value(label.name.as_str()),
        Node::Issue(_, issue) => value(issue.title.as_str()),
        Node::MergeRequest(_, request) => value(request.title.as_str()),
        Node::Epic(_, epic) => value(epic.title.as_str()),
        _ => Got::Null,
    }
}

/// Numbers of items are texts in GraphQL.
pub(in super::super) fn iid<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    match as_item(node) {
        Node::Issue(_, issue) => value(issue.iid.to_string()),
        Node::MergeRequest(_, request) => value(request.iid.to_string()),
        Node::Epic(_, epic) => value(epic.iid.to_string()),
        _ => Got::Null,
    }
}

pub(in super::super) fn web_url<'a>(scope: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let origin = scope.origin;
    value(match node {
        Node::User(user) => format!("{origin}/{}", user.username),
        Node::Project(project) => format!("{origin}/{}", project.path),
        Node::Group(group) => format!("{origin}/groups/{}", group.path),
        Node::Issue(project, issue) => format!("{origin}/{}/-/issues/{}", project.path, issue.iid),
        Node::MergeRequest(project, request) => format!("{origin}/{}/-/merge_requests/{}", project.path, request.iid),
        Node::Epic(group, epic) => format!("{origin}/groups/{}/-/epics/{}", group.path, epic.iid),
        Node::WorkItem(item) => match item.as_ref() {
            Node::Epic(group, epic) => format!("{origin}/groups/{}/-/work_items/{}", group.path, epic.iid),
            Node::Issue(project, issue) => format!("{origin}/{}/-/work_items/{}", project.path, issue.iid),
            _ => return Got::Null,
        },
        _ => return Got::Null,
    })
}

/// What a work item is beneath its new name.
fn as_item<'n, 'a>(node: &'n Node<'a>) -> &'n Node<'a> {
    if let Node::WorkItem(item) = node { item } else { node }
}
