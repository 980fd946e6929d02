//! From what GitLab told to verdicts.
//!
//! Certain is what a project that can be seen tells of its files. An issue, merge request or epic that is
//! null may be confidential, so it is gone only for a token whose role would see it.

use super::GitlabLink;
use super::answer::{Fact, Home, Look};
use super::known::Known;
use super::plan;
use super::question::{Leaf, Root};
use crate::collect::links::heading;
use crate::collect::links::target::{GitlabThing, Part};
use crate::collect::links::verdict::Judged;
use crate::pod::verdict::Verdict;

const HIDDEN: &str = "not there or not visible to this token";

/// From this role on confidential issues, epics and merge requests are seen (GitLab docs, "Roles and
/// permissions": planner).
const SEES_CONFIDENTIAL: u64 = 15;

/// The verdict on a link.
pub(super) fn judge(link: &GitlabLink, known: &Known) -> Judged {
    let owner = link.thing.owner.path();
    let mut failure = None;
    for root in plan::roots(&link.thing.owner) {
        match known.owner(*root, owner) {
            Look::There(home) => {
                let seen = Seen { link, known, root: *root, owner, home };
                return seen.with_address(seen.part());
            }
            Look::Failed(why) => failure = failure.or(Some(why)),
            Look::Null => {}
        }
    }
    match failure {
        Some(why) => Judged::new(Verdict::Unreachable, why),
        None => Judged::new(Verdict::Hidden, HIDDEN),
    }
}

/// A link whose owner is there.
struct Seen<'a> {
    link: &'a GitlabLink,
    known: &'a Known,
    root: Root,
    owner: &'a str,
    home: &'a Home,
}

