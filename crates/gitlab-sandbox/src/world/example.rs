//! A small world to begin with.

use chrono::{DateTime, TimeDelta, Utc};

use super::{DEVELOPER, FieldChange, IssueEdit, NewIssue, OWNER, REPORTER, Visibility, World};

impl World {
    /// A group with two projects and the people around them, for tests that need no world of their own.
    ///
    /// - `group/docs` is public and has pages: `README.md` and `content/guide.md`, on the branch `main`
    /// - `group/tasks` is private and has the label `type::bug` and two issues, of which the first is closed
    /// - its tokens: `api`, `read_api` and `read_repository` are of the bot, a reporter of `group/tasks`; `person` is
    ///   of a developer, `admin` of an administrator; `expired` is refused
    /// - on the web there is `https://docs.example.com/guide`
    pub fn example(now: DateTime<Utc>) -> World {
        let mut world = World::empty(now);
        let admin = world.add_user("root", "Administrator");
        world.make_admin(admin);
        let bot = world.add_user("helpful-bot", "Helpful Bot");
        world.make_bot(bot);
        let person = world.add_user("ines", "Ines Aalto");
        add_example_tokens(&mut world, (admin, bot, person));

        let docs = world.add_project("group/docs", Visibility::Public);
        world.add_member(docs, admin, OWNER);
        world.add_member(docs, person, DEVELOPER);
        world.add_file(docs, "main", "README.md", "# Docs\n\nThe pages of a small group.\n");
        world.add_file(docs, "main", "content/guide.md", "# Guide\n\n## How to begin\n\nWith a cup of tea.\n");

        let work = world.add_project("group/tasks", Visibility::Private);
        world.add_member(work, admin, OWNER);
        world.add_member(work, bot, REPORTER);
        world.add_member(work, person, DEVELOPER);
        world.add_file(work, "main", "README.md", "# Work\n\nWhat is to do.\n");
        world.add_label(work, "type::bug", "#d9534f", "Something does not work");
        let close = IssueEdit { close: Some(true), ..IssueEdit::default() };
        world.at_time(hours_before(now, 72), |world| {
            world.open_issue(work, person, &example_issue("A scanner that finds nothing"))
        });
        world.at_time(hours_before(now, 48), |world| world.edit_issue(work, 1, person, &close));
        world.at_time(hours_before(now, 24), |world| {
            world.open_issue(work, bot, &example_issue("A report that nobody sees"))
        });

        world.add_web_page_with_headings("docs.example.com", "/guide", "Guide", &["How to begin"]);
        world
    }
}

fn add_example_tokens(world: &mut World, (admin, bot, person): (u64, u64, u64)) {
    let next_year = world.now.date_naive().checked_add_signed(TimeDelta::days(300));
    let last_week = Some(world.days_ago(7).date_naive());
    world.add_token("api", bot, &["api"], next_year);
    world.add_token("read_api", bot, &["read_api"], next_year);
    world.add_token("read_repository", bot, &["read_repository"], next_year);
    world.add_token("person", person, &["api"], next_year);
    world.add_token("admin", admin, &["api", "sudo"], next_year);
    world.add_token("expired", bot, &["api"], last_week);
}

fn example_issue(title: &str) -> NewIssue {
    let description = "## What happened\n\n- [x] Look at the job's log\n- [ ] Read the report\n";
    let rest = IssueEdit {
        description: FieldChange::Set(description.to_owned()),
        labels: Some(vec!["type::bug".to_owned()]),
        ..IssueEdit::default()
    };
    NewIssue { title: title.to_owned(), edit: rest }
}

/// So many hours earlier, or the same time where the calendar ends.
fn hours_before(time: DateTime<Utc>, hours: i64) -> DateTime<Utc> {
    time.checked_sub_signed(TimeDelta::hours(hours)).unwrap_or(time)
}
