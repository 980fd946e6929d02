//! The list of a project's merge requests with its filters (GitLab docs, "Merge requests API", list project merge requests;
//! `lib/api/helpers/merge_requests_helpers.rb`).

use super::Asked;
use super::filters::{People, Span, has_reaction, holds, is_milestone};
use super::labels::fit;
use super::paging::page;
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{MergeRequest, World};

const SCOPES: [&str; 6] =
    ["created-by-me", "created_by_me", "assigned-to-me", "assigned_to_me", "reviews_for_me", "all"];

/// All filters are joined by AND; the newest comes first unless asked otherwise.
pub(super) fn answer(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    let input = &asked.call.input;
    let filter = Filter::read(input)?;
    input.check("view", &["simple"])?;
    let simple = input.has("view");
    let details = input.checked_flag("with_labels_details")? == Some(true);
    // The status is worked out anew each time; a recheck is not promised either.
    input.checked_flag("with_merge_status_recheck")?;
    let readable = asked.world.may_read_merge_requests(home, asked.who);
    let mut found: Vec<&MergeRequest> = home.merge_requests.values().filter(|_| readable).collect();
    found.retain(|one| filter.fits(asked.world, asked.who, project, one));
    sort(&mut found, asked, project)?;
    Ok(page(asked, &found, |one| asked.merge_request_in_list(home, one, simple, details)))
}

/// What was asked for, read once.
struct Filter {
    state: Option<String>,
    scope: Option<String>,
    iids: Option<Vec<u64>>,
    source_branch: Option<String>,
    target_branch: Option<String>,
    source_project: Option<u64>,
    created: Span,
    updated: Span,
    search: Option<String>,
    search_in: Vec<String>,
    draft: Option<bool>,
    approved: Option<bool>,
    merged_by: People,
    approved_by: Approvers,
    wanted: Traits,
    unwanted: Traits,
}

impl Filter {
    fn read(input: &Input) -> Result<Filter, Reply> {
        input.check("state", &["opened", "closed", "locked", "merged", "all"])?;
        input.check("scope", &SCOPES)?;
        input.check("wip", &["yes", "no"])?;
        input.check("approved", &["yes", "no"])?;
        let yes = |key: &str| input.filled(key).map(|word| word == "yes");
        let source_project = input.number("source_project_id");
        if source_project.is_none() && input.filled("source_project_id").is_some() {
            return Err(Reply::unreadable("source_project_id"));
        }
        Ok(Filter {
            state: input.filled("state").filter(|state| state != "all"),
            scope: input.filled("scope").map(|scope| scope.replace('-', "_")),
            iids: input.numbers("iids"),
            source_branch: input.filled("source_branch"),
            target_branch: input.filled("target_branch"),
            source_project,
            created: Span::read(input, "created_after", "created_before")?,
            updated: Span::read(input, "updated_after", "updated_before")?,
            search: input.search(),
            search_in: input.list("in").unwrap_or_else(|| vec!["title".to_owned(), "description".to_owned()]),
            draft: yes("wip"),
            approved: yes("approved"),
            merged_by: People::read(input, ("merge_user_id", "merge_user_username"), false)?,
            approved_by: Approvers::read(input)?,
            wanted: Traits::read(input, false)?,
            unwanted: Traits::read(input, true)?,
        })
    }

    fn fits(&self, world: &World, who: Option<u64>, project: u64, one: &MergeRequest) -> bool {
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
            && self.created.holds(one.created_at)
            && self.updated.holds(one.updated_at)
            && self.text_fits(one)
            && self.draft.is_none_or(|draft| draft == one.is_draft())
            && self.approved.is_none_or(|approved| approved != one.approved_by.is_empty())
            && self.merged_by.fit(world, &merged_by).unwrap_or(true)
            && self.approved_by.fit(world, one)
            && self.wanted.matches(world, who, project, one).into_iter().all(|matches| matches)
            && !self.unwanted.matches(world, who, project, one).into_iter().any(|matches| matches)
    }

    fn text_fits(&self, one: &MergeRequest) -> bool {
        let Some(wanted) = &self.search else { return true };
        self.search_in.iter().any(|field| match field.as_str() {
            "title" => one.title.to_lowercase().contains(wanted),
            "description" => one.description.as_ref().is_some_and(|text| text.to_lowercase().contains(wanted)),
            _ => false,
        })
    }
}

/// All of these approved it, or nobody or anybody did (GitLab docs, "Merge requests API", `approved_by_ids`).
struct Approvers {
    ids: Vec<String>,
    names: Vec<String>,
}

