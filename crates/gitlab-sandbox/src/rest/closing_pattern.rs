//! Which issues a merge request names, and which of them it closes (GitLab docs, "Closing issues automatically").

use std::collections::BTreeSet;

use super::Context;
use crate::world::{MergeRequest, Project};

/// The words of the default closing pattern (`gitlab.yml`, `issue_closing_pattern`).
const CLOSING_WORDS: [&str; 16] = [
    "close",
    "closes",
    "closed",
    "closing",
    "fix",
    "fixes",
    "fixed",
    "fixing",
    "resolve",
    "resolves",
    "resolved",
    "resolving",
    "implement",
    "implements",
    "implemented",
    "implementing",
];

/// Issues of its own project that a merge request's description names as `#1`; only behind a closing word if asked.
pub(super) fn find_referenced_issues(request: &MergeRequest, closing: bool) -> BTreeSet<u64> {
    let text = request.description.as_deref().unwrap_or_default();
    let mut named = BTreeSet::new();
    // One word closes all issues of a list: `Closes #1, #2 and #3`.
    let mut closes = false;
    for word in text.split_whitespace() {
        let bare = word.trim_end_matches(['.', ',', ';', ':', ')']);
        match bare.strip_prefix('#').and_then(|iid| iid.parse().ok()) {
            Some(iid) => drop((closes || !closing).then(|| named.insert(iid))),
            None => closes = CLOSING_WORDS.contains(&bare.to_lowercase().as_str()) || (closes && bare == "and"),
        }
    }
    named
}

impl Context<'_> {
    /// Merge requests that name an issue of their project, as far as the asking user sees them; only those that close
    /// it if asked.
    pub(super) fn merge_requests_referencing<'a>(
        &self,
        home: &'a Project,
        iid: u64,
        closing: bool,
    ) -> Vec<&'a MergeRequest> {
        let readable = self.world.may_read_merge_requests(home, self.current_user_id);
        let requests = home.merge_requests.values().filter(|_| readable);
        requests.filter(|one| find_referenced_issues(one, closing).contains(&iid)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_word_holds_for_the_list_behind_it() {
        let named = |text: &str, closing: bool| {
            let request = MergeRequest { description: Some(text.to_owned()), ..MergeRequest::default() };
            find_referenced_issues(&request, closing).into_iter().collect::<Vec<u64>>()
        };
        let text = "Resolves: #1, #2 and #3. See #4 (as #5), and Fixing #6; implement #x, closed \n#7";
        assert_eq!(named(text, true), [1, 2, 3, 6, 7]);
        assert_eq!(named(text, false), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(named("foreclose #1", true), [0; 0]);
    }
}
