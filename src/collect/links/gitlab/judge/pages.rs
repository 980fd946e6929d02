//! Verdicts on the other pages of a project or group: lists, forms, boards, releases, milestones, the wiki.

use super::{HIDDEN, Seen, alive};
use crate::collect::links::gitlab::answer::Look;
use crate::collect::links::gitlab::labels::retired_as;
use crate::collect::links::gitlab::plan;
use crate::collect::links::gitlab::question::{Leaf, Root};
use crate::collect::links::target::Part;
use crate::collect::links::verdict::Judged;
use crate::pod::text::Untrusted;
use crate::pod::verdict::Verdict;

const NOT_ASKED: &str = "its project or group is there; the page itself was not asked for";

impl Seen<'_> {
    /// A page of an owner that is there.
    pub(super) fn page(&self) -> Judged {
        let judged = self.thing_itself();
        if judged.verdict == Verdict::Alive && !self.thing().labels.is_empty() { self.narrowed() } else { judged }
    }

    fn thing_itself(&self) -> Judged {
        if let (Some((form, name)), Root::Project) = (plan::form(&self.thing().part), self.root) {
            return match self.look(&form.file(name)) {
                Look::There(()) => alive(""),
                Look::Failed(why) => Judged::new(Verdict::Unreachable, why),
                Look::Null => self.told(&Leaf::Template(form, name.to_owned()), "template"),
            };
        }
        match (&self.thing().part, plan::named(&self.thing().part, self.root)) {
            (Part::Milestone(iid), _) => self.told(&Leaf::Milestone(iid.clone()), "milestone"),
            (Part::Wiki(slug), _) => match self.told(&Leaf::Wiki(slug.clone()), "wiki page") {
                // The list does not tell which pages lead on to their new names (`.gitlab/redirects.yml`).
                judged if judged.verdict == Verdict::Dead => {
                    Judged::new(Verdict::Hidden, "the wiki page is not there, or it has another name now")
                }
                judged => judged,
            },
            (_, Some(leaf)) => match self.look(&leaf) {
                Look::There(()) => alive(""),
                Look::Failed(why) => Judged::new(Verdict::Unreachable, why),
                Look::Null if self.sees_everything() => Judged::new(Verdict::Dead, "it is not there"),
                Look::Null => Judged::new(Verdict::Hidden, format!("it is {HIDDEN}")),
            },
            _ => alive(NOT_ASKED),
        }
    }

    /// What the REST API told: an owner whose list can be read has what is on it and nothing else.
    fn told(&self, leaf: &Leaf, what: &str) -> Judged {
        match self.known.leaf(self.root, self.owner, leaf) {
            Some(Look::There(_)) => alive(""),
            Some(Look::Null) => Judged::new(Verdict::Dead, format!("the {what} is not there")),
            Some(Look::Failed(why)) => Judged::new(Verdict::Unreachable, why.clone()),
            None => Judged::new(Verdict::Hidden, format!("the {what} is {HIDDEN}")),
        }
    }

    /// A list that is narrowed to labels: it shows nothing where one of them is gone. A project's are its own and those
    /// of the groups above it, which not everybody sees; a group's may also be those of any project below it, which
    /// GitLab does not list together.
    fn narrowed(&self) -> Judged {
        let (mut now, mut archived) = (Vec::new(), false);
        for title in &self.thing().labels {
            match self.look(&Leaf::Filter(title.clone())) {
                Look::There(()) => {}
                Look::Failed(why) => return Judged::new(Verdict::Unreachable, why),
                Look::Null if self.has(&Leaf::ArchivedFilter(title.clone())) => archived = true,
                Look::Null => {
                    let shown = Untrusted::new(title.as_str()).line();
                    match retired_as(title).into_iter().find(|retired| self.has(&Leaf::Filter(retired.clone()))) {
                        Some(retired) => now.push((title.as_str(), retired)),
                        None if self.root == Root::Project && self.sees_everything() => {
                            return Judged::new(
                                Verdict::Dead,
                                format!("no label ~\"{shown}\" is there to narrow the list to"),
                            );
                        }
                        None => return alive("the list is there; a label that it is narrowed to is not seen"),
                    }
                }
            }
        }
        let Some((_, retired)) = now.first() else {
            return alive(if archived { "a label that the list is narrowed to is archived" } else { "" });
        };
        let reason = format!(
            "a label that the list is narrowed to was retired as ~\"{}\"",
            Untrusted::new(retired.as_str()).line()
        );
        Judged::new(Verdict::Moved, reason).suggest(self.thing().with_labels(&now))
    }
}
