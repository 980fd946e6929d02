//! `check` in a repository: what git holds is there, and nothing else; one folder that cannot be read hides no other.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::exit_codes::{ProgramOutput, empty_temp_folder, run_podkeeper_with_env};

/// A git repository of the test's own.
pub(crate) struct TestRepository {
    pub(crate) root: PathBuf,
}

impl TestRepository {
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let repository = Self { root: empty_temp_folder(name) };
        repository.git(&["init", "-q", "-b", "main"]);
        for (path, text) in files {
            repository.write(path, text);
        }
        repository
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        // Nothing of whoever runs the tests.
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Kim", "-c", "user.email=kim@pods.example", "-c", "commit.gpgsign=false"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        git.args(["-c", "protocol.file.allow=always"]);
        let output = git.args(args).current_dir(&self.root).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn commit_all(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn path(&self, below: &str) -> String {
        self.root.join(below).to_str().unwrap().to_owned()
    }

    async fn check(&self, args: &[&str]) -> ProgramOutput {
        run_podkeeper_with_env(&[&["check", "--offline"], args].concat(), &[]).await
    }

    /// Address, verdict and reason of every link, in order.
    async fn observations(&self, args: &[&str]) -> Vec<(String, String, String)> {
        let reported = self.check(&[&["--format", "json"], args].concat()).await;
        let shown: Value = serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let observations = shown["observations"].as_array().unwrap().iter();
        observations.map(|seen| (text(&seen["url"]), text(&seen["verdict"]), text(&seen["reason"]))).collect()
    }
}

/// lychee's issues 470 and 1331 and its change 1500: what git ignores is left out unless somebody asks for it.
#[tokio::test]
async fn what_git_ignores_is_neither_read_nor_there() {
    let repository = TestRepository::new(
        "git-ignored",
        &[
            (".gitignore", "node_modules/\ntarget/\nbuilt.md\n"),
            (
                "README.md",
                "[built](built.md) [new](docs/new.md) [forced](forced/built.md) [p](node_modules/p/README.md)\n",
            ),
            ("built.md", "[x](gone.md)\n"),
            ("target/t.md", "[x](gone.md)\n"),
            ("node_modules/p/README.md", "[x](gone.md)\n"),
            ("docs/new.md", "# Not added yet\n"),
            ("docs/.gitignore", "private.md\n"),
            ("docs/private.md", "[x](gone.md)\n"),
            ("forced/built.md", "[x](/README.md)\n"),
        ],
    );
    repository.git(&["add", "README.md"]);
    repository.git(&["add", "-f", "forced/built.md"]);
    let seen = repository.observations(&[&repository.path("")]).await;
    let short: Vec<(&str, &str)> = seen.iter().map(|(url, verdict, _)| (url.as_str(), verdict.as_str())).collect();
    assert_eq!(
        short,
        [
            ("/README.md", "alive"),
            ("built.md", "dead"),
            ("docs/new.md", "alive"),
            ("forced/built.md", "alive"),
            ("node_modules/p/README.md", "dead"),
        ]
    );
    assert_eq!(seen[1].2, "built.md is not in the repository: git ignores it");
    // What is named is read, and around it is what is on this machine.
    for named in ["built.md", "target/t.md", "target", "node_modules/p", "docs/private.md"] {
        let seen = repository.observations(&[&repository.path(named)]).await;
        assert_eq!(seen.len(), 1, "{named}: {seen:?}");
        assert!(seen[0].2.starts_with("there is nothing at"), "{named}: {seen:?}");
    }
}

#[tokio::test]
async fn what_was_built_or_fetched_is_not_read_without_git_either() {
    let repository = TestRepository::new(
        "git-none",
        &[("a.md", "[x](target/t.md)\n"), ("target/t.md", "[x](gone.md)\n"), ("node_modules/p/a.md", "[x](gone.md)\n")],
    );
    std::fs::remove_dir_all(repository.root.join(".git")).unwrap();
    // Without a repository of its own it would be one of podkeeper's folders, which git ignores.
    std::fs::create_dir(repository.root.join(".git")).unwrap();
    let seen = repository.observations(&[&repository.path("")]).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
}

/// GitLab shows a symlink as a file with its target in it, and nothing below it.
#[tokio::test]
async fn a_path_through_a_symlink_is_not_there() {
    let repository = TestRepository::new(
        "git-symlinks",
        &[
            ("README.md", "[a](current/a.md) [b](current) [c](latest.md) [d](docs/v1/a.md)\n"),
            ("docs/v1/a.md", "# A\n"),
        ],
    );
    symlink("docs/v1", repository.root.join("current")).unwrap();
    symlink("docs/v1/a.md", repository.root.join("latest.md")).unwrap();
    repository.commit_all("links");
    let seen = repository.observations(&[&repository.path("")]).await;
    let verdicts: Vec<(&str, &str)> = seen.iter().map(|(url, verdict, _)| (url.as_str(), verdict.as_str())).collect();
    let expected = [("current", "alive"), ("current/a.md", "dead"), ("docs/v1/a.md", "alive"), ("latest.md", "alive")];
    assert_eq!(verdicts, expected);
    assert!(seen[1].2.ends_with("it stands behind a symlink, which GitLab does not follow"), "{seen:?}");
}

#[tokio::test]
async fn a_submodule_is_another_repository() {
    let tool = TestRepository::new("git-submodule-tool", &[("README.md", "[x](gone.md)\n")]);
    tool.commit_all("tool");
    let repository =
        TestRepository::new("git-submodule", &[("a.md", "[t](vendor/tool/README.md) [n](vendor/no.md)\n")]);
    repository.git(&["submodule", "add", "-q", tool.root.to_str().unwrap(), "vendor/tool"]);
    repository.commit_all("with a submodule");
    let expect = |seen: &[(String, String, String)]| {
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert_eq!(seen[0].1, "dead", "{seen:?}");
        assert_eq!(
            (seen[1].1.as_str(), seen[1].2.as_str()),
            ("skipped", "it is in a submodule, which is another repository")
        );
    };
    expect(&repository.observations(&[&repository.path("")]).await);
    // In a clone without its submodules it is an empty folder.
    repository.git(&["submodule", "deinit", "-q", "-f", "vendor/tool"]);
    expect(&repository.observations(&[&repository.path("")]).await);
}

#[tokio::test]
async fn paths_are_left_out_by_patterns_and_stay_there_for_links() {
    let repository = TestRepository::new(
        "git-exclude-path",
        &[
            ("README.md", "[a](vendor/a.md) [b](docs/drafts/b.md)\n"),
            ("vendor/a.md", "[x](gone.md)\n"),
            ("docs/drafts/b.md", "[x](gone.md)\n"),
            ("docs/c.md", "[x](c.md)\n"),
        ],
    );
    let root = repository.path("");
    assert_eq!(repository.check(&[&root]).await.code, Some(3));
    let left_out = repository.check(&["--exclude-path", "vendor/", "--exclude-path", "**/drafts", &root]).await;
    assert_eq!((left_out.code, left_out.out.as_str()), (Some(0), "3 links, 3 different: 3 alive\n"), "{left_out:?}");
    let by_variable = [("PODKEEPER_EXCLUDE_PATH", "/vendor,drafts")];
    assert_eq!(run_podkeeper_with_env(&["check", "--offline", &root], &by_variable).await.code, Some(0));
    let in_braces = repository.check(&["--exclude-path", "{vendor,docs/drafts}/*.md", &root]).await;
    assert_eq!(in_braces.out, left_out.out, "{in_braces:?}");
    // Also one that is named: whoever hands over what changed leaves out the same.
    let named = repository.check(&["--exclude-path", "vendor/", &repository.path("vendor/a.md")]).await;
    assert_eq!(named.code, Some(0), "{named:?}");
    let wrong = repository.check(&["--exclude-path", "[z-a].md", &root]).await;
    assert!(wrong.code == Some(2) && wrong.err.contains("as in a .gitignore"), "{wrong:?}");
}

/// A folder whose path is longer than the system takes cannot be listed by anybody, whoever runs the tests.
fn make_unreadable_folder(root: &Path) {
    let part = "d".repeat(200);
    let deep = |from: &Path| (0..12).fold(from.to_owned(), |path, _| path.join(&part));
    let (top, bottom) = (root.join("locked"), root.join("bottom"));
    std::fs::create_dir_all(deep(&top)).unwrap();
    std::fs::create_dir_all(deep(&bottom)).unwrap();
    std::fs::write(deep(&bottom).join("hidden.md"), "[x](gone.md)\n").unwrap();
    std::fs::rename(bottom, deep(&top).join("bottom")).unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_hides_nothing_but_itself() {
    let repository =
        TestRepository::new("git-unreadable", &[("a/one.md", "[x](gone.md)\n"), ("z/two.md", "[x](../a/one.md)\n")]);
    make_unreadable_folder(&repository.root);
    let reported = repository.check(&[&repository.path("")]).await;
    // What could not be read wins over what was found in the rest.
    assert_eq!(reported.code, Some(4), "{}", reported.err);
    assert!(reported.out.contains("there is nothing at a/gone.md"), "{}", reported.out);
    assert!(reported.out.ends_with("2 links, 2 different: 1 alive, 1 dead\n"), "{}", reported.out);
    assert_eq!(reported.err.matches("cannot be read").count(), 1, "{}", reported.err);
    std::fs::remove_dir_all(&repository.root).unwrap();
}

/// `nested_file_path_if_exists` in GitLab's `repository_link_filter.rb` asks the commit, and a folder that is no
/// repository is shown by no GitLab.
#[tokio::test]
async fn what_is_found_from_the_root_is_what_the_repository_holds() {
    let repository = TestRepository::new(
        "git-from-root",
        &[
            (".gitignore", "secret.md\n"),
            ("secret.md", "# Secret\n"),
            ("open.md", "# Open\n"),
            ("README.md", "[s](secret.md) [o](open.md)\n"),
            ("docs/a/p.md", "[s](secret.md) [o](open.md) [g](.git/config)\n"),
        ],
    );
    let seen = repository.observations(&[&repository.path("")]).await;
    let shown: Vec<(&str, &str, &str)> =
        seen.iter().map(|(url, verdict, reason)| (url.as_str(), verdict.as_str(), reason.as_str())).collect();
    let ignored = "secret.md is not in the repository: git ignores it";
    let from_root = "GitLab finds it from the root of the repository; other readers do not";
    let expected = [
        (".git/config", "dead", "there is nothing at docs/a/.git/config"),
        // What is said of one document's link is not said of another's.
        ("open.md", "alive", ""),
        ("open.md", "alive", from_root),
        ("secret.md", "dead", ignored),
    ];
    assert_eq!(shown, expected);
    let folder = empty_temp_folder("no-repository-from-root");
    std::fs::create_dir_all(folder.join("a")).unwrap();
    std::fs::write(folder.join("s.md"), "# S\n").unwrap();
    std::fs::write(folder.join("a/p.md"), "[s](s.md)\n").unwrap();
    let reported = run_podkeeper_with_env(&["check", "--offline", folder.to_str().unwrap()], &[]).await;
    assert_eq!(reported.code, Some(3), "{reported:?}");
}

#[tokio::test]
async fn an_empty_folder_is_on_this_machine_alone() {
    let repository =
        TestRepository::new("git-empty-folder", &[("README.md", "[l](logs) [d](docs)\n"), ("docs/a.md", "")]);
    std::fs::create_dir(repository.root.join("logs")).unwrap();
    let seen = repository.observations(&[&repository.path("")]).await;
    let logs = seen.iter().find(|(url, ..)| url == "logs").unwrap();
    assert_eq!((logs.1.as_str(), logs.2.contains("empty folder")), ("dead", true));
    assert_eq!(seen.iter().find(|(url, ..)| url == "docs").unwrap().1, "alive");
}
