//! The list of a project's issues with its filters (GitLab docs, "Issues API", list project issues).

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use super::Context;
use super::filters::{UserFilter, matches_milestone, matches_reaction, matches_value};
use super::labels::matches_labels;
use super::paging::{check_offset, keyset_page_reply, page_reply};
use crate::call::Params;
use crate::reply::{HandlerResult, Reply};
use crate::world::{Issue, World};

/// What an issue can be (`WorkItems::Type`); here all are plain issues.
pub(super) const ISSUE_TYPES: [&str; 6] = ["issue", "incident", "test_case", "requirement", "task", "ticket"];

/// What narrows the list down.
const FILTER_PARAMETERS: [&str; 33] = [
    "assignee_id",
    "assignee_username",
    "author_id",
    "author_username",
    "closed_by_id",
    "confidential",
    "created_after",
    "created_before",
    "due_date",
    "iids",
    "in",
    "issue_type",
    "labels",
    "milestone",
    "milestone_id",
    "my_reaction_emoji",
    "not[assignee_id]",
    "not[assignee_username]",
    "not[author_id]",
    "not[author_username]",
    "not[iids]",
    "not[labels]",
    "not[milestone]",
    "not[my_reaction_emoji]",
    "not[weight]",
    "order_by",
    "scope",
    "search",
    "sort",
    "state",
    "updated_after",
    "updated_before",
    "weight",
];

/// Values of `due_date`, which `lib/api/issues.rb` checks.
const DUE_DATE_VALUES: [&str; 8] =
    ["0", "any", "today", "tomorrow", "overdue", "week", "month", "next_month_and_previous_two_weeks"];

/// All filters are joined by AND; the newest comes first unless asked otherwise.
pub(super) fn list(context: &Context<'_>, project: u64) -> HandlerResult {
    let home = context.project_by_id(project)?;
    // Most are looked at only where there is an issue.
    context.call.params.mark_read(&FILTER_PARAMETERS);
    let details = context.call.params.flag("with_labels_details") == Some(true);
    let filter = IssueFilter::parse(&context.call.params, context.current_user_id, project)?;
    let visible =
        home.issues.values().filter(|issue| context.world.may_see_issue(project, issue, context.current_user_id));
    let mut found: Vec<&Issue> = visible.filter(|issue| filter.matches(context.world, issue)).collect();
    sort_issues(&mut found, context, project)?;
    if context.call.params.non_empty_text("pagination").as_deref() == Some("keyset") {
        return keyset_page_reply(
            context,
            &found,
            |issue| issue.id,
            |issue| context.issue_list_item_json(home, issue, details),
        );
    }
    check_offset(context, "Issue")?;
    Ok(page_reply(context, &found, |issue| context.issue_list_item_json(home, issue, details)))
}

/// What was asked for, read once.
struct IssueFilter<'a> {
    input: &'a Params,
    who: Option<u64>,
    project: u64,
    open: Option<bool>,
    created: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    updated: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    search: Option<String>,
    search_in: Vec<String>,
    kind: Option<String>,
    unwanted_assignee: UserFilter,
}

