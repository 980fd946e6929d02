//! From what GitLab told to verdicts.
//!
//! Certain is what a project that can be seen tells of its files. An issue, merge request or epic that is
//! null may be confidential, so it is gone only for a token whose role would see it. `code` judges what is in a
//! repository, `pages` the other pages of a project or group.

mod code;
mod pages;

use super::GitlabLink;
use super::answer::{Fact, Home, Look};
use super::known::Known;
use super::question::{Leaf, Root};
use super::{ci_template, plan};
use crate::collect::links::target::{GitlabThing, Part};
use crate::collect::links::verdict::Judged;
use crate::pod::snapshot::Project;
use crate::pod::verdict::Verdict;

const HIDDEN: &str = "not there or not visible to this token";

/// From this role on confidential issues, epics and merge requests are seen (GitLab docs, "Roles and
/// permissions": planner).
const SEES_CONFIDENTIAL: u64 = 15;
/// From this role on pipelines are seen whatever a project shows to others (the same page: reporter).
const SEES_PIPELINES: u64 = 20;

/// The verdict on a link.
pub(super) fn judge(link: &GitlabLink, known: &Known) -> Judged {
    let owner = link.thing.owner.path();
    let mut failure = None;
    for root in plan::roots(&link.thing.owner) {
        match known.owner(*root, owner) {
            Look::There(home) => {
                let seen = Seen { link, known, root: *root, owner, home };
                let judged = seen.with_address(seen.part());
                return Judged { deprecated: ci_template::deprecated(link, known).map(Box::new), ..judged };
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
            (Part::Path { git_ref, path }, Root::Project) => self.path(git_ref, path),
            (Part::Commit(name), Root::Project) => self.revision(name, "commit"),
            (Part::Tag(name), Root::Project) => self.revision(name, "tag"),
            (Part::Compare { from, to }, Root::Project) => self.compared(from, to),
            (Part::Home, Root::Project) if !self.link.fragment.is_empty() => self.readme(),
            (Part::Home, _) => alive(""),
            _ => self.page(),
        }
    }

    /// The owner's path for a suggestion. What GitLab calls a project until it is deleted is no address to write down.
    fn address(&self) -> &str {
        if Project::is_path_marked_for_deletion(&self.home.path) { self.owner } else { &self.home.path }
    }

    /// What a project that moved or was archived adds to a verdict.
    fn with_address(&self, judged: Judged) -> Judged {
        let moved = !self.home.path.eq_ignore_ascii_case(self.owner);
        match judged.verdict {
            Verdict::Alive if Project::is_path_marked_for_deletion(&self.home.path) => {
                alive("its project is marked for deletion")
            }
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
        let least = if matches!(self.thing().part, Part::Pipeline(_)) { SEES_PIPELINES } else { SEES_CONFIDENTIAL };
        let role = self.known.leaf(self.root, self.owner, &Leaf::Role);
        matches!(role, Some(Look::There(Fact::Role(role))) if *role >= least)
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
}

fn alive(reason: &'static str) -> Judged {
    Judged::new(Verdict::Alive, reason)
}
