//! Several instances: each is asked about its own links, by a reader of its own, with its own token and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use linkcheck::check_options::CheckOptions;
use linkcheck::{CheckResult, Document, check_links};
use podkeeper::gitlab::{
    ConnectionOptions, Exchange, ExchangeError, Reader, Redactor, Token, TokenPurpose, new_reader,
};
use podkeeper::pod::verdict::Verdict;
use podkeeper::sandbox::world::Visibility;
use podkeeper::sandbox::{Sandbox, World};
use secrecy::SecretString;
use tower::ServiceExt as _;

use serde_json::Value;

use crate::exit_codes::{ProgramOutput, copy_config, empty_temp_folder, run_podkeeper_with_env};

use super::stage::{InMemoryWeb, ScriptedResponse, empty_world, links, observations_by_url, verdict, web};

const OTHER: &str = "git.juniper.example";

/// A sandbox at an origin of its own, which notes every token that it is shown.
struct RecordingExchange {
    sandbox: Sandbox,
    shown: Mutex<Vec<String>>,
    asked: Mutex<Vec<String>>,
    silent: bool,
}

#[async_trait::async_trait]
impl Exchange for RecordingExchange {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let token = request.headers().get("private-token").map(|token| token.to_str().unwrap().to_owned());
        self.shown.lock().unwrap().push(token.unwrap_or_default());
        self.asked.lock().unwrap().push(request.uri().host().unwrap_or_default().to_owned());
        if self.silent {
            return Err(ExchangeError::NotSent("no route".to_owned()));
        }
        let answer = self.sandbox.router().oneshot(request.map(Body::from)).await.unwrap();
        let (parts, body) = answer.into_parts();
        Ok(Response::from_parts(parts, axum::body::to_bytes(body, usize::MAX).await.unwrap()))
    }
}

/// A GitLab with one public and one private project, and the value of the token that sees both.
fn world_with_two_projects(named: &str) -> (World, String) {
    let mut world = empty_world();
    let bot = world.add_user("bot", "Bot");
    let secret = world.add_token(named, bot, &["read_api"], None);
    let open = world.add_project("grove/open", Visibility::Public);
    world.add_file(open, "main", "README.md", &format!("# {named}\n"));
    let closed = world.add_project("grove/closed", Visibility::Private);
    world.add_member(closed, bot, 20);
    (world, secret)
}

/// What carries to such a GitLab, a reader, and the token's value.
fn instance(host: &str, named: &str, with_token: bool, silent: bool) -> (Arc<RecordingExchange>, Reader, String) {
    let (world, secret) = world_with_two_projects(named);
    let post = Arc::new(RecordingExchange {
        sandbox: Sandbox::new(world),
        shown: Mutex::default(),
        asked: Mutex::default(),
        silent,
    });
    let token = Token { name: "A_TOKEN".to_owned(), secret: SecretString::from(secret.clone()) };
    let tokens = with_token.then_some((TokenPurpose::Links, token)).into_iter().collect();
    let url = format!("https://{host}/").parse().unwrap();
    let exchange = Arc::clone(&post) as Arc<dyn Exchange>;
    (
        post,
        new_reader(&ConnectionOptions { url, tokens, exchange, jitter_seed: 7, redactor: Redactor::default() })
            .unwrap(),
        secret,
    )
}

async fn check_urls(reader: &Reader, memory: &Arc<InMemoryWeb>, urls: &[&str]) -> CheckResult {
    let links = links(urls);
    let document = Document { path: "pod.md", links: (&links).into(), site_url: None, local_files: None };
    check_links(&[document], &[], reader, &web(memory), &CheckOptions::default()).await
}

fn with_other_instance(own: Reader, other: Reader) -> Reader {
    own.with_other_instances(BTreeMap::from([(OTHER.to_owned(), other)]))
}

