//! Labels by exact name, in groups.
//!
//! Retired labels are renamed, not deleted (fact sheet on the handbook, section 9), so a miss is looked
//! up again under the names they get.

use std::collections::BTreeMap;

use super::lookup_results::LookupResults;
use super::owner_query::{Lookup, OwnerType};
use super::response::{LookupResult, LookupValue};
use crate::document::LabelSet;
use crate::verdict::LabelVerdict;

/// What a retired label's name ends with, the misspelt one included.
const RETIRED_SUFFIXES: [&str; 3] = [" [DEPRECATED]", " DEPRECATED", " [DEPRECIATED]"];

/// Each name in each group, as `(group, title)`. GitLab looks in that group and the projects right in it, not in the
/// groups above (`Types::GroupType#label`, `LabelsFinder` without `include_ancestor_groups`): the group that has a
/// label is named.
pub(super) fn exact_name_lookups(labels: &[LabelSet<'_>]) -> impl Iterator<Item = (String, String)> {
    labels.iter().flat_map(|asked| {
        asked.names.iter().flat_map(|name| asked.groups.iter().map(|group| (group.clone(), name.clone())))
    })
}

/// The retired names of those that are missed, as `(group, title)`.
pub(super) fn retired_name_lookups(
    labels: &[LabelSet<'_>],
    answers: &LookupResults,
) -> impl Iterator<Item = (String, String)> {
    labels.iter().flat_map(move |asked| {
        let missed =
            asked.names.iter().filter(move |name| combined_result(name, asked.groups, answers) == LookupResult::Null);
        let titles = missed.flat_map(|name| retired_names(name));
        titles.flat_map(|title| asked.groups.iter().map(move |group| (group.clone(), title.clone())))
    })
}

/// The groups in which labels are looked up, some of which may be archived there.
pub(super) fn searched_groups<'a>(labels: &'a [LabelSet<'_>]) -> impl Iterator<Item = &'a String> {
    labels.iter().filter(|asked| !asked.names.is_empty()).flat_map(|asked| asked.groups)
}

/// The verdict on each name, by all that is known.
pub(super) fn assess_labels(asked: &LabelSet<'_>, answers: &LookupResults) -> BTreeMap<String, LabelVerdict> {
    asked.names.iter().map(|name| (name.clone(), assess_label(name, asked.groups, answers))).collect()
}

fn assess_label(name: &str, groups: &[String], answers: &LookupResults) -> LabelVerdict {
    match combined_result(name, groups, answers) {
        LookupResult::Found(()) if is_archived_everywhere(name, groups, answers) => return LabelVerdict::Archived,
        LookupResult::Found(()) => return LabelVerdict::Alive,
        LookupResult::Failed(why) => return LabelVerdict::Unknown(why),
        LookupResult::Null => {}
    }
    let mut unsure = None;
    for title in retired_names(name) {
        match combined_result(&title, groups, answers) {
            LookupResult::Found(()) => return LabelVerdict::Retired(title),
            LookupResult::Failed(why) => unsure = unsure.or(Some(why)),
            LookupResult::Null => {}
        }
    }
    unsure.map_or(LabelVerdict::Missing, LabelVerdict::Unknown)
}

/// Whether a label is archived in every group that has it. A GitLab that knows no archived labels has none.
fn is_archived_everywhere(name: &str, groups: &[String], answers: &LookupResults) -> bool {
    let label = Lookup::Label(name.to_owned());
    let mut homes = groups.iter().filter(|group| answers.is_found(OwnerType::Group, group, &label));
    homes.all(|group| match answers.lookup(OwnerType::Group, group, &Lookup::ArchivedLabels) {
        Some(LookupResult::Found(LookupValue::LabelTitles(titles))) => titles.contains(name),
        _ => false,
    })
}

/// The names that a label may have got when it was retired.
pub(super) fn retired_names(name: &str) -> [String; 3] {
    RETIRED_SUFFIXES.map(|ending| format!("{name}{ending}"))
}

/// The result for a title over all groups: found in one, missing in all, or else failed.
fn combined_result(title: &str, groups: &[String], answers: &LookupResults) -> LookupResult<()> {
    let lookup = Lookup::Label(title.to_owned());
    let mut unsure = groups.is_empty().then(|| "no group is configured to search".to_owned());
    for group in groups {
        let why = match answers.lookup(OwnerType::Group, group, &lookup) {
            Some(LookupResult::Found(_)) => return LookupResult::Found(()),
            Some(LookupResult::Null) if answers.owner(OwnerType::Group, group) == LookupResult::Null => {
                format!("the group {group} is not there or not visible to this token")
            }
            Some(LookupResult::Null) => continue,
            Some(LookupResult::Failed(why)) => why.clone(),
            None => "it was not asked".to_owned(),
        };
        unsure.get_or_insert(why);
    }
    unsure.map_or(LookupResult::Null, LookupResult::Failed)
}
