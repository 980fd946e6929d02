//! What is known of a link after a check.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::link::LinkKind;
use crate::text::{Address, Reason};

/// The reason where a visit panicked, which [`crate::check`] finds again by this text.
pub(super) const PANICKED_REASON: &str = "the check of this link panicked, which is a bug in the link check";

/// The reason where DNS knows no such host.
const NO_SUCH_HOST_REASON: &str = "there is no such host";

/// The reason where a check ended before a link's turn.
const NOT_REACHED_REASON: &str = "the time of this check ended before it was its turn";

/// The verdict on a link. Only [`Verdict::Dead`], [`Verdict::FragmentDead`] and a lasting
/// [`Verdict::Unreachable`] are broken links; only [`Verdict::Alive`] and [`Verdict::Moved`] clear them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is there.
    Alive,
    /// It is there under another address, for good.
    Moved,
    /// The authority answered that it is gone, or no such address can be.
    Dead,
    /// The page is there, the anchor on it is not.
    FragmentDead,
    /// The anchor may be on the page: scripts draw it, or it is made when the site is built and nobody was asked.
    FragmentUnverifiable,
    /// Not there, or not visible to everybody; who is not signed in cannot know which.
    Hidden,
    /// It wants a session: Slack, a private web page.
    Login,
    /// The host does not show it to whoever asks (401, 403, 429, 451, 999 and the like).
    Refused,
    /// No useful answer: DNS, time, TLS, 5xx.
    Unreachable,
    /// This check does not connect to it: its own address policy.
    Blocked,
    /// The configuration says not to check it.
    Skipped,
}

impl Verdict {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 11] = [
        Self::Alive,
        Self::Moved,
        Self::Dead,
        Self::FragmentDead,
        Self::FragmentUnverifiable,
        Self::Hidden,
        Self::Login,
        Self::Refused,
        Self::Unreachable,
        Self::Blocked,
        Self::Skipped,
    ];

    /// The word of the JSON contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Moved => "moved",
            Self::Dead => "dead",
            Self::FragmentDead => "fragment_dead",
            Self::FragmentUnverifiable => "fragment_unverifiable",
            Self::Hidden => "hidden",
            Self::Login => "login",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::Skipped => "skipped",
        }
    }
}

/// One check of one address: the JSON contract of `observations[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// The address as the documents have it.
    pub url: Address,
    /// What kind of target it has.
    pub kind: LinkKind,
    /// What the check found, which may be the same of many.
    #[serde(flatten)]
    pub assessment: Arc<Assessment>,
    /// Where it stands, in order.
    pub places: Vec<LinkPlace>,
}

impl Observation {
    /// The same as anybody sees it.
    #[must_use]
    pub fn as_seen_by_anybody(&self) -> Self {
        Self {
            url: self.url.clone(),
            kind: self.kind,
            assessment: self.assessment.as_seen_by_anybody().clone().into(),
            places: self.places.clone(),
        }
    }

    /// An observation with its verdict and reason, and nothing else yet.
    pub fn new(url: impl Into<Address>, kind: LinkKind, verdict: Verdict, reason: impl Into<Reason>) -> Self {
        Self { url: url.into(), kind, assessment: Assessment::new(verdict, reason).into(), places: Vec::new() }
    }
}

/// What a check found out about one address, wherever that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// Whether it is there.
    pub verdict: Verdict,
    /// Why, in a few words that are the same at every check of an unchanged world.
    pub reason: Reason,
    /// The last HTTP status, where HTTP was asked.
    pub status: Option<u16>,
    /// The redirects on the way, in order.
    pub redirects: Vec<Redirect>,
    /// A better address, where one is known.
    pub suggestion: Option<Address>,
    /// Its deprecation, where it is there and something announces one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Box<Deprecation>>,
    /// What anybody sees, where all of this is what only a token shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_anybody: Option<Box<Assessment>>,
}

