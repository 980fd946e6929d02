//! Things of GitLab, asked of its API in batches.
//!
//! Over HTTP a private project and a missing file look alive: both are redirects to a page that answers
//! 200 (fact sheet on links, section 5.1). The API tells them apart, and a page's links and labels cost two
//! to four requests there.

mod answer;
mod batch;
mod ci_template;
mod judge;
mod known;
mod labels;
mod plan;
mod question;
mod rest;

use std::collections::BTreeMap;

use super::Labels;
use super::target::GitlabThing;
use super::verdict::Judged;
use crate::gitlab::{Purpose, Reader};
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::verdict::LabelVerdict;
use known::Known;
use question::Question;

/// A link to a thing of GitLab.
pub(super) struct GitlabLink {
    pub(super) thing: GitlabThing,
    /// What follows the `#`, decoded; empty without one.
    pub(super) fragment: String,
}

/// What a look at things of GitLab came to.
pub(super) struct Looked {
    /// A verdict for each link, in their order.
    pub(super) links: Vec<Judged>,
    /// Which of them are in a project that is not seen, in a group that the token is a member of: most likely it was renamed.
    pub(super) ours: Vec<bool>,
    /// The verdicts of each set of labels, in their order.
    pub(super) labels: Vec<BTreeMap<String, LabelVerdict>>,
    /// Why GitLab could not be asked, if it could not.
    pub(super) blind: Option<Blind>,
}

/// Looks at all of them in rounds: what each is, then what only the first answers make a question, and at last whether
/// this token would see what seems to be missing.
pub(super) async fn look(links: &[GitlabLink], labels: &[Labels<'_>], reader: &Reader, purpose: Purpose) -> Looked {
    let mut known = Known::default();
    let mut rounds = Rounds { links, labels, reader, purpose, blind: None };
    rounds.ask(plan::first, &mut known).await;
    rounds.ask(plan::second, &mut known).await;
    rounds.ask(plan::third, &mut known).await;
    let blind = rounds.blind;
    if blind.is_none() {
        rest::ask(links, &mut known, reader, purpose).await;
    }
    Looked {
        links: links.iter().map(|link| judge::judge(link, &known)).collect(),
        labels: labels.iter().map(|asked| labels::judge(asked, &known)).collect(),
        ours: links.iter().map(|link| plan::is_missing_among_ours(link, &known) || is_renamed(link, reader)).collect(),
        blind,
    }
}

/// Whether a link names a project that is known to be elsewhere today.
fn is_renamed(link: &GitlabLink, reader: &Reader) -> bool {
    let path = link.thing.owner.path();
    let seen = |purpose: Purpose| reader.known_project(purpose, path);
    Purpose::ALL.into_iter().filter_map(seen).any(|seen| matches!(seen, Observed::Present(now) if now.path != path))
}

/// Looks for projects that GraphQL does not show where they are today; a verdict for each link whose project was found
/// under another path. Each project costs a request, so this is for those that nothing else tells of.
pub(super) async fn follow(links: &[GitlabLink], reader: &Reader, purpose: Purpose) -> Vec<Option<Judged>> {
    let mut known = Known::default();
    let paths = links.iter().map(|link| link.thing.owner.path()).collect();
    known.follow(rest::moved(paths, reader, purpose).await);
    let mut rounds = Rounds { links, labels: &[], reader, purpose, blind: None };
    for round in [plan::moved, plan::second, plan::third] {
        rounds.ask(round, &mut known).await;
    }
    let judged = links.iter().map(|link| known.has_moved(link.thing.owner.path()).then(|| judge::judge(link, &known)));
    judged.collect()
}

/// Round after round of questions.
struct Rounds<'a> {
    links: &'a [GitlabLink],
    labels: &'a [Labels<'a>],
    reader: &'a Reader,
    purpose: Purpose,
    /// Why GitLab could not be asked, if it could not.
    blind: Option<Blind>,
}

impl Rounds<'_> {
    /// Whether it makes sense to ask any more: a token that was refused is refused again.
    fn go_on(&self) -> bool {
        self.blind.as_ref().is_none_or(|blind| blind.cause != Cause::Token)
    }

    /// Asks what is open of a round's questions.
    async fn ask(&mut self, round: impl Fn(&[GitlabLink], &[Labels<'_>], &Known) -> Vec<Question>, known: &mut Known) {
        let questions = known.open(round(self.links, self.labels, known));
        if questions.is_empty() || !self.go_on() {
            return;
        }
        let (answers, why) = batch::ask(questions, self.reader, self.purpose).await;
        if self.blind.is_none() {
            self.blind = why;
        }
        for (question, answer) in answers {
            known.learn(&question, answer);
        }
    }
}
