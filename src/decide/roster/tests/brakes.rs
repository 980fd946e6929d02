use super::*;

#[test]
fn what_was_not_seen_whole_calls_nobody_missing() {
    // What the world is like, what of it is not seen, whether the run is incomplete, and why.
    type Case = (fn(&mut World), fn(&mut Snapshot), bool, &'static str);
    let worlds: [Case; 7] = [
        (|_| {}, |seen| seen.page = failure(), false, "the page was not seen"),
        (|_| {}, |seen| seen.page = Observed::Absent, false, "the page is not there"),
        (|_| {}, |seen| seen.agents = failure(), true, "the Support Team data was not seen"),
        (|world| world.files.clear(), |_| {}, true, "the Support Team data is empty"),
        (|world| world.section = MembersSection::Missing, |_| {}, true, "the page has no members section"),
        (|world| world.members.clear(), |_| {}, true, "names nobody"),
        (|world| world.section = MembersSection::OpenEnded, |_| {}, false, "may have been cut"),
    ];
    for (change, failure, incomplete, why) in worlds {
        let world = agreed().without_focus(0).file("imani.yaml", "Imani", "imani", 9, true).with(change);
        let mut seen = world.snapshot();
        failure(&mut seen);
        let mut parts = DecisionParts::default();
        audited(&pod(focus()), &seen, &mut parts);
        let codes: Vec<&str> = parts.findings.iter().map(|finding| finding.rule.code()).collect();
        assert_eq!(codes, ["roster-inconclusive"], "{why}");
        assert!(parts.findings[0].message.contains(why), "{}", parts.findings[0].message);
        assert_eq!(!parts.read_failures.is_empty(), incomplete, "{why}");
    }
    let mut seen = agreed().snapshot();
    seen.agents = Observed::Absent;
    let mut parts = DecisionParts::default();
    audited(&pod(focus()), &seen, &mut parts);
    assert!(parts.findings.is_empty() && parts.read_failures.is_empty(), "nobody asked for an audit");
}

/// So many people, of whom so many lack the focus.
fn without_focus(members: usize, without: usize) -> World {
    let mut world = agreed().with(|world| (world.members.clear(), world.files.clear()).0);
    for n in 0..members {
        let (handle, id) = (format!("u{n}"), 100 + n as u64);
        world = world.member(&handle, &handle).account(id, &handle, true);
        world = world.file(&format!("{handle}.yaml"), &handle, &handle, id, n >= without);
    }
    world
}

#[test]
fn what_page_and_data_say_is_told_however_much_it_is() {
    for (members, without) in [(4, 2), (4, 3), (4, 4), (9, 3), (10, 4), (9, 8), (9, 9), (3, 2)] {
        let reported = without_focus(members, without).reported();
        assert_eq!(reported.len(), without, "{members} {without}: {reported:?}");
        assert!(reported.iter().all(|line| line.starts_with("member-without-focus")), "{reported:?}");
    }
}

/// Looks at a world so many times, a quarter of an hour apart, with a report that remembers; what each run reports.
fn looks(world: &World, times: usize, apart: chrono::Duration) -> Vec<Vec<String>> {
    let pod =
        Pod { reports: ReportTarget { project: Some("g/reports".to_owned()), confidential: true }, ..pod(focus()) };
    let mut seen = world.snapshot();
    let mut remembered = std::collections::BTreeMap::new();
    let mut all = Vec::new();
    for _ in 0..times {
        let project = crate::pod::snapshot::Project {
            id: 9,
            path: "g/reports".to_owned(),
            archived: false,
            marked_for_deletion: false,
            issues_enabled: true,
            private: true,
            access_level: None,
            url: String::new(),
        };
        let (bot, others) = (crate::decide::tests::account(7), Observed::Present(Vec::new()));
        let mut body = String::new();
        if !all.is_empty() {
            let marker = crate::pod::marker::Marker::Report(pod.key.clone(), crate::pod::marker::ReportKind::Roster);
            let state = crate::pod::marker::BlockState { failing: remembered, ..Default::default() };
            body =
                crate::pod::marker::render_block(&crate::pod::marker::ManagedBlock::new(marker, String::new(), state));
        }
        let issues = vec![crate::decide::tests::issue(4, "roster", &body)];
        let issues = if all.is_empty() { Vec::new() } else { issues };
        seen.reports_project = Observed::Present(crate::pod::snapshot::ReportsProjectState {
            project,
            bot,
            issues,
            foreign_issues: others,
        });
        let mut parts = DecisionParts::default();
        audited(&pod, &seen, &mut parts);
        let written = parts.actions.iter().find_map(|action| match &action.change {
            crate::pod::action::Change::OpenReport { body, .. } => {
                crate::pod::marker::parse_body(body).block().cloned()
            }
            crate::pod::action::Change::RewriteReport { rewrite, .. }
            | crate::pod::action::Change::ReopenReport { rewrite, .. }
            | crate::pod::action::Change::CloseReport { rewrite, .. } => Some(rewrite.new_block.clone()),
            _ => None,
        });
        remembered = match (written, crate::pod::marker::parse_body(&body).block()) {
            (Some(block), _) => block.state.failing,
            (None, Some(block)) => block.state.failing.clone(),
            (None, None) => std::collections::BTreeMap::new(),
        };
        all.push(parts.findings.iter().map(|finding| finding.rule.code().to_owned()).collect());
        seen.now += apart;
    }
    all
}

#[test]
fn where_the_same_is_the_matter_with_everybody_the_first_look_tells_one_thing_and_the_next_each() {
    let minutes = chrono::Duration::minutes(15);
    let reported = looks(&without_focus(5, 5), 3, minutes);
    assert_eq!(reported[0], ["roster-common-cause"]);
    assert_eq!(
        (reported[1].clone(), reported[2].clone()),
        (vec!["member-without-focus".to_owned(); 5], reported[1].clone())
    );
    // Four are no crowd, and one who is well shows that the data has its shape.
    for (members, without) in [(4, 4), (6, 5)] {
        let reported = looks(&without_focus(members, without), 1, minutes);
        assert_eq!(reported[0], vec!["member-without-focus"; without]);
    }
}

#[test]
fn an_account_that_is_blocked_or_gone_is_told_after_two_weeks() {
    for world in [
        agreed().account(2, "svale", false),
        agreed().without_file(1).without_account(2).with(|world| {
            world.members[1].name = Untrusted::new("Sorin Vale");
        }),
    ] {
        let account = |reported: &Vec<String>| reported.iter().filter(|rule| rule.starts_with("account-")).count();
        let reported = looks(&world, 15, chrono::Duration::days(1));
        assert_eq!(reported[..14].iter().map(account).sum::<usize>(), 0, "{reported:?}");
        assert_eq!(account(&reported[14]), 1, "{reported:?}");
    }
}

#[test]
fn a_page_that_may_be_cut_is_told_when_it_stays_so() {
    let cut = agreed().without_focus(0).with(|world| world.section = MembersSection::OpenEnded);
    let reported = looks(&cut, 3, chrono::Duration::hours(3));
    assert_eq!(
        (reported[0].clone(), reported[1].clone()),
        (vec!["roster-inconclusive".to_owned()], reported[0].clone())
    );
    assert_eq!(reported[2], ["roster-inconclusive", "member-without-focus"]);
}

#[test]
fn a_broken_file_makes_only_its_own_person_unknown() {
    // The one whose file is broken is called nothing; the others are audited as ever.
    let own = agreed().without_file(1).broken("svale.yaml", "SVale").with(|world| {
        if let AgentFile::Agent(agent) = &mut world.files[0] {
            agent.matching_rules.clear();
        }
    });
    assert_eq!(
        own.reported(),
        ["member-without-focus aquill _index.md:11", "agent-file-invalid data/agents/svale.yaml svale.yaml:9"]
    );
    // Without a handle it may be anybody's who has no file.
    let anybody = agreed().without_file(1).without_focus(0).broken("svale.yaml", "");
    assert_eq!(
        anybody.reported(),
        [
            "member-without-focus aquill _index.md:11",
            "agent-file-invalid data/agents/svale.yaml svale.yaml:9",
            "roster-inconclusive juniper",
        ]
    );
    // Where everybody has a file, nothing is withheld.
    assert_eq!(agreed().broken("x.yaml", "").reported(), ["agent-file-invalid data/agents/x.yaml x.yaml:9"]);
}

#[test]
fn files_that_cannot_be_understood_are_told_each_however_many_they_are() {
    for percent in [0_usize, 29, 31, 99, 100] {
        let mut world = agreed().with(|world| world.files.clear());
        for n in 0..100_usize {
            let path = format!("{n:03}.yaml");
            world = if n < percent {
                world.broken(&path, "")
            } else {
                world.file(&path, &path, &format!("z{n}"), 1000 + n as u64, false)
            };
        }
        let reported = world.reported();
        let of = |code: &str| reported.iter().filter(|line| line.starts_with(code)).count();
        assert_eq!(of("agent-file-invalid"), percent, "{reported:?}");
        // Any of them may be a member's, so nobody is called a stranger.
        assert_eq!(of("member-unknown-agent"), if percent == 0 { 4 } else { 0 }, "{percent}: {reported:?}");
        assert_eq!(of("roster-inconclusive"), usize::from(percent > 0), "{percent}: {reported:?}");
    }
}

#[test]
fn without_accounts_nobody_is_called_a_stranger() {
    let mut world = agreed().without_file(0).without_focus(0).file("imani.yaml", "Imani", "imani", 9, true);
    world.accounts = failure();
    assert_eq!(world.reported(), ["member-without-focus svale _index.md:12", "roster-inconclusive juniper"]);
    assert_eq!(world.audit().read_failures.len(), 1);
    let mut world = agreed().file("imani.yaml", "Imani", "imani", 9, true);
    world.accounts = failure();
    assert_eq!(world.reported(), ["focus-without-member imani imani.yaml:16"], "everybody on the page has a file");
}
