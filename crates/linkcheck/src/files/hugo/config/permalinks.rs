//! Addresses by pattern: `/:year/:slug/` (Hugo docs, "Configure permalinks").

use std::collections::BTreeMap;

use serde_json::Value;

use super::apply::entries;

/// The patterns of a site.
#[derive(Debug, Default)]
pub(in super::super) struct Permalinks {
    /// Those of pages, and those of sections, by section.
    pages: BTreeMap<String, String>,
    sections: BTreeMap<String, String>,
    /// A form that is not followed here: what it says is not known.
    is_unknown: bool,
}

/// What a pattern is filled with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct PermalinkValues<'p> {
    /// Folders of the page, in its language.
    pub(in super::super) sections: &'p [&'p str],
    /// Its file's name, or its folder's.
    pub(in super::super) name: &'p str,
    pub(in super::super) slug: Option<&'p str>,
    pub(in super::super) title: Option<&'p str>,
    /// As it is written: `2024-05-31…`.
    pub(in super::super) date: Option<&'p str>,
}

impl Permalinks {
    pub(super) fn parse(value: &Value) -> Self {
        let mut found = Self { is_unknown: value.is_array(), ..Self::default() };
        for (key, value) in entries(value) {
            let by_section = |patterns: &mut BTreeMap<String, String>| {
                let patterns_of_kind =
                    entries(value).filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?)));
                patterns.extend(patterns_of_kind.map(|(section, pattern)| (section, pattern.to_owned())));
            };
            match (key.to_lowercase().as_str(), value) {
                ("page", Value::Object(_)) => by_section(&mut found.pages),
                ("section", Value::Object(_)) => by_section(&mut found.sections),
                ("taxonomy" | "term", Value::Object(_)) => {}
                // The older form.
                (section, Value::String(pattern)) => drop(found.pages.insert(section.to_owned(), pattern.clone())),
                _ => found.is_unknown = true,
            }
        }
        found
    }

    /// The pattern of a page in a section, or of the section itself.
    ///
    /// # Errors
    /// It cannot be known.
    pub(in super::super) fn find(&self, section: &str, is_section: bool) -> Result<Option<&str>, ()> {
        if self.is_unknown {
            return Err(());
        }
        let patterns = if is_section { &self.sections } else { &self.pages };
        let pattern = patterns.get(section).or_else(|| patterns.get("/").filter(|_| section.is_empty()));
        Ok(pattern.map(String::as_str))
    }
}

/// A pattern's address, without slashes at its ends, not yet in the characters of a path; `None` where a part of it
/// cannot be known.
pub(in super::super) fn expand(pattern: &str, page: PermalinkValues<'_>) -> Option<String> {
    let filled: Option<Vec<String>> =
        pattern.split('/').filter(|part| !part.is_empty()).map(|part| expand_part(part, page)).collect();
    let filled: Vec<String> = filled?.into_iter().filter(|part| !part.is_empty()).collect();
    Some(filled.join("/"))
}

fn expand_part(part: &str, page: PermalinkValues<'_>) -> Option<String> {
    let mut pieces = part.split(':');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    // A slice has a colon of its own: `:sections[1:]`.
    if part.contains('[') {
        let slice = part.strip_prefix(":sections[")?.strip_suffix(']')?;
        return slice_sections(page.sections, slice);
    }
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(piece.len());
        filled.push_str(&token_value(&piece[..end], page)?);
        filled.push_str(&piece[end..]);
    }
    Some(filled)
}

fn token_value(token: &str, page: PermalinkValues<'_>) -> Option<String> {
    let date = |range: std::ops::Range<usize>| {
        let digits = page.date?.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
    };
    let segment = |text: &str| text.replace('/', "-");
    Some(match token {
        "year" => date(0..4)?,
        "month" => date(5..7)?,
        "day" => date(8..10)?,
        "section" => page.sections.first().copied().unwrap_or_default().to_owned(),
        "sections" => page.sections.join("/"),
        "slug" => segment(page.slug.or(page.title)?),
        "title" => segment(page.title?),
        "contentbasename" | "filename" => page.name.to_owned(),
        "slugorcontentbasename" | "slugorfilename" => page.slug.map_or_else(|| page.name.to_owned(), segment),
        _ => return None,
    })
}

/// `[1:]`, `[:last]`, `[last]` and the like.
fn slice_sections(sections: &[&str], slice: &str) -> Option<String> {
    let last = sections.len().saturating_sub(1);
    let index = |text: &str| if text == "last" { Some(last) } else { text.parse::<usize>().ok() };
    let (from, to) = match slice.split_once(':') {
        Some((from, to)) => {
            (if from.is_empty() { 0 } else { index(from)? }, if to.is_empty() { sections.len() } else { index(to)? })
        }
        None => (index(slice)?, index(slice)? + 1),
    };
    let to = to.min(sections.len());
    Some(sections.get(from.min(to)..to).unwrap_or_default().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled_from_the_page() {
        let page = PermalinkValues {
            sections: &["posts", "deep", "er"],
            name: "file",
            slug: None,
            title: Some("A/B title"),
            date: Some("2024-05-31T10:00:00Z"),
        };
        for (pattern, address) in [
            ("/:year/:month/:day/:slug/", Some("2024/05/31/A-B title")),
            ("/:sections/:contentbasename", Some("posts/deep/er/file")),
            ("/x-:section-:year", Some("x-posts-2024")),
            ("/:sections[1:]/:filename", Some("deep/er/file")),
            ("/:sections[:last]/:slugorfilename", Some("posts/deep/file")),
            ("/:sections[last]", Some("er")),
            ("/:sections[9:]/y", Some("y")),
            ("/:monthname/", None),
            ("/:sectionslug/", None),
            ("/fixed/", Some("fixed")),
        ] {
            assert_eq!(expand(pattern, page).as_deref(), address, "{pattern}");
        }
        assert_eq!(expand("/:year/", PermalinkValues { date: None, ..page }), None);
        assert_eq!(expand("/:slug/", PermalinkValues { slug: Some("own"), ..page }).as_deref(), Some("own"));
    }
}
