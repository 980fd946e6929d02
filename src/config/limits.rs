//! A file of limits for `--limits FILE`: how fast the hosts of links are asked.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Host;

/// What the file says; what it leaves out is for the reader to fill in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkLimits {
    /// Requests at once to one host.
    pub per_host: Option<usize>,
    /// Requests at once to all hosts.
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkHostLimits {
    /// Requests at once.
    pub per_host: Option<usize>,
    /// Requests before the rate counts.
    pub burst: Option<u32>,
    /// Requests in a second after that; 0 for no limit.
    pub per_second: Option<u32>,
}

/// More at once than this is no politeness, and no machine has the sockets for it.
const MOST: usize = 1024;

/// Reads the text of such a file; `path` names it in sentences.
///
/// # Errors
/// A sentence that names file, line or key, and what can be written.
pub fn link_limits(text: &str, path: &str) -> Result<LinkLimits, String> {
    let mut limits: LinkLimits = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!(
            "{path}:{line}: {}; its keys are per_host, in_all, burst and per_second, and below [host.\"NAME\"] the same \
             but in_all",
            error.message()
        )
    })?;
    at_once(path, "per_host", limits.per_host)?;
    at_once(path, "in_all", limits.in_all)?;
    let mut hosts = BTreeMap::new();
    for (written, own) in std::mem::take(&mut limits.host) {
        let name = name(&written).ok_or_else(|| {
            format!(
                "{path}: [host.\"{}\"] names no host; write its name alone, or *. and a domain for all hosts below it",
                written.escape_debug()
            )
        })?;
        at_once(path, &format!("[host.\"{name}\"] per_host"), own.per_host)?;
        if hosts.insert(name.clone(), own).is_some() {
            return Err(format!("{path}: [host.\"{name}\"] stands there twice, in two spellings; keep one"));
        }
    }
    Ok(LinkLimits { host: hosts, ..limits })
}

fn at_once(path: &str, key: &str, value: Option<usize>) -> Result<(), String> {
    match value.filter(|value| !(1..=MOST).contains(value)) {
        Some(value) => Err(format!("{path}: {key} = {value} cannot be; write a number from 1 to {MOST}")),
        None => Ok(()),
    }
}

/// A host or the hosts below a domain, named as URLs name them.
fn name(written: &str) -> Option<String> {
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
        let limits = link_limits("per_host = 2\nper_second = 0\n", "l.toml").unwrap();
        assert_eq!((limits.per_host, limits.in_all, limits.per_second), (Some(2), None, Some(0)));
        for (text, says) in [
            ("burst = 1\nper_hots = 2\n", "l.toml:2: unknown field `per_hots`"),
            ("in_all = 0\n", "in_all = 0 cannot be"),
            ("per_host = 5000\n", "per_host = 5000 cannot be"),
            ("per_second = -1\n", "l.toml:1: "),
            ("per_host =", "l.toml:1: "),
            ("burst = 1\n[host.\"a.example\"]\nburst = 1\nin_all = 3\n", "l.toml:4: unknown field `in_all`"),
            // Without quotes it is a table in a table.
            ("[host.a.example]\nburst = 1\n", "l.toml:1: unknown field `example`"),
            ("[host.\"a.example\"]\nper_host = 0\n", "[host.\"a.example\"] per_host = 0 cannot be"),
            ("[host.\"A.example\"]\n[host.\"a.EXAMPLE\"]\n", "[host.\"a.example\"] stands there twice"),
        ] {
            let told = link_limits(text, "l.toml").unwrap_err();
            assert!(told.contains(says), "{told}");
        }
    }

    #[test]
    fn a_host_is_named_as_urls_name_it() {
        let text = "burst = 9\n[host.\"Docs.Example.com\"]\nper_host = 1\n[host.\"*.bücher.example\"]\n[host.\"127.0.0.1\"]\n[host.\"a.example.\"]\n";
        let limits = link_limits(text, "l.toml").unwrap();
        let names: Vec<&str> = limits.host.keys().map(String::as_str).collect();
        assert_eq!(names, ["*.xn--bcher-kva.example", "127.0.0.1", "a.example", "docs.example.com"]);
        assert_eq!(limits.host["docs.example.com"], LinkHostLimits { per_host: Some(1), ..LinkHostLimits::default() });
        for wrong in ["https://a.example", "a.example:80", "a.example/b", "", "*.", "*", "*.127.0.0.1", "a b", "*.*.x"]
        {
            let told = link_limits(&format!("[host.\"{wrong}\"]\n"), "l.toml").unwrap_err();
            assert!(told.contains("names no host"), "{wrong}: {told}");
        }
    }
}
