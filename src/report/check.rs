//! What `check` found: for people by document, and as the JSON contract, version 1.

mod change;
pub mod codequality;
mod hosts_table;
pub mod junit;
mod report_lines;
mod text;
mod unverified_links;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use serde::{Serialize, Serializer};

use super::terminal::DetailLevel;
use super::{Confidential, ReportAudience, VisibleTo};
use crate::pod::finding::Finding;
use crate::pod::json;
use crate::pod::rule::Audience;
use crate::pod::traffic::{GITHUB_API_HOST, HostTraffic};
use crate::pod::verdict::Observation;
pub use change::ChangeReport;
pub use hosts_table::render_hosts;
pub use text::render_text;

/// What a check came to, for readers `A`.
pub struct CheckReport<'a, A> {
    /// How many links there are, repeated ones included.
    pub link_count: usize,
    /// How many different addresses they name.
    pub unique_url_count: usize,
    /// One look for each address.
    pub observations: VisibleTo<'a, A, [Observation]>,
    /// What humans should know, in order.
    pub findings: VisibleTo<'a, A, [Finding]>,
    /// Why nothing can be concluded, if that is so.
    pub inconclusive_reason: Option<&'a str>,
    /// What was named, or stands in a folder that was, and could not be read.
    pub unread: &'a [UnreadDocument],
    /// How many requests were sent.
    pub requests: RequestCounts,
    /// The same without those whose number tells what only a token sees.
    pub public_requests: RequestCounts,
    /// What each host of the web was asked.
    pub host_traffic: Cow<'a, [HostTraffic]>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// How much the text shows.
    pub detail: DetailLevel,
    /// Which shard looked and how many there are, if not one looked at everything.
    pub shard: Option<(u32, u32)>,
    /// The change that was checked, if one was.
    pub change: Option<ChangeReport<'a>>,
}

impl<'a> CheckReport<'a, Confidential> {
    /// The same for other readers.
    pub fn for_audience<B: ReportAudience>(&self) -> CheckReport<'a, B> {
        let Self { link_count, unique_url_count, observations, findings, inconclusive_reason, unread, .. } = *self;
        let Self { public_requests, took_ms, detail, shard, change, .. } = *self;
        let (requests, host_traffic) = if B::may_read(Audience::Team) {
            (self.requests, self.host_traffic.clone())
        } else {
            // It is asked with a token only, and more about what is there than about what is not.
            let open = self.host_traffic.iter().filter(|host| host.host != GITHUB_API_HOST);
            (public_requests, open.cloned().collect())
        };
        let (observations, findings) = (observations.narrow_to(), findings.narrow_to());
        CheckReport {
            link_count,
            unique_url_count,
            observations,
            findings,
            inconclusive_reason,
            unread,
            requests,
            public_requests,
            host_traffic,
            took_ms,
            detail,
            shard,
            change,
        }
    }
}

/// A document that could not be read: what its links are is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadDocument {
    /// Its path, or `-` for standard input.
    pub path: String,
    /// Why, as the rest of a sentence about it.
    pub why: String,
}

impl<A> CheckReport<'_, A> {
    /// Whether the text names all that was not seen, too.
    fn is_verbose(&self) -> bool {
        self.detail == DetailLevel::Verbose
    }
}

/// The JSON contract, as it is written: there may be a hundred thousand observations, so no tree is built of them.
#[derive(Serialize)]
struct CheckJson<'a, A: ReportAudience> {
    version: u8,
    links: usize,
    unique: usize,
    requests: RequestCounts,
    hosts: &'a [HostTraffic],
    took_ms: u64,
    verdicts: BTreeMap<&'static str, usize>,
    #[serde(serialize_with = "write_observations")]
    observations: VisibleTo<'a, A, [Observation]>,
    findings: Vec<&'a Finding>,
    withheld: usize,
    inconclusive: Option<&'a str>,
    unread: &'a [UnreadDocument],
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<change::ChangeJson<'a>>,
}

/// How many requests were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RequestCounts {
    /// Those that read GitLab.
    pub read: u64,
    /// Those that wrote to GitLab.
    pub write: u64,
    /// Those that read the web.
    pub web: u64,
}

/// Writes the JSON contract.
///
/// # Errors
/// Those of the writer: nothing in it can fail to be written, its keys are text and its numbers are whole.
pub fn write_json<A: ReportAudience>(report: &CheckReport<'_, A>, out: &mut dyn Write) -> std::io::Result<()> {
    let contract = CheckJson {
        version: 1,
        links: report.link_count,
        unique: report.unique_url_count,
        requests: report.requests,
        hosts: &report.host_traffic,
        took_ms: report.took_ms,
        verdicts: count_verdicts(report.observations),
        observations: report.observations,
        findings: report.findings.findings().collect(),
        withheld: report.findings.count_withheld(|_finding| true).total(),
        inconclusive: report.inconclusive_reason,
        unread: report.unread,
        shard: report.shard.map(|(index, count)| format!("{index}/{count}")),
        changed: change::to_json(report),
    };
    json::write_pretty(&mut *out, &contract)?;
    writeln!(out)
}

/// Writes each as its readers may know it, one after the other.
fn write_observations<A: ReportAudience, S: Serializer>(
    observations: &VisibleTo<'_, A, [Observation]>,
    out: S,
) -> Result<S::Ok, S::Error> {
    out.collect_seq(observations.observations())
}

/// How many addresses have which verdict, without the verdicts that none has.
fn count_verdicts<A: ReportAudience>(observations: VisibleTo<'_, A, [Observation]>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for seen in observations.observations() {
        *counts.entry(seen.assessment.verdict.as_str()).or_default() += 1;
    }
    counts
}
