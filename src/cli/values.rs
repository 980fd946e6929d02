//! Values of options and variables: what is taken, and a good value where one is refused.

use std::ffi::OsStr;
#[cfg(feature = "sandbox")]
use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use url::Url;

use crate::config;

/// What `--sandbox` without an address stands for.
pub(super) const OWN_SANDBOX: &str = "own";

/// Whether a word says yes or no: the one rule for all variables. Nothing is no; any other word is neither.
pub(super) fn parse_yes_or_no(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "" | "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Whether `--sandbox` names one of the run's own.
pub(super) fn is_own_sandbox(word: &str) -> bool {
    word == OWN_SANDBOX || parse_yes_or_no(word) == Some(true)
}

/// What is said of a variable that is neither.
pub(super) fn neither_yes_nor_no(variable: &str) -> String {
    format!(
        "the variable {variable} says neither yes nor no; write 1, true, yes or on for yes, and 0, false, no, off or \
         nothing for no"
    )
}

/// An option without a value, whose variable says yes or no.
#[derive(Debug, Clone, Copy)]
pub(super) struct YesOrNo;

impl TypedValueParser for YesOrNo {
    type Value = bool;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<bool, Error> {
        let read = value.to_str().and_then(parse_yes_or_no);
        read.ok_or_else(|| refuse(command, &neither_yes_nor_no(&variable_name(arg))))
    }
}

/// How often `-v` was given; its variable may also say yes or no.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verbosity;

impl TypedValueParser for Verbosity {
    type Value = u8;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<u8, Error> {
        let text = value.to_str().unwrap_or("?");
        let level = text.trim().parse().ok().or_else(|| parse_yes_or_no(text).map(u8::from));
        let name = variable_name(arg);
        level.ok_or_else(|| refuse(command, &format!("the variable {name} is no number of times; write 0, 1 or 2")))
    }
}

fn variable_name(arg: Option<&Arg>) -> String {
    arg.and_then(Arg::get_env).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn refuse(command: &Command, sentence: &str) -> Error {
    Error::raw(ErrorKind::ValueValidation, format!("{sentence}\n")).with_cmd(command)
}

/// An address of the web, plain as in the configuration.
pub(super) fn parse_web_address(text: &str) -> Result<Url, &'static str> {
    config::parse_web_address(text)
        .ok_or("write an address like https://handbook.example.com, without user, query or fragment")
}

/// The address of a GitLab, of which the configuration takes the same.
pub(super) fn parse_gitlab_address(text: &str) -> Result<Url, String> {
    config::parse_trusted_address(text, "https://gitlab.example.com")
        .map_err(|why| format!("{}; {}", why.message, why.help))
}

/// A length of time, as people write it.
pub(super) fn parse_length_of_time(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_library| "write a length of time such as 1d, 12h or 30m")
}

/// A moment.
pub(super) fn parse_moment(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let read = DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc());
    read.map_err(|_library| "write a moment with its zone (RFC 3339), such as 2026-11-24T06:00:00Z")
}

/// An address of this machine with its port.
#[cfg(feature = "sandbox")]
pub(super) fn parse_listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    const GOOD: &str = "write a loopback address of this machine with a port, such as 127.0.0.1:8081, or 127.0.0.1:0 for any free port";
    text.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback()).ok_or(GOOD)
}

/// The stamp of a plan, as `plan` prints it.
pub(super) fn parse_stamp(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let good = !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    good.then(|| text.to_ascii_lowercase())
        .ok_or("it is no stamp of a plan; copy the 64 hex digits that `podkeeper plan` prints last")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_rule_of_yes_and_no() {
        for (words, read) in [
            (&["1", "true", "yes", "on", "TRUE", " Yes "][..], Some(true)),
            (&["0", "false", "no", "off", "", "  ", "OFF"], Some(false)),
            (&["2", "y", "maybe", "xml", "-1", "\u{fffd}"], None),
        ] {
            for word in words {
                assert_eq!(parse_yes_or_no(word), read, "{word:?}");
            }
        }
    }

    #[test]
    fn a_stamp_is_hex_digits_and_may_be_pasted_with_blanks() {
        assert_eq!(parse_stamp(" 3F1c\n").unwrap(), "3f1c");
        for wrong in ["", " ", "stamp 3f", "xyz", &"a".repeat(65)] {
            assert!(parse_stamp(wrong).is_err(), "{wrong:?}");
        }
    }
}
