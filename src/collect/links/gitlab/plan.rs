//! Which questions to ask: first what each link and label names, then what the first answers left open.

use std::collections::{BTreeMap, BTreeSet};

use super::GitlabLink;
use super::answer::{Fact, Look};
use super::known::Known;
use super::question::{Form, Leaf, Numbered, Question, Root};
use super::{ci_template, labels};
use crate::collect::links::Labels;
use crate::collect::links::target::{Owner, Part};

/// Names that GitLab shows under a project's files as its README (`lib/gitlab/markup_helper.rb`).
pub(super) const READMES: [&str; 4] = ["README.md", "Readme.md", "readme.md", "README.markdown"];
/// The largest text that is read for its headings or lines, bytes.
pub(super) const LARGEST_TEXT: u64 = 1024 * 1024;
/// Ways to split `a/b/c/d` into a ref with slashes and a path that are tried.
const SPLITS: usize = 3;
/// The most complexity of one question, so that several fit into a request.
const MOST_COMPLEX: usize = 90;

type Wanted = BTreeMap<(Root, String), BTreeSet<Leaf>>;

/// What each link and label names. The fragment of a project's own page is a heading of its README.
pub(super) fn first(links: &[GitlabLink], labels: &[Labels<'_>], _known: &Known) -> Vec<Question> {
    let mut wanted = Wanted::new();
    for link in links {
        let path = link.thing.owner.path();
        for root in roots(&link.thing.owner) {
            let leaves = wanted.entry((*root, path.to_owned())).or_default();
            match (&link.thing.part, root) {
                (Part::File { git_ref, path }, Root::Project) => {
                    leaves.insert(Leaf::Blob { git_ref: git_ref.clone(), path: path.clone() });
                }
                (Part::Tree { git_ref, path }, Root::Project) => {
                    leaves.insert(Leaf::Tree { git_ref: git_ref.clone(), path: path.clone() });
                }
                (Part::Issue(iid), Root::Project) => {
                    leaves.insert(Leaf::Issue(iid.clone()));
                }
                (Part::MergeRequest(iid), Root::Project) => {
                    leaves.insert(Leaf::MergeRequest(iid.clone()));
                }
                (Part::Epic(iid), Root::Group) => {
                    leaves.insert(Leaf::Epic(iid.clone()));
                }
                (Part::Path { git_ref, path }, Root::Project) => leaves.extend(either(git_ref, path)),
                (Part::Commit(name) | Part::Tag(name), Root::Project) => {
                    leaves.insert(root_of(name));
                }
                (Part::Compare { from, to }, Root::Project) => leaves.extend([root_of(from), root_of(to)]),
                (Part::Home, Root::Project) if !link.fragment.is_empty() => leaves.extend(READMES.map(readme)),
                (part, root) => leaves.extend(
                    form(part)
                        .filter(|_| *root == Root::Project)
                        .map(|(form, name)| form.file(name))
                        .into_iter()
                        .chain(named(part, *root)),
                ),
            }
            leaves.extend(link.thing.labels.iter().map(|title| Leaf::Filter(title.clone())));
        }
    }
    for (group, title) in labels::exact(labels) {
        wanted.entry((Root::Group, group)).or_default().insert(Leaf::Label(title));
    }
    questions(wanted, true, |_, _| 0)
}

/// Whether a link is to a project that is not seen, in a group that the token is a member of.
pub(super) fn is_missing_among_ours(link: &GitlabLink, known: &Known) -> bool {
    let role = group_of_unseen(link, known).and_then(|group| known.leaf(Root::Group, group, &Leaf::Role));
    matches!(role, Some(Look::There(Fact::Role(role))) if *role > 0)
}

/// The group of a project that GraphQL does not show.
fn group_of_unseen<'a>(link: &'a GitlabLink, known: &Known) -> Option<&'a str> {
    let owner = &link.thing.owner;
    let roots = roots(owner);
    let unseen = roots.iter().all(|root| known.owner(*root, owner.path()) == Look::Null);
    let (group, _) = owner.path().rsplit_once('/')?;
    (unseen && roots.contains(&Root::Project)).then_some(group)
}

