//! The four projects that a pod's file names: what about each itself stands in the way, or should be mended.

use super::DecisionParts;
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;
use crate::pod::snapshot::{Account, Project, Snapshot};
use crate::pod::text::one_line;

/// The pairing project is not there, or hidden from the token.
pub(super) fn missing_project_finding(pod: &Pod, bot: Option<&Account>) -> Finding {
    let (path, file) = (&pod.pairing_project, pod.file_name());
    let account = bot.map_or_else(|| "the token's account".to_owned(), |bot| format!("@{}", one_line(&bot.username)));
    let advice = format!(
        "Check [pairing] project in {file}; where it is right, check the membership: an owner or maintainer there gives \
         {account} the role Reporter or above."
    );
    Finding::new(Rule::ProjectMissing, path.clone(), format!("{path} is not there or not visible to this token"))
        .with_advice(advice)
}

/// A project that podkeeper writes to. `configured` is the path that the pod's file names under `key`.
pub(super) fn check_written_project(configured: &str, key: &str, project: &Project, parts: &mut DecisionParts) {
    let path = &project.path;
    let in_the_way = if project.marked_for_deletion {
        Some(marked_for_deletion_finding(configured, key, project))
    } else if project.archived {
        let message = format!("{path} is archived; nothing was written");
        Some(Finding::new(Rule::ProjectArchived, path.clone(), message))
    } else if !project.issues_enabled {
        Some(Finding::new(Rule::IssuesDisabled, path.clone(), format!("{path} has its issues switched off")))
    } else {
        None
    };
    parts.findings.extend(in_the_way);
    parts.findings.extend(renamed_finding(configured, key, project));
}

/// The projects that are only read: the page's and that of the Support Team data.
pub(super) fn check_read_only_projects(seen: &Snapshot, parts: &mut DecisionParts) {
    for source in &seen.read_only_projects {
        let (configured, key, project) = (source.configured_path.as_str(), source.config_table, &source.project);
        if project.marked_for_deletion {
            parts.findings.push(marked_for_deletion_finding(configured, key, project));
        } else if project.archived {
            let path = &project.path;
            let message = format!("{path} is archived; it is read all the same, and nobody can mend what it says");
            let advice = format!("Find its successor and set {key} project in the pod's file.");
            parts.findings.push(Finding::new(Rule::SourceArchived, path.clone(), message).with_advice(advice));
        }
        parts.findings.extend(renamed_finding(configured, key, project));
    }
}

/// Nobody is to write down the name of a project that is about to go.
fn renamed_finding(configured: &str, key: &str, project: &Project) -> Option<Finding> {
    if project.path == configured || project.marked_for_deletion {
        return None;
    }
    let path = &project.path;
    let finding = Finding::new(Rule::ProjectRenamed, configured, format!("{configured} is {path} now"));
    Some(finding.with_advice(format!("Set {key} project = \"{path}\" in the pod's file.")))
}

fn marked_for_deletion_finding(configured: &str, key: &str, project: &Project) -> Finding {
    let message = format!("{configured} is marked for deletion (its path is {} until then)", project.path);
    let advice = format!("Have an owner restore the project, or name its successor under {key} in the pod's file.");
    Finding::new(Rule::ProjectMarkedForDeletion, configured, message).with_advice(advice)
}
