//! Which issues are a report: podkeeper's own by their marker, and those that may be it all the same.

use super::title;
use crate::decide::identity;
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::{self, Block, Marked, Marker, ReportKind};
use crate::pod::observed::{Blind, Observed};
use crate::pod::snapshot::{PairingIssue, ReportsSeen};

/// podkeeper's own issues that are this report, damaged ones included.
pub(super) fn own<'a>(pod: &Pod, reports: &'a ReportsSeen, kind: ReportKind) -> Vec<&'a PairingIssue> {
    let is_report = |issue: &&PairingIssue| match &issue.marked {
        Marked::Block(block) => is_this(pod, kind, &block.marker),
        Marked::Damaged { .. } => {
            // It may be whatever it names; where it names nothing, its title tells, which podkeeper never changes.
            let named = marker::named(&issue.body);
            named.iter().any(|marker| is_this(pod, kind, marker))
                || (named.is_empty() && issue.title.raw() == title(pod, kind))
        }
        Marked::No => false,
    };
    by_podkeeper(pod, reports).filter(is_report).collect()
}

fn by_podkeeper<'a>(pod: &Pod, reports: &'a ReportsSeen) -> impl Iterator<Item = &'a PairingIssue> {
    reports.issues.iter().filter(|issue| pod.is_bot(&reports.bot, &issue.author))
}

/// Why no report is opened though none goes by its marker.
pub(super) enum Doubt {
    /// There may be one; this says which, and what settles it.
    Told(Finding),
    /// It could not be seen whether there is one.
    Unseen(Blind),
}

/// Whether there may be a report that does not go by its marker: under a key that the configuration does not know, without
/// marker and sign, or by another account.
pub(super) fn in_doubt(pod: &Pod, reports: &ReportsSeen, kind: ReportKind) -> Option<Doubt> {
    let own = by_podkeeper(pod, reports).find_map(|issue| of_this_pod(pod, reports, kind, issue));
    if let Some(finding) = own {
        return Some(Doubt::Told(finding));
    }
    let others = match &reports.others {
        Observed::Present(others) => others.as_slice(),
        Observed::Absent => &[],
        Observed::Unknown(blind) => return Some(Doubt::Unseen(blind.clone())),
    };
    let same = |issue: &&PairingIssue| issue.marked.marker().is_some_and(|marker| is_this(pod, kind, marker));
    let theirs = others.iter().filter(|issue| !pod.is_bot(&reports.bot, &issue.author));
    let theirs: Vec<&PairingIssue> = theirs.filter(same).collect();
    let marker = Marker::Report(pod.key.clone(), kind);
    (!theirs.is_empty()).then(|| Doubt::Told(identity::bot_replaced(&marker, &reports.project.path, &theirs)))
}

/// What to tell of one of podkeeper's own issues that is this report in spite of its marker.
fn of_this_pod(pod: &Pod, reports: &ReportsSeen, kind: ReportKind, issue: &PairingIssue) -> Option<Finding> {
    let name = format!("{}#{}", reports.project.path, issue.iid);
    let titled = issue.title.raw() == title(pod, kind);
    match &issue.marked {
        Marked::Block(Block { marker: Marker::Report(key, found), state, .. }) if *found == kind => {
            // Whose report it is, its label tells, or else its title.
            let ours = state.label.as_deref().map_or(titled, |label| label == pod.label.name.as_str());
            ours.then(|| identity::other_report_key(pod, &name, kind, key))
        }
        Marked::No if titled => {
            let what = format!("the {} report of {}", kind.word(), pod.name);
            Some(identity::marker_lost(&Marker::Report(pod.key.clone(), kind), &name, &what))
        }
        Marked::Block(_) | Marked::No | Marked::Damaged { .. } => None,
    }
}

/// Whether a marker is that of this report, under the pod's present or a former key.
fn is_this(pod: &Pod, kind: ReportKind, marker: &Marker) -> bool {
    match marker {
        Marker::Report(key, found) => *found == kind && (*key == pod.key || pod.formerly.contains(key)),
        Marker::Session(_) => false,
    }
}
