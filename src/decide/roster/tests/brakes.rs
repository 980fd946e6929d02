use super::*;

#[test]
fn what_was_not_seen_whole_calls_nobody_missing() {
    // What the world is like, what of it is not seen, whether the run is incomplete, and why.
    type Case = (fn(&mut World), fn(&mut Snapshot), bool, &'static str);
    let worlds: [Case; 8] = [
        (|_| {}, |seen| seen.page = blind(), false, "the page was not seen"),
        (|_| {}, |seen| seen.page = Observed::Absent, false, "the page is not there"),
        (|_| {}, |seen| seen.agents = blind(), true, "the Support Team data was not seen"),
        (|world| world.files.clear(), |_| {}, true, "the Support Team data is empty"),
        (|world| world.section = MembersSection::Missing, |_| {}, true, "the page has no members section"),
        (|world| world.members.clear(), |_| {}, true, "names nobody"),
        (|world| world.section = MembersSection::OpenEnded, |_| {}, false, "may have been cut"),
        (|world| world.files.drain(..3).for_each(drop), |_| {}, true, "3 of 4 members have no file"),
    ];
    for (change, blind, incomplete, why) in worlds {
        let world = agreed().without_focus(0).file("imani.yaml", "Imani", "imani", 9, true).with(change);
        let mut seen = world.snapshot();
        blind(&mut seen);
        let mut parts = Parts::default();
        audit(&pod(focus()), &seen, &mut parts);
        let codes: Vec<&str> = parts.findings.iter().map(|finding| finding.rule.code()).collect();
        assert_eq!(codes, ["roster-inconclusive"], "{why}");
        assert!(parts.findings[0].message.contains(why), "{}", parts.findings[0].message);
        assert_eq!(!parts.unknown.is_empty(), incomplete, "{why}");
    }
    let mut seen = agreed().snapshot();
    seen.agents = Observed::Absent;
    let mut parts = Parts::default();
    audit(&pod(focus()), &seen, &mut parts);
    assert!(parts.findings.is_empty() && parts.unknown.is_empty(), "nobody asked for an audit");
}

#[test]
fn the_brake_holds_from_three_members_and_a_third_on() {
    for (members, without, held) in
        [(4, 2, false), (4, 3, true), (9, 3, true), (10, 3, false), (10, 4, true), (3, 2, false)]
    {
        let mut world = agreed().with(|world| (world.members.clear(), world.files.clear()).0);
        for n in 0..members {
            let (handle, id) = (format!("u{n}"), 100 + n as u64);
            world = world.member(&handle, &handle).account(id, &handle, true);
            world = world.file(&format!("{handle}.yaml"), &handle, &handle, id, n >= without);
        }
        let told = world.told();
        assert_eq!(told.first().unwrap() == "roster-inconclusive juniper", held, "{members} {without}: {told:?}");
        assert_eq!(told.len(), if held { 1 } else { without }, "{told:?}");
    }
}

#[test]
fn a_broken_file_makes_only_its_own_person_unknown() {
    // The one whose file is broken is called nothing; the others are audited as ever.
    let own = agreed().without_file(1).broken("svale.yaml", "SVale").with(|world| {
        if let AgentFile::Agent(agent) = &mut world.files[0] {
            agent.fits.clear();
        }
    });
    assert_eq!(
        own.told(),
        ["member-without-focus aquill _index.md:11", "agent-file-invalid data/agents/svale.yaml svale.yaml:9"]
    );
    // Without a handle it may be anybody's who has no file.
    let anybody = agreed().without_file(1).without_focus(0).broken("svale.yaml", "");
    assert_eq!(
        anybody.told(),
        [
            "member-without-focus aquill _index.md:11",
            "agent-file-invalid data/agents/svale.yaml svale.yaml:9",
            "roster-inconclusive juniper",
        ]
    );
    // Where everybody has a file, nothing is withheld.
    assert_eq!(agreed().broken("x.yaml", "").told(), ["agent-file-invalid data/agents/x.yaml x.yaml:9"]);
}

#[test]
fn many_broken_files_hold_the_audit() {
    for (percent, held) in [(0, false), (29, false), (31, true), (99, true), (100, true)] {
        let mut world = agreed().with(|world| world.files.clear());
        for n in 0..100 {
            let path = format!("{n:03}.yaml");
            world = if n < percent {
                world.broken(&path, "")
            } else {
                world.file(&path, &path, &format!("z{n}"), 1000 + n, false)
            };
        }
        let told = world.told();
        assert_eq!(
            told.iter().filter(|line| line.starts_with("member-")).count(),
            0,
            "{percent}: four strangers are too many"
        );
        assert_eq!(
            told.iter().any(|line| line.starts_with("agent-file-invalid")),
            !held && percent > 0,
            "{percent}: {told:?}"
        );
        assert!(told.contains(&"roster-inconclusive juniper".to_owned()));
    }
}

#[test]
fn without_accounts_nobody_is_called_a_stranger() {
    let mut world = agreed().without_file(0).without_focus(0).file("imani.yaml", "Imani", "imani", 9, true);
    world.accounts = blind();
    assert_eq!(world.told(), ["member-without-focus svale _index.md:12", "roster-inconclusive juniper"]);
    assert_eq!(world.audit().unknown.len(), 1);
    let mut world = agreed().file("imani.yaml", "Imani", "imani", 9, true);
    world.accounts = blind();
    assert_eq!(world.told(), ["focus-without-member imani imani.yaml:16"], "everybody on the page has a file");
}
