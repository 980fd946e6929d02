//! Fragments that name lines of a file.

/// The last line that a fragment of GitHub's file view names: `L10`, `L10-L20`, `L10C5-L20C3`.
pub(crate) fn last_github_line(fragment: &str) -> Option<usize> {
    let line = |text: &str| {
        let text = text.strip_prefix('L').unwrap_or(text);
        let (line, column) = text.split_once('C').unwrap_or((text, "0"));
        column.parse::<usize>().ok()?;
        line.parse::<usize>().ok()
    };
    let (first, last) = fragment.strip_prefix('L')?.split_once('-').unwrap_or((&fragment[1..], &fragment[1..]));
    Some(line(first)?.max(line(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_every_form() {
        for (fragment, line) in [
            ("L7", Some(7)),
            ("L7-L9", Some(9)),
            ("L7-9", Some(9)),
            ("L9-L7", Some(9)),
            ("L7C3-L9C1", Some(9)),
            ("L7C3", Some(7)),
            ("L", None),
            ("LICENSE", None),
            ("L7Cx", None),
            ("L7-", None),
            ("7", None),
            ("ü", None),
            ("", None),
        ] {
            assert_eq!(last_github_line(fragment), line, "{fragment}");
        }
    }
}
