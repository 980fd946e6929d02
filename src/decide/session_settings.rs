//! What `[pairing]` asks for when an issue is opened, as far as GitLab has it: milestone and template. What is not there,
//! or fails, is told once and holds no session back.

use super::pairing_issue_body::{BodyTemplate, SessionFacts};
use super::{DecisionParts, PairingContext};
use crate::pod::finding::Finding;
use crate::pod::observed::{FailureCause, Observed};
use crate::pod::rule::Rule;
use crate::pod::snapshot::{FurtherRead, Milestone};
use crate::pod::template::Template;

/// Asks for what has to be known before an issue is opened, and whether all of it is.
pub(super) fn ask_before_opening(
    context: &PairingContext<'_>,
    facts: &SessionFacts<'_>,
    parts: &mut DecisionParts,
) -> bool {
    let options = &context.pod.pairing;
    let further = &context.seen.pairing_project.further;
    let mut asked = Vec::new();
    if context.seen.pairing_project.foreign_issues.is_none() {
        asked.push(FurtherRead::ForeignPairingIssues);
    }
    if options.milestone.is_some() && further.milestone.is_none() {
        asked.push(FurtherRead::Milestone);
    }
    if options.issue_template.is_some() && further.issue_template.is_none() {
        asked.push(FurtherRead::IssueTemplate);
    }
    if facts.hosts.has_choice() && further.member_accounts.is_none() {
        asked.push(FurtherRead::MemberAccounts);
    }
    if let Some(Observed::Unknown(failure)) = &further.member_accounts {
        parts.read_failures.push(failure.clone());
    }
    let is_known = asked.is_empty();
    parts.further_reads.extend(asked);
    is_known
}

/// Whether something that was asked for can be had by asking again soon: then the next run opens the issue with it.
pub(super) fn has_to_wait(context: &PairingContext<'_>) -> bool {
    let further = &context.seen.pairing_project.further;
    let failures = [
        further.milestone.as_ref().and_then(Observed::failure),
        further.issue_template.as_ref().and_then(Observed::failure),
    ];
    failures.into_iter().flatten().any(|failure| failure.cause == FailureCause::Unavailable)
}

/// The milestone of a new issue.
pub(super) fn milestone<'a>(context: &PairingContext<'a>) -> Option<&'a Milestone> {
    context.seen.pairing_project.further.milestone.as_ref()?.present()
}

/// The body of a new issue, by the built-in template where the pod's own fails.
pub(super) fn render_body(context: &PairingContext<'_>, facts: &SessionFacts<'_>, has_label: bool) -> Option<String> {
    let built_in = Template::built_in();
    let own = template_of(context).and_then(|template| facts.render_first_body(&template, has_label).ok());
    own.or_else(|| facts.render_first_body(&BodyTemplate::Configured(&built_in), has_label).ok())
}

/// Reports what cannot be used, as far as this run saw it. A template is tried in every run, so that what is wrong with
/// it is told until it is mended.
pub(super) fn check_settings(context: &PairingContext<'_>, facts: &SessionFacts<'_>, parts: &mut DecisionParts) {
    let (pod, further) = (context.pod, &context.seen.pairing_project.further);
    let file = pod.file_name();
    for failure in [
        further.milestone.as_ref().and_then(Observed::failure),
        further.issue_template.as_ref().and_then(Observed::failure),
    ] {
        parts.read_failures.extend(failure.cloned());
    }
    if let (Some(title), Some(Observed::Absent)) = (&pod.pairing.milestone, &further.milestone) {
        let subject = format!("{file}: [pairing] milestone");
        let message = format!(
            "{subject}: there is no active milestone \"{title}\" in {} or a group above it, so issues are opened without",
            context.project.path
        );
        let advice = "Make it, or write the exact title of one that is open.".to_owned();
        parts.findings.push(Finding::new(Rule::SettingLeftOut, subject, message).with_advice(advice));
    }
    if let (Some(path), Some(Observed::Absent)) = (&pod.pairing.issue_template, &further.issue_template) {
        let subject = format!("{file}: [pairing] template");
        let message = format!(
            "{subject}: there is no {path} on the default branch of {}, so issues are opened from the built-in template",
            context.project.path
        );
        let advice = "Put the file there, or write its path as it stands in the project.".to_owned();
        parts.findings.push(Finding::new(Rule::SettingLeftOut, subject, message).with_advice(advice));
    }
    // A template is tried in every run, so it is read in every run.
    if pod.pairing.issue_template.is_some() && further.issue_template.is_none() {
        parts.further_reads.insert(FurtherRead::IssueTemplate);
    }
    if pod.pairing.milestone.is_some() && further.milestone.is_none() {
        parts.further_reads.insert(FurtherRead::Milestone);
    }
    let Some(template) = template_of(context) else { return };
    if matches!(template, BodyTemplate::Configured(own) if own.is_built_in()) {
        return;
    }
    if let Err((line, why)) = facts.render_first_body(&template, true) {
        let name = match template {
            BodyTemplate::Configured(template) => template.name().to_owned(),
            BodyTemplate::OfProject(path, _) => format!("{path} in {}", context.project.path),
        };
        let message = format!("the template {name} fails in line {line}: {why}; the built-in one takes its place");
        parts.findings.push(Finding::new(Rule::TemplateFailed, name, message));
    }
}

/// The template of the pod; nothing where it is the project's and was not read.
fn template_of<'a>(context: &PairingContext<'a>) -> Option<BodyTemplate<'a>> {
    match &context.pod.pairing.issue_template {
        None => Some(BodyTemplate::Configured(&context.pod.template)),
        Some(path) => {
            let text = context.seen.pairing_project.further.issue_template.as_ref()?.present()?;
            Some(BodyTemplate::OfProject(path, text))
        }
    }
}
