//! The architecture, held by the sources themselves: which folder may use which, which libraries each folder may name,
//! and what stands in the repository.
//!
//! Most of it is written as what must not be there.

#[path = "architecture/file_dependencies.rs"]
mod file_dependencies;
#[path = "architecture/sources.rs"]
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::support::repository_root;
use file_dependencies::Dependencies;
pub(crate) use sources::files_below;
use sources::{LINKCHECK, PROGRAM, SANDBOX, Source, holds_word, sources};

/// design.md §2: dependencies point one way. `pod` has words of its own for what a link check observes, so that no
/// other folder needs the engine for that.
#[test]
fn folders_use_only_those_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("pod", &["linkcheck"][..]),
        ("sandbox", &["gitlab_sandbox"][..]),
        ("gitlab", &["pod", "linkcheck"][..]),
        ("collect", &["gitlab", "pod", "linkcheck"][..]),
        ("decide", &["pod"][..]),
        ("execute", &["gitlab", "pod"][..]),
        ("report", &["pod"][..]),
        ("config", &["pod"][..]),
        ("run", &["collect", "decide", "execute", "gitlab", "pod"][..]),
        ("check", &["collect", "decide", "pod", "linkcheck"][..]),
        ("doctor", &["collect", "decide", "gitlab", "pod", "run"][..]),
        ("init", &["collect", "config", "pod", "linkcheck"][..]),
        (
            "cli",
            &[
                "check",
                "doctor",
                "init",
                "run",
                "collect",
                "execute",
                "report",
                "sandbox",
                "config",
                "gitlab",
                "pod",
                "linkcheck",
            ][..],
        ),
        ("lib", &[][..]),
        ("main", &[][..]),
    ]);
    for source in sources(PROGRAM) {
        let own = source.folder();
        let may = allowed.get(own).unwrap_or_else(|| panic!("{} is in no known folder", source.path));
        let used = source.words_behind("crate::").into_iter().filter(|used| *used != own);
        let crates = ["linkcheck", "gitlab_sandbox"];
        let used = used.chain(crates.into_iter().filter(|name| source.code.contains(&format!("{name}::"))));
        for used in used {
            assert!(may.contains(&used), "{} uses {used}", source.path);
        }
    }
}

/// The two crates are independent: neither knows podkeeper, and the sandbox does not even know its name.
#[test]
fn the_crates_use_nothing_of_the_program() {
    for package in [LINKCHECK, SANDBOX] {
        let manifest = std::fs::read_to_string(repository_root().join(package).join("../Cargo.toml")).unwrap();
        assert!(!manifest.contains("path = \"..") && !manifest.contains("\npodkeeper"), "{package} uses the program");
    }
    for file in files_below(&repository_root().join("crates/gitlab-sandbox")) {
        let text = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&text).to_lowercase();
        assert!(!text.contains("podkeeper"), "{} names podkeeper", file.display());
    }
}

/// A file and those that use it can be read in an order: no circle, and no arrow back up between folders.
#[test]
fn no_files_use_each_other_in_a_circle() {
    for (package, most) in [(PROGRAM, 0), (LINKCHECK, 0), (SANDBOX, 3)] {
        let edges = Dependencies::of(&sources(package));
        assert!(edges.len() > 50, "{package}: the edges were not found");
        let circles = edges.find_cycles();
        assert!(circles.len() <= most, "{package}: these use each other: {circles:#?}");
        if most == 0 {
            assert_eq!(edges.between_folders().find_cycles(), Vec::<BTreeSet<String>>::new(), "{package}, by folders");
        }
    }
}

#[test]
fn collect_only_reads_and_execute_only_writes() {
    for source in sources(PROGRAM) {
        if source.folder() == "collect" {
            assert!(!holds_word(&source.code, "Writer"), "{} names the writer", source.path);
        }
        if source.folder() == "execute" {
            assert!(!holds_word(&source.code, "Reader"), "{} names the reader", source.path);
        }
    }
}

