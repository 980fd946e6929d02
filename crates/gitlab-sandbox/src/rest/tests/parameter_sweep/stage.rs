//! A world that has one of everything, and what is where in it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::requests::{ask, noon};
use crate::Sandbox;
use crate::world::{DEVELOPER, OWNER, Visibility, World};

/// The world, and its numbers by the names that stand in the tables behind a `$`.
pub(super) struct Stage {
    pub(super) world: World,
    ids: BTreeMap<String, String>,
}

impl Stage {
    /// A text with the numbers in the places of their names.
    pub(super) fn replace_names(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once('$') else { return text.to_owned() };
        let end = rest.find(|char: char| !char.is_ascii_lowercase()).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let id = self.ids.get(name).unwrap_or_else(|| panic!("nothing is called {name}"));
        format!("{before}{id}{}", self.replace_names(rest))
    }
}

/// The same projects and people with nothing in them.
pub(super) fn bare_world() -> World {
    let mut world = World::empty(noon());
    let root = world.add_user("root", "Root");
    world.make_admin(root);
    world.add_token("root", root, &["api"], None);
    world.add_project("group/pairing", Visibility::Private);
    world.add_group("other", Visibility::Private);
    world
}

/// Creates what the world is to hold, and keeps the numbers.
struct StageBuilder {
    sandbox: Sandbox,
    ids: BTreeMap<String, String>,
}

const PAIRING_PROJECT: &str = "/projects/group%2Fpairing";

impl StageBuilder {
    async fn create(&mut self, name: &str, method: &str, path: &str, form: &str) -> Value {
        self.create_as("root", name, method, path, form).await
    }

    async fn create_as(&mut self, who: &str, name: &str, method: &str, path: &str, form: &str) -> Value {
        let got = ask(&self.sandbox, who, method, path, form).await;
        assert!((200..300).contains(&got.status), "{method} {path}: {} {}", got.status, got.text);
        let made: Value = serde_json::from_str(&got.text).unwrap_or_default();
        if !name.is_empty() {
            let id = made.get("id").or_else(|| made.pointer("/0/id")).unwrap_or_else(|| panic!("no id: {}", got.text));
            self.record_id(name, id);
        }
        made
    }