#[tokio::test(start_paused = true)]
async fn each_gitlab_is_asked_with_its_own_token_about_its_own_links() {
    use Verdict::{Alive, Dead};
    let (own, reader, own_secret) = instance("gitlab.com", "own", true, false);
    let (other, abroad, other_secret) = instance(OTHER, "other", true, false);
    let urls = [
        "https://gitlab.com/grove/closed",
        "https://gitlab.com/grove/open/-/blob/main/README.md#own",
        "https://git.juniper.example/grove/closed",
        "https://git.juniper.example/grove/open/-/blob/main/README.md#other",
        "https://git.juniper.example/grove/open/-/blob/main/gone.md",
        "https://Git.Juniper.Example/grove/open/-/blob/master/README.md",
        // Nobody named this one: the web is asked, as ever.
        "https://git.stranger.example/grove/open",
    ];
    let memory = InMemoryWeb::of(&[(urls[6], &[ScriptedResponse::page("<h1>Hello</h1>")])]);
    let probed = check_urls(&with_other_instance(reader, abroad), &memory, &urls).await;
    assert_eq!(probed.failure, None);
    let seen = observations_by_url(probed);
    let verdicts = urls.map(|url| verdict(&seen, url));
    assert_eq!(verdicts, [Alive, Alive, Alive, Alive, Dead, Dead, Alive]);
    assert_eq!(
        seen[urls[5]].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str),
        Some("https://git.juniper.example/grove/open/-/blob/main/README.md")
    );
    // And whether anybody sees elsewhere what the API hides, and a former default branch leads on.
    let visited = memory.requested_urls();
    assert_eq!(visited[0], urls[6]);
    let rechecked: BTreeSet<&str> = visited[1..].iter().map(String::as_str).collect();
    let branch = "https://git.juniper.example/grove/open/-/blob/master/README.md";
    assert_eq!(rechecked, BTreeSet::from([urls[0], urls[2], branch]));
    for (post, host, secret, foreign) in
        [(&own, "gitlab.com", &own_secret, &other_secret), (&other, OTHER, &other_secret, &own_secret)]
    {
        let shown = post.shown.lock().unwrap();
        assert!(shown.iter().any(|token| token == secret), "{host}: {shown:?}");
        assert!(shown.iter().all(|token| token.is_empty() || token == secret), "{host}: {shown:?}");
        assert!(!shown.contains(foreign));
        assert!(post.asked.lock().unwrap().iter().all(|asked| asked == host));
    }
}

#[tokio::test(start_paused = true)]
async fn a_gitlab_that_fails_leaves_the_verdicts_of_the_others() {
    for broken in [OTHER, "gitlab.com"] {
        let (_, reader, _) = instance("gitlab.com", "own", true, broken == "gitlab.com");
        let (_, abroad, _) = instance(OTHER, "other", true, broken == OTHER);
        let urls = ["https://gitlab.com/grove/open", "https://git.juniper.example/grove/open"];
        let probed = check_urls(&with_other_instance(reader, abroad), &InMemoryWeb::of(&[]), &urls).await;
        let failure = probed.failure.clone().unwrap();
        assert_eq!(failure.what.contains(OTHER), broken == OTHER, "{failure:?}");
        let seen = observations_by_url(probed);
        for url in urls {
            let wanted = if url.contains(broken) { Verdict::Unreachable } else { Verdict::Alive };
            assert_eq!(verdict(&seen, url), wanted, "{url}");
        }
    }
}

/// Public things need no token; what is private cannot be told from what is missing.
#[tokio::test(start_paused = true)]
async fn without_a_token_a_gitlab_is_asked_as_anybody() {
    use Verdict::{Alive, Hidden};
    let (_, reader, _) = instance("gitlab.com", "own", false, false);
    let (other, abroad, _) = instance(OTHER, "other", false, false);
    let urls = [
        "https://gitlab.com/grove/open/-/tree/main",
        "https://gitlab.com/grove/closed",
        "https://git.juniper.example/grove/open",
        "https://git.juniper.example/grove/closed",
        "https://git.juniper.example/grove/never-was",
    ];
    let seen =
        observations_by_url(check_urls(&with_other_instance(reader, abroad), &InMemoryWeb::of(&[]), &urls).await);
    assert_eq!(urls.map(|url| verdict(&seen, url)), [Alive, Hidden, Alive, Hidden, Hidden]);
    assert!(other.shown.lock().unwrap().iter().all(String::is_empty), "no header at all");
}

