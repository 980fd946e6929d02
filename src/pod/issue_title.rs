//! The titles of pairing issues, those that earlier versions gave among them.

use super::schedule::Slot;
use super::session::Session;

/// GitLab's longest title of an issue (docs "Issues API").
const LONGEST_TITLE: usize = 255;

impl Slot {
    /// The title of a session's pairing issue: `Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC`.
    pub fn issue_title(&self, session: &Session) -> String {
        self.title_with(&session.start.format("%a %-d %b %Y, %H:%M %Z").to_string())
    }

    /// Whether podkeeper gives a session's issue this title, or gave it before.
    pub fn is_issue_title(&self, session: &Session, title: &str) -> bool {
        // The first ones were `Secure Pod Pairing, Thu 2026-11-26 15:00 UTC`.
        title == self.issue_title(session) || title == self.title_with(&session.start_text())
    }

    fn title_with(&self, when: &str) -> String {
        let room = LONGEST_TITLE.saturating_sub(when.chars().count() + 2);
        let event: String = self.event.chars().take(room).collect();
        format!("{event}, {when}")
    }
}
