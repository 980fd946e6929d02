//! `[page]`: where a pod's page is, and how it names its members.

use toml::Spanned;
use url::Url;

use super::pod::PodFileParser;
use super::value;
use super::written::{Source, Written, own_or_default};
use crate::config::{INSTANCE_FILE, raw};
use crate::pod::PageLocation;
use crate::pod::page_form::{MembersForm, PageForm};

impl PodFileParser<'_> {
    /// The place of the page.
    pub(super) fn parse_page(&mut self, raw: &Spanned<raw::Page>) -> Option<PageLocation> {
        let (header, raw, default) = (raw.span(), raw.get_ref(), &self.defaults.page);
        let project = match own_or_default(raw.project.as_ref(), default.project.as_ref()) {
            Some(written) => self.parse_project(written, "[page] project", "handbook"),
            None => self.report_missing(Some(header), "page", "project", "your-group/handbook"),
        };
        let path = raw.path.as_ref().and_then(|path| {
            self.parse_value(
                path,
                "a file's path inside the project",
                "content/pods/secure/_index.md",
                value::parse_path_in_project,
            )
        });
        let git_ref = match own_or_default(raw.git_ref.as_ref(), default.git_ref.as_ref()) {
            Some(written) => self.parse_git_ref(written, "main"),
            None => Some("main".to_owned()),
        };
        let site = match own_or_default(raw.site.as_ref(), default.site.as_ref()) {
            Some(written) => self.parse_site(written).map(Some),
            None => Some(None),
        };
        let form = self.parse_page_form(raw);
        Some(PageLocation { project: project?, path: path?, git_ref: git_ref?, site: site?, form: form? })
    }

    pub(super) fn parse_site(&mut self, written: Written<'_, String>) -> Option<Url> {
        let found = value::parse_trusted_address(written.value(), "https://handbook.example.com");
        let file = match written.source {
            Source::PodFile => self.name,
            Source::Defaults => INSTANCE_FILE,
        };
        let wrong = |why: value::AddressProblem| {
            let help = value::suggest_https(written.value()).unwrap_or(why.help);
            self.problems.push(self.files.address_problem(file, written.spanned(), why.message, help));
        };
        found.map_err(wrong).ok()
    }

    fn parse_page_form(&mut self, raw: &raw::Page) -> Option<PageForm> {
        let default = &self.defaults.page;
        let heading = own_or_default(raw.members_heading.as_ref(), default.members_heading.as_ref());
        let heading = match heading {
            Some(written) => self.parse_members_heading(written).map(Some),
            None => Some(None),
        };
        let form = match own_or_default(raw.members_form.as_ref(), default.members_form.as_ref()) {
            Some(written) => self.parse_members_form(written),
            None => Some(MembersForm::Shortcode),
        };
        let (words, source) = match (&raw.lead_words, &default.lead_words) {
            (Some(own), _) => (Some(own), Source::PodFile),
            (None, default) => (default.as_ref(), Source::Defaults),
        };
        let words = match words {
            Some(words) => self.parse_lead_words(words, source),
            None => PageForm::default().lead_words,
        };
        Some(PageForm { members_heading: heading?, members_form: form?, lead_words: words })
    }

    pub(super) fn parse_members_heading(&mut self, written: Written<'_, String>) -> Option<String> {
        let what = "a heading's text of 1 to 100 characters, without its #";
        self.parse_value(written, what, "Members", |text| {
            value::parse_short_line(text).filter(|text| !text.starts_with('#'))
        })
    }

    pub(super) fn parse_members_form(&mut self, written: Written<'_, String>) -> Option<MembersForm> {
        let words = MembersForm::ALL.map(|(_, word)| word);
        let form = MembersForm::parse(written.value());
        if form.is_none() {
            let message = format!("`{}` is no form in which members are written", written.value());
            let help = match crate::pod::similar_name::find_similar_name(written.value(), words) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("write one of {}", words.join(", ")),
            };
            self.add_problem_at(written.source, written.span(), message, &help);
        }
        form
    }

    /// The words, in small letters; those that are none have been reported.
    pub(super) fn parse_lead_words(&mut self, words: &[Spanned<String>], source: Source) -> Vec<String> {
        let parse = |text: &str| value::parse_short_line(text).map(|word| word.to_lowercase());
        let words = words.iter().map(|word| Written::new(word, source));
        words.filter_map(|word| self.parse_value(word, "a word of a role", "lead", parse)).collect()
    }
}
