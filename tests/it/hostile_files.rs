//! Files that mean harm: symlinks out of the checkout, pipes, sockets, devices, files without end, and names that are
//! made to act. Whoever opens a merge request may put them there, and the job that checks it has secrets beside it.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::exit_codes::{ProgramOutput, command, copy_config, empty_temp_folder};

/// What stands outside of the checkout: a page whose link nobody may learn of.
const SECRET: &str = "# Secret place\n\n[leak](gone-leak.md)\n";
/// One byte more than a page, a configuration or the settings of a site may have is in it.
const TOO_LARGE: usize = 1024 * 1024 + 64;

/// A checkout, and a folder beside it that is none of its own.
struct Checkout {
    root: PathBuf,
    outside: PathBuf,
}

impl Checkout {
    fn new(name: &str) -> Self {
        let folder = empty_temp_folder(&format!("hostile-{name}"));
        let (root, outside) = (folder.join("checkout"), folder.join("outside"));
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::write(outside.join("secret.md"), SECRET).unwrap();
        Self { root, outside }
    }

    fn file(&self, path: &str, text: &str) -> &Self {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn link(&self, path: &str, target: &str) -> &Self {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }

    /// A named pipe that nobody writes to: who opens it waits for ever.
    fn pipe(&self, path: &str) -> &Self {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        self
    }

    async fn run(&self, args: &[&str], env: &[(&str, &str)]) -> ProgramOutput {
        let mut program = command(args);
        let output = program.current_dir(&self.root).envs(env.iter().copied()).output();
        // Whoever opens a pipe waits for ever, and the tests would with it.
        let output = tokio::time::timeout(Duration::from_secs(120), output).await.expect("it hangs").unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        ProgramOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Its name, what stands in the checkout, the arguments, the exit code, and words of what is said.
type Case = (&'static str, fn(&Checkout), &'static [&'static str], i32, &'static [&'static str]);

const CHECK: &[&str] = &["check", "--offline", "."];
const CHECK_SITE: &[&str] = &["check", "--offline", "--site", "hugo", "content/a.md"];
const LEADS_OUT: &str = "is a symlink that leads out of";

const CASES: &[Case] = &[
    (
        "a symlinked document",
        |at| {
            at.link("README.md", "../outside/secret.md");
        },
        CHECK,
        4,
        &["README.md", LEADS_OUT],
    ),
    (
        "one by an absolute path",
        |at| symlink(at.outside.join("secret.md"), at.root.join("README.md")).unwrap(),
        CHECK,
        4,
        &["README.md", LEADS_OUT],
    ),
    (
        "one to nothing, which sounds the same",
        |at| {
            at.link("README.md", "../outside/nothing.md");
        },
        CHECK,
        4,
        &["README.md", LEADS_OUT],
    ),
    (
        "one by way of another",
        |at| {
            at.link("b.md", "../outside/secret.md").link("a.md", "b.md");
        },
        CHECK,
        4,
        &["a.md is a symlink", "b.md is a symlink"],
    ),
    (
        "one through a folder",
        |at| {
            at.link("docs", "../outside").link("a.md", "docs/secret.md");
        },
        CHECK,
        4,
        &["a.md", LEADS_OUT],
    ),
    (
        "a device without end",
        |at| {
            at.link("zero.md", "/dev/zero");
        },
        CHECK,
        4,
        &["zero.md", LEADS_OUT],
    ),
    (
        "the document that is named",
        |at| {
            at.link("README.md", "../outside/secret.md");
        },
        &["check", "--offline", "README.md"],
        4,
        &["README.md", LEADS_OUT],
    ),
    (
        "a document in a folder that leads out",
        |at| {
            at.link("docs", "../outside");
        },
        &["check", "--offline", "docs/secret.md"],
        4,
        &["docs/secret.md", LEADS_OUT],
    ),
    (
        "the folder that is named",
        |at| {
            at.link("docs", "../outside");
        },
        &["check", "--offline", "docs"],
        4,
        &["docs leads out of the repository by the symlink"],
    ),
    (
        "a page that is shown",
        |at| {
            at.link("README.md", "../outside/secret.md");
        },
        &["page", "README.md"],
        2,
        &["README.md", LEADS_OUT],
    ),
    (
        "links to what is outside, there or not",
        |at| {
            at.link("there.txt", "../outside/secret.md").link("gone.txt", "../outside/nothing.md");
            at.file("README.md", "[a](there.txt) [b](gone.txt) [c](there.txt/x) [d](gone.txt/x)\n");
        },
        CHECK,
        0,
        &["4 skipped"],
    ),
    (
        "links into a folder outside, there or not",
        |at| {
            at.link("docs", "../outside").file("README.md", "[a](docs/secret.md#secret-place) [b](docs/nothing.md)\n");
        },
        CHECK,
        0,
        &["2 skipped"],
    ),
    (
        "symlinks that stay inside are followed",
        |at| {
            at.file("docs/b.md", "# B\n").link("a.md", "docs/b.md").file("README.md", "[a](a.md#b)\n");
        },
        CHECK,
        0,
        &["1 alive"],
    ),
    (
        "symlinks in a circle",
        |at| {
            at.link("a.md", "b.md").link("b.md", "a.md").file("README.md", "[a](a.md)\n");
        },
        CHECK,
        3,
        &["there is nothing at a.md"],
    ),
    (
        "a pipe among documents",
        |at| {
            at.pipe("README.md");
        },
        CHECK,
        4,
        &["README.md", "a named pipe"],
    ),
    (
        "a pipe that is named",
        |at| {
            at.pipe("README.md");
        },
        &["check", "--offline", "README.md"],
        4,
        &["README.md", "a named pipe"],
    ),
    (
        "a pipe as a page",
        |at| {
            at.pipe("README.md");
        },
        &["page", "README.md"],
        2,
        &["README.md", "a named pipe"],
    ),
    (
        "a place in a pipe",
        |at| {
            at.pipe("sub/x.md").file("README.md", "[a](sub/x.md#y)\n");
        },
        &["check", "--offline", "README.md"],
        0,
        &["1 fragment_unverifiable"],
    ),
    (
        "a socket among documents",
        |at| {
            UnixListener::bind(at.root.join("a.md")).unwrap();
        },
        CHECK,
        4,
        &["a.md", "a socket"],
    ),
    (
        "a page that is too large",
        |at| {
            at.file("README.md", &"é ".repeat(TOO_LARGE / 2));
        },
        CHECK,
        3,
        &["README.md", "page-cut"],
    ),
    (
        "settings of a site outside",
        |at| {
            at.link("hugo.toml", "../outside/secret.md").file("content/a.md", "[a](/gone/)\n");
        },
        CHECK_SITE,
        4,
        &["hugo.toml", LEADS_OUT, "1 skipped"],
    ),
    (
        "a folder of settings outside",
        |at| {
            at.link("config", "../outside").file("content/a.md", "[a](/gone/)\n");
        },
        CHECK_SITE,
        4,
        &["config", LEADS_OUT, "1 skipped"],
    ),
    (
        "settings in a pipe",
        |at| {
            at.pipe("hugo.yaml").file("content/a.md", "[a](/gone/)\n");
        },
        CHECK_SITE,
        4,
        &["hugo.yaml", "a named pipe", "1 skipped"],
    ),
    (
        "settings that are too large",
        |at| {
            at.file("hugo.toml", &"#".repeat(TOO_LARGE)).file("content/a.md", "[a](/gone/)\n");
        },
        CHECK_SITE,
        4,
        &["hugo.toml", "larger than 1 MiB", "1 skipped"],
    ),
    (
        "redirects of a site in a pipe",
        |at| {
            at.pipe("static/_redirects").file("content/a.md", "[a](/gone/)\n");
        },
        CHECK_SITE,
        4,
        &["_redirects", "a named pipe", "1 skipped"],
    ),
    (
        "the front matter of another page",
        |at| {
            at.file("content/a.md", "# A\n").link("content/b.md", "../../outside/secret.md");
        },
        CHECK_SITE,
        4,
        &["b.md", LEADS_OUT],
    ),
    (
        "the pages of a site outside",
        |at| {
            at.link("content", "../outside").file("README.md", "# A\n");
        },
        &["check", "--offline", "--site", "hugo", "README.md"],
        4,
        &["content", LEADS_OUT],
    ),
    (
        "pictures of a site outside, there or not",
        |at| {
            at.link("static", "../outside").file("content/a.md", "[a](/secret.md) [b](/nothing.png)\n");
        },
        CHECK_SITE,
        4,
        &["static", LEADS_OUT, "2 skipped"],
    ),
    (
        "limits in a pipe",
        |at| {
            at.file("README.md", "").pipe("limits");
        },
        &["check", "--offline", "README.md", "--limits", "limits"],
        2,
        &["limits", "a named pipe"],
    ),
    (
        "a cache in a pipe",
        |at| {
            at.file("README.md", "").pipe("cache");
        },
        &["check", "README.md", "--sandbox", "--cache", "cache"],
        2,
        &["cache", "a named pipe", "--cache"],
    ),
    (
        "observations into a pipe",
        |at| {
            at.file("README.md", "").pipe("seen");
        },
        &["check", "README.md", "--sandbox", "--observations", "seen"],
        2,
        &["seen", "a named pipe", "--observations"],
    ),
    (
        "observations out of a pipe",
        |at| {
            at.pipe("seen");
        },
        &["plan", "--sandbox", "--observations", "seen"],
        2,
        &["seen", "a named pipe"],
    ),
    (
        "a token in a pipe",
        |at| {
            at.pipe("token");
        },
        &["plan", "--gitlab", "http://127.0.0.1:1"],
        2,
        &["PODKEEPER_TOKEN_FILE", "a named pipe"],
    ),
    (
        "a configuration in a pipe",
        |at| {
            at.pipe("own/podkeeper.toml");
        },
        &["config", "validate", "--config", "own"],
        2,
        &["own/podkeeper.toml", "a named pipe"],
    ),
    (
        "a template that is too large",
        |at| {
            at.file("own/podkeeper.toml", "").file("own/templates/a.md", &"x".repeat(TOO_LARGE));
        },
        &["config", "validate", "--config", "own"],
        2,
        &["own/templates/a.md", "larger than 1 MiB"],
    ),
    (
        "a pod's file with a name that moves the cursor",
        |at| {
            at.file("own/podkeeper.toml", "").file("own/pods/a\u{1b}[2J.toml", "");
        },
        &["config", "validate", "--config", "own"],
        2,
        &["own/pods/a[2J.toml", "rename it"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_file_leads_out_of_the_checkout_or_holds_a_check_up() {
    let config = copy_config("hostile-files-config", |_| ());
    for (number, (name, build, args, code, words)) in CASES.iter().enumerate() {
        let at = Checkout::new(&number.to_string());
        build(&at);
        let mut env = vec![("PODKEEPER_CONFIG", config.as_str())];
        env.extend(at.root.join("token").exists().then_some(("PODKEEPER_TOKEN_FILE", "token")));
        let reported = at.run(args, &env).await;
        assert_eq!(reported.code, Some(*code), "{name}: {reported:?}");
        let text = format!("{}\n{}", reported.out, reported.err);
        for word in *words {
            assert!(text.contains(word), "{name}: `{word}` is not in {reported:?}");
        }
        for secret in ["gone-leak", "Secret", "\u{1b}", "panicked"] {
            assert!(!text.contains(secret), "{name}: `{secret}` is in {reported:?}");
        }
        let outside: Vec<_> = std::fs::read_dir(&at.outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(outside, ["secret.md"], "{name}");
    }
    println!("{} hostile files", CASES.len());
}

/// A name is text of whoever made the file: it breaks no line, moves no cursor, and JSON holds it whole.
#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_file_cannot_act() {
    let names = [
        "a\n/close.md",
        "b\r\n/label ~bug.md",
        "c\u{1b}[2J\u{1b}]0;x\u{7}.md",
        "d\u{202e}dm.live\u{2066}.md",
        "e\u{2028}\u{2029}\u{85}@all.md",
        "f<img src=x> `@all` [x](y) #1.md",
        "g\n::error file=x::y.md",
    ];
    let at = Checkout::new("names");
    for name in names {
        at.file(name, "[a](gone.md)\n");
    }
    at.link("h\u{1b}[2J\n/close.md", "../../outside/secret.md");
    let shown = at.run(CHECK, &[]).await;
    assert_eq!(shown.code, Some(4), "{shown:?}");
    let text = format!("{}\n{}", shown.out, shown.err);
    assert!(
        !text.contains(|c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{2028}\u{2029}".contains(c))),
        "{text:?}"
    );
    assert!(!text.lines().any(|line| ["/", "::"].iter().any(|act| line.trim_start().starts_with(act))), "{text:?}");
    assert_eq!(text.matches("there is nothing at").count(), 3, "three folders without it: {text}");
    let json = at.run(&["check", "--offline", "--format", "json", "."], &[]).await;
    let report: Value = serde_json::from_str(&json.out).unwrap();
    let seen = report["observations"].as_array().unwrap();
    let places = seen.iter().flat_map(|seen| seen["places"].as_array().unwrap());
    let paths: Vec<&str> = places.map(|place| place["path"].as_str().unwrap()).collect();
    for name in names {
        assert!(paths.iter().any(|path| path.ends_with(name)), "{name:?} is not in {paths:?}");
    }
    assert!(report["unread"][0]["path"].as_str().unwrap().ends_with("h\u{1b}[2J\n/close.md"), "{report}");
}

// ---- What is written ----

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A report, a cache and observations are this user's alone, take the place of a symlink and leave its target as it
/// was, and take away what a killed run left. A folder that leads out of the checkout gets none of them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_stays_in_the_checkout_and_is_this_users_alone() {
    let config = copy_config("hostile-written-config", |_| ());
    let own = [("PODKEEPER_CONFIG", config.as_str())];
    let cases: [(&str, &[&str]); 3] = [
        ("report", &["plan", "--sandbox", "--report", "json="]),
        ("cache", &["check", "README.md", "--sandbox", "--cache", ""]),
        ("observations", &["check", "README.md", "--sandbox", "--observations", ""]),
    ];
    for (name, args) in cases {
        let at = Checkout::new(&format!("written-{name}"));
        at.file("README.md", "[a](https://docs.gitlab.com/user/application_security/sast/)\n");
        at.file("out/.saved.json.tmp-podkeeper-77-1", "half").file("out/.saved.json.swp", "somebody's");
        at.link("out/saved.json", "../../outside/secret.md").link("leads-out", "../outside");
        let with_path = |path: &str| {
            let (last, others) = args.split_last().unwrap();
            [others.iter().map(|arg| (*arg).to_owned()).collect(), vec![format!("{last}{path}")]].concat()
        };
        let run = async |path: &str| {
            let args: Vec<String> = with_path(path);
            at.run(&args.iter().map(String::as_str).collect::<Vec<_>>(), &own).await
        };
        let reported = run("out/saved.json").await;
        assert_eq!(reported.code, Some(0), "{name}: {reported:?}");
        let saved = at.root.join("out/saved.json");
        assert!(std::fs::symlink_metadata(&saved).unwrap().is_file(), "{name}: no symlink any more");
        assert_eq!(mode(&saved), 0o600, "{name}");
        serde_json::from_str::<Value>(&std::fs::read_to_string(&saved).unwrap()).unwrap();
        assert_eq!(names_in(&at.root.join("out")), [".saved.json.swp", "saved.json"], "{name}");
        // One that others could read is made anew.
        std::fs::set_permissions(&saved, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(run("out/saved.json").await.code, Some(0), "{name}");
        assert_eq!(mode(&saved), 0o600, "{name}");
        for path in ["leads-out/saved.json", "leads-out/deeper/saved.json"] {
            let reported = run(path).await;
            assert_eq!(reported.code, Some(2), "{name}: {reported:?}");
            assert!(reported.err.contains("leads out of the repository"), "{name}: {reported:?}");
        }
        assert_eq!(names_in(&at.outside), ["secret.md"], "{name}");
        assert_eq!(std::fs::read_to_string(at.outside.join("secret.md")).unwrap(), SECRET, "{name}");
    }
}
