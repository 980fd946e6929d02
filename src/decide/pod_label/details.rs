//! What is the matter with a label that is there: its colour and description, where it is kept, and labels that are easily
//! taken for it.

use super::labels_page;
use crate::decide::{DecisionParts, PairingContext};
use crate::pod::action::Change;
use crate::pod::finding::Finding;
use crate::pod::label::{find_scope_conflict, fold_name, is_same_color};
use crate::pod::rule::Rule;
use crate::pod::snapshot::{LabelLevel, ProjectLabel};
use crate::pod::text::one_line;

/// Reports all of it, and changes colour and description where the configuration allows it.
pub(super) fn check(context: &PairingContext<'_>, label: &ProjectLabel, parts: &mut DecisionParts) {
    check_fields(context, label, parts);
    check_level(context, label, parts);
    check_near_twins(context, parts);
}

/// What of the label is another than the pod's file names.
#[derive(Default)]
struct Difference {
    color: Option<String>,
    description: Option<String>,
}

impl Difference {
    fn between(context: &PairingContext<'_>, label: &ProjectLabel) -> Self {
        let spec = &context.pod.label;
        let named_color = spec.named_color.as_ref();
        let wanted = spec.description.trim();
        let other_text = label.description.as_deref().filter(|seen| seen.trim() != wanted);
        Self {
            color: named_color
                .filter(|named| label.color.as_ref().is_some_and(|seen| !is_same_color(seen, named)))
                .cloned(),
            description: other_text.filter(|_| !wanted.is_empty()).map(|_| spec.description.clone()),
        }
    }

    fn is_empty(&self) -> bool {
        self.color.is_none() && self.description.is_none()
    }

    /// Each part as it is and as it should be.
    fn words(&self, label: &ProjectLabel) -> String {
        let shown = |text: Option<&String>| one_line(text.map_or("", String::as_str));
        let color =
            self.color.as_ref().map(|wanted| format!("colour {} instead of {wanted}", shown(label.color.as_ref())));
        let description = self.description.as_ref().map(|wanted| match shown(label.description.as_ref()).as_str() {
            "" => format!("no description instead of \"{}\"", one_line(wanted)),
            seen => format!("the description \"{seen}\" instead of \"{}\"", one_line(wanted)),
        });
        color.into_iter().chain(description).collect::<Vec<_>>().join(" and ")
    }
}

/// Colour and description. A group's label is everybody's there: it is told of and never changed.
fn check_fields(context: &PairingContext<'_>, label: &ProjectLabel, parts: &mut DecisionParts) {
    let difference = Difference::between(context, label);
    if difference.is_empty() {
        return;
    }
    let spec = &context.pod.label;
    let words = difference.words(label);
    let Difference { color, description } = difference;
    let change = Change::UpdateLabel { name: spec.name.clone(), color, description };
    let action = context.new_action(change, format!("it has {words}, as {} says", context.pod.file_name()));
    let may_change = spec.manage && label.level == Some(LabelLevel::Project) && !context.project.is_role_too_small();
    if may_change && !context.was_attempted(&action) {
        parts.actions.push(action);
        return;
    }
    let message = format!("`{}` has {words}", spec.name);
    let page = labels_page(context);
    let advice = match (spec.manage, label.level) {
        (true, Some(LabelLevel::Group)) => format!(
            "It is a label of a group, which podkeeper does not change: whoever manages the group's labels does ({page}), or \
             {} says what the label has.",
            context.pod.file_name()
        ),
        (true, _) => format!("Change it by hand ({page}), or say in {} what the label has.", context.pod.file_name()),
        (false, _) => format!(
            "Change it by hand ({page}), say in {} what the label has, or let podkeeper change it: [label] manage = true.",
            context.pod.file_name()
        ),
    };
    parts.findings.push(Finding::new(Rule::LabelDiffers, spec.name.to_string(), message).with_advice(advice));
}

/// A label of the project alone, where a group has the labels of other pods.
fn check_level(context: &PairingContext<'_>, label: &ProjectLabel, parts: &mut DecisionParts) {
    if label.level != Some(LabelLevel::Project) {
        return;
    }
    let name = &context.pod.label.name;
    let is_of_scope = |other: &&ProjectLabel| {
        let other_name = std::slice::from_ref(&other.name);
        other.level == Some(LabelLevel::Group) && find_scope_conflict(name, other_name).is_some()
    };
    let of_group: Vec<&ProjectLabel> = context.seen.pairing_project.related_labels.iter().filter(is_of_scope).collect();
    let Some((first, rest)) = of_group.split_first() else { return };
    let first = one_line(first.name.as_str());
    let others = match rest.len() {
        0 => format!("`{first}` belongs"),
        1 => format!("`{first}` and another of its scope belong"),
        count => format!("`{first}` and {count} others of its scope belong"),
    };
    let project = &context.project.path;
    let message = format!(
        "`{name}` belongs to {project} alone, while {others} to a group above it: issues of other projects cannot carry \
         `{name}`, and lists and boards of the group do not find it"
    );
    let advice = format!("Promote it to a label of the group: {}, the menu of `{name}`.", labels_page(context));
    parts.findings.push(Finding::new(Rule::LabelOfProject, name.to_string(), message).with_advice(advice));
}

/// Labels that differ in letter case, blanks or punctuation alone: whoever types one of them sets another label.
fn check_near_twins(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    let spec = &context.pod.label;
    let folded = fold_name(spec.name.as_str());
    let is_twin = |other: &&ProjectLabel| {
        let is_known = spec.former_names.iter().any(|former| former.as_str() == other.name);
        !is_known && other.name != spec.name.as_str() && fold_name(&other.name) == folded
    };
    let mut twins: Vec<&ProjectLabel> = context.seen.pairing_project.related_labels.iter().filter(is_twin).collect();
    if twins.is_empty() {
        return;
    }
    twins.sort_by_key(|twin| (&twin.name, twin.level));
    let named: Vec<String> = twins.iter().map(|twin| describe_twin(twin)).collect();
    let verb = if twins.len() == 1 { "is" } else { "are" };
    let message = format!("beside `{}` there {verb} {}", spec.name, named.join(", "));
    let advice = format!(
        "Whoever types one of them sets another label. Give their issues `{}` and delete them: {}.",
        spec.name,
        labels_page(context)
    );
    parts.findings.push(Finding::new(Rule::LabelNearTwin, spec.name.to_string(), message).with_advice(advice));
}

/// A label with how many issues carry it.
fn describe_twin(twin: &ProjectLabel) -> String {
    let name = one_line(twin.name.as_str());
    let archived = if twin.archived { ", archived" } else { "" };
    match twin.issues {
        Some(issues) => format!("`{name}` ({} open and {} closed issues{archived})", issues.open, issues.closed),
        None => format!("`{name}`{}", archived.replacen(", archived", " (archived)", 1)),
    }
}
