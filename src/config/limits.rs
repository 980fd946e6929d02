//! A file of limits for `--limits FILE`: how fast the hosts of links are asked.

use serde::Deserialize;

/// What the file says; what it leaves out is for the reader to fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
}

/// More at once than this is no politeness, and no machine has the sockets for it.
const MOST: usize = 1024;

/// Reads the text of such a file; `path` names it in sentences.
///
/// # Errors
/// A sentence that names file, line and what can be written.
pub fn link_limits(text: &str, path: &str) -> Result<LinkLimits, String> {
    let limits: LinkLimits = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("{path}:{line}: {}; its keys are per_host, in_all, burst and per_second", error.message())
    })?;
    for (key, value) in [("per_host", limits.per_host), ("in_all", limits.in_all)] {
        if let Some(value) = value.filter(|value| !(1..=MOST).contains(value)) {
            return Err(format!("{path}: {key} = {value} cannot be; write a number from 1 to {MOST}"));
        }
    }
    Ok(limits)
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
        ] {
            let told = link_limits(text, "l.toml").unwrap_err();
            assert!(told.contains(says), "{told}");
        }
    }
}
