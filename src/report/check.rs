//! What `check` found: for people by document, and as the JSON contract, version 1.

mod hosts;
mod lines;
mod text;
mod unseen;

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use crate::pod::finding::Finding;
use crate::pod::traffic::HostTraffic;
use crate::pod::verdict::Observation;
pub use hosts::hosts;
pub use text::text;

/// What the report is a function of.
pub struct Looked<'a> {
    /// How many links there are, repeated ones included.
    pub links: usize,
    /// How many different addresses they name.
    pub unique: usize,
    /// One look for each address.
    pub observations: &'a [Observation],
    /// What humans should know, in order.
    pub findings: &'a [Finding],
    /// Why nothing can be concluded, if that is so.
    pub inconclusive: Option<&'a str>,
    /// What was named, or stands in a folder that was, and could not be read.
    pub unread: &'a [Unread],
    /// Requests that read GitLab, that wrote, and that read the web.
    pub requests: (u64, u64, u64),
    /// What each host of the web was asked.
    pub hosts: &'a [HostTraffic],
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Whether the text names all that was not seen, too.
    pub verbose: bool,
    /// Which shard looked and how many there are, if not one looked at everything.
    pub shard: Option<(u32, u32)>,
}

/// A document that could not be read: what its links are is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Its path, or `-` for standard input.
    pub path: String,
    /// Why, as the rest of a sentence about it.
    pub why: String,
}

/// The JSON contract, as it is written: there may be a hundred thousand observations, so no tree is built of them.
#[derive(Serialize)]
struct Contract<'a> {
    version: u8,
    links: usize,
    unique: usize,
    requests: Requests,
    hosts: &'a [HostTraffic],
    took_ms: u64,
    verdicts: BTreeMap<&'static str, usize>,
    observations: &'a [Observation],
    findings: &'a [Finding],
    inconclusive: Option<&'a str>,
    unread: &'a [Unread],
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
}

#[derive(Serialize)]
struct Requests {
    read: u64,
    write: u64,
    web: u64,
}

/// Writes the JSON contract.
///
/// # Errors
/// Those of the writer: nothing in it can fail to be written, its keys are text and its numbers are whole.
pub fn json(looked: &Looked<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let (read, write, web) = looked.requests;
    let contract = Contract {
        version: 1,
        links: looked.links,
        unique: looked.unique,
        requests: Requests { read, write, web },
        hosts: looked.hosts,
        took_ms: looked.took_ms,
        verdicts: counts(looked.observations),
        observations: looked.observations,
        findings: looked.findings,
        inconclusive: looked.inconclusive,
        unread: looked.unread,
        shard: looked.shard.map(|(index, count)| format!("{index}/{count}")),
    };
    serde_json::to_writer_pretty(&mut *out, &contract)?;
    writeln!(out)
}

/// How many addresses have which verdict, without the verdicts that none has.
fn counts(observations: &[Observation]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for seen in observations {
        *counts.entry(seen.verdict.word()).or_default() += 1;
    }
    counts
}
