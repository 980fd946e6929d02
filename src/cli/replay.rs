//! The lines that replay a run in a sandbox of its own against a served one, to click through.

use std::path::Path;

use chrono::SecondsFormat;

use super::args::RunArgs;
use super::context::Context;

/// The two lines, with a sentence above them.
pub(super) fn replay_commands(at: &RunArgs, context: &Context<'_>) -> String {
    let config = &context.global.config;
    let mut program = vec!["podkeeper".to_owned()];
    if config != Path::new("config") {
        program.extend(["--config".to_owned(), shell_quote(&config.display().to_string())]);
    }
    let mut serve = [program.clone(), vec!["sandbox".to_owned()]].concat();
    if let Some(now) = at.now {
        serve.extend(["--now".to_owned(), now.to_rfc3339_opts(SecondsFormat::Secs, true)]);
    }
    if let Some(page) = &at.gitlab.own_page {
        serve.extend(["--page".to_owned(), shell_quote(&page.display().to_string())]);
    }
    let command = if at.retires { "retire" } else { "apply" };
    let mut apply = [program, vec![command.to_owned()]].concat();
    apply.extend(at.pods.iter().map(|pod| shell_quote(pod)));
    apply.push("--sandbox=http://127.0.0.1:8080".to_owned());
    format!("To look around in a sandbox like this one:\n  {} &\n  {}", serve.join(" "), apply.join(" "))
}

/// A word as a shell takes it whole.
fn shell_quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
