use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::*;
use crate::pod::label::LabelName;
use crate::pod::marker::{BlockState, render_block};
use crate::pod::observed::FailureCause;
use crate::pod::pairing_options::Absence;
use crate::pod::pod_page::{Member, MembersSection, PodPage, SlackChannel};
use crate::pod::roster::{Handle, Role};
use crate::pod::schedule::{Cron, MeetingWeeks, Slot};
use crate::pod::snapshot::{PairingProjectState, ProjectLabel};
use crate::pod::template::Template;
use crate::pod::text::Untrusted;
use crate::pod::{LabelSpec, PageLocation, PodKey};

pub(super) fn pod() -> Pod {
    Pod {
        key: PodKey::parse("alpha").unwrap(),
        name: "Alpha Pod".to_owned(),
        former_keys: Vec::new(),
        page: PageLocation {
            project: "g/handbook".to_owned(),
            path: "content/alpha/_index.md".to_owned(),
            git_ref: "main".to_owned(),
            site: Some("https://handbook.example".parse().unwrap()),
            form: crate::pod::page_form::PageForm::default(),
        },
        pairing_project: "g/pairing".to_owned(),
        label: LabelSpec {
            name: LabelName::parse("pod::alpha").unwrap(),
            may_create: false,
            color: "#428BCA".to_owned(),
            named_color: None,
            description: String::new(),
            manage: false,
            apply: false,
            former_names: Vec::new(),
        },
        slots: vec![Slot {
            key: "weekly".to_owned(),
            former_keys: Vec::new(),
            cron: Cron::parse("0 15 * * Thu").unwrap(),
            zone: chrono_tz::UTC,
            duration: chrono::Duration::hours(1),
            open_ahead: chrono::Duration::days(7),
            changes: Vec::new(),
            weeks: MeetingWeeks::Every,
            skips: Vec::new(),
            moves: BTreeMap::new(),
            event: "Alpha Pod Pairing".to_owned(),
        }],
        tasks: crate::pod::Task::ALL.into_iter().map(|(task, _)| task).collect(),
        membership: crate::pod::agent::MembershipRule::None,
        agents: None,
        reports: crate::pod::ReportTarget { project: Some("g/reports".to_owned()), confidential: true },
        label_groups: Vec::new(),
        template: Template::new("t.md", "{{ block }}\n\n## Tickets\n"),
        slack_channel: None,
        gitlab_url: "https://gitlab.example".parse().unwrap(),
        bot_usernames: Vec::new(),
        exceptions: Vec::new(),
        is_retiring: false,
        setting_problems: Vec::new(),
        pairing: crate::pod::pairing_options::PairingOptions::default(),
        absences: Vec::new(),
    }
}

pub(super) fn page() -> PodPage {
    PodPage {
        ignored_links: Vec::new(),
        ignore_comments: Vec::new(),
        title: Untrusted::new("Alpha Support Pod"),
        members: Vec::new(),
        members_section: MembersSection::Closed,
        sessions: Vec::new(),
        labels: Vec::new(),
        slack: Vec::new(),
        links: Vec::new(),
        findings: Vec::new(),
    }
}

