//! The world that a newcomer meets: one pod's page, its pairing project, and the web that the page links to.
//!
//! All people, projects and texts are invented. The page has the shape of a real one: its sections, link forms, counts
//! and kinds of defects. Which projects and labels the pods use is the caller's business, so that the configuration
//! that ships fits the sandbox without a change.

mod agents;
mod expected_verdicts;
mod issues;
mod label_groups_and_reports;
mod linked_targets;
mod members_section;
mod schedule;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gitlab_sandbox::world::{DEVELOPER, OWNER, Visibility, World};

pub use agents::all_canary_texts;
pub use expected_verdicts::expected_verdicts;
pub use members_section::MembersLayout;
pub use schedule::schedule_project;

const PAGE_TEMPLATE: &str = include_str!("page.md");

/// What the caller wants to find in the world.
#[derive(Clone, Debug, PartialEq)]
pub struct Seed {
    /// The time at which the world starts.
    pub now: DateTime<Utc>,
    /// The pods; several may share a project.
    pub pods: Vec<SeedPod>,
}

/// One pod of the world. What a pod does not have is none or empty, so `..SeedPod::default()` leaves it out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeedPod {
    /// Its key, such as the name of its configuration file.
    pub key: String,
    /// Its name, as on its page.
    pub name: String,
    /// The project that its page is in.
    pub page_project: String,
    /// The page's path in that project.
    pub page_path: String,
    /// The branch that the page is read from.
    pub page_ref: String,
    /// The host of the site that shows it, where links that begin with `/` lead.
    pub site_host: Option<String>,
    /// The project that its pairing issues are in.
    pub pairing_project: String,
    /// Its label.
    pub label: String,
    /// The sessions that were held, newest first; the first two get issues.
    pub past_sessions: Vec<PastSession>,
    /// The heading above the members of the seed's page, in the place of its own.
    pub members_heading: Option<String>,
    /// How the members of the seed's page are written.
    pub members_layout: MembersLayout,
    /// A page of the user's own, to stand in the place of the seed's.
    pub page: Option<String>,
    /// The members of that page, who have accounts and agent files in good order. The seed's page has its own.
    pub members: Vec<PageMember>,
    /// The private project of the Support Team data.
    pub agents_project: Option<String>,
    /// The folder of its files, such as `data/agents`.
    pub agents_path: String,
    /// The branch that they are read from.
    pub agents_ref: String,
    /// The Zendesk group that the pod's members have in the data.
    pub zendesk_group: Option<String>,
    /// The groups that the labels of the pod's page are in.
    pub label_groups: Vec<String>,
    /// The project that the pod's reports are in.
    pub reports_project: Option<String>,
}

/// A member of a page of the user's own.
#[derive(Clone, Debug, PartialEq)]
pub struct PageMember {
    /// The name as the page has it.
    pub name: String,
    /// The handle, without the `@`.
    pub handle: String,
}

/// A session that was held.
#[derive(Clone, Debug, PartialEq)]
pub struct PastSession {
    /// The key in its issue's marker, such as `example/weekly/2026-W47`.
    pub key: String,
    /// Its issue's title.
    pub title: String,
    /// When it began.
    pub start: DateTime<Utc>,
}

/// The people of the seed, by what they are there for.
pub(super) struct SeedUsers {
    bot: u64,
    root: u64,
    /// Opens issues and takes labels off.
    person: u64,
    members: Vec<u64>,
}

const MEMBERS: [(&str, &str); 9] = [
    ("ada-quill-gtlb", "Ada Quill"),
    ("svale", "Sorin Vale"),
    ("iokonkwo", "Imani Adaeze Okonkwo"),
    ("mfarrow", "Mateo Farrow"),
    ("tuval", "Tuva Lindqvist"),
    ("reneeduvalobi", "Renée Duval-Obi"),
    ("jonah_petrakis", "Jonah Petrakis"),
    ("lwisnik", "Lucja Wisnik"),
    ("barnaby", "Barnaby Thorne Jr"),
];

