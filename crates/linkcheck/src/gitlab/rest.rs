//! What GraphQL does not show, asked over REST: milestones by their numbers, pages of wikis, inherited templates.
//!
//! One request for each owner and kind, one for each hundred milestones, and one for a template whose file the project
//! itself has not. Nobody is asked about an owner that was not seen, and a list that may not be read proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::GitlabLink;
use super::api::{GitlabApi, MOST_MILESTONES, OwnerPath, TemplateKind, Viewer};
use super::lookup_results::LookupResults;
use super::lookups;
use super::owner_query::{Lookup, OwnerType, TemplateFor};
use super::response::{LookupResult, LookupValue};
use crate::observed::{FailureCause, Observed};
use crate::target::GitlabResource;

/// Looks up wiki pages and templates, and takes the results in.
pub(super) async fn run_lookups(
    links: &[GitlabLink],
    answers: &mut LookupResults,
    api: &dyn GitlabApi,
    viewer: Viewer,
) {
    let is_wanted = |lookup: &Lookup| !matches!(lookup, Lookup::Milestone(_));
    for ((root, owner), wanted) in collect_lookups(links, answers, is_wanted) {
        let Some(path) = seen_owner_path(answers, root, &owner) else { continue };
        let whose = owner_path(root, &path);
        let (wiki, templates): (Vec<Lookup>, Vec<Lookup>) =
            wanted.into_iter().partition(|lookup| matches!(lookup, Lookup::Wiki(_)));
        if !wiki.is_empty() {
            // A slug has dashes for blanks (GitLab docs, "Wikis API").
            let slug = |text: &str| text.replace(' ', "-").to_lowercase();
            let seen = api.wiki_slugs(viewer, whose).await;
            let seen = seen.map(|slugs| slugs.iter().map(|text| slug(text)).collect::<BTreeSet<_>>());
            record_results(answers, (root, &owner), wiki, &seen, |seen, wanted| seen.contains(&slug(wanted)));
        }
        for template in templates {
            let Lookup::Template(form, name) = &template else { continue };
            let kind = if *form == TemplateFor::Issue { TemplateKind::Issues } else { TemplateKind::MergeRequests };
            let seen = match api.find_template(viewer, &path, kind, name).await {
                // The project was seen, and its code: the one thing that can be missing is the template.
                Observed::Absent => Observed::Present(false),
                seen => seen.map(|()| true),
            };
            record_results(answers, (root, &owner), vec![template], &seen, |there, _| *there);
        }
    }
}

/// Looks up milestones, which GitLab lists to nobody without a token, and takes the results in.
pub(super) async fn run_milestone_lookups(links: &[GitlabLink], answers: &mut LookupResults, api: &dyn GitlabApi) {
    let is_wanted = |lookup: &Lookup| matches!(lookup, Lookup::Milestone(_));
    for ((root, owner), wanted) in collect_lookups(links, answers, is_wanted) {
        let Some(path) = seen_owner_path(answers, root, &owner) else { continue };
        let milestones: Vec<Lookup> = wanted.into_iter().collect();
        for some in milestones.chunks(MOST_MILESTONES) {
            let iids: BTreeSet<String> = some.iter().filter_map(lookup_name).map(str::to_owned).collect();
            let seen = api.existing_milestones(owner_path(root, &path), &iids).await;
            record_results(answers, (root, &owner), some.to_vec(), &seen, BTreeSet::contains);
        }
    }
}

/// Today's path of an owner that was seen.
fn seen_owner_path(answers: &LookupResults, root: OwnerType, owner: &str) -> Option<String> {
    match answers.owner(root, owner) {
        LookupResult::Found(info) => Some(info.path.clone()),
        LookupResult::Null | LookupResult::Failed(_) => None,
    }
}

fn owner_path(root: OwnerType, path: &str) -> OwnerPath<'_> {
    if root == OwnerType::Group { OwnerPath::Group(path) } else { OwnerPath::Project(path) }
}

