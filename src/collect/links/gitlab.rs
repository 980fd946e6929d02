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
use crate::pod::observed::{Blind, Cause};
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
    /// The verdicts of each set of labels, in their order.
    pub(super) labels: Vec<BTreeMap<String, LabelVerdict>>,
    /// Why GitLab could not be asked, if it could not.
    pub(super) blind: Option<Blind>,
}

/// Looks at all of them in rounds: what each is, then what only the first answers make a question, the same of projects
/// that were renamed, and at last whether this token would see what seems to be missing.
pub(super) async fn look(links: &[GitlabLink], labels: &[Labels<'_>], reader: &Reader, purpose: Purpose) -> Looked {
    let mut known = Known::default();
    let mut rounds = Rounds { links, labels, reader, purpose, blind: None };
    rounds.ask(plan::first, &mut known).await;
    rounds.ask(plan::second, &mut known).await;
    let moved = if rounds.go_on() { rest::moved(links, &known, reader, purpose).await } else { BTreeMap::new() };
    if !moved.is_empty() {
        known.follow(moved);
        rounds.ask(plan::moved, &mut known).await;
        rounds.ask(plan::second, &mut known).await;
    }
    rounds.ask(plan::third, &mut known).await;
    let blind = rounds.blind;
    if blind.is_none() {
        rest::ask(links, &mut known, reader, purpose).await;
    }
    Looked {
        links: links.iter().map(|link| judge::judge(link, &known)).collect(),
        labels: labels.iter().map(|asked| labels::judge(asked, &known)).collect(),
        blind,
    }
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
