use super::labels::scope;
use super::{IssueEdit, NewIssue, Visibility, World};

fn world() -> (World, u64, u64) {
    let mut world = World::empty("2026-11-23T12:00:00Z".parse().unwrap());
    let project = world.add_project("group/pairing", Visibility::Private);
    let user = world.add_user("ada", "Ada Quill");
    world.add_member(project, user, 30);
    (world, project, user)
}

#[test]
fn a_scope_ends_at_the_last_colons() {
    assert_eq!(scope("key1::key 2::v"), Some("key1::key 2"));
    assert_eq!(scope("::x"), Some(""));
    assert_eq!(scope("plain:x"), None);
}

#[test]
fn equal_histories_give_equal_worlds() {
    let make = || {
        let (mut world, project, user) = world();
        let new = NewIssue {
            title: "T".to_owned(),
            rest: IssueEdit { labels: Some(vec!["x".to_owned()]), ..Default::default() },
        };
        let iid = world.open_issue(project, user, &new).unwrap();
        world.add_note(project, iid, user, "hello");
        world
    };
    assert_eq!(make(), make());
    assert_eq!(serde_json::to_string(&make()).unwrap(), serde_json::to_string(&make()).unwrap());
}

#[test]
fn verbs_on_what_is_not_there_do_nothing() {
    let (mut world, _, user) = world();
    let before = world.clone();
    world.edit_issue(99, 1, user, &IssueEdit { close: Some(true), ..Default::default() });
    world.add_member(99, user, 30);
    world.add_file(99, "main", "x", "y");
    assert_eq!(world, before);
    assert_eq!(world.open_issue(99, user, &NewIssue::default()), None);
    assert_eq!(world.add_note(99, 1, user, "x"), None);
}

#[test]
fn the_dump_of_a_world_holds_no_token() {
    let (mut world, _, user) = world();
    let value = world.add_token("api", user, &["api"], None);
    assert!(!serde_json::to_string(&world).unwrap().contains(&value));
}
