//! How a page names its members: every form is tried below every heading.

use linkcheck::markdown::{Extract, ParsedMarkdown};

use crate::collect::handbook::parse_pod_page_in_form;
use crate::pod::page_form::{MembersForm, PageForm};
use crate::pod::pod_page::PodPage;
use crate::pod::rule::Rule;
use crate::pod::secrets::contains_secret;

/// The most headings that are tried.
const MOST_HEADINGS: usize = 100;

/// So much text is read in all: a page of usual length is tried in every way.
const MOST_BYTES_READ: usize = 16 * 1024 * 1024;

/// How many members were understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct MembersFound {
    /// All of them.
    pub all: usize,
    /// Those with a handle.
    pub with_handle: usize,
    /// Those who lead.
    pub leads: usize,
    /// Lines that look like a member's and are not understood.
    pub unclear: usize,
}

impl MembersFound {
    /// Those of a page.
    pub(super) fn count(page: &PodPage) -> Self {
        let with_handle = page.members.iter().filter(|member| member.handle.is_some()).count();
        let unclear = page.findings.iter().filter(|finding| finding.rule == Rule::MemberLineUnclear).count();
        Self { all: page.members.len(), with_handle, leads: page.leads().count(), unclear }
    }

    /// How well they were understood: most people first, but a line that is half understood speaks for another form.
    fn score(self) -> (usize, usize) {
        (self.with_handle, usize::MAX - (self.all - self.with_handle) - self.unclear)
    }
}

/// The form that understands most of a page's members, and the page as it is read so.
///
/// The usual heading comes first: where it is there and somebody stands below it, no other is tried. So does the usual
/// form: another one has to understand more.
pub(super) fn find_form(text: &str, path: &str) -> (PageForm, PodPage) {
    let usual = best_below(text, path, None);
    if MembersFound::count(&usual.1).all > 0 {
        return usual;
    }
    let parsed = ParsedMarkdown::parse(text, Extract::Texts);
    let mut headings: Vec<(bool, &str)> = Vec::new();
    for heading in parsed.outline.headings.iter().filter(|heading| heading.is_top_level) {
        // What stands below a title is the whole page.
        let heading = (heading.level == 1, heading.text.trim());
        if !heading.1.is_empty() && !headings.contains(&heading) && !contains_secret(heading.1) {
            headings.push(heading);
        }
    }
    headings.sort_by_key(|(is_title, _)| *is_title);
    let affordable = MOST_BYTES_READ / (text.len().max(1) * MembersForm::ALL.len());
    headings.truncate(affordable.min(MOST_HEADINGS));
    let mut best = usual;
    for is_title in [false, true] {
        for (_, heading) in headings.iter().filter(|(title, _)| *title == is_title) {
            let tried = best_below(text, path, Some(heading));
            if MembersFound::count(&tried.1).score() > MembersFound::count(&best.1).score() {
                best = tried;
            }
        }
        if MembersFound::count(&best.1).with_handle > 0 {
            break;
        }
    }
    best
}

/// The form that understands most below one heading.
fn best_below(text: &str, path: &str, heading: Option<&str>) -> (PageForm, PodPage) {
    let read = |members_form| {
        let form = PageForm { members_heading: heading.map(str::to_owned), members_form, ..PageForm::default() };
        let page = parse_pod_page_in_form(text, path, &form);
        (form, page)
    };
    let mut best = read(MembersForm::Shortcode);
    for (members_form, _) in MembersForm::ALL.into_iter().skip(1) {
        let tried = read(members_form);
        let (found, so_far) = (MembersFound::count(&tried.1), MembersFound::count(&best.1));
        // A form that passes over people has not understood them.
        if found.score() > so_far.score() && found.all >= so_far.all {
            best = tried;
        }
    }
    best
}
