//! Verdicts on what is in a repository: files, folders, refs, and places in texts.

use super::{Seen, alive};
use crate::collect::links::gitlab::answer::{Fact, Look};
use crate::collect::links::gitlab::plan;
use crate::collect::links::gitlab::question::Leaf;
use crate::collect::links::heading::{self, Headings};
use crate::collect::links::verdict::Judged;
use crate::pod::text::Untrusted;
use crate::pod::verdict::Verdict;

const UNSEEN_CODE: &str = "its repository is empty or not visible to this token";

impl Seen<'_> {
    pub(super) fn file(&self, git_ref: &str, path: &str) -> Judged {
        let at = |git_ref: &str| Leaf::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() };
        match self.look(&at(git_ref)) {
            Look::There(()) => self.place_in_file(path),
            Look::Failed(why) => Judged::new(Verdict::Unreachable, why),
            Look::Null if self.has(&Leaf::Tree { git_ref: git_ref.to_owned(), path: path.to_owned() }) => {
                let better = self.thing().with(self.address(), Some("tree"), None);
                Judged::new(Verdict::Moved, "it is a folder, shown at another address").suggest(better)
            }
            Look::Null => self.missing(git_ref, path, "file", &[true]),
        }
    }

    pub(super) fn folder(&self, git_ref: &str, path: &str) -> Judged {
        match self.look(&Leaf::Tree { git_ref: git_ref.to_owned(), path: path.to_owned() }) {
            Look::There(()) => alive(""),
            Look::Failed(why) => Judged::new(Verdict::Unreachable, why),
            Look::Null if self.has(&Leaf::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() }) => {
                let better = self.thing().with(self.address(), Some("blob"), None);
                Judged::new(Verdict::Moved, "it is a file, shown at another address").suggest(better)
            }
            Look::Null => self.missing(git_ref, path, "folder", &[false]),
        }
    }

    /// A file or a folder, whichever it is.
    pub(super) fn path(&self, git_ref: &str, path: &str) -> Judged {
        let mut failure = None;
        for leaf in plan::either(git_ref, path) {
            match self.look(&leaf) {
                Look::There(()) => return alive(""),
                Look::Failed(why) => failure = Some(why),
                Look::Null => {}
            }
        }
        match failure {
            Some(why) => Judged::new(Verdict::Unreachable, why),
            None => self.missing(git_ref, path, "path", &[false, true]),
        }
    }

    /// A commit, a tag or a branch as a whole.
    pub(super) fn revision(&self, name: &str, what: &str) -> Judged {
        match self.look(&plan::root_of(name)) {
            Look::There(()) => alive(""),
            Look::Failed(why) => Judged::new(Verdict::Unreachable, why),
            Look::Null if self.home.root_ref.is_none() => Judged::new(Verdict::Hidden, UNSEEN_CODE),
            Look::Null => Judged::new(Verdict::Dead, format!("the {what} {} is not there", shown(name))),
        }
    }

    /// Both of two refs.
    pub(super) fn compared(&self, from: &str, to: &str) -> Judged {
        match self.revision(from, "ref") {
            judged if judged.verdict == Verdict::Alive => self.revision(to, "ref"),
            judged => judged,
        }
    }

    /// A file or folder that is not where the link says, in a project that can be seen. `as_files` says as what it was
    /// looked for.
    fn missing(&self, git_ref: &str, path: &str, what: &str, as_files: &[bool]) -> Judged {
        let Some(root_ref) = &self.home.root_ref else {
            return Judged::new(Verdict::Hidden, UNSEEN_CODE);
        };
        let elsewhere: Vec<Vec<Leaf>> =
            as_files.iter().map(|file| plan::elsewhere(git_ref, path, Some(root_ref), *file)).collect();
        if let Some(why) = elsewhere.iter().flatten().find_map(|leaf| match self.look(leaf) {
            Look::Failed(why) => Some(why),
            _ => None,
        }) {
            return Judged::new(Verdict::Unreachable, why);
        }
        // The first is the root of the ref, the second the same place in the default branch.
        let has = |leaf: Option<&Leaf>| leaf.map(|leaf| self.has(leaf));
        let ref_is_there = elsewhere.iter().find_map(|leaves| has(leaves.first())).unwrap_or(true);
        let in_default = elsewhere.iter().any(|leaves| has(leaves.get(1)).unwrap_or(false));
        if !ref_is_there && elsewhere.iter().any(|leaves| leaves.iter().skip(2).any(|leaf| self.has(leaf))) {
            return alive("");
        }
        let better = self.thing().with(self.address(), None, Some(root_ref));
        let at = shown(git_ref);
        match (ref_is_there, in_default) {
            // GitLab leads on from the former default branch alone, and tells that to browsers only: `second_sight` asks.
            (false, true) => {
                let reason = format!("{at} is not there, but the {what} is at {root_ref}");
                Judged::new(Verdict::Dead, reason).suggest(better)
            }
            (true, true) => {
                let reason = format!("the {what} is not there at {at}, but it is at {root_ref}");
                Judged::new(Verdict::Dead, reason).suggest(better)
            }
            (true, false) => Judged::new(Verdict::Dead, format!("the {what} is not there at {at}")),
            (false, false) if as_files.iter().any(|file| plan::is_deep(path, *file)) => Judged::new(
                Verdict::Hidden,
                format!("{at} is not there; it may be the beginning of a longer branch name"),
            ),
            (false, false) => Judged::new(Verdict::Dead, format!("neither {at} nor the {what} is there")),
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
            Err(judged) => return *judged,
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
    pub(super) fn readme(&self) -> Judged {
        if self.link.fragment == "readme" || self.link.fragment.starts_with('/') {
            return alive("");
        }
        match self.text() {
            Ok(text) => in_markdown(text, &self.link.fragment),
            Err(judged) => *judged,
        }
    }

    fn text(&self) -> Result<&str, Box<Judged>> {
        let unread = |why: &'static str| Box::new(Judged::new(Verdict::FragmentUnverifiable, why));
        let Some((leaf, _)) = plan::text_of(self.link, self.known) else {
            return Err(unread("the page is there; the text that would show the place cannot be read"));
        };
        match self.known.leaf(self.root, self.owner, &leaf) {
            Some(Look::There(Fact::Text(text))) => Ok(text),
            Some(Look::Failed(why)) => Err(Box::new(Judged::new(Verdict::Unreachable, why.clone()))),
            _ => Err(unread("the page is there; the text that would show the place cannot be read")),
        }
    }
}

fn in_markdown(text: &str, fragment: &str) -> Judged {
    if Headings::of_text(text).has(fragment) {
        alive("")
    } else {
        Judged::new(Verdict::FragmentDead, format!("no heading makes the anchor #{}", Untrusted::new(fragment).line()))
    }
}

/// A name out of an address, as a reason shows it.
fn shown(name: &str) -> String {
    Untrusted::new(name).line()
}
