//! What several jobs saw of links, each in a file of its own, put together for the one that acts.
//!
//! A file says who made it: for which GitLab, when, and which shard it is. What does not fit together whole is
//! refused, because half a check would call links new or gone that are neither.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::json;
use crate::link::{AddressKey, LinkKind};
use crate::observed::{FailureCause, ReadFailure};
use crate::secrets;
use crate::shard::Shard;
use crate::text::{Untrusted, one_line};
use crate::verdict::{Assessment, Verdict};
use crate::web::catch_all_pages::PageFingerprint;

/// The form of the file. Another one is not read.
const VERSION: u32 = 2;
/// What was observed longer ago is refused, and has to be checked again.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// Clocks may differ by so much (as for GitLab's own).
const MAX_CLOCK_SKEW: TimeDelta = TimeDelta::minutes(10);

/// The result of the check of one asked address, wherever the address stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardObservation {
    /// As it is written.
    url: Box<str>,
    /// Where it resolves on the document's site, where that decides.
    resolved: Option<Box<str>>,
    kind: LinkKind,
    assessment: Assessment,
    /// The page's fingerprint, where a shard cannot know whether a captive portal sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<PageFingerprint>,
}

/// On which GitLab and when a check is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardContext<'a> {
    /// The host of the GitLab whose API was asked.
    pub gitlab_host: &'a str,
    /// Whether that is the sandbox.
    pub is_sandbox: bool,
    /// The moment that counts as now.
    pub now: DateTime<Utc>,
}

/// The file of one job.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    gitlab: String,
    sandbox: bool,
    shard: String,
    now: DateTime<Utc>,
    /// Why GitLab's API could not be asked, if so.
    failure: Option<StoredFailure>,
    links: Vec<ShardObservation>,
}

/// A [`ReadFailure`], with the cause that reports leave out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFailure {
    what: String,
    why: String,
    cause: FailureCause,
}

/// The part of a file that is the same in every version.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// What all jobs observed together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedShards {
    links: BTreeMap<AddressKey, ShardObservation>,
}

/// The text of the file of one job.
pub fn render(
    context: &ShardContext<'_>,
    shard: Option<Shard>,
    links: &[ShardObservation],
    failure: Option<&ReadFailure>,
) -> String {
    let file = File {
        version: VERSION,
        gitlab: context.gitlab_host.to_owned(),
        sandbox: context.is_sandbox,
        shard: shard.unwrap_or(Shard::WHOLE).to_string(),
        now: context.now,
        failure: failure.map(|failure| StoredFailure {
            what: failure.what.clone(),
            why: failure.why.clone(),
            cause: failure.cause,
        }),
        links: links.iter().filter(|link| !link.has_secret()).cloned().collect(),
    };
    json::to_pretty_text(&file) + "\n"
}

impl MergedShards {
    /// Puts the files of all jobs together, each with its name.
    ///
    /// # Errors
    /// A sentence, where they are not the whole of one check of this GitLab within the last day.
    pub fn merge(files: &[(String, String)], context: &ShardContext<'_>) -> Result<Self, String> {
        let mut seen = Self::default();
        let mut shards: BTreeMap<Shard, &str> = BTreeMap::new();
        for (name, text) in files {
            let (shard, file) = parse_file(text, context).map_err(|why| format!("the observations in {name} {why}"))?;
            if let Some(other) = shards.insert(shard, name) {
                return Err(format!("the shard {shard} is there twice, in {other} and in {name}; leave one out"));
            }
            // Why another job could not ask is no word of this one's: what it did not see is asked here.
            for link in file.links {
                let address = Untrusted::new(&*link.url);
                let key = (link.url.clone(), link.resolved.clone());
                if seen.links.insert(key, link.clone()).is_some_and(|other| other != link) {
                    return Err(format!(
                        "{name} and another file disagree about {address}; let the jobs that check links run again"
                    ));
                }
            }
        }
        check_complete(&shards)?;
        Ok(seen)
    }

    /// How many addresses were observed.
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// All but what was observed of these addresses, which the job that acts asks itself.
    #[must_use]
    pub fn without(&self, is_left_out: impl Fn(&str) -> bool) -> Self {
        let links = self.links.iter().filter(|((url, _), _)| !is_left_out(url));
        Self { links: links.map(|(key, link)| (key.clone(), link.clone())).collect() }
    }

    /// Whether an address was observed.
    pub(super) fn has(&self, key: &AddressKey) -> bool {
        self.links.contains_key(key)
    }

    /// What was observed of an address that is read alike here and there, and its page's fingerprint.
    pub(super) fn get(&self, key: &AddressKey, kind: LinkKind) -> Option<(Assessment, Option<PageFingerprint>)> {
        let link = self.links.get(key).filter(|link| link.kind == kind && link.may_be_believed())?.clone();
        Some((link.assessment, link.fingerprint))
    }
}

/// Why a link that is there is not simply there: all that the word of another job may say.
const ALIVE_REASONS: [&str; 5] = [
    "",
    "its project is marked for deletion",
    "its repository is archived",
    "its repository is there; the page itself was not asked for",
    "the file is there; its lines were not read",
];
/// The most redirects of a link, and the most characters of an address that is taken over.
const MAX_REDIRECTS: usize = 10;
const MAX_ADDRESS_CHARS: usize = 2_048;

