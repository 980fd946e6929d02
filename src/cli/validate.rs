//! `config validate`: what is wrong with the configuration, and what it means for the next weeks.

use super::CliError;
use super::context::Context;
use super::output::Output;
use super::placeholders::describe_placeholders;
use crate::pod::Pod;
use crate::pod::pairing_options::SettingProblem;
use crate::pod::run::ExitStatus;
use crate::pod::schedule::{SlotProblem, find_skips_without_session};
use crate::report::sessions::render_lines;

/// Names what is wrong, and shows when the pods meet next. A setting that a run would leave out is wrong here.
pub(super) fn validate(context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let config = context.load_config_without_problems()?;
    let folder = context.global.config.display();
    let now = (context.clock)();
    let mut left_out: Vec<String> = config.pods.iter().flat_map(|pod| left_out_settings(pod, &folder)).collect();
    // What is wrong for all pods is told once.
    left_out.sort();
    left_out.dedup();
    let keys: Vec<String> = config.pods.iter().map(|pod| pod.key.to_string()).collect();
    if left_out.is_empty() {
        output.print(&format!("{folder} is good: {}\n", keys.join(", ")));
    }
    for pod in &config.pods {
        for slot in &pod.slots {
            for (skip, problem) in find_skips_without_session(slot, now.date_naive()) {
                let (SlotProblem { message, advice }, place) = (problem, skip.place.as_deref().unwrap_or_default());
                output.print(&format!("warning: {message}\n --> {folder}/{place}\n  = {advice}\n"));
            }
        }
        if pod.slots.is_empty() {
            let path = context.global.config.join(pod.file_name());
            let sentence = "has no [[session]], so no pairing issue is opened for the pod";
            output.print(&format!("{}: {sentence}\n", path.display()));
        }
    }
    for pod in config.pods.iter().filter(|pod| !pod.slots.is_empty()) {
        let lines = render_lines(&pod.upcoming_sessions(now));
        output.print(&format!("{} meets next:\n  {}\n", pod.name, lines.join("\n  ")));
    }
    output.print(&describe_placeholders(&config));
    if left_out.is_empty() {
        return Ok(ExitStatus::Done.exit_code());
    }
    Err(CliError::usage(left_out.join("\nerror: ")))
}

fn left_out_settings(pod: &Pod, folder: &impl std::fmt::Display) -> Vec<String> {
    let problems = pod.setting_problems.iter();
    let sentence = |problem: &SettingProblem| {
        let SettingProblem { place, message, advice } = problem;
        format!("{message}; it is left out\n --> {folder}/{place}\n  = {advice}")
    };
    problems.map(sentence).collect()
}