impl Approvers {
    fn read(input: &Input) -> Result<Approvers, Reply> {
        let [ids, names] = ["approved_by_ids", "approved_by_usernames"].map(|key| input.list(key).unwrap_or_default());
        if !ids.is_empty() && !names.is_empty() {
            return Err(Reply::error(400, "approved_by_ids, approved_by_usernames are mutually exclusive"));
        }
        Ok(Approvers { ids, names })
    }

    fn fit(&self, world: &World, one: &MergeRequest) -> bool {
        let ids: Vec<String> = one.approved_by.iter().map(u64::to_string).collect();
        let names = one.approved_by.iter().filter_map(|id| world.users.get(id)).map(|user| user.username.clone());
        let names: Vec<String> = names.collect();
        self.ids.iter().all(|id| holds(id, &ids)) && self.names.iter().all(|name| holds(name, &names))
    }
}

/// What can be asked for and, inside `not`, asked away.
struct Traits {
    author: People,
    assignee: People,
    reviewer: People,
    labels: Vec<String>,
    unwanted: bool,
    milestone: Option<String>,
    reaction: Option<String>,
}

impl Traits {
    fn read(input: &Input, unwanted: bool) -> Result<Traits, Reply> {
        let key = |name: &str| if unwanted { format!("not[{name}]") } else { name.to_owned() };
        let people = |role: &str, optional: bool| {
            let (id, name) = (key(&format!("{role}_id")), key(&format!("{role}_username")));
            People::read(input, (&id, &name), optional)
        };
        let milestone = input.filled(&key("milestone"));
        if let Some(special) = milestone.as_ref().filter(|title| ["#upcoming", "#started"].contains(&title.as_str())) {
            return Err(Reply::not_kept(&format!("milestone with the value {special}")));
        }
        Ok(Traits {
            author: people("author", false)?,
            assignee: people("assignee", true)?,
            reviewer: people("reviewer", true)?,
            labels: input.list(&key("labels")).unwrap_or_default(),
            unwanted,
            milestone,
            reaction: input.filled(&key("my_reaction_emoji")),
        })
    }

    /// For each trait that is asked for, whether the merge request has it.
    fn matches(&self, world: &World, who: Option<u64>, project: u64, one: &MergeRequest) -> Vec<bool> {
        let title = one.milestone.and_then(|id| world.milestone_for(project, id)).map(|milestone| &milestone.title);
        // Without these labels means without each of them.
        let labels = if self.unwanted {
            self.labels.iter().any(|name| one.labels.contains(name))
        } else {
            fit(&self.labels, &one.labels)
        };
        let matches = [
            self.author.fit(world, &[one.author]),
            self.assignee.fit(world, &one.assignees),
            self.reviewer.fit(world, &one.reviewers),
            (!self.labels.is_empty()).then_some(labels),
            self.milestone.as_ref().map(|wanted| is_milestone(wanted, title)),
            self.reaction.as_ref().map(|wanted| has_reaction(wanted, &one.emoji, who)),
        ];
        matches.into_iter().flatten().collect()
    }
}

fn sort(found: &mut [&MergeRequest], asked: &Asked<'_>, project: u64) -> Result<(), Reply> {
    let input = &asked.call.input;
    let ascending = input.ascending()?;
    match input.filled("order_by").as_deref() {
        None | Some("created_at") => found.sort_by_key(|one| (one.created_at, one.id)),
        Some("updated_at") => found.sort_by_key(|one| (one.updated_at, one.id)),
        Some("title") => found.sort_by_key(|one| (one.title.to_lowercase(), one.id)),
        Some("merged_at") => found.sort_by_key(|one| (one.merged_at, one.id)),
        Some("popularity") => {
            found.sort_by_key(|one| (one.emoji.iter().filter(|emoji| emoji.name == "thumbsup").count(), one.id));
        }
        Some("milestone_due") => {
            // Without a due date it comes last in both directions.
            let due = |one: &MergeRequest| asked.world.milestone_for(project, one.milestone?)?.due_date;
            found.sort_by_key(|one| (due(one).is_none() == ascending, due(one), one.id));
        }
        Some(order @ ("priority" | "label_priority")) => {
            return Err(Reply::not_kept(&format!("order_by with the value {order}")));
        }
        Some(_) => return Err(Reply::no_such_value("order_by")),
    }
    if !ascending {
        found.reverse();
    }
    Ok(())
}
