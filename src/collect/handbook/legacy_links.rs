//! GitLab links of the form from before `/-/`.

use linkcheck::markdown::links::FoundLink;
use linkcheck::target;
use linkcheck::text::one_line;

use super::{GITLAB_HOST, ParsedPage};
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;

/// Finds the links that have a better form.
pub(super) fn check(page: &ParsedPage<'_>, links: &[FoundLink], findings: &mut Vec<Finding>) {
    let found = links.iter().filter_map(|link| Some((link, modern_form(&link.url)?)));
    findings.extend(found.map(|(link, modern)| legacy_link_finding(page, link, &modern)));
}

fn modern_form(url: &str) -> Option<String> {
    target::modernize_url(url, GITLAB_HOST).filter(|_| target::link_kind(url, GITLAB_HOST).is_gitlab())
}

fn legacy_link_finding(page: &ParsedPage<'_>, link: &FoundLink, modern: &str) -> Finding {
    let (url, modern) = (one_line(link.url.as_str()), one_line(modern));
    let message = format!("{url} has the form from before \"/-/\".");
    let finding = Finding::new(Rule::LinkLegacyForm, url, message).with_advice(format!("Write {modern} instead."));
    finding.with_place(page.place_at(link.range.start))
}
