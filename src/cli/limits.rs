//! How fast hosts are asked: `--limits none|polite|FILE`.

use super::{Halt, wrong};
use crate::collect::links::pace::{HostLimits, Limits};
use crate::config::{LinkHostLimits, LinkLimits, link_limits};

/// What the flag says; without it, what fits the command.
///
/// # Errors
/// A sentence, when the file cannot be read or says what cannot be.
pub(super) fn limits(flag: Option<&str>, fitting: Limits) -> Result<Limits, Halt> {
    match flag {
        None => Ok(fitting),
        Some("none") => Ok(Limits::NONE),
        Some("polite") => Ok(Limits::POLITE),
        Some(path) => of_file(path),
    }
}

fn of_file(path: &str) -> Result<Limits, Halt> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Halt::usage(format!("--limits takes none, polite or a TOML file; the file {path} cannot be read ({error})"))
    })?;
    link_limits(&text, path).map(filled).map_err(|problems| wrong(&problems, |_| Some(text.clone())))
}

/// What the file leaves out is as in `polite`, and what it leaves out of a host is as it has it for all.
fn filled(said: LinkLimits) -> Limits {
    let polite = Limits::POLITE;
    let all = HostLimits {
        per_host: said.per_host.unwrap_or(polite.per_host),
        burst: said.burst.unwrap_or(polite.burst),
        per_second: said.per_second.unwrap_or(polite.per_second),
    };
    let own = |said: LinkHostLimits| HostLimits {
        per_host: said.per_host.unwrap_or(all.per_host),
        burst: said.burst.unwrap_or(all.burst),
        per_second: said.per_second.unwrap_or(all.per_second),
    };
    let HostLimits { per_host, burst, per_second } = all;
    let hosts = said.host.into_iter().map(|(name, said)| (name, own(said))).collect();
    Limits { per_host, in_all: said.in_all.unwrap_or(polite.in_all), burst, per_second, hosts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_of_a_host_is_as_for_all_and_of_all_as_in_polite() {
        let text = "per_second = 9\n[host.\"a.example\"]\nper_host = 1\n[host.\"*.b.example\"]\nper_second = 0\n";
        let limits = filled(link_limits(text, "l.toml").unwrap());
        assert_eq!((limits.per_host, limits.in_all, limits.burst, limits.per_second), (8, 128, 30, 9));
        assert_eq!(limits.of("a.example:443"), HostLimits { per_host: 1, burst: 30, per_second: 9 });
        assert_eq!(limits.of("www.b.example:443"), HostLimits { per_host: 8, burst: 30, per_second: 0 });
        assert_eq!(filled(LinkLimits::default()), Limits::POLITE);
    }
}
