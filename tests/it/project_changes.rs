//! The four projects that a pod's file names, each renamed, archived, hidden and marked for deletion, and back again.

use podkeeper::sandbox::world::{Visibility, World};
use serde_json::Value;

use crate::people_actions::{ALL_TASKS, Served, issue_count, messages_of_rule};
use crate::support::Stage;

/// The table of the pod's file that names a project, and its path.
fn project_paths_by_table(stage: &Stage) -> [(&'static str, String); 4] {
    let pod = &stage.pods[0];
    [
        ("[pairing]", pod.pairing_project.clone()),
        ("[reports]", pod.reports.project.clone().unwrap()),
        ("[page]", pod.page.project.clone()),
        ("[agents]", pod.agents.as_ref().unwrap().project.clone()),
    ]
}

/// What happens to a project, and what takes it back. A project is found by its number, which stays.
type Change = fn(&mut World, u64);

const CHANGES: [(&str, Change, Change); 4] = [
    ("renamed", rename, take_the_name_back),
    ("archived", |world, id| project(world, id).archived = true, |world, id| project(world, id).archived = false),
    ("hidden", hide, unhide),
    (
        "marked for deletion",
        |world, id| world.mark_project_for_deletion(id).unwrap(),
        |world, id| world.restore_project(id).unwrap(),
    ),
];

fn project(world: &mut World, id: u64) -> &mut podkeeper::sandbox::world::Project {
    world.projects.get_mut(&id).unwrap()
}

fn rename(world: &mut World, id: u64) {
    let project = project(world, id);
    let new = format!("{}-of-today", project.path);
    project.formerly.push(std::mem::replace(&mut project.path, new));
}

fn take_the_name_back(world: &mut World, id: u64) {
    let project = project(world, id);
    project.path = project.formerly.pop().unwrap();
}

/// Only those see it who are members, and podkeeper is none; what it was is kept in the group's description.
fn hide(world: &mut World, id: u64) {
    let bot = world.tokens["api"].user;
    let project = project(world, id);
    let role = project.members.remove(&bot).unwrap_or(0);
    project.description = Some(format!("{:?} {role}", project.visibility));
    project.visibility = Visibility::Private;
}

fn unhide(world: &mut World, id: u64) {
    let bot = world.tokens["api"].user;
    let project = project(world, id);
    let before = project.description.take().unwrap();
    let (visibility, role) = before.split_once(' ').unwrap();
    project.visibility = match visibility {
        "Public" => Visibility::Public,
        "Internal" => Visibility::Internal,
        _ => Visibility::Private,
    };
    if role != "0" {
        project.members.insert(bot, role.parse().unwrap());
    }
}

/// The finding that has to be reported, and the exit code.
fn expected(change: &str, table: &str) -> (i32, Option<&'static str>) {
    let written = matches!(table, "[pairing]" | "[reports]");
    match change {
        "renamed" => (0, Some("project-renamed")),
        "archived" if written => (5, Some("project-archived")),
        "archived" => (0, Some("source-archived")),
        "marked for deletion" => (5, Some("project-marked-for-deletion")),
        _ => (4, None),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_four_projects_is_told_as_what_became_of_it_and_all_is_well_when_that_is_taken_back() {
    let served = Served::serve(Stage::seeded()).await;
    served.apply(ALL_TASKS).await;
    let (code, calm) = served.apply(ALL_TASKS).await;
    assert_eq!(code, Some(0), "{calm:#}");
    let roster = |report: &Value| messages_of_rule(report, "member-without-focus");
    assert!(!roster(&calm).is_empty(), "{calm:#}");
    let opened = issue_count(&served.stage);
    let mut ways = 0;
    for (table, path) in project_paths_by_table(&served.stage) {
        let id = served.stage.with_world(|world| world.project_by_path(&path).unwrap().id);
        for (change, does, undoes) in CHANGES {
            served.stage.sandbox.change_world(|world| does(world, id));
            let (code, report) = served.apply(ALL_TASKS).await;
            let (expected, rule) = expected(change, table);
            let way = format!("{table} {change}");
            assert_eq!(code, Some(expected), "{way}: {report:#}");
            if let Some(rule) = rule {
                assert_eq!(messages_of_rule(&report, rule).len(), 1, "{way}: {report:#}");
            } else {
                let unknown = report["pods"][0]["unknown"].to_string();
                assert!(unknown.contains("not there or not visible to this token"), "{way}: {unknown}");
            }
            if (table, change) == ("[pairing]", "renamed") {
                let list = format!("https://gitlab.com/{path}/-/issues/");
                let seen = report["pods"][0]["observations"].as_array().unwrap();
                let seen = seen.iter().find(|seen| seen["url"] == list.as_str()).unwrap();
                // The bot sees where it went, and not everybody.
                assert_eq!(seen["verdict"], "hidden", "the page's own link to it: {seen}");
            }
            // No finding advises to write a path down that ends with the project.
            let advised = report["pods"][0]["findings"].as_array().unwrap().iter().map(|one| one["advice"].to_string());
            let ended: Vec<String> =
                advised.into_iter().filter(|advice| advice.contains("deletion_scheduled")).collect();
            assert_eq!(ended, [""; 0], "{way}");
            if (table, change) != ("[agents]", "hidden") && (table, change) != ("[page]", "hidden") {
                assert_eq!(roster(&report), roster(&calm), "{way}: the audit goes on");
            }
            served.stage.sandbox.change_world(|world| undoes(world, id));
            let (code, report) = served.apply(ALL_TASKS).await;
            assert_eq!(code, Some(0), "{way}, taken back: {report:#}");
            ways += 1;
        }
    }
    println!("{ways} ways of four projects");
    assert_eq!((ways, issue_count(&served.stage)), (16, opened), "and nothing was opened a second time");
}
