use super::*;

#[test]
fn where_everybody_agrees_nothing_is_told() {
    assert_eq!(agreed().reported(), [""; 0]);
    assert!(agreed().audit().read_failures.is_empty());
    // Letter case of a handle and a parenthetical behind a name are no difference.
    assert_eq!(agreed().on_page(0, "Ada Quill (Ada)", "AQuill").reported(), [""; 0]);
    // Whoever names no handle is known by the name.
    assert_eq!(agreed().on_page(0, "Ada Quill", "").reported(), [""; 0]);
}

#[test]
fn each_difference_is_told_once_at_its_place() {
    for (world, reported) in [
        (agreed().without_focus(1), &["member-without-focus svale _index.md:12"][..]),
        (agreed().file("imani.yaml", "Imani", "imani", 9, true), &["focus-without-member imani imani.yaml:16"]),
        (agreed().file("imani.yaml", "", "", 0, true), &["focus-without-member data/agents/imani.yaml imani.yaml:16"]),
        (agreed().without_file(2), &["member-unknown-agent lwisnik _index.md:13"]),
        (agreed().member("Nobody Here", ""), &["member-unknown-agent Nobody Here _index.md:15"]),
        (
            agreed().on_page(3, "Teo Farrow", "teofarrow").account(9, "teofarrow", true),
            &["handle-mismatch teofarrow _index.md:14"],
        ),
        (agreed().on_page(3, "Mateo Farrow", "teo_"), &["name-mismatch teo_ _index.md:14"]),
        (agreed().on_page(3, "teo farrow", "teo_"), &["name-mismatch teo_ _index.md:14"]),
        (agreed().account(1, "aquill", false), &["account-blocked aquill _index.md:11"]),
        (agreed().without_account(1), &["account-missing aquill _index.md:11"]),
        (agreed().account(4, "teofarrow", true), &["account-renamed teo_ _index.md:14"]),
        (agreed().broken("imani.yaml", "imani"), &["agent-file-invalid data/agents/imani.yaml imani.yaml:9"]),
        (
            agreed().file("teo2.yaml", "Teo Farrow", "teo_", 0, false),
            &["agent-duplicate data/agents/teo_.yaml teo_.yaml:23"],
        ),
        (agreed().file("zz.yaml", "T. Farrow", "teo2", 4, false), &["agent-duplicate data/agents/zz.yaml zz.yaml:23"]),
    ] {
        assert_eq!(world.reported(), reported);
    }
}

#[test]
fn a_person_is_known_by_number_then_handle_then_name() {
    // The page is ahead of the file: the number says that it is the same account.
    let ahead = agreed().on_page(3, "Mateo Farrow", "teofarrow").account(4, "teofarrow", true);
    assert_eq!(ahead.reported(), ["handle-mismatch teofarrow _index.md:14", "name-mismatch teofarrow _index.md:14"]);
    let mismatch = ahead.audit().findings.remove(0);
    assert!(mismatch.advice.contains("Write @teofarrow in the file"), "{}", mismatch.advice);
    // The page is behind: nobody has the old handle, and the file's number has another one.
    let behind = agreed().on_page(3, "Teo Farrow", "teo_old");
    assert_eq!(behind.reported(), ["account-renamed teo_old _index.md:14"]);
    assert!(behind.words().contains("the account is @teo_ now"));
    // Page and file are behind, and somebody else has taken the handle since.
    let taken = agreed().account(4, "teofarrow", true).account(77, "teo_", true);
    assert_eq!(taken.reported(), ["account-renamed teo_ _index.md:14"]);
    assert!(taken.words().contains("@teo_ is somebody else's"), "{}", taken.words());
    // Two accounts of one name.
    let two = agreed().on_page(3, "Teo Farrow", "teofarrow").account(9, "teofarrow", true);
    assert!(two.words().contains("Find out which account"), "{}", two.words());
    // A namesake whose file is somebody else's by its handle gets no file.
    let namesake = agreed().member("Teo Farrow", "other").account(9, "other", true);
    assert_eq!(namesake.reported(), ["member-unknown-agent other _index.md:15"]);
    // Of two files with the name, none is taken, and neither is called without a member.
    let unclear = agreed()
        .member("Ana Sol", "asol")
        .account(9, "asol", true)
        .file("a1.yaml", "Ana Sol", "ana1", 0, true)
        .file("a2.yaml", "Ana Sol", "ana2", 0, true);
    assert_eq!(unclear.reported(), [""; 0]);
}

