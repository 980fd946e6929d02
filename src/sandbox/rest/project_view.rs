//! What somebody sees of a project (`lib/api/entities/project.rb`, `basic_project_details.rb`), and its parts' switches.

use serde_json::{Value, json};

use super::Asked;
use crate::sandbox::call::Input;
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{Part, Project, Reach};

/// Parts with the parameters that switch them.
const PARTS: [(Part, &str, &str); 4] = [
    (Part::Issues, "issues_access_level", "issues_enabled"),
    (Part::Repository, "repository_access_level", ""),
    (Part::Wiki, "wiki_access_level", "wiki_enabled"),
    (Part::MergeRequests, "merge_requests_access_level", "merge_requests_enabled"),
];

/// All that those see who are not signed in, and everybody in short lists.
const BASIC: [&str; 20] = [
    "id",
    "description",
    "name",
    "name_with_namespace",
    "path",
    "path_with_namespace",
    "created_at",
    "default_branch",
    "tag_list",
    "topics",
    "ssh_url_to_repo",
    "http_url_to_repo",
    "web_url",
    "readme_url",
    "forks_count",
    "avatar_url",
    "star_count",
    "last_activity_at",
    "visibility",
    "namespace",
];

/// A project's whole shape as the asking user gets it.
pub(super) fn seen(asked: &Asked<'_>, project: &Project, mut shape: Value) -> Value {
    shape["archived"] = json!(project.archived || project.marked_for_deletion_on.is_some());
    shape["marked_for_deletion_at"] = json!(project.marked_for_deletion_on);
    shape["marked_for_deletion_on"] = json!(project.marked_for_deletion_on);
    for (part, level, switch) in PARTS {
        shape[level] = json!(project.reach(part));
        if !switch.is_empty() {
            shape[switch] = json!(project.reach(part) != Reach::Disabled);
        }
    }
    if let Value::Object(fields) = &mut shape {
        if !asked.world.may_read_code(project, asked.who) {
            fields.retain(|key, _| !["default_branch", "readme_url", "forks_count"].contains(&key.as_str()));
        }
        if asked.who.is_none() {
            fields.retain(|key, _| BASIC.contains(&key.as_str()));
        }
    }
    shape
}

/// What the parameters say of a project's parts: which are switched, and how far each reaches then.
pub(super) fn wanted_parts(input: &Input) -> Result<Vec<(Part, Reach)>, Reply> {
    let mut wanted = Vec::new();
    for (part, level, switch) in PARTS {
        let reach = match input.filled(level).as_deref() {
            Some("disabled") => Some(Reach::Disabled),
            Some("private") => Some(Reach::Private),
            Some("enabled") => Some(Reach::Enabled),
            Some(_) => return Err(Reply::no_such_value(level)),
            None => None,
        };
        let switched = input.flag(switch).map(|on| if on { Reach::Enabled } else { Reach::Disabled });
        wanted.extend(reach.or(switched).map(|reach| (part, reach)));
    }
    Ok(wanted)
}
