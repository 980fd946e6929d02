//! What several jobs saw of links, each in a file of its own, put together for the one that acts.
//!
//! A file says who made it: for which GitLab, when, and which shard it is. What does not fit together whole is
//! refused, because half a look would call links new or gone that are neither.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::asked::Key;
use super::shard::Shard;
use super::verdict::Judged;
use super::web::portal::Face;
use crate::pod::document::LinkKind;
use crate::pod::observed::{Blind, Cause};
use crate::pod::text::Untrusted;
use crate::pod::verdict::{Deprecated, Hop, Verdict};

/// The form of the file. Another one is not read.
const VERSION: u32 = 1;
/// What was seen longer ago is looked at again.
const STALE: TimeDelta = TimeDelta::hours(24);
/// Clocks may differ by so much (as for GitLab's own).
const SKEW: TimeDelta = TimeDelta::minutes(10);

/// What a look at one asked address came to, wherever the address stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenLink {
    /// As it is written.
    url: String,
    /// Where it resolves on the document's site, where that decides.
    resolved: Option<String>,
    kind: LinkKind,
    verdict: Verdict,
    reason: String,
    status: Option<u16>,
    redirects: Vec<Hop>,
    suggestion: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deprecated: Option<Box<Deprecated>>,
    /// How the page looked, where a shard cannot tell whether it is the network's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    face: Option<Face>,
}

/// Where and when one looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand<'a> {
    /// The host of the GitLab whose API was asked.
    pub gitlab: &'a str,
    /// Whether that is a box.
    pub boxed: bool,
    /// The moment that counts as now.
    pub now: DateTime<Utc>,
}

/// The file of one job.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    gitlab: String,
    boxed: bool,
    shard: String,
    now: DateTime<Utc>,
    /// Why GitLab's API could not be asked, if so.
    blind: Option<NotSeen>,
    links: Vec<SeenLink>,
}

/// A [`Blind`], with the cause that reports leave out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotSeen {
    what: String,
    why: String,
    cause: Cause,
}

/// The part of a file that is the same in every version.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// What all jobs saw together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    links: BTreeMap<Key, SeenLink>,
    /// Why GitLab's API could not be asked, if so.
    pub(super) blind: Option<Blind>,
}

/// The text of the file of one job.
pub fn written(stand: &Stand<'_>, shard: Option<Shard>, links: &[SeenLink], blind: Option<&Blind>) -> String {
    let file = File {
        version: VERSION,
        gitlab: stand.gitlab.to_owned(),
        boxed: stand.boxed,
        shard: shard.unwrap_or(Shard::WHOLE).to_string(),
        now: stand.now,
        blind: blind.map(|blind| NotSeen { what: blind.what.clone(), why: blind.why.clone(), cause: blind.cause }),
        links: links.to_vec(),
    };
    // Nothing in it can fail to be JSON.
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

impl Seen {
    /// Puts the files of all jobs together, each with its name.
    ///
    /// # Errors
    /// A sentence, where they are not the whole of one look at this GitLab within the last day.
    pub fn together(files: &[(String, String)], stand: &Stand<'_>) -> Result<Self, String> {
        let mut seen = Self::default();
        let mut shards: BTreeMap<Shard, &str> = BTreeMap::new();
        for (name, text) in files {
            let (shard, file) = read(text, stand).map_err(|why| format!("the observations in {name} {why}"))?;
            if let Some(other) = shards.insert(shard, name) {
                return Err(format!("the shard {shard} is there twice, in {other} and in {name}; leave one out"));
            }
            seen.blind =
                seen.blind.take().or(file.blind.map(|it| Blind { what: it.what, why: it.why, cause: it.cause }));
            for link in file.links {
                let address = Untrusted::new(link.url.as_str()).line();
                let key = (link.url.clone(), link.resolved.clone());
                if seen.links.insert(key, link.clone()).is_some_and(|other| other != link) {
                    return Err(format!(
                        "{name} and another file disagree about {address}; let the jobs that look at links run again"
                    ));
                }
            }
        }
        whole(&shards)?;
        Ok(seen)
    }

    /// How many addresses were seen.
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// What was seen of an address that is read alike here and there, and how its page looked.
    pub(super) fn of(&self, key: &Key, kind: LinkKind) -> Option<(Judged, Option<Face>)> {
        let link = self.links.get(key).filter(|link| link.kind == kind)?.clone();
        let SeenLink { verdict, reason, status, redirects, suggestion, deprecated, face, .. } = link;
        Some((Judged { verdict, reason: reason.into(), status, redirects, suggestion, deprecated }, face))
    }
}

impl SeenLink {
    pub(super) fn new(key: &Key, kind: LinkKind, judged: &Judged, face: Option<Face>) -> Self {
        let (url, resolved) = key.clone();
        let Judged { verdict, reason, status, redirects, suggestion, deprecated } = judged.clone();
        let reason = reason.into_owned();
        Self { url, resolved, kind, verdict, reason, status, redirects, suggestion, deprecated, face }
    }
}

/// Reads one file; an error is the end of a sentence that begins with it.
fn read(text: &str, stand: &Stand<'_>) -> Result<(Shard, File), String> {
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
    let world = |gitlab: &str, boxed| {
        let gitlab = Untrusted::new(gitlab).line();
        if boxed { format!("a box that plays {gitlab}") } else { gitlab }
    };
    let (theirs, ours) = (world(&file.gitlab, file.boxed), world(stand.gitlab, stand.boxed));
    if theirs != ours {
        return Err(format!("are of {theirs}, and this run is about {ours}"));
    }
    let made = file.now.to_rfc3339_opts(SecondsFormat::Secs, true);
    if stand.now - file.now > STALE {
        return Err(format!("were made at {made}, more than {} hours ago; make them anew", STALE.num_hours()));
    }
    if file.now - stand.now > SKEW {
        return Err(format!("were made at {made}, which is still to come; look at the clocks of the jobs"));
    }
    let shard = Shard::parse(&file.shard).map_err(|_no_shard| "are damaged (they name no shard); make them anew")?;
    Ok((shard, file))
}

/// Whether these are all shards of one split, each once.
fn whole(shards: &BTreeMap<Shard, &str>) -> Result<(), String> {
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
