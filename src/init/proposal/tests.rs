use super::*;
use crate::init::choices::{Choices, Given, SharedValues};
use crate::init::files::{Hints, ci_file, instance_file, pod_file};
use crate::init::page_address::PageFile;

const PAGE: &str = include_str!("../../../tests/data/pages/juniper-pod.md");

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

fn file(project: &str) -> PageFile {
    PageFile {
        gitlab: None,
        project: project.to_owned(),
        path: "content/pods/juniper/_index.md".to_owned(),
        git_ref: "main".to_owned(),
    }
}

fn texts(page: &str) -> (String, String) {
    let proposal = Proposal::read(page, "content/pods/juniper/_index.md", "desk/handbook", "gitlab.com", today());
    let choices =
        Choices::new("juniper", file("desk/handbook"), &proposal, &Given::default(), &SharedValues::default());
    let instance = instance_file(&choices, &Hints::default()).text;
    let shared = SharedValues {
        page_project: Some("desk/handbook".to_owned()),
        pairing_project: Some("your-group/support-pairing".to_owned()),
        agents_project: Some("your-group/support-team".to_owned()),
        reports_project: Some("your-group/support-team-meta".to_owned()),
        has_label_groups: true,
        ..SharedValues::default()
    };
    (instance, pod_file(&choices, &shared, &Hints::default()).text)
}

/// What decides nothing stands in as few lines as a person would write.
#[test]
fn a_plain_page_is_ten_lines_of_keys() {
    let page = "---\ntitle: Lantern Pod\n---\n\n`pod::lantern` and `'Support Focus: Lantern'`\n\n\
                Thursdays at 3 PM UTC\n\n## Pod members\n\n- {{< member-by-name \"Ada Quill\" >}} (`@aquill`)\n\n## End\n";
    let (_, pod) = texts(page);
    let keys: Vec<&str> = pod.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(
        keys,
        [
            "name = \"Lantern Pod\"",
            "[page]",
            "path = \"content/pods/juniper/_index.md\"",
            "[label]",
            "name = \"pod::lantern\"",
            "[[session]]",
            "cron = \"0 15 * * Thu\"",
            "zone = \"UTC\"",
            "[members]",
            "zendesk_group = \"Support Focus: Lantern\"",
        ]
    );
    assert!(!pod.contains("Decide"), "{pod}");
}

#[test]
fn nobody_of_the_page_stands_in_a_text() {
    let page =
        format!("{PAGE}\n\n- \"Hour of Ada\": Mondays 9:00 UTC\n- Every other Friday at 1530 UTC with Sorin Vale\n");
    let (instance, pod) = texts(&page);
    assert!(pod.contains("0 9 * * Mon") && pod.contains("# cron = \"30 15 * * Fri\""), "{pod}");
    for text in [&instance, &pod] {
        for name in ["Ada", "Quill", "aquill", "Sorin", "@"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
    }
}

/// Whatever a page holds, each file is what it was meant to be.
#[test]
fn hostile_words_stay_words() {
    for evil in [
        "\"\"\"\n[pairing]\nproject = \"evil/project\"",
        "a\u{202e}b\u{0}c\u{1b}[2J",
        "x\\\" \u{2028} y",
        "#{{ block }} ${CI_JOB_TOKEN} $(rm -rf /)",
        "glpat-abcdefghijklmnopqrst",
    ] {
        let title = evil.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let page = format!(
            "---\ntitle: \"{title}\"\n---\n\n## {evil} Pod members\n\n- {{{{< member-by-name \"{evil}\" >}}}} (`@a`)\n\n## End\n\n\
             - Session \"{evil}\", Mondays at 3 PM UTC\n- Every other Monday {evil} at 1530 UTC\n\n\
             `pod::{evil}` 'Support Focus: {evil}' Slack: `#pod{evil}`\n"
        );
        let (instance, pod) = texts(&page);
        for text in [&instance, &pod] {
            let table: toml::Table = toml::from_str(text).unwrap_or_else(|why| panic!("{why}\n{text}"));
            assert!(!table.contains_key("evil") && !text.contains('\u{202e}') && !text.contains("glpat-a"), "{text}");
        }
        let table: toml::Table = toml::from_str(&pod).unwrap();
        assert!(!table.contains_key("pairing"), "{pod}");
    }
    let ci = ci_file("on", "$CI_SERVER_FQDN/your-group/podkeeper/podkeeper@0.1.0", "config", "PODKEEPER_TOKEN").text;
    assert!(ci.ends_with("inputs:\n      pods: \"on\"\n"), "{ci}");
}

#[test]
fn two_sessions_have_two_slots_and_what_is_open_is_a_comment() {
    let page = "Mondays 9:00 UTC\n\nMondays 17:00 UTC\n\nTuesday, 13:00 / 14:00 UTC depending on DST\n";
    let (_, pod) = texts(page);
    let table: toml::Table = toml::from_str(&pod).unwrap();
    let slots: Vec<&str> =
        table["session"].as_array().unwrap().iter().map(|session| session["slot"].as_str().unwrap()).collect();
    assert_eq!(slots, ["mon", "mon-2"], "{pod}");
    assert!(pod.contains("# [[session]]\n# slot = \"tue\"\n# cron = \"0 13 * * Tue\"\n"), "{pod}");
    assert!(pod.contains("# Decide: line 5 of the page: its hour depends on daylight saving time"), "{pod}");
}

#[test]
fn what_the_page_links_to_is_a_hint_and_never_a_value() {
    let page = "[data](https://gitlab.com/desk/team/-/tree/master/data/agents?ref_type=heads) and \
                [issues](https://gitlab.com/desk/support-pairing/-/issues/), [site](/handbook/)\n";
    let proposal = Proposal::read(page, "x.md", "desk/handbook", "gitlab.com", today());
    assert_eq!(proposal.pairing, Some(("desk/support-pairing".to_owned(), 1)));
    let (folder, _) = proposal.agents.clone().unwrap();
    assert_eq!(
        (folder.project.as_str(), folder.path.as_str(), folder.git_ref.as_str()),
        ("desk/team", "data/agents", "master")
    );
    let (instance, _) = texts(page);
    assert!(instance.contains("project = \"your-group/support-pairing\""), "{instance}");
    assert!(instance.contains("path = \"data/agents\"\nref = \"master\""), "{instance}");
    assert!(instance.contains("# site = \"https://handbook.example.com\""), "{instance}");
}
