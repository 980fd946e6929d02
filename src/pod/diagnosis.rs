//! What `doctor` says: one verdict for each thing that it looked at.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::PodKey;
use super::rule::Audience;
use super::run::ExitStatus;

/// What is looked at, in the order in which verdicts of one section are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Whether GitLab can be reached, and its version.
    Gitlab,
    /// The tokens: given, valid, wide enough, and for how long.
    Token,
    /// Whose the tokens are, and whether podkeeper's issues are theirs.
    Account,
    /// The pipeline schedule that runs podkeeper.
    Schedule,
    /// The projects that a pod's file names.
    Projects,
    /// The pod's label.
    Label,
    /// The pod's page and its members.
    Page,
    /// The folder of the Support Team data.
    Agents,
    /// Where the reports go.
    Reports,
    /// This machine's clock.
    Clock,
    /// The template of a pairing issue.
    Template,
    /// The next sessions.
    Next,
    /// What a run costs, and what the next one would write.
    Cost,
    /// What else the next run would stop at.
    Plan,
    /// The configuration.
    Config,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Gitlab,
        Self::Token,
        Self::Account,
        Self::Schedule,
        Self::Projects,
        Self::Label,
        Self::Page,
        Self::Agents,
        Self::Reports,
        Self::Clock,
        Self::Template,
        Self::Next,
        Self::Cost,
        Self::Plan,
        Self::Config,
    ];

    /// The word that stands before its verdicts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gitlab => "gitlab",
            Self::Token => "token",
            Self::Account => "account",
            Self::Schedule => "schedule",
            Self::Projects => "projects",
            Self::Label => "label",
            Self::Page => "page",
            Self::Agents => "agents",
            Self::Reports => "reports",
            Self::Clock => "clock",
            Self::Template => "template",
            Self::Next => "next",
            Self::Cost => "cost",
            Self::Plan => "plan",
            Self::Config => "config",
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// The bot does not do its job, or not all of it, until a person acts.
    Stops,
    /// It works, and will not for ever.
    Soon,
    /// It could not be looked at.
    NotChecked,
    /// It is as it should be.
    Fine,
}

impl Section {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stops => "stops",
            Self::Soon => "soon",
            Self::NotChecked => "not-checked",
            Self::Fine => "fine",
        }
    }
}

/// What was found at one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What was looked at.
    pub check: Check,
    /// How bad it is.
    pub section: Section,
    /// The pods that it concerns; none where it is shared.
    pub pods: Vec<PodKey>,
    /// What was found, for everybody: no more than the configuration and the page say.
    pub message: String,
    /// The same for readers who may know more.
    pub detailed_message: Option<(Audience, String)>,
    /// What to do and where; empty where nothing is to be done.
    pub advice: String,
    /// The place in the configuration that the advice names, such as `config/pods/secure.toml:5`; empty where it names
    /// none.
    pub place: String,
    /// The exit code that goes with it.
    pub exit_status: ExitStatus,
    /// What it is about, by the names that other messages would use, so that one fault is told once.
    pub subjects: Vec<String>,
}

impl Verdict {
    /// A verdict on something that all pods share.
    pub fn new(check: Check, section: Section, message: impl Into<String>) -> Self {
        let exit_status = if section == Section::Stops { ExitStatus::NeedsHuman } else { ExitStatus::Done };
        Self {
            check,
            section,
            pods: Vec::new(),
            message: message.into(),
            detailed_message: None,
            advice: String::new(),
            place: String::new(),
            exit_status,
            subjects: Vec::new(),
        }
    }

    /// Something that keeps the bot from its job.
    pub fn stops(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Section::Stops, message)
    }

    /// Something that will.
    pub fn soon(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Section::Soon, message)
    }

    /// Something that is as it should be.
    pub fn fine(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Section::Fine, message)
    }

    /// Something that could not be looked at.
    pub fn not_checked(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Section::NotChecked, message)
    }

    /// The same for one pod.
    #[must_use]
    pub fn of_pod(mut self, pod: &PodKey) -> Self {
        self.pods = vec![pod.clone()];
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// The same with the place that the advice names.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = place.into();
        self
    }

    /// The same with another exit code.
    #[must_use]
    pub fn ends_with(mut self, exit_status: ExitStatus) -> Self {
        self.exit_status = exit_status;
        self
    }

    /// The same with a name by which other messages would speak of it.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subjects.push(subject.into());
        self
    }

    /// The same with more words for the team.
    #[must_use]
    pub fn for_team(mut self, message: impl Into<String>) -> Self {
        self.detailed_message = Some((Audience::Team, message.into()));
        self
    }
}

