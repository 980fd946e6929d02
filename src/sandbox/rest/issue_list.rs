//! The list of a project's issues with its filters (GitLab docs, "Issues API", list project issues).

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use super::Asked;
use super::filters::{People, has_reaction, holds, is_milestone};
use super::issues::KINDS;
use super::labels::fit;
use super::paging::{check_offset, keyset, page};
use crate::sandbox::call::Input;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Issue, World};

/// What narrows the list down.
const FILTERS: [&str; 33] = [
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
const DUE: [&str; 8] =
    ["0", "any", "today", "tomorrow", "overdue", "week", "month", "next_month_and_previous_two_weeks"];

/// All filters are joined by AND; the newest comes first unless asked otherwise.
pub(super) fn answer(asked: &Asked<'_>, project: u64) -> Answer {
    let home = asked.project(project)?;
    // Most are looked at only where there is an issue.
    asked.call.input.declare(&FILTERS);
    let details = asked.call.input.flag("with_labels_details") == Some(true);
    let filter = Filter::read(&asked.call.input, asked.who, project)?;
    let visible = home.issues.values().filter(|issue| asked.world.may_see_issue(project, issue, asked.who));
    let mut found: Vec<&Issue> = visible.filter(|issue| filter.fits(asked.world, issue)).collect();
    sort(&mut found, asked, project)?;
    if asked.call.input.filled("pagination").as_deref() == Some("keyset") {
        return keyset(asked, &found, |issue| issue.id, |issue| asked.issue_in_list(home, issue, details));
    }
    check_offset(asked, "Issue")?;
    Ok(page(asked, &found, |issue| asked.issue_in_list(home, issue, details)))
}

/// What was asked for, read once.
struct Filter<'a> {
    input: &'a Input,
    who: Option<u64>,
    project: u64,
    open: Option<bool>,
    created: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    updated: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    search: Option<String>,
    search_in: Vec<String>,
    kind: Option<String>,
    unwanted_assignee: People,
}

impl<'a> Filter<'a> {
    fn read(input: &'a Input, who: Option<u64>, project: u64) -> Result<Filter<'a>, Reply> {
        input.check("scope", &["created_by_me", "created-by-me", "assigned_to_me", "assigned-to-me", "all"])?;
        input.check("issue_type", &KINDS)?;
        input.check("due_date", &DUE)?;
        if input.filled("author_id").is_some_and(|id| id.parse::<i64>().is_err()) {
            return Err(Reply::unreadable("author_id"));
        }
        if input.has("author_id") && input.has("author_username") {
            return Err(Reply::error(400, "author_id, author_username are mutually exclusive"));
        }
        check_special(input)?;
        Ok(Filter {
            input,
            who,
            project,
            open: input.state("opened")?,
            created: (input.instant("created_after")?, input.instant("created_before")?),
            updated: (input.instant("updated_after")?, input.instant("updated_before")?),
            search: input.search(),
            search_in: input.list("in").unwrap_or_else(|| vec!["title".to_owned(), "description".to_owned()]),
            kind: input.filled("issue_type"),
            unwanted_assignee: People::read(input, ("not[assignee_id]", "not[assignee_username]"), true)?,
        })
    }

    fn fits(&self, world: &World, issue: &Issue) -> bool {
        let input = self.input;
        let numbers = |key: &str| input.numbers(key);
        // There are only issues here.
        self.kind.as_deref().is_none_or(|kind| kind == "issue")
            && self.open.is_none_or(|open| open == issue.is_open())
            && numbers("iids").is_none_or(|iids| iids.contains(&issue.iid))
            && !numbers("not[iids]").is_some_and(|iids| iids.contains(&issue.iid))
            && self.labels_fit(issue)
            && within(self.created, issue.created_at)
            && within(self.updated, issue.updated_at)
            && self.text_fits(issue)
            && self.people_fit(world, issue)
            && self.due_fits(world, issue)
            && self.milestone_fits(world, issue)
            && self.unwanted_fits(world, issue)
            && self.weight_fits(issue)
            && input.number("closed_by_id").is_none_or(|id| issue.closed_by == Some(id))
            && input.filled("my_reaction_emoji").is_none_or(|name| has_reaction(&name, &issue.emoji, self.who))
            && input.flag("confidential").is_none_or(|wanted| wanted == issue.confidential)
    }

    fn labels_fit(&self, issue: &Issue) -> bool {
        let wanted = self.input.list("labels").unwrap_or_default();
        let unwanted = self.input.list("not[labels]").unwrap_or_default();
        fit(&wanted, &issue.labels) && !unwanted.iter().any(|name| issue.labels.contains(name))
    }

    fn text_fits(&self, issue: &Issue) -> bool {
        let Some(wanted) = &self.search else { return true };
        self.search_in.iter().any(|field| match field.as_str() {
            "title" => issue.title.to_lowercase().contains(wanted),
            "description" => issue.description.as_ref().is_some_and(|text| text.to_lowercase().contains(wanted)),
            _ => false,
        })
    }

    fn people_fit(&self, world: &World, issue: &Issue) -> bool {
        let input = self.input;
        let name = |id: u64| world.users.get(&id).map(|user| user.username.to_lowercase());
        let author = name(issue.author);
        let text = |key: &str| input.filled(key).map(|text| text.to_lowercase());
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
    fn milestone_fits(&self, world: &World, issue: &Issue) -> bool {
        let wanted = self.input.filled("milestone").or_else(|| self.input.filled("milestone_id"));
        wanted.is_none_or(|wanted| is_milestone(&wanted, self.milestone(world, issue)))
    }

    fn milestone<'w>(&self, world: &'w World, issue: &Issue) -> Option<&'w String> {
        issue.milestone.and_then(|id| world.milestone_for(self.project, id)).map(|one| &one.title)
    }

