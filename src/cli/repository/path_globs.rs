//! Paths that are left out by name: `--exclude-path`.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns as in a `.gitignore`, from the root of a tree.
pub(in crate::cli) struct PathGlobs(Option<Gitignore>);

impl PathGlobs {
    /// Patterns that were [checked](PathGlobs::check).
    pub(in crate::cli) fn new(patterns: &[String]) -> Self {
        Self((!patterns.is_empty()).then(|| build(patterns)).flatten())
    }

    /// What is wrong with a pattern, or with one of several between commas, as the rest of a sentence.
    pub(in crate::cli) fn check(pattern: &str) -> Result<String, String> {
        for one in split_at_commas(pattern) {
            if one.trim().is_empty() {
                return Err("name a path or a pattern, for example vendor/ or '**/drafts'".to_owned());
            }
            if one.split('/').any(|part| part == "..") {
                return Err("it counts from the root of the repository or of the site; write it from there".to_owned());
            }
            if let Err(error) = GitignoreBuilder::new("").add_line(None, one) {
                return Err(format!("it is no pattern of paths ({error}); write it as in a .gitignore"));
            }
        }
        Ok(pattern.to_owned())
    }

    /// Whether a path, or a folder that it stands in, is left out.
    pub(in crate::cli) fn matches(&self, path: &str, is_folder: bool) -> bool {
        self.0.as_ref().is_some_and(|globs| globs.matched_path_or_any_parents(path, is_folder).is_ignore())
    }
}

fn build(patterns: &[String]) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns.iter().flat_map(|patterns| split_at_commas(patterns)) {
        builder.add_line(None, pattern.strip_prefix("./").unwrap_or(pattern)).ok()?;
    }
    builder.build().ok()
}

/// The patterns between commas. Those within braces, which are one of several words, in brackets or behind a backslash
/// are of the pattern itself.
fn split_at_commas(patterns: &str) -> Vec<&str> {
    let (mut found, mut start, mut braces) = (Vec::new(), 0, 0_usize);
    let (mut is_escaped, mut is_class) = (false, false);
    for (at, c) in patterns.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => is_class = true,
            ']' => is_class = false,
            _ if is_class => {}
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            ',' if braces == 0 => {
                found.push(&patterns[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&patterns[start..]);
    found
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

    #[test]
    fn patterns_stand_between_commas_that_are_none_of_their_own() {
        for (written, patterns) in [
            ("vendor/,drafts", vec!["vendor/", "drafts"]),
            ("docs/{a,b}.md", vec!["docs/{a,b}.md"]),
            ("{a,{b,c}}/x,y", vec!["{a,{b,c}}/x", "y"]),
            ("[,{].md,y", vec!["[,{].md", "y"]),
            ("a\\,b,c", vec!["a\\,b", "c"]),
            ("a}b,c", vec!["a}b", "c"]),
        ] {
            assert_eq!(split_at_commas(written), patterns, "{written}");
        }
        let globs = PathGlobs::new(&["docs/{old,new}.md,vendor/".to_owned()]);
        for (path, is_left_out) in
            [("docs/old.md", true), ("docs/new.md", true), ("docs/other.md", false), ("vendor/a.md", true)]
        {
            assert_eq!(globs.matches(path, false), is_left_out, "{path}");
        }
        for wrong in ["a,", "a,../b", "a,[z-a]", "{a,b"] {
            assert!(PathGlobs::check(wrong).is_err(), "{wrong}");
        }
    }
}