impl ShardObservation {
    /// Whether the job that acts takes another one's word for it. Files come from jobs that anybody may have changed, so
    /// their word alone makes nobody say anything: what is there is there, in words of this program's own, and everything
    /// else is asked again.
    fn may_be_believed(&self) -> bool {
        let seen = &self.assessment;
        seen.verdict == Verdict::Alive
            && seen.suggestion.is_none()
            && seen.deprecated.is_none()
            && seen.for_anybody.is_none()
            && ALIVE_REASONS.contains(&seen.reason.as_str())
            && seen.redirects.len() <= MAX_REDIRECTS
            && seen.redirects.iter().all(|redirect| redirect.url.as_str().chars().count() <= MAX_ADDRESS_CHARS)
    }

    /// The same as anybody sees it.
    #[must_use]
    pub fn as_seen_by_anybody(&self) -> Self {
        Self { assessment: self.assessment.as_seen_by_anybody().clone(), ..self.clone() }
    }

    /// Whether its address holds a secret. It is not written down, so the job that acts asks the address itself.
    fn has_secret(&self) -> bool {
        secrets::contains_secret(&self.url) || self.resolved.as_deref().is_some_and(secrets::contains_secret)
    }

    pub(super) fn new(
        key: &AddressKey,
        kind: LinkKind,
        assessment: &Assessment,
        fingerprint: Option<PageFingerprint>,
    ) -> Self {
        let (url, resolved) = key.clone();
        Self { url, resolved, kind, assessment: assessment.clone(), fingerprint }
    }
}

/// Reads one file; an error is the end of a sentence that begins with it.
fn parse_file(text: &str, context: &ShardContext<'_>) -> Result<(Shard, File), String> {
    let damaged = |error: serde_json::Error| {
        format!("are damaged (line {}, column {}); make them anew", error.line(), error.column())
    };
    let Versioned { version } = serde_json::from_str(text).map_err(damaged)?;
    if version != VERSION {
        return Err(format!(
            "are of version {version}, and this podkeeper reads version {VERSION}; use one podkeeper for all jobs"
        ));
    }
    let file: File = serde_json::from_str(text).map_err(damaged)?;
    let world = |gitlab: &str, sandbox| {
        let gitlab = one_line(gitlab);
        if sandbox { format!("a sandbox that plays {gitlab}") } else { gitlab }
    };
    let (theirs, ours) = (world(&file.gitlab, file.sandbox), world(context.gitlab_host, context.is_sandbox));
    if theirs != ours {
        return Err(format!("are of {theirs}, and this run is about {ours}"));
    }
    let made = file.now.to_rfc3339_opts(SecondsFormat::Secs, true);
    if context.now - file.now > MAX_AGE {
        return Err(format!("were made at {made}, more than {} hours ago; make them anew", MAX_AGE.num_hours()));
    }
    if file.now - context.now > MAX_CLOCK_SKEW {
        return Err(format!("were made at {made}, which is still to come; look at the clocks of the jobs"));
    }
    let shard = Shard::parse(&file.shard).map_err(|_no_shard| "are damaged (they name no shard); make them anew")?;
    Ok((shard, file))
}

/// Whether these are all shards of one split, each once.
fn check_complete(shards: &BTreeMap<Shard, &str>) -> Result<(), String> {
    let Some((first, name)) = shards.first_key_value() else { return Err("there are no observations".to_owned()) };
    if let Some((shard, other)) = shards.iter().find(|(shard, _)| shard.count() != first.count()) {
        return Err(format!("{name} is shard {first} and {other} is shard {shard}: they are not of one run"));
    }
    let there: BTreeSet<u32> = shards.keys().map(|shard| shard.index()).collect();
    let missing = (1..=first.count()).filter(|index| !there.contains(index));
    // A wrong number must not make the sentence longer than a page.
    let mut missing: Vec<String> = missing.take(11).map(|index| format!("{index}/{}", first.count())).collect();
    match missing.len() {
        0 => return Ok(()),
        11 => "…".clone_into(&mut missing[10]),
        _ => {}
    }
    let missing = missing.join(", ");
    Err(format!("the observations of these shards are missing: {missing}; see what became of their jobs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_secret_is_left_to_the_job_that_acts() {
        let now = "2026-11-24T06:00:00Z".parse().unwrap();
        let context = ShardContext { gitlab_host: "gitlab.example", is_sandbox: false, now };
        let observed = |url: &str| {
            let reason = if url == "https://a.example/odd" { "a\u{202e}b" } else { "" };
            let assessment = Assessment::new(Verdict::Alive, reason);
            ShardObservation::new(&(url.into(), None), LinkKind::Web, &assessment, None)
        };
        let urls = [
            "https://a.example/",
            "https://ada:pw@a.example/",
            "https://a.example/?token=abc",
            "https://a.example/odd",
        ];
        let text = render(&context, None, &urls.map(observed), None);
        assert!(!text.contains("pw") && !text.contains("abc") && text.contains(r"a\u202eb"), "{text}");
        let merged = MergedShards::merge(&[("a.json".to_owned(), text)], &context).unwrap();
        let found = |url: &str| merged.get(&(url.into(), None), LinkKind::Web).is_some();
        assert_eq!(urls.map(found), [true, false, false, false]);
    }
}
