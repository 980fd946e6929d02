//! What visits to the web came to, kept between runs.
//!
//! Only good news is kept: a page that was there, with the way to it and the places on it that were wanted and
//! found. Bad news is asked for anew each time. Nothing of GitLab's API is kept, and no file. The verdict itself is
//! not kept either: it is made of what was seen, as after a visit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::web::Validators;
use super::web::queue::{Jobs, Visits};
use super::web::visit::{Known, Visit};
use crate::pod::text::Untrusted;
use crate::pod::verdict::{Hop, Verdict};

/// The form of the file. Another one is not read.
const VERSION: u32 = 1;
/// What no document names any more is kept so long after it has become stale.
const KEPT_UNNAMED: TimeDelta = TimeDelta::days(30);

/// Pages that were there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory(BTreeMap<Url, Page>);

/// A page that was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    /// When it was looked at.
    seen: DateTime<Utc>,
    status: u16,
    /// Where the redirects ended.
    end: Url,
    redirects: Vec<Hop>,
    /// The places that were wanted and found.
    places: BTreeSet<String>,
    #[serde(flatten)]
    validators: Validators,
}

/// A memory at work: what it knows, and what counts as fresh.
#[derive(Debug, Clone)]
pub struct Recall {
    /// What it knows.
    pub memory: Memory,
    /// The moment that counts as now.
    pub now: DateTime<Utc>,
    /// What was seen less long ago is not asked for again.
    pub fresh: TimeDelta,
}

/// What a memory says of the addresses of a run.
#[derive(Default)]
pub(super) struct Recalled {
    /// Visits that need not be made.
    pub(super) visits: Visits,
    /// What is known of visits that are to be made.
    pub(super) known: BTreeMap<Url, Known>,
}

impl Recall {
    /// Takes the visits that need not be made out of the jobs. A place that was not found before is asked for again.
    pub(super) fn recall(&self, jobs: &mut Jobs) -> Recalled {
        let mut recalled = Recalled::default();
        jobs.retain(|url, wanted| {
            let Some(page) = self.memory.0.get(&**url).filter(|page| wanted.is_subset(&page.places)) else {
                return true;
            };
            let (found, validators) = (page.places.clone(), page.validators.clone());
            let known = Known { end: page.end.clone(), status: page.status, found, validators };
            if self.is_fresh(page) {
                recalled.visits.insert(Arc::clone(url), Visit::recalled(url, page.redirects.clone(), &known));
                return false;
            }
            if !known.validators.is_empty() {
                recalled.known.insert(Url::clone(url), known);
            }
            true
        });
        recalled
    }

    /// What is to be remembered after the visits were made.
    pub(super) fn remember(&self, recalled: &Visits, made: &Visits) -> Memory {
        let lasts = |url: &Url, page: &Page| {
            recalled.contains_key(url)
                || !made.contains_key(url)
                    && page.seen <= self.now
                    && self.age(page).checked_sub(&KEPT_UNNAMED).is_none_or(|age| age <= self.fresh)
        };
        let old = self.memory.0.iter().filter(|(url, page)| lasts(url, page));
        let new = made.iter().filter_map(|(url, visit)| Some((Url::clone(url), Page::of(url, visit, self.now)?)));
        Memory(old.map(|(url, page)| (url.clone(), page.clone())).chain(new).collect())
    }

    /// What was seen in the future was seen by another clock.
    fn is_fresh(&self, page: &Page) -> bool {
        page.seen <= self.now && self.age(page) < self.fresh
    }

    fn age(&self, page: &Page) -> TimeDelta {
        self.now - page.seen
    }
}

impl Page {
    /// Whether it can have been seen: only pages of the web that are there are kept.
    fn was_there(&self) -> bool {
        (200..=299).contains(&self.status) && matches!(self.end.scheme(), "http" | "https")
    }

    /// What is kept of a visit, if it is good news that holds nobody's name and password.
    fn of(url: &Url, visit: &Visit, now: DateTime<Utc>) -> Option<Self> {
        let good = matches!(visit.judged.verdict, Verdict::Alive | Verdict::Moved);
        let bare = |url: &Url| url.username().is_empty() && url.password().is_none();
        let ways = visit.judged.redirects.iter().map(|hop| Url::parse(&hop.url).is_ok_and(|url| bare(&url)));
        let status =
            visit.judged.status.filter(|_| good && bare(url) && bare(&visit.end) && ways.min() != Some(false))?;
        Some(Self {
            seen: now,
            status,
            end: Url::clone(&visit.end),
            redirects: visit.judged.redirects.clone(),
            places: visit.places.found.clone(),
            validators: visit.validators.as_deref().cloned().unwrap_or_default(),
        })
    }
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: u32,
    /// Whether the web was that of a box, which knows other pages.
    boxed: bool,
    pages: BTreeMap<Url, Page>,
}

/// The part of a file that is the same in every version.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Memory {
    /// How many pages it knows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the text of its file, written in a box or not.
    ///
    /// # Errors
    /// Why it is not read; the end of a sentence that begins with the file.
    pub fn read(text: &str, boxed: bool) -> Result<Self, String> {
        let damaged =
            |error: serde_json::Error| format!("is damaged (line {}, column {})", error.line(), error.column());
        let Versioned { version } = serde_json::from_str(text).map_err(damaged)?;
        if version != VERSION {
            return Err(format!("is of version {version}, and this podkeeper reads version {VERSION}"));
        }
        let file: File = serde_json::from_str(text).map_err(damaged)?;
        match (file.boxed, boxed) {
            (true, false) => Err("is of a box, whose web is not the real one".to_owned()),
            (false, true) => Err("is of the real web, which no box has".to_owned()),
            _ => match file.pages.iter().find(|(_, page)| !page.was_there()) {
                Some((url, _)) => Err(format!("is damaged ({} was not there)", Untrusted::new(url.as_str()).line())),
                None => Ok(Self(file.pages)),
            },
        }
    }

    /// The text of its file: a page a line, in the order of their addresses.
    pub fn written(&self, boxed: bool) -> String {
        let pages = self.0.iter().map(|(url, page)| format!("{}: {}", json(url), json(page)));
        let pages: Vec<String> = pages.collect();
        format!("{{\"version\": {VERSION}, \"boxed\": {boxed}, \"pages\": {{\n{}\n}}}}\n", pages.join(",\n"))
    }
}

/// On one line. Nothing that is written here can fail to be JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
