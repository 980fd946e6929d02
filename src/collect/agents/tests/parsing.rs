use super::*;

#[test]
fn a_whole_file_is_reduced_to_what_the_audit_needs() {
    let agent = agent(WHOLE);
    assert_eq!(agent.name.as_ref().map(|(name, line)| (name.raw(), *line)), Some(("Imani Okonkwo", 1)));
    assert_eq!((agent.gitlab_id, handle_of(&agent)), (Some(1_000_001), Some(("iokonkwo", 23))));
    assert_eq!(agent.matching_rules, BTreeMap::from([(focus(), 16), (area(2), 28)]));
    assert_eq!((agent.rule_list_line(&focus()), agent.rule_list_line(&area(2))), (Some(15), Some(28)));
}

#[test]
fn every_key_may_be_missing_or_null() {
    for text in [
        "{}",
        "title: x",
        "name:",
        "name: ~\ngitlab:\nzendesk:\nknowledge_areas:",
        "gitlab: {}\nzendesk: {main: }",
        "zendesk:\n  main:\n    groups:\n",
        "zendesk:\n  main:\n    groups: []\nknowledge_areas: []",
        "gitlab:\n  id:\n  username:\n",
        "gitlab:\n  id: none\n  username: 'not a handle'\n",
    ] {
        let agent = agent(text);
        assert_eq!((agent.name.is_none(), agent.gitlab_id, handle_of(&agent)), (true, None, None), "{text}");
        assert!(agent.matching_rules.is_empty(), "{text}");
    }
}

#[test]
fn numbers_may_be_texts_and_handles_may_carry_marks() {
    for (text, id, handle) in [
        ("gitlab: {id: '17', username: '@teo_'}", Some(17), "teo_"),
        ("gitlab: {id: 17, username: \" teo_ \"}", Some(17), "teo_"),
        ("gitlab: {id: ' 17 ', username: 123}", Some(17), "123"),
        ("gitlab: {id: 0, username: no}", None, "no"),
        ("gitlab: {id: -4, username: 1.5}", None, "1.5"),
    ] {
        let agent = agent(text);
        assert_eq!(agent.gitlab_id, id, "{text}");
        assert_eq!(handle_of(&agent).map(|(handle, _)| handle), Some(handle), "{text}");
    }
}

#[test]
fn a_group_is_found_however_it_is_written() {
    for item in [
        "'Support Focus: Juniper'",
        "\"Support Focus: Juniper\"",
        "' Support Focus: Juniper '",
        "\"'Support Focus: Juniper\"",
        "Support Focus: Juniper",
        "Support Focus:   Juniper'",
        ">-\n              Support Focus: Juniper",
        "&a 'Support Focus: Juniper'",
        "!!str 'Support Focus: Juniper'",
    ] {
        for (key, item_indent) in [("    ", "    "), ("    ", "     "), ("    ", "          ")] {
            let text = format!("zendesk:\n  main:\n{key}groups:\n{item_indent}- Other\n{item_indent}- {item}\n");
            assert!(agent(&text).matching_rules.contains_key(&focus()), "{text}");
        }
    }
    for item in [
        "'Support Focus: Juniper Two'",
        "'support focus: juniper'",
        "5",
        "~",
        "[Support Focus, Juniper]",
        ".nan",
        "1e999",
    ] {
        let text = format!("zendesk:\n  main:\n    groups:\n    - {item}\n");
        assert!(agent(&text).matching_rules.is_empty(), "{text}");
    }
    assert!(agent("zendesk:\n  us-federal:\n    groups:\n    - 'Support Focus: Juniper'\n").matching_rules.is_empty());
    assert!(
        agent("zendesk:\n  main:\n    groups: [a, 'Support Focus: Juniper']\n").matching_rules.contains_key(&focus())
    );
}