/// Libraries that do something outside the program, and the folders that may name them. What the two crates use stands
/// in their manifests.
#[test]
fn libraries_are_named_only_in_their_folders() {
    let folders: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("::gitlab::", &["gitlab"][..]),
        ("reqwest::", &["gitlab"][..]),
        ("clap::", &["cli"][..]),
        ("clap_complete::", &["cli"][..]),
        ("clap_mangen::", &["cli"][..]),
        ("glob::", &["cli"][..]),
        ("ignore::", &["cli"][..]),
        ("indicatif::", &["cli"][..]),
        ("minijinja::", &["pod"][..]),
        ("similar::", &["pod"][..]),
        ("cron::", &["pod"][..]),
        ("memchr::", &["collect", "gitlab"][..]),
        ("serde_saphyr::", &["collect"][..]),
        ("quick_junit::", &["report"][..]),
        ("toml::", &["config"][..]),
        ("schemars::", &["config"][..]),
        ("annotate_snippets::", &["config"][..]),
        ("secrecy::", &["gitlab", "cli"][..]),
        ("terminal_size::", &["cli"][..]),
        ("textwrap::", &["report"][..]),
        ("tracing_subscriber::", &["cli"][..]),
        ("std::fs::", &["config", "cli"][..]),
        ("std::env::", &["main"][..]),
    ]);
    for source in sources(PROGRAM) {
        for (name, may) in &folders {
            let named = source.code.match_indices(name).any(|(at, _)| {
                let before = source.code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || (c == ':' && !name.starts_with(':')))
            });
            assert!(!named || may.contains(&source.folder()), "{} names {name}", source.path);
        }
    }
}

/// All JSON is written in one place, which escapes what a reader would not see.
#[test]
fn json_is_written_in_one_place() {
    let elsewhere = sources(PROGRAM).into_iter().chain(sources(LINKCHECK)).filter(|source| source.path != "json.rs");
    for source in elsewhere {
        for call in ["serde_json::to_string", "serde_json::to_writer", "serde_json::to_vec", "{value:#}"] {
            assert!(!source.code.contains(call), "{} writes JSON with {call}", source.path);
        }
    }
}