pub(super) fn now() -> DateTime<Utc> {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

const BOT: u64 = 7;

pub(super) fn account(id: u64) -> Account {
    Account { id, username: format!("user{id}") }
}

fn failure<T>(what: &str) -> Observed<T> {
    Observed::Unknown(ReadFailure { what: what.to_owned(), why: "502".to_owned(), cause: FailureCause::Unavailable })
}

pub(super) fn issue(iid: u64, title: &str, body: &str) -> ObservedIssue {
    ObservedIssue {
        iid,
        title: Untrusted::new(title),
        url: format!("https://gitlab.example/g/pairing/-/issues/{iid}"),
        author: account(BOT),
        open: true,
        confidential: false,
        locked: false,
        labels: vec!["pod::alpha".to_owned()],
        due: None,
        assignees: Vec::new(),
        parsed_body: crate::pod::marker::parse_body(body),
        created_at: None,
        closed_at: None,
        updated_at: None,
        has_human_activity: false,
        label_removals: Observed::Present(0),
        linked_iids: Observed::Present(BTreeSet::new()),
        body: body.to_owned(),
    }
}

/// An own issue for a week, as podkeeper would have opened it.
fn own(iid: u64, key: &str) -> ObservedIssue {
    let marker = Marker::Session(SessionKey::parse(key).unwrap());
    let body = render_block(&ManagedBlock::new(marker, "old".to_owned(), BlockState::default()));
    issue(iid, "a session", &body)
}

pub(super) fn seen(issues: Vec<ObservedIssue>) -> Snapshot {
    Snapshot {
        now: now(),
        server_time: Observed::Absent,
        read_only_projects: Vec::new(),
        page: Observed::Present(page()),
        pairing_project: PairingProjectState {
            project: Observed::Present(Project {
                id: 3,
                path: "g/pairing".to_owned(),
                archived: false,
                marked_for_deletion: false,
                issues_enabled: true,
                private: true,
                access_level: None,
                url: "https://gitlab.example/g/pairing".to_owned(),
            }),
            bot: Observed::Present(account(BOT)),
            label: Observed::Present(ProjectLabel::named("pod::alpha", false)),
            similar_labels: Observed::Absent,
            related_labels: Vec::new(),
            issues: Observed::Present(issues),
            foreign_issues: Some(Observed::Present(Vec::new())),
            further: crate::pod::snapshot::FurtherPairingReads::default(),
            recent: crate::pod::snapshot::RecentIssues::not_read(),
        },
        agents: Observed::Absent,
        accounts: Observed::Absent,
        link_observations: Observed::Absent,
        label_verdicts: crate::pod::verdict::LabelVerdicts::default(),
        read_failures: Vec::new(),
        reports_project: Observed::Absent,
        memory_at_start: None,
        attempted_actions: BTreeSet::new(),
        writes_left: 10,
    }
}

fn plan(seen: &Snapshot) -> String {
    decide(&pod(), seen).plan.to_string()
}

fn rules(seen: &Snapshot) -> Vec<&'static str> {
    decide(&pod(), seen).findings.iter().map(|finding| finding.rule.code()).collect()
}

