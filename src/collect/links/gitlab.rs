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

/// Looks at all of them in rounds: what each is, then what only the first answers make a question, and at
/// last whether this token would see what seems to be missing.
pub(super) async fn look(links: &[GitlabLink], labels: &[Labels<'_>], reader: &Reader, purpose: Purpose) -> Looked {
    let mut known = Known::default();
    let mut blind = None;
    for round in [plan::first, plan::second, plan::third] {
        let questions = round(links, labels, &known);
        if questions.is_empty() {
            continue;
        }
        let (answers, why) = batch::ask(questions, reader, purpose).await;
        blind = blind.or(why);
        for (question, answer) in answers {
            known.learn(&question, answer);
        }
        if blind.as_ref().is_some_and(|blind: &Blind| blind.cause == Cause::Token) {
            break;
        }
    }
    if blind.is_none() {
        rest::ask(links, &mut known, reader, purpose).await;
    }
    Looked {
        links: links.iter().map(|link| judge::judge(link, &known)).collect(),
        labels: labels.iter().map(|asked| labels::judge(asked, &known)).collect(),
        blind,
    }
}
