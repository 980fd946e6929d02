//! From what GitLab answered to verdicts.
//!
//! Certain is what a project that can be seen shows of its files. An issue, merge request or epic that is
//! null may be confidential, so it is gone only for a token whose role would see it. `code` judges what is in a
//! repository, `pages` the other pages of a project or group.

mod code;
mod pages;

pub(super) use pages::LABEL_NOT_SEEN;

use super::GitlabLink;
use super::is_path_marked_for_deletion;
use super::lookup_results::LookupResults;
use super::owner_query::{Lookup, OwnerType};
use super::response::{LookupResult, LookupValue, OwnerInfo};
use super::{ci_template, lookups};
use crate::target::{GitlabResource, GitlabTarget};
use crate::verdict::{Assessment, Verdict};

const HIDDEN: &str = "not there or not visible to everybody";

/// From this role on confidential issues, epics and merge requests are seen (GitLab docs, "Roles and
/// permissions": planner).
const CONFIDENTIAL_MIN_ROLE: u64 = 15;
/// From this role on pipelines are seen whatever a project shows to others (the same page: reporter).
const PIPELINES_MIN_ROLE: u64 = 20;

/// The verdict on a link, once all rounds are over.
pub(super) fn assess(link: &GitlabLink, answers: &LookupResults) -> Assessment {
    let owner = link.target.owner.path();
    let mut failure = None;
    for root in lookups::possible_owner_types(&link.target.owner) {
        match answers.owner(*root, owner) {
            LookupResult::Found(info) => {
                let seen = LinkAssessor { link, results: answers, owner_type: *root, owner, info };
                let assessment = seen.note_moved_or_archived(seen.assess_resource());
                return Assessment {
                    deprecated: ci_template::find_deprecation(link, answers).map(Box::new),
                    ..assessment
                };
            }
            LookupResult::Failed(why) => failure = failure.or(Some(why)),
            LookupResult::Null => {}
        }
    }
    match failure {
        Some(why) => Assessment::new(Verdict::Unreachable, why),
        None => Assessment::new(Verdict::Hidden, HIDDEN),
    }
}

/// Gives the verdict on one link whose owner is there.
struct LinkAssessor<'a> {
    link: &'a GitlabLink,
    results: &'a LookupResults,
    owner_type: OwnerType,
    owner: &'a str,
    info: &'a OwnerInfo,
}

impl LinkAssessor<'_> {
    fn target(&self) -> &GitlabTarget {
        &self.link.target
    }

    fn assess_resource(&self) -> Assessment {
        match (&self.target().resource, self.owner_type) {
            (GitlabResource::File { git_ref, path }, OwnerType::Project) => self.assess_file(git_ref, path),
            (GitlabResource::Tree { git_ref, path }, OwnerType::Project) => self.assess_folder(git_ref, path),
            (GitlabResource::Issue(iid), OwnerType::Project) => self.assess_item(&Lookup::Issue(iid.clone()), "issue"),
            (GitlabResource::MergeRequest(iid), OwnerType::Project) => {
                self.assess_item(&Lookup::MergeRequest(iid.clone()), "merge request")
            }
            (GitlabResource::Epic(iid), OwnerType::Group) => self.assess_epic(iid),
            (GitlabResource::FileOrTree { git_ref, path }, OwnerType::Project) => {
                self.assess_file_or_tree(git_ref, path)
            }
            (GitlabResource::Commit(name), OwnerType::Project) => self.assess_revision(name, "commit"),
            (GitlabResource::Tag(name), OwnerType::Project) => self.assess_revision(name, "tag"),
            (GitlabResource::Compare { from, to }, OwnerType::Project) => self.assess_compare(from, to),
            (GitlabResource::Home, OwnerType::Project) if !self.link.fragment.is_empty() => self.assess_readme_anchor(),
            (GitlabResource::Home, _) => alive(""),
            _ => self.assess_page(),
        }
    }

    /// The owner's path for a suggestion. What GitLab calls a project until it is deleted is no address to write down.
    fn suggested_owner_path(&self) -> &str {
        if is_path_marked_for_deletion(&self.info.path) { self.owner } else { &self.info.path }
    }

    /// What a project that moved or was archived adds to a verdict.
    fn note_moved_or_archived(&self, assessment: Assessment) -> Assessment {
        let moved = !self.info.path.eq_ignore_ascii_case(self.owner);
        match assessment.verdict {
            Verdict::Alive if is_path_marked_for_deletion(&self.info.path) => {
                alive("its project is marked for deletion")
            }
            Verdict::Alive if moved => {
                let reason = format!("it is at {} now", self.info.path);
                Assessment::new(Verdict::Moved, reason).with_suggestion(self.target().url_with_owner(&self.info.path))
            }
            Verdict::Alive if self.info.archived && assessment.reason == "" => alive("its project is archived"),
            _ => assessment,
        }
    }

    fn lookup_result(&self, lookup: &Lookup) -> LookupResult<()> {
        match self.results.lookup(self.owner_type, self.owner, lookup) {
            Some(LookupResult::Found(_)) => LookupResult::Found(()),
            Some(LookupResult::Null) => LookupResult::Null,
            Some(LookupResult::Failed(why)) => LookupResult::Failed(why.clone()),
            None => LookupResult::Failed("it was not asked".to_owned()),
        }
    }

    fn is_found(&self, lookup: &Lookup) -> bool {
        self.results.is_found(self.owner_type, self.owner, lookup)
    }

    fn assess_item(&self, lookup: &Lookup, what: &str) -> Assessment {
        match self.lookup_result(lookup) {
            LookupResult::Found(()) if self.link.fragment.is_empty() => alive(""),
            LookupResult::Found(()) => {
                let reason = format!("the {what} is there; its comments were not asked for");
                Assessment::new(Verdict::FragmentUnverifiable, reason)
            }
            LookupResult::Null if self.can_see_confidential() => {
                Assessment::new(Verdict::Dead, format!("the {what} is not there"))
            }
            LookupResult::Null => Assessment::new(Verdict::Hidden, format!("the {what} is {HIDDEN}")),
            LookupResult::Failed(why) => Assessment::new(Verdict::Unreachable, why),
        }
    }

    fn can_see_confidential(&self) -> bool {
        let least = if matches!(self.target().resource, GitlabResource::Pipeline(_)) {
            PIPELINES_MIN_ROLE
        } else {
            CONFIDENTIAL_MIN_ROLE
        };
        let role = self.results.lookup(self.owner_type, self.owner, &Lookup::Role);
        matches!(role, Some(LookupResult::Found(LookupValue::Role(role))) if *role >= least)
    }

    fn assess_epic(&self, iid: &str) -> Assessment {
        let (epic, item) = (Lookup::Epic(iid.to_owned()), Lookup::WorkItem(iid.to_owned()));
        // A type that one GitLab has not got is no failure while the other answers.
        let lookup = if self.is_found(&epic)
            || matches!(self.lookup_result(&item), LookupResult::Failed(_))
                && self.lookup_result(&epic) == LookupResult::Null
        {
            epic
        } else {
            item
        };
        self.assess_item(&lookup, "epic")
    }
}

fn alive(reason: &'static str) -> Assessment {
    Assessment::new(Verdict::Alive, reason)
}