#[test]
fn the_next_session_gets_its_issue_and_its_whole_body() {
    let decision = decide(&pod(), &seen(Vec::new()));
    insta::assert_snapshot!(decision.plan, @r#"open "Alpha Pod Pairing, Thu 26 Nov 2026, 15:00 UTC" in g/pairing with label `pod::alpha`, because no issue carries alpha/weekly/2026-W48 and the session is Thu 2026-11-26 15:00 UTC"#);
    insta::assert_snapshot!(decision.plan.actions[0].diff(), @r#"
    + Alpha Pod Pairing, Thu 26 Nov 2026, 15:00 UTC
    +
    + <!-- podkeeper:v1 session alpha/weekly/2026-W48 -->
    + **Thursday 26 November 2026, 15:00 UTC, one hour** · [pod page](https://handbook.example/alpha/)
    +
    + <sub>podkeeper · alpha/weekly/2026-W48 · kept up to date until we start; everything below is yours. Not this week? Close the issue.</sub>
    + <!-- podkeeper:v1 state {"format":1,"title":"40f0599004dbfc54","rest":"3230b82ef37cf50d","start":"2026-11-26T15:00:00Z","lines":["3da9ee39","a0681062"]} -->
    + <!-- podkeeper:v1 end -->
    +
    + ## Tickets
    "#);
}

#[test]
fn an_issue_that_is_there_is_not_opened_again() {
    for state in [true, false] {
        let mut there = own(5, "alpha/weekly/2026-W48");
        there.open = state;
        assert!(!plan(&seen(vec![there])).contains("open "));
    }
}

#[test]
fn what_could_not_be_seen_opens_nothing() {
    type Part = (&'static str, fn(&mut Snapshot));
    let parts: [Part; 5] = [
        ("page", |seen| seen.page = failure("page")),
        ("project", |seen| seen.pairing_project.project = failure("project")),
        ("bot", |seen| seen.pairing_project.bot = failure("bot")),
        ("label", |seen| seen.pairing_project.label = failure("label")),
        ("issues", |seen| seen.pairing_project.issues = failure("issues")),
    ];
    for (name, blinden) in parts {
        let mut seen = seen(Vec::new());
        blinden(&mut seen);
        let decision = decide(&pod(), &seen);
        assert!(decision.plan.is_empty(), "{name}: {}", decision.plan);
        assert_eq!(decision.read_failures.len(), 1, "{name}");
    }
}

#[test]
fn a_page_that_is_gone_is_told_and_opens_nothing() {
    let mut seen = seen(Vec::new());
    seen.page = Observed::Absent;
    assert_eq!(plan(&seen), "");
    assert_eq!(rules(&seen), ["page-missing"]);
}

#[test]
fn an_issue_by_hand_is_respected() {
    let mut by_title = issue(4, "Pairing 26 Nov 2026", "hello");
    by_title.author = account(9);
    let mut by_due = by_title.clone();
    by_due.title = Untrusted::new("Pairing");
    by_due.due = chrono::NaiveDate::from_ymd_opt(2026, 11, 26);
    for issue in [&by_title, &by_due] {
        assert_eq!(plan(&seen(vec![issue.clone()])), "");
        assert_eq!(rules(&seen(vec![issue.clone()])), ["session-issue-by-hand"]);
    }
    // Not the pod's, a record of what has happened, or another day.
    let mut unlabelled = by_title.clone();
    unlabelled.labels.clear();
    let mut record = by_title.clone();
    record.labels.push("pairify".to_owned());
    let mut other_day = by_title.clone();
    other_day.title = Untrusted::new("Pairing 126 Nov 2026, 2026-11-261");
    for issue in [unlabelled, record, other_day] {
        assert!(plan(&seen(vec![issue])).starts_with("open "));
    }
}

#[test]
fn a_marker_by_somebody_else_is_told_and_not_taken_for_ours() {
    let mut foreign = own(2, "alpha/weekly/2026-W48");
    foreign.author = account(9);
    // Beside podkeeper's own it is somebody's copy, and no reason to do anything.
    let beside = seen(vec![foreign.clone(), own(3, "alpha/weekly/2026-W48")]);
    assert!(!plan(&beside).contains("#2"));
    assert_eq!(rules(&beside), ["marker-foreign"]);
    // A copy of another week's issue opens and stops nothing.
    let mut last_week = own(2, "alpha/weekly/2026-W47");
    last_week.author = account(9);
    let seen = seen(vec![last_week]);
    assert!(plan(&seen).starts_with("open "));
    assert_eq!(rules(&seen), ["marker-foreign"]);
}

#[test]
fn an_issue_of_a_replaced_bot_account_is_not_doubled() {
    let mut former = own(2, "alpha/weekly/2026-W48");
    former.author = account(9);
    former.title = Untrusted::new("Alpha Pod Pairing, Thu 26 Nov 2026, 15:00 UTC");
    let by_label = seen(vec![former.clone()]);
    assert_eq!(plan(&by_label), "");
    assert_eq!(rules(&by_label), ["bot-replaced", "marker-foreign"]);
    assert!(decide(&pod(), &by_label).findings[0].advice.contains("usernames = [\"user9\"]"));
    // Without the label it is found only when one is about to be opened.
    let mut asked = seen(Vec::new());
    asked.pairing_project.foreign_issues = None;
    let decision = decide(&pod(), &asked);
    assert!(decision.plan.is_empty() && decision.further_reads.contains(&FurtherRead::ForeignPairingIssues));
    former.labels.clear();
    asked.pairing_project.foreign_issues = Some(Observed::Present(vec![former]));
    assert_eq!((plan(&asked).as_str(), rules(&asked)), ("", vec!["bot-replaced"]));
    asked.pairing_project.foreign_issues = Some(failure("others"));
    assert_eq!(plan(&asked), "", "what was not seen opens nothing");
}

#[test]
fn a_damaged_marker_stops_what_it_may_stand_for() {
    let body = "<!-- podkeeper:v1 session alpha/weekly/2026-W48 -->\ntext";
    let damaged = seen(vec![issue(5, "x", body)]);
    assert_eq!(plan(&damaged), "");
    assert_eq!(rules(&damaged), ["marker-damaged"]);
    let unreadable = seen(vec![issue(5, "x", "<!-- podkeeper:v9 -->")]);
    assert_eq!(plan(&unreadable), "");
    // Damage in another week's issue does not stop this week's.
    let other = seen(vec![issue(5, "x", &body.replace("W48", "W47"))]);
    assert!(plan(&other).starts_with("open "));
}

/// Somebody pastes another marker or signature on top: the issue is held for all that it names.
#[test]
fn a_damaged_issue_stands_for_every_key_that_it_names() {
    let body = own(5, "alpha/weekly/2026-W48").body;
    for pasted in [
        "<!-- podkeeper:v1 session verify/weekly/2026-W48 -->\n",
        "<!-- podkeeper:v1 session alpha/weekly/2026-W50 -->\n",
        "<!-- podkeeper:v1 report alpha/links -->\n",
    ] {
        let pasted = seen(vec![issue(5, "x", &format!("{pasted}{body}"))]);
        assert_eq!((plan(&pasted).as_str(), rules(&pasted)), ("", vec!["marker-damaged"]));
    }
    let two = "podkeeper · alpha/weekly/2026-W47\n\npodkeeper · alpha/weekly/2026-W48 · words\n";
    let two = seen(vec![issue(5, "x", two)]);
    assert_eq!((plan(&two).as_str(), rules(&two)), ("", vec!["marker-damaged"]));
}

/// Without the label too, a title of podkeeper's own is enough to open no second issue.
#[test]
fn an_own_issue_that_lost_marker_and_label_is_not_followed_by_a_second_one() {
    let mut bare = issue(5, "Alpha Pod Pairing, Thu 26 Nov 2026, 15:00 UTC", "our notes");
    bare.labels.clear();
    let bare = seen(vec![bare]);
    assert_eq!((plan(&bare).as_str(), rules(&bare)), ("", vec!["marker-lost"]));
}

#[test]
fn a_lost_label_is_put_back_once() {
    let mut lost = own(3, "alpha/weekly/2026-W47");
    lost.labels.clear();
    let with = |removals: Observed<usize>| {
        let mut lost = lost.clone();
        lost.label_removals = removals;
        seen(vec![own(5, "alpha/weekly/2026-W48"), lost])
    };
    assert!(plan(&with(Observed::Present(0))).contains("add label `pod::alpha` to g/pairing#3"));
    assert!(plan(&with(Observed::Present(1))).contains("taken off once"));
    assert!(!plan(&with(Observed::Present(2))).contains("add label"));
    assert_eq!(rules(&with(Observed::Present(2))), ["label-removed"]);
    assert!(!plan(&with(failure("history"))).contains("add label"));
}

#[test]
fn another_label_of_the_scope_is_left_alone() {
    let mut joint = own(5, "alpha/weekly/2026-W47");
    joint.labels = vec!["pod::beta".to_owned()];
    let seen = seen(vec![joint, own(6, "alpha/weekly/2026-W48")]);
    assert!(!plan(&seen).contains("label"));
    assert_eq!(rules(&seen), ["label-conflict"]);
}

#[test]
fn a_label_that_is_missing_is_created_only_if_configured() {
    let mut seen = seen(Vec::new());
    seen.pairing_project.label = Observed::Absent;
    let without = decide(&pod(), &seen);
    assert_eq!(without.findings[0].rule.code(), "label-missing");
    assert!(!without.plan.to_string().contains("with label"), "the issue opens without it");
    let mut creating = pod();
    creating.label.may_create = true;
    let with = decide(&creating, &seen);
    insta::assert_snapshot!(with.plan, @"create label `pod::alpha` in g/pairing, because the project does not have the pod's label");
    assert_eq!(with.later_changes.len(), 1);
    // Refused in this pass: the issue opens without it.
    seen.attempted_actions.insert(with.plan.actions[0].identity());
    let refused = decide(&creating, &seen);
    assert!(refused.plan.to_string().starts_with("open "), "{}", refused.plan);
    assert_eq!(refused.findings[0].rule.code(), "label-missing");
}

#[test]
fn the_younger_twin_is_linked_and_closed() {
    let born = || BlockState { rest: Some(crate::pod::finding::short_hash("\n")), ..BlockState::default() };
    let untouched = |iid| {
        let marker = Marker::Session(SessionKey::parse("alpha/weekly/2026-W48").unwrap());
        issue(iid, "a session", &render_block(&ManagedBlock::new(marker, "old".to_owned(), born())))
    };
    let twins = || vec![untouched(5), untouched(8)];
    let both = plan(&seen(twins()));
    assert!(both.contains("link g/pairing#8 to #5") && both.contains("close g/pairing#8 in favour of #5"), "{both}");
    let mut settled = twins();
    settled[1].linked_iids = Observed::Present(BTreeSet::from([5]));
    settled[1].open = false;
    assert!(!plan(&seen(settled)).contains("#8"));
    let mut in_use = twins();
    in_use[1].has_human_activity = true;
    let in_use = seen(in_use);
    // A state that was lost does not say that nobody wrote.
    let lost = plan(&seen(vec![untouched(5), own(8, "alpha/weekly/2026-W48")]));
    assert!(!lost.contains("close"), "{lost}");
    assert!(!plan(&in_use).contains("close") && plan(&in_use).contains("link"));
    assert!(rules(&in_use).contains(&"session-twin-in-use"));
}

#[test]
fn another_channel_on_the_page_is_reported() {
    let channel = |name: &str| SlackChannel { channel: Untrusted::new(name), url: None, line: 9 };
    let reported = |own: Option<&str>, on_page: &[&str]| {
        let mut pod = pod();
        pod.slack_channel = own.map(str::to_owned);
        let mut seen = seen(Vec::new());
        let slack = on_page.iter().map(|name| channel(name)).collect();
        seen.page = Observed::Present(PodPage { slack, ..page() });
        let found = decide(&pod, &seen).findings;
        let finding = found.iter().find(|finding| finding.rule == Rule::ChannelDiffers);
        finding.map(|finding| finding.message.clone())
    };
    assert_eq!(
        reported(Some("#alpha"), &["#alpha_new", "#general", "#general"]).as_deref(),
        Some("the page does not name `#alpha`, the pod's channel; it names `#alpha_new`, `#general`")
    );
    for (own, on_page) in [(None, &["#general"][..]), (Some("#alpha"), &[]), (Some("#alpha"), &["#general", "#alpha"])]
    {
        assert_eq!(reported(own, on_page), None);
    }
}

#[test]
fn an_absence_of_nobody_on_the_page_is_reported() {
    let member = |handle: &str| Member {
        name: Untrusted::new("Ada Quill"),
        handle: Handle::parse(handle),
        role: Role::Member,
        role_text: Untrusted::default(),
        line: 5,
    };
    let reported = |handle: &str, until: &str, section: MembersSection| {
        let mut pod = pod();
        let (from, until) = ("2026-11-01".parse().unwrap(), until.parse().unwrap());
        pod.absences = vec![Absence { handle: handle.to_owned(), from, until }];
        let mut seen = seen(Vec::new());
        let members = vec![member("ada-quill")];
        seen.page = Observed::Present(PodPage { members, members_section: section, ..page() });
        decide(&pod, &seen).findings.iter().any(|finding| finding.message.contains("[[away]] handle `ada`"))
    };
    assert!(reported("ada", "2026-12-24", MembersSection::Closed));
    assert!(!reported("Ada-Quill", "2026-12-24", MembersSection::Closed));
    assert!(!reported("ada", "2026-11-02", MembersSection::Closed), "it is over");
    assert!(!reported("ada", "2026-12-24", MembersSection::OpenEnded), "the page may be cut");
}

#[test]
fn missed_sessions_are_told_and_never_made() {
    let seen = seen(vec![own(1, "alpha/weekly/2026-W45"), own(5, "alpha/weekly/2026-W48")]);
    let decision = decide(&pod(), &seen);
    assert!(!decision.plan.to_string().contains("open "));
    assert_eq!(decision.findings[0].message, "2 sessions had no pairing issue: 2026-11-12, 2026-11-19");
    // Without any past issue nothing is known to be missed.
    assert_eq!(rules(&super::tests::seen(Vec::new())), Vec::<&str>::new());
}

#[test]
fn an_archived_project_is_told_and_left_alone() {
    let mut seen = seen(Vec::new());
    if let Observed::Present(project) = &mut seen.pairing_project.project {
        project.archived = true;
    }
    assert_eq!(plan(&seen), "");
    assert_eq!(rules(&seen), ["project-archived"]);
}

#[test]
fn a_pause_label_and_the_cap_hold_writes_back() {
    let mut paused = own(1, "alpha/weekly/2026-W47");
    paused.labels.push("podkeeper::pause".to_owned());
    let held = seen(vec![paused]);
    assert_eq!(plan(&held), "");
    assert_eq!(rules(&held), ["paused"]);
    let mut capped = seen(Vec::new());
    capped.writes_left = 0;
    let decision = decide(&pod(), &capped);
    assert!(decision.plan.is_empty() && decision.has_held_actions);
}

#[test]
fn an_accepted_finding_is_told_no_more_until_its_day() {
    let mut pod = pod();
    let accept = |until: &str| crate::pod::Exception {
        rule: crate::pod::rule::Rule::LabelMissing,
        subject: "pod::alpha".to_owned(),
        reason: "asked for".to_owned(),
        until: until.parse().ok(),
    };
    let mut seen = seen(Vec::new());
    seen.pairing_project.label = Observed::Absent;
    let codes = |pod: &Pod, seen: &Snapshot| -> Vec<&str> {
        decide(pod, seen).findings.iter().map(|finding| finding.rule.code()).collect()
    };
    pod.exceptions = vec![accept("2026-11-24")];
    assert_eq!(codes(&pod, &seen), Vec::<&str>::new());
    pod.exceptions = vec![accept("2026-11-23")];
    assert_eq!(codes(&pod, &seen), ["label-missing", "exception-expired"]);
    seen.pairing_project.label = Observed::Present(ProjectLabel::named("pod::alpha", false));
    pod.exceptions = vec![accept("2026-11-24")];
    assert_eq!(codes(&pod, &seen), ["exception-unused"]);
}
