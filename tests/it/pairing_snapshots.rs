//! Plan and world, before and after: one story for each thing that podkeeper does for a pod's sessions, as somebody who
//! reviews the plan and looks at the issues afterwards would see it.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use podkeeper::pod::PodKey;
use podkeeper::pod::label::LabelName;
use podkeeper::pod::pairing_options::{Absence, HostRotation};
use podkeeper::pod::template::Template;
use podkeeper::sandbox::world::{FieldChange, IssueEdit, World};

use crate::carry_over::{advance_to, write_into};
use crate::people_actions::{edit_issue, find_issue_place};
use crate::rhythms::{pod_with, stage_of};
use crate::support::Stage;

/// A day on which the issue of Thursday 26 November is due to be opened.
const TUESDAY: &str = "2026-11-24T06:00:00Z";

#[tokio::test(start_paused = true)]
async fn rhythm_every_other_week_in_berlin_with_a_holiday_and_a_moved_session() {
    let session = "every = 2\nanchor = \"2026-11-26\"\nskip = [{ from = \"2026-12-24\", until = \"2027-01-06\", reason = \
                   \"holidays\" }]\nmove = [{ date = \"2026-12-10\", to = \"2026-12-09 16:00\" }]\n";
    let mut pod = pod_with(session, "");
    pod.slots[0].zone = Tz::Europe__Berlin;
    let mut stage = stage_of(pod, TUESDAY);
    insta::assert_snapshot!("rhythm_1_the_first_session", plan_and_world(&stage).await);
    advance_to(&mut stage, "2026-12-04T06:00:00Z");
    insta::assert_snapshot!("rhythm_2_the_moved_session_before_the_holidays", plan_and_world(&stage).await);
    advance_to(&mut stage, "2027-01-02T06:00:00Z");
    insta::assert_snapshot!("rhythm_3_after_the_holidays", plan_and_world(&stage).await);
}

#[tokio::test(start_paused = true)]
async fn issue_by_the_pods_own_template_in_a_milestone_confidential_for_four_zones() {
    let mut pod = pod_with("", "");
    let zones = [Tz::America__Los_Angeles, Tz::Europe__Berlin, Tz::Africa__Nairobi, Tz::Australia__Sydney];
    pod.pairing.zones = zones.into();
    pod.pairing.confidential = true;
    pod.pairing.milestone = Some("17.7".to_owned());
    let text = "{{ block }}\n\n## Pinned tickets\n\n## Left from last week\n\n## Who is here\n{{ people }}\n\n## What came of it\n\n## Notes\n";
    pod.template = Template::new("the pod's template", text);
    let stage = stage_of(pod, TUESDAY);
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        world.add_milestone(project, "17.7");
    });
    insta::assert_snapshot!("issue_by_template_in_a_milestone", plan_and_world(&stage).await);
}

#[tokio::test(start_paused = true)]
async fn carry_over_and_closing_from_one_week_to_the_next() {
    let mut stage = stage_of(pod_with("", ""), TUESDAY);
    stage.apply().await;
    let first = find_issue_place(&stage, "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC").1;
    write_into(
        &stage,
        first,
        "Pinned tickets",
        "- [ ] ACME waits https://tickets.example/48\n- [x] https://tickets.example/47\n",
    );
    write_into(&stage, first, "Left from last week", "- [x] Ask the scanner team\n- [ ] Draft the note (@tuval)\n");
    write_into(&stage, first, "What came of it", "https://docs.example/offline\n");
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    insta::assert_snapshot!("carry_over_1_the_session_has_ended", plan_and_world(&stage).await);
    write_into(&stage, first, "Left from last week", "- [ ] A late one\n");
    advance_to(&mut stage, "2026-11-27T16:00:00Z");
    insta::assert_snapshot!("carry_over_2_a_day_later", plan_and_world(&stage).await);
}

#[tokio::test(start_paused = true)]
async fn hosts_take_turns_and_who_is_away_is_replaced() {
    let mut pod = pod_with("", "");
    let handles = ["tuval", "mfarrow", "svale", "lwisnik"];
    pod.pairing.hosts = HostRotation::Handles(handles.iter().map(|handle| (*handle).to_owned()).collect());
    let mut stage = stage_of(pod, TUESDAY);
    insta::assert_snapshot!("hosts_1_whose_turn_it_is", plan_and_world(&stage).await);
    let hosts = |stage: &Stage| {
        let place = find_issue_place(stage, "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC");
        let body = crate::people_actions::issue_body(stage, place);
        podkeeper::pod::marker::parse_body(&body).block().unwrap().state.hosts.clone()
    };
    let day = |text: &str| text.parse().unwrap();
    let handle = hosts(&stage).remove(0);
    stage.pods[0].absences = vec![Absence { handle, from: day("2026-11-25"), until: day("2026-11-29") }];
    insta::assert_snapshot!("hosts_2_one_of_them_is_away", plan_and_world(&stage).await);
}

#[tokio::test(start_paused = true)]
async fn a_label_of_another_colour_is_updated_and_its_near_twin_reported() {
    let mut pod = pod_with("", "");
    pod.label.manage = true;
    pod.label.named_color = Some("#1F75CB".to_owned());
    let stage = stage_of(pod, TUESDAY);
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        let labels = &mut world.projects.get_mut(&project).unwrap().labels;
        labels
            .values_mut()
            .filter(|label| label.name == "pod::secure")
            .for_each(|label| label.color = "#ff0000".into());
        world.add_label(project, "pod::Secure", "#00ff00", "");
    });
    let place = find_issue_place(&stage, "Pairing: Tuva and Mateo on a DAST login that fails");
    let twin = IssueEdit { add_labels: vec!["pod::Secure".to_owned()], ..IssueEdit::default() };
    edit_issue(&stage, place, &twin);
    insta::assert_snapshot!("label_mended_and_its_twin_told", plan_and_world(&stage).await);
}