/// The core cannot fail and touches nothing outside: no waiting, clock, files, environment or logging.
#[test]
fn the_pure_folders_are_pure() {
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
    for source in sources(PROGRAM) {
        let pure = matches!(source.folder(), "pod" | "decide" | "report" | "init")
            || source.path.starts_with("collect/handbook");
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
    for source in sources(PROGRAM) {
        if !matches!(source.path.as_str(), "decide/mod.rs" | "report/mod.rs" | "report/json.rs" | "report/terminal.rs")
        {
            continue;
        }
        assert!(!source.code.contains("Result<"), "{} returns a result", source.path);
    }
}

#[test]
fn nothing_is_left_open_and_every_file_is_compiled() {
    let all: Vec<Source> = [PROGRAM, LINKCHECK, SANDBOX].into_iter().flat_map(sources).collect();
    for source in &all {
        for word in ["todo!", "unimplemented!", "dbg!", concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
            assert!(!source.code.contains(word), "{} holds {word}", source.path);
        }
    }
    // A file without a `mod` line is never compiled.
    let modules: BTreeSet<(&str, String)> =
        all.iter().flat_map(|source| declared_modules(source).into_iter().map(|name| (source.package, name))).collect();
    for source in &all {
        let name = source.path.trim_end_matches(".rs").trim_end_matches("/mod").to_owned();
        let is_root = ["lib", "main"].contains(&name.as_str());
        assert!(is_root || modules.contains(&(source.package, name)), "{} is no module", source.path);
    }
}

/// The modules that a file declares, as paths below `src/`.
fn declared_modules(source: &Source) -> Vec<String> {
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
    let folder = repository_root().join("tests/it");
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
    // Cargo.lock names where its packages come from.
    let all = files_in_root().into_iter().filter(|name| name != "Cargo.lock").map(|name| repository_root().join(name));
    let files = all.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] });
    // What was built names where.
    let built = |path: &PathBuf| path.strip_prefix(repository_root()).unwrap().iter().any(|folder| folder == "target");
    for path in files.filter(|path| !built(path)) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for word in words {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

/// What the repository has in its root folder: as git lists it, or all that is there where git knows nothing of it.
fn files_in_root() -> BTreeSet<String> {
    let listed = std::process::Command::new("git").args(["ls-files", "-z"]).current_dir(repository_root()).output();
    let listed = listed.map(|output| String::from_utf8(output.stdout).unwrap()).unwrap_or_default();
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    let tracked: BTreeSet<String> = paths.filter_map(|path| path.split('/').next()).map(str::to_owned).collect();
    let here =
        || std::fs::read_dir(repository_root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = if tracked.contains("Cargo.toml") { tracked } else { here().collect() };
    // A file that was deleted stays in git's list until that is committed.
    names
        .into_iter()
        .filter(|name| repository_root().join(name).exists())
        .filter(|name| !NOT_IN_REPOSITORY.contains(&name.as_str()))
        .collect()
}

/// What is no part of the repository.
const NOT_IN_REPOSITORY: [&str; 3] = [".git", "out", "target"];

/// A file that a test or a person left behind is reported.
#[test]
fn nothing_stray_stands_in_the_root() {
    let known = [
        ".ci",
        ".editorconfig",
        ".gitignore",
        ".gitlab",
        ".gitlab-ci.yml",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CODE_OF_CONDUCT.md",
        "CONTRIBUTING.md",
        "Containerfile",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "SECURITY.md",
        "benches",
        "clippy.toml",
        "config",
        "crates",
        "deny.toml",
        "docs",
        "rustfmt.toml",
        "src",
        "templates",
        "tests",
    ];
    let stray: Vec<String> = files_in_root().into_iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(stray.is_empty(), "these stand in the root folder: {stray:?}");
}

/// A test that `cargo test` leaves out says why, and its command stands in CONTRIBUTING.md.
#[test]
fn every_test_that_is_left_out_says_why_and_how() {
    let contributing = std::fs::read_to_string(repository_root().join("CONTRIBUTING.md")).unwrap();
    let filters: Vec<&str> = contributing
        .split('`')
        .filter(|span| span.contains(" -- --ignored "))
        .map(|span| span.rsplit(' ').next().unwrap())
        .collect();
    let mut left_out = 0;
    let folders = ["src", "tests", "crates"].map(|folder| repository_root().join(folder));
    for path in folders.iter().filter(|folder| folder.exists()).flat_map(|folder| files_below(folder)) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let module = path.file_stem().unwrap().to_str().unwrap();
        for after in text.split(concat!("#[ign", "ore")).skip(1) {
            let name = after.split("fn ").nth(1).unwrap().split('(').next().unwrap();
            let why = after.strip_prefix(" = \"").and_then(|why| why.split('"').next()).unwrap_or_default();
            assert!(!why.is_empty(), "{}: {name} does not say why it is left out", path.display());
            let caller = why.strip_prefix("run by ").and_then(|rest| rest.split(',').next());
            let by_another = caller.is_some_and(|caller| text.contains(&format!("fn {caller}(")));
            let named = filters.iter().any(|filter| name.contains(filter) || module.contains(filter));
            assert!(by_another || named, "{}: CONTRIBUTING.md has no command for {name}", path.display());
            left_out += 1;
        }
    }
    assert!(left_out >= 10 && filters.len() >= 6, "{left_out} {filters:?}");
}

/// A check that cannot fail proves nothing: the detectors fire on what they are made for.
#[test]
fn the_detectors_of_this_file_fire() {
    assert!(holds_word("let x = tokio::spawn", "tokio"));
    assert!(!holds_word("my_tokio", "tokio"));
    let code = "mod labels;\npub mod page;\n".to_owned();
    let source = Source { package: PROGRAM, path: "decide/mod.rs".to_owned(), code };
    assert_eq!(declared_modules(&source), ["decide/labels", "decide/page"]);
    assert_eq!(source.folder(), "decide");
}
