//! Labels by exact name, in groups.
//!
//! Retired labels are renamed, not deleted (fact sheet on the handbook, section 9), so a miss is looked
//! up again under the names they get.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Fact, Look};
use super::batch;
use super::question::{Leaf, Question, Root};
use crate::gitlab::{Purpose, Reader};
use crate::pod::verdict::LabelVerdict;

/// What a retired label's name ends with, the misspelt one included.
const RETIRED: [&str; 3] = [" [DEPRECATED]", " DEPRECATED", " [DEPRECIATED]"];
/// Labels asked in one field of a query: three points of complexity each.
const AT_ONCE: usize = 50;

/// Looks up labels in these groups; a label of a group above counts as its own, as in GitLab.
pub(in crate::collect::links) async fn look(
    names: &BTreeSet<String>,
    groups: &[String],
    reader: &Reader,
    purpose: Purpose,
) -> BTreeMap<String, LabelVerdict> {
    let mut verdicts = BTreeMap::new();
    let exact = titles(names.iter().cloned().collect(), groups, reader, purpose).await;
    let missed: Vec<&String> = names.iter().filter(|name| exact.get(*name) == Some(&Look::Null)).collect();
    let retired_as = |name: &str| RETIRED.map(|ending| format!("{name}{ending}"));
    let old = missed.iter().flat_map(|name| retired_as(name)).collect();
    let old = titles(old, groups, reader, purpose).await;
    for name in names {
        let verdict = match exact.get(name) {
            Some(Look::There(_)) => LabelVerdict::Alive,
            Some(Look::Failed(why)) => LabelVerdict::Unknown(why.clone()),
            None => LabelVerdict::Unknown("no group is configured to look in".to_owned()),
            Some(Look::Null) => {
                let looks = retired_as(name).map(|old_name| (old.get(&old_name).cloned(), old_name));
                let found = looks.iter().find(|(look, _)| matches!(look, Some(Look::There(_))));
                let unsure = looks.iter().find_map(|(look, _)| match look {
                    Some(Look::Failed(why)) => Some(why.clone()),
                    _ => None,
                });
                match (found, unsure) {
                    (Some((_, old_name)), _) => LabelVerdict::Retired(old_name.clone()),
                    (None, Some(why)) => LabelVerdict::Unknown(why),
                    (None, None) => LabelVerdict::Missing,
                }
            }
        };
        verdicts.insert(name.clone(), verdict);
    }
    verdicts
}

/// What is known of each title over all groups: there in one, or missing in all, or else unsure.
async fn titles(
    titles: Vec<String>,
    groups: &[String],
    reader: &Reader,
    purpose: Purpose,
) -> BTreeMap<String, Look<Fact>> {
    let chunks = titles.chunks(AT_ONCE).map(|chunk| chunk.iter().cloned().map(Leaf::Label).collect::<Vec<_>>());
    let questions: Vec<Question> = chunks
        .flat_map(|leaves| groups.iter().map(move |group| Question::new(Root::Group, group, leaves.clone())))
        .collect();
    let mut known: BTreeMap<String, Look<Fact>> = BTreeMap::new();
    if questions.is_empty() {
        return known;
    }
    for (question, answer) in batch::ask(questions, reader, purpose).await.0 {
        let hidden = answer.owner == Look::Null;
        for (leaf, look) in answer.leaves {
            let Leaf::Label(title) = leaf else { continue };
            let look = match look {
                Look::Null if hidden => {
                    Look::Failed(format!("the group {} is not there or not visible to this token", question.path))
                }
                look => look,
            };
            let best = match (known.remove(&title), look) {
                (Some(Look::There(fact)), _) | (_, Look::There(fact)) => Look::There(fact),
                (Some(Look::Failed(why)), _) | (_, Look::Failed(why)) => Look::Failed(why),
                (_, Look::Null) => Look::Null,
            };
            known.insert(title, best);
        }
    }
    known
}
