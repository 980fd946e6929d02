//! What is known of a link after a look.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::document::LinkKind;
use super::finding::Place;

/// The verdict on a link. Only [`Verdict::Dead`], [`Verdict::FragmentDead`] and a lasting
/// [`Verdict::Unreachable`] are rot; only [`Verdict::Alive`] and [`Verdict::Moved`] clear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is there.
    Alive,
    /// It is there under another address, for good.
    Moved,
    /// The authority said that it is gone, or no such address can be.
    Dead,
    /// The page is there, the place on it is not.
    FragmentDead,
    /// The place may be on the page: its headings are made when the site is built.
    FragmentUnverifiable,
    /// Not there or not visible to this token; nobody can tell which.
    Hidden,
    /// It wants a session: Slack, a private web page.
    Login,
    /// The host does not show it to whoever asks (401, 403, 429, 451, 999 and the like).
    Refused,
    /// No useful answer: DNS, time, TLS, 5xx.
    Unreachable,
    /// podkeeper does not go there: its own address policy.
    Blocked,
    /// The configuration says not to look.
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
    pub fn word(self) -> &'static str {
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

/// One look at one address: the JSON contract of `observations[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// The address as the documents have it.
    pub url: String,
    /// What kind of thing it points at.
    pub kind: LinkKind,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a few words that are the same at every look at an unchanged world.
    pub reason: Cow<'static, str>,
    /// The last HTTP status, where HTTP was asked.
    pub status: Option<u16>,
    /// The redirects on the way, in order.
    pub redirects: Vec<Hop>,
    /// A better address, where one is known.
    pub suggestion: Option<String>,
    /// What tells of its end, where it is there and something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Box<Deprecated>>,
    /// Where it stands, in order.
    pub places: Vec<LinkPlace>,
}

impl Observation {
    /// A look of which no more is known than what it came to, at no place yet.
    pub fn new(url: impl Into<String>, kind: LinkKind, verdict: Verdict, reason: impl Into<Cow<'static, str>>) -> Self {
        let (status, redirects, suggestion, deprecated, places) = (None, Vec::new(), None, None, Vec::new());
        let (url, reason) = (url.into(), reason.into());
        Self { url, kind, verdict, reason, status, redirects, suggestion, deprecated, places }
    }
}

/// What tells of the end of a thing that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deprecated {
    /// One line: its own words, or that it is there no more where it is used from.
    pub said: String,
    /// What it names to be used instead, if it does: a name or an address.
    pub successor: Option<String>,
}

/// One redirect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Its status.
    pub status: u16,
    /// Where it leads.
    pub url: String,
    /// Whether it is meant to last (301, 308).
    pub permanent: bool,
}

/// A place where a link stands; lines and columns from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LinkPlace {
    /// Path of the document, shared by all links of it.
    pub path: Arc<str>,
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// The nearest heading above it; not part of the contract.
    #[serde(skip)]
    pub section: Arc<str>,
}

impl From<&LinkPlace> for Place {
    fn from(at: &LinkPlace) -> Self {
        Self { path: at.path.to_string(), line: at.line, column: at.column }
    }
}

/// One look at a label that a page names.
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
    /// It could not be looked up.
    Unknown(String),
}