impl<'a> IssueFilter<'a> {
    fn parse(input: &'a Params, who: Option<u64>, project: u64) -> Result<IssueFilter<'a>, Reply> {
        input.require_allowed_value(
            "scope",
            &["created_by_me", "created-by-me", "assigned_to_me", "assigned-to-me", "all"],
        )?;
        input.require_allowed_value("issue_type", &ISSUE_TYPES)?;
        input.require_allowed_value("due_date", &DUE_DATE_VALUES)?;
        if input.non_empty_text("author_id").is_some_and(|id| id.parse::<i64>().is_err()) {
            return Err(Reply::parameter_invalid("author_id"));
        }
        if input.has("author_id") && input.has("author_username") {
            return Err(Reply::error(400, "author_id, author_username are mutually exclusive"));
        }
        check_special_values(input)?;
        Ok(IssueFilter {
            input,
            who,
            project,
            open: input.parse_state_filter("opened")?,
            created: (input.date_time("created_after")?, input.date_time("created_before")?),
            updated: (input.date_time("updated_after")?, input.date_time("updated_before")?),
            search: input.search_text(),
            search_in: input.list("in").unwrap_or_else(|| vec!["title".to_owned(), "description".to_owned()]),
            kind: input.non_empty_text("issue_type"),
            unwanted_assignee: UserFilter::parse(input, ("not[assignee_id]", "not[assignee_username]"), true)?,
        })
    }

    fn matches(&self, world: &World, issue: &Issue) -> bool {
        let input = self.input;
        let numbers = |key: &str| input.numbers(key);
        // There are only issues here.
        self.kind.as_deref().is_none_or(|kind| kind == "issue")
            && self.open.is_none_or(|open| open == issue.is_open())
            && numbers("iids").is_none_or(|iids| iids.contains(&issue.iid))
            && !numbers("not[iids]").is_some_and(|iids| iids.contains(&issue.iid))
            && self.matches_labels(issue)
            && is_within(self.created, issue.created_at)
            && is_within(self.updated, issue.updated_at)
            && self.matches_search(issue)
            && self.matches_users(world, issue)
            && self.matches_due_date(world, issue)
            && self.matches_milestone(world, issue)
            && self.matches_no_exclusion(world, issue)
            && self.matches_weight(issue)
            && input.number("closed_by_id").is_none_or(|id| issue.closed_by == Some(id))
            && input
                .non_empty_text("my_reaction_emoji")
                .is_none_or(|name| matches_reaction(&name, &issue.emoji, self.who))
            && input.flag("confidential").is_none_or(|wanted| wanted == issue.confidential)
    }

    fn matches_labels(&self, issue: &Issue) -> bool {
        let wanted = self.input.list("labels").unwrap_or_default();
        let unwanted = self.input.list("not[labels]").unwrap_or_default();
        matches_labels(&wanted, &issue.labels) && !unwanted.iter().any(|name| issue.labels.contains(name))
    }

    fn matches_search(&self, issue: &Issue) -> bool {
        let Some(wanted) = &self.search else { return true };
        self.search_in.iter().any(|field| match field.as_str() {
            "title" => issue.title.to_lowercase().contains(wanted),
            "description" => issue.description.as_ref().is_some_and(|text| text.to_lowercase().contains(wanted)),
            _ => false,
        })
    }

    fn matches_users(&self, world: &World, issue: &Issue) -> bool {
        let input = self.input;
        let name = |id: u64| world.users.get(&id).map(|user| user.username.to_lowercase());
        let author = name(issue.author);
        let text = |key: &str| input.non_empty_text(key).map(|text| text.to_lowercase());
        let mine = match text("scope").as_deref() {
            Some("created_by_me" | "created-by-me") => self.who == Some(issue.author),
            Some("assigned_to_me" | "assigned-to-me") => self.who.is_some_and(|who| issue.assignees.contains(&who)),
            _ => true,
        };
        let assigned = |wanted: &str| match wanted {
            "none" | "0" => issue.assignees.is_empty(),
            "any" => !issue.assignees.is_empty(),
            wanted => issue.assignees.iter().any(|&id| name(id).as_deref() == Some(wanted) || id.to_string() == wanted),
        };
        mine && input.number("author_id").is_none_or(|id| id == issue.author)
            && input.number("not[author_id]").is_none_or(|id| id != issue.author)
            && text("author_username").is_none_or(|wanted| author.as_ref() == Some(&wanted))
            && text("not[author_username]").is_none_or(|unwanted| author.as_ref() != Some(&unwanted))
            && text("assignee_id").is_none_or(|wanted| assigned(&wanted))
            && input.list("assignee_username").is_none_or(|names| names.iter().all(|one| assigned(&one.to_lowercase())))
    }

    /// By title, or `None` and `Any`, which `milestone_id` may be, too.
    fn matches_milestone(&self, world: &World, issue: &Issue) -> bool {
        let wanted = self.input.non_empty_text("milestone").or_else(|| self.input.non_empty_text("milestone_id"));
        wanted.is_none_or(|wanted| matches_milestone(&wanted, self.milestone_title(world, issue)))
    }

    fn milestone_title<'w>(&self, world: &'w World, issue: &Issue) -> Option<&'w String> {
        issue.milestone.and_then(|id| world.available_milestone(self.project, id)).map(|one| &one.title)
    }

    /// What stands in `not` and is not looked at elsewhere.
    fn matches_no_exclusion(&self, world: &World, issue: &Issue) -> bool {
        let given = |key: &str| self.input.non_empty_text(&format!("not[{key}]"));
        let milestone = self.milestone_title(world, issue);
        let assigned = self.unwanted_assignee.matches(world, &issue.assignees);
        !assigned.unwrap_or(false)
            && !given("milestone").is_some_and(|title| matches_milestone(&title, milestone))
            && !given("my_reaction_emoji").is_some_and(|name| matches_reaction(&name, &issue.emoji, self.who))
    }

    fn matches_weight(&self, issue: &Issue) -> bool {
        let weight: Vec<String> = issue.weight.iter().map(u64::to_string).collect();
        self.input.non_empty_text("weight").is_none_or(|wanted| matches_value(&wanted, &weight))
            && !self.input.non_empty_text("not[weight]").is_some_and(|unwanted| matches_value(&unwanted, &weight))
    }

    fn matches_due_date(&self, world: &World, issue: &Issue) -> bool {
        let Some(wanted) = self.input.non_empty_text("due_date") else { return true };
        let today = world.now.date_naive();
        let due = issue.due_date;
        match wanted.as_str() {
            "0" => due.is_none(),
            "any" => due.is_some(),
            "today" => due == Some(today),
            "tomorrow" => due == today.succ_opt(),
            "overdue" => due.is_some_and(|day| day < today),
            "week" => due.is_some_and(|day| iso_week(day) == iso_week(today)),
            "month" => due.is_some_and(|day| months_since_year_zero(day) == months_since_year_zero(today)),
            // From two weeks ago to the end of the next month (`Issuable::due_between`, `Issues::DueDateFilter`).
            "next_month_and_previous_two_weeks" => due.is_some_and(|day| {
                let ahead = months_since_year_zero(day) - months_since_year_zero(today);
                ahead <= 1 && day >= today.checked_sub_days(Days::new(14)).unwrap_or(today)
            }),
            _ => true,
        }
    }
}

