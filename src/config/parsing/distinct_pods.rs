//! What the pods of a fleet may not share.

use std::ops::Range;

use super::PodWithSource;
use crate::config::problem::Problem;

/// Reports what two pods share: a label in one project, a name, a key that one of them had before.
pub(super) fn check_distinct_pods(pods: &[PodWithSource], problems: &mut Vec<Problem>) {
    for (at, second) in pods.iter().enumerate() {
        for first in &pods[..at] {
            let (a, b) = (&first.pod, &second.pod);
            let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
            if same(&a.pairing_project, &b.pairing_project) {
                for (one, other) in [(first, second), (second, first)] {
                    let name = other.pod.label.name.as_str();
                    if let Some(former) = one.former_labels().find(|old| same(old.get_ref(), name)) {
                        problems.push(Problem {
                            path: one.path.clone(),
                            span: Some(former.span()),
                            message: format!("label `{name}` is the pod {}'s in the same project", other.pod.key),
                            help: "name here what the pod's own label was called before, or take it out".to_owned(),
                        });
                    }
                }
            }
            let mut say = |span: Range<usize>, message: String, help: &str| {
                problems.push(Problem { path: second.path.clone(), span: Some(span), message, help: help.to_owned() });
            };
            if same(&a.pairing_project, &b.pairing_project) && same(a.label.name.as_str(), b.label.name.as_str()) {
                let message = format!("label `{}` is the pod {}'s in the same project", b.label.name, a.key);
                let taken = |name: &str| pods.iter().any(|other| same(other.pod.label.name.as_str(), name));
                let free = free_name(&format!("pod::{}", b.key), taken);
                say(second.label_span(), message, &format!("give each pod a label of its own, for example {free}"));
            }
            if same(&a.name, &b.name) {
                let message =
                    format!("the pod {} has the name `{}` too; letter case does not tell them apart", a.key, a.name);
                let free =
                    free_name(&name_of_key(b.key.as_str()), |name| pods.iter().any(|pod| same(&pod.pod.name, name)));
                say(second.name_span(), message, &format!("give each pod a name of its own, for example {free}"));
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

/// A name that nobody has, with a number behind it where somebody does.
fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..=99).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
}

/// `static-analysis` is the Static Analysis Pod.
fn name_of_key(key: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    let words: Vec<String> = key.split('-').map(capital).chain(["Pod".to_owned()]).collect();
    words.join(" ")
}
