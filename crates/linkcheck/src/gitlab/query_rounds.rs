//! Which queries each round has: first what each link and label names, then what the first answers left open.

use super::lookup_results::LookupResults;
use super::lookups::{
    self, README_NAMES, alternative_lookups, direct_lookup, file_and_folder_lookups, other_kind_lookups,
    possible_owner_types, readme_lookup, ref_root_lookup, requested_template,
};
use super::owner_query::{Lookup, OwnerQuery, OwnerType};
use super::query_builder::{OwnerSelection, QueryBuilder, build_queries};
use super::response::{LookupResult, LookupValue};
use super::{GitlabLink, ci_template, labels};
use crate::document::LabelSet;
use crate::target::GitlabResource;

/// What each link and label names.
pub(super) fn first_round(links: &[GitlabLink], labels: &[LabelSet<'_>], _known: &LookupResults) -> Vec<OwnerQuery> {
    let mut wanted = QueryBuilder::default();
    for link in links {
        let owner = link.target.owner.path();
        for root in possible_owner_types(&link.target.owner) {
            wanted.add_owner(*root, owner);
            wanted.add_lookups(*root, owner, first_lookups(link, *root));
            wanted.add_lookups(
                *root,
                owner,
                link.target.label_filters.iter().map(|title| Lookup::FilterLabel(title.clone())),
            );
        }
    }
    for (group, title) in labels::exact_name_lookups(labels) {
        wanted.add_lookups(OwnerType::Group, &group, [Lookup::Label(title)]);
    }
    build_queries(wanted, OwnerSelection::All)
}

/// What a link names in an owner of this type. The fragment of a project's own page is a heading of its README.
fn first_lookups(link: &GitlabLink, root: OwnerType) -> Vec<Lookup> {
    match (&link.target.resource, root) {
        (GitlabResource::File { git_ref, path }, OwnerType::Project) => vec![lookups::file_lookup(git_ref, path)],
        (GitlabResource::Tree { git_ref, path }, OwnerType::Project) => vec![lookups::folder_lookup(git_ref, path)],
        (GitlabResource::Issue(iid), OwnerType::Project) => vec![Lookup::Issue(iid.clone())],
        (GitlabResource::MergeRequest(iid), OwnerType::Project) => vec![Lookup::MergeRequest(iid.clone())],
        (GitlabResource::Epic(iid), OwnerType::Group) => vec![Lookup::Epic(iid.clone())],
        (GitlabResource::FileOrTree { git_ref, path }, OwnerType::Project) => {
            file_and_folder_lookups(git_ref, path).collect()
        }
        (GitlabResource::Commit(name) | GitlabResource::Tag(name), OwnerType::Project) => vec![ref_root_lookup(name)],
        (GitlabResource::Compare { from, to }, OwnerType::Project) => vec![ref_root_lookup(from), ref_root_lookup(to)],
        (GitlabResource::Home, OwnerType::Project) if !link.fragment.is_empty() => {
            README_NAMES.map(readme_lookup).to_vec()
        }
        (part, root) => {
            let template = requested_template(part)
                .filter(|_| root == OwnerType::Project)
                .map(|(form, name)| form.default_branch_lookup(name));
            template.into_iter().chain(direct_lookup(part, root)).collect()
        }
    }
}

/// Whether a link is to a project that is not seen, in a group that the token is a member of.
pub(super) fn is_likely_renamed(link: &GitlabLink, answers: &LookupResults) -> bool {
    let role =
        group_of_unseen_project(link, answers).and_then(|group| answers.lookup(OwnerType::Group, group, &Lookup::Role));
    matches!(role, Some(LookupResult::Found(LookupValue::Role(role))) if *role > 0)
}

/// The group of a project that GraphQL does not show.
fn group_of_unseen_project<'a>(link: &'a GitlabLink, answers: &LookupResults) -> Option<&'a str> {
    let owner = &link.target.owner;
    let roots = possible_owner_types(owner);
    let unseen = roots.iter().all(|root| answers.owner(*root, owner.path()) == LookupResult::Null);
    let (group, _) = owner.path().rsplit_once('/')?;
    (unseen && roots.contains(&OwnerType::Project)).then_some(group)
}

