//! What a page says of its pod, as far as a configuration needs it.

mod members;
mod words;

use chrono::NaiveDate;

use linkcheck::link::LinkKind;
use linkcheck::target::{self, GitlabResource, Target};

use super::meeting_times::{MeetingTime, read_meeting_time};
use super::page_address::origin_of;
use super::quoting::visible_name;
use crate::pod::label::LabelName;
use crate::pod::page_form::PageForm;
use crate::pod::pod_page::PodPage;

pub use members::MembersFound;

/// The longest name of a pod.
const LONGEST_NAME: usize = 100;

/// The most sentences about sessions that are taken over.
const MOST_SESSIONS: usize = 20;

/// So many links into a group make it one whose labels the page may mean.
const LINKS_INTO_A_GROUP: usize = 3;

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The display name; `None` where the page has no title.
    pub name: Option<String>,
    /// The labels `pod::…` that the page names, each once, with their first lines.
    pub labels: Vec<(String, usize)>,
    /// The sentences about sessions, in the order of the page.
    pub sessions: Vec<SessionSentence>,
    /// The pod's Slack channel.
    pub slack: Option<String>,
    /// The Zendesk groups `Support Focus: …` that the page names, each once, with their first lines.
    pub groups: Vec<(String, usize)>,
    /// The groups whose labels the page may mean.
    pub label_groups: Vec<String>,
    /// The project of the pairing issues that the page links to, with the line.
    pub pairing: Option<(String, usize)>,
    /// The folder of the Support Team data that the page links to, with the line.
    pub agents: Option<(AgentsFolder, usize)>,
    /// Whether links begin with a `/`, so that it matters where the site is.
    pub links_into_site: bool,
    /// The site, where the page links to pages of it by their whole addresses.
    pub site: Option<String>,
    /// How its members are read.
    pub form: PageForm,
    /// How many of them there are.
    pub members: MembersFound,
}

/// A folder of agents in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentsFolder {
    /// Full path of the project.
    pub project: String,
    /// Path of the folder.
    pub path: String,
    /// Branch, tag or commit.
    pub git_ref: String,
}

/// A sentence that says when a pod meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSentence {
    /// Its line.
    pub line: usize,
    /// Its words, in one line.
    pub text: String,
    /// What it means.
    pub(super) meets: MeetingTime,
    /// The calendar's name for it, where the sentence quotes one.
    pub event: Option<String>,
}

impl Proposal {
    /// Reads a page. `path` is its file's, `gitlab_host` the host by which its links name the GitLab, and `project` the
    /// project it stands in. Total.
    pub fn read(text: &str, path: &str, project: &str, gitlab_host: &str, today: NaiveDate) -> Self {
        let (form, page) = members::find_form(text, path);
        let members = MembersFound::count(&page);
        let name = words::name_in_heading(text).unwrap_or_else(|| page.title.raw().to_owned());
        let name = Some(visible_name(&name, LONGEST_NAME)).filter(|name| !name.is_empty());
        let sessions = page.sessions.iter().take(MOST_SESSIONS).map(|session| {
            let text = session.text.one_line();
            let event = words::quoted(&text).filter(|event| !words::names_member(event, &page));
            let event = event.map(|event| visible_name(&event, LONGEST_NAME));
            SessionSentence { line: session.line, meets: read_meeting_time(&text, today), text, event }
        });
        Self {
            name,
            labels: words::pod_labels(text),
            sessions: sessions.collect(),
            slack: words::pod_channel(&page),
            groups: words::focus_groups(text),
            label_groups: label_groups(&page, project, gitlab_host),
            pairing: pairing_project(&page, gitlab_host),
            agents: agents_folder(&page, gitlab_host),
            links_into_site: page.links.iter().any(|link| link.url.starts_with('/') && !link.url.starts_with("//")),
            site: linked_site(&page),
            form,
            members,
        }
    }
}

/// The groups at the top of the page's project and of the files that it links to most, where it names labels at all.
fn label_groups(page: &PodPage, project: &str, gitlab_host: &str) -> Vec<String> {
    let names_labels = page
        .labels
        .iter()
        .any(|label| !label.name.raw().starts_with("pod::") && LabelName::parse(label.name.raw()).is_ok());
    if !names_labels {
        return Vec::new();
    }
    let top = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let mut groups = vec![top(project)];
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for link in page.links.iter().filter(|link| link.kind == Some(LinkKind::File)) {
        if let Target::Gitlab(found) = target::parse(&link.url, gitlab_host) {
            *counts.entry(top(found.owner.path())).or_default() += 1;
        }
    }
    let linked = counts.into_iter().filter(|(_, count)| *count >= LINKS_INTO_A_GROUP).map(|(group, _)| group);
    groups.extend(linked.filter(|group| is_group_name(group)));
    groups.dedup();
    groups
}

/// The handbook that the page links to.
fn linked_site(page: &PodPage) -> Option<String> {
    let handbook = page.links.iter().filter(|link| link.kind == Some(LinkKind::Handbook));
    let mut sites = handbook.filter_map(|link| origin_of(&link.url.parse().ok()?));
    sites.find(|site| site.scheme() == "https").map(|site| site.as_str().trim_end_matches('/').to_owned())
}

fn is_group_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

fn pairing_project(page: &PodPage, gitlab_host: &str) -> Option<(String, usize)> {
    page.links.iter().find_map(|link| {
        let Target::Gitlab(found) = target::parse(&link.url, gitlab_host) else { return None };
        let project = found.owner.path();
        let issues = matches!(
            found.resource,
            GitlabResource::IssueList | GitlabResource::Issue(_) | GitlabResource::Home | GitlabResource::NewIssue(_)
        );
        let named = project.rsplit('/').next().is_some_and(|name| name.contains("pairing"));
        let path = crate::config::is_project_path(project);
        (issues && named && path).then(|| (project.to_owned(), link.line))
    })
}

fn agents_folder(page: &PodPage, gitlab_host: &str) -> Option<(AgentsFolder, usize)> {
    page.links.iter().find_map(|link| {
        let Target::Gitlab(found) = target::parse(&link.url, gitlab_host) else { return None };
        let GitlabResource::Tree { git_ref, path } = &found.resource else { return None };
        let project = found.owner.path();
        let folder = path.trim_matches('/');
        let named = folder.rsplit('/').next() == Some("agents") && crate::config::is_project_path(project);
        let folder = AgentsFolder { project: project.to_owned(), path: folder.to_owned(), git_ref: git_ref.clone() };
        named.then_some((folder, link.line))
    })
}

#[cfg(test)]
mod tests;
