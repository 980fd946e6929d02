//! What GraphQL does not tell, asked over REST: milestones by their numbers, pages of wikis, inherited templates.
//!
//! One request for each owner and kind, one for each hundred milestones, and one for a template whose file the project
//! itself has not. Nobody is asked about an owner that was not seen, and a list that may not be read proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::GitlabLink;
use super::answer::{Fact, Look};
use super::known::Known;
use super::plan;
use super::question::{Form, Leaf, Root};
use crate::collect::links::target::Part;
use crate::gitlab::{MOST_MILESTONES, Purpose, Reader, Whose};
use crate::pod::observed::{Cause, Observed};

/// Asks, and takes the answers in.
pub(super) async fn ask(links: &[GitlabLink], known: &mut Known, reader: &Reader, purpose: Purpose) {
    for ((root, owner), wanted) in wanted(links, known) {
        let Look::There(home) = known.owner(root, &owner) else { continue };
        let path = home.path.clone();
        let whose = if root == Root::Group { Whose::Group(&path) } else { Whose::Project(&path) };
        let (milestones, rest): (Vec<Leaf>, Vec<Leaf>) =
            wanted.into_iter().partition(|leaf| matches!(leaf, Leaf::Milestone(_)));
        let (wiki, templates): (Vec<Leaf>, Vec<Leaf>) =
            rest.into_iter().partition(|leaf| matches!(leaf, Leaf::Wiki(_)));
        for some in milestones.chunks(MOST_MILESTONES) {
            let iids: BTreeSet<String> = some.iter().filter_map(name).map(str::to_owned).collect();
            let seen = reader.milestones(purpose, whose, &iids).await;
            note(known, (root, &owner), some.to_vec(), &seen, BTreeSet::contains);
        }
        if !wiki.is_empty() {
            // A slug has dashes for blanks (GitLab docs, "Wikis API").
            let slug = |text: &str| text.replace(' ', "-").to_lowercase();
            let seen = reader.wiki(purpose, whose).await;
            let seen = seen.map(|slugs| slugs.iter().map(|text| slug(text)).collect::<BTreeSet<_>>());
            note(known, (root, &owner), wiki, &seen, |seen, wanted| seen.contains(&slug(wanted)));
        }
        for template in templates {
            let Leaf::Template(form, name) = &template else { continue };
            let seen = match reader.template(purpose, &path, *form == Form::Issue, name).await {
                // The project was seen, and its code: the one thing that can be missing is the template.
                Observed::Absent => Observed::Present(false),
                seen => seen.map(|()| true),
            };
            note(known, (root, &owner), vec![template], &seen, |there, _| *there);
        }
    }
}

/// The most projects that are looked for under another path.
const MOST_LOOKED_UP: usize = 20;

/// Where these projects are today, by the paths that links name, for those that have another one.
pub(super) async fn moved(paths: BTreeSet<&str>, reader: &Reader, purpose: Purpose) -> BTreeMap<String, String> {
    let looked = paths.into_iter().take(MOST_LOOKED_UP).map(|path| async move {
        let project = reader.project(purpose, path).await;
        Some((path.to_owned(), project.present()?.path.clone()))
    });
    let found = join_all(looked).await.into_iter().flatten();
    found.filter(|(path, today)| !path.eq_ignore_ascii_case(today)).collect()
}

fn wanted(links: &[GitlabLink], known: &Known) -> BTreeMap<(Root, String), BTreeSet<Leaf>> {
    let mut wanted: BTreeMap<(Root, String), BTreeSet<Leaf>> = BTreeMap::new();
    for link in links {
        let owner = link.thing.owner.path();
        let leaf = match &link.thing.part {
            Part::Milestone(iid) => Leaf::Milestone(iid.clone()),
            Part::Wiki(slug) => Leaf::Wiki(slug.clone()),
            part => match plan::form(part) {
                Some((form, name)) if known.lacks(Root::Project, owner, &form.file(name)) => {
                    let read =
                        matches!(known.owner(Root::Project, owner), Look::There(home) if home.root_ref.is_some());
                    if !read {
                        continue;
                    }
                    Leaf::Template(form, name.to_owned())
                }
                _ => continue,
            },
        };
        for root in plan::roots(&link.thing.owner) {
            wanted.entry((*root, owner.to_owned())).or_default().insert(leaf.clone());
        }
    }
    wanted
}

fn name(leaf: &Leaf) -> Option<&str> {
    match leaf {
        Leaf::Milestone(name) | Leaf::Wiki(name) | Leaf::Template(_, name) => Some(name),
        _ => None,
    }
}

fn note<T>(
    known: &mut Known,
    (root, owner): (Root, &str),
    leaves: Vec<Leaf>,
    seen: &Observed<T>,
    has: impl Fn(&T, &str) -> bool,
) {
    for leaf in leaves {
        let look = match seen {
            Observed::Present(seen) if name(&leaf).is_some_and(|name| has(seen, name)) => Look::There(Fact::Exists),
            Observed::Present(_) => Look::Null,
            // The feature is switched off or not for everybody: not visible.
            Observed::Absent => continue,
            Observed::Unknown(blind) if blind.cause == Cause::Token => continue,
            Observed::Unknown(blind) => Look::Failed(format!("it could not be asked ({})", blind.why)),
        };
        known.note(root, owner, leaf, look);
    }
}
