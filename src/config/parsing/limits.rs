//! What one run may do at most, and for how long.

use std::time::Duration;

use toml::Spanned;

use crate::config::problem::Problem;
use crate::config::{ConfigFiles, INSTANCE_FILE, raw};
use crate::pod::limits::RunLimits;

/// A run that takes longer than this is no scheduled job.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The limits, with the defaults for what the file leaves out.
pub(super) fn parse_limits(files: &ConfigFiles, instance: &raw::Instance, problems: &mut Vec<Problem>) -> RunLimits {
    let count = |written: &Option<Spanned<u32>>, default: usize| {
        written.as_ref().map_or(default, |most| usize::try_from(*most.get_ref()).unwrap_or(usize::MAX))
    };
    let default = RunLimits::default();
    let mut duration = |written: &Option<Spanned<String>>, default: Duration, good: &str| {
        let Some(written) = written else { return default };
        let read = humantime::parse_duration(written.get_ref()).ok();
        read.filter(|length| *length >= Duration::from_secs(1) && *length <= LONGEST).unwrap_or_else(|| {
            problems.push(Problem {
                path: format!("{}/{INSTANCE_FILE}", files.folder),
                span: Some(written.span()),
                message: "this is no length of time from 1s to 24h".to_owned(),
                help: format!("write for example \"{good}\""),
            });
            default
        })
    };
    RunLimits {
        max_writes: count(&instance.limits.max_writes, default.max_writes),
        max_writes_run: count(&instance.limits.max_writes_run, default.max_writes_run),
        run_within: duration(&instance.limits.run_within, default.run_within, "10m"),
        links_within: duration(&instance.links.within, default.links_within, "5m"),
    }
}
