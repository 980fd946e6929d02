//! `[defaults]`: what most pods share stands in `podkeeper.toml`, and a pod's own key wins.

use super::*;
use crate::pod::page_form::{MembersForm, PageForm};

/// All that a pod writes.
const SMALL: &str = r#"name = "Lantern Pod"
[page]
path = "content/lantern/_index.md"
[label]
name = "pod::lantern"
[[session]]
cron = "0 15 * * Thu"
zone = "UTC"
[members]
zendesk_group = "Support Focus: Lantern"
"#;

const DEFAULTS: &str = r##"[defaults.page]
project = "harbour/handbook"
ref = "trunk"
site = "https://handbook.example"
members_heading = "Who we are"
members_form = "list"
lead_words = ["DRI", "lead"]
[defaults.pairing]
project = "harbour/pairing"
[defaults.label]
create = true
color = "#abc"
[defaults.session]
zone = "Europe/Berlin"
duration = "30m"
open_ahead = "3d"
[defaults.agents]
project = "harbour/team"
path = "data/agents/"
ref = "master"
[defaults.reports]
project = "harbour/meta"
confidential = true
[defaults.documents]
label_groups = ["harbour"]
"##;

fn pod_of(entries: &[(&str, &str)]) -> Pod {
    parse(&config_files(entries), today()).unwrap().pods.remove(0)
}

#[test]
fn a_pod_of_ten_lines_gets_the_rest_from_the_defaults() {
    let pod = pod_of(&[(INSTANCE_FILE, DEFAULTS), ("pods/lantern.toml", SMALL)]);
    assert_eq!((pod.page.project.as_str(), pod.page.git_ref.as_str()), ("harbour/handbook", "trunk"));
    assert_eq!(pod.page.site.unwrap().as_str(), "https://handbook.example/");
    let form = PageForm {
        members_heading: Some("Who we are".to_owned()),
        members_form: MembersForm::List,
        lead_words: vec!["dri".to_owned(), "lead".to_owned()],
    };
    assert_eq!(pod.page.form, form);
    assert_eq!(pod.pairing_project, "harbour/pairing");
    assert!(pod.label.may_create && pod.label.color == "#abc");
    let slot = &pod.slots[0];
    assert_eq!((slot.key.as_str(), slot.zone.name()), ("weekly", "UTC"), "a pod's own key wins");
    assert_eq!((slot.duration.num_minutes(), slot.open_ahead.num_days()), (30, 3));
    let agents = pod.agents.unwrap();
    assert_eq!((agents.project.as_str(), agents.path.as_str()), ("harbour/team", "data/agents"));
    assert_eq!(agents.git_ref, "master");
    assert!(pod.reports.confidential && pod.reports.project.as_deref() == Some("harbour/meta"));
    assert_eq!(pod.label_groups, ["harbour"]);
}

#[test]
fn a_pods_own_key_wins_key_by_key() {
    let own = SMALL
        .replace("[page]", "[page]\nref = \"main\"\nmembers_form = \"table\"\nlead_words = []")
        .replace("[label]", "[label]\ncreate = false")
        .replace("zone = \"UTC\"", "slot = \"emea\"\nduration = \"2h\"")
        + "[agents]\npath = \"people\"\n[reports]\nconfidential = false\n[documents]\nlabel_groups = []\n";
    let pod = pod_of(&[(INSTANCE_FILE, DEFAULTS), ("pods/lantern.toml", &own)]);
    assert_eq!((pod.page.project.as_str(), pod.page.git_ref.as_str()), ("harbour/handbook", "main"));
    assert_eq!((pod.page.form.members_form, pod.page.form.lead_words.len()), (MembersForm::Table, 0));
    assert_eq!(pod.page.form.members_heading.as_deref(), Some("Who we are"));
    assert!(!pod.label.may_create && pod.label.color == "#abc");
    let slot = &pod.slots[0];
    assert_eq!((slot.key.as_str(), slot.zone.name(), slot.duration.num_hours()), ("emea", "Europe/Berlin", 2));
    let agents = pod.agents.unwrap();
    assert_eq!((agents.project.as_str(), agents.path.as_str()), ("harbour/team", "people"));
    assert!(!pod.reports.confidential && pod.label_groups.is_empty());
}