/// Values that are numbers or words of GitLab's own (`lib/api/issues.rb`).
fn check_special_values(input: &Params) -> Result<(), Reply> {
    let word = |key: &str| input.non_empty_text(key).filter(|word| word.parse::<i64>().is_err());
    if word("weight").is_some_and(|word| !["none", "any"].contains(&word.to_lowercase().as_str())) {
        return Err(Reply::error(400, "weight should be an integer, 'None' or 'Any'"));
    }
    if word("not[weight]").is_some() {
        return Err(Reply::parameter_invalid("not[weight]"));
    }
    input.require_allowed_value("milestone_id", &["None", "Any", "Upcoming", "Started"])?;
    match input.non_empty_text("milestone_id").filter(|word| ["Upcoming", "Started"].contains(&word.as_str())) {
        Some(word) => Err(Reply::not_supported(&format!("milestone_id with the value {word}"))),
        None if input.has("milestone") && input.has("milestone_id") => {
            Err(Reply::error(400, "milestone_id, milestone are mutually exclusive"))
        }
        None => Ok(()),
    }
}

fn iso_week(day: NaiveDate) -> (i32, u32) {
    let week = day.iso_week();
    (week.year(), week.week())
}

/// Months since the year 0.
fn months_since_year_zero(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month())
}

fn is_within((after, before): (Option<DateTime<Utc>>, Option<DateTime<Utc>>), time: DateTime<Utc>) -> bool {
    after.is_none_or(|after| time >= after) && before.is_none_or(|before| time <= before)
}

fn sort_issues(found: &mut [&Issue], context: &Context<'_>, project: u64) -> Result<(), Reply> {
    let input = &context.call.params;
    let order = input.non_empty_text("order_by");
    let ascending = input.is_sort_ascending()?;
    match order.as_deref() {
        None | Some("created_at") => found.sort_by_key(|issue| (issue.created_at, issue.id)),
        Some("popularity") => {
            let thumbs = |issue: &Issue| issue.emoji.iter().filter(|emoji| emoji.name == "thumbsup").count();
            found.sort_by_key(|issue| (thumbs(issue), issue.id));
        }
        Some("milestone_due") => {
            let due = |issue: &Issue| context.world.available_milestone(project, issue.milestone?)?.due_date;
            found.sort_by_key(|issue| (due(issue).is_none() == ascending, due(issue), issue.id));
        }
        Some(order @ ("priority" | "label_priority" | "relative_position")) => {
            return Err(Reply::not_supported(&format!("order_by with the value {order}")));
        }
        Some("updated_at") => found.sort_by_key(|issue| (issue.updated_at, issue.id)),
        Some("title") => found.sort_by_key(|issue| (issue.title.to_lowercase(), issue.id)),
        Some("weight") => found.sort_by_key(|issue| (issue.weight, issue.id)),
        Some("due_date") => {
            // Without a due date an issue comes last in both directions.
            found.sort_by_key(|issue| (issue.due_date.is_none() == ascending, issue.due_date, issue.id));
        }
        Some("id") => found.sort_by_key(|issue| issue.id),
        Some(_) => return Err(Reply::value_not_allowed("order_by")),
    }
    if !ascending {
        found.reverse();
    }
    Ok(())
}
