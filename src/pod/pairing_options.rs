//! How a pod wants its pairing issues: `[pairing]` and `[[away]]` of its file.

use chrono::NaiveDate;
use chrono_tz::Tz;

/// How the pairing issues of a pod are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PairingOptions {
    /// Who hosts the sessions in turn.
    pub hosts: HostRotation,
    /// The zones in which an issue says when the session starts.
    pub zones: Vec<Tz>,
    /// The title of the milestone that new issues are put into.
    pub milestone: Option<String>,
    /// Whether new issues are seen by the project's members alone.
    pub confidential: bool,
    /// A file of the pairing project that is the template, in the place of [`super::Pod::template`].
    pub issue_template: Option<String>,
}

/// Who hosts the sessions of a pod in turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HostRotation {
    /// All members of the page.
    #[default]
    Everyone,
    /// The leads of the page.
    Leads,
    /// These, by their handles.
    Handles(Vec<String>),
    /// Nobody: issues name no host.
    Nobody,
}

/// Days on which a member is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// The member's handle, without the `@`.
    pub handle: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
}

/// A setting of the pod's file that cannot be used. It is left out and told: a session is opened all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// The file and the line, such as `pods/secure.toml:12`.
    pub place: String,
    /// What is wrong, in a sentence without its full stop.
    pub message: String,
    /// A good value, or what to do.
    pub advice: String,
}
