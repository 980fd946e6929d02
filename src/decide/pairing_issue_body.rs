//! What a pairing issue says: its first body and the block that podkeeper keeps.
//!
//! A body is a function of the pod, the session, the page and the issues before it: same input, same bytes, and never a
//! time of writing.

mod history;
mod people;
mod project_template;
mod start_time;

use super::carry_over::{self, CarriedTasks};
use super::label_proposals::{Proposals, proposal_line};
use super::session_hosts::{Promise, SessionHosts, assign_hosts};
use super::{OwnIssue, PairingContext};
use crate::pod::Pod;
use crate::pod::finding::short_hash;
use crate::pod::marker::{self, BlockState, ManagedBlock, Marker};
use crate::pod::pod_page::{PodPage, SlackChannel};
use crate::pod::schedule::Slot;
use crate::pod::session::Session;
use crate::pod::template::{Template, TemplateVariables};
use crate::pod::text::markdown_link_target;
use history::History;

/// What the words of the small print are.
const SMALL_PRINT: &str = "kept up to date until we start; everything below is yours. Not this week? Close the issue.";

/// Everything that a session's issue is made of.
pub(super) struct SessionFacts<'a> {
    pod: &'a Pod,
    slot: &'a Slot,
    session: &'a Session,
    page: &'a PodPage,
    pub(super) hosts: SessionHosts<'a>,
    history: History,
    tasks: CarriedTasks,
    proposals: Proposals,
}

/// The template of a first body.
pub(super) enum BodyTemplate<'a> {
    /// The configuration's, or the one that podkeeper brings along.
    Configured(&'a Template),
    /// A file of the pairing project, by its path and its text.
    OfProject(&'a str, &'a str),
}

impl<'a> SessionFacts<'a> {
    /// Gathers them; `own` is the session's issue where it is there.
    pub(super) fn new(
        context: &PairingContext<'a>,
        slot: &'a Slot,
        session: &'a Session,
        page: &'a PodPage,
        own: Option<&OwnIssue<'_>>,
    ) -> Self {
        let promise = Promise::read(session, own, &context.session_issues.own_issues);
        let accounts = context.seen.pairing_project.further.member_accounts.as_ref();
        let seen = accounts.and_then(|accounts| accounts.present()).map(Vec::as_slice);
        let mut hosts = assign_hosts(context.pod, slot, session, page, promise, seen);
        // A new issue promises nothing where nobody could see who has an account; the next run chooses.
        if own.is_none() && hosts.has_choice() && accounts.is_some_and(|accounts| accounts.failure().is_some()) {
            hosts = SessionHosts::default();
        }
        Self {
            pod: context.pod,
            slot,
            session,
            page,
            hosts,
            history: History::read(context, slot, session),
            tasks: carry_over::tasks_to_carry(context, slot, session),
            proposals: context.proposals.clone(),
        }
    }

    /// The same where no issue was seen.
    pub(super) fn without_issues(pod: &'a Pod, slot: &'a Slot, session: &'a Session, page: &'a PodPage) -> Self {
        let hosts = assign_hosts(pod, slot, session, page, Promise::default(), None);
        let (history, tasks, proposals) = (History::default(), CarriedTasks::default(), Proposals::default());
        Self { pod, slot, session, page, hosts, history, tasks, proposals }
    }

