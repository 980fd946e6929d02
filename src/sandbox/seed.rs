//! The world that a newcomer meets: one pod's page, its pairing project, and the web that the page links to.
//!
//! All people, projects and texts are invented. The page has the shape of a real one: its sections, link forms, counts and
//! kinds of defects. Which projects and labels the pods use is the caller's business, so that the configuration that ships
//! fits the box without a change.

mod agents;
mod expected;
mod house;
mod internet;
mod issues;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

pub use agents::canaries;
pub use expected::expectations;

use super::world::{DEVELOPER, OWNER, Visibility, World};

const PAGE: &str = include_str!("seed/page.md");

/// What the caller wants to find in the world.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// The time at which the world starts.
    pub now: DateTime<Utc>,
    /// The pods; several may share a project.
    pub pods: Vec<PodPlot>,
}

/// One pod of the world. What a pod does not have is none or empty, so `..PodPlot::default()` leaves it out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodPlot {
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
    /// The project that its pairing issues are in.
    pub pairing_project: String,
    /// Its label.
    pub label: String,
    /// The sessions that were held, newest first, two or more.
    pub past: Vec<PastSession>,
    /// A page of the user's own, to stand in the place of the seed's.
    pub page: Option<String>,
    /// The members of that page, who have accounts and agent files in good order. The seed's page has its own.
    pub members: Vec<Person>,
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
pub struct Person {
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
pub(super) struct Cast {
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

impl World {
    /// The seed for these pods.
    pub fn seeded(plot: &Plot) -> World {
        let mut world = World::empty(plot.now);
        let cast = people(&mut world);
        internet::build(&mut world, &cast);
        for pod in &plot.pods {
            page(&mut world, &cast, pod);
        }
        for path in once(plot.pods.iter().map(|pod| pod.pairing_project.as_str())) {
            let pods: Vec<&PodPlot> = plot.pods.iter().filter(|pod| pod.pairing_project == path).collect();
            issues::build(&mut world, &cast, path, &pods);
        }
        for path in once(plot.pods.iter().filter_map(|pod| pod.reports_project.as_deref())) {
            house::reports(&mut world, &cast, path);
        }
        for path in once(plot.pods.iter().flat_map(|pod| &pod.label_groups).map(String::as_str)) {
            house::label_group(&mut world, path);
        }
        for path in once(plot.pods.iter().filter_map(|pod| pod.agents_project.as_deref())) {
            let pods: Vec<&PodPlot> =
                plot.pods.iter().filter(|pod| pod.agents_project.as_deref() == Some(path)).collect();
            agents::build(&mut world, &cast, path, &pods);
        }
        world
    }
}

/// Paths that several pods may share, each once.
fn once<'a>(paths: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    paths.collect()
}

/// What a token of the seed is for, by its name.
pub fn purpose(token: &str) -> &'static str {
    match token {
        "api" => "podkeeper's own",
        "read_api" => "its bot, reads only",
        "read_repository" => "its bot, files only",
        "person" => "a person at work",
        "admin" => "may do everything",
        "expired" => "is refused",
        _ => "",
    }
}

fn people(world: &mut World) -> Cast {
    let root = world.add_user("root", "Box Administrator");
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
    Cast { bot, root, person, members }
}

/// The pod's page in its project, with its neighbour.
fn page(world: &mut World, cast: &Cast, pod: &PodPlot) {
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
    let text = pod.page.clone().unwrap_or_else(|| page_text(pod));
    world.add_file(project, branch, &pod.page_path, &text);
}

/// The seed's page with the pod's own name, label and project in it.
fn page_text(pod: &PodPlot) -> String {
    let short = pod.name.trim_end_matches("Pod").trim_end();
    let short = if short.is_empty() { pod.name.as_str() } else { short };
    let heading = if pod.name.ends_with("Pod") { pod.name.clone() } else { format!("{} Pod", pod.name) };
    PAGE.replace("%NAME%", &pod.name)
        .replace("%POD%", &heading)
        .replace("%SHORT%", short)
        .replace("%KEY%", &pod.key)
        .replace("%LABEL%", &pod.label)
        .replace("%PAIRING%", &pod.pairing_project)
}
