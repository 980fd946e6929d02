//! What is known so far of owners and what they have.

use std::collections::BTreeMap;

use super::answer::{Answer, Fact, Home, Look};
use super::question::{Leaf, Question, Root};

#[derive(Default)]
pub(super) struct Known {
    owners: BTreeMap<(Root, String), Look<Home>>,
    leaves: BTreeMap<(Root, String, Leaf), Look<Fact>>,
    /// Today's paths of projects that were renamed or moved, by the paths that links name.
    today: BTreeMap<String, String>,
}

impl Known {
    /// Takes an answer in. What was there stays there; a failure hides nothing that was seen.
    pub(super) fn learn(&mut self, question: &Question, answer: Answer) {
        let key = (question.root, question.path.clone());
        let look = match (self.owners.remove(&key), answer.owner) {
            (Some(Look::There(known)), Look::There(new)) => {
                Look::There(Home { root_ref: known.root_ref.or(new.root_ref), ..new })
            }
            (Some(Look::There(known)), _) => Look::There(known),
            (_, new) => new,
        };
        self.owners.insert(key, look);
        for (leaf, look) in answer.leaves {
            self.leaves.insert((question.root, question.path.clone(), leaf), look);
        }
    }

    /// Takes in where projects are today whose paths GraphQL does not know any more, and forgets what it said of those.
    pub(super) fn follow(&mut self, moved: BTreeMap<String, String>) {
        self.owners.retain(|(root, path), _| *root != Root::Project || !moved.contains_key(path));
        self.leaves.retain(|(root, path, _), _| *root != Root::Project || !moved.contains_key(path));
        self.today.extend(moved);
    }

    /// Whether a project has another path today than the one that links name.
    pub(super) fn has_moved(&self, path: &str) -> bool {
        self.today.contains_key(path)
    }

    /// What is open of these questions, each asked where its owner is today.
    pub(super) fn open(&self, questions: Vec<Question>) -> Vec<Question> {
        let open = questions.into_iter().filter_map(|mut question| {
            let all = question.leaves.len();
            question.leaves.retain(|leaf| self.leaf(question.root, &question.path, leaf).is_none());
            let asked = self.owners.contains_key(&(question.root, question.path.clone()));
            question.today = self.today.get(&question.path).filter(|_| question.root == Root::Project).cloned();
            (!question.leaves.is_empty() || all == 0 && !asked).then_some(question)
        });
        open.collect()
    }

    /// Takes in what is known of one leaf of an owner that was seen.
    pub(super) fn note(&mut self, root: Root, path: &str, leaf: Leaf, look: Look<Fact>) {
        self.leaves.insert((root, path.to_owned(), leaf), look);
    }

    /// An owner; an unasked one is one that could not be asked.
    pub(super) fn owner(&self, root: Root, path: &str) -> Look<&Home> {
        match self.owners.get(&(root, path.to_owned())) {
            Some(Look::There(home)) => Look::There(home),
            Some(Look::Null) => Look::Null,
            Some(Look::Failed(why)) => Look::Failed(why.clone()),
            None => Look::Failed("it was not asked".to_owned()),
        }
    }

    /// A leaf, if it was asked.
    pub(super) fn leaf(&self, root: Root, path: &str, leaf: &Leaf) -> Option<&Look<Fact>> {
        self.leaves.get(&(root, path.to_owned(), leaf.clone()))
    }

    /// Whether a leaf is certainly there.
    pub(super) fn has(&self, root: Root, path: &str, leaf: &Leaf) -> bool {
        matches!(self.leaf(root, path, leaf), Some(Look::There(_)))
    }

    /// Whether a leaf was asked and is certainly not there.
    pub(super) fn lacks(&self, root: Root, path: &str, leaf: &Leaf) -> bool {
        matches!(self.leaf(root, path, leaf), Some(Look::Null))
    }
}
