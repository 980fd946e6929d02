//! What a human should know.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::rule::{Audience, NeedsHuman, Rule, Severity};
use super::verdict::LinkPlace;

/// A place in a file: 1-based line and column, columns counted in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Path of the file, as its reader knows it.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl From<&LinkPlace> for Place {
    fn from(at: &LinkPlace) -> Self {
        Self { path: at.path.to_string(), line: at.line, column: at.column }
    }
}

/// One thing that a human should know.
///
/// Findings are ordered by severity (worst first), rule, place and subject, so that every report shows
/// them in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule it comes from.
    pub rule: Rule,
    /// How much it matters.
    pub severity: Severity,
    /// Who may read it.
    pub audience: Audience,
    /// What it is about, in a form that stays the same from run to run.
    pub subject: String,
    /// Where it stands, if it stands in a file.
    pub place: Option<Place>,
    /// What is the matter, in a sentence.
    pub message: String,
    /// What to do, in a sentence.
    pub advice: String,
    /// Its stable identity, 16 hex digits.
    pub fingerprint: String,
    /// Since which day it is known, where that is remembered.
    pub since: Option<chrono::NaiveDate>,
    /// Whether it rests on what only a token shows. Others than the team learn nothing of it, not even that it is there.
    #[serde(skip)]
    pub token_only: bool,
    /// Whether a person must act before podkeeper can go on (exit 5).
    #[serde(skip)]
    pub needs_human: bool,
}

impl Finding {
    /// A finding with its rule's severity, audience and advice.
    pub fn new(rule: Rule, subject: impl Into<String>, message: impl Into<String>) -> Self {
        let subject = subject.into();
        let fingerprint = compute_fingerprint(rule, &subject, None);
        Self {
            rule,
            severity: rule.severity(),
            audience: rule.audience(),
            subject,
            place: None,
            message: message.into(),
            advice: rule.advice().to_owned(),
            fingerprint,
            since: None,
            token_only: false,
            needs_human: rule.needs_human() == NeedsHuman::Always,
        }
    }

    /// The same finding as one that rests on what only a token shows.
    #[must_use]
    pub fn shown_by_token(mut self) -> Self {
        self.audience = self.audience.max(Audience::Team);
        self.token_only = true;
        self
    }

    /// The same finding, at a place. The file takes part in its identity; line and column do not, because
    /// they move with every edit above.
    #[must_use]
    pub fn with_place(mut self, place: Place) -> Self {
        self.fingerprint = compute_fingerprint(self.rule, &self.subject, Some(&place.path));
        self.place = Some(place);
        self
    }

    /// The same finding, with advice of its own.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// The same finding, as one about what a person must do before podkeeper can go on.
    #[must_use]
    pub fn needing_human(mut self) -> Self {
        self.needs_human = true;
        self
    }

    fn sort_key(&self) -> impl Ord + '_ {
        // All that can tell two findings apart, so that the order never hangs on the order they were found in.
        let texts = (&self.message, &self.advice, self.since);
        (std::cmp::Reverse(self.severity), self.rule, &self.place, &self.subject, texts, self.audience)
    }
}

/// Brings findings into the one order, drops exact doubles, and gives equal ones (same rule, subject and
/// file) a count in their identity, so that no two findings of a report share a fingerprint.
pub fn sort_and_deduplicate(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    findings.dedup();
    let mut seen: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for finding in &mut findings {
        let nth = seen.entry(finding.fingerprint.clone()).or_insert(0);
        *nth += 1;
        if *nth > 1 {
            finding.fingerprint = short_hash(&format!("{}\n{nth}", finding.fingerprint));
        }
    }
    findings
}

fn compute_fingerprint(rule: Rule, subject: &str, path: Option<&str>) -> String {
    short_hash(&format!("{}\n{subject}\n{}", rule.code(), path.unwrap_or_default()))
}

/// The first 16 hex digits of a text's SHA-256.
pub fn short_hash(text: &str) -> String {
    to_hex(&Sha256::digest(text.as_bytes())[..8])
}

/// Bytes as lower-case hex digits.
pub fn to_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_does_not_move_with_the_line() {
        let at = |line| {
            Finding::new(Rule::LabelEmpty, "~\"\"", "x").with_place(Place { path: "p.md".to_owned(), line, column: 1 })
        };
        assert_eq!(at(3).fingerprint, at(9).fingerprint);
        let ordered = sort_and_deduplicate(vec![at(9), at(3)]);
        assert_ne!(ordered[0].fingerprint, ordered[1].fingerprint);
        assert_eq!(ordered[0].place.as_ref().unwrap().line, 3);
    }

    #[test]
    fn the_worst_comes_first() {
        let ordered = sort_and_deduplicate(vec![
            Finding::new(Rule::LabelTrailingComma, "b", "x"),
            Finding::new(Rule::PageMissing, "a", "x"),
        ]);
        assert_eq!(ordered[0].rule, Rule::PageMissing);
    }
}