/// The world of these pods.
pub fn build_world(seed: &Seed) -> World {
    let mut world = World::empty(seed.now);
    let cast = add_users(&mut world);
    let sites = distinct_paths(seed.pods.iter().filter_map(|pod| pod.site_host.as_deref()));
    linked_targets::add_linked_targets(&mut world, &cast, &sites);
    for pod in &seed.pods {
        add_page(&mut world, &cast, pod);
    }
    for path in distinct_paths(seed.pods.iter().map(|pod| pod.pairing_project.as_str())) {
        let pods: Vec<&SeedPod> = seed.pods.iter().filter(|pod| pod.pairing_project == path).collect();
        issues::build_pairing_project(&mut world, &cast, path, &pods);
    }
    for path in distinct_paths(seed.pods.iter().filter_map(|pod| pod.reports_project.as_deref())) {
        label_groups_and_reports::build_reports_project(&mut world, &cast, path);
    }
    for path in distinct_paths(seed.pods.iter().flat_map(|pod| &pod.label_groups).map(String::as_str)) {
        label_groups_and_reports::build_label_group(&mut world, path);
    }
    for path in distinct_paths(seed.pods.iter().filter_map(|pod| pod.agents_project.as_deref())) {
        let pods: Vec<&SeedPod> = seed.pods.iter().filter(|pod| pod.agents_project.as_deref() == Some(path)).collect();
        agents::build_agents_project(&mut world, &cast, path, &pods);
    }
    // Last, so that nothing else gets another number.
    if let Some(pod) = seed.pods.first() {
        schedule::build_schedule_project(&mut world, &cast, &pod.pairing_project);
    }
    world
}

/// Paths that several pods may share, each once.
fn distinct_paths<'a>(paths: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    paths.collect()
}

fn add_users(world: &mut World) -> SeedUsers {
    let root = world.add_user("root", "Administrator");
    world.make_admin(root);
    let bot = world.add_user("podkeeper-bot", "podkeeper");
    world.make_bot(bot);
    let person = world.add_user("hollis-brandt", "Hollis Brandt");
    let members = MEMBERS.iter().map(|(username, name)| world.add_user(username, name)).collect();
    let today = world.now.date_naive();
    let next_year = today.checked_add_signed(chrono::TimeDelta::days(300));
    world.add_token("api", bot, &["api"], next_year);
    world.add_token("read_api", bot, &["read_api"], next_year);
    world.add_token("read_repository", bot, &["read_repository"], next_year);
    world.add_token("expired", bot, &["api"], Some(world.days_ago(3).date_naive()));
    world.add_token("person", person, &["api"], next_year);
    world.add_token("admin", root, &["api", "sudo"], next_year);
    world.add_token("job", root, &["ci_job"], next_year);
    SeedUsers { bot, root, person, members }
}

/// The pod's page in its project, with its neighbour.
fn add_page(world: &mut World, cast: &SeedUsers, pod: &SeedPod) {
    let project = world.add_project(&pod.page_project, Visibility::Public);
    let branch = if pod.page_ref == "HEAD" { "main" } else { pod.page_ref.as_str() };
    if let Some(project) = world.projects.get_mut(&project) {
        branch.clone_into(&mut project.default_branch);
    }
    world.add_member(project, cast.root, OWNER);
    for &member in cast.members.iter().chain([&cast.person]) {
        world.add_member(project, member, DEVELOPER);
    }
    world.add_file(project, branch, "README.md", "# Handbook\n\nThe pages of a handbook of invented people.\n");
    let text = pod.page.clone().unwrap_or_else(|| render_page(pod));
    world.add_file(project, branch, &pod.page_path, &text);
}

/// The seed's page with the pod's own name, label and project in it.
fn render_page(pod: &SeedPod) -> String {
    let short = pod.name.trim_end_matches("Pod").trim_end();
    let short = if short.is_empty() { pod.name.as_str() } else { short };
    let heading = if pod.name.ends_with("Pod") { pod.name.clone() } else { format!("{} Pod", pod.name) };
    let template = members_section::lay_out_members(PAGE_TEMPLATE, pod.members_heading.as_deref(), pod.members_layout);
    template
        .replace("%NAME%", &pod.name)
        .replace("%POD%", &heading)
        .replace("%SHORT%", short)
        .replace("%KEY%", &pod.key)
        .replace("%LABEL%", &pod.label)
        .replace("%PAIRING%", &pod.pairing_project)
}
