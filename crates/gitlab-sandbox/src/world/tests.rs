use super::labels::label_scope;
use super::{FieldChange, IssueEdit, NewIssue, Visibility, World};

fn world_with_project() -> (World, u64, u64) {
    let mut world = World::empty("2026-11-23T12:00:00Z".parse().unwrap());
    let project = world.add_project("group/pairing", Visibility::Private);
    let user = world.add_user("ada", "Ada Quill");
    world.add_member(project, user, 30);
    (world, project, user)
}

/// A world with one issue of this description; quick actions in it do not run.
fn world_with_issue(text: &str) -> (World, u64, u64) {
    let (mut world, project, user) = world_with_project();
    world.open_issue(project, user, &NewIssue { title: "T".to_owned(), ..Default::default() }).unwrap();
    world.issue_mut(project, 1).unwrap().description = Some(text.to_owned());
    (world, project, user)
}

#[test]
fn of_an_edited_description_only_new_quick_actions_run() {
    let (mut world, project, user) = world_with_issue("Text.\n\n/close\n/title Old");
    world.add_label(project, "x", "#112233", "");
    let text = "More text.\n\n/close\n/title New\n/label ~x";
    let edit = IssueEdit { description: FieldChange::Set(text.to_owned()), ..Default::default() };
    world.edit_issue(project, 1, user, &edit);
    let issue = world.issue(project, 1).unwrap();
    assert_eq!((issue.is_open(), issue.title.as_str()), (true, "New"), "/close was there before");
    assert_eq!(issue.commands, ["/title New", "/label ~x"]);
    assert_eq!(issue.description.as_deref(), Some("More text."), "none of them is stored");
}

#[test]
fn a_save_in_the_rich_text_editor_is_an_edit_like_any_other() {
    let (mut world, project, user) = world_with_issue("<!-- key -->\n- *a*\n\n/close");
    world.save_in_rich_text_editor(project, 1, user).unwrap();
    let issue = world.issue(project, 1).unwrap();
    assert_eq!(issue.description.as_deref(), Some("<!--key-->\n\n* _a_"));
    assert!(issue.is_open(), "what was there before does not run");
    assert_eq!(issue.notes.values().map(|note| note.body.as_str()).collect::<Vec<_>>(), ["changed the description"]);
    let before = world.clone();
    world.save_in_rich_text_editor(project, 1, user).unwrap();
    assert_eq!(world.issue(project, 1), before.issue(project, 1), "a second save changes nothing");
    assert_eq!(world.save_in_rich_text_editor(project, 9, user), None);
}

#[test]
fn dropped_comments_leave_the_rest() {
    let (mut world, project, user) = world_with_issue("<!-- a\n\nb -->text <!-- c -->\n\n`<!-- d -->`");
    world.save_without_html_comments(project, 1, user).unwrap();
    assert_eq!(world.issue(project, 1).unwrap().description.as_deref(), Some("text \n\n`<!-- d -->`"));
    let (mut world, project, user) = world_with_issue("<!-- all -->");
    world.save_without_html_comments(project, 1, user).unwrap();
    assert_eq!(world.issue(project, 1).unwrap().description, None);
}

#[test]
fn a_renewed_token_brings_another_bot_with_the_same_roles() {
    let (mut world, project, user) = world_with_project();
    let old = world.add_token("api", user, &["api"], None);
    let group = world.group_by_path("group").unwrap().id;
    world.add_group_member(group, user, 20);
    let new = world.renew_token("api", false).unwrap();
    assert!(new != old && new.starts_with("glpat-sandbox-api-") && new.ends_with("-no-secret"), "{new}");
    let token = &world.tokens["api"];
    assert_eq!((&token.value, &token.scopes), (&new, &vec!["api".to_owned()]));
    let bot = &world.users[&token.user];
    let tail = bot.username.strip_prefix(&format!("project_{project}_bot_")).unwrap();
    assert!(bot.bot && tail.len() == 8 && tail.chars().all(|char| char.is_ascii_hexdigit()), "{}", bot.username);
    assert_eq!((world.projects[&project].members[&bot.id], world.groups[&group].members[&bot.id]), (30, 20));
    assert_eq!(world.users[&user].state, "blocked");
    assert_eq!(world.renew_token("none", true), None);
}

#[test]
fn what_a_ghost_leaves_is_the_ghost_users() {
    let (mut world, project, user) = world_with_project();
    world.add_token("api", user, &["api"], None);
    let rest = IssueEdit { assignees: Some(vec![user]), labels: Some(vec!["x".to_owned()]), ..Default::default() };
    world.open_issue(project, user, &NewIssue { title: "T".to_owned(), edit: rest });
    world.add_issue_note(project, 1, user, "hello");
    world.renew_token("api", true).unwrap();
    let ghost = world.user_by_username("ghost").unwrap().id;
    let issue = world.issue(project, 1).unwrap();
    assert_eq!((issue.author, issue.label_events[0].user, issue.assignees.len()), (ghost, ghost, 0));
    assert!(issue.notes.values().all(|note| note.author == ghost));
    assert!(!world.users.contains_key(&user) && !world.projects[&project].members.contains_key(&user));
    let second = world.tokens["api"].user;
    world.renew_token("api", true).unwrap();
    assert_eq!(world.user_by_username("ghost").unwrap().id, ghost, "there is one ghost");
    assert!(!world.users.contains_key(&second));
}

#[test]
fn the_highest_role_counts() {
    let (mut world, project, user) = world_with_project();
    world.set_project_role("ada", project, 10).unwrap();
    assert_eq!(world.access_level(project, Some(user)), 10);
    let group = world.group_by_path("group").unwrap().id;
    world.add_group_member(group, user, 20);
    assert_eq!(world.access_level(project, Some(user)), 20, "what a group gives stays");
    world.set_project_role("ADA", project, 0).unwrap();
    assert_eq!(world.projects[&project].members.get(&user), None);
    assert_eq!((world.set_project_role("nobody", project, 10), world.set_project_role("ada", 99, 10)), (None, None));
}

#[test]
fn a_scope_ends_at_the_last_colons() {
    assert_eq!(label_scope("key1::key 2::v"), Some("key1::key 2"));
    assert_eq!(label_scope("::x"), Some(""));
    assert_eq!(label_scope("plain:x"), None);
}

#[test]
fn equal_histories_give_equal_worlds() {
    let make = || {
        let (mut world, project, user) = world_with_project();
        let new = NewIssue {
            title: "T".to_owned(),
            edit: IssueEdit { labels: Some(vec!["x".to_owned()]), ..Default::default() },
        };
        let iid = world.open_issue(project, user, &new).unwrap();
        world.add_issue_note(project, iid, user, "hello");
        world
    };
    assert_eq!(make(), make());
    assert_eq!(serde_json::to_string(&make()).unwrap(), serde_json::to_string(&make()).unwrap());
}

#[test]
fn verbs_on_what_is_not_there_do_nothing() {
    let (mut world, _, user) = world_with_project();
    let before = world.clone();
    world.edit_issue(99, 1, user, &IssueEdit { close: Some(true), ..Default::default() });
    world.add_member(99, user, 30);
    world.add_file(99, "main", "x", "y");
    assert_eq!(world, before);
    assert_eq!(world.open_issue(99, user, &NewIssue::default()), None);
    assert_eq!(world.add_issue_note(99, 1, user, "x"), None);
}

#[test]
fn the_dump_of_a_world_holds_no_token() {
    let (mut world, _, user) = world_with_project();
    let value = world.add_token("api", user, &["api"], None);
    assert!(!serde_json::to_string(&world).unwrap().contains(&value));
}
