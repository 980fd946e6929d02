//! What whoever grants tokens is told: every endpoint that is called, and what GitLab says of the tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use podkeeper::gitlab::endpoint_list::{ENDPOINT_USES, EndpointUse};
use podkeeper::gitlab::{ConnectionOptions, Exchange, ExchangeError, Redactor, Token, TokenPurpose, new_reader};
use podkeeper::pod::Pod;
use podkeeper::sandbox::world::Visibility;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::exit_codes::{
    ProgramOutput, ScriptedAnswer, config_of_gitlab, copy_config, replace_in_file, run_podkeeper_with_env,
    serve_with_script,
};
use crate::support::{Stage, now, shipped_config};

// ---- The list of endpoints, against whole runs ----

/// A request, by the token that went with it, without what stands behind a `?`.
type Call = (TokenPurpose, String, String);

/// Notes every request; may refuse every query of GraphQL, as an instance does that allows less than others.
struct RecordingExchange {
    inner: Arc<dyn Exchange>,
    by_secret: BTreeMap<String, TokenPurpose>,
    graphql: bool,
    calls: Arc<Mutex<BTreeSet<Call>>>,
}

#[async_trait::async_trait]
impl Exchange for RecordingExchange {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let secret = request.headers().get("private-token").map(|secret| secret.to_str().unwrap());
        // What is asked as anybody is asked for links.
        let purpose = secret.map_or(TokenPurpose::Links, |secret| self.by_secret[secret]);
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        self.calls.lock().unwrap().insert((purpose, method, path.clone()));
        if path == "/api/graphql" && !self.graphql {
            let refused =
                r#"{"errors": [{"message": "Query has complexity of 251, which exceeds max complexity of 250"}]}"#;
            return Ok(Response::builder().status(200).body(Bytes::from(refused)).unwrap());
        }
        self.inner.exchange(request).await
    }
}

/// A world in which each purpose has a token of its own, all of the same account.
struct World {
    stage: Stage,
    calls: Arc<Mutex<BTreeSet<Call>>>,
}

impl World {
    fn new(pods: Vec<Pod>) -> Self {
        Self::on(Stage::of(pods, now()))
    }

    fn on(stage: Stage) -> Self {
        stage.sandbox.change_world(|world| {
            let bot = world.tokens["api"].user;
            for purpose in TokenPurpose::ALL {
                world.add_token(purpose.name(), bot, &["api"], None);
            }
        });
        Self { stage, calls: Arc::default() }
    }

    fn access(&self, graphql: bool) -> ConnectionOptions {
        let secrets = self.stage.sandbox.describe().tokens;
        let secret = |purpose: TokenPurpose| secrets[purpose.name()].clone();
        let by_secret = TokenPurpose::ALL.map(|purpose| (secret(purpose), purpose)).into();
        let calls = Arc::clone(&self.calls);
        let token = |purpose: TokenPurpose| Token {
            name: purpose.name().to_uppercase(),
            secret: SecretString::from(secret(purpose)),
        };
        ConnectionOptions {
            url: "https://gitlab.example/".parse().unwrap(),
            tokens: TokenPurpose::ALL.map(|purpose| (purpose, token(purpose))).into(),
            exchange: Arc::new(RecordingExchange { inner: self.stage.exchange(), by_secret, graphql, calls }),
            jitter_seed: 7,
            redactor: Redactor::default(),
        }
    }

    async fn apply(&self, graphql: bool) {
        let runs = self.stage.apply_all_tasks_through(&self.access(graphql)).await;
        assert!(!runs.is_empty());
    }

    fn change_page(&self, change: impl Fn(&str) -> String) {
        let at = &self.stage.pods[0].page;
        self.stage.sandbox.change_world(|world| {
            let project = world.project_by_path(&at.project).unwrap();
            let (id, page) = (project.id, change(project.file_text(&at.git_ref, &at.path).unwrap()));
            world.add_file(id, &at.git_ref, &at.path, &page);
        });
    }

    fn calls(&self) -> BTreeSet<Call> {
        self.calls.lock().unwrap().clone()
    }
}

