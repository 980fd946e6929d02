//! One member: the handle of the page, that of the file, and what the accounts say of both.
//!
//! Every finding here hangs on its own line only, so a page that was cut has fewer findings and no others.

use super::member_matching::{AgentMatch, MatchedBy, MatchedMember, is_same_name};
use super::{Audit, member_findings};
use crate::decide::DecisionParts;
use crate::pod::agent::{Agent, ObservedAccount};
use crate::pod::finding::Finding;
use crate::pod::roster::Handle;
use crate::pod::rule::Rule;
use crate::pod::text::one_line;

/// Compares one member; `whole` says that the page was seen to the end of its members.
pub(super) fn compare_member(audit: &Audit<'_>, person: &MatchedMember<'_>, whole: bool, parts: &mut DecisionParts) {
    let (files, by): (&[&Agent], _) = match &person.agent {
        AgentMatch::Files(files, by) => (files, Some(*by)),
        AgentMatch::Unclear | AgentMatch::Nobody => (&[], None),
    };
    let line = MemberLine { page: &audit.pod.page.path, person, files, matched_by: by };
    if let Some(handle) = &person.member.handle {
        let found = audit.account_by_handle(person);
        let numbered = audit.data.account_by_id(files);
        parts.findings.extend(line.handle_finding(handle, found, numbered, audit.data.has_accounts(), whole));
        // The number is the person's own; the handle may have gone to somebody else.
        parts
            .findings
            .extend(numbered.or(found).filter(|account| !account.active).map(|_| line.account_blocked_finding(handle)));
    }
    parts.findings.extend(line.name_mismatch_finding());
}

/// A member's line and what belongs to it.
struct MemberLine<'a> {
    page: &'a str,
    person: &'a MatchedMember<'a>,
    files: &'a [&'a Agent],
    matched_by: Option<MatchedBy>,
}

impl MemberLine<'_> {
    /// At most one thing about the handle: that the account has another name, that page and file differ, or
    /// that nobody has it.
    fn handle_finding(
        &self,
        handle: &Handle,
        found: Option<&ObservedAccount>,
        numbered: Option<&ObservedAccount>,
        known: bool,
        whole: bool,
    ) -> Option<Finding> {
        let other = self.files.iter().find(|file| file.handle.as_ref().is_some_and(|(own, _)| own != handle));
        let agrees = self.files.iter().any(|file| file.handle.as_ref().is_some_and(|(own, _)| own == handle));
        let renamed = numbered.filter(|account| !account.username.eq_ignore_ascii_case(handle.as_str()));
        if let (Some(account), true) = (renamed, found.is_none() || self.matched_by == Some(MatchedBy::Handle)) {
            return Some(self.account_renamed_finding(handle, account, found.is_some()));
        }
        if let Some(file) = other.filter(|_| !agrees) {
            return Some(self.handle_mismatch_finding(handle, file, found, known));
        }
        // A line that may go on below a cut, or whose person is not known yet, proves nothing.
        let conclusive = whole || self.matched_by.is_some();
        (known && conclusive && found.is_none()).then(|| self.account_missing_finding(handle))
    }

    fn account_renamed_finding(&self, handle: &Handle, account: &ObservedAccount, taken: bool) -> Finding {
        let name = one_line(&account.username);
        let taken = if taken { format!(", and {handle} is somebody else's") } else { String::new() };
        let message = format!("{}: the account is @{name} now{taken}; {}", self.member_text(), self.places_text(None));
        let advice = if self.files.iter().any(|file| file.handle.as_ref().is_some_and(|(own, _)| own == handle)) {
            format!("Write @{name} on the page and in the file; the file's merge request goes to the person's manager.")
        } else {
            format!("Write @{name} on the page.")
        };
        self.member_finding(Rule::AccountRenamed, message).with_advice(advice)
    }

    fn handle_mismatch_finding(
        &self,
        handle: &Handle,
        file: &Agent,
        found: Option<&ObservedAccount>,
        known: bool,
    ) -> Finding {
        let own = file.handle.as_ref().map(|(own, _)| own.to_string()).unwrap_or_default();
        let message = format!("{}: the file names {own}; {}", self.member_text(), self.places_text(Some(file)));
        let finding = self.member_finding(Rule::HandleMismatch, message);
        match self.matched_by {
            Some(MatchedBy::AccountId) => finding.with_advice(format!(
                "Write {handle} in the file, which is the account's name now; the person's manager approves the merge request."
            )),
            _ if known && found.is_none() => finding
                .with_advice(format!("No account has {handle}; write {own} on the page, if that is the same person.")),
            _ => finding.with_advice("Find out which account the person uses, and write its handle in both places."),
        }
    }

    fn account_missing_finding(&self, handle: &Handle) -> Finding {
        let message = format!("{}: no account was found for {handle}; {}", self.member_text(), self.places_text(None));
        let advice = "Look for the account's new name, or find out whether the person still belongs to the pod; \
                      GitLab hides blocked accounts from most tokens.";
        self.member_finding(Rule::AccountMissing, message).with_advice(advice)
    }

    fn account_blocked_finding(&self, handle: &Handle) -> Finding {
        let message =
            format!("{}: the account of {handle} is not active; {}", self.member_text(), self.places_text(None));
        self.member_finding(Rule::AccountBlocked, message)
    }

    /// The site shows a name only if it is written exactly so; letter case and accents count.
    fn name_mismatch_finding(&self) -> Option<Finding> {
        let by_account = matches!(self.matched_by, Some(MatchedBy::AccountId | MatchedBy::Handle));
        if !by_account || !self.person.member.is_named() {
            return None;
        }
        let mut names =
            self.files.iter().filter_map(|file| file.name.as_ref().map(|(name, line)| (*file, name, *line)));
        let (file, name, line) = names.next()?;
        let same = |name: &str| is_same_name(self.person.member, name);
        if same(name.raw()) || names.any(|(_, name, _)| same(name.raw())) {
            return None;
        }
        let place = member_findings::place_text(&file.path, Some(line));
        let page = member_findings::place_text(self.page, Some(self.person.member.line));
        let message =
            format!("{}: the file writes the name as {}; {page}, {place}", self.member_text(), name.one_line());
        Some(self.member_finding(Rule::NameMismatch, message))
    }

    fn member_finding(&self, rule: Rule, message: String) -> Finding {
        Finding::new(rule, member_findings::member_subject(self.person.member), message)
            .with_place(member_findings::first_column_place(self.page, self.person.member.line))
    }

    fn member_text(&self) -> String {
        member_findings::member_text(self.person.member)
    }

    /// Page and file, as far as there is one.
    fn places_text(&self, file: Option<&Agent>) -> String {
        let page = member_findings::place_text(self.page, Some(self.person.member.line));
        match file.or(self.files.first().copied()) {
            Some(file) => format!("{page}, {}", member_findings::agent_place_text(file)),
            None => page,
        }
    }
}
