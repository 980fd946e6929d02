//! The list of a project's merge requests with its filters (GitLab docs, "Merge requests API", list project merge
//! requests; `lib/api/helpers/merge_requests_helpers.rb`).

use super::Context;
use super::filters::{TimeRange, UserFilter, matches_milestone, matches_reaction, matches_value};
use super::labels::matches_labels;
use super::paging::page_reply;
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{MergeRequest, World};

const SCOPES: [&str; 6] =
    ["created-by-me", "created_by_me", "assigned-to-me", "assigned_to_me", "reviews_for_me", "all"];

/// All filters are joined by AND; the newest comes first unless asked otherwise.
pub(super) fn list(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    let input = &context.call.params;
    let filter = MergeRequestFilter::parse(input)?;
    input.require_allowed_value("view", &["simple"])?;
    let simple = input.has("view");
    let details = input.strict_flag("with_labels_details")? == Some(true);
    // The status is worked out anew each time; a recheck is not promised either.
    input.strict_flag("with_merge_status_recheck")?;
    let readable = context.world.may_read_merge_requests(home, context.current_user_id);
    let mut found: Vec<&MergeRequest> = home.merge_requests.values().filter(|_| readable).collect();
    found.retain(|one| filter.matches(context.world, context.current_user_id, project, one));
    sort_merge_requests(&mut found, context, project)?;
    Ok(page_reply(context, &found, |one| context.merge_request_list_item_json(home, one, simple, details)))
}

/// What was asked for, read once.
struct MergeRequestFilter {
    state: Option<String>,
    scope: Option<String>,
    iids: Option<Vec<u64>>,
    source_branch: Option<String>,
    target_branch: Option<String>,
    source_project: Option<u64>,
    created: TimeRange,
    updated: TimeRange,
    search: Option<String>,
    search_in: Vec<String>,
    draft: Option<bool>,
    approved: Option<bool>,
    merged_by: UserFilter,
    approved_by: ApproverFilter,
    wanted: NegatableFilters,
    unwanted: NegatableFilters,
}

impl MergeRequestFilter {
    fn parse(input: &Params) -> Result<MergeRequestFilter, Reply> {
        input.require_allowed_value("state", &["opened", "closed", "locked", "merged", "all"])?;
        input.require_allowed_value("scope", &SCOPES)?;
        input.require_allowed_value("wip", &["yes", "no"])?;
        input.require_allowed_value("approved", &["yes", "no"])?;
        let yes = |key: &str| input.non_empty_text(key).map(|word| word == "yes");
        let source_project = input.number("source_project_id");
        if source_project.is_none() && input.non_empty_text("source_project_id").is_some() {
            return Err(Reply::parameter_invalid("source_project_id"));
        }
        Ok(MergeRequestFilter {
            state: input.non_empty_text("state").filter(|state| state != "all"),
            scope: input.non_empty_text("scope").map(|scope| scope.replace('-', "_")),
            iids: input.numbers("iids"),
            source_branch: input.non_empty_text("source_branch"),
            target_branch: input.non_empty_text("target_branch"),
            source_project,
            created: TimeRange::parse(input, "created_after", "created_before")?,
            updated: TimeRange::parse(input, "updated_after", "updated_before")?,
            search: input.search_text(),
            search_in: input.list("in").unwrap_or_else(|| vec!["title".to_owned(), "description".to_owned()]),
            draft: yes("wip"),
            approved: yes("approved"),
            merged_by: UserFilter::parse(input, ("merge_user_id", "merge_user_username"), false)?,
            approved_by: ApproverFilter::parse(input)?,
            wanted: NegatableFilters::parse(input, false)?,
            unwanted: NegatableFilters::parse(input, true)?,
        })
    }

    fn matches(&self, world: &World, who: Option<u64>, project: u64, one: &MergeRequest) -> bool {
        let is = |wanted: &Option<String>, own: &String| wanted.as_ref().is_none_or(|wanted| wanted == own);
        let mine = match self.scope.as_deref() {
            Some("created_by_me") => who == Some(one.author),
            Some("assigned_to_me") => who.is_some_and(|who| one.assignees.contains(&who)),
            Some("reviews_for_me") => who.is_some_and(|who| one.reviewers.contains(&who)),
            _ => true,
        };
        let merged_by: Vec<u64> = one.merged_by.into_iter().collect();
        mine && is(&self.state, &one.state)
            && is(&self.source_branch, &one.source_branch)
            && is(&self.target_branch, &one.target_branch)
            && self.source_project.is_none_or(|id| id == one.source_project)
            && self.iids.as_ref().is_none_or(|iids| iids.contains(&one.iid))
            && self.created.contains(one.created_at)
            && self.updated.contains(one.updated_at)
            && self.matches_search(one)
            && self.draft.is_none_or(|draft| draft == one.is_draft())
            && self.approved.is_none_or(|approved| approved != one.approved_by.is_empty())
            && self.merged_by.matches(world, &merged_by).unwrap_or(true)
            && self.approved_by.matches(world, one)
            && self.wanted.match_each(world, who, project, one).into_iter().all(|matches| matches)
            && !self.unwanted.match_each(world, who, project, one).into_iter().any(|matches| matches)
    }

