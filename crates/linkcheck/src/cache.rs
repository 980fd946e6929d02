//! What visits to the web came to, kept between runs.
//!
//! Only good news is kept: a page that was there, with the way to it and the anchors on it that were wanted and
//! found. Bad news is asked for anew each time. Nothing of GitLab's API is kept, and no file. The verdict itself is
//! not kept either: it is made of what was seen, as after a visit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::json;
use crate::verdict::{Redirect, Verdict};
use crate::web::Validators;
use crate::web::queue::{VisitJobs, Visits};
use crate::web::visit::{CachedPage, Visit};

/// The form of the file. Another one is not read.
const VERSION: u32 = 1;
/// What no document names any more is kept so long after it has become stale.
const UNLINKED_LIFETIME: TimeDelta = TimeDelta::days(30);

/// Pages that were there, by their addresses without fragment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cache(BTreeMap<Url, CacheEntry>);

/// A page that was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CacheEntry {
    /// When it was visited.
    seen: DateTime<Utc>,
    status: u16,
    /// Where the redirects ended.
    end: Url,
    redirects: Vec<Redirect>,
    /// The anchors that were wanted and found.
    places: BTreeSet<String>,
    #[serde(flatten)]
    validators: Validators,
}

/// A cache at work: what it knows, and what counts as fresh.
#[derive(Debug, Clone)]
pub struct DatedCache {
    /// What earlier runs saw.
    pub cache: Cache,
    /// The moment that counts as now.
    pub now: DateTime<Utc>,
    /// What was seen less long ago is not asked for again.
    pub max_age: TimeDelta,
}

/// What a cache holds for the addresses of a run.
#[derive(Default)]
pub(super) struct ReusedVisits {
    /// Visits that need not be made.
    pub(super) visits: Visits,
    /// What is known of visits that are to be made.
    pub(super) stale: BTreeMap<Url, CachedPage>,
}

impl DatedCache {
    /// Takes the visits that need not be made out of the jobs. An anchor that was not found before is asked for again.
    pub(super) fn take_fresh_visits(&self, jobs: &mut VisitJobs) -> ReusedVisits {
        let mut reused = ReusedVisits::default();
        jobs.retain(|url, wanted| {
            let Some(page) = self.cache.0.get(&**url).filter(|page| wanted.is_subset(&page.places)) else {
                return true;
            };
            let (found, validators) = (page.places.clone(), page.validators.clone());
            let stale =
                CachedPage { final_url: page.end.clone(), status: page.status, found_anchors: found, validators };
            if self.is_fresh(page) {
                reused.visits.insert(Arc::clone(url), Visit::from_cache(url, page.redirects.clone(), &stale));
                return false;
            }
            if !stale.validators.is_empty() {
                reused.stale.insert(Url::clone(url), stale);
            }
            true
        });
        reused
    }

    /// What is to be remembered after the visits were made.
    pub(super) fn build_updated_cache(&self, reused: &Visits, made: &Visits) -> Cache {
        let lasts = |url: &Url, page: &CacheEntry| {
            reused.contains_key(url)
                || !made.contains_key(url)
                    && page.seen <= self.now
                    && self.age(page).checked_sub(&UNLINKED_LIFETIME).is_none_or(|age| age <= self.max_age)
        };
        let old = self.cache.0.iter().filter(|(url, page)| lasts(url, page));
        let new = made
            .iter()
            .filter_map(|(url, visit)| Some((Url::clone(url), CacheEntry::from_visit(url, visit, self.now)?)));
        Cache(old.map(|(url, page)| (url.clone(), page.clone())).chain(new).collect())
    }

    /// What was seen in the future was seen by another clock.
    fn is_fresh(&self, page: &CacheEntry) -> bool {
        page.seen <= self.now && self.age(page) < self.max_age
    }

    fn age(&self, page: &CacheEntry) -> TimeDelta {
        self.now - page.seen
    }
}

impl CacheEntry {
    /// Whether a page of the web was there: only those are kept.
    fn is_cacheable(&self) -> bool {
        (200..=299).contains(&self.status) && matches!(self.end.scheme(), "http" | "https")
    }

    /// What is kept of a visit, if it is good news that holds nobody's name and password.
    fn from_visit(url: &Url, visit: &Visit, now: DateTime<Utc>) -> Option<Self> {
        // What a title says is read again each time.
        let good = matches!(visit.assessment.verdict, Verdict::Alive | Verdict::Moved)
            && visit.assessment.deprecated.is_none();
        let bare = |url: &Url| url.username().is_empty() && url.password().is_none();
        let ways = visit
            .assessment
            .redirects
            .iter()
            .map(|redirect| Url::parse(redirect.url.as_str()).is_ok_and(|url| bare(&url)));
        let status = visit
            .assessment
            .status
            .filter(|_| good && bare(url) && bare(&visit.final_url) && ways.min() != Some(false))?;
        Some(Self {
            seen: now,
            status,
            end: Url::clone(&visit.final_url),
            redirects: visit.assessment.redirects.clone(),
            places: visit.anchors.found.clone(),
            validators: visit.validators.as_deref().cloned().unwrap_or_default(),
        })
    }
}

/// The form of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CacheFile {
    #[serde(rename = "version")]
    _version: u32,
    /// Whether the web was that of a sandbox, which has other pages.
    sandbox: bool,
    pages: BTreeMap<Url, CacheEntry>,
}

/// The part of a file that is the same in every version.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Cache {
    /// How many pages it knows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Parses the text of its file; `is_sandbox` says whether it has to be one of a sandbox.
    ///
    /// # Errors
    /// Why it is not read; the end of a sentence that begins with the file.
    pub fn parse(text: &str, is_sandbox: bool) -> Result<Self, String> {
        let damaged =
            |error: serde_json::Error| format!("is damaged (line {}, column {})", error.line(), error.column());
        let Versioned { version } = serde_json::from_str(text).map_err(damaged)?;
        if version != VERSION {
            return Err(format!("is of version {version}, and this podkeeper reads version {VERSION}"));
        }
        let file: CacheFile = serde_json::from_str(text).map_err(damaged)?;
        match (file.sandbox, is_sandbox) {
            (true, false) => Err("is of a sandbox, whose web is not the real one".to_owned()),
            (false, true) => Err("is of the real web, which no sandbox has".to_owned()),
            _ if file.pages.values().all(CacheEntry::is_cacheable) => Ok(Self(file.pages)),
            _ => Err("is damaged (it holds a page that was not there)".to_owned()),
        }
    }

    /// The text of its file: a page a line, in the order of their addresses.
    pub fn render(&self, is_sandbox: bool) -> String {
        let pages = self.0.iter().map(|(url, page)| format!("{}: {}", json::to_line(url), json::to_line(page)));
        let pages: Vec<String> = pages.collect();
        format!("{{\"version\": {VERSION}, \"sandbox\": {is_sandbox}, \"pages\": {{\n{}\n}}}}\n", pages.join(",\n"))
    }
}
