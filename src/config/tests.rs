mod dates;
mod defaults;
mod good_values;
mod pairing;

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::pod::label::LabelName;

const TEMPLATE: &str = "{{ block }}\n";
const POD: &str = r#"name = "Alpha Pod"
[page]
project = "g/handbook"
path = "content/alpha/_index.md"
[pairing]
project = "g/pairing"
[label]
name = "pod::alpha"
[[session]]
slot = "weekly"
cron = "0 15 * * Thu"
zone = "UTC"
"#;

fn config_files(entries: &[(&str, &str)]) -> ConfigFiles {
    let mut texts: BTreeMap<String, String> = [(INSTANCE_FILE, ""), ("templates/pairing_issue.md", TEMPLATE)]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
    texts.extend(entries.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    ConfigFiles { texts, folder: "config".to_owned(), ..ConfigFiles::default() }
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

/// What is wrong, as `file:line message | help`.
fn problems(entries: &[(&str, &str)]) -> Vec<String> {
    let files = config_files(entries);
    let found = parse(&files, today()).err().unwrap_or_default();
    found
        .iter()
        .map(|problem| {
            let text = problem.path.strip_prefix("config/").and_then(|path| files.texts.get(path));
            format!(
                "{}:{} {} | {}",
                problem.path,
                problem.line_number(text.map_or("", String::as_str)),
                problem.message,
                problem.help
            )
        })
        .collect()
}

fn pod_problems(from: &str, to: &str) -> Vec<String> {
    assert!(POD.contains(from), "{from}");
    problems(&[("pods/alpha.toml", &POD.replacen(from, to, 1))])
}

#[test]
fn the_shipped_configuration_is_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let config = parse(&read_folder(&folder).unwrap(), today()).unwrap();
    assert_eq!(config.pods.len(), 1);
    assert_eq!(config.pods[0].slots[0].event, "Secure Pod Pairing");
}

#[test]
fn a_small_file_is_enough_and_the_defaults_are_said_ones() {
    let config = parse(&config_files(&[("pods/alpha.toml", POD)]), today()).unwrap();
    let pod = &config.pods[0];
    assert_eq!((pod.page.git_ref.as_str(), pod.label.may_create, config.limits.max_writes), ("main", false, 10));
    assert_eq!(pod.slots[0].event, "Alpha Pod Pairing");
    assert_eq!(pod.slots[0].open_ahead, chrono::Duration::days(7));
    assert_eq!(
        (config.token_variables.default.as_str(), config.token_variables.github.as_str()),
        ("PODKEEPER_TOKEN", "PODKEEPER_GITHUB_TOKEN")
    );
}

#[test]
fn what_the_label_may_and_was_called_is_read() {
    let small = parse(&config_files(&[("pods/alpha.toml", POD)]), today()).unwrap();
    let label = &small.pods[0].label;
    assert_eq!((label.manage, label.apply, &label.named_color, label.former_names.len()), (false, false, &None, 0));
    let defaults = "[defaults.label]\nmanage = true\napply = true\ncolor = \"#abc\"\n";
    let own = "name = \"pod::alpha\"\napply = false\nformerly = [\"pod::first\", \"Alpha pod\"]";
    let pod = POD.replace("name = \"pod::alpha\"", own);
    let config = parse(&config_files(&[(INSTANCE_FILE, defaults), ("pods/alpha.toml", &pod)]), today()).unwrap();
    let label = &config.pods[0].label;
    // A colour for all pods is what labels are made with, and nothing that one of them has to have.
    assert_eq!((label.manage, label.apply, &label.named_color, label.color.as_str()), (true, false, &None, "#abc"));
    let former: Vec<&str> = label.former_names.iter().map(LabelName::as_str).collect();
    assert_eq!(former, ["pod::first", "Alpha pod"]);
    for (wrong, says) in [
        ("formerly = [\"a,b\"]", "holds a comma"),
        ("formerly = [\"pod::alpha\"]", "`pod::alpha` is the label's name now"),
        ("formerly = \"pod::first\"", "`formerly`"),
        ("apply = \"yes\"", "`apply`"),
        ("manages = true", "unknown key `manages` in [label] | did you mean `manage`?"),
    ] {
        let found = pod_problems("name = \"pod::alpha\"", &format!("name = \"pod::alpha\"\n{wrong}"));
        assert!(found.len() == 1 && found[0].contains(says), "{wrong}: {found:?}");
    }
}

#[test]
fn each_fault_is_told_with_its_line_and_a_good_value() {
    for (from, to, expected) in [
        ("cron = ", "crno = ", "config/pods/alpha.toml:11 unknown key `crno` in [[session]] | did you mean `cron`?"),
        (
            "zone = \"UTC\"",
            "zone = \"CEST/Berlin\"",
            "config/pods/alpha.toml:12 `CEST/Berlin` is not an IANA time zone | did you mean Europe/Berlin?",
        ),
        ("* Thu", "* Mon,Thu", "slot `weekly` meets twice in the week"),
        ("0 15 * * Thu", "0 15 31 2 *", "never meets"),
        ("0 15 * * Thu", "0 0 15 * * Thu", "has 6 fields"),
        ("pod::alpha", "a,b", "holds a comma"),
        ("slot = \"weekly\"", "slot = \"Weekly!\"", "config/pods/alpha.toml:10 `Weekly!` is not a slot's key"),
        (
            "project = \"g/pairing\"",
            "project = \"pairing\"",
            "config/pods/alpha.toml:6 `pairing` is not a project's full path",
        ),
        (
            "project = \"g/pairing\"",
            "project = 7",
            "config/pods/alpha.toml:6 `project` should be a text in quotes, not a whole number",
        ),
        ("name = \"Alpha Pod\"", "", "the file lacks `name` | add name = \"Secure Pod\""),
        ("zone = \"UTC\"", "zone = \"UTC\"\nevery = 2", "`every` needs an `anchor`"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nopen_ahead = \"soon\"", "`soon` is not a length of time"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nopen_ahead = \"300years\"", "`300years` is not a length of time up to 90d"),
        (
            "zone = \"UTC\"",
            "zone = \"UTC\"\nduration = \"584554531000years\"",
            "`584554531000years` is not a length of time up to 90d",
        ),
        ("zone = \"UTC\"", "zone = \"UTC\"\nskip = [\"24.12.2026\"]", "`24.12.2026` is not a date"),
        (
            "[label]",
            "[[exception]]\nrule = \"label-emtpy\"\nsubject = \"x\"\nreason = \"y\"\n[label]",
            "`label-emtpy` is not a rule",
        ),
        ("[label]", "[label", "this is no TOML"),
        ("path = \"content", "path = \"/content", "is not a file's path"),
    ] {
        let found = pod_problems(from, to);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}\n{found:#?}");
        assert!(found.iter().all(|problem| problem.contains("config/") && !problem.ends_with("| ")), "{found:#?}");
    }
}

#[test]
fn all_faults_of_all_files_are_told_at_once() {
    let broken = POD.replace("UTC", "Nowhere").replace("pod::alpha", "a,b").replace("[page]", "[pagee]");
    let found = problems(&[
        (
            "podkeeper.toml",
            "[gitlab]\nurl = \"gitlab.com\"\n[tokens]\ndefault = \"glpat-abcdefghij\"\n[limits]\nmax_writes = -1",
        ),
        ("pods/alpha.toml", &POD.replace("UTC", "Nowhere").replace("pod::alpha", "a,b")),
        ("pods/beta.toml", &broken),
        ("pods/Gamma.toml", POD),
        ("templates/pairing_issue.md", "nothing here"),
    ]);
    let all = found.join("\n");
    for expected in [
        "no whole number from 0",
        "Nowhere",
        "holds a comma",
        "unknown key `pagee`",
        "`Gamma` cannot be a pod's key",
        "pairing_issue.md:1 a template holds",
    ] {
        assert!(all.contains(expected), "{expected}\n{all}");
    }
    assert!(!all.contains("glpat-"), "a token in the wrong place is not repeated");
}

#[test]
fn githubs_token_is_named_and_is_no_gitlabs() {
    let with = |name: &str| format!("[tokens]\ngithub = \"{name}\"\npairing = \"PODKEEPER_PAIRING_TOKEN\"\n");
    let found = |text: &str| problems(&[("podkeeper.toml", text), ("pods/alpha.toml", POD)]).join("\n");
    let good = with("PODKEEPER_HUB_TOKEN");
    let config = parse(&config_files(&[("podkeeper.toml", &good), ("pods/alpha.toml", POD)]), today()).unwrap();
    assert_eq!(config.token_variables.github, "PODKEEPER_HUB_TOKEN");
    for (name, expected) in [
        ("PODKEEPER_PAIRING_TOKEN", "podkeeper.toml:2 `PODKEEPER_PAIRING_TOKEN` holds a token of GitLab"),
        ("PODKEEPER_TOKEN", "podkeeper.toml:2 `PODKEEPER_TOKEN` holds a token of GitLab"),
        ("ghp_abcdefghij", "config/podkeeper.toml:2:1 does not name an environment variable"),
    ] {
        let reported = found(&with(name));
        assert!(reported.contains(expected) && !reported.contains("ghp_"), "{reported}");
    }
    let other = "[[instance]]\nurl = \"https://gitlab.example\"\ntoken = \"PODKEEPER_GITHUB_TOKEN\"\n";
    assert!(found(other).contains("`PODKEEPER_GITHUB_TOKEN` holds the token of another GitLab"));
}

#[test]
fn other_instances_have_origins_and_tokens_of_their_own() {
    let with = |text: &str| problems(&[("podkeeper.toml", text), ("pods/alpha.toml", POD)]);
    let two = "[[instance]]\nurl = \"https://gitlab.example\"\ntoken = \"PODKEEPER_OTHER_TOKEN\"\n";
    let config = parse(&config_files(&[("podkeeper.toml", two), ("pods/alpha.toml", POD)]), today()).unwrap();
    assert_eq!(config.instances[0].url.as_str(), "https://gitlab.example/");
    assert_eq!(config.instances[0].token_variable.as_deref(), Some("PODKEEPER_OTHER_TOKEN"));
    for (from, to, expected) in [
        (
            "https://",
            "http://",
            "podkeeper.toml:2 this is no https address; plain http goes to 127.0.0.1 and [::1] only",
        ),
        ("example\"", "example/gitlab\"", "write for example https://gitlab.example, without a path"),
        (
            "PODKEEPER_OTHER_TOKEN",
            "PODKEEPER_TOKEN",
            "podkeeper.toml:3 `PODKEEPER_TOKEN` holds the token of another GitLab",
        ),
        (
            "PODKEEPER_OTHER_TOKEN",
            "glpat-abcdefghij",
            "config/podkeeper.toml:3:1 does not name an environment variable",
        ),
        ("token", "tokn", "unknown key `tokn` in [[instance]] | did you mean `token`?"),
        ("url = \"https://gitlab.example\"", "", "[[instance]] lacks `url`"),
    ] {
        let found = with(&two.replace(from, to)).join("\n");
        assert!(found.contains(expected), "{expected}\n{found}");
        assert!(!found.contains("glpat-"), "{found}");
    }
    let twice = with(&format!("[gitlab]\nurl = \"https://gitlab.example\"\n{two}{two}")).join("\n");
    assert_eq!(twice.matches("this instance is named already").count(), 2, "{twice}");
    assert!(twice.contains("`PODKEEPER_OTHER_TOKEN` holds the token of another GitLab"), "{twice}");
}

#[test]
fn an_unknown_key_does_not_hide_what_else_is_wrong() {
    let text = POD.replace("UTC", "Nowhere").replace("[[session]]", "[[session]]\nopenahead = \"7d\"");
    let found = problems(&[("pods/alpha.toml", &text)]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("did you mean `open_ahead`?") && found[1].contains("Nowhere"), "{found:?}");
}

#[test]
fn pods_that_get_in_each_others_way_are_refused() {
    let other = |from: &str, to: &str| {
        problems(&[("pods/alpha.toml", POD), ("pods/beta.toml", &POD.replace(from, to))]).join("\n")
    };
    let clash = other("Alpha Pod", "alpha pod");
    assert!(clash.contains("label `pod::alpha` is the pod alpha's in the same project"), "{clash}");
    assert!(clash.contains("letter case does not tell them apart"), "{clash}");
    let case = problems(&[
        ("pods/alpha.toml", POD),
        ("pods/beta.toml", &POD.replace("pod::alpha", "POD::Alpha").replace("Alpha Pod", "Beta Pod")),
    ]);
    assert_eq!(case.len(), 1, "{case:?}");
    let former = POD
        .replace("pod::alpha", "pod::beta")
        .replace("Alpha Pod", "Beta Pod")
        .replace("[page]", "formerly = [\"alpha\"]\n[page]");
    let found = problems(&[("pods/alpha.toml", POD), ("pods/beta.toml", &former)]);
    assert!(found[0].contains("`alpha` is the pod alpha's key"), "{found:?}");
    let renamed = POD
        .replace("pod::alpha", "pod::beta\"\nformerly = [\"Pod::Alpha\"]\ncolor = \"#abc")
        .replace("Alpha Pod", "Beta Pod");
    let found = problems(&[("pods/alpha.toml", POD), ("pods/beta.toml", &renamed)]);
    assert!(found.len() == 1 && found[0].contains("label `pod::alpha` is the pod alpha's"), "{found:?}");
    let twice = format!("{POD}[[session]]\nslot = \"WEEKLY\"\ncron = \"0 9 * * Mon\"\nzone = \"UTC\"\n");
    assert!(problems(&[("pods/alpha.toml", &twice)]).iter().any(|p| p.contains("is not a slot's key")));
    let twice = twice.replace("WEEKLY", "weekly");
    assert!(problems(&[("pods/alpha.toml", &twice)]).iter().any(|p| p.contains(":14 slot `weekly` stands twice")));
}

#[test]
fn a_problem_is_shown_with_its_line() {
    let files = config_files(&[("pods/alpha.toml", &POD.replace("cron = ", "crno = "))]);
    let found = parse(&files, today()).unwrap_err();
    let text = render_problems(&found, |path| files.texts.get(path.strip_prefix("config/")?).map(String::as_str));
    insta::assert_snapshot!(text, @r#"
    error: unknown key `crno` in [[session]]
      --> config/pods/alpha.toml:11:1
       |
    11 | crno = "0 15 * * Thu"
       | ^^^^ did you mean `cron`?
    "#);
}

#[test]
fn the_schema_describes_every_key() {
    let schema = json_schemas();
    assert!(schema["pods/*.toml"]["properties"]["session"].is_object());
    assert!(schema["podkeeper.toml"]["properties"]["gitlab"].is_object());
}
