//! The text of the page report. Its first lines tell in ten seconds what is wrong, where, and what to do next; then comes
//! what needs a person, worst first; then, folded, what needs nobody.
//!
//! Same findings, same bytes: lines are linked at the commit that last changed the file, so that nobody else's commit
//! changes a byte.

mod moves;
mod not_judged;
mod row;

use super::carry_over::LinkPolicy;
use super::pairing_issue_body::page_url;
use super::words::{count_of, join_words};
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::pod_page::PodPage;
use crate::pod::rule::Rule;
use crate::pod::text::{Untrusted, markdown_link_target};
use crate::pod::verdict::Observation;
pub(super) use not_judged::is_not_judged_line;

/// So many rows are shown; GitLab's longest description is 1,048,576 characters, and nobody reads so many.
const MOST_ROWS: usize = 400;

/// Everything that the report's text is made of.
pub(super) struct PageReport<'a> {
    pub(super) pod: &'a Pod,
    pub(super) page: &'a PodPage,
    /// The links of the page, as its readers may know them.
    pub(super) observations: &'a [Observation],
    /// What is listed, in the order of the page.
    pub(super) listed: &'a [Finding],
    /// How many findings are for the pod alone.
    pub(super) for_team: usize,
    /// The project that the report stands in.
    pub(super) project: &'a str,
}

/// What a row is about; worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Dead,
    FragmentDead,
    Unreachable,
    Label,
    Text,
    /// It needs nobody.
    Information,
}

impl Group {
    const FOR_PEOPLE: [Self; 5] = [Self::Dead, Self::FragmentDead, Self::Unreachable, Self::Label, Self::Text];

    fn of(rule: Rule) -> Self {
        match rule {
            _ if rule.target_still_works() => Self::Information,
            Rule::LinkDead | Rule::LinksCommonCause => Self::Dead,
            Rule::LinkFragmentDead => Self::FragmentDead,
            Rule::LinkUnreachable => Self::Unreachable,
            Rule::LabelMissing | Rule::LabelRetired | Rule::LabelArchived | Rule::LabelEmpty => Self::Label,
            _ => Self::Text,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Dead => "Dead",
            Self::FragmentDead => "The page is there, the anchor is gone",
            Self::Unreachable => "No answer for a while",
            Self::Label => "Labels",
            Self::Text => "The page's own text",
            Self::Information => "For information",
        }
    }

    /// `6 links are dead`.
    fn count_text(self, count: usize) -> String {
        let be = if count == 1 { "is" } else { "are" };
        match self {
            Self::Dead => format!("{} {be} dead", count_of(count, "link")),
            Self::FragmentDead => format!("{} {be} gone", count_of(count, "anchor")),
            Self::Unreachable => {
                format!("{} {} not answer", count_of(count, "link"), if count == 1 { "does" } else { "do" })
            }
            Self::Label => format!("{} {} a look", count_of(count, "label"), if count == 1 { "needs" } else { "need" }),
            Self::Text => format!("{} {be} written wrong", count_of(count, "line")),
            Self::Information => format!("{} to know", count_of(count, "thing")),
        }
    }
}

impl PageReport<'_> {
    /// The text, without signature and marker.
    pub(super) fn build_text(&self) -> String {
        let needs_person = self.listed.iter().filter(|finding| Group::of(finding.rule) != Group::Information).count();
        if needs_person == 0 {
            return "There is nothing to decide any more.".to_owned();
        }
        let mut paragraphs = vec![self.first_line(), self.next_step(needs_person)];
        let mut rows_left = MOST_ROWS;
        for group in Group::FOR_PEOPLE {
            let rows: Vec<&Finding> = self.of_group(group).collect();
            if rows.is_empty() {
                continue;
            }
            let shown: Vec<String> = rows.iter().take(rows_left).map(|finding| row::render(self, finding)).collect();
            rows_left -= shown.len();
            if !shown.is_empty() {
                paragraphs.push(format!("### {}\n{}", group.heading(), shown.join("\n")));
            }
        }
        if needs_person > MOST_ROWS {
            let more = needs_person - MOST_ROWS;
            paragraphs
                .push(format!("… and {more} more; the report of the run, among its job's artifacts, has them all."));
        }
        paragraphs.extend(moves::render_folded(self));
        paragraphs.extend(not_judged::render_line(self));
        if self.for_team > 0 {
            paragraphs.push(format!("**For the pod alone: {}.** `podkeeper plan` tells them.", self.for_team));
        }
        paragraphs.join("\n\n")
    }

    fn of_group(&self, group: Group) -> impl Iterator<Item = &Finding> {
        self.listed.iter().filter(move |finding| Group::of(finding.rule) == group)
    }

    /// `**6 links are dead and 2 anchors are gone** on the [Secure Pod page](…). 23 more have moved …`
    fn first_line(&self) -> String {
        let counts: Vec<String> = Group::FOR_PEOPLE
            .into_iter()
            .map(|group| (group, self.of_group(group).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(group, count)| group.count_text(count))
            .collect();
        let name = Untrusted::new(format!("{} page", self.pod.name)).to_markdown();
        let page = page_url(self.pod).map_or(name.clone(), |url| format!("[{name}]({url})"));
        let moved = self.listed.iter().filter(|finding| finding.rule == Rule::LinkMoved).count();
        let moved = match moved {
            0 => String::new(),
            1 => " 1 more has moved and still leads there.".to_owned(),
            many => format!(" {many} more have moved and still lead there."),
        };
        format!("**{}** on the {page}.{moved}", join_words(&counts))
    }

    fn next_step(&self, count: usize) -> String {
        let these = if count == 1 { "this one".to_owned() } else { format!("these {count}") };
        let at = &self.pod.page;
        let edit = self.source_url(&format!("edit/{}/{}", at.git_ref, at.path));
        let edit = edit.map_or_else(|| "Edit the page".to_owned(), |url| format!("[Edit the page]({url})"));
        format!(
            "**Next:** decide {these}. {edit}, and a mended row leaves by itself. To keep a link as it is, name it under \
             `[[exception]]` in the pod's file."
        )
    }

    /// An address in the page's project, behind its `/-/`.
    fn source_url(&self, rest: &str) -> Option<String> {
        let url = self.pod.gitlab_url.join(&format!("{}/-/{rest}", self.pod.page.project)).ok()?;
        markdown_link_target(url.as_str())
    }

    /// `Line 62`, linked to the file as it was read.
    fn line_link(&self, line: usize) -> String {
        let at = &self.pod.page;
        let version = self.page.last_commit.as_deref().unwrap_or(&at.git_ref);
        match self.source_url(&format!("blob/{version}/{}?plain=1#L{line}", at.path)) {
            Some(url) => format!("[Line {line}]({url})"),
            None => format!("Line {line}"),
        }
    }

    /// A link of the page that can be followed, and with which GitLab notes nothing down elsewhere.
    fn target_link(&self, text: &str, target: &str) -> String {
        let site = self.pod.page.site.as_ref();
        let absolute = if target.starts_with('/') { site.and_then(|site| site.join(target).ok()) } else { None };
        let address = markdown_link_target(absolute.as_ref().map_or(target, url::Url::as_str));
        let policy = LinkPolicy { gitlab: &self.pod.gitlab_url, own_project: self.project };
        match address {
            Some(address) => policy.link(text, &address),
            None if text.is_empty() || text == target => Untrusted::new(target).to_code_span(),
            None => format!("{} {}", Untrusted::new(text).to_markdown(), Untrusted::new(target).to_code_span()),
        }
    }
}

#[cfg(test)]
mod tests;
