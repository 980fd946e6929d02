//! `[pairing]` and `[[away]]`: hosts, zones, milestone, templates and absences.

use super::*;
use crate::pod::pairing_options::HostRotation;

fn pod_with(pairing: &str, rest: &str) -> Pod {
    let text = POD.replacen("[pairing]\n", &format!("[pairing]\n{pairing}\n"), 1) + rest;
    parse(&config_files(&[("pods/alpha.toml", &text)]), today()).unwrap().pods.remove(0)
}

#[test]
fn every_key_is_read_and_a_pods_own_wins() {
    let pod = pod_with(
        "hosts = [\"ada\", \"@sorin\"]\nzones = [\"Europe/Berlin\", \"UTC\"]\nmilestone = \"Q4\"\nconfidential = true\n\
         template = \".gitlab/issue_templates/Ours.md\"",
        "[[away]]\nhandle = \"@ada\"\nfrom = \"2026-12-21\"\nuntil = \"2027-01-03\"\n",
    );
    assert_eq!(pod.pairing.hosts, HostRotation::Handles(vec!["ada".to_owned(), "sorin".to_owned()]));
    assert_eq!(pod.pairing.zones, [chrono_tz::Europe::Berlin, chrono_tz::UTC]);
    assert_eq!((pod.pairing.milestone.as_deref(), pod.pairing.confidential), (Some("Q4"), true));
    assert_eq!(pod.pairing.issue_template.as_deref(), Some(".gitlab/issue_templates/Ours.md"));
    assert_eq!((pod.absences[0].handle.as_str(), pod.absences[0].until.to_string()), ("ada", "2027-01-03".to_owned()));
    assert_eq!(pod_with("", "").pairing, crate::pod::pairing_options::PairingOptions::default());

    let defaults = "[defaults.pairing]\nhosts = \"leads\"\nzones = [\"UTC\"]\nmilestone = \"Q4\"\n";
    let of = |own: &str| {
        let text = POD.replacen("[pairing]\n", &format!("[pairing]\n{own}\n"), 1);
        parse(&config_files(&[(INSTANCE_FILE, defaults), ("pods/alpha.toml", &text)]), today()).unwrap().pods.remove(0)
    };
    let pod = of("");
    assert_eq!((pod.pairing.hosts, pod.pairing.zones.len()), (HostRotation::Leads, 1));
    let pod = of("hosts = \"nobody\"\nzones = []");
    assert_eq!((pod.pairing.hosts, pod.pairing.zones.len()), (HostRotation::Nobody, 0));
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_a_good_value() {
    for (pairing, expected) in [
        ("hosts = \"Lead\"", "config/pods/alpha.toml:6 `Lead` is no hosts | did you mean leads?"),
        ("hosts = \"Ada Quill\"", "or a list of handles, as [\"ada\", \"sorin\"]"),
        ("hosts = 7", "`hosts` should be a text in quotes, not a whole number | write hosts = \"7\""),
        ("hosts = [\"ada quill\"]", "`ada quill` is not a GitLab handle"),
        ("zones = [\"Berlin\"]", "`Berlin` is not an IANA time zone | did you mean Europe/Berlin?"),
        ("zones = \"UTC\"", "`zones` should be a list, not a text in quotes | write zones = [\"UTC\"]"),
        ("milestone = \" \"", "is not a milestone's title"),
        ("confidential = \"yes\"", "write confidential = true"),
        ("template = \".gitlab/../x.md\"", "is not a path inside the pairing project"),
    ] {
        let found = pod_problems("[pairing]", &format!("[pairing]\n{pairing}"));
        assert!(found.len() == 1 && found[0].contains(expected), "{pairing}: {found:#?}");
    }
    let found = problems(&[(INSTANCE_FILE, "[defaults.pairing]\nzones = [\"Nowhere\"]\n"), ("pods/alpha.toml", POD)]);
    assert!(found.len() == 1 && found[0].starts_with("config/podkeeper.toml:2 `Nowhere`"), "{found:#?}");
    let away = format!("{POD}[[away]]\nhandle = \"ada\"\nfrom = \"21.12.2026\"\n");
    let found = problems(&[("pods/alpha.toml", &away)]);
    assert!(found.len() == 2 && found[0].contains("lacks `until`") && found[1].contains("is not a date"), "{found:#?}");
}

#[test]
fn an_absence_that_ends_before_it_begins_is_left_out_and_told() {
    let pod = pod_with("", "[[away]]\nhandle = \"ada\"\nfrom = \"2027-01-03\"\nuntil = \"2026-12-21\"\n");
    assert!(pod.absences.is_empty());
    let [problem] = &pod.setting_problems[..] else { panic!("{:?}", pod.setting_problems) };
    assert_eq!(problem.place, "pods/alpha.toml:16");
    assert_eq!(problem.message, "[[away]] of `ada` ends on 2026-12-21, before it begins on 2027-01-03");
}

#[test]
fn a_template_that_fails_is_a_problem_of_its_own_and_the_pods_are_there() {
    let files = config_files(&[("templates/pairing_issue.md", "x\n{{ blok }}\n"), ("pods/alpha.toml", POD)]);
    let config = parse(&files, today()).unwrap();
    let [problem] = &config.template_problems[..] else { panic!("{:?}", config.template_problems) };
    assert_eq!(problem.path, "config/templates/pairing_issue.md");
    assert_eq!(problem.line_number("x\n{{ blok }}\n"), 2);
    assert_eq!(config.pods[0].template.name(), "templates/pairing_issue.md");
    // Beside another problem it is told with it.
    let broken = POD.replace("Thu", "Noday");
    let files = config_files(&[("templates/pairing_issue.md", "x\n{{ blok }}\n"), ("pods/alpha.toml", &broken)]);
    assert_eq!(parse(&files, today()).unwrap_err().len(), 2);
}
