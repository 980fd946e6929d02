//! The pod's label: there, spelled so, not archived, and at which level.

use super::{Findings, page_url};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, LabelAtLevel, PodCheckup};
use crate::pod::label::scope;
use crate::pod::observed::Observed;
use crate::pod::similar_name::find_similar_name;
use crate::pod::text::one_line;

pub(super) fn check(seen: &DoctorSnapshot, one: &PodCheckup, found: &mut Findings) {
    let verdict = match &one.label {
        Observed::Unknown(failure) => return found.push_unread(Check::Label, Some(&one.pod.key), failure),
        Observed::Present(label) => judge_present(seen, one, label),
        Observed::Absent => judge_absent(seen, one),
    };
    found.push(verdict.about(one.pod.label.name.as_str()).of_pod(&one.pod.key));
}

fn judge_present(seen: &DoctorSnapshot, one: &PodCheckup, label: &LabelAtLevel) -> Verdict {
    let name = one_line(&label.name);
    let level = match label.is_project_label {
        Some(true) => " of the project itself",
        Some(false) => " of a group above the project",
        None => "",
    };
    if label.archived {
        let place = seen.places.find(&one.pod.key, "label.name");
        return Verdict::stops(Check::Label, format!("{name} is archived, so new issues would open without it."))
            .advise(format!("Unarchive it ({}), or put its successor into {place}", labels_url(one, "-/labels")))
            .at(place);
    }
    Verdict::fine(Check::Label, format!("{name} is there, a label{level}"))
}

fn judge_absent(seen: &DoctorSnapshot, one: &PodCheckup) -> Verdict {
    let (name, project) = (one.pod.label.name.as_str(), &one.pod.pairing_project);
    let place = seen.places.find(&one.pod.key, "label.name");
    let near = find_near_label(name, &one.other_labels).map(one_line);
    if one.pod.label.may_create {
        return match near {
            Some(near) => Verdict::soon(Check::Label, format!("{name} is not in {project}; the next run creates it."))
                .for_team(format!("{name} is not in {project}, but {near} is; the next run creates {name} beside it."))
                .advise(format!("If another label is meant, write its name: {place}"))
                .at(place),
            None => Verdict::fine(Check::Label, format!("{name} is not in {project} yet; the next run creates it")),
        };
    }
    let make = labels_url(one, "-/labels/new");
    let create = seen.places.find(&one.pod.key, "label.create");
    let verdict =
        Verdict::stops(Check::Label, format!("{project} has no label {name}, so issues would open without it."));
    match near {
        Some(near) => verdict
            .for_team(format!("{project} has no label {name}, so issues would open without it. It has {near}."))
            .advise(format!("If another label is meant, write its exact name ({place}). Or make this one: {make}"))
            .at(place),
        None => {
            verdict.advise(format!("Make it ({make}), or let podkeeper: [label] create = true in {create}")).at(create)
        }
    }
}

/// The label that may be meant: of the same scope and nearly the same name, or the same letters written otherwise. That
/// two labels share their scope alone says nothing.
fn find_near_label<'a>(name: &str, labels: &'a [String]) -> Option<&'a str> {
    let letters = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let value = |text: &'a str| text.rsplit_once("::").map_or(text, |(_, value)| value);
    let same_letters = labels.iter().find(|label| letters(label) == letters(name));
    let own_value = name.rsplit_once("::").map_or(name, |(_, value)| value);
    let beside = || labels.iter().filter(|label| scope(label).map(letters) == scope(name).map(letters));
    let similar = || {
        let near = find_similar_name(own_value, beside().map(|label| value(label)))?;
        beside().find(|label| value(label) == near)
    };
    same_letters.or_else(similar).map(String::as_str)
}

/// A page of the project's labels.
fn labels_url(one: &PodCheckup, rest: &str) -> String {
    let project = one.project("pairing.project").and_then(|named| named.project.present());
    project.map_or_else(|| one.pod.pairing_project.clone(), |project| page_url(&project.url, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_near_by_its_letters_or_its_value_and_never_by_its_scope_alone() {
        let near = |labels: &[&str]| {
            let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            find_near_label("pod::secure", &labels).map(str::to_owned)
        };
        assert_eq!(near(&["pod::verify", "Pod: Secure"]).as_deref(), Some("Pod: Secure"));
        assert_eq!(near(&["pod::verify", "pod::secured"]).as_deref(), Some("pod::secured"));
        assert_eq!(near(&["pod::verify", "group::secure", "secure"]), None);
        assert_eq!(near(&[]), None);
    }
}
