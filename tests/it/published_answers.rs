//! What podkeeper makes of the answers to its requests: those of the sandbox, and the examples that GitLab publishes,
//! whose keys the sandbox's answers have at least.
//!
//! The examples are not ours to give away, so the tests over them are left out of `cargo test` and fail without them.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError, IssueFilter, NewIssueOptions, TokenPurpose, new_reader_and_writer};
use podkeeper::pod::action::{Action, BlockRewrite, Change};
use podkeeper::pod::label::LabelName;
use podkeeper::pod::marker::{BlockState, ManagedBlock, Marker};
use podkeeper::pod::observed::Observed;
use podkeeper::pod::outcome::Outcome;
use podkeeper::pod::session::SessionKey;
use podkeeper::pod::snapshot::Project;
use serde_json::{Value, json};

use crate::support::{Stage, now, path_from_env, shipped_config};

/// A published answer.
struct Example {
    name: String,
    heading: String,
    /// `METHOD PATH`, without a query.
    request: String,
    body: Value,
}

impl Example {
    fn method(&self) -> Method {
        self.request.split(' ').next().unwrap().parse().unwrap()
    }

    /// The objects in it: those of a list, or the one.
    fn objects(&self) -> Vec<&Value> {
        self.body.as_array().map_or_else(|| vec![&self.body], |all| all.iter().collect())
    }

    /// A refusal; it has the status in its sentence.
    fn refusal(&self) -> Option<u16> {
        let sentence = self.body["message"].as_str().filter(|_| self.body["id"].is_null())?;
        sentence.split(' ').next()?.parse().ok()
    }
}

