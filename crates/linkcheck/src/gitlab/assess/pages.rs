//! Verdicts on the other pages of a project or group: lists, forms, boards, releases, milestones, the wiki.

use super::{HIDDEN, LinkAssessor, alive};
use crate::gitlab::labels::retired_names;
use crate::gitlab::lookups;
use crate::gitlab::owner_query::{Lookup, OwnerType};
use crate::gitlab::response::LookupResult;
use crate::target::GitlabResource;
use crate::text::one_line;
use crate::verdict::{Assessment, Verdict};

/// What is said of a list that is narrowed to a label which is not seen.
pub(in crate::gitlab) const LABEL_NOT_SEEN: &str = "the list is there; a label that it is narrowed to is not seen";

const NOT_ASKED: &str = "its project or group is there; the page itself was not asked for";

impl LinkAssessor<'_> {
    /// A page of an owner that is there.
    pub(super) fn assess_page(&self) -> Assessment {
        let assessment = self.assess_without_filters();
        if assessment.verdict == Verdict::Alive && !self.target().label_filters.is_empty() {
            self.assess_label_filters()
        } else {
            assessment
        }
    }

    fn assess_without_filters(&self) -> Assessment {
        if let (Some((form, name)), OwnerType::Project) =
            (lookups::requested_template(&self.target().resource), self.owner_type)
        {
            return match self.lookup_result(&form.default_branch_lookup(name)) {
                LookupResult::Found(()) => alive(""),
                LookupResult::Failed(why) => Assessment::new(Verdict::Unreachable, why),
                LookupResult::Null => self.assess_rest_lookup(&Lookup::Template(form, name.to_owned()), "template"),
            };
        }
        match (&self.target().resource, lookups::direct_lookup(&self.target().resource, self.owner_type)) {
            (GitlabResource::Milestone(iid), _) => {
                self.assess_rest_lookup(&Lookup::Milestone(iid.clone()), "milestone")
            }
            (GitlabResource::Wiki(slug), _) => {
                match self.assess_rest_lookup(&Lookup::Wiki(slug.clone()), "wiki page") {
                    // The list does not show which pages lead on to their new names (`.gitlab/redirects.yml`).
                    assessment if assessment.verdict == Verdict::Dead => {
                        Assessment::new(Verdict::Hidden, "the wiki page is not there, or it has another name now")
                    }
                    assessment => assessment,
                }
            }
            (_, Some(lookup)) => match self.lookup_result(&lookup) {
                LookupResult::Found(()) => alive(""),
                LookupResult::Failed(why) => Assessment::new(Verdict::Unreachable, why),
                LookupResult::Null if self.can_see_confidential() => Assessment::new(Verdict::Dead, "it is not there"),
                LookupResult::Null => Assessment::new(Verdict::Hidden, format!("it is {HIDDEN}")),
            },
            _ => alive(NOT_ASKED),
        }
    }

    /// The verdict by what the REST API answered: an owner whose list can be read has what is on it and nothing else.
    fn assess_rest_lookup(&self, lookup: &Lookup, what: &str) -> Assessment {
        match self.results.lookup(self.owner_type, self.owner, lookup) {
            Some(LookupResult::Found(_)) => alive(""),
            Some(LookupResult::Null) => Assessment::new(Verdict::Dead, format!("the {what} is not there")),
            Some(LookupResult::Failed(why)) => Assessment::new(Verdict::Unreachable, why.clone()),
            None => Assessment::new(Verdict::Hidden, format!("the {what} is {HIDDEN}")),
        }
    }

    /// A list that is narrowed to labels: it shows nothing where one of them is gone. A project's are its own and those
    /// of the groups above it, which not everybody sees; a group's may also be those of any project below it, which
    /// GitLab does not list together.
    fn assess_label_filters(&self) -> Assessment {
        let (mut now, mut archived) = (Vec::new(), false);
        for title in &self.target().label_filters {
            match self.lookup_result(&Lookup::FilterLabel(title.clone())) {
                LookupResult::Found(()) => {}
                LookupResult::Failed(why) => return Assessment::new(Verdict::Unreachable, why),
                LookupResult::Null if self.is_found(&Lookup::ArchivedFilterLabel(title.clone())) => archived = true,
                LookupResult::Null => {
                    let shown = one_line(title.as_str());
                    match retired_names(title)
                        .into_iter()
                        .find(|retired| self.is_found(&Lookup::FilterLabel(retired.clone())))
                    {
                        Some(retired) => now.push((title.as_str(), retired)),
                        None if self.owner_type == OwnerType::Project && self.can_see_confidential() => {
                            return Assessment::new(
                                Verdict::Dead,
                                format!("no label ~\"{shown}\" is there to narrow the list to"),
                            );
                        }
                        None => return alive(LABEL_NOT_SEEN),
                    }
                }
            }
        }
        let Some((_, retired)) = now.first() else {
            return alive(if archived { "a label that the list is narrowed to is archived" } else { "" });
        };
        let reason = format!("a label that the list is narrowed to was retired as ~\"{}\"", one_line(retired.as_str()));
        Assessment::new(Verdict::Moved, reason).with_suggestion(self.target().url_with_labels(&now))
    }
}
