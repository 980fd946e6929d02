//! A world that has one of everything, and what is where in it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::asking::{ask, noon};
use crate::sandbox::Sandbox;
use crate::sandbox::world::{DEVELOPER, OWNER, Visibility, World};

/// The world, and its numbers by the names that stand in the tables behind a `$`.
pub(super) struct Stage {
    pub(super) world: World,
    ids: BTreeMap<String, String>,
}

impl Stage {
    /// A text with the numbers in the places of their names.
    pub(super) fn resolve(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once('$') else { return text.to_owned() };
        let end = rest.find(|char: char| !char.is_ascii_lowercase()).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let id = self.ids.get(name).unwrap_or_else(|| panic!("nothing is called {name}"));
        format!("{before}{id}{}", self.resolve(rest))
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

/// Asks for things to be there, and notes their numbers.
struct Builder {
    sandbox: Sandbox,
    ids: BTreeMap<String, String>,
}

const HOME: &str = "/projects/group%2Fpairing";

impl Builder {
    async fn make(&mut self, name: &str, method: &str, path: &str, form: &str) -> Value {
        self.make_as("root", name, method, path, form).await
    }

    async fn make_as(&mut self, who: &str, name: &str, method: &str, path: &str, form: &str) -> Value {
        let got = ask(&self.sandbox, who, method, path, form).await;
        assert!((200..300).contains(&got.status), "{method} {path}: {} {}", got.status, got.text);
        let made: Value = serde_json::from_str(&got.text).unwrap_or_default();
        if !name.is_empty() {
            let id = made.get("id").or_else(|| made.pointer("/0/id")).unwrap_or_else(|| panic!("no id: {}", got.text));
            self.note(name, id);
        }
        made
    }

    fn note(&mut self, name: &str, id: &Value) {
        self.ids.insert(name.to_owned(), id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    }
}

pub(super) async fn staged() -> Stage {
    let mut world = bare_world();
    let mut ids = BTreeMap::new();
    let project = world.project_at("group/pairing").unwrap().id;
    let group = world.group_at("group").unwrap().id;
    for (name, state) in
        [("dev", "active"), ("eve", "active"), ("stranger", "active"), ("blocked", "blocked"), ("banned", "banned")]
    {
        let user = world.add_user(name, name);
        world.set_state(user, state);
        world.add_token(name, user, &["api"], None);
        ids.insert(name.to_owned(), user.to_string());
    }
    let dev = world.user_named("dev").unwrap().id;
    let root = world.user_named("root").unwrap().id;
    world.add_member(project, dev, DEVELOPER);
    world.add_group_member(group, dev, DEVELOPER);
    world.add_group_member(group, root, OWNER);
    let shared = world.add_group("shared", Visibility::Private);
    let other = world.group_at("other").unwrap().id;
    for (name, id) in [("project", project), ("group", group), ("root", root), ("shared", shared), ("other", other)] {
        ids.insert(name.to_owned(), id.to_string());
    }
    world.add_file(project, "main", ".gitlab/issue_templates/session.md", "A session\n");
    let mut made = Builder { sandbox: Sandbox::new(world), ids };
    code(&mut made).await;
    plans(&mut made).await;
    issues(&mut made).await;
    merge_requests(&mut made).await;
    groups(&mut made).await;
    Stage { world: made.sandbox.world(), ids: made.ids }
}

async fn code(made: &mut Builder) {
    let file = format!("{HOME}/repository/files/data%2Fa.yaml");
    made.make("", "POST", &file, "branch=main&commit_message=First&content=name: A").await;
    for branch in ["feature", "second", "stable", "third"] {
        made.make("", "POST", &format!("{HOME}/repository/branches"), &format!("branch={branch}&ref=main")).await;
        if branch != "stable" {
            let path = format!("{HOME}/repository/files/{branch}.md");
            made.make("", "POST", &path, &format!("branch={branch}&commit_message=New&content={branch}")).await;
        }
    }
    made.make("", "POST", &format!("{HOME}/protected_branches"), "name=stable").await;
    for (name, branch) in [("head", "main"), ("feature", "feature")] {
        let branch = made.make("", "GET", &format!("{HOME}/repository/branches/{branch}"), "").await;
        made.note(name, &branch["commit"]["id"]);
    }
    let shown = made.make("", "GET", &format!("{file}?ref=main"), "").await;
    made.note("blob", &shown["blob_id"]);
    let schedule = "description=Daily&ref=main&cron=0 1 * * *";
    made.make("schedule", "POST", &format!("{HOME}/pipeline_schedules"), schedule).await;
}

async fn plans(made: &mut Builder) {
    for (at, prefix, names) in [(HOME, "", ["pod::a", "pod::b"]), ("/groups/group", "group", ["shared", "watched"])] {
        for (name, label) in [("label", names[0]), ("followed", names[1])] {
            let form = format!("name={label}&color=%23112233");
            made.make(&format!("{prefix}{name}"), "POST", &format!("{at}/labels"), &form).await;
        }
        let followed = made.ids[&format!("{prefix}followed")].clone();
        made.make("", "POST", &format!("{at}/labels/{followed}/subscribe"), "").await;
        let title = if prefix.is_empty() { "title=Soon" } else { "title=Later" };
        made.make(&format!("{prefix}milestone"), "POST", &format!("{at}/milestones"), title).await;
    }
}

/// Comments, threads and emoji.
async fn talk(made: &mut Builder, at: &str, prefix: &str) {
    let note = made.make(&format!("{prefix}note"), "POST", &format!("{at}/notes"), "body=A note").await["id"].clone();
    made.make(&format!("{prefix}emoji"), "POST", &format!("{at}/award_emoji"), "name=thumbsup").await;
    let of_note = format!("{at}/notes/{note}/award_emoji");
    made.make(&format!("{prefix}noteemoji"), "POST", &of_note, "name=thumbsup").await;
    if prefix != "epic" {
        let thread = made.make(&format!("{prefix}thread"), "POST", &format!("{at}/discussions"), "body=A thread").await;
        made.note(&format!("{prefix}threadnote"), &thread["notes"][0]["id"]);
    }
}

async fn issues(made: &mut Builder) {
    let issues = format!("{HOME}/issues");
    made.make("", "POST", &issues, "title=The first").await;
    made.make("issue", "POST", &issues, "title=The second").await;
    made.make("", "POST", &issues, "title=The third").await;
    let form = made.ids["milestone"].clone();
    let form = format!("labels=pod::a&weight=3&milestone_id={form}&state_event=close&due_date=2026-12-01");
    made.make("", "PUT", &format!("{issues}/1"), &form).await;
    made.make("", "PUT", &format!("{issues}/1"), "state_event=reopen").await;
    for kind in ["label", "weight", "milestone", "state"] {
        made.make(&format!("{kind}event"), "GET", &format!("{issues}/1/resource_{kind}_events"), "").await;
    }
    talk(made, &format!("{issues}/1"), "").await;
    let form = format!("target_project_id={}&target_issue_iid=2", made.ids["project"]);
    made.make("link", "POST", &format!("{issues}/1/links"), &form).await;
}

async fn merge_requests(made: &mut Builder) {
    let all = format!("{HOME}/merge_requests");
    for branch in ["feature", "third"] {
        let form = format!("source_branch={branch}&target_branch=main&title=New&description=Closes #1");
        made.make_as("dev", "", "POST", &all, &form).await;
    }
    let form = format!("labels=pod::a&milestone_id={}&state_event=close", made.ids["milestone"]);
    made.make("", "PUT", &format!("{all}/1"), &form).await;
    made.make("", "PUT", &format!("{all}/1"), "state_event=reopen").await;
    for kind in ["label", "milestone", "state"] {
        made.make(&format!("mr{kind}event"), "GET", &format!("{all}/1/resource_{kind}_events"), "").await;
    }
    talk(made, &format!("{all}/1"), "mr").await;
    made.make("", "POST", &format!("{all}/2/approve"), "").await;
}

async fn groups(made: &mut Builder) {
    let form = format!("group_id={}&group_access=20", made.ids["shared"]);
    made.make("", "POST", "/groups/group/share", &form).await;
    let epic = made.make("epic", "POST", "/groups/group/epics", "title=An epic&labels=shared").await["id"].clone();
    talk(made, &format!("/groups/group/epics/{epic}"), "epic").await;
    let issue = made.ids["issue"].clone();
    made.make("epicissue", "POST", &format!("/groups/group/epics/1/issues/{issue}"), "").await;
}