/// GitLab's example answers; `INDEX.json` says which request each belongs to.
fn examples() -> Vec<Example> {
    let folder = path_from_env("PODKEEPER_EXAMPLES");
    let index = std::fs::read_to_string(folder.join("INDEX.json")).unwrap();
    let index: Vec<Value> = serde_json::from_str(&index).unwrap();
    let example = |entry: &Value| {
        let name = entry["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let body = serde_json::from_str(&std::fs::read_to_string(folder.join(&name)).unwrap()).unwrap();
        let request = entry["request"].as_str().unwrap().split('?').next().unwrap().to_owned();
        Example { name, heading: entry["heading"].as_str().unwrap().to_owned(), request, body }
    };
    index.iter().map(example).collect()
}

#[tokio::test(start_paused = true)]
async fn podkeeper_reads_every_answer_of_the_sandbox_to_what_it_asks() {
    let (stage, asks) = stage_with_everything().await;
    let mut read = BTreeSet::new();
    for (request, method, path, body) in &asks {
        let (status, answer) = stage.request("admin", method, path, body.clone()).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        if is_known_request(request, &answer, None).await {
            read.insert(*request);
        }
    }
    println!("the sandbox's answers to {} requests were read", read.len());
    assert!(read.len() >= 15, "{read:?}");
}

#[tokio::test(start_paused = true)]
#[ignore = "needs GitLab's example answers: PODKEEPER_EXAMPLES=FOLDER cargo test --test it -- --ignored published"]
async fn podkeeper_reads_every_published_answer_to_what_it_asks() {
    let examples = examples();
    let mut read = Vec::new();
    for example in &examples {
        if is_known_request(&example.request, &example.body, example.refusal()).await {
            read.push(&example.request);
        }
    }
    let requests: BTreeSet<_> = read.iter().collect();
    println!("{} published answers to {} requests were read", read.len(), requests.len());
    assert!(requests.len() >= 21, "{requests:?}");
}

/// Whether podkeeper makes such a request, and then it reads the answer, and would report one that cannot be read.
async fn is_known_request(request: &str, body: &Value, refusal: Option<u16>) -> bool {
    match read_answer(request, body, refusal).await {
        None => return false,
        Some(Ok(())) => {}
        Some(Err(why)) => panic!("{request}: {why}\n{body}"),
    }
    if refusal.is_none() {
        let broken = if body.is_array() { json!([{}]) } else { json!({}) };
        let reported = read_answer(request, &broken, None).await.unwrap();
        assert!(reported.is_err(), "{request}: an empty object is taken for an answer");
    }
    true
}

/// What podkeeper makes of an answer to one of its requests; none for a request that it never makes.
///
/// GitLab gives the same issue to every request that is about issues, so those count that podkeeper could make.
async fn read_answer(request: &str, body: &Value, refusal: Option<u16>) -> Option<Result<(), String>> {
    let method: Method = request.split(' ').next()?.parse().ok()?;
    let stage = Stage::seeded();
    let says = FixedAnswer { method, status: refusal.unwrap_or(200), body: body.clone() };
    let access = stage.access_over(Arc::new(says), "api");
    let (reader, writer) = new_reader_and_writer(&access, stage.now).unwrap();
    let first = body.get(0).unwrap_or(body);
    let text = |key: &str| first[key].as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    let all = |key: &str| body.as_array().into_iter().flatten().map(|item| number(&item[key])).collect::<Vec<_>>();
    let project = project_of(first);
    Some(match request {
        "GET /user" => expect_present(
            reader.read_current_user(TokenPurpose::Pairing).await.map(|account| account.id),
            &number(&body["id"]),
        ),
        "GET /users" => {
            let name = first["username"].as_str().unwrap_or("nobody").to_owned();
            expect_present(reader.user_by_username(&name).await.map(|user| user.username), &name)
        }
        "GET /users/:id" => {
            let user = reader.user_by_id(number(&body["id"])).await;
            expect_present(
                user.map(|user| (user.username, user.active)),
                &(text("username"), body["state"] == "active"),
            )
        }
        "GET /issues" | "GET /groups/:id/issues" | "GET /projects/:id/issues" => {
            let listed = reader.list_issues(TokenPurpose::Pairing, &project, IssueFilter::ByAuthorId(1), None).await;
            expect_same(listed.map(|issues| issues.iter().map(|issue| issue.iid).collect::<Vec<_>>()), &all("iid"))
        }
        "GET /issues/:id" | "GET /projects/:id/issues/:issue_iid" => {
            // Read in order to be rewritten: it has no block, so it is left alone.
            match writer.rewrite_pairing_issue(&action(), 1, &BlockRewrite::new(&block(), block()), None).await {
                Outcome::NotTried(why) if why.contains("edited meanwhile") => Ok(()),
                other => Err(format!("{other:?}")),
            }
        }
        "GET /projects/:id/labels" | "GET /projects/:id/labels/:label_id" => {
            let mut all = Ok(());
            for label in body.as_array().unwrap_or(&vec![body.clone()]) {
                let says = FixedAnswer { method: Method::GET, status: 200, body: label.clone() };
                let (reader, _) = new_reader_and_writer(&stage.access_over(Arc::new(says), "api"), stage.now).unwrap();
                let name = label["name"].as_str().unwrap_or("bug").to_owned();
                all = all.and(expect_present(reader.read_label(&project, &name).await.map(|label| label.name), &name));
            }
            all
        }
        "GET /projects/:id/issues/:issue_iid/links" => {
            expect_present(reader.list_linked_iids(&project, 1).await, &all("iid").into_iter().collect())
        }
        "GET /projects/:id/issues/:issue_iid/resource_label_events" => {
            let name = first["label"]["name"].as_str().unwrap_or_default();
            let events = body.as_array().into_iter().flatten();
            let removed = events.filter(|event| event["action"] == "remove" && event["label"]["name"] == name).count();
            expect_present(reader.count_label_removals(&project, 1, &[name.to_owned()].into()).await, &removed)
        }
        "GET /projects/:id/repository/tree" => {
            let entries = body.as_array().into_iter().flatten().filter(|entry| entry["type"] == "blob");
            let paths = entries.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect();
            expect_present(reader.list_files(TokenPurpose::Agents, "group/project", "files", "main").await, &paths)
        }
        "POST /projects/:id/labels" => {
            let name = LabelName::parse(first["name"].as_str().unwrap_or("bug")).unwrap();
            let created = writer.create_label(&action(), &name, &text("color"), &text("description")).await;
            expect_done(&created, &format!("label {name}"))
        }
        "POST /projects/:id/issues" => {
            match writer
                .open_pairing_issue(&action(), &text("title"), &text("description"), &[], NewIssueOptions::default())
                .await
            {
                Outcome::Refused(..) if refusal == Some(403) => Ok(()),
                outcome => expect_done(&outcome, &text("web_url")),
            }
        }
        "PUT /projects/:id/issues/:issue_iid"
        | "POST /projects/:id/issues/:issue_iid/move"
        | "POST /projects/:id/issues/:issue_iid/clone"
        | "POST /projects/:id/issues/:issue_iid/subscribe"
        | "POST /projects/:id/issues/:issue_iid/unsubscribe" => {
            let says = FixedAnswer { method: Method::PUT, status: 200, body: body.clone() };
            let (_, writer) = new_reader_and_writer(&stage.access_over(Arc::new(says), "api"), stage.now).unwrap();
            // Done means that the answer shows it.
            match writer.close_issue(&action(), 1).await {
                Outcome::Refused(_, why) if body["state"] != "closed" && why.contains("did not close it") => Ok(()),
                outcome => expect_done(&outcome, &text("web_url")),
            }
        }
        "POST /projects/:id/issues/:issue_iid/links" => {
            let url = body["source_issue"]["web_url"].as_str().unwrap_or_default();
            let ends = [&body["source_issue"]["iid"], &body["target_issue"]["iid"]].map(number);
            expect_done(&writer.link_issues(&action(), ends[0], ends[1]).await, url)
        }
        _ => return None,
    })
}

/// A project that can be written to, with the id that an answer names.
fn project_of(answer: &Value) -> Project {
    Project {
        id: answer["project_id"].as_u64().unwrap_or_default(),
        path: "group/project".to_owned(),
        archived: false,
        marked_for_deletion: false,
        issues_enabled: true,
        private: false,
        access_level: None,
        url: "https://gitlab.example.com/group/project".to_owned(),
    }
}

fn expect_present<T: PartialEq + std::fmt::Debug>(found: Observed<T>, wanted: &T) -> Result<(), String> {
    match found {
        Observed::Present(found) if found == *wanted => Ok(()),
        other => Err(format!("{other:?} instead of {wanted:?}")),
    }
}

fn expect_same<T: PartialEq + std::fmt::Debug, E: std::fmt::Debug>(
    found: Result<T, E>,
    wanted: &T,
) -> Result<(), String> {
    match found {
        Ok(found) if found == *wanted => Ok(()),
        other => Err(format!("{other:?} instead of {wanted:?}")),
    }
}

fn expect_done(outcome: &Outcome, wanted: &str) -> Result<(), String> {
    match outcome {
        Outcome::Done(what) if what == wanted => Ok(()),
        other => Err(format!("{other:?} instead of {wanted}")),
    }
}

fn action() -> Action {
    let change = Change::CloseDuplicate { iid: 1, original_iid: 2 };
    Action {
        project: "group/project".to_owned(),
        project_id: 4,
        because: "a test".to_owned(),
        on_confidential_issue: false,
        change,
    }
}

fn block() -> ManagedBlock {
    let day = now().date_naive();
    let session = SessionKey::for_date(&shipped_config().pods[0].key, "weekly", day);
    ManagedBlock::new(Marker::Session(session), String::new(), BlockState::default())
}

/// Gives one answer to every request of a method, and 404 to all others.
struct FixedAnswer {
    method: Method,
    status: u16,
    body: Value,
}

#[async_trait::async_trait]
impl Exchange for FixedAnswer {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let (status, body) = if request.method() == self.method {
            (self.status, self.body.clone())
        } else {
            (404, json!({"message": "404 Not Found"}))
        };
        let answer = Response::builder().status(status).header("content-type", "application/json");
        Ok(answer.body(Bytes::from(body.to_string())).unwrap())
    }
}

