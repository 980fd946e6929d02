//! One member: the handle of the page, that of the file, and what the accounts say of both.
//!
//! Every finding here hangs on its own line only, so a page that was cut tells less and nothing else.

use super::people::{By, Person, Whose, same_name};
use super::{Audit, told};
use crate::decide::Parts;
use crate::pod::agent::{AccountState, Agent};
use crate::pod::finding::Finding;
use crate::pod::roster::Handle;
use crate::pod::rule::Rule;

/// Compares one member; `whole` says that the page was seen to the end of its members.
pub(super) fn compare(audit: &Audit<'_>, person: &Person<'_>, whole: bool, parts: &mut Parts) {
    let (files, by): (&[&Agent], _) = match &person.whose {
        Whose::Agent(files, by) => (files, Some(*by)),
        Whose::Unclear | Whose::Nobody => (&[], None),
    };
    let line = Line { page: &audit.pod.page.path, person, files, by };
    if let Some(handle) = &person.member.handle {
        let found = audit.account(person);
        let numbered = audit.data.account_of(files);
        parts.findings.extend(line.handle(handle, found, numbered, audit.data.knows_accounts(), whole));
        // The number is the person's own; the handle may have gone to somebody else.
        parts.findings.extend(numbered.or(found).filter(|account| !account.active).map(|_| line.blocked(handle)));
    }
    parts.findings.extend(line.name());
}

/// A member's line and what belongs to it.
struct Line<'a> {
    page: &'a str,
    person: &'a Person<'a>,
    files: &'a [&'a Agent],
    by: Option<By>,
}

impl Line<'_> {
    /// At most one thing about the handle: that the account has another name, that page and file differ, or
    /// that nobody has it.
    fn handle(
        &self,
        handle: &Handle,
        found: Option<&AccountState>,
        numbered: Option<&AccountState>,
        known: bool,
        whole: bool,
    ) -> Option<Finding> {
        let other = self.files.iter().find(|file| file.handle.as_ref().is_some_and(|(own, _)| own != handle));
        let agrees = self.files.iter().any(|file| file.handle.as_ref().is_some_and(|(own, _)| own == handle));
        let renamed = numbered.filter(|account| !account.username.eq_ignore_ascii_case(handle.as_str()));
        if let (Some(account), true) = (renamed, found.is_none() || self.by == Some(By::Handle)) {
            return Some(self.renamed(handle, account, found.is_some()));
        }
        if let Some(file) = other.filter(|_| !agrees) {
            return Some(self.differs(handle, file, found, known));
        }
        // A line that may go on below a cut, or whose person is not known yet, proves nothing.
        let conclusive = whole || self.by.is_some();
        (known && conclusive && found.is_none()).then(|| self.missing(handle))
    }

    fn renamed(&self, handle: &Handle, account: &AccountState, taken: bool) -> Finding {
        let name = told::shown(&account.username);
        let taken = if taken { format!(", and {handle} is somebody else's") } else { String::new() };
        let message = format!("{}: the account is @{name} now{taken}; {}", self.who(), self.places(None));
        let advice = if self.files.iter().any(|file| file.handle.as_ref().is_some_and(|(own, _)| own == handle)) {
            format!("Write @{name} on the page and in the file; the file's merge request goes to the person's manager.")
        } else {
            format!("Write @{name} on the page.")
        };
        self.told(Rule::AccountRenamed, message).advise(advice)
    }

    fn differs(&self, handle: &Handle, file: &Agent, found: Option<&AccountState>, known: bool) -> Finding {
        let own = file.handle.as_ref().map(|(own, _)| own.to_string()).unwrap_or_default();
        let message = format!("{}: the file names {own}; {}", self.who(), self.places(Some(file)));
        let finding = self.told(Rule::HandleMismatch, message);
        match self.by {
            Some(By::Number) => finding.advise(format!(
                "Write {handle} in the file, which is the account's name now; the person's manager approves the merge request."
            )),
            _ if known && found.is_none() => finding
                .advise(format!("No account has {handle}; write {own} on the page, if that is the same person.")),
            _ => finding.advise("Find out which account the person uses, and write its handle in both places."),
        }
    }

    fn missing(&self, handle: &Handle) -> Finding {
        let message = format!("{}: no account was found for {handle}; {}", self.who(), self.places(None));
        let advice = "Look for the account's new name, or find out whether the person still belongs to the pod; \
                      GitLab hides blocked accounts from most tokens.";
        self.told(Rule::AccountMissing, message).advise(advice)
    }

    fn blocked(&self, handle: &Handle) -> Finding {
        let message = format!("{}: the account of {handle} is not active; {}", self.who(), self.places(None));
        self.told(Rule::AccountBlocked, message)
    }

    /// The site shows a name only if it is written exactly so; letter case and accents count.
    fn name(&self) -> Option<Finding> {
        if !matches!(self.by, Some(By::Number | By::Handle)) {
            return None;
        }
        let mut names =
            self.files.iter().filter_map(|file| file.name.as_ref().map(|(name, line)| (*file, name, *line)));
        let (file, name, line) = names.next()?;
        let same = |name: &str| same_name(self.person.member, name);
        if same(name.raw()) || names.any(|(_, name, _)| same(name.raw())) {
            return None;
        }
        let place = told::at(&file.path, Some(line));
        let page = told::at(self.page, Some(self.person.member.line));
        let message = format!("{}: the file writes the name as {}; {page}, {place}", self.who(), name.line());
        Some(self.told(Rule::NameMismatch, message))
    }

    fn told(&self, rule: Rule, message: String) -> Finding {
        Finding::new(rule, told::subject(self.person.member), message)
            .at(told::place(self.page, self.person.member.line))
    }

    fn who(&self) -> String {
        told::who(self.person.member)
    }

    /// Page and file, as far as there is one.
    fn places(&self, file: Option<&Agent>) -> String {
        let page = told::at(self.page, Some(self.person.member.line));
        match file.or(self.files.first().copied()) {
            Some(file) => format!("{page}, {}", told::handle_at(file)),
            None => page,
        }
    }
}
