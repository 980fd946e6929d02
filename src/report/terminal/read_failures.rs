//! What could not be read: one fault is said once, with all that it stood in the way of, and once for all pods.

use std::collections::BTreeMap;

use super::lines::WrappedLines;
use crate::pod::run::PodRun;
use crate::report::{ReportAudience, VisibleTo};

/// What stood in the way of several things, with the pod of which it was said.
pub(super) type CommonFaults = BTreeMap<String, String>;

/// The lines of what could not be read.
#[derive(Default)]
pub(super) struct ReadFailureLines {
    /// Of faults that stood in the way of several things: whoever reads on first wants to know of these.
    pub(super) common: String,
    /// Of all others.
    pub(super) single: String,
}

/// Makes them of a pod's run; `known` is what was said of the pods before.
pub(super) fn render<A: ReportAudience>(
    run: VisibleTo<'_, A, PodRun>,
    width: usize,
    known: &mut CommonFaults,
) -> ReadFailureLines {
    let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
    for failure in run.read_failures() {
        match by_reason.iter_mut().find(|(why, _)| *why == failure.why) {
            Some((_, unseen)) => unseen.push(failure.what.clone()),
            None => by_reason.push((failure.why.clone(), vec![failure.what.clone()])),
        }
    }
    let (mut common, mut single) = (WrappedLines::new(width), WrappedLines::new(width));
    for (why, unseen) in by_reason {
        let all = unseen.join("; ");
        match (known.get(&why), unseen.as_slice()) {
            (Some(pod), _) => {
                single.push_wrapped("  ? ", &format!("could not see, for the reason given for {pod}: {all}"));
            }
            (None, [one]) => single.push_wrapped("  ? ", &format!("could not see {one}: {why}")),
            (None, _) => {
                common.push_wrapped("  ? ", &why);
                common.push_wrapped("      ", &format!("could not see for that reason: {all}"));
                known.insert(why, run.name().to_owned());
            }
        }
    }
    ReadFailureLines { common: common.into_string(), single: single.into_string() }
}