#[tokio::test(start_paused = true)]
async fn two_pods_become_one_and_both_last_issues_carry_over_into_one() {
    let secure = pod_with("", "");
    let mut review = pod_with("", "");
    review.key = PodKey::parse("review").unwrap();
    review.name = "Review Pod".to_owned();
    review.slots[0].event = "Review Pod Pairing".to_owned();
    review.label.name = LabelName::parse("pod::review").unwrap();
    let mut stage = stage_of(secure, TUESDAY);
    let project = stage.pods[0].pairing_project.clone();
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&project).unwrap().id;
        world.add_label(project, "pod::review", "#1f75cb", "");
    });
    stage.pods.push(review);
    stage.apply().await;
    for (title, line) in [
        ("Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC", "- [ ] Ask the scanner team\n"),
        ("Review Pod Pairing, Thu 26 Nov 2026, 15:00 UTC", "- [ ] Ask the runner team\n"),
    ] {
        write_into(&stage, find_issue_place(&stage, title).1, "Left from last week", line);
    }
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    let review = stage.pods.remove(1);
    stage.pods[0].former_keys = vec![review.key];
    stage.pods[0].label.former_names = vec![review.label.name];
    insta::assert_snapshot!("pod_1_two_are_one", plan_and_world(&stage).await);
    advance_to(&mut stage, "2026-11-27T16:00:00Z");
    insta::assert_snapshot!("pod_2_and_both_last_issues_are_closed", plan_and_world(&stage).await);
}

#[tokio::test(start_paused = true)]
async fn sessions_that_people_opened_get_the_label_where_that_is_certain() {
    let mut pod = pod_with("", "");
    pod.label.apply = true;
    let stage = stage_of(pod, TUESDAY);
    stage.apply().await;
    crate::label_proposals::opens(&stage, "tuval", "Left from Secure Pod Pairing", "- [ ] Read the log", &["mfarrow"]);
    let secret = crate::label_proposals::opens(&stage, "svale", "A customer's key", "In #spt_pod_secure", &["tuval"]);
    let edit = IssueEdit { confidential: Some(true), description: FieldChange::Keep, ..IssueEdit::default() };
    edit_issue(&stage, secret, &edit);
    insta::assert_snapshot!("label_of_people_s_sessions", plan_and_world(&stage).await);
}

// -------------------------------------------------------------------------------------------------------- what is seen

/// The plan, what it says beside it, and the issues of the pairing project after the run, with what changed since.
async fn plan_and_world(stage: &Stage) -> String {
    let planned = stage.plan().await;
    let since = stage.now - TimeDelta::seconds(1);
    stage.apply().await;
    let mut text = "PLAN\n".to_owned();
    for run in &planned {
        for action in &run.plan.actions {
            writeln!(text, "{action}").unwrap();
        }
        for then in &run.later_changes {
            writeln!(text, "then {}", then.text).unwrap();
        }
        for sentence in &run.status_sentences {
            writeln!(text, "{}", sentence.text).unwrap();
        }
        let of_page = |rule: &str| {
            ["text-", "list-", "link-", "label-empty", "label-trailing"].iter().any(|begin| rule.starts_with(begin))
        };
        for finding in run.findings.iter().filter(|finding| !of_page(finding.rule.code())) {
            writeln!(text, "[{}] {}", finding.rule.code(), finding.message).unwrap();
        }
    }
    text += "\nWORLD\n";
    text += &stage.with_world(|world| world_text(world, &stage.pods[0].pairing_project, since));
    text.trim_end().to_owned()
}

/// The issues that have changed since a moment.
fn world_text(world: &World, project: &str, since: DateTime<Utc>) -> String {
    let project = world.project_by_path(project).unwrap();
    let mut text = String::new();
    for issue in project.issues.values().filter(|issue| issue.updated_at > since) {
        let state = if issue.is_open() { "open" } else { "closed" };
        let labels: Vec<&str> = issue.labels.iter().map(String::as_str).collect();
        write!(text, "#{} {:?} {state} {}", issue.iid, issue.title, labels.join(", ")).unwrap();
        text += if issue.confidential { " confidential\n" } else { "\n" };
        // What podkeeper remembers is not for readers.
        let body = issue.description.as_deref().unwrap_or_default();
        for line in body.lines().filter(|line| !line.contains("podkeeper:v1 state")) {
            text += format!("    {line}").trim_end();
            text.push('\n');
        }
        for note in issue.notes.values() {
            let kind = if note.system { "note of GitLab" } else { "comment" };
            writeln!(text, "  {kind}: {}", note.body.replace('\n', "\n    ")).unwrap();
        }
    }
    for link in &world.issue_links {
        writeln!(text, "{link:?}").unwrap();
    }
    for label in project.labels.values().filter(|label| label.name.to_lowercase().starts_with("pod::")) {
        writeln!(text, "{} {} {:?}", label.name, label.color, label.description.as_deref().unwrap_or_default())
            .unwrap();
    }
    text
}
