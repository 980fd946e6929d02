//! The rest of what a pod uses: the groups that its page's labels are in, and the project that its reports are in.

use std::collections::BTreeSet;

use gitlab_sandbox::world::{DEVELOPER, OWNER, REPORTER, Visibility, World};

use super::{PAGE_TEMPLATE, SeedUsers};

/// A label of the page that no group has.
pub(super) const MISSING_LABEL: &str = "Category:Code Quality";
/// A label of the page that is there under its retired name only.
pub(super) const RETIRED_LABEL: &str = "group::threat insights";

/// A group with the labels of the seed's page, but for two.
pub(super) fn build_label_group(world: &mut World, path: &str) {
    world.add_group(path, Visibility::Public);
    let names: BTreeSet<&str> = PAGE_TEMPLATE.split("~\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for name in names.into_iter().filter(|name| !name.is_empty() && *name != MISSING_LABEL) {
        let retired = format!("{name} [DEPRECATED]");
        let (name, text) = if name == RETIRED_LABEL { (retired.as_str(), "Retired") } else { (name, "") };
        world.add_group_label(path, name, "#6699cc", text);
    }
}

/// The project of the living reports.
pub(super) fn build_reports_project(world: &mut World, cast: &SeedUsers, path: &str) {
    let project = world.add_project(path, Visibility::Public);
    world.add_member(project, cast.root, OWNER);
    world.add_member(project, cast.bot, REPORTER);
    for &member in cast.members.iter().chain([&cast.person]) {
        world.add_member(project, member, DEVELOPER);
    }
    world.add_file(project, "main", "README.md", "# Reports\n\nOne issue for each report that lives.\n");
}
