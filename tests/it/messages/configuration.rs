//! Messages about the files of the configuration.

use std::path::Path;

use crate::exit_codes::{copy_config, replace_in_file, run_podkeeper_with_env, serve_with_script};
use crate::support::{Stage, repository_root};

/// The numbers of the messages that have a row here.
pub(super) const ROWS: &[u8] = &[2, 3, 4, 16, 17, 24];

/// The places of the shipped configuration that everybody fits to their own GitLab.
const PLACES: [&str; 5] = [
    "podkeeper.toml:37: [defaults.page] project is still \"your-group/handbook\"; write the full path of your project",
    "podkeeper.toml:45: [defaults.pairing] project is still \"your-group/support-pairing\"",
    "podkeeper.toml:61: [defaults.agents] project is still \"your-group/support-team\"",
    "podkeeper.toml:67: [defaults.reports] project is still \"your-group/support-team-meta\"",
    "podkeeper.toml:71: [defaults.documents] label_groups is still \"your-group\"; write the group whose labels",
];

/// The shipped configuration names no real group, and nothing real is asked with it.
#[tokio::test]
async fn a_configuration_that_is_not_fitted_yet_asks_nobody() {
    let shipped = repository_root().join("config");
    let validated = run_podkeeper_with_env(&["config", "validate", "--config", shipped.to_str().unwrap()], &[]).await;
    assert_eq!(validated.code, Some(0), "{validated:?}");
    assert!(validated.out.contains("5 places are not fitted to your GitLab yet"), "{}", validated.out);
    for place in PLACES {
        assert!(validated.out.contains(place), "{place} is not in: {}", validated.out);
    }
    let stage = Stage::seeded();
    let host = serve_with_script(&stage, |_| None).await;
    let config = copy_config("not-fitted", |folder| {
        for file in ["podkeeper.toml", "pods/secure.toml"] {
            let text = std::fs::read_to_string(shipped.join(file))
                .unwrap()
                .replace("https://gitlab.com\"", &format!("{}\"", host.url));
            std::fs::write(folder.join(file), text).unwrap();
        }
    });
    let token = [("PODKEEPER_TOKEN", "glpat-invented-0000000000")];
    for command in [&["plan"][..], &["apply"], &["apply", "--dry-run"], &["check", "secure"], &["page", "secure"]] {
        let refused = run_podkeeper_with_env(&[command, &["--config", &config]].concat(), &token).await;
        refused.assert_ends(2, &["not fitted to your GitLab yet, so nothing was asked", "--sandbox"]);
        refused.assert_ends(2, &PLACES);
    }
    assert!(host.seen_requests().is_empty(), "{:?}", host.seen_requests());
    // A sandbox has these paths, and a check of files asks for no pod.
    let tried = run_podkeeper_with_env(&["plan", "--sandbox", "--config", shipped.to_str().unwrap()], &[]).await;
    assert!(tried.code == Some(0) && !format!("{}{}", tried.out, tried.err).contains("fitted"), "{tried:?}");
    let page = ["check", "tests/data/pages/juniper-pod.md", "--offline", "--fail-on", "critical", "--config", &config];
    let checked = run_podkeeper_with_env(&page, &[]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

/// A change of the configuration, and what is said of it: in all, in this order, nothing twice.
struct Row {
    number: u8,
    name: &'static str,
    change: fn(&Path),
    says: &'static [&'static str],
    /// How many errors are reported.
    errors: usize,
}

const POD: &str = "pods/secure.toml";

fn edit_pod(folder: &Path, from: &str, to: &str) {
    replace_in_file(&folder.join(POD), from, to);
}

fn add_pod(folder: &Path, key: &str, from_to: &[(&str, &str)]) {
    let text = std::fs::read_to_string(folder.join(POD)).unwrap();
    let text = from_to.iter().fold(text, |text, (from, to)| text.replace(from, to));
    std::fs::write(folder.join(format!("pods/{key}.toml")), text).unwrap();
}

const TABLE: [Row; 11] = [
    Row {
        number: 2,
        name: "two pods with one name",
        change: |folder| add_pod(folder, "static-analysis", &[("pod::secure", "pod::static")]),
        says: &[
            "the pod secure has the name `Secure Pod` too",
            "static-analysis.toml:4",
            "give each pod a name of its own, for example Static Analysis Pod",
        ],
        errors: 1,
    },
    Row {
        number: 2,
        name: "two pods with one label, and the free one is not free either",
        change: |folder| {
            add_pod(folder, "sec2", &[("pod::secure", "pod::verify"), ("Secure Pod", "Sec Pod")]);
            add_pod(folder, "verify", &[("Secure Pod", "Verify Pod")]);
        },
        says: &[
            "label `pod::secure` is the pod secure's in the same project",
            "verify.toml:8",
            "give each pod a label of its own, for example pod::verify 2",
        ],
        errors: 1,
    },
    Row {
        number: 3,
        name: "a zone with a slip",
        change: |folder| edit_pod(folder, "\"UTC\"", "\"America/New_Yrk\""),
        says: &["`America/New_Yrk` is not an IANA time zone", "secure.toml:11", "did you mean America/New_York?"],
        errors: 1,
    },
    Row {
        number: 3,
        name: "a default zone with a slip, at its own line, with two pods",
        change: |folder| {
            edit_pod(folder, "zone = \"UTC\"\n", "");
            add_pod(folder, "verify", &[("Secure Pod", "Verify Pod"), ("pod::secure", "pod::verify")]);
            replace_in_file(&folder.join("podkeeper.toml"), "duration = \"1h\"", "zone = \"Berlin\"");
        },
        says: &["`Berlin` is not an IANA time zone", "podkeeper.toml:57", "did you mean Europe/Berlin?"],
        errors: 1,
    },
    Row {
        number: 4,
        name: "a misspelt key with a bad zone, cron and duration in one slot",
        change: |folder| {
            let slot = "solt = \"EMEA one\"\ncron = \"0 25 * * Thu\"\nduration = \"soon\"";
            edit_pod(folder, "cron = \"0 15 * * Thu\"", slot);
            edit_pod(folder, "\"UTC\"", "\"Europe/Berln\"");
        },
        says: &[
            "unknown key `solt` in [[session]]",
            "did you mean `slot`?",
            "`EMEA one` is not a slot's key",
            "did you mean emea-one?",
            "`25` is no hour (0 to 23)",
            "`soon` is not a length of time",
            "did you mean Europe/Berlin?",
        ],
        errors: 5,
    },
    Row {
        number: 4,
        name: "a type error in one key with others beside it",
        change: |folder| {
            edit_pod(folder, "name = \"pod::secure\"", "name = \"a,b\"\ncreate = \"yes\"");
            edit_pod(folder, "zone = \"UTC\"", "zone = 1\nopen_ahead = 7");
            edit_pod(folder, "name = \"Secure Pod\"", "name = 7\nformerly = \"sec\"");
        },
        says: &[
            "`name` should be a text in quotes, not a whole number",
            "write name = \"7\"",
            "`formerly` should be a list",
            "write formerly = [\"sec\"]",
            "holds a comma",
            "`create` should be true or false",
            "write create = true",
            "`zone` should be a text in quotes",
            "`open_ahead` should be a text in quotes",
        ],
        errors: 6,
    },
    Row {
        number: 16,
        name: "two fields of a schedule, as they were written",
        change: |folder| edit_pod(folder, "0 15 * * Thu", "0 25 * * Thursd"),
        says: &[
            "`0 25 * * Thursd` is no schedule: `25` is no hour (0 to 23), and `Thursd` is no weekday",
            "secure.toml:10",
            "write for example 0 15 * * Thu",
        ],
        errors: 1,
    },
    Row {
        number: 16,
        name: "a schedule with two weekdays",
        change: |folder| edit_pod(folder, "0 15 * * Thu", "30 9 * * Mon,Thu"),
        says: &[
            "meets twice in the week",
            "write 30 9 * * Mon here, and 30 9 * * Thu in a [[session]] with a slot of its own",
        ],
        errors: 1,
    },
    Row {
        number: 17,
        name: "the template that a pod names",
        change: |folder| {
            edit_pod(folder, "[members]", "[pairing]\ntemplate = \"templates/pairing_isue.md\"\n[members]");
        },
        says: &[
            "there is no template templates/pairing_isue.md",
            "secure.toml:14:12",
            "did you mean templates/pairing_issue.md?",
        ],
        errors: 1,
    },
    Row {
        number: 24,
        name: "a folder of pods that cannot be looked into",
        change: |folder| {
            std::fs::remove_dir_all(folder.join("pods")).unwrap();
            std::os::unix::fs::symlink("pods", folder.join("pods")).unwrap();
        },
        says: &["/pods:1", "cannot be read"],
        errors: 1,
    },
    Row {
        number: 24,
        name: "a file in the folder's place",
        change: |folder| {
            std::fs::remove_dir_all(folder.join("pods")).unwrap();
            std::fs::write(folder.join("pods"), "").unwrap();
        },
        says: &["/pods:1", "cannot be read (not a directory)"],
        errors: 1,
    },
];

#[tokio::test]
async fn what_is_wrong_is_said_once_with_its_place_and_what_to_write() {
    for (index, row) in TABLE.iter().enumerate() {
        assert!(ROWS.contains(&row.number));
        let config = copy_config(&format!("messages-{index}"), row.change);
        let told = run_podkeeper_with_env(&["config", "validate", "--config", &config], &[]).await;
        assert_eq!(told.code, Some(2), "{}: {told:?}", row.name);
        let (text, mut from) = (&told.err, 0);
        for part in row.says {
            let at = text[from..].find(part).unwrap_or_else(|| panic!("{}: `{part}` is not in: {text}", row.name));
            from += at;
        }
        assert_eq!(text.matches("error: ").count(), row.errors, "{}: {text}", row.name);
        assert!(!text.contains("holds no pod"), "{}: unknown is not empty: {text}", row.name);
    }
}