#[test]
fn a_knowledge_area_counts_from_its_level_on() {
    for (entry, fits) in [
        ("{name: Grafting, level: 1}", 0),
        ("{name: Grafting, level: 2}", 1),
        ("{level: '3', name: ' Grafting '}", 2),
        ("{name: Grafting}", 0),
        ("{name: Grafting, level: }", 0),
        ("{name: Pruning, level: 3}", 0),
        ("Grafting", 0),
        ("{name: Grafting, level: 3, more: {a: [b]}}", 2),
    ] {
        assert_eq!(agent(&format!("knowledge_areas:\n- {entry}\n")).matching_rules.len(), fits, "{entry}");
    }
}

#[test]
fn what_cannot_be_understood_is_said_in_words_of_ours() {
    let long = format!("gitlab: {{username: teo}}\nx: {}\n", "y".repeat(70_000));
    let deep = (0..40).fold(String::new(), |text, n| format!("{text}{}k:\n", " ".repeat(n)));
    for (text, line, kind) in [
        ("", None, "is empty"),
        ("# only a comment\n", None, "is empty"),
        ("name: a\nname: b\n", Some(2), "names a key twice"),
        ("gitlab:\n  id: 1\n  id: 2\n", Some(3), "names a key twice"),
        ("title: a\ntitle: b\n", Some(2), "names a key twice"),
        ("name: a\n---\nname: b\n", Some(3), "holds more than one document"),
        ("title: [a\n", Some(1), "is not valid YAML"),
        ("name: 'a\n", Some(1), "is not valid YAML"),
        ("a: b\n c: d: e\n", Some(2), "is not valid YAML"),
        ("name: {a: b}\n", Some(1), "holds something else than belongs there"),
        ("- a\n", Some(1), "holds something else than belongs there"),
        ("gitlab: teo\n", Some(1), "holds something else than belongs there"),
        (
            "zendesk:\n  main:\n    groups: 'Support Focus: Juniper'\n",
            Some(3),
            "holds something else than belongs there",
        ),
        ("name: 'a\nemail: b\nmore: 'c'\n", Some(3), "is not valid YAML"),
        ("name: 'a\nemail: b\nmore: c'\n", Some(1), "holds something else than belongs there"),
        (&long, None, "is larger than 64 KiB"),
        (&deep, Some(33), "nests or repeats more than such a file may"),
    ] {
        let broken = broken(text);
        let start: String = text.chars().take(60).collect();
        assert_eq!((broken.problem.as_str(), broken.line), (kind, line), "{start}");
    }
    let latin = parse_agent_bytes("a.yaml", b"name: Ren\xe9e\ngitlab:\n  username: renee\n", &BTreeSet::new());
    let AgentFile::Broken(latin) = latin else { panic!("{latin:?}") };
    assert_eq!((latin.problem.as_str(), latin.handle.unwrap().as_str()), ("is not UTF-8 text", "renee"));
}

#[test]
fn a_broken_files_handle_is_salvaged_where_it_is_the_only_one() {
    for (text, handle) in [
        ("gitlab:\n  id: 1\n  username: teo\nslack:\n  username: other\nx: [\n", Some("teo")),
        ("x: [\nslack:\n  username: other\ngitlab:\n  username: 'teo'  # now\n", Some("teo")),
        ("x: [\ngitlab: {id: 1, username: \"@teo\"}\n", Some("teo")),
        ("x: [\ngitlab: {username: teo, id: 1}\nslack: {username: other}\n", Some("teo")),
        ("x: [\n  gitlab:\n     # note\n\n     username: teo\n", Some("teo")),
        ("x: [\nusername: teo\n", Some("teo")),
        ("x: [\nslack:\n  username: other\n", None),
        ("x: [\nslack: {username: other}\n", None),
        ("x: [\ngitlab:\n  username: teo\ngitlab:\n  username: ada\n", None),
        ("x: [\ngitlab:\n  username: teo\ngitlab:\n  username: Teo\n", Some("teo")),
        ("x: [\ngitlab:\n  username: not a handle\n", None),
        ("x: [\nusername: a\nusername: b\n", None),
        ("x: [\n", None),
    ] {
        assert_eq!(broken(text).handle.as_ref().map(Handle::as_str), handle, "{text}");
    }
}