#[test]
fn the_words_name_both_places_and_what_to_do() {
    let words = agreed().without_focus(1).words();
    assert_eq!(
        words,
        "Sorin Vale (@svale) is on the page and lacks the group 'Support Focus: Juniper'; \
         content/juniper/_index.md:12, data/agents/svale.yaml:15\n\
         Add the group 'Support Focus: Juniper' to zendesk.main.groups of data/agents/svale.yaml in a merge request \
         for this person alone, which the person's manager approves; it takes up to a day to show."
    );
    let words = agreed().file("imani.yaml", "Imani", "imani", 9, true).words();
    assert!(words.starts_with("Imani (@imani) has the group 'Support Focus: Juniper' and is not among the members; data/agents/imani.yaml:16, content/juniper/_index.md\n"));
    let words = agreed().on_page(3, "Mateo Farrow", "teo_").words();
    assert!(words.starts_with("Mateo Farrow (@teo_): the file writes the name as Teo Farrow; content/juniper/_index.md:14, data/agents/teo_.yaml:1\n"));
    // A handle out of a broken file is shown only where the page names it too.
    let words = agreed().broken("imani.yaml", "imani").words();
    assert!(
        words.starts_with("data/agents/imani.yaml names a key twice (line 9); its person is left out\n"),
        "{words}"
    );
    let words = agreed().without_file(3).broken("teo.yaml", "Teo_").words();
    let reported = "data/agents/teo.yaml names a key twice (line 9); Teo Farrow (@teo_) is left out\n";
    assert!(words.starts_with(reported), "{words}");
}

#[test]
fn a_name_that_is_only_alike_is_a_hint() {
    for (name, handle) in [("Lucja Wisnik", "lw2"), ("łucja wiśnik", "x"), ("L. W.", "lwisnik1")] {
        let world = agreed().on_page(2, name, handle).account(9, handle, true).with(|world| {
            world
                .files
                .retain(|file| matches!(file, AgentFile::Agent(agent) if agent.path != "data/agents/lwisnik.yaml"));
        });
        let world = world.file("lwisnik.yaml", "Łucja Wiśnik", "lwisnik", 3, false);
        let words = world.words();
        assert!(words.contains("did you mean Łucja Wiśnik (@lwisnik) (data/agents/lwisnik.yaml:23)?"), "{words}");
    }
    let world = agreed().without_file(2);
    assert!(!world.words().contains("did you mean"));
}

#[test]
fn without_a_rule_no_sets_are_compared() {
    let mut world = agreed().without_file(0).without_focus(0).file("imani.yaml", "Imani", "imani", 9, true);
    world = world.broken("b.yaml", "").account(2, "svale", false).without_account(1);
    world.rule = MembershipRule::None;
    assert_eq!(world.reported(), ["account-blocked svale _index.md:12", "account-missing aquill _index.md:11"]);
}

#[test]
fn a_knowledge_area_is_compared_as_a_group_is() {
    let rule = MembershipRule::KnowledgeArea { name: "Grafting".to_owned(), level: 2 };
    let world = agreed().with(|world| {
        world.rule = rule.clone();
        for file in world.files.iter_mut().skip(1) {
            if let AgentFile::Agent(agent) = file {
                agent.matching_rules.insert(rule.clone(), 30);
                agent.knowledge_areas_line = Some(29);
            }
        }
    });
    assert_eq!(world.reported(), ["member-without-focus aquill _index.md:11"]);
    assert!(world.words().contains("the knowledge area 'Grafting' at level 2 or above to knowledge_areas of"));
}

#[test]
fn whoever_has_left_is_not_asked_for() {
    let gone = agreed().file("imani.yaml", "Imani", "imani", 9, true).account(9, "imani", false);
    assert_eq!(gone.reported(), [""; 0]);
}

#[test]
fn the_order_of_the_input_changes_nothing() {
    let world = agreed().without_focus(0).file("b.yaml", "B", "teo_", 0, true).broken("c.yaml", "c").member("X", "x");
    let reported = world.reported();
    let turned = world.with(|world| {
        world.files.reverse();
        world.members.reverse();
        if let Observed::Present(accounts) = &mut world.accounts {
            accounts.reverse();
        }
    });
    assert_eq!(turned.reported(), reported);
}
