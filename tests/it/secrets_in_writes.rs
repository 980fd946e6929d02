//! What is written to GitLab is read by more people than may know a secret, and what is asked comes into its logs: no
//! secret of the run leaves in either, not even one that belongs to another server.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use podkeeper::gitlab::{
    ConnectionOptions, Exchange, ExchangeError, NewIssueOptions, Redactor, TokenPurpose, new_reader,
    new_reader_and_writer,
};
use podkeeper::pod::action::{Action, BlockRewrite, Change};
use podkeeper::pod::label::LabelName;
use podkeeper::pod::marker::{ManagedBlock, ParsedBody, parse_body};
use podkeeper::pod::observed::{FailureCause, Observed};
use podkeeper::pod::outcome::Outcome;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{Stage, keep_sessions_and_labels, now, shipped_config};
use crate::token_search::{all_token_forms, find_token_forms, percent_encode_all};

/// The token of another server than the one that is written to.
const SECRET: &str = "ghx-CANARY7fQ2xVnB9sLw4K";
/// Somebody's token, which nobody here knows.
const STRANGERS: &str = "glpat-abcdefghijklmnopqrst";

fn redactor() -> Redactor {
    Redactor::new(&[&SecretString::from(SECRET)])
}

/// A world that has never seen the pod.
fn bare_stage() -> Stage {
    Stage::bare(keep_sessions_and_labels(shipped_config().pods), "# Pod\n", now())
}

fn access(stage: &Stage) -> ConnectionOptions {
    ConnectionOptions { redactor: redactor(), ..stage.access("api") }
}

fn action(stage: &Stage) -> Action {
    let project = &stage.pods[0].pairing_project;
    let id = stage.with_world(|world| world.project_by_path(project).unwrap().id);
    let label = LabelName::parse("pod::secure").unwrap();
    let change = Change::AddLabel { iid: 1, label };
    let because = "a test".to_owned();
    Action { project: project.clone(), project_id: id, because, on_confidential_issue: false, change }
}

#[track_caller]
fn assert_journal_without_secret(stage: &Stage) {
    for entry in stage.sandbox.journal() {
        assert_eq!(find_token_forms(&format!("{} {}", entry.path, entry.body), SECRET), [""; 0]);
    }
}

/// The configuration names a secret in every text that comes into an issue. The answer shows what was sent, so it is
/// believed; and what was taken out is not written again.
#[tokio::test(start_paused = true)]
async fn a_secret_in_the_configurations_texts_is_not_published() {
    let mut stage = bare_stage();
    let pod = &mut stage.pods[0];
    pod.slots[0].event = format!("Pairing {SECRET}");
    pod.name = format!("Secure {}", all_token_forms(SECRET).join(" "));
    pod.label.name = LabelName::parse("pod::new").unwrap();
    pod.label.may_create = true;
    pod.label.description = format!("With {SECRET}");
    let access = access(&stage);
    stage.apply_through(&access).await;
    assert_journal_without_secret(&stage);
    let journal = stage.sandbox.journal();
    let opened = journal.iter().find(|entry| entry.method == "POST" && entry.path.ends_with("/issues"));
    assert!(opened.is_some_and(|entry| entry.body.contains("Pairing [redacted]")), "{journal:?}");
    let label = journal.iter().find(|entry| entry.path.ends_with("/labels"));
    assert!(label.is_some_and(|entry| entry.body.contains("With [redacted]")), "{journal:?}");
    stage.apply_through(&access).await;
    assert_eq!(stage.sandbox.journal().len(), journal.len(), "nothing is written again");
}

/// Sabotage: the same texts are written where they hold no secret of the run.
#[tokio::test(start_paused = true)]
async fn the_same_text_is_published_where_it_is_no_secret() {
    let mut stage = bare_stage();
    stage.pods[0].slots[0].event = format!("Pairing {SECRET}");
    stage.apply_through(&stage.access("api")).await;
    assert!(stage.sandbox.journal().iter().any(|entry| entry.body.contains(SECRET)));
}

/// In a body that is written again, the text of people loses a secret of this run and nothing else: neither what looks
/// like a token of somebody's, nor a piece of ours.
#[tokio::test(start_paused = true)]
async fn peoples_words_lose_a_secret_of_the_run_and_nothing_else() {
    let stage = Stage::seeded();
    stage.apply().await;
    let issue = find_podkeepers_issue(&stage).await;
    let (iid, body) = (issue["iid"].as_u64().unwrap(), issue["description"].as_str().unwrap());
    let ParsedBody::Block(seen) = parse_body(body) else { panic!("{body}") };
    let words = format!("\n\nA person: {STRANGERS}, {} and {SECRET}.", &SECRET[SECRET.len() - 8..]);
    let path = format!("{}/issues/{iid}", stage.pairing_project_url());
    let edited = stage.request("api", "PUT", &path, json!({ "description": format!("{body}{words}") })).await;
    assert_eq!(edited.0, 200, "{edited:?}");

    let access = access(&stage);
    let (_, writer) = new_reader_and_writer(&access, now()).unwrap();
    let text = format!("{}\n- Ours: {SECRET}, {STRANGERS}", seen.text);
    let block = ManagedBlock::new(seen.marker.clone(), text, seen.state.clone());
    let rewrite = BlockRewrite::new(&seen, block);
    let title = (issue["title"].as_str().unwrap().to_owned(), format!("Now {SECRET}"));
    let outcome = writer.rewrite_pairing_issue(&action(&stage), iid, &rewrite, Some(&title)).await;
    assert!(matches!(outcome, Outcome::Done(_)), "what came back is what was sent: {outcome:?}");
    let (_, after) = stage.request("api", "GET", &path, Value::Null).await;
    let after_body = after["description"].as_str().unwrap();
    assert!(after_body.contains("- Ours: [redacted], [redacted]"), "{after_body}");
    assert!(after_body.contains(&words.replace(SECRET, "[redacted]")), "{after_body}");
    assert_eq!(after["title"], "Now [redacted]");
    // Podkeeper's line is its own still: a person's would be kept below the block for ever.
    let ParsedBody::Block(block_there) = parse_body(after_body) else { panic!("{after_body}") };
    assert_eq!(block_there.human_lines(&seen), "", "{after_body}");
    // A second time there is nothing to do.
    let entries = stage.sandbox.journal().len();
    let outcome = writer.rewrite_pairing_issue(&action(&stage), iid, &rewrite, None).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!(stage.sandbox.journal().len(), entries);
}

