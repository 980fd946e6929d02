//! The issues of a pairing project: what the bot made, what people made, and what went wrong in between.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Cast, PastSession, PodPlot};
use crate::sandbox::world::{Change, DEVELOPER, IssueEdit, NewIssue, OWNER, REPORTER, Visibility, World};

const PAIRIFY: &str = "pairify";
/// The bot opens a session's issue so many hours before it.
const AHEAD: i64 = 6 * 24;

const TEMPLATE: &str = "## Who\n\n- [ ] \n\n## Tickets\n\n- [ ] \n\n## What we learned\n";

/// Something that happened, and when.
type Event<'a> = (DateTime<Utc>, Box<dyn FnOnce(&mut World) + 'a>);

/// Builds one pairing project for all pods that use it. What happened is told in the order of time, so that iids grow.
pub(super) fn build(world: &mut World, cast: &Cast, path: &str, pods: &[&PodPlot]) {
    let project = world.add_project(path, Visibility::Private);
    world.add_member(project, cast.root, OWNER);
    world.add_member(project, cast.bot, REPORTER);
    for &member in cast.members.iter().chain([&cast.person]) {
        world.add_member(project, member, DEVELOPER);
    }
    world.add_file(project, "main", ".gitlab/issue_templates/Pairing.md", TEMPLATE);
    world.add_file(project, "main", "README.md", "# Support pairing\n\nOne issue for each pairing session.\n");
    for pod in pods {
        world.add_label(project, &pod.label, "#1f75cb", &format!("Pairing sessions of {}", pod.name));
    }
    let other = other_label(pods);
    world.add_label(project, other, "#8fbc8f", "Pairing sessions of another pod");
    world.add_label(project, PAIRIFY, "#d99530", "Opened by the pairing bot");

    let mut events: Vec<Event<'_>> = Vec::new();
    for pod in pods {
        if let Some(last) = pod.past.first() {
            events.push(own(cast, project, pod, last));
        }
        if let Some(before) = pod.past.get(1) {
            events.push(own(cast, project, pod, before));
            events.extend(lost_its_label(cast, project, pod, before));
        }
    }
    let latest = pods.first().and_then(|pod| pod.past.first()).map_or(world.now, |session| session.start);
    events.extend(peoples(cast, project, shift(latest, -AHEAD), other));
    events.sort_by_key(|(time, _)| *time);
    for (time, happens) in events {
        world.at(time.min(world.now), happens);
    }
}

/// A label of a pod that is not in the plot.
fn other_label(pods: &[&PodPlot]) -> &'static str {
    let mut free = ["pod::verify", "pod::runners", "pod::get"].into_iter();
    free.find(|name| pods.iter().all(|pod| pod.label != *name)).unwrap_or("pod::elsewhere")
}

/// A session's issue as the bot opens it.
fn own<'a>(cast: &'a Cast, project: u64, pod: &'a PodPlot, session: &'a PastSession) -> Event<'a> {
    let description = format!(
        "<!-- podkeeper:v1 session {} -->\n**When:** {}\n<!-- podkeeper:v1 state {{}} -->\n<!-- podkeeper:v1 end -->\n\n\
         ## Tickets\n\n\
         - [ ] A scanner that finds nothing in a monorepo, https://gitlab.com/harbour-desk/support/playground/sast\n\
         - [x] A report that the dashboard does not show\n\n\
         ## What we learned\n\n\
         - Look at the job's artifact first\n",
        session.key,
        session.start.format("%A, %-d %B %Y, %H:%M UTC"),
    );
    let new = NewIssue {
        title: session.title.clone(),
        rest: IssueEdit {
            description: Change::Set(description),
            labels: Some(vec![pod.label.clone()]),
            ..Default::default()
        },
    };
    let opens = move |world: &mut World| {
        world.open_issue(project, cast.bot, &new);
    };
    (shift(session.start, -AHEAD), Box::new(opens))
}

/// A person takes the label off a session's issue afterwards, and another day it is closed.
fn lost_its_label<'a>(cast: &'a Cast, project: u64, pod: &'a PodPlot, session: &'a PastSession) -> [Event<'a>; 2] {
    let find = move |world: &World| {
        let issues = world.projects.get(&project).map(|project| project.issues.values());
        issues.into_iter().flatten().find(|issue| issue.title == session.title).map(|issue| issue.iid)
    };
    let edit = move |world: &mut World, edit: &IssueEdit| {
        if let Some(iid) = find(world) {
            world.edit_issue(project, iid, cast.person, edit);
        }
    };
    let again = edit;
    let bare = IssueEdit { remove_labels: vec![pod.label.clone()], ..Default::default() };
    let closed = IssueEdit { close: Some(true), ..Default::default() };
    [
        (shift(session.start, 2), Box::new(move |world: &mut World| edit(world, &bare))),
        (shift(session.start, 24), Box::new(move |world: &mut World| again(world, &closed))),
    ]
}

/// Issues that people and the pairing bot made: with another pod's label, without any, and with the bot's own.
fn peoples<'a>(cast: &'a Cast, project: u64, before: DateTime<Utc>, other: &str) -> [Event<'a>; 3] {
    let member = |index: usize| cast.members.get(index).copied().unwrap_or(cast.person);
    let issue = |title: &str, text: &str, labels: &[&str], assignees: &[u64]| NewIssue {
        title: title.to_owned(),
        rest: IssueEdit {
            description: Change::Set(text.to_owned()),
            labels: Some(labels.iter().map(|&label| label.to_owned()).collect()),
            assignees: Some(assignees.to_vec()),
            ..Default::default()
        },
    };
    let pairify = issue(
        "Pairing: Jonah <> Lucja",
        "You two talked about it in the channel:\n\n- https://gitlab.com/lantern-scanners/report-schemas\n",
        &[PAIRIFY],
        &[member(6), member(7)],
    );
    let unlabelled = issue(
        "Pairing: Tuva and Mateo on a DAST login that fails",
        "- [x] Reproduce it\n- [x] Read the browser's log together\n",
        &[],
        &[member(3), member(4)],
    );
    let others = issue("Runner tickets together", "- [ ] Jobs that wait for a runner for ever\n", &[other], &[]);
    let (jonah, tuva) = (member(6), member(4));
    [
        // The pairing bot closes what it opens at once.
        (shift(before, -72), Box::new(move |world: &mut World| closed(world, project, jonah, &pairify))),
        (shift(before, -48), Box::new(move |world: &mut World| closed(world, project, tuva, &unlabelled))),
        (
            shift(before, -24),
            Box::new(move |world: &mut World| {
                world.open_issue(project, cast.person, &others);
            }),
        ),
    ]
}

fn closed(world: &mut World, project: u64, author: u64, new: &NewIssue) {
    let Some(iid) = world.open_issue(project, author, new) else { return };
    let close = IssueEdit { close: Some(true), ..Default::default() };
    world.add_note(project, iid, author, "That went well, nothing is left to do.");
    world.edit_issue(project, iid, author, &close);
}

/// So many hours later, or the same time where the calendar ends.
fn shift(time: DateTime<Utc>, hours: i64) -> DateTime<Utc> {
    time.checked_add_signed(TimeDelta::hours(hours)).unwrap_or(time)
}