    /// What stands in `not` and is not looked at elsewhere.
    fn unwanted_fits(&self, world: &World, issue: &Issue) -> bool {
        let given = |key: &str| self.input.filled(&format!("not[{key}]"));
        let milestone = self.milestone(world, issue);
        let assigned = self.unwanted_assignee.fit(world, &issue.assignees);
        !assigned.unwrap_or(false)
            && !given("milestone").is_some_and(|title| is_milestone(&title, milestone))
            && !given("my_reaction_emoji").is_some_and(|name| has_reaction(&name, &issue.emoji, self.who))
    }

    fn weight_fits(&self, issue: &Issue) -> bool {
        let weight: Vec<String> = issue.weight.iter().map(u64::to_string).collect();
        self.input.filled("weight").is_none_or(|wanted| holds(&wanted, &weight))
            && !self.input.filled("not[weight]").is_some_and(|unwanted| holds(&unwanted, &weight))
    }

    fn due_fits(&self, world: &World, issue: &Issue) -> bool {
        let Some(wanted) = self.input.filled("due_date") else { return true };
        let today = world.now.date_naive();
        let due = issue.due_date;
        match wanted.as_str() {
            "0" => due.is_none(),
            "any" => due.is_some(),
            "today" => due == Some(today),
            "tomorrow" => due == today.succ_opt(),
            "overdue" => due.is_some_and(|day| day < today),
            "week" => due.is_some_and(|day| week(day) == week(today)),
            "month" => due.is_some_and(|day| month(day) == month(today)),
            // From two weeks ago to the end of the next month (`Issuable::due_between`, `Issues::DueDateFilter`).
            "next_month_and_previous_two_weeks" => due.is_some_and(|day| {
                let ahead = month(day) - month(today);
                ahead <= 1 && day >= today.checked_sub_days(Days::new(14)).unwrap_or(today)
            }),
            _ => true,
        }
    }
}

/// Values that are numbers or words of GitLab's own (`lib/api/issues.rb`).
fn check_special(input: &Input) -> Result<(), Reply> {
    let word = |key: &str| input.filled(key).filter(|word| word.parse::<i64>().is_err());
    if word("weight").is_some_and(|word| !["none", "any"].contains(&word.to_lowercase().as_str())) {
        return Err(Reply::error(400, "weight should be an integer, 'None' or 'Any'"));
    }
    if word("not[weight]").is_some() {
        return Err(Reply::unreadable("not[weight]"));
    }
    input.check("milestone_id", &["None", "Any", "Upcoming", "Started"])?;
    match input.filled("milestone_id").filter(|word| ["Upcoming", "Started"].contains(&word.as_str())) {
        Some(word) => Err(Reply::not_kept(&format!("milestone_id with the value {word}"))),
        None if input.has("milestone") && input.has("milestone_id") => {
            Err(Reply::error(400, "milestone_id, milestone are mutually exclusive"))
        }
        None => Ok(()),
    }
}

fn week(day: NaiveDate) -> (i32, u32) {
    let week = day.iso_week();
    (week.year(), week.week())
}

/// Months since the year 0.
fn month(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month())
}

fn within((after, before): (Option<DateTime<Utc>>, Option<DateTime<Utc>>), time: DateTime<Utc>) -> bool {
    after.is_none_or(|after| time >= after) && before.is_none_or(|before| time <= before)
}

fn sort(found: &mut [&Issue], asked: &Asked<'_>, project: u64) -> Result<(), Reply> {
    let input = &asked.call.input;
    let order = input.filled("order_by");
    let ascending = input.ascending()?;
    match order.as_deref() {
        None | Some("created_at") => found.sort_by_key(|issue| (issue.created_at, issue.id)),
        Some("popularity") => {
            let thumbs = |issue: &Issue| issue.emoji.iter().filter(|emoji| emoji.name == "thumbsup").count();
            found.sort_by_key(|issue| (thumbs(issue), issue.id));
        }
        Some("milestone_due") => {
            let due = |issue: &Issue| asked.world.milestone_for(project, issue.milestone?)?.due_date;
            found.sort_by_key(|issue| (due(issue).is_none() == ascending, due(issue), issue.id));
        }
        Some(order @ ("priority" | "label_priority" | "relative_position")) => {
            return Err(Reply::not_kept(&format!("order_by with the value {order}")));
        }
        Some("updated_at") => found.sort_by_key(|issue| (issue.updated_at, issue.id)),
        Some("title") => found.sort_by_key(|issue| (issue.title.to_lowercase(), issue.id)),
        Some("weight") => found.sort_by_key(|issue| (issue.weight, issue.id)),
        Some("due_date") => {
            // Without a due date an issue comes last in both directions.
            found.sort_by_key(|issue| (issue.due_date.is_none() == ascending, issue.due_date, issue.id));
        }
        Some("id") => found.sort_by_key(|issue| issue.id),
        Some(_) => return Err(Reply::no_such_value("order_by")),
    }
    if !ascending {
        found.reverse();
    }
    Ok(())
}
