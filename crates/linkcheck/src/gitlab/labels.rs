//! Labels by exact name, in groups.
//!
//! Everybody sees the labels of a public group (`app/policies/group_policy.rb`: `read_label` comes with `read_group`), so
//! they are asked for as anybody. Only groups that not everybody sees are asked with the own token.
//!
//! Retired labels are renamed, not deleted (fact sheet on the handbook, section 9), so a miss is looked
//! up again under the names they get.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::Lookups;
use super::api::{GitlabApi, Viewer};
use super::lookup_results::LookupResults;
use super::owner_query::{Lookup, OwnerType};
use super::response::{LookupResult, LookupValue};
use crate::document::LabelSet;
use crate::observed::ReadFailure;
use crate::verdict::{LabelVerdict, LabelVerdicts};

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

/// The retired names of those that are missed in the groups that are seen, as `(group, title)`.
pub(super) fn retired_name_lookups(labels: &[LabelSet<'_>], answers: &LookupResults) -> Vec<(String, String)> {
    let mut lookups = Vec::new();
    for asked in labels {
        let is_seen = |group: &&String| answers.owner(OwnerType::Group, group) != LookupResult::Null;
        let groups: Vec<String> = asked.groups.iter().filter(is_seen).cloned().collect();
        let missed = asked.names.iter().filter(|name| combined_result(name, &groups, answers) == LookupResult::Null);
        for title in missed.flat_map(|name| retired_names(name)) {
            lookups.extend(groups.iter().map(|group| (group.clone(), title.clone())));
        }
    }
    lookups
}

/// The groups in which labels are looked up, some of which may be archived there.
pub(super) fn searched_groups<'a>(labels: &'a [LabelSet<'_>]) -> impl Iterator<Item = &'a String> {
    labels.iter().filter(|asked| !asked.names.is_empty()).flat_map(|asked| asked.groups)
}

/// The verdicts on all sets.
pub(super) struct CheckedLabels {
    /// For each set, in their order.
    pub(super) verdicts: Vec<LabelVerdicts>,
    /// Why the groups that not everybody sees could not be asked about, if so.
    pub(super) failure: Option<ReadFailure>,
}

/// The verdicts by what anybody is shown, and with the own token by what groups have that not everybody sees.
pub(super) async fn check_labels(
    labels: &[LabelSet<'_>],
    anybody: &LookupResults,
    api: &dyn GitlabApi,
    ends: Option<Instant>,
) -> CheckedLabels {
    let is_hidden = |group: &&String| anybody.owner(OwnerType::Group, group) == LookupResult::Null;
    let groups: Vec<(Vec<String>, Vec<String>)> =
        labels.iter().map(|asked| asked.groups.iter().cloned().partition(|group| !is_hidden(&group))).collect();
    let unseen: Vec<LabelSet<'_>> = labels
        .iter()
        .zip(&groups)
        .map(|(asked, (seen, hidden))| {
            // A group that is not seen may have what the others miss, or have under a retired name only.
            let verdict = |name: &String| assess_label(name, seen, anybody);
            let is_open = |name: &&String| matches!(verdict(name), LabelVerdict::Missing | LabelVerdict::Retired(_));
            let names =
                if hidden.is_empty() { BTreeSet::new() } else { asked.names.iter().filter(is_open).cloned().collect() };
            LabelSet { names, groups: hidden }
        })
        .collect();
    let mut own = Lookups::new(api, Viewer::OwnToken, ends);
    own.run(&[], &unseen).await;
    let verdicts = labels.iter().zip(&groups).zip(&unseen).map(|((asked, (seen, hidden)), unseen)| {
        let assess = |name: &String| {
            if asked.groups.is_empty() {
                LabelVerdict::Unknown("no group is configured to search".to_owned())
            } else if unseen.names.contains(name) {
                match assess_label(name, hidden, &own.results) {
                    LabelVerdict::Missing => assess_label(name, seen, anybody),
                    verdict => verdict,
                }
            } else {
                assess_label(name, seen, anybody)
            }
        };
        let by_name = asked.names.iter().map(|name| (name.clone(), assess(name))).collect();
        let is_unseen = |group: &&String| own.results.owner(OwnerType::Group, group) == LookupResult::Null;
        let unseen_groups = hidden.iter().filter(|_| !unseen.names.is_empty()).filter(is_unseen).cloned().collect();
        LabelVerdicts { by_name, token_only: unseen.names.clone(), unseen_groups }
    });
    CheckedLabels { verdicts: verdicts.collect(), failure: own.failure }
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
pub fn retired_names(name: &str) -> [String; 3] {
    RETIRED_SUFFIXES.map(|ending| format!("{name}{ending}"))
}

/// The result for a title over all groups: found in one, missing in all, or else failed.
fn combined_result(title: &str, groups: &[String], answers: &LookupResults) -> LookupResult<()> {
    let lookup = Lookup::Label(title.to_owned());
    let mut unsure = None;
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
