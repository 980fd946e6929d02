//! The faults F1 to F37 of the threat sheet, by number: what goes wrong, and what podkeeper makes of it.
//!
//! Each has a test whose name begins with its number, here or in the story it belongs to; `every_fault_has_its_test`
//! finds them. Here the faults are data of the box itself: in memory, on a clock that nobody waits for, and on a socket.

mod clock; // F10, F12: clocks that disagree
mod lines; // F1 to F5 on a real socket
mod links; // F24, F25, F29: links that are hidden, or come and go
mod listings; // F26: listings that change while they are read
mod machine; // F32 to F34: disks that are full, signals, stumbles
pub(crate) mod numbers; // which test holds which fault
mod people; // F16, F17, F19, F20: what people do meanwhile
mod server; // F7, F21, F22, F37: a server that is down, moved, closed or suspicious

use podkeeper::pod::run::{Ending, Run};
use podkeeper::sandbox::world::{Issue, Project};

use crate::support::Stage;
use numbers::numbered;

/// F18 stands with the labels, F30 with the roster, and so on: which test holds which fault.
#[test]
fn every_fault_has_its_test() {
    let held = numbered();
    for (number, tests) in &held {
        println!("F{number}: {}", tests.join(", "));
    }
    let missing: Vec<u32> = (1..=37).filter(|number| !held.contains_key(number)).collect();
    assert_eq!(missing, Vec::<u32>::new(), "of these nothing is held by a test");
}

// ---- What these stories look at ----

fn ending(runs: &[Run]) -> Ending {
    runs.iter().map(Run::ending).max().unwrap()
}

fn pairing_project(stage: &Stage) -> Project {
    stage.sandbox.world().project_at(&stage.pods[0].pairing_project).unwrap().clone()
}

fn with_pairing_project(stage: &Stage, change: impl FnOnce(&mut Project)) {
    stage.sandbox.change(|world| {
        let id = world.project_at(&stage.pods[0].pairing_project).unwrap().id;
        change(world.projects.get_mut(&id).unwrap());
    });
}

/// The issues whose text carries the marker of a session of this pod, with the week.
fn sessions(stage: &Stage) -> Vec<(String, Issue)> {
    let project = pairing_project(stage);
    let week = |issue: &Issue| {
        let text = issue.description.as_deref()?;
        let (_, rest) = text.split_once("<!-- podkeeper:v1 session secure/weekly/")?;
        Some(rest.split(' ').next()?.to_owned())
    };
    project.issues.into_values().filter_map(|issue| Some((week(&issue)?, issue))).collect()
}

/// The issues of the stage's own week.
fn this_week(stage: &Stage) -> Vec<Issue> {
    sessions(stage).into_iter().filter(|(week, _)| week == "2026-W48").map(|(_, issue)| issue).collect()
}
