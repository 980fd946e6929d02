//! What somebody sees of a project (`lib/api/entities/project.rb`, `basic_project_details.rb`), and the switches of its
//! features.

use serde_json::{Value, json};

use super::Context;
use crate::call::Params;
use crate::reply::Reply;
use crate::world::{Feature, FeatureAccess, Project};

/// Parts with the parameters that switch them.
const FEATURE_PARAMETERS: [(Feature, &str, &str); 4] = [
    (Feature::Issues, "issues_access_level", "issues_enabled"),
    (Feature::Repository, "repository_access_level", ""),
    (Feature::Wiki, "wiki_access_level", "wiki_enabled"),
    (Feature::MergeRequests, "merge_requests_access_level", "merge_requests_enabled"),
];

/// All that those see who are not signed in, and everybody in short lists.
const BASIC_FIELDS: [&str; 20] = [
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

/// A project's JSON with what its features add, cut to the fields that the asking user gets.
pub(super) fn with_visible_fields(context: &Context<'_>, project: &Project, mut shape: Value) -> Value {
    shape["archived"] = json!(project.archived || project.marked_for_deletion_on.is_some());
    shape["marked_for_deletion_at"] = json!(project.marked_for_deletion_on);
    shape["marked_for_deletion_on"] = json!(project.marked_for_deletion_on);
    for (feature, level, switch) in FEATURE_PARAMETERS {
        shape[level] = json!(project.feature_access(feature));
        if !switch.is_empty() {
            shape[switch] = json!(project.feature_access(feature) != FeatureAccess::Disabled);
        }
    }
    if let Value::Object(fields) = &mut shape {
        if !context.world.may_read_code(project, context.current_user_id) {
            fields.retain(|key, _| !["default_branch", "readme_url", "forks_count"].contains(&key.as_str()));
        }
        if context.current_user_id.is_none() {
            fields.retain(|key, _| BASIC_FIELDS.contains(&key.as_str()));
        }
    }
    shape
}

/// What the parameters say of a project's features: which are switched, and how far each reaches then.
pub(super) fn read_feature_access(input: &Params) -> Result<Vec<(Feature, FeatureAccess)>, Reply> {
    let mut wanted = Vec::new();
    for (feature, level, switch) in FEATURE_PARAMETERS {
        let feature_access = match input.non_empty_text(level).as_deref() {
            Some("disabled") => Some(FeatureAccess::Disabled),
            Some("private") => Some(FeatureAccess::Private),
            Some("enabled") => Some(FeatureAccess::Enabled),
            Some(_) => return Err(Reply::value_not_allowed(level)),
            None => None,
        };
        let switched = input.flag(switch).map(|on| if on { FeatureAccess::Enabled } else { FeatureAccess::Disabled });
        wanted.extend(feature_access.or(switched).map(|feature_access| (feature, feature_access)));
    }
    Ok(wanted)
}
