//! Verdicts on what is in a repository: files, folders, refs, and anchors in texts.

use super::{LinkAssessor, alive};
use crate::gitlab::lookups;
use crate::gitlab::owner_query::Lookup;
use crate::gitlab::response::{LookupResult, LookupValue};
use crate::markdown::headings::{self, MarkdownAnchors};
use crate::text::one_line;
use crate::verdict::{Assessment, Verdict};

const HIDDEN_REPOSITORY_REASON: &str = "its repository is empty or not visible to everybody";

impl LinkAssessor<'_> {
    pub(super) fn assess_file(&self, git_ref: &str, path: &str) -> Assessment {
        let at = |git_ref: &str| Lookup::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() };
        match self.lookup_result(&at(git_ref)) {
            LookupResult::Found(()) => self.assess_file_anchor(path),
            LookupResult::Failed(why) => Assessment::new(Verdict::Unreachable, why),
            LookupResult::Null
                if self.is_found(&Lookup::Tree { git_ref: git_ref.to_owned(), path: path.to_owned() }) =>
            {
                self.assess_other_kind(true)
            }
            LookupResult::Null => self.assess_missing_path(git_ref, path, "file", &[true]),
        }
    }

    pub(super) fn assess_folder(&self, git_ref: &str, path: &str) -> Assessment {
        match self.lookup_result(&Lookup::Tree { git_ref: git_ref.to_owned(), path: path.to_owned() }) {
            LookupResult::Found(()) => self.assess_folder_anchor(),
            LookupResult::Failed(why) => Assessment::new(Verdict::Unreachable, why),
            LookupResult::Null
                if self.is_found(&Lookup::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() }) =>
            {
                self.assess_other_kind(false)
            }
            LookupResult::Null => self.assess_missing_path(git_ref, path, "folder", &[false]),
        }
    }

    /// A folder that the link names as a file (`is_file`), or the other way round.
    fn assess_other_kind(&self, is_file: bool) -> Assessment {
        let (word, reason) = if is_file {
            ("tree", "it is a folder, shown at another address")
        } else {
            ("blob", "it is a file, shown at another address")
        };
        let better = self.target().url_with_page_and_ref(self.suggested_owner_path(), Some(word), None);
        Assessment::new(Verdict::Moved, reason).with_suggestion(better)
    }

    /// A file or a folder, whichever it is.
    pub(super) fn assess_file_or_tree(&self, git_ref: &str, path: &str) -> Assessment {
        let mut failure = None;
        for lookup in lookups::file_and_folder_lookups(git_ref, path) {
            match self.lookup_result(&lookup) {
                LookupResult::Found(()) => return alive(""),
                LookupResult::Failed(why) => failure = Some(why),
                LookupResult::Null => {}
            }
        }
        match failure {
            Some(why) => Assessment::new(Verdict::Unreachable, why),
            None => self.assess_missing_path(git_ref, path, "path", &[false, true]),
        }
    }

    /// A commit, a tag or a branch as a whole.
    pub(super) fn assess_revision(&self, name: &str, what: &str) -> Assessment {
        match self.lookup_result(&lookups::ref_root_lookup(name)) {
            LookupResult::Found(()) => alive(""),
            LookupResult::Failed(why) => Assessment::new(Verdict::Unreachable, why),
            LookupResult::Null if self.info.root_ref.is_none() => {
                Assessment::new(Verdict::Hidden, HIDDEN_REPOSITORY_REASON)
            }
            LookupResult::Null => Assessment::new(Verdict::Dead, format!("the {what} {} is not there", one_line(name))),
        }
    }

    /// Both of two refs.
    pub(super) fn assess_compare(&self, from: &str, to: &str) -> Assessment {
        match self.assess_revision(from, "ref") {
            assessment if assessment.verdict == Verdict::Alive => self.assess_revision(to, "ref"),
            assessment => assessment,
        }
    }

    /// A file or folder that is not where the link says, in a project that can be seen. `as_files` lists whether it was
    /// looked up as a file (`true`), as a folder (`false`), or as both.
    fn assess_missing_path(&self, git_ref: &str, path: &str, what: &str, as_files: &[bool]) -> Assessment {
        let Some(root_ref) = &self.info.root_ref else {
            return Assessment::new(Verdict::Hidden, HIDDEN_REPOSITORY_REASON);
        };
        let elsewhere: Vec<Vec<Lookup>> =
            as_files.iter().map(|file| lookups::alternative_lookups(git_ref, path, Some(root_ref), *file)).collect();
        // What is looked up as both has its own kind already.
        let other_kind = match as_files {
            [is_file] => lookups::other_kind_lookups(git_ref, path, Some(root_ref), *is_file),
            _ => Vec::new(),
        };
        if let Some(why) =
            elsewhere.iter().flatten().chain(&other_kind).find_map(|lookup| match self.lookup_result(lookup) {
                LookupResult::Failed(why) => Some(why),
                _ => None,
            })
        {
            return Assessment::new(Verdict::Unreachable, why);
        }
        // The first is the root of the ref, the second the same place in the default branch.
        let has = |lookup: Option<&Lookup>| lookup.map(|lookup| self.is_found(lookup));
        let ref_is_there = elsewhere.iter().find_map(|lookups| has(lookups.first())).unwrap_or(true);
        let in_default = elsewhere.iter().any(|lookups| has(lookups.get(1)).unwrap_or(false));
        if !ref_is_there && elsewhere.iter().any(|lookups| lookups.iter().skip(2).any(|lookup| self.is_found(lookup))) {
            // The ref has a longer name, with slashes in it, and the file is there.
            return if as_files == [true] { self.assess_file_anchor(path) } else { self.assess_folder_anchor() };
        }
        if !ref_is_there && other_kind.iter().any(|lookup| self.is_found(lookup)) {
            return self.assess_other_kind(as_files == [true]);
        }
        let better = self.target().url_with_page_and_ref(self.suggested_owner_path(), None, Some(root_ref));
        let at = one_line(git_ref);
        match (ref_is_there, in_default) {
            // GitLab leads on from the former default branch alone, and shows that to browsers only: `recheck` asks.
            (false, true) => {
                let reason = format!("{at} is not there, but the {what} is at {root_ref}");
                Assessment::new(Verdict::Dead, reason).with_suggestion(better)
            }
            (true, true) => {
                let reason = format!("the {what} is not there at {at}, but it is at {root_ref}");
                Assessment::new(Verdict::Dead, reason).with_suggestion(better)
            }
            (true, false) => Assessment::new(Verdict::Dead, format!("the {what} is not there at {at}")),
            (false, false) if lookups::has_untried_ref_splits(path) => Assessment::new(
                Verdict::Hidden,
                format!("{at} is not there; it may be the beginning of a longer branch name"),
            ),
            (false, false) => Assessment::new(Verdict::Dead, format!("neither {at} nor the {what} is there")),
        }
    }

    /// A place on the page of a folder that is there, which shows its README, too.
    fn assess_folder_anchor(&self) -> Assessment {
        match self.link.fragment.as_str() {
            "" | "readme" => alive(""),
            place if place.starts_with('/') => alive(""),
            _ => Assessment::new(
                Verdict::FragmentUnverifiable,
                "the folder is there; the places of its README were not asked for",
            ),
        }
    }

    /// A line or a heading of a file that is there.
    fn assess_file_anchor(&self, path: &str) -> Assessment {
        let fragment = &self.link.fragment;
        if fragment.is_empty() {
            return alive("");
        }
        let text = match self.linked_text() {
            Ok(text) => text,
            Err(assessment) => return *assessment,
        };
        if let Some(line) = headings::last_gitlab_line(fragment) {
            let lines = text.lines().count();
            if line <= lines {
                return alive("");
            }
            return Assessment::new(Verdict::FragmentDead, format!("the file has no line {line}, it ends before"));
        }
        if !headings::is_markdown_path(path) {
            return Assessment::new(Verdict::FragmentUnverifiable, "the file is there; its anchors are not known");
        }
        assess_markdown_anchor(text, fragment)
    }

    /// A heading of a project's README.
    pub(super) fn assess_readme_anchor(&self) -> Assessment {
        if self.link.fragment == "readme" || self.link.fragment.starts_with('/') {
            return alive("");
        }
        match self.linked_text() {
            Ok(text) => assess_markdown_anchor(text, &self.link.fragment),
            Err(assessment) => *assessment,
        }
    }

    fn linked_text(&self) -> Result<&str, Box<Assessment>> {
        let unread = |why: &'static str| Box::new(Assessment::new(Verdict::FragmentUnverifiable, why));
        let Some((lookup, _)) = lookups::anchored_text_lookup(self.link, self.results) else {
            return Err(unread("the page is there; the text that would show the place cannot be read"));
        };
        match self.results.lookup(self.owner_type, self.owner, &lookup) {
            Some(LookupResult::Found(LookupValue::Text(text))) => Ok(text),
            Some(LookupResult::Failed(why)) => Err(Box::new(Assessment::new(Verdict::Unreachable, why.clone()))),
            _ => Err(unread("the page is there; the text that would show the place cannot be read")),
        }
    }
}

