//! How fast hosts are asked: `--limits none|polite|FILE`.

use super::Halt;
use crate::collect::links::pace::Limits;
use crate::config::link_limits;

/// What the flag says; without it, what fits the command.
///
/// # Errors
/// A sentence, when the file cannot be read or says what cannot be.
pub(super) fn limits(flag: Option<&str>, fitting: Limits) -> Result<Limits, Halt> {
    match flag {
        None => Ok(fitting),
        Some("none") => Ok(Limits::NONE),
        Some("polite") => Ok(Limits::POLITE),
        Some(path) => of_file(path).map_err(Halt::usage),
    }
}

/// What the file leaves out is as in `polite`.
fn of_file(path: &str) -> Result<Limits, String> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!("--limits takes none, polite or a TOML file; the file {path} cannot be read ({error})")
    })?;
    let (said, polite) = (link_limits(&text, path)?, Limits::POLITE);
    Ok(Limits {
        per_host: said.per_host.unwrap_or(polite.per_host),
        in_all: said.in_all.unwrap_or(polite.in_all),
        burst: said.burst.unwrap_or(polite.burst),
        per_second: said.per_second.unwrap_or(polite.per_second),
    })
}