/// The same of projects that were found under another path.
pub(super) fn moved(links: &[GitlabLink], _labels: &[Labels<'_>], known: &Known) -> Vec<Question> {
    let of_moved = |question: &Question| question.root == Root::Project && known.has_moved(&question.path);
    first(links, &[], known).into_iter().filter(of_moved).collect()
}

/// What the first answers left open.
///
/// A file that is missing may be a folder, may stand in a ref with slashes in its name, or in the default
/// branch under its new name; an epic may be told as a work item only; a fragment is looked for in a text; a
/// label may have been retired or archived, a CI template taken from the default branch.
pub(super) fn second(links: &[GitlabLink], labels: &[Labels<'_>], known: &Known) -> Vec<Question> {
    let mut wanted = Wanted::new();
    let mut sizes: BTreeMap<(String, Leaf), u64> = BTreeMap::new();
    for link in links {
        let owner = link.thing.owner.path();
        let mut want = |root, leaf| {
            wanted.entry((root, owner.to_owned())).or_default().insert(leaf);
        };
        let root_ref = match known.owner(Root::Project, owner) {
            Look::There(home) => home.root_ref.clone(),
            _ => None,
        };
        match &link.thing.part {
            Part::Epic(iid) => {
                let epic = Leaf::Epic(iid.clone());
                // A group that is hidden has no work items either.
                let group_hidden = known.owner(Root::Group, owner) == Look::Null;
                if !known.has(Root::Group, owner, &epic) && !group_hidden {
                    want(Root::Group, Leaf::WorkItem(iid.clone()));
                }
            }
            Part::File { git_ref, path } => {
                let blob = Leaf::Blob { git_ref: git_ref.clone(), path: path.clone() };
                if known.lacks(Root::Project, owner, &blob) {
                    want(Root::Project, Leaf::Tree { git_ref: git_ref.clone(), path: path.clone() });
                    for leaf in elsewhere(git_ref, path, root_ref.as_deref(), true) {
                        want(Root::Project, leaf);
                    }
                }
            }
            Part::Tree { git_ref, path } => {
                let tree = Leaf::Tree { git_ref: git_ref.clone(), path: path.clone() };
                if known.lacks(Root::Project, owner, &tree) {
                    if !path.is_empty() {
                        want(Root::Project, Leaf::Blob { git_ref: git_ref.clone(), path: path.clone() });
                    }
                    for leaf in elsewhere(git_ref, path, root_ref.as_deref(), false) {
                        want(Root::Project, leaf);
                    }
                }
            }
            Part::Path { git_ref, path }
                if either(git_ref, path).all(|leaf| known.lacks(Root::Project, owner, &leaf)) =>
            {
                for file in [true, false] {
                    for leaf in elsewhere(git_ref, path, root_ref.as_deref(), file) {
                        want(Root::Project, leaf);
                    }
                }
            }
            _ => {}
        }
        for root in roots(&link.thing.owner) {
            let missed = |title: &&String| known.lacks(*root, owner, &Leaf::Filter((*title).clone()));
            for title in link.thing.labels.iter().filter(missed) {
                want(*root, Leaf::ArchivedFilter(title.clone()));
                for title in labels::retired_as(title) {
                    want(*root, Leaf::Filter(title));
                }
            }
        }
        for (text, size) in text_of(link, known).into_iter().chain(ci_template::text_of(link, known)) {
            want(Root::Project, text.clone());
            sizes.insert((owner.to_owned(), text), size);
        }
        if let Some(template) = ci_template::on_default(link, known) {
            want(Root::Project, template);
        }
    }
    for (group, title) in labels::retired(labels, known) {
        wanted.entry((Root::Group, group)).or_default().insert(Leaf::Label(title));
    }
    for group in labels::groups(labels) {
        wanted.entry((Root::Group, group.clone())).or_default().insert(Leaf::ArchivedLabels);
    }
    questions(wanted, false, |owner, leaf| sizes.get(&(owner.to_owned(), leaf.clone())).copied().unwrap_or(0))
}

/// Which role the token has where an issue, merge request, epic or label seems to be missing, or a whole project.
pub(super) fn third(links: &[GitlabLink], _labels: &[Labels<'_>], known: &Known) -> Vec<Question> {
    let mut wanted = Wanted::new();
    for link in links {
        if let Some(group) = group_of_unseen(link, known) {
            wanted.entry((Root::Group, group.to_owned())).or_default().insert(Leaf::Role);
        }
        let owner = link.thing.owner.path();
        let missed = |title: &String| known.lacks(Root::Project, owner, &Leaf::Filter(title.clone()));
        if link.thing.labels.iter().any(missed) && matches!(known.owner(Root::Project, owner), Look::There(_)) {
            wanted.entry((Root::Project, owner.to_owned())).or_default().insert(Leaf::Role);
        }
        let (root, leaf) = match &link.thing.part {
            Part::Issue(iid) => (Root::Project, Leaf::Issue(iid.clone())),
            Part::MergeRequest(iid) => (Root::Project, Leaf::MergeRequest(iid.clone())),
            Part::Epic(iid) => (Root::Group, Leaf::WorkItem(iid.clone())),
            part => match roots(&link.thing.owner).iter().find_map(|root| Some((*root, named(part, *root)?))) {
                Some(found) => found,
                None => continue,
            },
        };
        if known.lacks(root, owner, &leaf) && matches!(known.owner(root, owner), Look::There(_)) {
            wanted.entry((root, owner.to_owned())).or_default().insert(Leaf::Role);
        }
    }
    questions(wanted, false, |_, _| 0)
}

/// The leaf of a part that GitLab tells by its own name or number, in an owner of this type.
pub(super) fn named(part: &Part, root: Root) -> Option<Leaf> {
    match (part, root) {
        (Part::Board(id), Root::Project | Root::Group) => Some(Leaf::Numbered(Numbered::Board, id.clone())),
        (Part::Pipeline(id), Root::Project) => Some(Leaf::Numbered(Numbered::Pipeline, id.clone())),
        (Part::Snippet(id), Root::Project) => Some(Leaf::Numbered(Numbered::Snippet, id.clone())),
        (Part::Release(tag), Root::Project) => Some(Leaf::Release(tag.clone())),
        _ => None,
    }
}

/// The template that a form names.
pub(super) fn form(part: &Part) -> Option<(Form, &str)> {
    match part {
        Part::NewIssue(Some(name)) => Some((Form::Issue, name)),
        Part::NewMergeRequest(Some(name)) => Some((Form::MergeRequest, name)),
        _ => None,
    }
}

/// A path as a file and as a folder.
pub(super) fn either<'a>(git_ref: &'a str, path: &'a str) -> impl Iterator<Item = Leaf> + use<'a> {
    let tree = Leaf::Tree { git_ref: git_ref.to_owned(), path: path.to_owned() };
    let blob = Leaf::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() };
    std::iter::once(tree).chain((!path.is_empty()).then_some(blob))
}

/// The root folder of a branch, tag or commit: it is there exactly when the ref is.
pub(super) fn root_of(git_ref: &str) -> Leaf {
    Leaf::Tree { git_ref: git_ref.to_owned(), path: String::new() }
}

/// The text that a link's fragment points into, with its size, where it is there and not too large.
pub(super) fn text_of(link: &GitlabLink, known: &Known) -> Option<(Leaf, u64)> {
    if link.fragment.is_empty() {
        return None;
    }
    let owner = link.thing.owner.path();
    let candidates = match &link.thing.part {
        Part::File { git_ref, path } => vec![Leaf::Blob { git_ref: git_ref.clone(), path: path.clone() }],
        Part::Home => READMES.map(readme).to_vec(),
        _ => return None,
    };
    candidates.into_iter().find_map(|blob| match (known.leaf(Root::Project, owner, &blob), blob) {
        (Some(Look::There(Fact::Size(size))), Leaf::Blob { git_ref, path }) if *size <= LARGEST_TEXT => {
            Some((Leaf::Text { git_ref, path }, *size))
        }
        _ => None,
    })
}

/// Where else a missing file or folder may be: whether its ref is there at all, the default branch, and
/// refs whose names hold slashes. git keeps no `main/x` beside `main`, so the default branch has none.
pub(super) fn elsewhere(git_ref: &str, path: &str, root_ref: Option<&str>, file: bool) -> Vec<Leaf> {
    let leaf = |git_ref: &str, path: &str| {
        let (git_ref, path) = (git_ref.to_owned(), path.to_owned());
        if file { Leaf::Blob { git_ref, path } } else { Leaf::Tree { git_ref, path } }
    };
    let Some(root_ref) = root_ref.filter(|root_ref| *root_ref != git_ref && git_ref != "HEAD") else {
        return Vec::new();
    };
    let mut leaves = vec![root_of(git_ref), leaf(root_ref, path)];
    leaves.extend(splits(git_ref, path, file).map(|(longer, rest)| leaf(&longer, rest)));
    leaves
}

/// Whether a ref may have a longer name than those that are tried.
pub(super) fn is_deep(path: &str, file: bool) -> bool {
    path.matches('/').count() + usize::from(!file && !path.is_empty()) > SPLITS
}

/// The ways to read `ref/path` with a ref of two to four segments; nothing is left over for the path in the
/// last one, which only a folder can be.
fn splits<'a>(git_ref: &'a str, path: &'a str, file: bool) -> impl Iterator<Item = (String, &'a str)> {
    let cuts = path.match_indices('/').map(|(at, _)| at);
    let whole = (!file && !path.is_empty()).then_some(path.len());
    let cuts = cuts.chain(whole).take(SPLITS);
    cuts.map(move |at| (format!("{git_ref}/{}", &path[..at]), path.get(at + 1..).unwrap_or_default()))
}

/// A file of the default branch that may be the README.
pub(super) fn readme(path: &str) -> Leaf {
    Leaf::Blob { git_ref: "HEAD".to_owned(), path: path.to_owned() }
}

/// The types that an owner may be of.
pub(super) fn roots(owner: &Owner) -> &'static [Root] {
    match owner {
        Owner::Project(_) => &[Root::Project],
        Owner::Group(_) => &[Root::Group],
        Owner::ProjectOrGroup(_) => &[Root::Project, Root::Group],
        Owner::Namespace(_) => &[Root::Group, Root::User],
    }
}

