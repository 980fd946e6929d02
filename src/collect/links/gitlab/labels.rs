//! Labels by exact name, in groups.
//!
//! Retired labels are renamed, not deleted (fact sheet on the handbook, section 9), so a miss is looked
//! up again under the names they get.

use std::collections::BTreeMap;

use super::answer::{Fact, Look};
use super::known::Known;
use super::question::{Leaf, Root};
use crate::collect::links::Labels;
use crate::pod::verdict::LabelVerdict;

/// What a retired label's name ends with, the misspelt one included.
const RETIRED: [&str; 3] = [" [DEPRECATED]", " DEPRECATED", " [DEPRECIATED]"];

/// Each name in each group, as `(group, title)`. GitLab looks in that group and the projects right in it, not in the groups
/// above (`Types::GroupType#label`, `LabelsFinder` without `include_ancestor_groups`): the group that has a label is named.
pub(super) fn exact(labels: &[Labels<'_>]) -> impl Iterator<Item = (String, String)> {
    labels.iter().flat_map(|asked| {
        asked.names.iter().flat_map(|name| asked.groups.iter().map(|group| (group.clone(), name.clone())))
    })
}

/// The retired names of those that are missed, as `(group, title)`.
pub(super) fn retired(labels: &[Labels<'_>], known: &Known) -> impl Iterator<Item = (String, String)> {
    labels.iter().flat_map(move |asked| {
        let missed = asked.names.iter().filter(move |name| look(name, asked.groups, known) == Look::Null);
        let titles = missed.flat_map(|name| retired_as(name));
        titles.flat_map(|title| asked.groups.iter().map(move |group| (group.clone(), title.clone())))
    })
}

/// The groups in which labels are looked up, some of which may be archived there.
pub(super) fn groups<'a>(labels: &'a [Labels<'_>]) -> impl Iterator<Item = &'a String> {
    labels.iter().filter(|asked| !asked.names.is_empty()).flat_map(|asked| asked.groups)
}

/// The verdict on each name, by all that is known.
pub(super) fn judge(asked: &Labels<'_>, known: &Known) -> BTreeMap<String, LabelVerdict> {
    asked.names.iter().map(|name| (name.clone(), verdict(name, asked.groups, known))).collect()
}

fn verdict(name: &str, groups: &[String], known: &Known) -> LabelVerdict {
    match look(name, groups, known) {
        Look::There(()) if is_archived(name, groups, known) => return LabelVerdict::Archived,
        Look::There(()) => return LabelVerdict::Alive,
        Look::Failed(why) => return LabelVerdict::Unknown(why),
        Look::Null => {}
    }
    let mut unsure = None;
    for title in retired_as(name) {
        match look(&title, groups, known) {
            Look::There(()) => return LabelVerdict::Retired(title),
            Look::Failed(why) => unsure = unsure.or(Some(why)),
            Look::Null => {}
        }
    }
    unsure.map_or(LabelVerdict::Missing, LabelVerdict::Unknown)
}

/// Whether a label is archived in every group that has it. A GitLab that knows no archived labels has none.
fn is_archived(name: &str, groups: &[String], known: &Known) -> bool {
    let label = Leaf::Label(name.to_owned());
    let mut homes = groups.iter().filter(|group| known.has(Root::Group, group, &label));
    homes.all(|group| match known.leaf(Root::Group, group, &Leaf::ArchivedLabels) {
        Some(Look::There(Fact::Titles(titles))) => titles.contains(name),
        _ => false,
    })
}

/// The names that a label may have got when it was retired.
pub(super) fn retired_as(name: &str) -> [String; 3] {
    RETIRED.map(|ending| format!("{name}{ending}"))
}

/// What is known of a title over all groups: there in one, or missing in all, or else unsure.
fn look(title: &str, groups: &[String], known: &Known) -> Look<()> {
    let leaf = Leaf::Label(title.to_owned());
    let mut unsure = groups.is_empty().then(|| "no group is configured to look in".to_owned());
    for group in groups {
        let why = match known.leaf(Root::Group, group, &leaf) {
            Some(Look::There(_)) => return Look::There(()),
            Some(Look::Null) if known.owner(Root::Group, group) == Look::Null => {
                format!("the group {group} is not there or not visible to this token")
            }
            Some(Look::Null) => continue,
            Some(Look::Failed(why)) => why.clone(),
            None => "it was not asked".to_owned(),
        };
        unsure.get_or_insert(why);
    }
    unsure.map_or(Look::Null, Look::Failed)
}