/// Whether something that goes over REST has no result yet.
pub(super) fn has_open_lookups(links: &[GitlabLink], answers: &LookupResults) -> bool {
    // Milestones are looked up apart; what is not known of them is hidden.
    let is_wanted = |lookup: &Lookup| !matches!(lookup, Lookup::Milestone(_));
    collect_lookups(links, answers, is_wanted).into_iter().any(|((root, owner), wanted)| {
        let is_seen = matches!(answers.owner(root, &owner), LookupResult::Found(_));
        is_seen && wanted.iter().any(|lookup| answers.lookup(root, &owner, lookup).is_none())
    })
}

/// The most projects that are looked for under another path.
const MAX_PROJECT_LOOKUPS: usize = 20;

/// Where these projects are today, by the paths that links name, for those that have another one.
pub(super) async fn find_moved_projects(
    paths: BTreeSet<&str>,
    api: &dyn GitlabApi,
    viewer: Viewer,
) -> BTreeMap<String, String> {
    let looked = paths.into_iter().take(MAX_PROJECT_LOOKUPS).map(|path| async move {
        let project = api.current_project_path(viewer, path).await;
        Some((path.to_owned(), project.present()?.clone()))
    });
    let found = join_all(looked).await.into_iter().flatten();
    found.filter(|(path, today)| !path.eq_ignore_ascii_case(today)).collect()
}

/// What links name that goes over REST, by owner.
fn collect_lookups(
    links: &[GitlabLink],
    answers: &LookupResults,
    is_wanted: impl Fn(&Lookup) -> bool,
) -> BTreeMap<(OwnerType, String), BTreeSet<Lookup>> {
    let mut wanted: BTreeMap<(OwnerType, String), BTreeSet<Lookup>> = BTreeMap::new();
    for link in links {
        let owner = link.target.owner.path();
        let lookup = match &link.target.resource {
            GitlabResource::Milestone(iid) => Lookup::Milestone(iid.clone()),
            GitlabResource::Wiki(slug) => Lookup::Wiki(slug.clone()),
            part => match lookups::requested_template(part) {
                Some((form, name))
                    if answers.is_missing(OwnerType::Project, owner, &form.default_branch_lookup(name)) =>
                {
                    let read = matches!(answers.owner(OwnerType::Project, owner), LookupResult::Found(info) if info.root_ref.is_some());
                    if !read {
                        continue;
                    }
                    Lookup::Template(form, name.to_owned())
                }
                _ => continue,
            },
        };
        if !is_wanted(&lookup) {
            continue;
        }
        for root in lookups::possible_owner_types(&link.target.owner) {
            wanted.entry((*root, owner.to_owned())).or_default().insert(lookup.clone());
        }
    }
    wanted
}

fn lookup_name(lookup: &Lookup) -> Option<&str> {
    match lookup {
        Lookup::Milestone(name) | Lookup::Wiki(name) | Lookup::Template(_, name) => Some(name),
        _ => None,
    }
}

fn record_results<T>(
    answers: &mut LookupResults,
    (root, owner): (OwnerType, &str),
    lookups: Vec<Lookup>,
    seen: &Observed<T>,
    has: impl Fn(&T, &str) -> bool,
) {
    for lookup in lookups {
        let look = match seen {
            Observed::Present(seen) if lookup_name(&lookup).is_some_and(|name| has(seen, name)) => {
                LookupResult::Found(LookupValue::Exists)
            }
            Observed::Present(_) => LookupResult::Null,
            // The feature is switched off or not for everybody: not visible.
            Observed::Absent => continue,
            Observed::Unknown(failure) if failure.cause == FailureCause::Token => continue,
            Observed::Unknown(failure) => LookupResult::Failed(format!("it could not be asked ({})", failure.why)),
        };
        answers.record_lookup(root, owner, lookup, look);
    }
}