    fn matches_search(&self, one: &MergeRequest) -> bool {
        let Some(wanted) = &self.search else { return true };
        self.search_in.iter().any(|field| match field.as_str() {
            "title" => one.title.to_lowercase().contains(wanted),
            "description" => one.description.as_ref().is_some_and(|text| text.to_lowercase().contains(wanted)),
            _ => false,
        })
    }
}

/// All of these approved it, or nobody or anybody did (GitLab docs, "Merge requests API", `approved_by_ids`).
struct ApproverFilter {
    ids: Vec<String>,
    names: Vec<String>,
}

impl ApproverFilter {
    fn parse(input: &Params) -> Result<ApproverFilter, Reply> {
        let [ids, names] = ["approved_by_ids", "approved_by_usernames"].map(|key| input.list(key).unwrap_or_default());
        if !ids.is_empty() && !names.is_empty() {
            return Err(Reply::error(400, "approved_by_ids, approved_by_usernames are mutually exclusive"));
        }
        Ok(ApproverFilter { ids, names })
    }

    fn matches(&self, world: &World, one: &MergeRequest) -> bool {
        let ids: Vec<String> = one.approved_by.iter().map(u64::to_string).collect();
        let names = one.approved_by.iter().filter_map(|id| world.users.get(id)).map(|user| user.username.clone());
        let names: Vec<String> = names.collect();
        self.ids.iter().all(|id| matches_value(id, &ids)) && self.names.iter().all(|name| matches_value(name, &names))
    }
}

/// Filters that can stand inside `not`, too.
struct NegatableFilters {
    author: UserFilter,
    assignee: UserFilter,
    reviewer: UserFilter,
    labels: Vec<String>,
    unwanted: bool,
    milestone: Option<String>,
    reaction: Option<String>,
}

impl NegatableFilters {
    fn parse(input: &Params, unwanted: bool) -> Result<NegatableFilters, Reply> {
        let key = |name: &str| if unwanted { format!("not[{name}]") } else { name.to_owned() };
        let people = |role: &str, optional: bool| {
            let (id, name) = (key(&format!("{role}_id")), key(&format!("{role}_username")));
            UserFilter::parse(input, (&id, &name), optional)
        };
        let milestone = input.non_empty_text(&key("milestone"));
        if let Some(special) = milestone.as_ref().filter(|title| ["#upcoming", "#started"].contains(&title.as_str())) {
            return Err(Reply::not_supported(&format!("milestone with the value {special}")));
        }
        Ok(NegatableFilters {
            author: people("author", false)?,
            assignee: people("assignee", true)?,
            reviewer: people("reviewer", true)?,
            labels: input.list(&key("labels")).unwrap_or_default(),
            unwanted,
            milestone,
            reaction: input.non_empty_text(&key("my_reaction_emoji")),
        })
    }

    /// For each filter that was given, whether the merge request matches it.
    fn match_each(&self, world: &World, who: Option<u64>, project: u64, one: &MergeRequest) -> Vec<bool> {
        let title =
            one.milestone.and_then(|id| world.available_milestone(project, id)).map(|milestone| &milestone.title);
        // Without these labels means without each of them.
        let labels = if self.unwanted {
            self.labels.iter().any(|name| one.labels.contains(name))
        } else {
            matches_labels(&self.labels, &one.labels)
        };
        let matches = [
            self.author.matches(world, &[one.author]),
            self.assignee.matches(world, &one.assignees),
            self.reviewer.matches(world, &one.reviewers),
            (!self.labels.is_empty()).then_some(labels),
            self.milestone.as_ref().map(|wanted| matches_milestone(wanted, title)),
            self.reaction.as_ref().map(|wanted| matches_reaction(wanted, &one.emoji, who)),
        ];
        matches.into_iter().flatten().collect()
    }
}

fn sort_merge_requests(found: &mut [&MergeRequest], context: &Context<'_>, project: u64) -> Result<(), Reply> {
    let input = &context.call.params;
    let ascending = input.is_sort_ascending()?;
    match input.non_empty_text("order_by").as_deref() {
        None | Some("created_at") => found.sort_by_key(|one| (one.created_at, one.id)),
        Some("updated_at") => found.sort_by_key(|one| (one.updated_at, one.id)),
        Some("title") => found.sort_by_key(|one| (one.title.to_lowercase(), one.id)),
        Some("merged_at") => found.sort_by_key(|one| (one.merged_at, one.id)),
        Some("popularity") => {
            found.sort_by_key(|one| (one.emoji.iter().filter(|emoji| emoji.name == "thumbsup").count(), one.id));
        }
        Some("milestone_due") => {
            // Without a due date it comes last in both directions.
            let due = |one: &MergeRequest| context.world.available_milestone(project, one.milestone?)?.due_date;
            found.sort_by_key(|one| (due(one).is_none() == ascending, due(one), one.id));
        }
        Some(order @ ("priority" | "label_priority")) => {
            return Err(Reply::not_supported(&format!("order_by with the value {order}")));
        }
        Some(_) => return Err(Reply::value_not_allowed("order_by")),
    }
    if !ascending {
        found.reverse();
    }
    Ok(())
}
