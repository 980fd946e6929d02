//! What `check` found: for people by document, and as the JSON contract, version 1.

mod hosts;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use serde::Serialize;

use crate::pod::finding::Finding;
use crate::pod::text::Untrusted;
use crate::pod::traffic::HostTraffic;
use crate::pod::verdict::Observation;
pub use hosts::hosts;

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
    /// Requests that read GitLab, that wrote, and that read the web.
    pub requests: (u64, u64, u64),
    /// What each host of the web was asked.
    pub hosts: &'a [HostTraffic],
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Which shard looked and how many there are, if not one looked at everything.
    pub shard: Option<(u32, u32)>,
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
        shard: looked.shard.map(|(index, count)| format!("{index}/{count}")),
    };
    serde_json::to_writer_pretty(&mut *out, &contract)?;
    writeln!(out)
}

/// The text: what needs a look by document and line, then one line of counts.
pub fn text(looked: &Looked<'_>) -> String {
    let mut by_path: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in looked.findings {
        let path = finding.place.as_ref().map_or("", |place| place.path.as_str());
        by_path.entry(path).or_default().push(finding);
    }
    let mut out = String::new();
    for (path, mut findings) in by_path {
        findings.sort_by(|a, b| a.place.cmp(&b.place));
        if !path.is_empty() {
            writeln!(out, "{}", Untrusted::new(path).line()).unwrap_or_default();
        }
        for finding in findings {
            let at = finding.place.as_ref().map(|at| format!("{}:{} ", at.line, at.column)).unwrap_or_default();
            writeln!(out, "  ! {at}{}: {}", finding.rule.code(), finding.message).unwrap_or_default();
            writeln!(out, "      {}", finding.advice).unwrap_or_default();
        }
    }
    if let Some(why) = looked.inconclusive {
        writeln!(out, "Inconclusive: {why}.").unwrap_or_default();
    }
    let counts: Vec<String> = counts(looked.observations).iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
    let said = if counts.is_empty() { "none looked at".to_owned() } else { counts.join(", ") };
    writeln!(out, "{} links, {} different: {said}", looked.links, looked.unique).unwrap_or_default();
    if let Some((index, count)) = looked.shard {
        let line = format!(
            "Shard {index} of {count}: these are its own links; labels and the rest of the pages are not its business."
        );
        writeln!(out, "{line}").unwrap_or_default();
    }
    out
}

/// How many addresses have which verdict, without the verdicts that none has.
fn counts(observations: &[Observation]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for seen in observations {
        *counts.entry(seen.verdict.word()).or_default() += 1;
    }
    counts
}
