//! What a pairing issue says: its first body and the block that podkeeper keeps.
//!
//! A body is a function of the pod, the session and the page: same input, same bytes, and never a time of
//! writing.

use crate::pod::Pod;
use crate::pod::finding::short_hash;
use crate::pod::marker::{self, BlockState, ManagedBlock, Marker};
use crate::pod::pod_page::{Member, PodPage, SlackChannel};
use crate::pod::session::Session;
use crate::pod::template::TemplateVariables;
use crate::pod::text::markdown_link_target;

/// Lines about sessions that are taken over from a page.
const MOST_LINES: usize = 3;

/// The block of a session's issue, as it should be now.
pub(super) fn build_block(pod: &Pod, session: &Session, page: &PodPage, state: BlockState) -> ManagedBlock {
    let mut lines = vec![format!("- **When:** {}, for {}", session.start_text(), format_duration(session.duration))];
    let title = if page.title.one_line().is_empty() { pod.name.clone() } else { page.title.to_markdown() };
    if let Some(url) = page_url(pod) {
        lines.push(format!("- **Pod page:** [{title}]({url})"));
    }
    lines.extend(
        page.sessions.iter().take(MOST_LINES).map(|line| format!("- **On the page:** {}", line.text.to_markdown())),
    );
    if let Some(channel) = find_slack_channel(pod, page) {
        let name = channel.channel.to_code_span();
        lines.push(match channel.url.as_deref().and_then(markdown_link_target) {
            Some(url) => format!("- **Slack:** [{name}]({url})"),
            None => format!("- **Slack:** {name}"),
        });
    }
    let leads: Vec<String> = page.leads().map(format_person).collect();
    if !leads.is_empty() {
        lines.push(format!("- **Leads:** {}", leads.join(", ")));
    }
    let marker = Marker::Session(session.key.clone());
    lines.push(String::new());
    lines.push(marker.render_signature(
        "kept up to date until we start; everything below is yours. Not this week? Close the issue.",
    ));
    let state = BlockState { start: Some(session.start.with_timezone(&chrono::Utc)), ..state };
    ManagedBlock::new(marker, lines.join("\n"), state)
}

/// What a session's issue would say if it were opened today: its block, and the hash of what stands outside of it. For
/// finding what people wrote where the issue's own state is lost. None where the template fails.
pub(super) fn initial_block(pod: &Pod, session: &Session, title: &str, page: &PodPage) -> Option<ManagedBlock> {
    let body = render_first_body(pod, session, title, page, true).ok()?;
    marker::parse_body(&body).block().cloned()
}

/// The whole first body of a session's issue.
///
/// # Errors
/// The template's line and a sentence, when it fails with these variables.
pub(super) fn render_first_body(
    pod: &Pod,
    session: &Session,
    title: &str,
    page: &PodPage,
    has_label: bool,
) -> Result<String, (usize, String)> {
    let date = session.date.to_string();
    let when = session.start_text();
    let facts = TemplateVariables { pod: &pod.name, title, date: &date, when: &when, label: pod.label.name.as_str() };
    let opened_without = (!has_label).then(|| pod.label.name.to_string());
    let state = BlockState { title: Some(short_hash(title)), opened_without, ..BlockState::default() };
    let mut block = build_block(pod, session, page, state);
    let body = pod.template.render(facts, &marker::render_block(&block))?;
    block.state.rest = Some(short_hash(&marker::text_outside_block(&body)));
    marker::replace_block(&body, &block, "").map_err(|why| (1, why))
}

/// A person by name and handle, mentioning nobody: a handle in a code span notifies no one.
fn format_person(member: &Member) -> String {
    match &member.handle {
        Some(handle) if !member.is_named() => format!("`{handle}`"),
        Some(handle) => format!("{} (`{handle}`)", member.name.to_markdown()),
        None => member.name.to_markdown(),
    }
}

/// The pod's own channel: the configured one if the page names it, else the first that the page names.
fn find_slack_channel<'a>(pod: &Pod, page: &'a PodPage) -> Option<&'a SlackChannel> {
    let configured = pod.slack_channel.as_deref();
    let named = page.slack.iter().filter(|seen| configured.is_none_or(|name| seen.channel.raw() == name));
    // The same channel may stand there twice; a line with its link says more.
    named
        .clone()
        .find(|seen| seen.url.is_some() && Some(seen.channel.raw()) == named.clone().next().map(|c| c.channel.raw()))
        .or_else(|| named.clone().next())
}

/// Where people read the page: on the site it is built into, else its source in the repository.
fn page_url(pod: &Pod) -> Option<String> {
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

/// A length as people write it: `1h`, `45min`, `1h 30min`.
fn format_duration(duration: chrono::Duration) -> String {
    match (duration.num_hours(), duration.num_minutes() % 60) {
        (0, minutes) => format!("{minutes}min"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}min"),
    }
}
