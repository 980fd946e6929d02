//! What `git diff --unified=0` says: which lines of which documents are new, and how they were called before.

use std::collections::BTreeMap;
use std::ops::Range;

/// What changed, by the paths that documents have now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) files: BTreeMap<String, FileChange>,
    /// The paths of those that were removed.
    pub(super) removed: Vec<String>,
}

/// What changed in one document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct FileChange {
    /// Its path before; `None` for a new one.
    pub(super) old_path: Option<String>,
    /// Its lines that are new or changed, from 1.
    pub(super) lines: Vec<Range<usize>>,
}

impl Patch {
    /// Reads a patch. What is not understood says nothing.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut patch = Self::default();
        let mut file = FileHeader::default();
        let mut lines = text.split('\n');
        while let Some(line) = lines.next() {
            if line.starts_with("diff --git ") {
                patch.add(std::mem::take(&mut file));
            } else if let Some((old, new)) = line.strip_prefix("@@ ").and_then(parse_hunk) {
                if !new.is_empty() {
                    file.lines.push(new.clone());
                }
                // Lines of the documents themselves, which may look like lines of a patch.
                let mut left = old.len().saturating_add(new.len());
                while left > 0 {
                    let Some(line) = lines.next() else { break };
                    left -= usize::from(line.starts_with(['+', '-']));
                }
            } else {
                file.read_line(line);
            }
        }
        patch.add(file);
        patch
    }

    fn add(&mut self, file: FileHeader) {
        match (file.old, file.new) {
            (old_path, Some(new)) => {
                self.files.insert(new, FileChange { old_path, lines: file.lines });
            }
            (Some(old), None) => self.removed.push(old),
            (None, None) => {}
        }
    }
}

/// What stands before the lines of a file.
#[derive(Default)]
struct FileHeader {
    old: Option<String>,
    new: Option<String>,
    lines: Vec<Range<usize>>,
}

impl FileHeader {
    fn read_line(&mut self, line: &str) {
        let named = |beginning: &str| line.strip_prefix(beginning).map(unquote);
        let below = |path: String, side: &str| path.strip_prefix(side).map(str::to_owned);
        if let Some(path) = named("--- ") {
            self.old = below(path, "a/");
        } else if let Some(path) = named("+++ ") {
            self.new = below(path, "b/");
        } else if let Some(path) = named("rename from ") {
            self.old = Some(path);
        } else if let Some(path) = named("rename to ") {
            self.new = Some(path);
        }
    }
}

/// The old and the new lines of `-1,2 +3,4 @@`, from 1.
fn parse_hunk(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let mut parts = line.split(' ');
    let mut range = |sign: char| {
        let part = parts.next()?.strip_prefix(sign)?;
        let (start, count) = part.split_once(',').unwrap_or((part, "1"));
        let (start, count): (usize, usize) = (start.parse().ok()?, count.parse().ok()?);
        Some(start..start.checked_add(count)?)
    };
    Some((range('-')?, range('+')?))
}

/// A path as git writes it: in quotes where it holds what would be taken for something else (`quote.c`), and with a tab
/// behind it where it holds blanks.
fn unquote(written: &str) -> String {
    let written = written.trim_end_matches('\r');
    let Some(inside) = written.strip_prefix('"').and_then(|rest| rest.trim_end_matches('\t').strip_suffix('"')) else {
        return written.trim_end_matches('\t').to_owned();
    };
    let (mut out, mut bytes) = (Vec::with_capacity(inside.len()), inside.bytes().peekable());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next().unwrap_or(b'\\') {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b't' => out.push(b'\t'),
            b'n' => out.push(b'\n'),
            b'v' => out.push(11),
            b'f' => out.push(12),
            b'r' => out.push(b'\r'),
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit - b'0');
                while let Some(digit) = bytes.next_if(|byte| (b'0'..=b'7').contains(byte) && value < 0o40) {
                    value = value * 8 + u32::from(digit - b'0');
                }
                out.push(u8::try_from(value).unwrap_or(b'?'));
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_names_and_renames_are_read() {
        let patch = "\
diff --git a/docs/a.md b/docs/a.md
index 1..2 100644
--- a/docs/a.md
+++ b/docs/a.md
@@ -3,2 +3 @@ # Heading
--- a/looks/like/a/header.md
-two
+++ b/looks/like/one.md
@@ -9,0 +10,2 @@
+three
+four
\\ No newline at end of file
diff --git a/old name.md b/new.md
similarity index 100%
rename from old name.md
rename to new.md
diff --git a/gone.md b/gone.md
deleted file mode 100644
--- a/gone.md
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git \"a/\\303\\244\\\"x.md\" \"b/\\303\\244\\\"x.md\"
new file mode 100644
--- /dev/null
+++ \"b/\\303\\244\\\"x.md\"
@@ -0,0 +1 @@
+x
@@ -2,0 +4 @@
+y
diff --git a/with blank.md b/with blank.md
--- a/with blank.md\t
+++ b/with blank.md\t
@@ -1 +1,0 @@
-x
";
        let read = Patch::parse(patch.as_bytes());
        let change = |old_path: Option<&str>, lines: &[Range<usize>]| FileChange {
            old_path: old_path.map(str::to_owned),
            lines: lines.to_vec(),
        };
        let expected = BTreeMap::from([
            ("docs/a.md".to_owned(), change(Some("docs/a.md"), &[3..4, 10..12])),
            ("new.md".to_owned(), change(Some("old name.md"), &[])),
            ("with blank.md".to_owned(), change(Some("with blank.md"), &[])),
            ("\u{e4}\"x.md".to_owned(), change(None, &[1..2, 4..5])),
        ]);
        assert_eq!((read.files, read.removed), (expected, vec!["gone.md".to_owned()]));
    }

    #[test]
    fn what_is_no_patch_says_nothing() {
        for text in [
            "",
            "@@ -1 +1 @@",
            "@@ -x +y @@\n",
            "+++ b/a.md",
            "diff --git \n--- \n+++ \n@@ -1,99999999999999999999 +1 @@",
        ] {
            let patch = Patch::parse(text.as_bytes());
            assert!(patch.files.values().all(|change| change.lines.is_empty()), "{text}");
        }
        let many = "diff --git a/a.md b/a.md\n+++ b/a.md\n".repeat(20_000);
        assert_eq!(Patch::parse(many.as_bytes()).files.len(), 1);
    }
}