/// `check` against two served instances, the second by `[[instance]]`.
#[tokio::test(flavor = "multi_thread")]
async fn check_asks_both_gitlabs_and_says_once_where_no_token_was_given() {
    let ((own, own_secret), (other, other_secret)) = (world_with_two_projects("own"), world_with_two_projects("other"));
    let serve = async |world| Sandbox::new(world).serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let (own, other) = (serve(own).await, serve(other).await);
    let at = |serving: &podkeeper::sandbox::SandboxServer| serving.url().as_str().trim_end_matches('/').to_owned();
    let (own_url, other_url) = (at(&own), at(&other));
    let folder = copy_config("check-instances", |folder| {
        let path = folder.join("podkeeper.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let instance = format!("\n[[instance]]\nurl = \"{other_url}\"\ntoken = \"PODKEEPER_OTHER_TOKEN\"\n");
        let links = "\n[links]\ntoken = \"PODKEEPER_TOKEN\"\n";
        std::fs::write(path, text.replace("https://gitlab.com", &own_url) + &instance + links).unwrap();
    });
    let page = empty_temp_folder("check-instances-page").join("page.md");
    let links: String = [&own_url, &other_url]
        .iter()
        .flat_map(|url| ["grove/open", "grove/closed"].map(|path| format!("<{url}/{path}>\n\n")))
        .collect();
    std::fs::write(&page, links).unwrap();
    let check = async |env: &[(&str, &str)]| -> ProgramOutput {
        let args = ["--config", &folder, "check", "--format", "json", page.to_str().unwrap()];
        run_podkeeper_with_env(&args, env).await
    };
    let verdicts = |reported: &ProgramOutput| -> Vec<(String, String)> {
        let shown: Value = serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"));
        assert!(shown["requests"]["read"].as_u64().unwrap() >= 2, "{shown}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        shown["observations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|seen| (text(&seen["url"]), text(&seen["verdict"])))
            .collect()
    };
    let reported = check(&[("PODKEEPER_TOKEN", &own_secret), ("PODKEEPER_OTHER_TOKEN", &other_secret)]).await;
    // That of the own GitLab is named for links, too.
    assert!(verdicts(&reported).iter().all(|(_, verdict)| verdict == "alive"), "{reported:?}");
    assert!(!reported.err.contains("no token"), "{}", reported.err);
    for secret in [&own_secret, &other_secret] {
        assert!(!reported.out.contains(secret) && !reported.err.contains(secret));
    }

    let reported = check(&[]).await;
    for (url, verdict) in verdicts(&reported) {
        assert_eq!(verdict, if url.ends_with("closed") { "hidden" } else { "alive" }, "{url}");
    }
    let host = |url: &str| url.trim_start_matches("http://").to_owned();
    let note = format!(
        "no token was given for {}, so what is hidden there and what is missing cannot be told apart; put one into \
         PODKEEPER_OTHER_TOKEN",
        host(&other_url)
    );
    assert_eq!(reported.err.matches(&note).count(), 1, "{}", reported.err);
    assert_eq!(reported.code, Some(0), "{reported:?}");

    // One token for two GitLabs would be one too many who know it.
    let reported = check(&[("PODKEEPER_TOKEN", &own_secret), ("PODKEEPER_OTHER_TOKEN", &own_secret)]).await;
    assert_eq!(reported.code, Some(2));
    assert!(reported.err.contains("PODKEEPER_OTHER_TOKEN holds the same token as PODKEEPER_TOKEN"), "{}", reported.err);
    assert!(!reported.err.contains(&own_secret));
}