    fn record_id(&mut self, name: &str, id: &Value) {
        self.ids.insert(name.to_owned(), id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    }
}

pub(super) async fn build_stage() -> Stage {
    let mut world = bare_world();
    let mut ids = BTreeMap::new();
    let project = world.project_by_path("group/pairing").unwrap().id;
    let group = world.group_by_path("group").unwrap().id;
    for (name, state) in
        [("dev", "active"), ("eve", "active"), ("stranger", "active"), ("blocked", "blocked"), ("banned", "banned")]
    {
        let user = world.add_user(name, name);
        world.set_user_state(user, state);
        world.add_token(name, user, &["api"], None);
        ids.insert(name.to_owned(), user.to_string());
    }
    let dev = world.user_by_username("dev").unwrap().id;
    let root = world.user_by_username("root").unwrap().id;
    world.add_member(project, dev, DEVELOPER);
    world.add_group_member(group, dev, DEVELOPER);
    world.add_group_member(group, root, OWNER);
    let shared = world.add_group("shared", Visibility::Private);
    let other = world.group_by_path("other").unwrap().id;
    for (name, id) in [("project", project), ("group", group), ("root", root), ("shared", shared), ("other", other)] {
        ids.insert(name.to_owned(), id.to_string());
    }
    world.add_file(project, "main", ".gitlab/issue_templates/session.md", "A session\n");
    let mut made = StageBuilder { sandbox: Sandbox::new(world), ids };
    create_code(&mut made).await;
    create_plans(&mut made).await;
    create_issues(&mut made).await;
    create_merge_requests(&mut made).await;
    create_groups(&mut made).await;
    Stage { world: made.sandbox.world(), ids: made.ids }
}

async fn create_code(made: &mut StageBuilder) {
    let file = format!("{PAIRING_PROJECT}/repository/files/data%2Fa.yaml");
    made.create("", "POST", &file, "branch=main&commit_message=First&content=name: A").await;
    for branch in ["feature", "second", "stable", "third"] {
        made.create(
            "",
            "POST",
            &format!("{PAIRING_PROJECT}/repository/branches"),
            &format!("branch={branch}&ref=main"),
        )
        .await;
        if branch != "stable" {
            let path = format!("{PAIRING_PROJECT}/repository/files/{branch}.md");
            made.create("", "POST", &path, &format!("branch={branch}&commit_message=New&content={branch}")).await;
        }
    }
    made.create("", "POST", &format!("{PAIRING_PROJECT}/protected_branches"), "name=stable").await;
    for (name, branch) in [("head", "main"), ("feature", "feature")] {
        let branch = made.create("", "GET", &format!("{PAIRING_PROJECT}/repository/branches/{branch}"), "").await;
        made.record_id(name, &branch["commit"]["id"]);
    }
    let shown = made.create("", "GET", &format!("{file}?ref=main"), "").await;
    made.record_id("blob", &shown["blob_id"]);
    let schedule = "description=Daily&ref=main&cron=0 1 * * *";
    let planned = made.create("schedule", "POST", &format!("{PAIRING_PROJECT}/pipeline_schedules"), schedule).await;
    let (project, planned) = (made.ids["project"].parse().unwrap(), planned["id"].as_u64().unwrap());
    let mut ended = None;
    made.sandbox.change_world(|world| ended = world.add_scheduled_pipeline(project, planned, "success"));
    made.record_id("pipeline", &Value::from(ended.unwrap()));
}

async fn create_plans(made: &mut StageBuilder) {
    for (at, prefix, names) in
        [(PAIRING_PROJECT, "", ["pod::a", "pod::b"]), ("/groups/group", "group", ["shared", "watched"])]
    {
        for (name, label) in [("label", names[0]), ("followed", names[1])] {
            let form = format!("name={label}&color=%23112233");
            made.create(&format!("{prefix}{name}"), "POST", &format!("{at}/labels"), &form).await;
        }
        let followed = made.ids[&format!("{prefix}followed")].clone();
        made.create("", "POST", &format!("{at}/labels/{followed}/subscribe"), "").await;
        let title = if prefix.is_empty() { "title=Soon" } else { "title=Later" };
        made.create(&format!("{prefix}milestone"), "POST", &format!("{at}/milestones"), title).await;
    }
}

/// Comments, threads and emoji.
async fn create_notes(made: &mut StageBuilder, at: &str, prefix: &str) {
    let note = made.create(&format!("{prefix}note"), "POST", &format!("{at}/notes"), "body=A note").await["id"].clone();
    made.create(&format!("{prefix}emoji"), "POST", &format!("{at}/award_emoji"), "name=thumbsup").await;
    let of_note = format!("{at}/notes/{note}/award_emoji");
    made.create(&format!("{prefix}noteemoji"), "POST", &of_note, "name=thumbsup").await;
    if prefix != "epic" {
        let thread =
            made.create(&format!("{prefix}thread"), "POST", &format!("{at}/discussions"), "body=A thread").await;
        made.record_id(&format!("{prefix}threadnote"), &thread["notes"][0]["id"]);
    }
}

async fn create_issues(made: &mut StageBuilder) {
    let issues = format!("{PAIRING_PROJECT}/issues");
    made.create("", "POST", &issues, "title=The first").await;
    made.create("issue", "POST", &issues, "title=The second").await;
    made.create("", "POST", &issues, "title=The third").await;
    let form = made.ids["milestone"].clone();
    let form = format!("labels=pod::a&weight=3&milestone_id={form}&state_event=close&due_date=2026-12-01");
    made.create("", "PUT", &format!("{issues}/1"), &form).await;
    made.create("", "PUT", &format!("{issues}/1"), "state_event=reopen").await;
    for kind in ["label", "weight", "milestone", "state"] {
        made.create(&format!("{kind}event"), "GET", &format!("{issues}/1/resource_{kind}_events"), "").await;
    }
    create_notes(made, &format!("{issues}/1"), "").await;
    let form = format!("target_project_id={}&target_issue_iid=2", made.ids["project"]);
    made.create("link", "POST", &format!("{issues}/1/links"), &form).await;
}

async fn create_merge_requests(made: &mut StageBuilder) {
    let all = format!("{PAIRING_PROJECT}/merge_requests");
    for branch in ["feature", "third"] {
        let form = format!("source_branch={branch}&target_branch=main&title=New&description=Closes #1");
        made.create_as("dev", "", "POST", &all, &form).await;
    }
    let form = format!("labels=pod::a&milestone_id={}&state_event=close", made.ids["milestone"]);
    made.create("", "PUT", &format!("{all}/1"), &form).await;
    made.create("", "PUT", &format!("{all}/1"), "state_event=reopen").await;
    for kind in ["label", "milestone", "state"] {
        made.create(&format!("mr{kind}event"), "GET", &format!("{all}/1/resource_{kind}_events"), "").await;
    }
    create_notes(made, &format!("{all}/1"), "mr").await;
    made.create("", "POST", &format!("{all}/2/approve"), "").await;
}

async fn create_groups(made: &mut StageBuilder) {
    let form = format!("group_id={}&group_access=20", made.ids["shared"]);
    made.create("", "POST", "/groups/group/share", &form).await;
    let epic = made.create("epic", "POST", "/groups/group/epics", "title=An epic&labels=shared").await["id"].clone();
    create_notes(made, &format!("/groups/group/epics/{epic}"), "epic").await;
    let issue = made.ids["issue"].clone();
    made.create("epicissue", "POST", &format!("/groups/group/epics/1/issues/{issue}"), "").await;
}