#[tokio::test]
#[ignore = "needs GitLab's example answers: PODKEEPER_EXAMPLES=FOLDER cargo test --test it -- --ignored published"]
async fn the_answers_of_the_sandbox_have_the_published_keys() {
    let examples = examples();
    let (stage, asks) = stage_with_everything().await;
    let mut compared = 0;
    let mut missing = Vec::new();
    for example in &examples {
        // What an administrator is shown, the sandbox shows nobody.
        let Some((_, method, path, body)) = asks.iter().find(|(request, ..)| *request == example.request) else {
            continue;
        };
        if example.refusal().is_some() || example.heading == "As an administrator" {
            continue;
        }
        let (status, answer) = stage.request("admin", method, path, body.clone()).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        assert_eq!(answer.is_array(), example.body.is_array(), "{}", example.request);
        let given = answer.get(0).unwrap_or(&answer).clone();
        assert!(given.is_object(), "{method} {path} gives nothing to compare");
        for object in example.objects() {
            tell_missing_keys(object, &given, "", &mut |key| {
                missing.push(format!("{} {}: {key}", example.name, example.request));
            });
        }
        compared += 1;
        assert_eq!(example.method().as_str(), *method);
    }
    missing.sort();
    missing.dedup();
    println!("{compared} answers of the sandbox compared with published ones");
    assert!(missing.is_empty(), "the sandbox's answers lack\n{}", missing.join("\n"));
    assert!(compared >= asks.len(), "{compared} of {}", asks.len());
}