/// Two quiet passes, after which something on the page has changed.
async fn runs_that_follow_each_other() -> BTreeSet<Call> {
    let world = World::new(shipped_config().pods);
    world.apply(true).await;
    world.apply(true).await;
    world.change_page(|page| {
        let later = page.replace("#spt_pod_secure", "#spt_pod_secure_tea");
        assert_ne!(later, page);
        format!("{later}\nA <https://handbook.gitlab.com/handbook/no-such-page/> and <https://gitlab.com/no/such>.\n")
    });
    world.apply(true).await;
    world.calls()
}

/// All projects of the pod have other paths today.
async fn renamed_projects() -> BTreeSet<Call> {
    let world = World::new(shipped_config().pods);
    let pod = &world.stage.pods[0];
    for path in [&pod.page.project, &pod.pairing_project, &pod.agents.as_ref().unwrap().project] {
        world.stage.sandbox.change_world(|world| {
            let id = world.project_by_path(path).unwrap().id;
            let project = world.projects.get_mut(&id).unwrap();
            project.formerly.push(std::mem::replace(&mut project.path, format!("{path}-of-today")));
        });
    }
    // And one that a link names, in a group that the token for links is a member of.
    world.stage.sandbox.change_world(|world| {
        let bot = world.tokens["api"].user;
        let group = world.add_group("grove", Visibility::Private);
        world.add_group_member(group, bot, 20);
        let project = world.add_project("grove/of-today", Visibility::Private);
        world.projects.get_mut(&project).unwrap().formerly.push("grove/former".to_owned());
    });
    let page = &world.stage.pods[0].page;
    let (today, path) = (format!("{}-of-today", page.project), page.path.clone());
    world.stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&today).unwrap();
        let text = format!("{}\n<https://gitlab.com/grove/former>\n", project.file_text("main", &path).unwrap());
        let id = project.id;
        world.add_file(id, "main", &path, &text);
    });
    world.apply(true).await;
    world.calls()
}

/// Somebody opened the session's issue a second time, and took the label off another.
async fn a_twin_and_a_label_that_was_taken_off() -> BTreeSet<Call> {
    let mut pods = shipped_config().pods;
    // And it gets another colour.
    (pods[0].label.named_color, pods[0].label.manage) = (Some("#123456".to_owned()), true);
    let world = World::new(pods);
    world.apply(true).await;
    let stage = &world.stage;
    let issues = stage.pairing_project_url() + "/issues";
    let (_, listed) = stage.request("person", "GET", &format!("{issues}?labels=pod%3A%3Asecure"), Value::Null).await;
    let ours =
        |issue: &&Value| issue["description"].as_str().is_some_and(|text| text.contains("secure/weekly/2026-W48"));
    let issue = listed.as_array().unwrap().iter().find(ours).unwrap();
    let twin = json!({"title": issue["title"], "description": issue["description"], "labels": "pod::secure"});
    assert_eq!(stage.request("api", "POST", &issues, twin).await.0, 201);
    let path = format!("{issues}/{}", issue["iid"]);
    assert_eq!(stage.request("person", "PUT", &path, json!({"remove_labels": "pod::secure"})).await.0, 200);
    world.apply(true).await;
    world.calls()
}

/// Last week's session is over, its issue is closed, and the new one has a milestone and the project's template; people
/// opened a session's issue of their own.
async fn a_session_that_ends_and_one_that_people_opened() -> BTreeSet<Call> {
    const TEMPLATE: &str = ".gitlab/issue_templates/Session.md";
    let mut pods = shipped_config().pods;
    pods[0].label.apply = true;
    pods[0].pairing.milestone = Some("Q4 pairing".to_owned());
    pods[0].pairing.issue_template = Some(TEMPLATE.to_owned());
    let stage = Stage::with_open_past(pods, now());
    crate::label_proposals::opens(&stage, "tuval", "Left from Secure Pod Pairing", "- [ ] Read it", &["mfarrow"]);
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
        let (id, branch) = (project.id, project.default_branch.clone());
        world.add_milestone(id, "Q4 pairing");
        world.add_file(id, &branch, TEMPLATE, "## Notes\n");
    });
    let world = World::on(stage);
    world.apply(true).await;
    world.calls()
}

/// The label is not there yet and may be made.
async fn a_label_to_be_created() -> BTreeSet<Call> {
    let mut pods = shipped_config().pods;
    pods[0].label.may_create = true;
    let world = World::new(pods);
    let path = format!("{}/labels/pod%3A%3Asecure", world.stage.pairing_project_url());
    assert_eq!(world.stage.request("admin", "DELETE", &path, Value::Null).await.0, 204);
    world.apply(true).await;
    world.calls()
}