/// Everything that was found.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The GitLab's host.
    pub gitlab_host: String,
    /// The names of the pods that were looked at, in the order of their keys.
    pub pods: Vec<(PodKey, String)>,
    /// The moment that counts as now.
    pub now: DateTime<Utc>,
    /// How many requests were sent.
    pub requests: u64,
    /// The verdicts, the worst first.
    pub verdicts: Vec<Verdict>,
}

impl Diagnosis {
    /// The exit code: that of the worst.
    pub fn exit_status(&self) -> ExitStatus {
        self.verdicts.iter().map(|verdict| verdict.exit_status).max().unwrap_or(ExitStatus::Done)
    }

    /// How many verdicts a section has.
    pub fn count(&self, section: Section) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.section == section).count()
    }
}

/// Where the keys of the configuration stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPlaces {
    /// The folder, as messages name it.
    pub folder: String,
    /// The line of each key such as `label.name`, by the file's path below the folder.
    pub lines: BTreeMap<String, BTreeMap<String, usize>>,
}

/// The file of what all pods share.
const INSTANCE_FILE: &str = "podkeeper.toml";

impl KeyPlaces {
    /// Where a key of a pod stands, as `config/pods/secure.toml:5`: in its own file, or among the defaults. Where it
    /// stands nowhere, the place of its table or the file, where it would.
    pub fn find(&self, pod: &PodKey, key: &str) -> String {
        let file = format!("pods/{pod}.toml");
        let default_key = format!("defaults.{key}");
        let table = key.split('.').next().unwrap_or(key);
        let line = |file: &str, key: &str| self.lines.get(file).and_then(|keys| keys.get(key)).copied();
        let found = line(&file, key)
            .map(|line| (file.as_str(), line))
            .or_else(|| line(INSTANCE_FILE, &default_key).map(|line| (INSTANCE_FILE, line)))
            .or_else(|| line(&file, table).map(|line| (file.as_str(), line)));
        match found {
            Some((file, line)) => format!("{}/{file}:{line}", self.folder),
            None => format!("{}/{file}", self.folder),
        }
    }

    /// Where a key of all pods stands, or would.
    pub fn find_shared(&self, key: &str) -> String {
        let table = key.split('.').next().unwrap_or(key);
        let keys = self.lines.get(INSTANCE_FILE);
        match keys.and_then(|keys| keys.get(key).or_else(|| keys.get(table))) {
            Some(line) => format!("{}/{INSTANCE_FILE}:{line}", self.folder),
            None => format!("{}/{INSTANCE_FILE}", self.folder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_its_file_among_the_defaults_or_where_it_would_stand() {
        let lines = |keys: &[(&str, usize)]| keys.iter().map(|(key, line)| ((*key).to_owned(), *line)).collect();
        let places = KeyPlaces {
            folder: "config".to_owned(),
            lines: BTreeMap::from([
                ("pods/alpha.toml".to_owned(), lines(&[("label", 4), ("label.name", 5)])),
                ("podkeeper.toml".to_owned(), lines(&[("bot", 3), ("defaults.page.project", 9)])),
            ]),
        };
        let alpha = PodKey::parse("alpha").unwrap();
        assert_eq!(places.find(&alpha, "label.name"), "config/pods/alpha.toml:5");
        assert_eq!(places.find(&alpha, "label.create"), "config/pods/alpha.toml:4");
        assert_eq!(places.find(&alpha, "page.project"), "config/podkeeper.toml:9");
        assert_eq!(places.find(&alpha, "reports.project"), "config/pods/alpha.toml");
        assert_eq!(places.find_shared("bot.usernames"), "config/podkeeper.toml:3");
        assert_eq!(places.find_shared("tokens.default"), "config/podkeeper.toml");
    }
}
