//! Where the source of a site's page is kept: the page's own link for editing it, or for its source, says so.

use url::Url;

use super::page_address::{PageFile, is_markdown, parse_gitlab_address};

/// The most links that are read of a page.
const MOST_LINKS: usize = 5_000;

/// What a page of a site says of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteSource {
    /// One file.
    File(PageFile),
    /// No link of it leads to its source on a GitLab.
    None,
    /// Several files; nothing says which is its own.
    Several(Vec<PageFile>),
}

/// Looks for the links "Edit this page" and "View page source" in a page's HTML. Total.
///
/// A link of GitLab's editor is taken at its word; one that shows a file counts only where its text, title or class
/// speaks of editing or of the source, because a page links to other files, too.
pub fn find_site_source(html: &str, page: &Url) -> SiteSource {
    let mut files: Vec<PageFile> = Vec::new();
    for anchor in anchors(html).take(MOST_LINKS) {
        let Some(url) = anchor.attribute("href").and_then(|href| page.join(&href).ok()) else { continue };
        let edits = url.path().contains("/-/edit/") || url.path().starts_with("/-/ide/project/");
        if !edits && !anchor.speaks_of_source() {
            continue;
        }
        let file = parse_gitlab_address(&url, None).filter(|_| is_markdown(url.path().trim_end_matches('/')));
        if let Some(file) = file.filter(|file| !files.contains(file)) {
            files.push(file);
        }
    }
    match files.len() {
        0 => SiteSource::None,
        1 => files.pop().map_or(SiteSource::None, SiteSource::File),
        _ => SiteSource::Several(files),
    }
}

/// A link of a page.
struct Anchor<'a> {
    /// What stands in its tag behind `<a`.
    tag: &'a str,
    /// What stands between its tags.
    inside: &'a str,
}

fn anchors(html: &str) -> impl Iterator<Item = Anchor<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find("<a").or_else(|| rest.find("<A"))?;
            let behind = &rest[at + 2..];
            rest = behind;
            if !behind.starts_with(char::is_whitespace) {
                continue;
            }
            let end = tag_end(behind)?;
            rest = &behind[end + 1..];
            let inside = beginning(rest);
            let close = inside.find("</a").or_else(|| inside.find("</A")).unwrap_or(inside.len());
            return Some(Anchor { tag: &behind[..end], inside: &inside[..close] });
        }
    })
}

/// As much of a text as a link's words take.
fn beginning(text: &str) -> &str {
    const BYTES: usize = 1_000;
    let mut end = text.len().min(BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Where a tag ends: a `>` inside quotation marks belongs to its value.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

impl Anchor<'_> {
    /// An attribute's value, its entities resolved as far as addresses need it.
    fn attribute(&self, name: &str) -> Option<String> {
        let mut from = 0;
        while let Some(at) = self.tag[from..].find(name).map(|at| from + at) {
            from = at + name.len();
            let alone = self.tag[..at].chars().next_back().is_none_or(char::is_whitespace);
            let Some(value) = self.tag[from..].trim_start().strip_prefix('=').filter(|_| alone) else { continue };
            let value = value.trim_start();
            let value = match value.chars().next()? {
                quote @ ('"' | '\'') => value[1..].split(quote).next()?,
                _ => value.split(|c: char| c.is_whitespace() || c == '>').next()?,
            };
            return Some(value.replace("&amp;", "&").replace("&#x2f;", "/").replace("&#47;", "/"));
        }
        None
    }

    fn speaks_of_source(&self) -> bool {
        let named = ["title", "aria-label", "class", "id"].iter().filter_map(|name| self.attribute(name));
        let words: String = named.chain([without_tags(self.inside)]).collect::<Vec<_>>().join(" ").to_lowercase();
        let mut words = words.split(|c: char| !c.is_alphanumeric());
        words.any(|word| matches!(word, "edit" | "source" | "improve"))
    }
}

fn without_tags(html: &str) -> String {
    html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://handbook.example.com/support/pods/secure/";

    fn found(html: &str) -> SiteSource {
        find_site_source(html, &Url::parse(PAGE).unwrap())
    }

    fn path(html: &str) -> Option<String> {
        match found(html) {
            SiteSource::File(file) => Some(format!("{} {} {}", file.project, file.git_ref, file.path)),
            SiteSource::None | SiteSource::Several(_) => None,
        }
    }

    #[test]
    fn the_links_of_usual_themes_lead_to_the_source() {
        for html in [
            r#"<p><a href="https://gitlab.example/a/b/-/blob/main/content/x/_index.md" class="td-page-meta--view">View page source</a></p>"#,
            r#"<a title='View page source' href='https://gitlab.example/a/b/-/blob/main/content/x/_index.md?ref_type=heads&amp;x=1'><i class="fa"></i></a>"#,
            r"<a href=https://gitlab.example/a/b/-/edit/main/content/x/_index.md>Bearbeiten</a>",
            r#"<a rel="edit" href="https://gitlab.example/-/ide/project/a/b/edit/main/-/content/x/_index.md">Web IDE</a>"#,
            r#"<abbr title="x">a</abbr><a data-x="a>b" href="https://gitlab.example/a/b/-/tree/main/content/x/_index.md"><b>Edit</b> this page</a>
               <a href="https://gitlab.example/a/b/-/edit/main/content/x/_index.md">Edit</a>
               <a href="https://gitlab.example/a/c/-/blob/main/other.md">another page</a>"#,
        ] {
            assert_eq!(path(html).as_deref(), Some("a/b main content/x/_index.md"), "{html}");
        }
    }

    #[test]
    fn what_is_not_certain_is_none() {
        for html in [
            "",
            "<a",
            "<a href=\"https://gitlab.example/a/b/-/blob/main/x.md",
            r#"<a href="https://gitlab.example/a/b/-/blob/main/x.md">a guide</a>"#,
            r#"<a href="https://gitlab.example/a/b/-/blob/main/x.rs">source</a>"#,
            r#"<a href="/edit/x.md">Edit this page</a>"#,
            r#"<a href="javascript:alert(1)">edit</a>"#,
        ] {
            assert_eq!(found(html), SiteSource::None, "{html}");
        }
        let two = r#"<a href="https://g.example/a/b/-/edit/main/x.md">1</a><a href="https://g.example/a/b/-/edit/main/y.md">2</a>"#;
        assert!(matches!(found(two), SiteSource::Several(files) if files.len() == 2));
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        for html in ["<a ".repeat(2_000), "<a href='".repeat(2_000), "<a x>é".repeat(2_000), "é<".repeat(500)] {
            assert_eq!(found(&html), SiteSource::None);
        }
    }
}
