//! Agents: the people of the Support Team data, reduced to what the audit needs.
//!
//! An agent file holds much that is nobody's business here (mail, hours, place, manager, dates, other
//! groups). None of it has a field: what is not kept cannot leak (ARCHITECTURE.md, law 13).

use std::collections::BTreeMap;
use std::fmt;

use super::roster::Handle;
use super::text::Untrusted;

/// How the Support Team data says who belongs to a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MembershipRule {
    /// It does not say; only handles and accounts are looked at.
    None,
    /// Whoever has this Zendesk group (`zendesk.main.groups`).
    ZendeskGroup(String),
    /// Whoever has this knowledge area at this level or above (`knowledge_areas`).
    KnowledgeArea {
        /// The area's name.
        name: String,
        /// 1 learning, 2 ready to work tickets, 3 looking to help others.
        level: u32,
    },
}

/// One file of the Support Team data: one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentFile {
    /// It was read.
    Agent(Agent),
    /// It could not be understood; it makes only its own person unknown.
    Broken(BrokenAgentFile),
}

/// A person of the Support Team data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The file's path in its project.
    pub path: String,
    /// The name and its line.
    pub name: Option<(Untrusted, usize)>,
    /// The GitLab account's number, which survives renames.
    pub gitlab_id: Option<u64>,
    /// The GitLab user name and its line.
    pub handle: Option<(Handle, usize)>,
    /// The rules of this run's pods that the file satisfies, each with the line that does it.
    pub matching_rules: BTreeMap<MembershipRule, usize>,
    /// For rules that the file does not satisfy: the entry that the configuration may have meant, if one is that alike.
    /// It is for counting over all files only, and no person is said to have it.
    pub similar_entries: BTreeMap<MembershipRule, Untrusted>,
    /// Where `zendesk.main.groups` begins, if the file has it; which groups it holds is forgotten.
    pub groups_line: Option<usize>,
    /// Where `knowledge_areas` begins, if the file has it.
    pub knowledge_areas_line: Option<usize>,
}

impl Agent {
    /// Where the list begins that a rule looks at.
    pub fn rule_list_line(&self, rule: &MembershipRule) -> Option<usize> {
        match rule {
            MembershipRule::None => None,
            MembershipRule::ZendeskGroup(_) => self.groups_line,
            MembershipRule::KnowledgeArea { .. } => self.knowledge_areas_line,
        }
    }
}

/// A file that could not be understood.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokenAgentFile {
    /// The file's path in its project.
    pub path: String,
    /// The line of the fault, where it is known.
    pub line: Option<usize>,
    /// What kind of fault it is, without a word of the file's text.
    pub problem: String,
    /// The handle that a scan of the lines still found; without one, nobody is called unknown in this run. It
    /// is for comparing only: in a torn file it may be a piece of something else, so it is shown only where the
    /// page says the same.
    pub handle: Option<Handle>,
}

impl fmt::Debug for BrokenAgentFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, problem: kind, handle } = self;
        let handle = handle.as_ref().map(|_| format_args!("_"));
        f.debug_struct("BrokenFile")
            .field("path", path)
            .field("line", line)
            .field("kind", kind)
            .field("handle", &handle)
            .finish()
    }
}

/// An account of the GitLab instance, as the roster audit looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedAccount {
    /// Its number.
    pub id: u64,
    /// Its user name now.
    pub username: String,
    /// Whether it is active; false for blocked, deactivated and banned ones.
    pub active: bool,
}

/// A name as the handbook's site compares it: exactly, but without a blank and a parenthetical at its end
/// (site template `member-by-name`).
pub fn without_parenthetical(name: &str) -> &str {
    let name = name.trim();
    match name.strip_suffix(')').and_then(|open| open.rsplit_once(" (")) {
        Some((before, _)) if !before.trim().is_empty() => before.trim_end(),
        _ => name,
    }
}
