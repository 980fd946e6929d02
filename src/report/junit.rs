//! `JUnit`, as GitLab reads it: it shows the text inside `failure`, `error` and `skipped`, groups by
//! `classname`, and keeps only the first of two cases with one name (`lib/gitlab/ci/parsers/test/junit.rb`).

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::Told;
use crate::pod::finding::Finding;
use crate::pod::observed::Blind;
use crate::pod::rule::{Audience, Severity};
use crate::pod::run::Run;
use crate::pod::text::Untrusted;
use crate::pod::verdict::{Observation, Verdict};

/// The whole report. Job artifacts are seen by everybody who sees the pipeline, so only public findings
/// stand in it, and no time: the same runs give the same bytes.
pub fn text(told: &Told<'_>) -> String {
    let mut report = Report::new("podkeeper");
    for run in told.runs {
        report.add_test_suite(suite(run));
    }
    // Writing XML into memory fails for no value that this room makes.
    report.to_string().unwrap_or_default()
}

fn suite(run: &Run) -> TestSuite {
    let mut suite = TestSuite::new(run.pod.to_string());
    let mut seen = std::collections::BTreeSet::new();
    let cases =
        run.observations.iter().map(link).chain(run.findings.iter().filter(|finding| shown(finding)).map(finding));
    for case in cases.chain(run.unknown.iter().map(blind)) {
        // Two cases of one name would be one in GitLab.
        if seen.insert((case.classname.clone().map(|name| name.to_string()), case.name.to_string())) {
            suite.add_test_case(case);
        }
    }
    suite
}

/// Findings about single links are told by their links.
fn shown(finding: &Finding) -> bool {
    finding.audience == Audience::Public && !finding.rule.code().starts_with("link-")
        || finding.rule.code() == "link-legacy-form"
}

fn link(seen: &Observation) -> TestCase {
    let lines: Vec<String> = seen.places.iter().map(|place| place.line.to_string()).collect();
    let better = seen.suggestion.as_deref().map(|better| format!("\nWrite {} instead.", Untrusted::new(better).line()));
    let words = format!(
        "{}: {}{}\nIt stands in line {}.",
        seen.verdict.word(),
        Untrusted::new(&*seen.reason).line(),
        better.unwrap_or_default(),
        lines.join(", ")
    );
    let status = match seen.verdict {
        Verdict::Alive | Verdict::Moved => TestCaseStatus::success(),
        Verdict::Dead | Verdict::FragmentDead => non_success(NonSuccessKind::Failure, &words),
        Verdict::Unreachable => non_success(NonSuccessKind::Error, &words),
        Verdict::FragmentUnverifiable
        | Verdict::Hidden
        | Verdict::Login
        | Verdict::Refused
        | Verdict::Blocked
        | Verdict::Skipped => skipped(&words),
    };
    case("links", &Untrusted::new(seen.url.as_str()).line(), seen.places.first().map(|place| &*place.path), status)
}

fn finding(finding: &Finding) -> TestCase {
    let place = finding.place.as_ref();
    let at = place.map(|place| format!("\n{}:{}:{}", place.path, place.line, place.column)).unwrap_or_default();
    let words = format!("{}\n{}{at}", finding.message, finding.advice);
    let status =
        if finding.severity == Severity::Info { skipped(&words) } else { non_success(NonSuccessKind::Failure, &words) };
    // The count in a fingerprint tells equal findings of one page apart; the line would move.
    let name = format!("{} {} [{}]", finding.rule.code(), finding.subject, finding.fingerprint);
    case("page", &name, place.map(|place| &*place.path), status)
}

fn blind(blind: &Blind) -> TestCase {
    case("unseen", &blind.what, None, non_success(NonSuccessKind::Error, &blind.why))
}

fn case(class: &str, name: &str, file: Option<&str>, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    if let Some(file) = file {
        case.extra.insert("file".into(), file.into());
    }
    case
}

fn non_success(kind: NonSuccessKind, words: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_description(words);
    status
}

fn skipped(words: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_description(words);
    status
}
