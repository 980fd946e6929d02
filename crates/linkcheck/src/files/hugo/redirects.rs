//! What the server of a site redirects: rules of the form `/from /to 301`, one in a line (GitLab docs, "GitLab Pages
//! redirects").

mod template;

use super::FileSystem;
use template::TemplatedRules;

/// The rules, in the order of the files: the first that matches counts.
pub(super) struct Redirects {
    rules: Vec<Rule>,
    /// Those that templates write when the site is built.
    templated: Vec<TemplatedRules>,
}

struct Rule {
    /// With a slash at its beginning and none at its end; `*` stands for anything, `/:name` for one part.
    from: String,
    to: String,
    /// The address stays, and is filled from another one.
    is_rewrite: bool,
}

/// What the server does with an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RedirectAction {
    /// It leads on to this one.
    Redirect(String),
    /// It answers with the page of another address.
    Rewrite,
}

impl Redirects {
    /// The rules of several files, one after the other; some of them are templates.
    pub(super) fn parse(texts: impl Iterator<Item = String>, files: &dyn FileSystem) -> Self {
        let mut found = Self { rules: Vec::new(), templated: Vec::new() };
        for text in texts {
            if !text.contains("{{") {
                found.rules.extend(text.lines().filter_map(parse_rule));
                continue;
            }
            let (plain, templated) = TemplatedRules::split(&text, files);
            found.rules.extend(plain.lines().filter_map(parse_rule));
            found.templated.push(templated);
        }
        found
    }

    /// Whether there are any.
    pub(super) fn are_written(&self) -> bool {
        !self.rules.is_empty() || !self.templated.is_empty()
    }

    /// Whether a rule may be for an address without slashes at its ends that is made when the site is built.
    pub(super) fn may_be_made_for(&self, address: &str) -> bool {
        self.templated.iter().any(|rules| rules.may_match(address))
    }

    /// What is done with an address without slashes at its ends; `slash`: whether one stands behind it.
    pub(super) fn find_for_address(&self, address: &str, slash: bool) -> Option<RedirectAction> {
        let (bare, with_slash) = (format!("/{address}"), format!("/{}", format!("{address}/").trim_start_matches('/')));
        // `/a/*` stands for `/a`, too.
        let forms = if slash { [&with_slash, &bare, &with_slash] } else { [&bare, &bare, &with_slash] };
        self.rules.iter().find_map(|rule| {
            let named = forms.iter().find_map(|form| {
                let mut named = Vec::new();
                match_pattern(&rule.from, form, &mut named).then_some(named)
            })?;
            Some(if rule.is_rewrite {
                RedirectAction::Rewrite
            } else {
                RedirectAction::Redirect(fill_placeholders(&rule.to, named))
            })
        })
    }
}

fn parse_rule(line: &str) -> Option<Rule> {
    let mut words = line.split_whitespace();
    let (from, to) = (words.next()?, words.next()?);
    let status = words.next().unwrap_or_default();
    // What is refused is not there.
    if !from.starts_with('/') || status.starts_with('4') {
        return None;
    }
    let from = if from.ends_with('*') { from } else { from.trim_end_matches('/') };
    // Matching takes longer with each `*`; what stands behind the second is left open.
    let end = from.match_indices('*').nth(1).map_or(from.len(), |(at, _)| at + 1);
    Some(Rule { from: from[..end].to_owned(), to: to.to_owned(), is_rewrite: status.starts_with("200") })
}

/// Whether a text has the form of a pattern; what its placeholders stand for goes into `named`.
fn match_pattern<'r>(pattern: &'r str, text: &'r str, named: &mut Vec<(&'r str, &'r str)>) -> bool {
    let mark = pattern.char_indices().find(|(at, c)| *c == '*' || (*c == ':' && pattern[..*at].ends_with('/')));
    let Some((at, mark)) = mark else { return pattern == text };
    let Some(rest) = text.strip_prefix(&pattern[..at]) else { return false };
    let behind = &pattern[at + 1..];
    if mark == ':' {
        let (name, value) = (first_segment(behind), first_segment(rest));
        if value.is_empty() {
            return false;
        }
        named.push((name, value));
        return match_pattern(&behind[name.len()..], &rest[value.len()..], named);
    }
    let known = named.len();
    (0..=rest.len()).rev().filter(|end| rest.is_char_boundary(*end)).any(|end| {
        named.truncate(known);
        named.push(("splat", &rest[..end]));
        match_pattern(behind, &rest[end..], named)
    })
}

/// A text up to the next slash.
fn first_segment(text: &str) -> &str {
    text.split('/').next().unwrap_or_default()
}

fn fill_placeholders(to: &str, mut named: Vec<(&str, &str)>) -> String {
    // A name may begin like another one.
    named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let fill = |to: String, (name, value): (&str, &str)| {
        if name.is_empty() { to } else { to.replace(&format!(":{name}"), value) }
    };
    named.into_iter().fold(to.to_owned(), fill)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoFiles;

    impl FileSystem for NoFiles {
        fn entry_kind(&self, _path: &str) -> Option<crate::files::FileKind> {
            None
        }

        fn read_text(&self, _path: &str) -> Option<String> {
            None
        }
    }

    #[test]
    fn every_form_of_a_rule_is_followed() {
        let rules = "\
            # comment\n\
            /gone/* /new/:splat 301\n\
            /handbook/*.html /handbook/:splat/ 301\n\
            /news/:year/:month/:title /blog/:title-:year 302\n\
            /blog* /posts:splat\n\
            /single/ /one/\n\
            /app/* /app/index.html 200\n\
            /no/* /404 404\n\
            /a/*/b/*/c/* /d/:splat\n\
            elsewhere /x\n/half\n";
        let redirects = Redirects::parse(std::iter::once(rules.to_owned()), &NoFiles);
        for (address, slash, to) in [
            ("gone", false, Some("/new/")),
            ("gone/a/b", true, Some("/new/a/b/")),
            ("gone-too", true, None),
            ("handbook/a/b.html", false, Some("/handbook/a/b/")),
            ("handbook/a", false, None),
            ("news/2024/05/ünder", true, Some("/blog/ünder-2024")),
            ("news/2024/05", true, None),
            ("blog-2/x", false, Some("/posts-2/x")),
            ("single", false, Some("/one/")),
            ("single", true, Some("/one/")),
            ("no/x", false, None),
            ("half", false, None),
            ("", true, None),
        ] {
            let led = redirects.find_for_address(address, slash);
            assert_eq!(led, to.map(|to| RedirectAction::Redirect(to.to_owned())), "{address}");
        }
        assert_eq!(redirects.find_for_address("app/x", false), Some(RedirectAction::Rewrite));
        assert!(redirects.find_for_address(&format!("a/{}", "b/".repeat(2_000)), false).is_some());
    }
}
