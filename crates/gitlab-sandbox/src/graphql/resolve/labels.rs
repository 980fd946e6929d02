//! Labels (`Resolvers::LabelsResolver`, `Resolvers::GroupLabelsResolver`, `LabelsFinder`).

use super::{node_or_null, scalar};
use crate::graphql::node::{ExecutionContext, Node, Resolved};
use crate::graphql::schema::SelectedField;
use crate::world::{Group, Label, Project};

/// One label by its exact title: of the project and its group, or of the group and the projects in it.
pub(in super::super) fn label<'a>(
    scope: &ExecutionContext<'a>,
    node: &Node<'a>,
    wanted: &SelectedField,
) -> Resolved<'a> {
    let title = wanted.text("title").unwrap_or_default();
    node_or_null(
        find_labels(scope, node, &LabelOptions::default())
            .into_iter()
            .find(|label| label.name == title)
            .map(Node::Label),
    )
}

/// Labels by title. Those of groups above come with `includeAncestorGroups` only; a group's list has the labels of its
/// projects, too.
pub(in super::super) fn labels<'a>(
    scope: &ExecutionContext<'a>,
    node: &Node<'a>,
    wanted: &SelectedField,
) -> Resolved<'a> {
    let (title, search) = (wanted.text("title"), wanted.text("searchTerm").map(str::to_lowercase));
    if title.is_some() && search.is_some() {
        return Resolved::Failed("'title' and 'searchTerm' arguments can not be used together".to_owned());
    }
    let wish = LabelOptions {
        include_ancestor_groups: wanted.flag("includeAncestorGroups"),
        include_descendant_groups: wanted.flag("includeDescendantGroups"),
        only_group_labels: wanted.flag("onlyGroupLabels"),
    };
    let mut found = find_labels(scope, node, &wish);
    // False unless it is asked for (`app/graphql/resolvers/labels_resolver.rb`); null is both.
    found.retain(|label| wanted.is_null("archived") || label.archived == wanted.flag("archived"));
    found.retain(|label| title.is_none_or(|title| label.name == title));
    found.retain(|label| search.as_ref().is_none_or(|text| label.matches_search(text)));
    found.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Resolved::Nodes(found.into_iter().map(Node::Label).collect())
}

pub(in super::super) fn color<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Label(label) = node else { return Resolved::Null };
    scalar(label.color.as_str())
}

pub(in super::super) fn description<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Label(label) = node else { return Resolved::Null };
    scalar(label.description.clone())
}

#[derive(Default)]
struct LabelOptions {
    include_ancestor_groups: bool,
    include_descendant_groups: bool,
    only_group_labels: bool,
}

fn find_labels<'a>(scope: &ExecutionContext<'a>, node: &Node<'a>, wish: &LabelOptions) -> Vec<&'a Label> {
    match *node {
        Node::Project(project) => project_labels(scope, project, wish),
        Node::Group(group) => group_labels(scope, group, wish),
        _ => Vec::new(),
    }
}

fn project_labels<'a>(scope: &ExecutionContext<'a>, project: &'a Project, wish: &LabelOptions) -> Vec<&'a Label> {
    let own = scope.world.parent_group(&project.path).map(|group| group.id);
    let groups = scope.world.groups.values().filter(|group| {
        Some(group.id) == own || (wish.include_ancestor_groups && project.path.starts_with(&format!("{}/", group.path)))
    });
    let seen = groups.filter(|group| scope.world.may_see_group(group, scope.current_user_id));
    project.labels.values().chain(seen.flat_map(|group| group.labels.values())).collect()
}

fn group_labels<'a>(scope: &ExecutionContext<'a>, group: &'a Group, wish: &LabelOptions) -> Vec<&'a Label> {
    let inside = |path: &str, group: &str| path.starts_with(&format!("{group}/"));
    let groups = scope.world.groups.values().filter(|other| {
        other.id == group.id
            || (wish.include_ancestor_groups && inside(&group.path, &other.path))
            || (wish.include_descendant_groups && inside(&other.path, &group.path))
    });
    let seen = groups.filter(|group| scope.world.may_see_group(group, scope.current_user_id));
    let mut labels: Vec<&Label> = seen.flat_map(|group| group.labels.values()).collect();
    if !wish.only_group_labels {
        let projects = scope.world.projects.values().filter(|project| {
            let home = project.path.rsplit_once('/').map(|(home, _)| home);
            home == Some(group.path.as_str())
                && !project.archived
                && scope.world.may_see(project, scope.current_user_id)
        });
        labels.extend(projects.flat_map(|project| project.labels.values()));
    }
    labels
}