impl Seen<'_> {
    fn thing(&self) -> &GitlabThing {
        &self.link.thing
    }

    fn part(&self) -> Judged {
        match (&self.thing().part, self.root) {
            (Part::File { git_ref, path }, Root::Project) => self.file(git_ref, path),
            (Part::Tree { git_ref, path }, Root::Project) => self.folder(git_ref, path),
            (Part::Issue(iid), Root::Project) => self.item(&Leaf::Issue(iid.clone()), "issue"),
            (Part::MergeRequest(iid), Root::Project) => self.item(&Leaf::MergeRequest(iid.clone()), "merge request"),
            (Part::Epic(iid), Root::Group) => self.epic(iid),
            (Part::Home, Root::Project) if !self.link.fragment.is_empty() => self.readme(),
            (Part::Home, _) => alive(""),
            _ => alive("its project or group is there; the page itself was not asked for"),
        }
    }

    /// What a project that moved or was archived adds to a verdict.
    fn with_address(&self, judged: Judged) -> Judged {
        let moved = !self.home.path.eq_ignore_ascii_case(self.owner);
        match judged.verdict {
            Verdict::Alive if moved => {
                let reason = format!("it is at {} now", self.home.path);
                Judged::new(Verdict::Moved, reason).suggest(self.thing().at(&self.home.path))
            }
            Verdict::Alive if self.home.archived && judged.reason.is_empty() => alive("its project is archived"),
            _ => judged,
        }
    }

    fn look(&self, leaf: &Leaf) -> Look<()> {
        match self.known.leaf(self.root, self.owner, leaf) {
            Some(Look::There(_)) => Look::There(()),
            Some(Look::Null) => Look::Null,
            Some(Look::Failed(why)) => Look::Failed(why.clone()),
            None => Look::Failed("it was not asked".to_owned()),
        }
    }

    fn has(&self, leaf: &Leaf) -> bool {
        self.known.has(self.root, self.owner, leaf)
    }

    fn item(&self, leaf: &Leaf, what: &str) -> Judged {
        match self.look(leaf) {
            Look::There(()) if self.link.fragment.is_empty() => alive(""),
            Look::There(()) => {
                let reason = format!("the {what} is there; its comments were not asked for");
                Judged::new(Verdict::FragmentUnverifiable, reason)
            }
            Look::Null if self.sees_everything() => Judged::new(Verdict::Dead, format!("the {what} is not there")),
            Look::Null => Judged::new(Verdict::Hidden, format!("the {what} is {HIDDEN}")),
            Look::Failed(why) => Judged::new(Verdict::Unreachable, why),
        }
    }

    fn sees_everything(&self) -> bool {
        let role = self.known.leaf(self.root, self.owner, &Leaf::Role);
        matches!(role, Some(Look::There(Fact::Role(role))) if *role >= SEES_CONFIDENTIAL)
    }

    fn epic(&self, iid: &str) -> Judged {
        let (epic, item) = (Leaf::Epic(iid.to_owned()), Leaf::WorkItem(iid.to_owned()));
        // A type that one GitLab has not got is no failure while the other answers.
        let leaf = if self.has(&epic) || matches!(self.look(&item), Look::Failed(_)) && self.look(&epic) == Look::Null {
            epic
        } else {
            item
        };
        self.item(&leaf, "epic")
    }

    fn file(&self, git_ref: &str, path: &str) -> Judged {
        let at = |git_ref: &str| Leaf::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() };
        match self.look(&at(git_ref)) {
            Look::There(()) => self.place_in_file(path),
            Look::Failed(why) => Judged::new(Verdict::Unreachable, why),
            Look::Null if self.has(&Leaf::Tree { git_ref: git_ref.to_owned(), path: path.to_owned() }) => {
                let better = self.thing().with(&self.home.path, Some("tree"), None);
                Judged::new(Verdict::Moved, "it is a folder, shown at another address").suggest(better)
            }
            Look::Null => self.missing(git_ref, path, "file", true),
        }
    }

    fn folder(&self, git_ref: &str, path: &str) -> Judged {
        match self.look(&Leaf::Tree { git_ref: git_ref.to_owned(), path: path.to_owned() }) {
            Look::There(()) => alive(""),
            Look::Failed(why) => Judged::new(Verdict::Unreachable, why),
            Look::Null if self.has(&Leaf::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() }) => {
                let better = self.thing().with(&self.home.path, Some("blob"), None);
                Judged::new(Verdict::Moved, "it is a file, shown at another address").suggest(better)
            }
            Look::Null => self.missing(git_ref, path, "folder", false),
        }
    }

    /// A file or folder that is not where the link says, in a project that can be seen.
    fn missing(&self, git_ref: &str, path: &str, what: &str, file: bool) -> Judged {
        let Some(root_ref) = &self.home.root_ref else {
            return Judged::new(Verdict::Hidden, "its repository is empty or not visible to this token");
        };
        let elsewhere = plan::elsewhere(git_ref, path, Some(root_ref), file);
        if let Some(why) = elsewhere.iter().find_map(|leaf| match self.look(leaf) {
            Look::Failed(why) => Some(why),
            _ => None,
        }) {
            return Judged::new(Verdict::Unreachable, why);
        }
        // The first is the root of the ref, the second the same place in the default branch.
        let mut found = elsewhere.iter().map(|leaf| self.has(leaf));
        let (ref_is_there, in_default) = (found.next().unwrap_or(true), found.next().unwrap_or(false));
        if !ref_is_there && found.any(|found| found) {
            return alive("");
        }
        let better = self.thing().with(&self.home.path, None, Some(root_ref));
        match (ref_is_there, in_default) {
            (false, true) => {
                Judged::new(Verdict::Moved, format!("its branch {git_ref} is {root_ref} now")).suggest(better)
            }
            (true, true) => {
                let reason = format!("the {what} is not there at {git_ref}, but it is at {root_ref}");
                Judged::new(Verdict::Dead, reason).suggest(better)
            }
            (true, false) => Judged::new(Verdict::Dead, format!("the {what} is not there at {git_ref}")),
            (false, false) => Judged::new(Verdict::Dead, format!("neither {git_ref} nor the {what} is there")),
        }
    }

    /// A line or a heading of a file that is there.
    fn place_in_file(&self, path: &str) -> Judged {
        let fragment = &self.link.fragment;
        if fragment.is_empty() {
            return alive("");
        }
        let text = match self.text() {
            Ok(text) => text,
            Err(judged) => return judged,
        };
        if let Some(line) = heading::line_anchor(fragment) {
            let lines = text.lines().count();
            if line <= lines {
                return alive("");
            }
            return Judged::new(Verdict::FragmentDead, format!("the file has no line {line}, it ends before"));
        }
        if !heading::is_markdown(path) {
            return Judged::new(Verdict::FragmentUnverifiable, "the file is there; its anchors are not known");
        }
        in_markdown(text, fragment)
    }

    /// A heading of a project's README.
    fn readme(&self) -> Judged {
        if self.link.fragment == "readme" || self.link.fragment.starts_with('/') {
            return alive("");
        }
        match self.text() {
            Ok(text) => in_markdown(text, &self.link.fragment),
            Err(judged) => judged,
        }
    }

    fn text(&self) -> Result<&str, Judged> {
        let unread = |why: &str| Judged::new(Verdict::FragmentUnverifiable, why);
        let Some((leaf, _)) = plan::text_of(self.link, self.known) else {
            return Err(unread("the page is there; the text that would show the place cannot be read"));
        };
        match self.known.leaf(self.root, self.owner, &leaf) {
            Some(Look::There(Fact::Text(text))) => Ok(text),
            Some(Look::Failed(why)) => Err(Judged::new(Verdict::Unreachable, why.clone())),
            _ => Err(unread("the page is there; the text that would show the place cannot be read")),
        }
    }
}

fn in_markdown(text: &str, fragment: &str) -> Judged {
    if heading::anchors(text).contains(fragment) {
        alive("")
    } else {
        Judged::new(
            Verdict::FragmentDead,
            format!("no heading makes the anchor #{}", crate::pod::text::Untrusted::new(fragment).line()),
        )
    }
}

fn alive(reason: &str) -> Judged {
    Judged::new(Verdict::Alive, reason)
}