    /// The block of the session's issue, as it should be now.
    pub(super) fn build_block(&self, state: BlockState) -> ManagedBlock {
        let marker = Marker::Session(self.session.key.clone());
        let mut lines = vec![self.first_line(), String::new()];
        lines.extend(start_time::local_times_line(self.pod, self.session));
        lines.extend(start_time::clock_change_line(self.pod, self.slot, self.session));
        lines.extend(self.hosts.line());
        lines.extend(self.history.last_time.clone());
        lines.extend(self.history.skipped.clone());
        lines.extend(proposal_line(self.pod, &state));
        if lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(String::new());
        }
        lines.push(marker.render_signature(SMALL_PRINT));
        let start = Some(self.session.start.with_timezone(&chrono::Utc));
        let state = self.hosts.remember(BlockState { start, ..state });
        ManagedBlock::new(marker, lines.join("\n"), state)
    }

    /// When it is, where people meet, and the pod's page.
    fn first_line(&self) -> String {
        let mut line = format!("**{}**", start_time::describe_start(self.session));
        if let Some(channel) = find_slack_channel(self.pod, self.page) {
            let name = channel.channel.to_code_span();
            line = match channel.url.as_deref().and_then(markdown_link_target) {
                Some(url) => format!("{line}, in [{name}]({url})"),
                None => format!("{line}, in {name}"),
            };
        }
        match page_url(self.pod) {
            Some(url) => format!("{line} · [pod page]({url})"),
            None => line,
        }
    }

    /// The whole first body of the session's issue.
    ///
    /// # Errors
    /// The template's line and a sentence, when it fails with these facts.
    pub(super) fn render_first_body(
        &self,
        template: &BodyTemplate<'_>,
        has_label: bool,
    ) -> Result<String, (usize, String)> {
        let (title, date, when) =
            (self.slot.issue_title(self.session), self.session.date.to_string(), self.session.start_text());
        let people = people::expected_people(self.pod, self.page, self.session, &self.history.held);
        let (pinned, left) = (self.tasks.pinned.join("\n"), self.tasks.left.join("\n"));
        let variables = TemplateVariables {
            pod: &self.pod.name,
            title: &title,
            date: &date,
            when: &when,
            label: self.pod.label.name.as_str(),
            expected: &people.count,
            pinned: &pinned,
            left: &left,
            people: &people.lines,
        };
        let opened_without = (!has_label).then(|| self.pod.label.name.to_string());
        let mut state = BlockState { title: Some(short_hash(&title)), opened_without, ..BlockState::default() };
        self.tasks.remember_in(&mut state);
        self.proposals.remember_in(&mut state);
        let mut block = self.build_block(state);
        let text = marker::render_block(&block);
        let body = match template {
            BodyTemplate::Configured(template) => template.render(variables, &text)?,
            BodyTemplate::OfProject(name, source) => project_template::render(name, source, variables, &text)?,
        };
        // A template may leave the sections out; no task is lost for that.
        let body = self.tasks.place_into(&body);
        block.state.rest = Some(short_hash(&marker::text_outside_block(&body)));
        marker::replace_block(&body, &block, "").map_err(|why| (1, why))
    }

    /// What the session's issue would say if it were opened today: its block, and the hash of what stands outside of it.
    /// For finding what people wrote where the issue's own state is lost. None where no template was read, or it fails.
    pub(super) fn initial_block(&self) -> Option<ManagedBlock> {
        if self.pod.pairing.issue_template.is_some() {
            return None;
        }
        let built_in = Template::built_in();
        let body = self
            .render_first_body(&BodyTemplate::Configured(&self.pod.template), true)
            .or_else(|_fails| self.render_first_body(&BodyTemplate::Configured(&built_in), true))
            .ok()?;
        marker::parse_body(&body).block().cloned()
    }
}

/// The pod's own channel: the configured one if the page names it, else the first that the page names.
pub(super) fn find_slack_channel<'a>(pod: &Pod, page: &'a PodPage) -> Option<&'a SlackChannel> {
    let configured = pod.slack_channel.as_deref();
    let named = page.slack.iter().filter(|seen| configured.is_none_or(|name| seen.channel.raw() == name));
    // The same channel may stand there twice; a line with its link says more.
    named
        .clone()
        .find(|seen| seen.url.is_some() && Some(seen.channel.raw()) == named.clone().next().map(|c| c.channel.raw()))
        .or_else(|| named.clone().next())
}

/// Where people read the page: on the site it is built into, else its source in the repository.
pub(super) fn page_url(pod: &Pod) -> Option<String> {
    let at = &pod.page;
    let built = at.site.as_ref().zip(at.path.strip_prefix("content/")).and_then(|(site, path)| {
        let path = path.strip_suffix(".md")?;
        let path = path.strip_suffix("_index").unwrap_or(path);
        site.join(&format!("{}/", path.trim_end_matches('/'))).ok()
    });
    let url =
        built.or_else(|| pod.gitlab_url.join(&format!("{}/-/blob/{}/{}", at.project, at.git_ref, at.path)).ok())?;
    markdown_link_target(url.as_str())
}
