//! `JUnit`, as GitLab reads it: it shows the text inside `failure`, `error` and `skipped`, groups by
//! `classname`, and keeps only the first of two cases with one name (`lib/gitlab/ci/parsers/test/junit.rb`).

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{ReportAudience, RunReport, VisibleTo};
use crate::pod::finding::Finding;
use crate::pod::observed::ReadFailure;
use crate::pod::rule::{InJunit, Severity};
use crate::pod::run::PodRun;
use crate::pod::verdict::{Observation, Verdict};

/// The whole report, without any time: the same runs give the same bytes.
pub fn render<A: ReportAudience>(report: &RunReport<'_, A>) -> String {
    let mut suites = Report::new("podkeeper");
    for run in report.runs.runs() {
        suites.add_test_suite(test_suite(run));
    }
    // Writing XML into memory fails for no value that this module makes.
    suites.to_string().unwrap_or_default()
}

fn test_suite<A: ReportAudience>(run: VisibleTo<'_, A, PodRun>) -> TestSuite {
    let mut suite = TestSuite::new(run.pod().to_string());
    let mut seen = std::collections::BTreeSet::new();
    let findings = run.findings().filter(|finding| finding.rule.in_junit() == InJunit::OwnCase);
    let cases = run.observations().map(|seen| link_test_case(&seen)).chain(findings.map(finding_test_case));
    let unread = run.read_failures();
    let withheld = run.withheld_findings().sentence().map(|sentence| withheld_test_case(&sentence));
    for case in cases.chain(unread.iter().map(|failure| read_failure_test_case(failure))).chain(withheld) {
        // Two cases of one name would be one in GitLab.
        if seen.insert((case.classname.clone().map(|name| name.to_string()), case.name.to_string())) {
            suite.add_test_case(case);
        }
    }
    suite
}

pub(super) fn link_test_case(seen: &Observation) -> TestCase {
    let lines: Vec<String> = seen.places.iter().map(|place| place.line.to_string()).collect();
    let better = seen.assessment.suggestion.as_ref().map(|better| format!("\nWrite {better} instead."));
    let words = format!(
        "{}: {}{}\nIt stands in line {}.",
        seen.assessment.verdict.as_str(),
        seen.assessment.reason,
        better.unwrap_or_default(),
        lines.join(", ")
    );
    let status = match seen.assessment.verdict {
        Verdict::Alive | Verdict::Moved => TestCaseStatus::success(),
        Verdict::Dead | Verdict::FragmentDead => non_success_status(NonSuccessKind::Failure, &words),
        Verdict::Unreachable => non_success_status(NonSuccessKind::Error, &words),
        Verdict::FragmentUnverifiable
        | Verdict::Hidden
        | Verdict::Login
        | Verdict::Refused
        | Verdict::Blocked
        | Verdict::Skipped => skipped_status(&words),
    };
    test_case("links", &seen.url.to_string(), seen.places.first().map(|place| &*place.path), status)
}

pub(super) fn finding_test_case(finding: &Finding) -> TestCase {
    let place = finding.place.as_ref();
    let at = place.map(|place| format!("\n{}:{}:{}", place.path, place.line, place.column)).unwrap_or_default();
    let words = format!("{}\n{}{at}", finding.message, finding.advice);
    let status = if finding.severity == Severity::Info {
        skipped_status(&words)
    } else {
        non_success_status(NonSuccessKind::Failure, &words)
    };
    // The count in a fingerprint tells equal findings of one page apart; the line would move.
    let name = format!("{} {} [{}]", finding.rule.code(), finding.subject, finding.fingerprint);
    test_case("page", &name, place.map(|place| &*place.path), status)
}

fn read_failure_test_case(failure: &ReadFailure) -> TestCase {
    error_test_case(&failure.what, &failure.why)
}

/// What could not be read, and why.
pub(super) fn error_test_case(what: &str, why: &str) -> TestCase {
    test_case("unseen", what, None, non_success_status(NonSuccessKind::Error, why))
}

fn withheld_test_case(sentence: &str) -> TestCase {
    test_case("page", "findings left out", None, skipped_status(sentence))
}

fn test_case(class: &str, name: &str, file: Option<&str>, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    if let Some(file) = file {
        case.extra.insert("file".into(), file.into());
    }
    case
}

fn non_success_status(kind: NonSuccessKind, words: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_description(words);
    status
}

fn skipped_status(words: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_description(words);
    status
}
