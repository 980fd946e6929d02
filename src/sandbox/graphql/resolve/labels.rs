//! Labels (`Resolvers::LabelsResolver`, `Resolvers::GroupLabelsResolver`, `LabelsFinder`).

use super::{one, value};
use crate::sandbox::graphql::check::Wanted;
use crate::sandbox::graphql::run::{Got, Node, Scope};
use crate::sandbox::world::{Group, Label, Project};

/// One label by its exact title: of the project and its group, or of the group and the projects in it.
pub(in super::super) fn label<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let title = wanted.text("title").unwrap_or_default();
    one(found(scope, node, &Wish::default()).into_iter().find(|label| label.name == title).map(Node::Label))
}

/// Labels by title. Groups above are not asked unless that is wished; a group's list has the labels of its projects, too.
pub(in super::super) fn labels<'a>(scope: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let (title, search) = (wanted.text("title"), wanted.text("searchTerm").map(str::to_lowercase));
    if title.is_some() && search.is_some() {
        return Got::Failed("'title' and 'searchTerm' arguments can not be used together".to_owned());
    }
    let wish = Wish {
        above: wanted.flag("includeAncestorGroups"),
        below: wanted.flag("includeDescendantGroups"),
        only_groups: wanted.flag("onlyGroupLabels"),
    };
    let mut found = found(scope, node, &wish);
    // False unless it is asked for (`app/graphql/resolvers/labels_resolver.rb`); null is both.
    found.retain(|label| wanted.is_null("archived") || label.archived == wanted.flag("archived"));
    found.retain(|label| title.is_none_or(|title| label.name == title));
    found.retain(|label| search.as_ref().is_none_or(|text| label.is_found_by(text)));
    found.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Got::Nodes(found.into_iter().map(Node::Label).collect())
}

pub(in super::super) fn color<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Label(label) = node else { return Got::Null };
    value(label.color.as_str())
}

pub(in super::super) fn description<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Label(label) = node else { return Got::Null };
    value(label.description.clone())
}

#[derive(Default)]
struct Wish {
    above: bool,
    below: bool,
    only_groups: bool,
}

fn found<'a>(scope: &Scope<'a>, node: &Node<'a>, wish: &Wish) -> Vec<&'a Label> {
    match *node {
        Node::Project(project) => of_project(scope, project, wish),
        Node::Group(group) => of_group(scope, group, wish),
        _ => Vec::new(),
    }
}

fn of_project<'a>(scope: &Scope<'a>, project: &'a Project, wish: &Wish) -> Vec<&'a Label> {
    let own = scope.world.group_of(&project.path).map(|group| group.id);
    let groups =
        scope.world.groups.values().filter(|group| {
            Some(group.id) == own || (wish.above && project.path.starts_with(&format!("{}/", group.path)))
        });
    let seen = groups.filter(|group| scope.world.may_see_group(group, scope.who));
    project.labels.values().chain(seen.flat_map(|group| group.labels.values())).collect()
}

fn of_group<'a>(scope: &Scope<'a>, group: &'a Group, wish: &Wish) -> Vec<&'a Label> {
    let inside = |path: &str, group: &str| path.starts_with(&format!("{group}/"));
    let groups = scope.world.groups.values().filter(|other| {
        other.id == group.id
            || (wish.above && inside(&group.path, &other.path))
            || (wish.below && inside(&other.path, &group.path))
    });
    let seen = groups.filter(|group| scope.world.may_see_group(group, scope.who));
    let mut labels: Vec<&Label> = seen.flat_map(|group| group.labels.values()).collect();
    if !wish.only_groups {
        let projects = scope.world.projects.values().filter(|project| {
            let home = project.path.rsplit_once('/').map(|(home, _)| home);
            home == Some(group.path.as_str()) && !project.archived && scope.world.may_see(project, scope.who)
        });
        labels.extend(projects.flat_map(|project| project.labels.values()));
    }
    labels
}