/// Keys of single examples that the other examples of the same object do not have.
const KEYS_OF_ONE_EXAMPLE: [&str; 8] = [
    // Of a label, and only to who asks `with_counts` (`lib/api/entities/label.rb`); the examples show them everywhere.
    "open_issues_count",
    "closed_issues_count",
    "open_merge_requests_count",
    "email", // of a member: shown to the owners of a group about users of their enterprise only
    "author.created_at",
    "author.email",
    "source_issue.subscribed",
    "target_issue.subscribed",
];

/// The keys of a published object that one of the sandbox lacks, those of the objects in it too.
fn tell_missing_keys(published: &Value, given: &Value, within: &str, tell: &mut impl FnMut(String)) {
    let (Some(published), Some(given)) = (published.as_object(), given.as_object()) else { return };
    for (key, value) in published {
        match given.get(key) {
            Some(other) => tell_missing_keys(value, other, &format!("{within}{key}."), tell),
            None if KEYS_OF_ONE_EXAMPLE.contains(&format!("{within}{key}").as_str()) => {}
            None => tell(format!("{within}{key}")),
        }
    }
}

#[test]
fn a_key_that_is_lacking_is_told() {
    let mut reported = Vec::new();
    let published = json!({"id": 1, "author": {"name": "Per Lund", "state": "active"}, "labels": []});
    tell_missing_keys(&published, &json!({"id": 2, "author": {"name": "Oda Ek"}}), "", &mut |key| reported.push(key));
    assert_eq!(reported, ["author.state", "labels"]);
}

/// A published request, and how it is asked of the sandbox: method, path, body.
type PublishedRequest = (&'static str, &'static str, String, Value);

