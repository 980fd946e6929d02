//! What holds for the house itself: who may use whom, which crates a room names, and that the README, the
//! change log and the sources agree with the code. Invariants are written as absences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use podkeeper::pod::rule::Rule;
use podkeeper::report::rules;

use crate::support::root;

/// A source file: its path below `src/` and its text without comments and without `tests` modules.
struct Source {
    path: String,
    code: String,
}

impl Source {
    /// The room it belongs to: the first part of its path.
    fn room(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let rust = files_below(&src).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        // A module's own tests may use what they like.
        let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        Source { path: path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned(), code }
    })
    .filter(|source| !source.path.ends_with("tests.rs") && !source.path.contains("/tests/"))
    .collect()
}

/// Words that stand in a text as whole identifiers, each with what follows.
fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

/// design.md §2: dependencies point one way.
#[test]
fn rooms_use_only_the_rooms_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("pod", &["pod"][..]),
        ("sandbox", &["sandbox"][..]),
        ("gitlab", &["gitlab", "pod"][..]),
        ("collect", &["collect", "gitlab", "pod"][..]),
        ("decide", &["decide", "pod"][..]),
        ("execute", &["execute", "gitlab", "pod"][..]),
        ("report", &["report", "pod"][..]),
        ("config", &["config", "pod"][..]),
        ("run", &["collect", "decide", "execute", "gitlab", "pod"][..]),
        ("check", &["collect", "decide", "pod"][..]),
        ("cli", &["cli", "check", "run", "collect", "execute", "report", "sandbox", "config", "gitlab", "pod"][..]),
        ("lib", &[][..]),
        ("main", &[][..]),
    ]);
    for source in sources() {
        let may = allowed.get(source.room()).unwrap_or_else(|| panic!("{} is in no known room", source.path));
        for (at, _) in source.code.match_indices("crate::") {
            let rest = &source.code[at + "crate::".len()..];
            let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(may.contains(&used.as_str()), "{} uses crate::{used}", source.path);
        }
    }
}

#[test]
fn collect_only_reads_and_execute_only_writes() {
    for source in sources() {
        if source.room() == "collect" {
            assert!(!holds_word(&source.code, "Writer"), "{} names the writer", source.path);
        }
        if source.room() == "execute" {
            assert!(!holds_word(&source.code, "Reader"), "{} names the reader", source.path);
        }
    }
}

/// Crates that do something outside the program, and the rooms that may name them.
#[test]
fn crates_are_named_only_in_their_rooms() {
    let rooms: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("::gitlab::", &["gitlab"][..]),
        ("reqwest::", &["gitlab", "collect"][..]),
        ("axum::", &["sandbox"][..]),
        ("rcgen::", &["sandbox"][..]),
        ("tokio_rustls::", &["sandbox"][..]),
        ("clap::", &["cli"][..]),
        ("glob::", &["cli"][..]),
        ("indicatif::", &["cli"][..]),
        ("minijinja::", &["pod", "sandbox"][..]),
        ("comrak::", &["collect", "sandbox"][..]),
        ("similar::", &["pod", "sandbox"][..]),
        ("cron::", &["pod"][..]),
        ("html5gum::", &["collect", "sandbox"][..]),
        ("memchr::", &["collect", "gitlab"][..]),
        ("serde_saphyr::", &["collect"][..]),
        ("graphql_parser::", &["sandbox"][..]),
        ("quick_junit::", &["report"][..]),
        ("toml::", &["config", "collect"][..]),
        ("schemars::", &["config"][..]),
        ("annotate_snippets::", &["config"][..]),
        ("secrecy::", &["gitlab", "cli"][..]),
        ("terminal_size::", &["cli"][..]),
        ("textwrap::", &["report"][..]),
        ("tracing_subscriber::", &["cli"][..]),
        ("std::fs::", &["config", "cli"][..]),
        ("std::env::", &["main"][..]),
    ]);
    for source in sources() {
        for (name, may) in &rooms {
            let named = source.code.match_indices(name).any(|(at, _)| {
                let before = source.code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || (c == ':' && !name.starts_with(':')))
            });
            assert!(!named || may.contains(&source.room()), "{} names {name}", source.path);
        }
    }
}

