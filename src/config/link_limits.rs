//! A file of limits for `--limits FILE`: how fast the hosts of links are asked.
//!
//! More than 1,024 requests at once are no politeness, and no machine has the sockets for them.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::de::DeTable;
use url::Host;

use super::problem::Problem;
use super::schema_check::{Quoting, check_against_schema};

/// What the file says; what it leaves out is for the reader to fill in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LinkLimits {
    /// Requests at once to one host.
    #[schemars(range(min = 1, max = 1024))]
    pub per_host: Option<usize>,
    /// Requests at once to all hosts.
    #[schemars(range(min = 1, max = 1024))]
    pub in_all: Option<usize>,
    /// Requests to one host before the rate counts.
    pub burst: Option<u32>,
    /// Requests to one host in a second after that; 0 for no limit.
    pub per_second: Option<u32>,
    /// Hosts with limits of their own, as `[host."docs.example.com"]`; `*.example.com` is every host below that domain.
    /// Names are as URLs have them, in lower case and in punycode.
    #[serde(default)]
    pub host: BTreeMap<String, LinkHostLimits>,
}

/// What the file says of one host; what it leaves out is as for the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LinkHostLimits {
    /// Requests at once.
    #[schemars(range(min = 1, max = 1024))]
    pub per_host: Option<usize>,
    /// Requests before the rate counts.
    pub burst: Option<u32>,
    /// Requests in a second after that; 0 for no limit.
    pub per_second: Option<u32>,
}

/// Reads the text of such a file; `path` names it in problems.
///
/// # Errors
/// Everything that is wrong with it, each with its place and what can be written, and without a word of the file.
pub fn parse_link_limits(text: &str, path: &str) -> Result<LinkLimits, Vec<Problem>> {
    let schema = schemars::schema_for!(LinkLimits).to_value();
    let mut problems = check_against_schema(path, text, &schema, Quoting::Hidden).problems;
    let problem = |span, message, help: &str| Problem { path: path.to_owned(), span, message, help: help.to_owned() };
    let read: LinkLimits = match toml::from_str(text) {
        Ok(read) => read,
        Err(_) if !problems.is_empty() => return Err(problems),
        Err(error) => return Err(vec![problem(error.span(), "this is no limit".to_owned(), "mend this")]),
    };
    let spans = host_key_spans(text);
    let mut hosts = BTreeMap::new();
    for (written, own) in read.host {
        let Some(name) = parse_host_pattern(&written) else {
            let message = "[host.\"…\"] names no host".to_owned();
            let help = "write its name alone, or *. and a domain for all hosts below it";
            problems.push(problem(spans.get(&written).cloned(), message, help));
            continue;
        };
        if hosts.insert(name.clone(), own).is_some() {
            let message = "[host.\"…\"] stands there twice, in two spellings".to_owned();
            problems.push(problem(spans.get(&written).cloned(), message, "keep one"));
        }
    }
    if problems.is_empty() { Ok(LinkLimits { host: hosts, ..read }) } else { Err(problems) }
}

/// Where each host is named.
fn host_key_spans(text: &str) -> BTreeMap<String, Range<usize>> {
    let document = DeTable::parse(text).ok();
    let hosts = document.as_ref().and_then(|document| document.get_ref().get("host")?.get_ref().as_table());
    hosts.into_iter().flat_map(DeTable::keys).map(|key| (key.get_ref().to_string(), key.span())).collect()
}

