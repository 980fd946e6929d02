//! What is reported where podkeeper cannot be sure that an issue is its own: nothing is opened a second time, and the
//! advice names the line that settles it.

use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::{BLOCK_FORMAT, ManagedBlock, Marker, ReportKind};
use crate::pod::rule::Rule;
use crate::pod::session::{Session, SessionKey};
use crate::pod::snapshot::ObservedIssue;
use crate::pod::text::one_line;

/// An issue for the same start goes by a key that the configuration does not know.
pub(super) fn other_session_key_finding(pod: &Pod, name: &str, key: &SessionKey, session: &Session) -> Finding {
    let message = format!(
        "{name} is the pairing issue for {} under the key {key}, which the configuration does not know",
        session.start_text()
    );
    let mut lines = Vec::new();
    if key.pod != pod.key {
        lines.push(format!("formerly = [\"{}\"] at the top of config/pods/{}.toml", key.pod, pod.key));
    }
    if key.slot != session.key.slot {
        lines.push(format!(
            "formerly = [\"{}\"] under the [[session]] with slot = \"{}\" in config/pods/{}.toml",
            key.slot, session.key.slot, pod.key
        ));
    }
    Finding::new(Rule::OtherKey, session.key.to_string(), message)
        .with_advice(format!("Write {}, so that the issue is known again.", lines.join(" and ")))
}

/// A report of the pod goes by a key that the configuration does not know.
pub(super) fn other_report_key_finding(pod: &Pod, name: &str, kind: ReportKind, key: &crate::pod::PodKey) -> Finding {
    let message = format!(
        "{name} is the {} report of {} under the key {key}, which the configuration does not know",
        kind.as_str(),
        pod.name
    );
    Finding::new(Rule::OtherKey, Marker::Report(pod.key.clone(), kind).to_string(), message).with_advice(format!(
        "Write formerly = [\"{key}\"] at the top of config/pods/{}.toml, so that the report is known again.",
        pod.key
    ))
}

/// Issues with podkeeper's marker belong to other accounts, and it has none itself: its account was replaced.
pub(super) fn bot_replaced_finding(marker: &Marker, project: &str, issues: &[&ObservedIssue]) -> Finding {
    let names: Vec<String> = issues.iter().map(|issue| format!("{project}#{}", issue.iid)).collect();
    let mut accounts: Vec<String> = issues.iter().map(|issue| one_line(issue.author.username.as_str())).collect();
    accounts.sort();
    accounts.dedup();
    let quoted: Vec<String> = accounts.iter().map(|account| format!("\"{account}\"")).collect();
    let by: Vec<String> = accounts.iter().map(|account| format!("@{account}")).collect();
    let message = format!(
        "{} by {} already stands for {marker}, so none is opened by this account",
        names.join(" and "),
        by.join(" and ")
    );
    Finding::new(Rule::BotReplaced, marker.to_string(), message).with_advice(format!(
        "If that was podkeeper's account before its token was made anew, write usernames = [{}] under [bot] in \
         config/podkeeper.toml; if it is somebody's copy, take the marker comments and the line `podkeeper · …` out of it.",
        quoted.join(", ")
    ))
}

/// One of podkeeper's own issues has lost all that it is known by.
pub(super) fn marker_lost_finding(marker: &Marker, name: &str, what: &str) -> Finding {
    let key = match marker {
        Marker::Session(key) => key.to_string(),
        Marker::Report(pod, kind) => format!("{pod}/{}", kind.as_str()),
    };
    let message = format!("{name} was opened by podkeeper and has lost its marker; it is taken for {what}");
    let otherwise = match marker {
        Marker::Session(_) => "If it is something else, take the pod's label off it and give it a title of its own",
        Marker::Report(..) => "If it is something else, give it another title",
    };
    Finding::new(Rule::MarkerLost, marker.to_string(), message).with_advice(format!(
        "Write the line `podkeeper · {key}` at the top of its description, and podkeeper takes it up again. {otherwise}, \
         and a new one is opened."
    ))
}

/// A later podkeeper keeps an issue, so this one leaves it as it is.
pub(super) fn newer_block_finding(name: &str, block: &ManagedBlock) -> Finding {
    let (theirs, ours) = (block.state.format, BLOCK_FORMAT);
    let message =
        format!("{name} is kept by a later podkeeper (its block has format {theirs}, this one writes {ours})");
    Finding::new(Rule::BlockNewer, block.marker.to_string(), message)
}