impl Assessment {
    /// A verdict and its reason, and nothing else yet.
    pub fn new(verdict: Verdict, reason: impl Into<Reason>) -> Self {
        let (status, redirects, suggestion, deprecated, for_anybody) = (None, Vec::new(), None, None, None);
        Self { verdict, reason: reason.into(), status, redirects, suggestion, deprecated, for_anybody }
    }

    /// What anybody sees: the same, unless only a token shows it.
    pub fn as_seen_by_anybody(&self) -> &Self {
        self.for_anybody.as_deref().unwrap_or(self)
    }

    /// Whether only a token shows this. It may be told only where its readers are known to see it, too.
    pub fn is_token_only(&self) -> bool {
        self.for_anybody.is_some()
    }

    /// The verdict on a visit that was begun and never ended.
    pub(super) fn for_panicked_visit() -> Self {
        Self::new(Verdict::Unreachable, PANICKED_REASON)
    }

    /// Of a link to a host that DNS does not know.
    pub(super) fn no_such_host() -> Self {
        Self::new(Verdict::Unreachable, NO_SUCH_HOST_REASON)
    }

    /// Whether DNS knows no such host.
    pub fn is_no_such_host(&self) -> bool {
        self.verdict == Verdict::Unreachable && self.reason == NO_SUCH_HOST_REASON
    }

    /// Of a link that was not reached: no evidence of anything.
    pub(super) fn not_reached() -> Self {
        Self::new(Verdict::Skipped, NOT_REACHED_REASON)
    }

    /// Whether the check's time was over before it was this link's turn.
    pub fn is_not_reached(&self) -> bool {
        self.reason == NOT_REACHED_REASON
    }

    /// The same as what only a token shows; anybody sees the other.
    pub(super) fn shown_by_token(mut self, for_anybody: Self) -> Self {
        self.for_anybody = Some(Box::new(for_anybody));
        self
    }

    pub(super) fn with_suggestion(mut self, better: impl Into<Address>) -> Self {
        self.suggestion = Some(better.into());
        self
    }
}

/// What announces that something that is there will be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deprecation {
    /// One line: its own words, or that it is there no more where it is used from.
    #[serde(rename = "said")]
    pub notice: Reason,
    /// What it names to be used instead, if it does: a name or an address.
    pub successor: Option<Address>,
}

/// One redirect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// Its HTTP status.
    pub status: u16,
    /// The address it leads to.
    pub url: Address,
    /// Whether it is meant to last (301, 308).
    pub permanent: bool,
}

/// A place where a link stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LinkPlace {
    /// Path of the document, shared by all links of it.
    pub path: Arc<str>,
    /// Which of the documents of the check, from 0: two may have one path. Not part of the contract.
    #[serde(skip)]
    pub document: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1 and in characters.
    pub column: usize,
}

/// The verdict on a label that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelVerdict {
    /// One of the configured groups has it.
    Alive,
    /// One has it, archived: it is put on nothing new.
    Archived,
    /// None has it, but one has it under a retired name.
    Retired(String),
    /// None has it.
    Missing,
    /// It could not be looked up; why.
    Unknown(String),
}

/// The verdicts on the labels that a page names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelVerdicts {
    /// By name.
    pub by_name: BTreeMap<String, LabelVerdict>,
    /// Those among them that rest on what only a token shows, because not everybody sees a group.
    pub token_only: BTreeSet<String>,
    /// The groups that were to be asked with the own token and are not seen by it either.
    pub unseen_groups: BTreeSet<String>,
}

impl LabelVerdicts {
    /// Those that anybody may know, and those that rest on what only a token shows.
    pub fn split_token_only(&self) -> (Self, Self) {
        let (mut open, mut token_only) = (self.clone(), self.clone());
        open.by_name.retain(|name, _| !self.token_only.contains(name));
        token_only.by_name.retain(|name, _| self.token_only.contains(name));
        (open, token_only)
    }
}