fn assess_markdown_anchor(text: &str, fragment: &str) -> Assessment {
    if MarkdownAnchors::parse(text).has(fragment) {
        alive("")
    } else {
        Assessment::new(Verdict::FragmentDead, format!("no heading makes the anchor #{}", one_line(fragment)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::lookup_results::LookupResults;
    use crate::gitlab::response::{OwnerInfo, OwnerResult};
    use crate::gitlab::{GitlabLink, assess, query_rounds};
    use crate::target::{Target, parse};

    /// The verdict on a link into a project that has branches `main` and `release/1.0`, each with `docs/x.md`.
    fn verdict_on(path: &str) -> (Verdict, Option<String>) {
        let Target::Gitlab(target) = parse(&format!("https://gitlab.com/g/p/-/{path}"), "gitlab.com") else {
            panic!("{path} is no address of a project")
        };
        let link = [GitlabLink { target, fragment: String::new() }];
        let is_there = |lookup: &Lookup| match lookup {
            Lookup::Blob { git_ref, path } => ["main", "release/1.0"].contains(&&**git_ref) && path == "docs/x.md",
            Lookup::Tree { git_ref, path } => {
                ["main", "release/1.0"].contains(&&**git_ref) && ["", "docs"].contains(&&**path)
            }
            _ => false,
        };
        let mut results = LookupResults::default();
        for round in [query_rounds::first_round, query_rounds::second_round] {
            for query in results.unanswered_queries(round(&link, &[], &results)) {
                let answer = |lookup: &Lookup| {
                    if is_there(lookup) { LookupResult::Found(LookupValue::Exists) } else { LookupResult::Null }
                };
                let lookups = query.lookups.iter().map(|lookup| (lookup.clone(), answer(lookup))).collect();
                let info = OwnerInfo { path: "g/p".to_owned(), archived: false, root_ref: Some("main".to_owned()) };
                results.record_owner_result(&query, OwnerResult { owner: LookupResult::Found(info), lookups });
            }
        }
        let assessment = assess::assess(&link[0], &results);
        (assessment.verdict, assessment.suggestion.map(|better| better.to_string()))
    }

    #[test]
    fn a_kind_that_disagrees_is_a_move_on_refs_with_slashes_too() {
        for (path, verdict, better) in [
            ("blob/main/docs/x.md", Verdict::Alive, None),
            ("blob/main/docs", Verdict::Moved, Some("tree/main/docs")),
            ("tree/main/docs/x.md", Verdict::Moved, Some("blob/main/docs/x.md")),
            ("blob/release/1.0/docs/x.md", Verdict::Alive, None),
            ("tree/release/1.0/docs", Verdict::Alive, None),
            ("tree/release/1.0", Verdict::Alive, None),
            ("blob/release/1.0/docs", Verdict::Moved, Some("tree/release/1.0/docs")),
            ("blob/release/1.0", Verdict::Moved, Some("tree/release/1.0")),
            ("tree/release/1.0/docs/x.md", Verdict::Moved, Some("blob/release/1.0/docs/x.md")),
            ("tree/release/1.0/none", Verdict::Dead, None),
            ("blob/release/2.0/docs", Verdict::Dead, None),
        ] {
            let better = better.map(|better| format!("https://gitlab.com/g/p/-/{better}"));
            assert_eq!(verdict_on(path), (verdict, better), "{path}");
        }
    }
}