/// The core cannot fail and touches nothing outside: no waiting, clock, files, environment or logging.
#[test]
fn the_pure_rooms_are_pure() {
    let words = [
        "async ",
        ".await",
        "tokio",
        "std::fs",
        "std::env",
        "std::net::Tcp",
        "tracing",
        "Utc::now",
        "Instant::now",
        "SystemTime",
        "println!",
        "eprintln!",
        "reqwest",
        "thread::sleep",
    ];
    for source in sources() {
        let pure = matches!(source.room(), "pod" | "decide" | "report") || source.path.starts_with("collect/handbook");
        if !pure {
            continue;
        }
        for word in words {
            assert!(!holds_word(&source.code, word), "{} holds `{word}`", source.path);
        }
    }
}

#[test]
fn decide_and_report_cannot_fail() {
    for source in sources() {
        if !matches!(source.path.as_str(), "decide/mod.rs" | "report/mod.rs" | "report/json.rs" | "report/terminal.rs")
        {
            continue;
        }
        assert!(!source.code.contains("Result<"), "{} returns a result", source.path);
    }
}

#[test]
fn nothing_is_left_open_and_every_file_is_compiled() {
    let all = sources();
    for source in &all {
        for word in ["todo!", "unimplemented!", "dbg!", concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
            assert!(!source.code.contains(word), "{} holds {word}", source.path);
        }
    }
    // A file without a `mod` line is never compiled.
    let modules: BTreeSet<String> = all.iter().flat_map(declared).collect();
    for source in &all {
        let name = source.path.trim_end_matches(".rs").trim_end_matches("/mod").to_owned();
        assert!(["lib", "main"].contains(&name.as_str()) || modules.contains(&name), "{} is no module", source.path);
    }
}

/// The modules that a file declares, as paths below `src/`.
fn declared(source: &Source) -> Vec<String> {
    let folder = match source.path.trim_end_matches(".rs") {
        "lib" | "main" => String::new(),
        path => format!("{}/", path.trim_end_matches("/mod")),
    };
    let names = source.code.lines().filter_map(|line| {
        let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ").trim_start_matches("pub ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    names.map(|name| format!("{folder}{name}")).collect()
}

#[test]
fn every_test_file_is_compiled() {
    let folder = root().join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    for path in files_below(&folder).iter().filter(|path| path.parent() == Some(&folder)) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(name == "main" || main.contains(&format!("mod {name};")), "tests/it/{name}.rs is no module");
    }
}

/// Committed texts name no registry's host and no path of the machine they were written on.
#[test]
fn no_text_names_a_registry_or_a_machine() {
    let words = [
        concat!("crates", ".io/"),
        concat!("pypi", ".org"),
        concat!("npmjs", ".org"),
        concat!("deb.", "debian.org"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
    ];
    let folders = ["src", "tests", "config", ".ci"];
    let files = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Cargo.toml", ".gitlab-ci.yml", "deny.toml"];
    let below = folders.iter().flat_map(|folder| files_below(&root().join(folder)));
    for path in below.chain(files.iter().map(|file| root().join(file))) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for word in words {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn the_readme_tells_what_the_code_does() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for rule in Rule::ALL {
        assert!(readme.contains(&format!("`{}`", rule.code())), "the README lacks {}", rule.code());
    }
    assert!(
        readme.contains(&rules::markdown()),
        "the README's table of rules is not the code's:\n{}",
        rules::markdown()
    );
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    for command in ["cargo run -- apply --sandbox", "cargo test"] {
        assert!(readme.contains(command), "the README lacks `{command}`");
    }
    assert!(ci.contains("cargo test"), ".ci/run does not run the README's test command");
}

/// A check that cannot fail proves nothing: the detectors fire on what they are made for.
#[test]
fn the_detectors_of_this_file_fire() {
    assert!(holds_word("let x = tokio::spawn", "tokio"));
    assert!(!holds_word("my_tokio", "tokio"));
    let source = Source { path: "decide/mod.rs".to_owned(), code: "mod labels;\npub mod page;\n".to_owned() };
    assert_eq!(declared(&source), ["decide/labels", "decide/page"]);
    assert_eq!(source.room(), "decide");
}
