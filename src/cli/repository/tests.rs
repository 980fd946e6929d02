use std::process::Command;

use super::*;

/// A repository of git's own making with these files, of which `tracked` are added whatever the rules say.
fn repository(name: &str, files: &[(&str, &str)], tracked: &[&str]) -> PathBuf {
    let root = std::env::temp_dir().join(format!("podkeeper-repository-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&root).ok();
    std::fs::create_dir_all(&root).unwrap();
    let git = |args: &[&str]| {
        let status = Command::new("git").args(args).current_dir(&root).status().unwrap();
        assert!(status.success(), "git {args:?}");
    };
    git(&["init", "-q"]);
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    git(&[&["add", "-f", "--"], tracked].concat());
    root
}

/// The answer of git itself is the expectation: `git ls-files` names what is tracked, and what would be added.
#[test]
fn what_is_left_out_is_what_git_leaves_out() {
    let files = [
        (".gitignore", "built/\n*.log\n!keep.log\n/only-root.md\ndeep/**/x.md\n\\#odd.md\na[\n"),
        ("docs/.gitignore", "!built/\nsecret.md\n/here.md\n"),
        (".git/info/exclude", "private.md\n"),
        ("README.md", ""),
        ("built/a.md", ""),
        ("built/tracked.md", ""),
        ("docs/built/b.md", ""),
        ("docs/secret.md", ""),
        ("docs/here.md", ""),
        ("docs/sub/here.md", ""),
        ("docs/sub/secret.md", ""),
        ("only-root.md", ""),
        ("docs/only-root.md", ""),
        ("x.log", ""),
        ("keep.log", ""),
        ("deep/one/two/x.md", ""),
        ("deep/x.md", ""),
        ("private.md", ""),
        ("#odd.md", ""),
    ];
    let root = repository("rules", &files, &["README.md", "built/tracked.md"]);
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-per-directory=.gitignore"])
        .arg("--exclude-from=.git/info/exclude")
        .current_dir(&root)
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let listed: Vec<&str> = listed.split('\0').collect();
    let repository = Repository::at(&root).unwrap();
    for (path, _) in files.iter().filter(|(path, _)| !path.starts_with(".git/")) {
        assert_eq!(!repository.leaves_out(path, false), listed.contains(path), "{path}: {listed:?}");
    }
    assert!(repository.leaves_out_folder(".git") && !repository.leaves_out_folder(""));
    assert!(!repository.leaves_out_folder("built"), "a file of it is tracked");
    std::fs::remove_dir_all(&root).unwrap();
}

#[test]
fn what_was_built_is_left_out_unless_git_tracks_it() {
    let files = [("target/a.md", ""), ("docs/target/b.md", ""), ("node_modules/p/README.md", "")];
    let root = repository("built", &files, &["docs/target/b.md"]);
    let repository = Repository::at(&root).unwrap();
    assert!(repository.leaves_out("target/a.md", false) && repository.leaves_out("node_modules/p/README.md", false));
    assert!(!repository.leaves_out("docs/target/b.md", false));
    std::fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_worktree_has_its_index_elsewhere_and_shares_what_is_excluded() {
    let root = repository("worktree", &[(".git/info/exclude", "private.md\n*.log\n"), ("a.log", "")], &["a.log"]);
    let git = |args: &[&str]| {
        let mail = ["-c", "user.name=Kim", "-c", "user.email=kim@pods.example"];
        assert!(Command::new("git").args(mail).args(args).current_dir(&root).status().unwrap().success(), "{args:?}");
    };
    git(&["commit", "-q", "-m", "one"]);
    git(&["worktree", "add", "-q", "tree"]);
    let worktree = Repository::at(&root.join("tree")).unwrap();
    assert!(worktree.leaves_out("private.md", false) && !worktree.leaves_out("a.log", false));
    assert!(worktree.leaves_out("b.log", false));
    std::fs::remove_dir_all(&root).unwrap();
}
