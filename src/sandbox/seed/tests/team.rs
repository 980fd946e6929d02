//! The Support Team data, the label groups and the project of the reports.

use std::collections::{BTreeMap, BTreeSet};

use gitlab_sandbox::world::{Visibility, World};

use super::{pod, seed};
use crate::sandbox::seed::label_groups_and_reports::{MISSING_LABEL, RETIRED_LABEL};
use crate::sandbox::seed::{MEMBERS, Seed, SeedPod, all_canary_texts, build_world, render_page};

#[derive(serde::Deserialize)]
struct Agent {
    name: String,
    gitlab: Account,
    zendesk: Zendesk,
}

#[derive(serde::Deserialize)]
struct Account {
    id: u64,
    username: String,
}

#[derive(serde::Deserialize)]
struct Zendesk {
    main: Main,
}

#[derive(serde::Deserialize)]
struct Main {
    groups: Vec<String>,
}

/// A pod with all that the others do without.
fn furnished() -> World {
    let pod = SeedPod {
        agents_project: Some("readiness/team".to_owned()),
        agents_path: "data/agents".to_owned(),
        agents_ref: "master".to_owned(),
        zendesk_group: Some("Support Focus: Secure".to_owned()),
        label_groups: vec!["one".to_owned(), "two/below".to_owned()],
        reports_project: Some("group/reports".to_owned()),
        ..pod("secure", "pod::secure")
    };
    build_world(&Seed { now: seed().now, pods: vec![pod] })
}

fn agent_files(world: &World) -> BTreeMap<String, String> {
    let project = world.project_by_path("readiness/team").unwrap();
    let files = project.branch_files("master").unwrap().iter();
    files
        .filter(|(path, _)| path.starts_with("data/agents/"))
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect()
}

#[test]
fn the_team_data_has_one_case_of_everything() {
    let world = furnished();
    let project = world.project_by_path("readiness/team").unwrap();
    let bot = world.user_by_username("podkeeper-bot").unwrap().id;
    assert_eq!((project.visibility, world.access_level(project.id, Some(bot))), (Visibility::Private, 20));
    let files = agent_files(&world);
    assert_eq!(files.len(), 15);

    let mut broken = Vec::new();
    let mut agents: BTreeMap<String, Vec<(Agent, bool)>> = BTreeMap::new();
    for (path, text) in &files {
        match serde_saphyr::from_str::<Agent>(text) {
            Ok(agent) => {
                let focus = agent.zendesk.main.groups.iter().any(|group| group == "Support Focus: Secure");
                agents.entry(agent.gitlab.username.clone()).or_default().push((agent, focus));
            }
            Err(_) => broken.push(path.as_str()),
        }
    }
    assert_eq!(broken, ["data/agents/mateo-farrow.yaml"]);
    assert!(files[broken[0]].contains("\n  username: mfarrow\n"));

    let handles: Vec<&str> = MEMBERS.iter().map(|(handle, _)| *handle).collect();
    let focus = |handle: &str| agents.get(handle).is_some_and(|files| files.iter().any(|(_, focus)| *focus));
    let without: Vec<&&str> = handles.iter().filter(|handle| !focus(handle)).collect();
    // Without the group, in the broken file, without a file, and under another handle in the file.
    assert_eq!(without, [&"iokonkwo", &"mfarrow", &"jonah_petrakis", &"lwisnik"]);
    let strangers: Vec<&String> =
        agents.keys().filter(|name| focus(name) && !handles.contains(&name.as_str())).collect();
    assert_eq!(strangers, ["koduya", "lucja-wisnik"]);
    let twice: Vec<&String> = agents.iter().filter(|(_, files)| files.len() > 1).map(|(name, _)| name).collect();
    assert_eq!(twice, ["svale"]);
    let of = |handle: &str| &agents[handle][0].0;
    assert_eq!(world.users[&of("lucja-wisnik").gitlab.id].username, "lwisnik");
    assert_eq!(world.users[&of("reneeduvalobi").gitlab.id].username, "renee-obi");
    assert!(world.user_by_username("reneeduvalobi").is_none());
    assert_eq!(world.users[&of("tuval").gitlab.id].state, "blocked");
    assert_eq!(of("barnaby").name, "Barnaby Thorne");
}

#[test]
fn what_is_nobodys_business_is_a_canary_and_stands_in_the_team_data_only() {
    let world = furnished();
    let files = agent_files(&world);
    let all: String = files.values().map(String::as_str).collect();
    let known: BTreeSet<String> = all_canary_texts().into_iter().collect();
    assert_eq!(known.len(), 15 * 24);
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '-';
    let found: BTreeSet<String> = all
        .match_indices("CANARY-")
        .map(|(at, _)| all[at..].chars().take_while(|&char| is_part(char)).collect::<String>())
        .collect();
    assert_eq!(found, known);
    let mut rest = world.clone();
    let team = rest.project_by_path("readiness/team").unwrap().id;
    rest.projects.remove(&team);
    assert!(!serde_json::to_string(&rest).unwrap().contains("CANARY"));
}

#[test]
fn label_groups_have_the_labels_of_the_page_but_for_two() {
    let world = furnished();
    let page = render_page(&pod("secure", "pod::secure"));
    let wanted: BTreeSet<&str> = page.split("~\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for path in ["one", "two/below"] {
        let group = world.group_by_path(path).unwrap();
        assert_eq!(group.visibility, Visibility::Public);
        let names: BTreeSet<&str> = group.labels.values().map(|label| label.name.as_str()).collect();
        let missing: Vec<&&str> = wanted.iter().filter(|name| !name.is_empty() && !names.contains(**name)).collect();
        assert_eq!(missing, [&MISSING_LABEL, &RETIRED_LABEL]);
        assert!(names.contains("group::threat insights [DEPRECATED]"));
    }
    let reports = world.project_by_path("group/reports").unwrap();
    let bot = world.user_by_username("podkeeper-bot").unwrap().id;
    assert_eq!((reports.visibility, reports.issues_enabled), (Visibility::Public, true));
    assert_eq!((world.access_level(reports.id, Some(bot)), reports.issues.len()), (20, 0));
}

#[test]
fn a_pod_without_team_data_leaves_its_people_alone() {
    let world = build_world(&seed());
    assert!(MEMBERS.iter().all(|(handle, _)| world.user_by_username(handle).unwrap().state == "active"));
    assert!(world.project_by_path("readiness/team").is_none());
}
