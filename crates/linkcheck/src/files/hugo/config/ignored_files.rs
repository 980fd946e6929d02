//! Files of the content that are left out by their names (Hugo docs, "All settings", `ignoreFiles`).

/// A pattern. Hugo reads regular expressions; those that are a text with perhaps an end are followed here, as all of its
/// docs are (`'\.foo$'`), and others leave nothing out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IgnoredFile {
    text: String,
    is_end: bool,
}

impl IgnoredFile {
    /// Reads a pattern; `None` for one of another form.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let (pattern, is_end) = pattern.strip_suffix('$').map_or((pattern, false), |rest| (rest, true));
        let mut text = String::new();
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => text.push(letters.next().filter(|escaped| !escaped.is_alphanumeric())?),
                '.' | '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => return None,
                letter => text.push(letter),
            }
        }
        (!text.is_empty()).then_some(Self { text, is_end })
    }

    /// Whether it leaves out a file. Hugo compares the whole path on the machine, of which that in the site is the end.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path = format!("/{path}");
        if self.is_end { path.ends_with(&self.text) } else { path.contains(&self.text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_perhaps_an_end_is_followed() {
        for (pattern, path, is_left_out) in [
            (r"\.foo$", "content/a.foo", Some(true)),
            (r"\.foo$", "content/a.foo.md", Some(false)),
            ("/hidden/", "hidden/c.md", Some(true)),
            ("secret", "content/a-secret.md", Some(true)),
            (r"^content/", "content/a.md", None),
            (r".*\.md", "content/a.md", None),
            (r"\d", "content/1.md", None),
            ("", "content/1.md", None),
        ] {
            assert_eq!(IgnoredFile::parse(pattern).map(|ignored| ignored.matches(path)), is_left_out, "{pattern}");
        }
    }
}
