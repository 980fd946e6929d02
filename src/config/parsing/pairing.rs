//! How a pod wants its pairing issues: `[pairing]` beside project and template, and `[[away]]`.

use std::ops::Range;

use toml::Spanned;

use super::pod::PodFileParser;
use super::value;
use super::written::{Source, Written, own_or_default};
use crate::config::raw::{self, Hosts};
use crate::pod::pairing_options::{Absence, HostRotation, PairingOptions};
use crate::pod::roster::Handle;
use crate::pod::similar_name::find_similar_name;

/// A template with this path is the pairing project's own.
const PROJECT_TEMPLATES: &str = ".gitlab/";
const HOSTS_WORDS: [&str; 3] = ["everyone", "leads", "nobody"];

impl PodFileParser<'_> {
    /// What `[pairing]` says beside the project; the default for each key that a pod's file leaves out.
    pub(super) fn parse_pairing_options(&mut self, own: Option<&raw::Pairing>) -> Option<PairingOptions> {
        let default = &self.defaults.pairing;
        let hosts = match own_or_default(own.and_then(|own| own.hosts.as_ref()), default.hosts.as_ref()) {
            Some(written) => self.parse_hosts(written),
            None => Some(HostRotation::Everyone),
        };
        let (zones, source) = match own.and_then(|own| own.zones.as_ref()) {
            Some(zones) => (zones.as_slice(), Source::PodFile),
            None => (default.zones.as_deref().unwrap_or_default(), Source::Defaults),
        };
        let zones = zones.iter().filter_map(|zone| self.parse_zone(Written::new(zone, source))).collect();
        let milestone = match own_or_default(own.and_then(|own| own.milestone.as_ref()), default.milestone.as_ref()) {
            Some(written) => Some(self.parse_milestone(written)?),
            None => None,
        };
        let template = own_or_default(own.and_then(|own| own.template.as_ref()), default.template.as_ref());
        let issue_template = match template.filter(|written| is_project_template(*written)) {
            Some(written) => Some(self.parse_issue_template(written)?),
            None => None,
        };
        let confidential = own.and_then(|own| own.confidential).or(default.confidential).unwrap_or(false);
        Some(PairingOptions { hosts: hosts?, zones, milestone, confidential, issue_template })
    }

    pub(super) fn parse_hosts(&mut self, written: Written<'_, Hosts>) -> Option<HostRotation> {
        match written.value() {
            Hosts::Word(word) => {
                let known = match word.as_str() {
                    "everyone" => Some(HostRotation::Everyone),
                    "leads" => Some(HostRotation::Leads),
                    "nobody" => Some(HostRotation::Nobody),
                    _ => None,
                };
                if known.is_none() {
                    let near = find_similar_name(&word.to_lowercase(), HOSTS_WORDS);
                    let help = match near {
                        Some(near) => format!("did you mean {near}?"),
                        None => {
                            format!("write {}, or a list of handles, as [\"ada\", \"sorin\"]", HOSTS_WORDS.join(", "))
                        }
                    };
                    self.add_problem_at(written.source, written.span(), format!("`{word}` is no hosts"), &help);
                }
                known
            }
            Hosts::Handles(handles) => {
                let handles = handles.iter();
                let handles: Vec<Option<String>> =
                    handles.map(|handle| self.parse_handle(Written::new(handle, written.source))).collect();
                handles.into_iter().collect::<Option<Vec<String>>>().map(HostRotation::Handles)
            }
        }
    }

    /// A handle, with or without the `@` that people write before it.
    fn parse_handle(&mut self, written: Written<'_, String>) -> Option<String> {
        self.parse_value(written, "a GitLab handle", "ada", |text| {
            Handle::parse(text.strip_prefix('@').unwrap_or(text)).map(|handle| handle.as_str().to_owned())
        })
    }

    pub(super) fn parse_milestone(&mut self, written: Written<'_, String>) -> Option<String> {
        self.parse_value(
            written,
            "a milestone's title, 1 to 100 characters on one line",
            "Q4 pairing",
            value::parse_short_line,
        )
    }

    fn parse_issue_template(&mut self, written: Written<'_, String>) -> Option<String> {
        self.parse_value(
            written,
            "a path inside the pairing project",
            ".gitlab/issue_templates/Pairing.md",
            value::parse_path_in_project,
        )
    }

    /// When a member is away; an absence that ends before it begins is left out.
    pub(super) fn parse_absence(&mut self, written: &Spanned<raw::Away>) -> Option<Absence> {
        let raw = written.get_ref();
        let handle = raw.handle.as_ref().and_then(|handle| self.parse_handle(Written::from(handle)));
        let mut day = |day: Option<&Spanned<String>>, good: &str| {
            day.and_then(|day| self.parse_value(day, "a date", good, raw::parse_date))
        };
        let (from, until) = (day(raw.from.as_ref(), "2026-12-21"), day(raw.until.as_ref(), "2027-01-03"));
        let absence = Absence { handle: handle?, from: from?, until: until? };
        if absence.from > absence.until {
            let span: Range<usize> = raw.from.as_ref().map_or_else(|| written.span(), Spanned::span);
            let Absence { handle, from, until } = &absence;
            let message = format!("[[away]] of `{handle}` ends on {until}, before it begins on {from}");
            self.leave_out_setting(&span, message, &format!("Write from = \"{until}\" and until = \"{from}\"."));
            return None;
        }
        Some(absence)
    }
}

/// Whether a template is one of the pairing project, not of the configuration folder.
pub(super) fn is_project_template(written: Written<'_, String>) -> bool {
    written.value().starts_with(PROJECT_TEMPLATES)
}