/// A stage with everything that is asked about, and the requests.
async fn stage_with_everything() -> (Stage, Vec<PublishedRequest>) {
    let stage = Stage::seeded();
    let pairing = stage.pairing_project_url();
    let issues = format!("{pairing}/issues");
    let open = |title: &str| json!({"title": title, "labels": "pod::secure"});
    for title in ["One", "Two", "Three"] {
        assert_eq!(stage.request("admin", "POST", &issues, open(title)).await.0, 201);
    }
    let (_, listed) = stage.request("admin", "GET", &issues, Value::Null).await;
    let iids: Vec<u64> = listed.as_array().unwrap().iter().map(|issue| issue["iid"].as_u64().unwrap()).collect();
    let one = format!("{issues}/{}", iids[0]);
    let project = listed[0]["project_id"].clone();
    let link = |iid: u64| json!({"target_project_id": project, "target_issue_iid": iid});
    stage.request("admin", "POST", &format!("{one}/links"), link(iids[1])).await;
    stage.request("admin", "POST", &format!("{one}/notes"), json!({"body": "A note"})).await;
    let (_, links) = stage.request("admin", "GET", &format!("{one}/links"), Value::Null).await;
    let (_, labels) = stage.request("admin", "GET", &format!("{pairing}/labels"), Value::Null).await;
    let (_, members) = stage.request("admin", "GET", &format!("{pairing}/members"), Value::Null).await;
    let file = format!("{pairing}/repository/files/a%20b.md");
    let write = |content: &str| json!({"branch": "main", "content": content, "commit_message": "Write"});
    assert_eq!(stage.request("admin", "POST", &file, write("a\n")).await.0, 201);
    let member = members[0]["id"].clone();
    let group = stage.sandbox.world().group_by_path(&stage.pods[0].label_groups[0]).unwrap().id;
    stage.sandbox.change_world(|world| world.add_group_member(group, member.as_u64().unwrap(), 30));
    let (_, group_labels) = stage.request("admin", "GET", &format!("/api/v4/groups/{group}/labels"), Value::Null).await;
    let of_group = |path: &str| format!("/api/v4/groups/{group}/{path}");
    let at = |path: &str| format!("{pairing}/{path}");
    let none = || Value::Null;
    let label = labels[0]["id"].clone();
    let other_file = at("repository/files/c.md");
    let new_label = json!({"name": "pod::new", "color": "#428BCA"});
    let asks = vec![
        // The sandbox lists issues by project; GitLab's other lists have the same shape.
        ("GET /issues", "GET", issues.clone(), none()),
        ("GET /groups/:id/issues", "GET", issues.clone(), none()),
        ("GET /projects/:id/issues", "GET", issues.clone(), none()),
        ("GET /projects/:id/issues/:issue_iid", "GET", one.clone(), none()),
        ("POST /projects/:id/issues", "POST", issues.clone(), open("Four")),
        ("PUT /projects/:id/issues/:issue_iid", "PUT", one.clone(), json!({"title": "One again"})),
        ("GET /projects/:id/issues/:issue_iid/links", "GET", format!("{one}/links"), none()),
        (
            "GET /projects/:id/issues/:issue_iid/links/:issue_link_id",
            "GET",
            format!("{one}/links/{}", links[0]["issue_link_id"]),
            none(),
        ),
        ("POST /projects/:id/issues/:issue_iid/links", "POST", format!("{one}/links"), link(iids[2])),
        ("GET /projects/:id/issues/:issue_iid/notes", "GET", format!("{one}/notes"), none()),
        ("GET /projects/:id/issues/:issue_iid/participants", "GET", format!("{one}/participants"), none()),
        (
            "GET /projects/:id/issues/:issue_iid/resource_label_events",
            "GET",
            format!("{one}/resource_label_events"),
            none(),
        ),
        ("GET /projects/:id/labels", "GET", at("labels"), none()),
        ("GET /projects/:id/labels/:label_id", "GET", at(&format!("labels/{label}")), none()),
        ("POST /projects/:id/labels", "POST", at("labels"), new_label),
        ("PUT /projects/:id/labels/:label_id", "PUT", at("labels/pod::new"), json!({"description": "New"})),
        ("GET /groups/:id/labels", "GET", of_group("labels"), none()),
        ("GET /groups/:id/labels/:label_id", "GET", of_group(&format!("labels/{}", group_labels[0]["id"])), none()),
        ("GET /groups/:id/members", "GET", of_group("members"), none()),
        ("GET /groups/:id/members/all", "GET", of_group("members/all"), none()),
        ("GET /projects/:id/members", "GET", at("members"), none()),
        ("GET /projects/:id/members/all", "GET", at("members/all"), none()),
        ("GET /projects/:id/members/all/:user_id", "GET", at(&format!("members/all/{member}")), none()),
        ("GET /projects/:id/repository/tree", "GET", at("repository/tree"), none()),
        ("GET /projects/:id/repository/files/:file_path", "GET", format!("{file}?ref=main"), none()),
        ("POST /projects/:id/repository/files/:file_path", "POST", other_file, write("c\n")),
        ("PUT /projects/:id/repository/files/:file_path", "PUT", file, write("b\n")),
        ("GET /users", "GET", "/api/v4/users".to_owned(), none()),
        ("GET /users/:id", "GET", format!("/api/v4/users/{member}"), none()),
        ("GET /version", "GET", "/api/v4/version".to_owned(), none()),
    ];
    (stage, asks)
}