/// What links name, of projects that were found under another path.
pub(super) fn moved_projects_round(
    links: &[GitlabLink],
    _labels: &[LabelSet<'_>],
    answers: &LookupResults,
) -> Vec<OwnerQuery> {
    let of_moved = |query: &OwnerQuery| query.owner_type == OwnerType::Project && answers.has_moved(&query.path);
    first_round(links, &[], answers).into_iter().filter(of_moved).collect()
}

/// What the first answers left open.
///
/// A file that is missing may be a folder, may stand in a ref with slashes in its name, or in the default
/// branch under its new name; an epic may be shown as a work item only; a fragment is looked for in a text; a
/// label may have been retired or archived, a CI template taken from the default branch.
pub(super) fn second_round(links: &[GitlabLink], labels: &[LabelSet<'_>], answers: &LookupResults) -> Vec<OwnerQuery> {
    let mut wanted = QueryBuilder::default();
    for link in links {
        let owner = link.target.owner.path();
        for (root, lookup) in fallback_lookups(link, answers) {
            wanted.add_lookups(root, owner, [lookup]);
        }
        for root in possible_owner_types(&link.target.owner) {
            wanted.add_lookups(*root, owner, fallback_label_lookups(link, *root, answers));
        }
        let texts =
            lookups::anchored_text_lookup(link, answers).into_iter().chain(ci_template::text_lookup(link, answers));
        for (text, bytes) in texts {
            wanted.add_text(owner, text, bytes);
        }
        wanted.add_lookups(OwnerType::Project, owner, ci_template::default_branch_lookup(link, answers));
    }
    for (group, title) in labels::retired_name_lookups(labels, answers) {
        wanted.add_lookups(OwnerType::Group, &group, [Lookup::Label(title)]);
    }
    for group in labels::searched_groups(labels) {
        wanted.add_lookups(OwnerType::Group, group, [Lookup::ArchivedLabels]);
    }
    build_queries(wanted, OwnerSelection::WithLookups)
}

/// What else a link may point at, whose resource is not there as it is named.
fn fallback_lookups(link: &GitlabLink, answers: &LookupResults) -> Vec<(OwnerType, Lookup)> {
    let owner = link.target.owner.path();
    let lacks = |lookup: &Lookup| answers.is_missing(OwnerType::Project, owner, lookup);
    let root_ref = match answers.owner(OwnerType::Project, owner) {
        LookupResult::Found(info) => info.root_ref.as_deref(),
        _ => None,
    };
    let in_project = |lookups: Vec<Lookup>| lookups.into_iter().map(|lookup| (OwnerType::Project, lookup)).collect();
    match &link.target.resource {
        GitlabResource::Epic(iid) => {
            // A group that is hidden has no work items either.
            let hidden = answers.owner(OwnerType::Group, owner) == LookupResult::Null;
            let asked = !answers.is_found(OwnerType::Group, owner, &Lookup::Epic(iid.clone())) && !hidden;
            if asked { vec![(OwnerType::Group, Lookup::WorkItem(iid.clone()))] } else { Vec::new() }
        }
        GitlabResource::File { git_ref, path } if lacks(&lookups::file_lookup(git_ref, path)) => {
            let folder = lookups::folder_lookup(git_ref, path);
            let elsewhere = alternative_lookups(git_ref, path, root_ref, true);
            let other_kind = other_kind_lookups(git_ref, path, root_ref, true);
            in_project(std::iter::once(folder).chain(elsewhere).chain(other_kind).collect())
        }
        GitlabResource::Tree { git_ref, path } if lacks(&lookups::folder_lookup(git_ref, path)) => {
            let file = (!path.is_empty()).then(|| lookups::file_lookup(git_ref, path));
            let elsewhere = alternative_lookups(git_ref, path, root_ref, false);
            let other_kind = other_kind_lookups(git_ref, path, root_ref, false);
            in_project(file.into_iter().chain(elsewhere).chain(other_kind).collect())
        }
        GitlabResource::FileOrTree { git_ref, path }
            if file_and_folder_lookups(git_ref, path).all(|lookup| lacks(&lookup)) =>
        {
            let places = [true, false].into_iter().flat_map(|file| alternative_lookups(git_ref, path, root_ref, file));
            in_project(places.collect())
        }
        _ => Vec::new(),
    }
}

/// Texts of files that only the second round found: on refs with slashes in their names.
pub(super) fn text_round(links: &[GitlabLink], _labels: &[LabelSet<'_>], answers: &LookupResults) -> Vec<OwnerQuery> {
    let mut wanted = QueryBuilder::default();
    for link in links {
        if let Some((text, bytes)) = lookups::anchored_text_lookup(link, answers) {
            wanted.add_text(link.target.owner.path(), text, bytes);
        }
    }
    build_queries(wanted, OwnerSelection::WithLookups)
}

/// Labels that a list is narrowed to and that are not there: they may be archived or have a retired name.
fn fallback_label_lookups(link: &GitlabLink, root: OwnerType, answers: &LookupResults) -> Vec<Lookup> {
    let owner = link.target.owner.path();
    let missing = |title: &&String| answers.is_missing(root, owner, &Lookup::FilterLabel((*title).clone()));
    let other_names = |title: &String| {
        let retired = labels::retired_names(title).into_iter().map(Lookup::FilterLabel);
        std::iter::once(Lookup::ArchivedFilterLabel(title.clone())).chain(retired).collect::<Vec<_>>()
    };
    link.target.label_filters.iter().filter(missing).flat_map(other_names).collect()
}

/// Which role the token has where an issue, merge request, epic or label seems to be missing, or a whole project.
pub(super) fn role_round(links: &[GitlabLink], _labels: &[LabelSet<'_>], answers: &LookupResults) -> Vec<OwnerQuery> {
    let mut wanted = QueryBuilder::default();
    for link in links {
        if let Some(group) = group_of_unseen_project(link, answers) {
            wanted.add_lookups(OwnerType::Group, group, [Lookup::Role]);
        }
        let owner = link.target.owner.path();
        let missed =
            |title: &String| answers.is_missing(OwnerType::Project, owner, &Lookup::FilterLabel(title.clone()));
        if link.target.label_filters.iter().any(missed)
            && matches!(answers.owner(OwnerType::Project, owner), LookupResult::Found(_))
        {
            wanted.add_lookups(OwnerType::Project, owner, [Lookup::Role]);
        }
        let (root, lookup) = match &link.target.resource {
            GitlabResource::Issue(iid) => (OwnerType::Project, Lookup::Issue(iid.clone())),
            GitlabResource::MergeRequest(iid) => (OwnerType::Project, Lookup::MergeRequest(iid.clone())),
            GitlabResource::Epic(iid) => (OwnerType::Group, Lookup::WorkItem(iid.clone())),
            part => match possible_owner_types(&link.target.owner)
                .iter()
                .find_map(|root| Some((*root, direct_lookup(part, *root)?)))
            {
                Some(found) => found,
                None => continue,
            },
        };
        if answers.is_missing(root, owner, &lookup) && matches!(answers.owner(root, owner), LookupResult::Found(_)) {
            wanted.add_lookups(root, owner, [Lookup::Role]);
        }
    }
    build_queries(wanted, OwnerSelection::WithLookups)
}