async fn find_podkeepers_issue(stage: &Stage) -> Value {
    let path = format!("{}/issues?state=opened&per_page=100", stage.pairing_project_url());
    let (_, issues) = stage.request("api", "GET", &path, Value::Null).await;
    let ours = |issue: &&Value| issue["description"].as_str().is_some_and(|text| text.contains("podkeeper:v1 session"));
    issues.as_array().unwrap().iter().find(ours).unwrap().clone()
}

/// What an issue is known by cannot be taken out of it, nor a label's name be changed: nothing is written then.
#[tokio::test(start_paused = true)]
async fn a_secret_in_a_marker_or_a_labels_name_stops_the_write() {
    let stage = Stage::seeded();
    let access = access(&stage);
    let (_, writer) = new_reader_and_writer(&access, now()).unwrap();
    let action = action(&stage);
    let slot = SECRET.to_lowercase();
    access.redactor.add_secret(&SecretString::from(slot.clone()));
    let other = Stage::seeded();
    other.apply().await;
    let issue = find_podkeepers_issue(&other).await;
    let body =
        issue["description"].as_str().unwrap().replace("session secure/weekly/", &format!("session secure/{slot}/"));
    assert!(body.contains(&slot), "{body}");
    assert!(matches!(parse_body(&body), ParsedBody::Block(_)), "{body}");
    let label = LabelName::parse(&format!("pod::{SECRET}")).unwrap();
    for (what, outcome) in [
        ("marker", writer.open_pairing_issue(&action, "title", &body, &[], NewIssueOptions::default()).await),
        ("marker", writer.open_report(&action, "title", &body, true).await),
        ("secret", writer.create_label(&action, &label, "#428BCA", "").await),
        (
            "secret",
            writer
                .open_pairing_issue(&action, "title", "text", std::slice::from_ref(&label), NewIssueOptions::default())
                .await,
        ),
        ("secret", writer.add_label(&action, 1, &label).await),
    ] {
        let Outcome::Refused(FailureCause::Human, why) = outcome else { panic!("{what}: {outcome:?}") };
        assert!(why.contains(what) && why.contains("rotate"), "{why}");
        assert_eq!(find_token_forms(&why, SECRET), [""; 0]);
    }
    assert_eq!(stage.journal(), Vec::<String>::new());
}

/// Remembers what was asked.
struct Remembers {
    inner: Arc<dyn Exchange>,
    asked: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Exchange for Remembers {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let asked = format!("{} {}", request.uri(), String::from_utf8_lossy(request.body()));
        self.asked.lock().unwrap().push(asked);
        self.inner.exchange(request).await
    }
}

/// An address with a secret in it is not asked, and not taken for one that is missing.
#[tokio::test(start_paused = true)]
async fn no_address_and_no_query_carries_a_secret() {
    let stage = Stage::seeded();
    let wire = Arc::new(Remembers { inner: stage.exchange(), asked: Mutex::default() });
    let access = stage.access_over(Arc::clone(&wire) as Arc<dyn Exchange>, "api");
    access.redactor.add_secret(&SecretString::from(SECRET));
    let reader = new_reader(&access).unwrap();
    for path in
        [format!("group/{SECRET}"), format!("{SECRET}/project"), format!("group/{}", percent_encode_all(SECRET))]
    {
        match reader.read_project(TokenPurpose::Handbook, &path).await {
            Observed::Unknown(failure) => {
                assert!(failure.why.contains("holds a secret of this run"), "{}", failure.why);
                assert_eq!(find_token_forms(&failure.why, SECRET), [""; 0]);
            }
            seen => panic!("{seen:?}"),
        }
    }
    assert_eq!(wire.asked.lock().unwrap().len(), 0, "nothing was sent");
    // A query asks about many things, so it goes out, without the secret.
    let query = "query($path: ID!) { project(fullPath: $path) { id } }";
    reader.graphql(TokenPurpose::Handbook, query, json!({ "path": format!("group/{SECRET}") })).await;
    let asked = wire.asked.lock().unwrap().clone();
    assert!(asked.len() == 1 && asked[0].contains("group/[redacted]"), "{asked:?}");
    assert!(asked.iter().all(|asked| find_token_forms(asked, SECRET).is_empty()), "{asked:?}");
}