#[test]
fn what_neither_file_has_may_stand_in_either() {
    let found = problems(&[("pods/lantern.toml", &SMALL.replace("zone = \"UTC\"\n", "slot = \"weekly\"\n"))]);
    let expected = [
        "config/pods/lantern.toml:1 [pairing] lacks `project`, and podkeeper.toml has no default for it | add [pairing] \
         with project = \"your-group/support-pairing\", or name it for all pods under [defaults.pairing] in podkeeper.toml",
        "config/pods/lantern.toml:2 [page] lacks `project`, and podkeeper.toml has no default for it | add project = \
         \"your-group/handbook\", or name it for all pods under [defaults.page] in podkeeper.toml",
        "config/pods/lantern.toml:6 [[session]] lacks `zone`, and podkeeper.toml has no default for it | add zone = \
         \"UTC\", or name it for all pods under [defaults.session] in podkeeper.toml",
    ];
    assert_eq!(found, expected);
    let half =
        problems(&[(INSTANCE_FILE, &DEFAULTS.replace("path = \"data/agents/\"\n", "")), ("pods/lantern.toml", SMALL)]);
    assert!(half.len() == 1 && half[0].contains("[agents] lacks `path`"), "{half:?}");
}

#[test]
fn what_is_wrong_with_a_default_is_told_once_at_its_own_line() {
    let broken = DEFAULTS
        .replace("harbour/handbook", "handbook")
        .replace("https://handbook.example", "http://handbook.example")
        .replace("\"list\"", "\"lst\"")
        .replace("#abc", "blue")
        .replace("Europe/Berlin", "Nowhere")
        .replace("30m", "soon")
        .replace("harbour/team", "team")
        .replace("[\"harbour\"]", "[\"a//b\"]");
    let two = [SMALL, &SMALL.replace("Lantern", "Juniper").replace("lantern", "juniper")];
    let found = problems(&[(INSTANCE_FILE, &broken), ("pods/juniper.toml", two[1]), ("pods/lantern.toml", two[0])]);
    let places: Vec<&str> = found.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
    let lines = [2, 4, 6, 12, 14, 15, 18, 25];
    let expected: Vec<String> = lines.iter().map(|line| format!("config/podkeeper.toml:{line}")).collect();
    assert_eq!(places, expected, "{found:#?}");
    assert!(found[2].contains("did you mean list?"), "{found:#?}");
}

#[test]
fn a_default_that_cannot_be_read_is_not_called_missing_as_well() {
    for (from, to) in [
        ("project = \"harbour/pairing\"", "project = 7"),
        ("[defaults.pairing]", "[defaults.pairng]"),
        ("[defaults.pairing]\nproject = \"harbour/pairing\"", "[defaults]\npairing = 7"),
        ("[defaults.page]", "[defaults.page"),
        ("[defaults.page]", "[default.page]"),
    ] {
        let found = problems(&[(INSTANCE_FILE, &DEFAULTS.replacen(from, to, 1)), ("pods/lantern.toml", SMALL)]);
        assert!(!found.is_empty() && found.iter().all(|problem| problem.contains("podkeeper.toml:")), "{found:#?}");
    }
}

#[test]
fn a_template_is_brought_along_where_none_is_there() {
    let mut files = config_files(&[(INSTANCE_FILE, DEFAULTS), ("pods/lantern.toml", SMALL)]);
    files.texts.remove("templates/pairing_issue.md");
    assert!(parse(&files, today()).is_ok());
    let text = format!("{DEFAULTS}[defaults.slack]\n");
    files.texts.insert(INSTANCE_FILE.to_owned(), text);
    assert!(parse(&files, today()).unwrap_err()[0].message.contains("unknown key `slack` in [defaults]"));
    let named = DEFAULTS.replace("[defaults.label]", "template = \"templates/ours.md\"\n[defaults.label]");
    let found = problems(&[(INSTANCE_FILE, &named), ("pods/lantern.toml", SMALL)]);
    assert!(found.len() == 1, "{found:?}");
    assert!(
        found[0].starts_with("config/podkeeper.toml:10 there is no template templates/ours.md in config"),
        "{found:?}"
    );
}

#[test]
fn the_schema_knows_every_form_of_members() {
    let words: Vec<&str> = MembersForm::ALL.iter().map(|(_, word)| *word).collect();
    let schemas = json_schemas();
    for (file, table) in [("pods/*.toml", "Page"), ("podkeeper.toml", "PageDefaults")] {
        assert_eq!(schemas[file]["$defs"]["MembersFormWord"]["enum"], serde_json::json!(words), "{table}");
    }
}
