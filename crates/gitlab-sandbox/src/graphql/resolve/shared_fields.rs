//! Values that several types have under one name.

use serde_json::json;

use super::{global_id, scalar};
use crate::graphql::node::{ExecutionContext, Node, Resolved};
use crate::graphql::schema::SelectedField;

pub(in super::super) fn id<'a>(scope: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    match node {
        Node::User(user) => global_id("User", user.id),
        Node::Project(project) => global_id("Project", project.id),
        Node::Group(group) => global_id("Group", group.id),
        Node::Label(label) => {
            let of_group = scope.world.groups.values().any(|group| group.labels.contains_key(&label.id));
            global_id(if of_group { "GroupLabel" } else { "ProjectLabel" }, label.id)
        }
        Node::Issue(_, issue) => global_id("Issue", issue.id),
        Node::MergeRequest(_, request) => global_id("MergeRequest", request.id),
        Node::Epic(_, epic) => global_id("Epic", epic.id),
        Node::WorkItem(item) => match item.as_ref() {
            Node::Epic(_, epic) => global_id("WorkItem", epic.id),
            Node::Issue(_, issue) => global_id("WorkItem", issue.id),
            _ => Resolved::Null,
        },
        _ => namespace_id(scope, node, wanted),
    }
}

pub(in super::super) fn namespace_id<'a>(
    scope: &ExecutionContext<'a>,
    node: &Node<'a>,
    wanted: &SelectedField,
) -> Resolved<'a> {
    match node {
        Node::Project(project) => global_id("Namespaces::ProjectNamespace", project.id),
        Node::UserNamespace(user) => global_id("Namespaces::UserNamespace", user.id),
        Node::Group(_) => id(scope, node, wanted),
        _ => Resolved::Null,
    }
}

pub(in super::super) fn full_path<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    match node {
        Node::Project(project) => scalar(project.path.as_str()),
        Node::Group(group) => scalar(group.path.as_str()),
        Node::UserNamespace(user) => scalar(user.username.as_str()),
        _ => Resolved::Null,
    }
}

pub(in super::super) fn name<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    match node {
        Node::Project(project) => scalar(project.name.as_str()),
        Node::Group(group) => scalar(group.name.as_str()),
        Node::User(user) | Node::UserNamespace(user) => scalar(user.name.as_str()),
        _ => Resolved::Null,
    }
}

pub(in super::super) fn username<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::User(user) = node else { return Resolved::Null };
    scalar(user.username.as_str())
}

pub(in super::super) fn active<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::User(user) = node else { return Resolved::Null };
    scalar(user.state == "active")
}

pub(in super::super) fn bot<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::User(user) = node else { return Resolved::Null };
    scalar(user.bot)
}

pub(in super::super) fn archived<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    match node {
        Node::Project(project) => scalar(project.archived || project.marked_for_deletion_on.is_some()),
        Node::Label(label) => scalar(label.archived),
        _ => Resolved::Null,
    }
}

pub(in super::super) fn issues_enabled<'a>(
    _: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    let Node::Project(project) = node else { return Resolved::Null };
    scalar(project.issues_enabled)
}

pub(in super::super) fn marked_for_deletion<'a>(
    _: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    let Node::Project(project) = node else { return Resolved::Null };
    scalar(project.marked_for_deletion_on.is_some())
}

pub(in super::super) fn marked_for_deletion_on<'a>(
    _: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    let Node::Project(project) = node else { return Resolved::Null };
    project.marked_for_deletion_on.map_or(Resolved::Null, |day| scalar(format!("{day}T00:00:00Z")))
}

/// For what the sandbox does at once, so that nobody sees it happen.
pub(in super::super) fn always_false<'a>(_: &ExecutionContext<'a>, _: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    scalar(false)
}

pub(in super::super) fn confidential<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Issue(_, issue) = node else { return Resolved::Null };
    scalar(issue.confidential)
}

pub(in super::super) fn visibility<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    match node {
        Node::Project(project) => Resolved::Value(json!(project.visibility)),
        Node::Group(group) => Resolved::Value(json!(group.visibility)),
        Node::UserNamespace(_) => scalar("public"),
        _ => Resolved::Null,
    }
}

/// Each kind of item has its own words: `opened` for an issue is `OPEN` for a work item.
pub(in super::super) fn state<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let of = |open: bool| scalar(if open { "opened" } else { "closed" });
    match node {
        Node::User(user) => scalar(user.state.as_str()),
        Node::Issue(_, issue) => of(issue.is_open()),
        Node::MergeRequest(_, request) => scalar(request.state.as_str()),
        Node::Epic(_, epic) => of(epic.open),
        Node::WorkItem(item) => {
            let open = match item.as_ref() {
                Node::Epic(_, epic) => epic.open,
                Node::Issue(_, issue) => issue.is_open(),
                _ => return Resolved::Null,
            };
            scalar(if open { "OPEN" } else { "CLOSED" })
        }
        _ => Resolved::Null,
    }
}

pub(in super::super) fn title<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    match unwrap_work_item(node) {
        Node::Label(label) => scalar(label.name.as_str()),
        Node::Issue(_, issue) => scalar(issue.title.as_str()),
        Node::MergeRequest(_, request) => scalar(request.title.as_str()),
        Node::Epic(_, epic) => scalar(epic.title.as_str()),
        _ => Resolved::Null,
    }
}

/// Numbers of items are texts in GraphQL.
pub(in super::super) fn iid<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    match unwrap_work_item(node) {
        Node::Issue(_, issue) => scalar(issue.iid.to_string()),
        Node::MergeRequest(_, request) => scalar(request.iid.to_string()),
        Node::Epic(_, epic) => scalar(epic.iid.to_string()),
        _ => Resolved::Null,
    }
}

pub(in super::super) fn web_url<'a>(scope: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let origin = scope.origin;
    scalar(match node {
        Node::User(user) => format!("{origin}/{}", user.username),
        Node::Project(project) => format!("{origin}/{}", project.path),
        Node::Group(group) => format!("{origin}/groups/{}", group.path),
        Node::Issue(project, issue) => format!("{origin}/{}/-/issues/{}", project.path, issue.iid),
        Node::MergeRequest(project, request) => format!("{origin}/{}/-/merge_requests/{}", project.path, request.iid),
        Node::Epic(group, epic) => format!("{origin}/groups/{}/-/epics/{}", group.path, epic.iid),
        Node::WorkItem(item) => match item.as_ref() {
            Node::Epic(group, epic) => format!("{origin}/groups/{}/-/work_items/{}", group.path, epic.iid),
            Node::Issue(project, issue) => format!("{origin}/{}/-/work_items/{}", project.path, issue.iid),
            _ => return Resolved::Null,
        },
        _ => return Resolved::Null,
    })
}

/// What a work item is beneath its new name.
fn unwrap_work_item<'n, 'a>(node: &'n Node<'a>) -> &'n Node<'a> {
    if let Node::WorkItem(item) = node { item } else { node }
}
