//! The faults F1 to F37 of the threat sheet, by number: what goes wrong, and what podkeeper makes of it.
//!
//! Each has a test whose name begins with its number, here or in the file it belongs to; `every_fault_has_its_test`
//! finds them. Here the faults are data of the sandbox itself: in memory, on a clock that nobody waits for, and on a
//! socket.

mod broken_connections; // F1 to F5 on a real socket
mod clock_skew; // F10, F12: clocks that disagree
mod concurrent_edits; // F16, F17, F19, F20: what people do meanwhile
pub(crate) mod fault_numbers; // which test holds which fault
mod machine_failures; // F32 to F34: disks that are full, signals, panics
mod server_outages; // F7, F21, F22, F37: a server that is down, moved, closed or suspicious
mod shifting_listings; // F26: listings that change while they are read
mod unstable_links; // F24, F25, F29: links that are hidden, or come and go

use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::world::{Issue, Project};

use crate::support::Stage;
use fault_numbers::tests_by_fault;

/// F18 stands with the labels, F30 with the roster, and so on: which test holds which fault.
#[test]
fn every_fault_has_its_test() {
    let held = tests_by_fault();
    for (number, tests) in &held {
        println!("F{number}: {}", tests.join(", "));
    }
    let missing: Vec<u32> = (1..=37).filter(|number| !held.contains_key(number)).collect();
    assert_eq!(missing, Vec::<u32>::new(), "of these nothing is held by a test");
}

// ---- What these stories read ----

fn exit_status(runs: &[PodRun]) -> ExitStatus {
    runs.iter().map(PodRun::exit_status).max().unwrap()
}

fn pairing_project(stage: &Stage) -> Project {
    stage.sandbox.world().project_by_path(&stage.pods[0].pairing_project).unwrap().clone()
}

fn with_pairing_project(stage: &Stage, change: impl FnOnce(&mut Project)) {
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        change(world.projects.get_mut(&id).unwrap());
    });
}

/// The issues whose text carries the marker of a session of this pod, with the week.
fn session_issues(stage: &Stage) -> Vec<(String, Issue)> {
    let project = pairing_project(stage);
    let week = |issue: &Issue| {
        let text = issue.description.as_deref()?;
        let (_, rest) = text.split_once("<!-- podkeeper:v1 session secure/weekly/")?;
        Some(rest.split(' ').next()?.to_owned())
    };
    project.issues.into_values().filter_map(|issue| Some((week(&issue)?, issue))).collect()
}

/// The issues of the stage's own week.
fn issues_of_this_week(stage: &Stage) -> Vec<Issue> {
    session_issues(stage).into_iter().filter(|(week, _)| week == "2026-W48").map(|(_, issue)| issue).collect()
}
