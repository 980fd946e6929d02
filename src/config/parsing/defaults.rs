//! `[defaults]`: its values are tried by themselves, so that one which no pod uses is right, too.

use super::pairing::is_project_template;
use super::pod::PodFileParser;
use super::written::{Source, Written};

impl PodFileParser<'_> {
    /// Reports what is wrong with the values of `[defaults]`.
    pub(super) fn check_defaults(&mut self) {
        let defaults = self.defaults;
        let (page, agents, session) = (&defaults.page, &defaults.agents, &defaults.session);
        for (project, key, good) in [
            (&page.project, "[page] project", "handbook"),
            (&defaults.pairing.project, "[pairing] project", "support-pairing"),
            (&agents.project, "[agents] project", "support-team"),
            (&defaults.reports.project, "[reports] project", "support-team-meta"),
        ] {
            project.as_ref().map(|project| self.parse_project(Written::in_defaults(project), key, good));
        }
        for (git_ref, good) in [(&page.git_ref, "main"), (&agents.git_ref, "master")] {
            git_ref.as_ref().map(|git_ref| self.parse_git_ref(Written::in_defaults(git_ref), good));
        }
        page.site.as_ref().map(|site| self.parse_site(Written::in_defaults(site)));
        page.members_heading.as_ref().map(|heading| self.parse_members_heading(Written::in_defaults(heading)));
        page.members_form.as_ref().map(|form| self.parse_members_form(Written::in_defaults(form)));
        self.parse_lead_words(page.lead_words.as_deref().unwrap_or_default(), Source::Defaults);
        let template = defaults.pairing.template.as_ref().map(Written::in_defaults);
        template.filter(|name| !is_project_template(*name)).map(|name| self.parse_named_template(name));
        self.parse_pairing_options(None);
        defaults.label.color.as_ref().map(|color| self.parse_color(Written::in_defaults(color)));
        agents.path.as_ref().map(|path| self.parse_agents_path(Written::in_defaults(path)));
        session.zone.as_ref().map(|zone| self.parse_zone(Written::in_defaults(zone)));
        for (length, good) in [(&session.duration, "1h"), (&session.open_ahead, "7d")] {
            length.as_ref().map(|length| self.parse_duration(Written::in_defaults(length), good));
        }
        for group in defaults.documents.label_groups.iter().flatten() {
            self.parse_label_group(Written::in_defaults(group));
        }
    }
}