/// Questions of a bearable size each; `owners` asks for an owner also where nothing of it is wanted.
fn questions(wanted: Wanted, owners: bool, size: impl Fn(&str, &Leaf) -> u64) -> Vec<Question> {
    let mut questions = Vec::new();
    for ((root, path), leaves) in wanted {
        // What one GitLab may not know is in a question with nothing else, so that it costs nothing else.
        let mut kinds: BTreeMap<usize, Vec<Leaf>> = BTreeMap::new();
        if owners {
            kinds.entry(0).or_default();
        }
        for leaf in leaves {
            kinds.entry(leaf.fragility()).or_default().push(leaf);
        }
        for leaves in kinds.into_values() {
            let mut question = Question::new(root, &path, Vec::new());
            for leaf in leaves {
                let bytes = size(&path, &leaf);
                question.leaves.push(leaf);
                question.bytes += bytes;
                if question.leaves.len() > 1 && (question.cost() > MOST_COMPLEX || question.bytes > LARGEST_TEXT) {
                    let leaf = question.leaves.pop();
                    question.bytes -= bytes;
                    let full = std::mem::replace(&mut question, Question::new(root, &path, leaf.into_iter().collect()));
                    question.bytes = bytes;
                    questions.push(full);
                }
            }
            questions.push(question);
        }
    }
    questions
}
