//! What a page's title says of its end: GitLab's documentation titles pages so (GitLab docs, "Documenting removals and
//! deprecations": `(deprecated)` and `(removed)` stand at the end of the title).

use memchr::memmem;

use crate::fragment;
use crate::text::one_line;
use crate::verdict::Deprecation;

const ENDINGS: [(&str, &str); 2] = [("(deprecated)", "deprecated"), ("(removed)", "removed")];

/// What the title or the first heading at the beginning of a page says, if it says that its matter is deprecated or was
/// removed.
pub(super) fn find_deprecation(html: &[u8]) -> Option<Deprecation> {
    // Nearly no page has either word near its beginning.
    if !ENDINGS.iter().any(|(ending, _)| memmem::find(html, ending.as_bytes()).is_some()) {
        return None;
    }
    // The site's own name stands behind a bar or a dot.
    let title = fragment::find_title(html).unwrap_or_default();
    let own = [" | ", " · ", " – "].iter().fold(title.as_str(), |own, bar| own.split(bar).next().unwrap_or(own));
    let heading = fragment::find_heading(html).unwrap_or_default();
    [own, heading.as_str()].into_iter().find_map(notice)
}

/// What a title says, if it ends so.
fn notice(title: &str) -> Option<Deprecation> {
    let title = title.trim();
    let (_, word) = ENDINGS.iter().find(|(ending, _)| title.ends_with(ending))?;
    let notice = format!("the title of the page says that this is {word}: {}", one_line(title));
    Some(Deprecation { notice: notice.into(), successor: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_ends_so_says_it_and_words_elsewhere_do_not() {
        for (html, expected) in [
            ("<title>License scanning (deprecated) | Juniper Docs</title>", Some("deprecated: License scanning")),
            ("<title>Juniper</title><h1 class=x>Old <code>api</code> (removed)</h1>", Some("removed: Old api")),
            ("<title>Old thing (removed)</title>", Some("removed: Old thing")),
            ("<title>Features | Deprecations (deprecated)</title>", None),
            ("<title>Juniper</title><p>The old one (deprecated)</p>", None),
            ("<title>(deprecated) features</title>", None),
            ("<title>Deprecated features</title>", None),
            ("<h1>never closed (removed)", None),
            ("<!-- <h1>Old (removed)</h1> --><h1>New</h1>", None),
            ("<!-- <title>Old (removed)</title> --><title>New</title>", None),
            ("<script>x = '<h1>Old (removed)</h1>'</script><h1>New</h1>", None),
            ("<svg><title>Mark (removed)</title></svg><title>New</title>", None),
            ("<svg/><title>Old (removed)</title>", Some("removed: Old")),
            ("<h1>New<svg><title>Mark</title><text>x (removed)</text></svg></h1>", None),
            ("<!-- <h1>New</h1> --><H1>A &amp; <!-- b -->c (removed)</H1>", Some("removed: A & c")),
        ] {
            let notice = find_deprecation(html.as_bytes()).map(|deprecation| deprecation.notice.to_string());
            assert_eq!(notice.is_some(), expected.is_some(), "{html}");
            assert!(notice.is_none_or(|notice| notice.contains(expected.unwrap())), "{html}");
        }
    }
}
