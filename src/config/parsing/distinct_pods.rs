//! What the pods of a fleet may not share.

use std::ops::Range;

use super::PodWithSource;
use crate::config::problem::Problem;

/// Reports what two pods share: a label in one project, a name, a key that one of them had before.
pub(super) fn check_distinct_pods(pods: &[PodWithSource], problems: &mut Vec<Problem>) {
    for (at, second) in pods.iter().enumerate() {
        for first in &pods[..at] {
            let mut say = |span: Range<usize>, message: String, help: &str| {
                problems.push(Problem { path: second.path.clone(), span: Some(span), message, help: help.to_owned() });
            };
            let (a, b) = (&first.pod, &second.pod);
            let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
            if same(&a.pairing_project, &b.pairing_project) && same(a.label.name.as_str(), b.label.name.as_str()) {
                let message = format!("label `{}` is the pod {}'s in the same project", b.label.name, a.key);
                say(second.label_span(), message, "give each pod a label of its own, for example pod::secure");
            }
            if same(&a.name, &b.name) {
                let message =
                    format!("the pod {} has the name `{}` too; letter case does not tell them apart", a.key, a.name);
                say(second.name_span(), message, "give each pod a name of its own, for example Secure Pod");
            }
            let clash = b.former_keys.iter().position(|old| *old == a.key || a.former_keys.contains(old));
            if let Some(index) = clash {
                let message = format!("`{}` is the pod {}'s key", b.former_keys[index], a.key);
                say(second.raw.formerly[index].span(), message, "a former key belongs to one pod");
            }
            if a.former_keys.contains(&b.key) {
                say(0..0, format!("`{}` is a former key of the pod {}", b.key, a.key), "name the file otherwise");
            }
        }
    }
}
