//! What was found, in GitLab's form of Code Quality: it shows each finding beside its line in a merge request.
//!
//! An array of objects with `description`, `check_name`, `fingerprint`, `severity` and `location`, whose paths count
//! from the root of the repository (GitLab docs, "Code Quality", "Implement a custom tool";
//! `lib/gitlab/ci/reports/codequality_reports.rb`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::CheckReport;
use crate::pod::finding::{Finding, Place, short_hash};
use crate::pod::json as visible_json;
use crate::pod::rule::{Severity, SubjectKind};
use crate::report::ReportAudience;

/// The whole file; `repository_paths` has the paths of documents, by how they were named.
pub fn render<A: ReportAudience>(report: &CheckReport<'_, A>, repository_paths: &BTreeMap<String, String>) -> String {
    let places = links_by_first_place(report);
    let findings = report.findings.findings().flat_map(|finding| entries(finding, &places, repository_paths));
    visible_json::to_pretty_text(&Value::Array(findings.collect())) + "\n"
}

/// All places of links, by the first, at which they are reported.
type LinkPlaces = BTreeMap<Place, Vec<Place>>;

fn links_by_first_place<A: ReportAudience>(report: &CheckReport<'_, A>) -> LinkPlaces {
    let places = report.observations.places().filter_map(|places| {
        let all: Vec<Place> = places.iter().map(Place::from).collect();
        Some((all.first()?.clone(), all))
    });
    places.collect()
}

/// One entry for each place: GitLab knows one line of each.
fn entries(finding: &Finding, links: &LinkPlaces, repository_paths: &BTreeMap<String, String>) -> Vec<Value> {
    let Some(first) = &finding.place else { return Vec::new() };
    let of_a_link = finding.rule.subject_kind() == SubjectKind::Link;
    let alone = std::slice::from_ref(first);
    let places = links.get(first).filter(|_| of_a_link).map_or(alone, Vec::as_slice);
    let mut count_of_path: BTreeMap<&str, usize> = BTreeMap::new();
    let entry = |place: &Place, count: usize| {
        let path = repository_paths.get(&place.path).unwrap_or(&place.path);
        // The line is no part of it, so that a finding stays the same while lines move.
        let fingerprint = if of_a_link {
            short_hash(&format!("{}\n{}\n{path}\n{count}", finding.rule.code(), finding.subject))
        } else {
            finding.fingerprint.clone()
        };
        json!({
            "description": format!("{} {}", finding.message, finding.advice),
            "check_name": finding.rule.code(),
            "fingerprint": fingerprint,
            "severity": severity_word(finding.severity),
            "location": { "path": path, "lines": { "begin": place.line } },
        })
    };
    places
        .iter()
        .map(|place| {
            let count = count_of_path.entry(place.path.as_str()).or_default();
            *count += 1;
            entry(place, *count)
        })
        .collect()
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Minor => "minor",
        Severity::Major => "major",
        Severity::Critical => "critical",
    }
}