/// Projects that are not there, or that the tokens' accounts are no members of.
async fn projects_that_are_not_seen() -> BTreeSet<Call> {
    let world = World::new(shipped_config().pods);
    let pod = &world.stage.pods[0];
    for path in [&pod.page.project, &pod.agents.as_ref().unwrap().project] {
        world.stage.sandbox.change_world(|world| {
            let id = world.project_by_path(path).unwrap().id;
            world.projects.remove(&id);
        });
    }
    world.apply(true).await;
    world.calls()
}

/// A GitLab that refuses all queries: files and accounts are asked for one by one.
async fn an_instance_that_answers_no_query() -> BTreeSet<Call> {
    let world = World::new(shipped_config().pods);
    world.apply(false).await;
    world.calls()
}

/// A page that links to what GraphQL does not show.
async fn links_to_milestones_wikis_and_templates() -> BTreeSet<Call> {
    let world = World::new(shipped_config().pods);
    let pairing = world.stage.pods[0].pairing_project.clone();
    let group = pairing.split('/').next().unwrap();
    let links = format!(
        "<https://gitlab.com/{pairing}/-/milestones/1>\n<https://gitlab.com/groups/{group}/-/milestones/1>\n\
         <https://gitlab.com/{pairing}/-/wikis/home>\n<https://gitlab.com/groups/{group}/-/wikis/home>\n\
         <https://gitlab.com/{pairing}/-/issues/new?issuable_template=No-such>\n"
    );
    world.change_page(|page| format!("{page}\n{links}"));
    world.apply(true).await;
    world.calls()
}

/// What `doctor` asks: of a world in which label and page are not where they should be, and as one project that watches
/// another.
async fn what_doctor_looks_at() -> BTreeSet<Call> {
    let world = World::new(shipped_config().pods);
    let stage = &world.stage;
    let (pairing, page) = (stage.pods[0].pairing_project.clone(), stage.pods[0].page.clone());
    let project = podkeeper::sandbox::seed::schedule_project(&pairing);
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&pairing).unwrap().id;
        let labels = &mut world.projects.get_mut(&id).unwrap().labels;
        labels.retain(|_, label| label.name != "pod::secure");
        let id = world.project_by_path(&page.project).unwrap().id;
        let files = world.projects.get_mut(&id).unwrap().files.get_mut(&page.git_ref).unwrap();
        files.remove(&page.path);
    });
    let reader = new_reader(&world.access(true)).unwrap();
    let (policy, config) = (linkcheck::check_options::CheckOptions::default(), shipped_config());
    let asked = TokenPurpose::ALL.into_iter().filter(|purpose| *purpose != TokenPurpose::Anybody);
    let asked = asked.map(|purpose| podkeeper::collect::doctor::TokenToAsk {
        variable: purpose.name().to_owned(),
        purposes: vec![purpose],
        scope: podkeeper::pod::token_request::NeededScope::ReadApi,
        is_given: true,
    });
    let found = podkeeper::doctor::examine(podkeeper::doctor::DoctorInputs {
        pods: &config.pods,
        sources: crate::support::gitlab_only_clients(&reader, &policy),
        now: now().into(),
        limits: config.limits,
        tokens: asked.collect(),
        unfitted: Vec::new(),
        places: podkeeper::pod::diagnosis::KeyPlaces::default(),
        gitlab_host: "gitlab.example".to_owned(),
        schedule_project: Some(project.clone()),
    })
    .await;
    assert_eq!(found.count(podkeeper::pod::diagnosis::Section::Stops), 2, "{:#?}", found.verdicts);
    assert!(reader.newest_scheduled_success(&project).await.unwrap().is_some());
    world.calls()
}

/// What `doctor --token-request` asks.
async fn tokens_that_are_asked_about_themselves() -> BTreeSet<Call> {
    let world = World::new(shipped_config().pods);
    let reader = new_reader(&world.access(true)).unwrap();
    for purpose in TokenPurpose::ALL.into_iter().filter(|purpose| *purpose != TokenPurpose::Anybody) {
        assert_eq!(reader.read_own_token(purpose).await.unwrap().scopes, ["api"]);
    }
    world.calls()
}

