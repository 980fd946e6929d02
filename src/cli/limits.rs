//! How fast hosts are asked: `--limits none|polite|FILE`.

use std::path::Path;

use serde::Deserialize;

use super::Halt;
use crate::collect::links::pace::Limits;

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

/// A file of limits; what it leaves out is as in `polite`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "polite_per_host")]
    per_host: usize,
    #[serde(default = "polite_in_all")]
    in_all: usize,
    #[serde(default = "polite_burst")]
    burst: u32,
    #[serde(default = "polite_per_second")]
    per_second: u32,
}

fn polite_per_host() -> usize {
    Limits::POLITE.per_host
}

fn polite_in_all() -> usize {
    Limits::POLITE.in_all
}

fn polite_burst() -> u32 {
    Limits::POLITE.burst
}

fn polite_per_second() -> u32 {
    Limits::POLITE.per_second
}

/// More at once than this is no politeness, and no machine has the sockets for it.
const MOST: usize = 1024;

fn of_file(path: &str) -> Result<Limits, String> {
    let text = std::fs::read_to_string(Path::new(path)).map_err(|error| {
        format!("--limits takes none, polite or a TOML file; the file {path} cannot be read ({error})")
    })?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("{path}:{line}: {}; its keys are per_host, in_all, burst and per_second", error.message())
    })?;
    for (key, value) in [("per_host", file.per_host), ("in_all", file.in_all)] {
        if !(1..=MOST).contains(&value) {
            return Err(format!("{path}: {key} = {value} cannot be; write a number from 1 to {MOST}"));
        }
    }
    Ok(Limits { per_host: file.per_host, in_all: file.in_all, burst: file.burst, per_second: file.per_second })
}
