//! How fast hosts are asked: `--limits none|polite|FILE`.

use std::path::Path;

use super::{CliError, problems_error};
use crate::config::regular_file::{MAX_TEXT_FILE_BYTES, read_regular_text};
use crate::config::{self, LinkHostLimits, LinkLimits, parse_link_limits};
use linkcheck::rate_limit::{HostLimits, RateLimits};

/// What the flag says; without it, what fits the command.
///
/// # Errors
/// A sentence, when the file cannot be read or says what cannot be.
pub(super) fn resolve_limits(flag: Option<&str>, fitting: RateLimits) -> Result<RateLimits, CliError> {
    match flag {
        None => Ok(fitting),
        Some("none") => Ok(RateLimits::NONE),
        Some("polite") => Ok(RateLimits::POLITE),
        Some(path) => read_limits_file(path),
    }
}

fn read_limits_file(path: &str) -> Result<RateLimits, CliError> {
    let text = read_regular_text(Path::new(path), MAX_TEXT_FILE_BYTES).map_err(|error| {
        CliError::usage(format!("--limits takes none, polite or a TOML file; the file {path} cannot be read ({error})"))
    })?;
    parse_link_limits(&text, path)
        .map(fill_defaults)
        .map_err(|problems| problems_error(&config::render_problems_without_text(&problems, &text)))
}

/// What the file leaves out is as in `polite`, and what it leaves out of a host is as it has it for all.
fn fill_defaults(given: LinkLimits) -> RateLimits {
    let polite = RateLimits::POLITE;
    let all = HostLimits {
        concurrent: given.per_host.unwrap_or(polite.concurrent_per_host),
        burst: given.burst.unwrap_or(polite.burst),
        per_second: given.per_second.unwrap_or(polite.per_second),
    };
    let own = |given: LinkHostLimits| HostLimits {
        concurrent: given.per_host.unwrap_or(all.concurrent),
        burst: given.burst.unwrap_or(all.burst),
        per_second: given.per_second.unwrap_or(all.per_second),
    };
    let HostLimits { concurrent: per_host, burst, per_second } = all;
    let hosts = given.host.into_iter().map(|(name, given)| (name, own(given))).collect();
    RateLimits {
        concurrent_per_host: per_host,
        concurrent_total: given.in_all.unwrap_or(polite.concurrent_total),
        burst,
        per_second,
        host_limits: hosts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_of_a_host_is_as_for_all_and_of_all_as_in_polite() {
        let text = "per_second = 9\n[host.\"a.example\"]\nper_host = 1\n[host.\"*.b.example\"]\nper_second = 0\n";
        let limits = fill_defaults(parse_link_limits(text, "l.toml").unwrap());
        assert_eq!(
            (limits.concurrent_per_host, limits.concurrent_total, limits.burst, limits.per_second),
            (8, 128, 30, 9)
        );
        assert_eq!(limits.for_host("a.example:443"), HostLimits { concurrent: 1, burst: 30, per_second: 9 });
        assert_eq!(limits.for_host("www.b.example:443"), HostLimits { concurrent: 8, burst: 30, per_second: 0 });
        assert_eq!(fill_defaults(LinkLimits::default()), RateLimits::POLITE);
    }
}
