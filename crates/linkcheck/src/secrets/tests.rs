use proptest::prelude::*;

use super::*;

const ROUTABLE: &str = "glpat-bzox79Of-KE9FD2LjoXXF4CvyxA.0r03gxo7s";

#[test]
fn a_token_goes_with_all_its_parts() {
    for (text, shown) in [
        ("see glpat-abcdefghijklmnopqrst and glpat-short", "see [redacted] and glpat-short"),
        (ROUTABLE, "[redacted]"),
        ("glpat-bzox79Of-KE9FD2LjoXXF4CvyxA.01.0r03gxo7s. Then", "[redacted]. Then"),
        ("glpat%2Dabcdefghijklmnopqrst", "[redacted]"),
        ("%67lpat-abcdefghij%6Blmnopqrst!", "[redacted]!"),
        ("glpat%252Dabcdefghijklmnopqrst", "[redacted]"),
        ("100% glpat%2Dabcdefghijklmnopqrst 5%", "100% [redacted] 5%"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[redacted]"),
        // Cut by one_line, which ends so.
        ("glpat-abcdefghij…", "[redacted]…"),
        ("glpat%2Dabc…", "[redacted]…"),
    ] {
        assert_eq!(redact(text), shown, "{text}");
    }
}

#[test]
fn a_password_in_an_address_is_not_repeated() {
    for (text, shown) in [
        ("https://ada:pw@a.example/x", "https://[redacted]@a.example/x"),
        ("(HTTPS://ada:p:w@a@a.example)", "(HTTPS://[redacted]@a.example)"),
        ("https://onlyatoken@a.example", "https://[redacted]@a.example"),
        ("https:ada:pw@a.example", "https:[redacted]@a.example"),
        ("https:\\\\ada:pw@a.example", "https:\\\\[redacted]@a.example"),
        ("ssh://git:pw@a.example", "ssh://[redacted]@a.example"),
        ("//ada:pw@a.example", "//[redacted]@a.example"),
        ("https%3A%2F%2Fada%3Apw%40a.example", "https%3A%2F%2F[redacted]%40a.example"),
        ("https://ada:some-pass…", "https://ada:[redacted]…"),
    ] {
        assert_eq!(redact(text), shown, "{text}");
    }
}

#[test]
fn a_named_credential_is_not_repeated() {
    for (text, shown) in [
        ("https://a.example/?private_token=abc&x=1: gone", "https://a.example/?private_token=[redacted]&x=1: gone"),
        ("x?job_token=abc", "x?job_token=[redacted]"),
        ("x?a=1&amp;token=abc", "x?a=1&amp;token=[redacted]"),
        ("x#access_token=abc", "x#access_token=[redacted]"),
        ("x?Private%5FToken=a%26b", "x?Private%5FToken=[redacted]"),
        ("x?next=%2F%3Ftoken%3Dabc%26b", "x?next=%2F%3Ftoken%3D[redacted]%26b"),
        ("x?user[password]=abc", "x?user[password]=[redacted]"),
        ("X-Gitlab-Token: abc", "X-Gitlab-Token: [redacted]"),
        ("'PRIVATE-TOKEN: abc' x", "'PRIVATE-TOKEN: [redacted]' x"),
        ("{\"access_token\": \"abc\", \"b\": 1}", "{\"access_token\": \"[redacted]\", \"b\": 1}"),
        ("{\\\"access_token\\\":\\\"abc\\\"}", "{\\\"access_token\\\":\\\"[redacted]\\\"}"),
        ("Authorization: Bearer abc", "Authorization: Bearer [redacted]"),
        ("authorization: basic YWRhOnB3", "authorization: basic [redacted]"),
        ("got Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "got Bearer [redacted]"),
        ("x?token=abc…", "x?token=[redacted]…"),
    ] {
        assert_eq!(redact(text), shown, "{text}");
    }
}

#[test]
fn ordinary_text_stays_readable() {
    for text in [
        "glpat- is a prefix",
        "glpat-<token>",
        "github_pages of github_pat_",
        "https://gitlab.com/@ada",
        "ssh://git@a.example/x",
        "mailto:ada@a.example",
        "http://a.example:8080/x",
        "https://ada:<password>@a.example",
        "https://oauth2:$TOKEN@a.example",
        "https://oauth2:${TOKEN}@a.example",
        "x?private_token=<your_access_token>",
        "x?private_token=%3Cyour_access_token%3E",
        "x?private_token=",
        "PRIVATE-TOKEN: <token>",
        "curl --header \"Authorization: Bearer <token>\"",
        "Authorization: see above",
        "a Bearer token",
        "the token: it expired",
        "a secret=word",
        "x?page_token=abc",
        "50 % of https://a.example/%20x",
    ] {
        assert_eq!(redact(text), text);
        assert!(!contains_secret(text), "{text}");
    }
}

#[test]
fn hostile_text_takes_no_long_time() {
    // Quadratic work would take minutes here.
    let pieces = [
        "http:",
        "/",
        "://",
        "a:b@",
        "http:$",
        "http:a:b@",
        "token=",
        "?token=",
        "?token=$",
        "access_token=$",
        "glpat-",
        "glpat-a…",
        "Bearer ",
        "authorization:",
        "%2525",
        "\\",
        ":",
        "=",
        "\"",
        ": ",
    ];
    for piece in pieces {
        redact(&(piece.repeat(300_000 / piece.len()) + "…"));
    }
}

#[test]
fn what_is_left_is_read_again_where_it_makes_another_address() {
    let once = redact("https://&token=https://&%40");
    assert_eq!(redact(&once), once);
}

proptest! {
    #[test]
    fn what_was_redacted_once_stays_as_it_is(text in "([a-z:/@?&=#%. …]|https://|glpat-|token=|[a-z]{20}|%2D|%40){0,30}") {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once), once.as_str());
    }

    #[test]
    fn no_text_breaks_it(text in any::<String>()) {
        redact(&text);
    }
}
