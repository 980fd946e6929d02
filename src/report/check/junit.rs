//! What was found, as `JUnit`: a case for each link, finding and document that could not be read.

use std::collections::BTreeSet;

use quick_junit::{Report, TestSuite};

use super::{CheckReport, UnreadDocument};
use crate::pod::rule::InJunit;
use crate::report::ReportAudience;
use crate::report::junit::{error_test_case, finding_test_case, link_test_case};

/// The whole report, without any time: the same documents in the same world give the same bytes.
pub fn render<A: ReportAudience>(report: &CheckReport<'_, A>) -> String {
    let mut suite = TestSuite::new("check");
    let links = report.observations.observations().map(|seen| link_test_case(&seen));
    let findings = report.findings.findings().filter(|finding| finding.rule.in_junit() == InJunit::OwnCase);
    let unread = report.unread.iter().map(|UnreadDocument { path, why }| error_test_case(path, why));
    let inconclusive = report.inconclusive_reason.map(|why| error_test_case("the web", why));
    let mut names = BTreeSet::new();
    for mut case in links.chain(findings.map(finding_test_case)).chain(unread).chain(inconclusive) {
        // GitLab keeps the first of two cases with one name; one address may lead to several places.
        let name = case.name.to_string();
        let class = case.classname.as_deref().map(str::to_owned).unwrap_or_default();
        let numbered = (2..).map(|count| format!("{name} ({count})"));
        let own =
            std::iter::once(name.clone()).chain(numbered).find(|name| names.insert((class.clone(), name.clone())));
        case.name = own.unwrap_or(name).into();
        suite.add_test_case(case);
    }
    let mut whole = Report::new("podkeeper");
    whole.add_test_suite(suite);
    // Writing XML into memory fails for no value that this module makes.
    whole.to_string().unwrap_or_default()
}
