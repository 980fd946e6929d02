//! Addresses that are none yet: something fills them in before anybody can follow them.
//!
//! GitLab's `%{…}` (its docs, "Placeholders"), Jekyll's and Liquid's tags, the marks of ERB, PHP, Template Toolkit and
//! Thymeleaf, shell and CI variables, and the aliases and schemes by which generators of sites name their own files.

use memchr::{memchr, memchr_iter, memchr3, memmem};

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
    let has_percent = memchr(b'%', bytes).is_some();
    if has_percent && (has_encoded_placeholder(bytes) || has_percent_variable(bytes)) || has_named_port(address) {
        return true;
    }
    if memchr3(b'{', b'<', b'[', bytes).is_none() {
        return is_variable_first(address);
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

/// What an encoded address holds of GitLab's `%{…}` (`replace_placeholders_within_url_attr` in
/// `lib/banzai/filter/placeholders_post_filter.rb`), and of `{{…}}` and `${…}`, as editors encode them.
fn has_encoded_placeholder(address: &[u8]) -> bool {
    // Looked for once, at most.
    let mut last_close = None;
    let mut closes_behind = |at: usize| {
        let find = || memmem::rfind_iter(address, "%7").find(|at| is_encoded_brace(address, *at, b'd'));
        last_close.get_or_insert_with(find).is_some_and(|close| close > at)
    };
    memmem::find_iter(address, "%7").filter(|at| is_encoded_brace(address, *at, b'b')).any(|at| {
        let before = &address[..at];
        let is_opened = before.ends_with(b"$") || before.ends_with(b"%24") || is_encoded_brace(address, at + 3, b'b');
        before.ends_with(b"%") || before.ends_with(b"%25") || is_opened && closes_behind(at)
    })
}

/// Whether an encoded brace stands here, `%7B` or `%7D` by its last digit.
fn is_encoded_brace(address: &[u8], at: usize, digit: u8) -> bool {
    address.get(at..at + 3).is_some_and(|code| code.starts_with(b"%7") && code[2].eq_ignore_ascii_case(&digit))
}

/// `%PUBLIC_URL%/x`, as Create React App and Vite fill it in, and Windows its variables: a name in large letters, behind
/// which the second sign begins no code of a character (RFC 3986, section 2.1).
fn has_percent_variable(address: &[u8]) -> bool {
    memchr_iter(b'%', address).any(|at| {
        let rest = &address[at + 1..];
        let is_part = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let after = rest.get(length + 1..).unwrap_or_default();
        let is_code = after.len() >= 2 && after[..2].iter().all(u8::is_ascii_hexdigit);
        length > 2 && rest[0].is_ascii_uppercase() && rest.get(length) == Some(&b'%') && !is_code
    })
}

/// `http://localhost:PORT/`: a port is a number (RFC 3986, section 3.2.3), so a name there is filled in.
fn has_named_port(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let Some((_, port)) = host.rsplit_once(':') else { return false };
    let name = port.strip_prefix('$').unwrap_or(port);
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    scheme.to_ascii_lowercase().starts_with("http") && (is_name || name.eq_ignore_ascii_case("port"))
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
            "%7B%7Bx%7D%7D",
            "https://a.example/%7b%7b%20x.y%20%7d%7d/z",
            "$%7Bx%7D/y",
            "https://a.example/%24%7BNAME%7D",
            "%PUBLIC_URL%/x",
            "%BASE_URL%/x",
            "https://%HOST%/x",
            "http://localhost:PORT/",
            "https://a.example:$PORT",
            "http://[::1]:MY_PORT?x",
            "http://127.0.0.1:port/x",
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
            "https://a.example/%7B%7Bx",
            "https://a.example/%7D%7D%7B%7B",
            "https://a.example/$%7Bx",
            "https://a.example/%C3%A9%C3%A9",
            "https://a.example/%E4BC%20x",
            "https://a.example/%DAMM%C3%BC",
            "https://a.example/50%OFF",
            "http://localhost:8080/PORT",
            "http://user:PORT@a.example/",
            "http://[::ABC]/",
            "http://a.example/x:PORT",
            "http://a.example:/x",
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
        for token in
            ["{", "{a", "{a b", "<a", "%{", "[[", "{1}", "<1>", "$", "${x", "%7B", "$%7B", "%A", "A", "%7D", ":A"]
        {
            is_placeholder(&token.repeat(1_000_000 / token.len()));
        }
    }
}