#[tokio::test(start_paused = true)]
async fn every_request_is_in_the_list_once_and_every_row_of_it_is_sent() {
    let worlds = [
        runs_that_follow_each_other().await,
        a_twin_and_a_label_that_was_taken_off().await,
        a_label_to_be_created().await,
        a_session_that_ends_and_one_that_people_opened().await,
        renamed_projects().await,
        an_instance_that_answers_no_query().await,
        projects_that_are_not_seen().await,
        links_to_milestones_wikis_and_templates().await,
        what_doctor_looks_at().await,
        tokens_that_are_asked_about_themselves().await,
    ];
    let (mut calls, mut seen) = (0, BTreeSet::new());
    for (purpose, method, path) in worlds.into_iter().flatten() {
        let is_called = |used: &&EndpointUse| used.purpose == purpose && used.matches(&method, &path);
        let rows: Vec<&EndpointUse> = ENDPOINT_USES.iter().filter(is_called).collect();
        assert_eq!(rows.len(), 1, "{purpose:?} {method} {path}: {rows:?}");
        seen.insert((purpose, rows[0].method, rows[0].path));
        calls += 1;
    }
    let unseen: Vec<&EndpointUse> =
        ENDPOINT_USES.iter().filter(|used| !seen.contains(&(used.purpose, used.method, used.path))).collect();
    assert!(unseen.is_empty(), "no world calls these: {unseen:#?}");
    println!("{calls} requests of ten worlds, {} rows of the list: each in the other", seen.len());
    assert!(calls > 100, "{calls}");
}

// ---- The page, by the program ----

const TOKEN_REQUEST: [&str; 2] = ["doctor", "--token-request"];

/// The text and the JSON of the same request, which hold no secret and fit a terminal.
async fn told_in_both_forms(config: &str, env: &[(&str, &str)]) -> (ProgramOutput, Value) {
    let at = ["--config", config];
    let text = run_podkeeper_with_env(&[&TOKEN_REQUEST[..], &at].concat(), env).await;
    let json = run_podkeeper_with_env(&[&TOKEN_REQUEST[..], &at, &["--format", "json"]].concat(), env).await;
    assert_eq!(text.code, json.code, "{text:?}\n{json:?}");
    for told in [&text, &json] {
        for (_, secret) in env {
            assert!(!format!("{}{}", told.out, told.err).contains(secret), "{told:?}");
        }
    }
    // The configuration's folder and a test server's port are not what is told to be short.
    let long: Vec<&str> = text.out.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(long.is_empty(), "{long:?}");
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["version"], 1);
    (text, value)
}

#[tokio::test]
async fn without_a_token_the_page_is_whole_and_nothing_is_asked() {
    let stage = Stage::seeded();
    let host = serve_with_script(&stage, |_| None).await;
    let (text, json) = told_in_both_forms(&config_of_gitlab(&host.url), &[]).await;
    text.assert_ends(
        0,
        &[
            "PODKEEPER_TOKEN, or a file's path in PODKEEPER_TOKEN_FILE",
            "pairing, handbook, agents, reports",
            &format!("{} and nowhere else", host.url),
            "Reporter in our-group/support-pairing (pairing issues)",
            "no token given yet",
            "POST /api/v4/projects/:id/issues opens the issue of the next session",
            "Planner is no smaller role",
            "there is no telemetry",
        ],
    );
    assert_eq!(host.seen_requests().len(), 0);
    let token = &json["tokens"][0];
    assert_eq!((&token["scope"], &token["given"], &token["token"]), (&"api".into(), &false.into(), &Value::Null));
    for used in ENDPOINT_USES.iter().filter(|used| used.purpose != TokenPurpose::Links) {
        let row = |row: &&Value| row["method"] == used.method && row["path"] == used.path;
        let found = token["endpoints"].as_array().unwrap().iter().find(row).unwrap();
        assert!(used.why.iter().all(|why| found["why"].as_str().unwrap().contains(why)), "{found}");
        assert!(text.out.contains(&format!("{:<4} {}", used.method, used.path)));
    }
}

