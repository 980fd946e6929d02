//! Paths that are left out by name: `--exclude-path`.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns as in a `.gitignore`, from the root of a tree.
pub(in crate::cli) struct PathGlobs(Option<Gitignore>);

impl PathGlobs {
    /// Patterns that were [checked](PathGlobs::check).
    pub(in crate::cli) fn new(patterns: &[String]) -> Self {
        Self((!patterns.is_empty()).then(|| build(patterns)).flatten())
    }

    /// What is wrong with a pattern, as the rest of a sentence.
    pub(in crate::cli) fn check(pattern: &str) -> Result<String, String> {
        if pattern.trim().is_empty() {
            return Err("name a path or a pattern, for example vendor/ or '**/drafts'".to_owned());
        }
        if pattern.split('/').any(|part| part == "..") {
            return Err("it counts from the root of the repository or of the site; write it from there".to_owned());
        }
        let checked = GitignoreBuilder::new("").add_line(None, pattern).map(|_| pattern.to_owned());
        checked.map_err(|error| format!("it is no pattern of paths ({error}); write it as in a .gitignore"))
    }

    /// Whether a path, or a folder that it stands in, is left out.
    pub(in crate::cli) fn matches(&self, path: &str, is_folder: bool) -> bool {
        self.0.as_ref().is_some_and(|globs| globs.matched_path_or_any_parents(path, is_folder).is_ignore())
    }
}

fn build(patterns: &[String]) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        builder.add_line(None, pattern.strip_prefix("./").unwrap_or(pattern)).ok()?;
    }
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_a_gitignore() {
        let globs = PathGlobs::new(&["vendor/".to_owned(), "/docs/old*.md".to_owned(), "**/drafts".to_owned()]);
        for (path, is_left_out) in [
            ("vendor/a/b.md", true),
            ("deep/vendor/b.md", true),
            ("vendor.md", false),
            ("docs/old-1.md", true),
            ("deep/docs/old-1.md", false),
            ("a/drafts/x.md", true),
            ("docs/new.md", false),
        ] {
            assert_eq!(globs.matches(path, false), is_left_out, "{path}");
        }
        assert!(!PathGlobs::new(&[]).matches("vendor/a.md", false));
        assert!(
            PathGlobs::check("[z-a].md").is_err() && PathGlobs::check(" ").is_err() && PathGlobs::check("a/*").is_ok()
        );
        // A slash at the beginning is the root of the repository, whatever this machine has there.
        assert!(PathGlobs::check("/tmp").is_ok() && PathGlobs::check("../docs").is_err());
        assert!(PathGlobs::new(&["./vendor".to_owned()]).matches("vendor/a.md", false));
    }
}
