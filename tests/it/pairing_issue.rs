//! What a pairing issue says, from its opening to its session.

use chrono_tz::Tz;
use podkeeper::pod::action::Change;
use podkeeper::pod::marker;
use podkeeper::pod::pairing_options::{Absence, HostRotation};
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::schedule::Skip;
use podkeeper::pod::template::Template;
use podkeeper::sandbox::world::Issue;
use serde_json::json;

use crate::sessions::{
    advance_to, change_page, edit, messages, opened, own_issues, pod, session_issue, stage_without_history,
};
use crate::support::{NOW, Stage, finding_lines};

/// Zones of both hemispheres.
const ZONES: [&str; 4] = ["America/Los_Angeles", "Europe/Berlin", "Africa/Nairobi", "Australia/Sydney"];

fn zones() -> Vec<Tz> {
    ZONES.iter().map(|zone| zone.parse().unwrap()).collect()
}

/// A body without what podkeeper remembers in it.
fn shown(issue: &Issue) -> String {
    let body = issue.description.clone().unwrap_or_default();
    body.lines().filter(|line| !line.contains("podkeeper:v1 state")).collect::<Vec<_>>().join("\n")
}

/// What podkeeper's block of the newest session says, without its small print.
fn block_text(stage: &Stage) -> String {
    let body = session_issue(stage).description.unwrap();
    let marker::ParsedBody::Block(block) = marker::parse_body(&body) else { panic!("{body}") };
    let lines = block.text.lines().filter(|line| !line.starts_with("<sub>") && !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn line_of(stage: &Stage, begins: &str) -> Option<String> {
    block_text(stage).lines().find(|line| line.contains(begins)).map(str::to_owned)
}

fn hosts(stage: &Stage) -> (Vec<String>, Vec<String>) {
    let body = session_issue(stage).description.unwrap();
    let marker::ParsedBody::Block(block) = marker::parse_body(&body) else { panic!("{body}") };
    (block.state.hosts, block.state.next_hosts)
}

fn plan_text(runs: &[PodRun]) -> String {
    let actions = runs.iter().flat_map(|run| &run.plan.actions).map(ToString::to_string);
    let sentences = runs.iter().flat_map(|run| &run.status_sentences).map(|sentence| sentence.text.clone());
    actions.chain(sentences).collect::<Vec<_>>().join("\n")
}

/// What is reported of the settings, not of the page.
fn told(runs: &[PodRun]) -> Vec<String> {
    let of_settings = |line: &String| line.starts_with("setting-left-out ") || line.starts_with("template-failed ");
    finding_lines(runs).into_iter().filter(of_settings).collect()
}

async fn assert_settled(stage: &Stage) {
    let written = stage.journal().len();
    let runs = stage.apply().await;
    assert_eq!(stage.journal().len(), written, "{:?}", runs[0].outcomes);
}

#[tokio::test(start_paused = true)]
async fn the_first_issue_says_when_who_and_where() {
    let mut pod = pod();
    pod.pairing.zones = zones();
    let stage = stage_without_history(pod, NOW);
    let plan = stage.plan().await;
    insta::assert_snapshot!(plan[0].plan, @r#"open "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC" in our-group/support-pairing with label `pod::secure`, because no issue carries secure/weekly/2026-W48 and the session is Thu 2026-11-26 15:00 UTC"#);
    stage.apply().await;
    let issue = session_issue(&stage);
    assert_eq!(issue.title, "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC");
    // Whose turn it is hangs on the number of the session.
    let host = line_of(&stage, "Host").unwrap();
    assert!(host.contains(". **Notes:** ") && host.contains(". Next week: ") && host.contains(" and "), "{host}");
    insta::assert_snapshot!(shown(&issue).replace(&host, "- **Host:** …"), @r"
    <!-- podkeeper:v1 session secure/weekly/2026-W48 -->
    **Thursday 26 November 2026, 15:00 UTC, one hour**, in [`#spt_pod_secure`](https://gitlab.slack.com/archives/C0BOX0POD01) · [pod page](https://handbook.example.com/handbook/support/support-pods/secure/)

    - **Your time:** 07:00 Los Angeles · 16:00 Berlin · 18:00 Nairobi · 02:00 Sydney (+1 day)
    - **Host:** …
    - **Label:** [2 sessions of ours](https://gitlab.com/our-group/support-pairing/-/issues/?sort=created_date&state=all&not%5Blabel_name%5D%5B%5D=pod%3A%3A*) carry no `pod::secure`

    <sub>podkeeper · secure/weekly/2026-W48 · kept up to date until we start; everything below is yours. Not this week? Close the issue.</sub>
    <!-- podkeeper:v1 end -->

    ## Pinned tickets
    Tick what no longer needs the pod. The rest comes along next week.

    ## Left from last week

    ## Who is here
    We expect nine. Tick your name, or add yourself: guests are welcome.

    - [ ] Ada
    - [ ] Sorin
    - [ ] Imani
    - [ ] Mateo
    - [ ] Tuva
    - [ ] Renée
    - [ ] Jonah
    - [ ] Lucja
    - [ ] Barnaby

    ## What we worked on

    ## What came of it
    Docs, bug reports, merge requests: one link a line.

    ## Notes
    ");
    assert!(issue.assignees.is_empty() && issue.due_date.is_none() && issue.milestone.is_none() && !issue.confidential);
    let body = issue.description.unwrap();
    assert!(!body.lines().any(|line| line.trim_start().starts_with('/')), "no quick action: {body}");
    assert_settled(&stage).await;
}

#[tokio::test(start_paused = true)]
async fn a_week_in_which_clocks_change_warns_those_whom_it_moves() {
    for (before, now, line) in [
        ("2026-10-20", "2026-10-27", "one hour earlier than last week for Berlin"),
        ("2026-10-27", "2026-11-03", "one hour earlier than last week for Los Angeles"),
        ("2026-09-29", "2026-10-06", "one hour later than last week for Sydney"),
        ("2027-03-23", "2027-03-30", "one hour later than last week for Berlin"),
        ("2027-03-30", "2027-04-06", "one hour earlier than last week for Sydney"),
    ] {
        let mut pod = pod();
        pod.pairing.zones = zones();
        let mut stage = stage_without_history(pod, &format!("{before}T06:00:00Z"));
        stage.sandbox.change_world(|world| world.tokens.values_mut().for_each(|token| token.expires_at = None));
        stage.apply().await;
        advance_to(&mut stage, &format!("{now}T06:00:00Z"));
        stage.apply().await;
        assert_eq!(line_of(&stage, "clock").as_deref(), Some(&*format!("- **Watch the clock:** {line}")), "{now}");
        assert_settled(&stage).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_skipped_week_is_said_before_and_after_it() {
    let mut pod = pod();
    let date = "2026-12-24".parse().unwrap();
    pod.slots[0].skips = vec![Skip { reason: Some("holidays".to_owned()), ..Skip::on(date) }];
    let mut stage = stage_without_history(pod, "2026-12-11T06:00:00Z");
    stage.apply().await;
    let said = Some("- **No session on** 24 December: holidays".to_owned());
    assert_eq!(line_of(&stage, "No session"), said);
    assert!(line_of(&stage, "Host").unwrap().contains("Next time: "), "{:?}", line_of(&stage, "Host"));
    advance_to(&mut stage, "2026-12-25T06:00:00Z");
    stage.apply().await;
    assert_eq!(session_issue(&stage).title, "Secure Pod Pairing, Thu 31 Dec 2026, 15:00 UTC");
    assert_eq!(line_of(&stage, "No session"), said);
    advance_to(&mut stage, "2027-01-01T06:00:00Z");
    stage.apply().await;
    assert_eq!(line_of(&stage, "No session"), None);
}

/// The skip is written down when the issue is open already.
#[tokio::test(start_paused = true)]
async fn an_open_issue_of_a_skipped_session_is_reported() {
    let mut stage = stage_without_history(pod(), "2026-12-01T06:00:00Z");
    stage.apply().await;
    let date = "2026-12-03".parse().unwrap();
    stage.pods[0].slots[0].skips = vec![Skip { reason: Some("summit".to_owned()), ..Skip::on(date) }];
    let reported = |runs: &[PodRun]| {
        let found = runs[0].findings.iter().find(|found| found.rule.code() == "session-skipped");
        found.map(|found| found.message.split_once(' ').unwrap().1.to_owned())
    };
    let runs = stage.apply().await;
    assert_eq!(reported(&runs).as_deref(), Some("is open for the session of 3 December, which is skipped: summit"));
    let iid = session_issue(&stage).iid;
    edit(&stage, "person", iid, json!({ "state_event": "close" })).await;
    assert_eq!(reported(&stage.apply().await), None);
}

/// The slot meets on another day since; what was held was held on its own.
#[tokio::test(start_paused = true)]
async fn the_session_before_has_the_day_on_which_it_was_held() {
    let mut stage = stage_without_history(pod(), NOW);
    stage.apply().await;
    advance_to(&mut stage, "2026-11-27T06:00:00Z");
    stage.pods[0].slots[0].cron = podkeeper::pod::schedule::Cron::parse("0 15 * * Tue").unwrap();
    stage.apply().await;
    assert!(line_of(&stage, "Last time").unwrap().starts_with("- **Last time:** [26 November]"));
}

#[tokio::test(start_paused = true)]
async fn a_long_break_is_told_from_its_first_session_to_its_last() {
    let mut pod = pod();
    let (first, last) = ("2026-12-10".parse().unwrap(), "2027-02-10".parse().unwrap());
    pod.slots[0].skips = vec![Skip { last, reason: Some("winter break".to_owned()), ..Skip::on(first) }];
    let mut stage = stage_without_history(pod, "2026-12-01T06:00:00Z");
    stage.apply().await;
    let said = Some("- **No session on** 10 December to 4 February: winter break".to_owned());
    assert_eq!(line_of(&stage, "No session"), said);
    advance_to(&mut stage, "2027-02-05T06:00:00Z");
    stage.apply().await;
    assert_eq!(session_issue(&stage).title, "Secure Pod Pairing, Thu 11 Feb 2027, 15:00 UTC");
    assert_eq!(line_of(&stage, "No session"), said);
}

#[tokio::test(start_paused = true)]
async fn the_session_before_is_told_as_what_became_of_it() {
    let mut stage = stage_without_history(pod(), NOW);
    stage.apply().await;
    assert_eq!(line_of(&stage, "Last time"), None, "there was none");
    let first = session_issue(&stage);
    let link = format!("[26 November](http://127.0.0.1/{}/-/issues/{})", stage.pods[0].pairing_project, first.iid);

    advance_to(&mut stage, "2026-11-27T06:00:00Z");
    stage.apply().await;
    assert_eq!(line_of(&stage, "Last time"), Some(format!("- **Last time:** {link}, no notes yet; add them any time")));
    // Somebody writes down what was done.
    let body = first.description.clone().unwrap().replace("## Notes", "## Notes\n\nWe looked at a scanner.");
    edit(&stage, "person", first.iid, json!({"description": body})).await;
    stage.apply().await;
    assert_eq!(line_of(&stage, "Last time"), Some(format!("- **Last time:** {link}")));

    // Not this week: the issue is closed before its session.
    let second = session_issue(&stage);
    edit(&stage, "person", second.iid, json!({"state_event": "close"})).await;
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), [""; 0], "closed is no reason for another one");
    advance_to(&mut stage, "2026-12-04T06:00:00Z");
    stage.apply().await;
    let closed =
        link.replace("26 November", "3 December").replace(&format!("/{})", first.iid), &format!("/{})", second.iid));
    assert_eq!(
        line_of(&stage, "Last time"),
        Some(format!("- **Last time:** {closed} was closed before it began. Before that: {link}"))
    );
    // A week without a runner.
    advance_to(&mut stage, "2026-12-18T06:00:00Z");
    stage.apply().await;
    let outcome = line_of(&stage, "Last time").unwrap();
    assert!(outcome.starts_with("- **Last time:** 17 December had no pairing issue. Before that: [26 "), "{outcome}");
}

#[tokio::test(start_paused = true)]
async fn what_was_promised_holds_and_who_is_away_is_replaced_the_same_day() {
    let mut stage = stage_without_history(pod(), NOW);
    stage.apply().await;
    let (this, next) = hosts(&stage);
    assert_eq!((this.len(), next.len()), (2, 2));
    advance_to(&mut stage, "2026-11-27T06:00:00Z");
    stage.apply().await;
    let (promised, after) = hosts(&stage);
    assert_eq!(promised, next, "what the issue before said holds");

    let day = |text: &str| text.parse().unwrap();
    stage.pods[0].absences =
        vec![Absence { handle: promised[0].to_uppercase(), from: day("2026-12-01"), until: day("2026-12-12") }];
    let plan = plan_text(&stage.plan().await);
    assert!(plan.contains("rewrite the block"), "{plan}");
    assert!(plan.contains(" is away until 12 December, so "), "{plan}");
    stage.apply().await;
    let (replaced, unchanged) = hosts(&stage);
    assert!(replaced[0] != promised[0] && !after.contains(&replaced[0]), "{replaced:?}");
    assert_eq!((&replaced[1], &unchanged), (&promised[1], &after));
    assert_settled(&stage).await;
    // Back again: what was said last holds.
    stage.pods[0].absences.clear();
    assert_settled(&stage).await;
}

#[tokio::test(start_paused = true)]
async fn a_host_who_leaves_is_replaced_and_nobody_else_is() {
    let stage = stage_without_history(pod(), NOW);
    stage.apply().await;
    let (this, next) = hosts(&stage);
    let world = stage.sandbox.world();
    let at = &stage.pods[0].page;
    let page = &world.project_by_path(&at.project).unwrap().files[&at.git_ref][&at.path];
    let line = page.lines().find(|line| line.contains(&format!("`@{}`", this[0]))).unwrap().to_owned();
    change_page(&stage, &format!("{line}\n"), "");
    stage.apply().await;
    let (then, after) = hosts(&stage);
    assert_ne!(then[0], this[0]);
    assert_eq!((&then[1], &after), (&this[1], &next));
    assert_settled(&stage).await;
}

#[tokio::test(start_paused = true)]
async fn who_may_host_is_configured_and_what_is_named_in_vain_is_told_once() {
    for (rotation, finding) in [
        (HostRotation::Leads, None),
        (HostRotation::Nobody, None),
        (HostRotation::Handles(vec!["MFARROW".to_owned(), "ghost".to_owned()]), Some("`ghost` is not on the page")),
        (HostRotation::Handles(Vec::new()), Some("nobody on the page can host")),
        (HostRotation::Handles(vec!["ghost".to_owned()]), Some("nobody on the page can host")),
    ] {
        let mut pod = pod();
        pod.pairing.hosts = rotation.clone();
        let stage = stage_without_history(pod, NOW);
        let runs = stage.apply().await;
        assert_eq!(opened(&runs).len(), 1, "{rotation:?}");
        let reported = messages(&runs, "setting-left-out");
        assert_eq!(reported.len(), usize::from(finding.is_some()), "{rotation:?}: {reported:?}");
        assert!(finding.is_none_or(|words| reported[0].contains(words)), "{reported:?}");
        let line = line_of(&stage, "Host");
        match rotation {
            HostRotation::Leads => {
                let line = line.unwrap();
                assert!(line.contains("Ada Quill") && line.contains("Sorin Vale") && !line.contains("Mateo"), "{line}");
            }
            HostRotation::Handles(handles) if handles.len() == 2 => {
                assert_eq!(line.unwrap(), "- **Host:** Mateo Farrow");
            }
            HostRotation::Nobody | HostRotation::Everyone | HostRotation::Handles(_) => assert_eq!(line, None),
        }
        assert_eq!(runs[0].exit_status(), ExitStatus::Done);
    }
}

#[tokio::test(start_paused = true)]
async fn a_template_that_fails_opens_the_session_and_is_told_in_every_run() {
    let endless = "{{ block }}\n{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}\n";
    let unknown = "{{ block }}\n\n{% if date == \"2026-11-26\" %}{{ nosuchword }}{% endif %}\n";
    for (source, words) in
        [(endless, "line 2"), (unknown, "line 3"), ("{{ block }\n", "line 1"), ("nothing", "exactly once")]
    {
        let mut pod = pod();
        pod.template = Template::new("templates/own.md", source);
        let stage = stage_without_history(pod, NOW);
        for open in [1, 0] {
            let runs = stage.apply().await;
            assert_eq!(opened(&runs).len(), open, "{source}");
            assert_eq!(told(&runs), ["template-failed templates/own.md"], "{source}");
            let message = &messages(&runs, "template-failed")[0];
            assert!(message.contains(words) && message.ends_with("the built-in one takes its place"), "{message}");
            assert_eq!(runs[0].exit_status(), ExitStatus::Usage, "{source}");
        }
        assert!(shown(&session_issue(&stage)).contains("## What came of it"), "{source}");
    }
}

const TEMPLATE: &str = ".gitlab/issue_templates/Our session.md";

fn stage_with_project_template(text: Option<&str>) -> Stage {
    let mut pod = pod();
    pod.pairing.issue_template = Some(TEMPLATE.to_owned());
    let stage = stage_without_history(pod, NOW);
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        if let Some(text) = text {
            world.add_file(project, "main", TEMPLATE, text);
        }
    });
    stage
}

#[tokio::test(start_paused = true)]
async fn the_projects_own_template_has_the_block_on_top() {
    let stage =
        stage_with_project_template(Some("## Goals\n\n## Who is here\n\n## Tickets\n- [ ] \n\n/assign @mfarrow\n"));
    let runs = stage.apply().await;
    assert_eq!(told(&runs), [""; 0]);
    let issue = session_issue(&stage);
    let body = shown(&issue);
    let below = body.split("<!-- podkeeper:v1 end -->").nth(1).unwrap();
    insta::assert_snapshot!(below, @r"
    ## Goals

    ## Who is here

    - [ ] Ada
    - [ ] Sorin
    - [ ] Imani
    - [ ] Mateo
    - [ ] Tuva
    - [ ] Renée
    - [ ] Jonah
    - [ ] Lucja
    - [ ] Barnaby

    ## Tickets
    - [ ]

    ## Pinned tickets

    ## Left from last week
    ");
    assert!(issue.assignees.is_empty());
    assert_settled(&stage).await;
}

#[tokio::test(start_paused = true)]
async fn a_template_that_the_project_lacks_is_told_and_the_built_in_one_used() {
    for (text, finding, ending) in [
        (None, "setting-left-out pods/secure.toml: [pairing] template", ExitStatus::Done),
        (
            Some("{{ block }}\n{{ nosuchword }}\n"),
            "template-failed .gitlab/issue_templates/Our session.md in our-group/support-pairing",
            ExitStatus::Usage,
        ),
    ] {
        let stage = stage_with_project_template(text);
        let runs = stage.apply().await;
        assert_eq!((opened(&runs).len(), told(&runs)), (1, vec![finding.to_owned()]));
        assert_eq!(runs[0].exit_status(), ending);
        assert!(shown(&session_issue(&stage)).contains("## Left from last week"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_issue_is_opened_in_its_milestone_and_confidential() {
    let mut pod = pod();
    pod.pairing.milestone = Some("Q4 pairing".to_owned());
    pod.pairing.confidential = true;
    let stage = stage_without_history(pod, NOW);
    let mut id = None;
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        id = world.add_milestone(project, "Q4 pairing");
    });
    let plan = stage.plan().await;
    let Change::OpenPairingIssue { milestone, confidential, .. } = &plan[0].plan.actions[0].change else {
        panic!("{}", plan_text(&plan))
    };
    assert_eq!((milestone.as_ref().map(|milestone| milestone.id), *confidential), (id, true));
    let runs = stage.apply().await;
    assert_eq!((runs[0].exit_status(), told(&runs)), (ExitStatus::Done, Vec::new()));
    let issue = session_issue(&stage);
    assert_eq!((issue.milestone, issue.confidential), (id, true));
    assert_settled(&stage).await;
}

#[tokio::test(start_paused = true)]
async fn a_milestone_that_is_not_there_is_told_and_the_issue_opened_without() {
    let mut pod = pod();
    pod.pairing.milestone = Some("Q4 pairing".to_owned());
    let stage = stage_without_history(pod, NOW);
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        world.add_milestone(project, "Q4 Pairing");
    });
    let runs = stage.apply().await;
    assert_eq!(opened(&runs).len(), 1);
    assert_eq!(told(&runs), ["setting-left-out pods/secure.toml: [pairing] milestone"]);
    assert_eq!(session_issue(&stage).milestone, None);
}

#[tokio::test(start_paused = true)]
async fn a_title_of_an_earlier_version_is_ours_and_is_brought_up_to_date_once() {
    let old = "Secure Pod Pairing, Thu 2026-11-26 15:00 UTC";
    let stage = stage_without_history(pod(), NOW);
    stage.apply().await;
    let issue = session_issue(&stage);
    // As a version before wrote it, whose block remembers that title.
    let body = issue.description.clone().unwrap();
    let hash = |title: &str| podkeeper::pod::finding::short_hash(title);
    let body = body.replace(&hash(&issue.title), &hash(old));
    edit(&stage, "api", issue.iid, json!({"title": old, "description": body})).await;
    stage.apply().await;
    assert_eq!(session_issue(&stage).title, "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC");
    assert_settled(&stage).await;
    // Who goes back to it means it.
    edit(&stage, "person", issue.iid, json!({"title": old})).await;
    stage.apply().await;
    assert_eq!(session_issue(&stage).title, old);
    assert_settled(&stage).await;
    // Where the marker is lost, the title alone says that it is podkeeper's: there is no second issue.
    edit(&stage, "person", issue.iid, json!({"description": "nothing left", "labels": ""})).await;
    assert_eq!(opened(&stage.apply().await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn once_the_session_has_begun_nothing_of_it_changes() {
    let mut stage = stage_without_history(pod(), NOW);
    stage.apply().await;
    let before = own_issues(&stage);
    advance_to(&mut stage, "2026-11-26T15:00:01Z");
    stage.pods[0].slots[0].event = "Another name".to_owned();
    stage.pods[0].pairing.zones = zones();
    change_page(&stage, "Mateo Farrow", "Matteo Farrow");
    stage.apply().await;
    let after = own_issues(&stage);
    assert_eq!((&after[0].title, &after[0].description), (&before[0].title, &before[0].description));
}
