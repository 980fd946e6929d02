//! The issues of a pairing project: what the bot made, what people made, and what went wrong in between.

use chrono::{DateTime, TimeDelta, Utc};
use gitlab_sandbox::world::{DEVELOPER, FieldChange, IssueEdit, NewIssue, OWNER, REPORTER, Visibility, World};

use super::{PastSession, SeedPod, SeedUsers};

const PAIRIFY: &str = "pairify";
/// The bot opens a session's issue so many hours before it.
const OPENED_HOURS_AHEAD: i64 = 6 * 24;

const TEMPLATE: &str = "## Who\n\n- [ ] \n\n## Tickets\n\n- [ ] \n\n## What we learned\n";

/// Something that happened, and when.
type SeedEvent<'a> = (DateTime<Utc>, Box<dyn FnOnce(&mut World) + 'a>);

/// Builds one pairing project for all pods that use it. Events happen in the order of time, so that iids grow.
pub(super) fn build_pairing_project(world: &mut World, cast: &SeedUsers, path: &str, pods: &[&SeedPod]) {
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
    let other = unused_pod_label(pods);
    world.add_label(project, other, "#8fbc8f", "Pairing sessions of another pod");
    world.add_label(project, PAIRIFY, "#d99530", "Opened by the pairing bot");

    let mut events: Vec<SeedEvent<'_>> = Vec::new();
    for pod in pods {
        if let Some(last) = pod.past_sessions.first() {
            events.push(session_issue_event(cast, project, pod, last));
        }
        if let Some(before) = pod.past_sessions.get(1) {
            events.push(session_issue_event(cast, project, pod, before));
            events.extend(label_removal_events(cast, project, pod, before));
        }
    }
    let latest = pods.first().and_then(|pod| pod.past_sessions.first()).map_or(world.now, |session| session.start);
    events.extend(human_issue_events(cast, project, add_hours(latest, -OPENED_HOURS_AHEAD), other));
    events.sort_by_key(|(time, _)| *time);
    for (time, happens) in events {
        world.at_time(time.min(world.now), happens);
    }
}

/// A label of a pod that is none of these.
fn unused_pod_label(pods: &[&SeedPod]) -> &'static str {
    let mut free = ["pod::verify", "pod::runners", "pod::get"].into_iter();
    free.find(|name| pods.iter().all(|pod| pod.label != *name)).unwrap_or("pod::elsewhere")
}

/// A session's issue as the bot opens it.
fn session_issue_event<'a>(
    cast: &'a SeedUsers,
    project: u64,
    pod: &'a SeedPod,
    session: &'a PastSession,
) -> SeedEvent<'a> {
    let description = format!(
        "<!-- podkeeper:v1 session {} -->\n**When:** {}\n<!-- podkeeper:v1 state {{\"start\":\"{start}\"}} -->\n\
         <!-- podkeeper:v1 end -->\n\n\
         ## Pinned tickets\n\n\
         - [ ] [482913](https://tickets.example/482913) · since {two_before}, second session\n\
         - [ ] https://tickets.example/483377\n\
         - [x] [481066](https://tickets.example/481066)\n\n\
         ## Left from last week\n\n\
         - [x] Draft the note on offline scanners (Tuva)\n\
         - [ ] Ask why login scripts stop after 30 seconds (Mateo)\n\n\
         ## Who is here\n\n\
         - [x] Ada\n- [x] Tuva\n- [ ] Mateo\n\n\
         ## What we worked on\n\n\
         - A scanner that finds nothing in a monorepo\n\n\
         ## What came of it\n\
         https://docs.gitlab.com/user/application_security/\n\n\
         ## Notes\n\n\
         - Look at the job's artifact first\n",
        session.key,
        session.start.format("%A, %-d %B %Y, %H:%M UTC"),
        start = session.start.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        two_before = add_hours(session.start, -14 * 24).format("%-d %B"),
    );
    let new = NewIssue {
        title: session.title.clone(),
        edit: IssueEdit {
            description: FieldChange::Set(description),
            labels: Some(vec![pod.label.clone()]),
            ..Default::default()
        },
    };
    let opens = move |world: &mut World| {
        world.open_issue(project, cast.bot, &new);
    };
    (add_hours(session.start, -OPENED_HOURS_AHEAD), Box::new(opens))
}

/// A person takes the label off a session's issue afterwards, and another day it is closed.
fn label_removal_events<'a>(
    cast: &'a SeedUsers,
    project: u64,
    pod: &'a SeedPod,
    session: &'a PastSession,
) -> [SeedEvent<'a>; 2] {
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
        (add_hours(session.start, 2), Box::new(move |world: &mut World| edit(world, &bare))),
        (add_hours(session.start, 24), Box::new(move |world: &mut World| again(world, &closed))),
    ]
}

/// Issues that people and the pairing bot made: with another pod's label, without any, and with the bot's own.
fn human_issue_events<'a>(cast: &'a SeedUsers, project: u64, before: DateTime<Utc>, other: &str) -> [SeedEvent<'a>; 3] {
    let member = |index: usize| cast.members.get(index).copied().unwrap_or(cast.person);
    let issue = |title: &str, text: &str, labels: &[&str], assignees: &[u64]| NewIssue {
        title: title.to_owned(),
        edit: IssueEdit {
            description: FieldChange::Set(text.to_owned()),
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
        (
            add_hours(before, -5),
            Box::new(move |world: &mut World| open_and_close_issue(world, project, jonah, &pairify)),
        ),
        (
            add_hours(before, -4),
            Box::new(move |world: &mut World| open_and_close_issue(world, project, tuva, &unlabelled)),
        ),
        (
            add_hours(before, -3),
            Box::new(move |world: &mut World| {
                world.open_issue(project, cast.person, &others);
            }),
        ),
    ]
}

fn open_and_close_issue(world: &mut World, project: u64, author: u64, new: &NewIssue) {
    let Some(iid) = world.open_issue(project, author, new) else { return };
    let close = IssueEdit { close: Some(true), ..Default::default() };
    world.add_issue_note(project, iid, author, "That went well, nothing is left to do.");
    world.edit_issue(project, iid, author, &close);
}

/// So many hours later, or the same time where the calendar ends.
fn add_hours(time: DateTime<Utc>, hours: i64) -> DateTime<Utc> {
    time.checked_add_signed(TimeDelta::hours(hours)).unwrap_or(time)
}