/// A host or the hosts below a domain, named as URLs name them.
fn parse_host_pattern(written: &str) -> Option<String> {
    let (all, host) = written.strip_prefix("*.").map_or(("", written), |domain| ("*.", domain));
    let host = Host::parse(host.strip_suffix('.').unwrap_or(host)).ok().filter(|_| !host.contains('*'))?;
    // There is nothing below an address in figures.
    (all.is_empty() || matches!(host, Host::Domain(_))).then(|| format!("{all}{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_limits_says_what_it_says_or_what_is_wrong_with_it() {
        let limits = parse_link_limits("per_host = 2\nper_second = 0\n", "l.toml").unwrap();
        assert_eq!((limits.per_host, limits.in_all, limits.per_second), (Some(2), None, Some(0)));
        for (text, line, says) in [
            ("burst = 1\nper_hots = 2\n", 2, "unknown key `per_hots` in the file | did you mean `per_host`?"),
            ("in_all = 0\n", 1, "`in_all` is no whole number from 1 to 1024 | write for example 10"),
            ("burst = 1\nper_host = 5000\n", 2, "`per_host` is no whole number from 1 to 1024"),
            ("per_second = -1\n", 1, "`per_second` is no whole number from 0 | write for example 10"),
            ("burst = 1\nper_second = \"9\"\n", 2, "`per_second` should be a whole number, not a text in quotes"),
            ("per_host =", 1, "this is no TOML"),
            (
                "burst = 1\n[host.\"a.example\"]\nburst = 1\nin_all = 3\n",
                4,
                "unknown key in [host.\"…\"] | known keys: burst, per_host, per_second",
            ),
            // Without quotes it is a table in a table.
            ("[host.a.example]\nburst = 1\n", 1, "unknown key in [host.\"…\"]"),
            ("[host.\"a.example\"]\nper_host = 0\n", 2, "`per_host` is no whole number from 1 to 1024"),
            ("host = 3\n", 1, "`host` should be a table, not a whole number"),
            ("[host]\n\"a.example\" = 3\n", 2, "`host.\"…\"` should be a table, not a whole number"),
            ("[host.\"A.example\"]\n[host.\"a.EXAMPLE\"]\n", 2, "[host.\"…\"] stands there twice"),
        ] {
            let problems = parse_link_limits(text, "l.toml").unwrap_err();
            let problems: Vec<(usize, String)> = problems
                .iter()
                .map(|problem| (problem.line_number(text), format!("{} | {}", problem.message, problem.help)))
                .collect();
            assert!(problems[0].0 == line && problems[0].1.contains(says), "{problems:?}");
            assert_eq!(problems.len(), 1, "{problems:?}");
        }
        let two = parse_link_limits("burst = -1\nin_all = true\n", "l.toml").unwrap_err();
        assert_eq!(two.len(), 2, "all at once: {two:?}");
    }

    #[test]
    fn a_host_is_named_as_urls_name_it() {
        let text = "burst = 9\n[host.\"Docs.Example.com\"]\nper_host = 1\n[host.\"*.bücher.example\"]\n[host.\"127.0.0.1\"]\n[host.\"a.example.\"]\n";
        let limits = parse_link_limits(text, "l.toml").unwrap();
        let names: Vec<&str> = limits.host.keys().map(String::as_str).collect();
        assert_eq!(names, ["*.xn--bcher-kva.example", "127.0.0.1", "a.example", "docs.example.com"]);
        assert_eq!(limits.host["docs.example.com"], LinkHostLimits { per_host: Some(1), ..LinkHostLimits::default() });
        for wrong in ["https://a.example", "a.example:80", "a.example/b", "", "*.", "*", "*.127.0.0.1", "a b", "*.*.x"]
        {
            let problems = parse_link_limits(&format!("[host.\"{wrong}\"]\n"), "l.toml").unwrap_err();
            assert!(
                problems[0].message.contains("names no host") && problems[0].span.is_some(),
                "{wrong}: {problems:?}"
            );
        }
    }

    /// Whatever file somebody names, and wherever a word stands in it.
    #[test]
    fn no_word_of_the_file_comes_back() {
        for text in [
            "CANARY:x:0:0:CANARY:/root:/bin/sh\n",
            "CANARY",
            "CANARY = 1\n[CANARY]\nCANARY = 2\n",
            "CANARY = 1\nCANARY = 2\n",
            "per_host = \"CANARY\"\n",
            "per_host = CANARY\n",
            "burst = { CANARY = 1 }\n",
            "[host.\"CANARY CANARY\"]\n",
            "[host.\"canary.example\"]\n[host.\"CANARY.example\"]\n",
            "[host.CANARY]\nburst = \"CANARY\"\n",
            "[host.CANARY.CANARY]\nburst = 1\n",
            "host = [\"CANARY\"]\n",
            "[host]\n\"CANARY\" = \"CANARY\"\n",
            "\"CANARY\\q\" = 1\n",
            "burst = 99999999999999999999CANARY\n",
        ] {
            let problems = parse_link_limits(text, "l.toml").unwrap_err();
            let shown = crate::config::render_problems_without_text(&problems, text);
            assert!(shown.contains("l.toml:1:") || shown.contains("l.toml:2:"), "{text}: {shown}");
            assert!(!shown.to_lowercase().contains("canary"), "{text}: {shown}");
        }
    }
}