#[tokio::test]
async fn each_token_is_asked_about_itself_once_and_held_against_what_it_is_for() {
    let stage = Stage::seeded();
    stage.sandbox.change_world(|world| {
        let bot = world.tokens["api"].user;
        let far = chrono::NaiveDate::from_ymd_opt(2999, 12, 31);
        world.add_token("to-write", bot, &["api", "write_repository"], far);
        world.add_token("to-read", bot, &["read_api"], None);
    });
    let secrets = stage.sandbox.describe().tokens;
    let host = serve_with_script(&stage, |_| None).await;
    let config = copy_config("token-request-two", |folder| {
        let file = folder.join("podkeeper.toml");
        replace_in_file(&file, "https://gitlab.com", &host.url);
        replace_in_file(
            &file,
            "default = \"PODKEEPER_TOKEN\"",
            "default = \"PODKEEPER_WRITER\"\nhandbook = \"PODKEEPER_READER\"\nagents = \"PODKEEPER_READER\"",
        );
    });
    let env = [("PODKEEPER_WRITER", &*secrets["to-write"]), ("PODKEEPER_READER", &*secrets["to-read"])];
    let (text, json) = told_in_both_forms(&config, &env).await;
    assert_eq!(text.code, Some(0), "{text:?}");
    let [writer, reader] = [&json["tokens"][0], &json["tokens"][1]];
    assert_eq!(
        (&writer["purposes"], &reader["purposes"]),
        (&json!(["pairing", "reports"]), &json!(["handbook", "agents"]))
    );
    assert_eq!((&writer["scope"], &reader["scope"]), (&"api".into(), &"read_api".into()));
    assert_eq!(writer["token"]["excess_scopes"], json!(["write_repository"]));
    assert_eq!(reader["token"]["excess_scopes"], json!([]));
    assert!(reader["endpoints"].as_array().unwrap().iter().all(|row| row["writes"] == false), "{reader}");
    assert!(writer["token"]["days_left"].as_i64().unwrap() > 300_000, "{writer}");
    assert_eq!((&writer["token"]["expires_at"], &reader["token"]["expires_at"]), (&"2999-12-31".into(), &Value::Null));
    let words = text.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("more than is needed, for write_repository is not") && words.contains("token active"),
        "{words}"
    );
    // Text and JSON: two runs, two tokens.
    let seen: Vec<String> =
        host.seen_requests().into_iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect();
    assert_eq!(seen, ["GET /api/v4/personal_access_tokens/self"; 4]);
}

#[tokio::test]
async fn a_token_that_does_not_do_is_told_and_the_page_is_whole_all_the_same() {
    let stage = Stage::seeded();
    let secrets = stage.sandbox.describe().tokens;
    let host = serve_with_script(&stage, |_| None).await;
    let config = config_of_gitlab(&host.url);
    let whole = "Planner is no smaller role";
    for (secret, words) in [
        (&*secrets["expired"], "refused the token in PODKEEPER_TOKEN"),
        ("glpat-of-another-instance-00", "refused the token in PODKEEPER_TOKEN"),
        (&*secrets["read_api"], "it lacks scope api"),
    ] {
        let (text, _) = told_in_both_forms(&config, &[("PODKEEPER_TOKEN", secret)]).await;
        text.assert_ends(6, &[words, whole]);
    }
    // Nobody is there; a server that fails is asked no second time.
    let (text, _) =
        told_in_both_forms(&config_of_gitlab("http://127.0.0.1:1"), &[("PODKEEPER_TOKEN", &*secrets["api"])]).await;
    text.assert_ends(4, &["could not be reached", whole]);
    let down = serve_with_script(&stage, |_| Some(ScriptedAnswer::html(502))).await;
    let (text, json) = told_in_both_forms(&config_of_gitlab(&down.url), &[("PODKEEPER_TOKEN", &*secrets["api"])]).await;
    text.assert_ends(4, &["502", whole]);
    assert!(json["tokens"][0]["unknown"].as_str().unwrap().contains("502"));
    assert_eq!(down.seen_requests().len(), 2, "one for the text, one for the JSON");
}

#[tokio::test]
async fn in_a_sandbox_its_own_token_is_asked() {
    let told = run_podkeeper_with_env(&["doctor", "--token-request", "--sandbox"], &[]).await;
    told.assert_ends(0, &["has api: what is needed", "days left", "token active"]);
}
