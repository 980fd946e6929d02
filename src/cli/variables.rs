//! Variables of options: which of them count, and what is said where one of them is at fault.
//!
//! One rule for all: a variable that is empty is as good as none, but for those whose loss would do harm. A variable
//! that says yes or no says it in the words of [`parse_yes_or_no`].

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::args::Cli;
use super::values::parse_yes_or_no;

/// Whoever meant a sandbox or an agreed plan and lost its name must not write to the real GitLab, or another plan.
const NEVER_EMPTY: [&str; 2] = ["PODKEEPER_SANDBOX", "PODKEEPER_PLAN"];
/// Says an address, or only yes or no.
const SANDBOX: &str = "PODKEEPER_SANDBOX";

/// The command line without the variables that do not count: those that say nothing, because an option that is not
/// there conflicts with none, and those of options that are written.
pub(super) fn without_idle(command: Command, args: &[OsString], env: &BTreeMap<String, String>) -> Command {
    command
        .mut_args(|arg| {
            let value = variable_of(&arg).and_then(|name| Some((name, env.get(name)?)));
            let is_idle = value.is_some_and(|(name, value)| is_unset(&arg, name, value)) || is_written(&arg, args);
            if is_idle { arg.env(Resettable::Reset) } else { arg }
        })
        .mut_subcommands(|sub| without_idle(sub, args, env))
}

/// Whether an option stands among the arguments.
fn is_written(arg: &Arg, args: &[OsString]) -> bool {
    args.iter().filter_map(|word| word.to_str()).any(|word| match word.strip_prefix("--") {
        Some(long) => long.split('=').next() == arg.get_long(),
        None => {
            word.strip_prefix('-').is_some_and(|letters| arg.get_short().is_some_and(|short| letters.contains(short)))
        }
    })
}

fn is_unset(arg: &Arg, name: &str, value: &str) -> bool {
    let empty = value.trim().is_empty();
    let yes_or_no = matches!(arg.get_action(), ArgAction::SetTrue) || (name == SANDBOX && !empty);
    if yes_or_no { parse_yes_or_no(value) == Some(false) } else { empty && !NEVER_EMPTY.contains(&name) }
}

fn variable_of(arg: &Arg) -> Option<&str> {
    arg.get_env().and_then(OsStr::to_str)
}

/// Options as they are written with their variables, as far as those count.
fn counting_variables(command: &Command, env: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let own = command.get_arguments().filter_map(|arg| {
        let variable = variable_of(arg).filter(|name| env.contains_key(*name))?;
        Some((format!("--{}", arg.get_long()?), variable.to_owned()))
    });
    own.chain(command.get_subcommands().flat_map(|below| counting_variables(below, env))).collect()
}

/// The text of an error, in which a variable's fault is the variable's, and no secret.
pub(super) fn explain_error(error: &clap::Error, args: &[OsString], env: &BTreeMap<String, String>) -> String {
    let mut text = error.render().to_string();
    if let Some(value) = error.get(ContextKind::InvalidValue).and_then(as_text) {
        // An address that cannot be read may hold a password or a token that nobody knows of.
        if value.contains("://") && value.contains(['@', '?', '#']) {
            text = text.replace(value, "[address]");
        }
    }
    let variables = counting_variables(&without_idle(Cli::command(), args, env), env);
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::InvalidUtf8 => {
            // A value that was refused: `for '--format <FORMAT>'`.
            let named = error.get(ContextKind::InvalidArg).and_then(as_text).unwrap_or_default();
            let flag = named.split(['=', ' ', '[', '.']).next().unwrap_or_default();
            if let Some(variable) = variables.get(flag) {
                text = text.replace(&format!("for '{named}'"), &format!("in the variable {variable}"));
            }
        }
        ErrorKind::ArgumentConflict | ErrorKind::MissingRequiredArgument if !variables.is_empty() => {
            let set: BTreeSet<&str> = variables.values().map(String::as_str).collect();
            let set: Vec<&str> = set.into_iter().collect();
            let note = format!("\nThese variables are set and count as options: {}\n\nFor more", set.join(", "));
            text = text.replacen("\nFor more", &note, 1);
        }
        _ => {}
    }
    text
}

/// The reason of an end, with a note where an option that it names comes from a variable.
pub(super) fn with_origins(message: &str, args: &[OsString], env: &BTreeMap<String, String>) -> String {
    let is_named =
        |flag: &str| message.match_indices(flag).any(|(at, _)| !message[at + flag.len()..].starts_with(is_of_flag));
    let origins: Vec<String> = counting_variables(&without_idle(Cli::command(), args, env), env)
        .into_iter()
        .filter(|(flag, variable)| is_named(flag) && !message.contains(variable))
        .map(|(flag, variable)| format!("{flag} comes from the variable {variable}"))
        .collect();
    if origins.is_empty() { message.to_owned() } else { format!("{message}\n({})", origins.join("; ")) }
}

fn is_of_flag(c: char) -> bool {
    c.is_ascii_lowercase() || c == '-'
}

fn as_text(value: &ContextValue) -> Option<&str> {
    match value {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}
