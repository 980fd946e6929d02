//! Addresses that are none yet: something fills them in before anybody can follow them.
//!
//! GitLab's `%{…}` (its docs, "Placeholders"), Jekyll's and Liquid's tags, the marks of ERB, PHP, Template Toolkit and
//! Thymeleaf, shell and CI variables, and the aliases and schemes by which generators of sites name their own files.

use memchr::{memchr, memchr3, memmem};

/// What opens and closes the code of a template.
const TEMPLATE_MARKS: [(&str, &str); 10] = [
    ("%{", "}"),
    ("${", "}"),
    ("#{", "}"),
    ("@{", "}"),
    ("{%", "%}"),
    ("{#", "#}"),
    ("<%", "%>"),
    ("<?", "?>"),
    ("[%", "%]"),
    ("[[", "]]"),
];

/// How addresses begin that a generator of sites resolves: Docusaurus, `VuePress` and Zola, webpack, `DocFX` and Joplin.
const ALIASES: [&str; 6] = ["@site/", "@theme/", "@/", "~@", "~/", ":/"];

/// The schemes of generators of sites: Docusaurus, `MyST` and Sphinx, Antora and `DocFX`, `MkDocs`.
const GENERATOR_SCHEMES: [&str; 9] =
    ["pathname:", "project:", "inv:", "doc:", "ref:", "term:", "xref:", "uid:", "site:"];

/// Whether an address is filled in before anybody can follow it.
pub(crate) fn is_placeholder(address: &str) -> bool {
    let starts_with_one = |beginnings: &[&str]| beginnings.iter().any(|beginning| address.starts_with(beginning));
    if starts_with_one(&ALIASES) || starts_with_one(&GENERATOR_SCHEMES) {
        return true;
    }
    let bytes = address.as_bytes();
    if memchr3(b'{', b'<', b'[', bytes).is_none() {
        return is_variable_first(address) || has_encoded_placeholder(bytes);
    }
    memmem::find(bytes, b"{{").is_some()
        || TEMPLATE_MARKS.iter().any(|(open, close)| {
            memmem::find(bytes, open.as_bytes())
                .is_some_and(|at| memmem::find(&bytes[at + open.len()..], close.as_bytes()).is_some())
        })
        || has_named_gap(address, b'{', b'}')
        || has_named_gap(address, b'<', b'>')
        || is_variable_first(address)
}

/// GitLab's `%{…}` as an encoded address holds it (`replace_placeholders_within_url_attr` in
/// `lib/banzai/filter/placeholders_post_filter.rb`).
fn has_encoded_placeholder(address: &[u8]) -> bool {
    memmem::find_iter(address, "%7").any(|at| {
        let is_brace = address.get(at + 2).is_some_and(|digit| digit.eq_ignore_ascii_case(&b'b'));
        is_brace && (address[..at].ends_with(b"%") || address[..at].ends_with(b"%25"))
    })
}

/// `$CI_PROJECT_URL/-/issues`, `$(Build.Repository.Uri)/x`: a number would be a snippet.
fn is_variable_first(address: &str) -> bool {
    address.strip_prefix('$').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '('))
}

/// Whether a name stands in brackets, as in `https://{host}/x` and `/users/<name>`: no address has these characters as
/// they are (RFC 3986, section 2). What stands in them on some servers is a number of 36 characters, no name.
fn has_named_gap(address: &str, open: u8, close: u8) -> bool {
    let mut rest = address;
    while let Some(at) = memchr(open, rest.as_bytes()) {
        rest = &rest[at + 1..];
        let Some(end) = memchr(close, rest.as_bytes()) else { return false };
        let name = &rest[..end];
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '/' | '?' | '&' | ','));
        let is_guid = name.len() == 36 && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if is_name && !is_guid {
            return true;
        }
        rest = &rest[end + 1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_later_is_no_address_yet() {
        for address in [
            "%{project_path}/x",
            "https://%{gitlab_server}/x",
            "https://a.example/%%7Bproject_path%7D",
            "/%25%7bproject_path%7d/x",
            "{% link a.md %}",
            "{{ site.url }}/x",
            "{{< ref \"x\" >}}",
            "<%= root_path %>",
            "<?php echo $x ?>",
            "${CI_SERVER_URL}/x",
            "$CI_PROJECT_URL/-/issues",
            "$(Build.Uri)/x",
            "#{anchor}",
            "@{/path}",
            "[% c.uri %]",
            "[[${url}]]",
            "@site/docs/a.md",
            "@/docs/a.md",
            "~@alias/a.png",
            "pathname:///x.txt",
            "project:page.md#part",
            "xref:page.adoc[]",
            "site:a/b",
            ":/0123456789abcdef",
            "{static}/images/x.png",
            "https://{host}/x",
            "https://a.example/users/{id}/{?page}",
            "https://<your-host>/x",
        ] {
            assert!(is_placeholder(address), "{address}");
        }
    }

    #[test]
    fn odd_signs_alone_make_no_placeholder() {
        for address in [
            "",
            "a.md",
            "https://a.example/%7Bx%7D",
            "https://a.example/?q={",
            "https://a.example/?id={8F3C2A10-1111-2222-3333-444455556666}",
            "https://a.example/a[1]",
            "https://a.example/@ada",
            "@ada",
            "$5",
            "mailto:ada@a.example",
            "a<b",
            "~label",
            "#123",
            "[issue:1]",
        ] {
            assert!(!is_placeholder(address), "{address}");
        }
    }

    #[test]
    fn no_repetition_takes_long() {
        for token in ["{", "{a", "{a b", "<a", "%{", "[[", "{1}", "<1>", "$", "${x"] {
            is_placeholder(&token.repeat(1_000_000 / token.len()));
        }
    }
}
