//! GitHub: with a token its API is asked, which goes to one origin; without one it is a host of the web.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, Request};
use linkcheck::github;
use linkcheck::web::{Fetch, FetchError, FetchResponse, HostResolution, NameResolver, WebClient, WebSettings};
use podkeeper::pod::verdict::{Observation, Verdict};
use podkeeper::sandbox::Sandbox;
use podkeeper::sandbox::World;
use podkeeper::sandbox::world::WebFault;
use tower::ServiceExt as _;
use url::Url;

use crate::exit_codes::{empty_temp_folder, run_podkeeper_with_env};

use super::stage::{
    InMemoryWeb, SandboxWeb, ScriptedResponse, Stage, check_web_links, empty_world, observations_by_url, verdict,
};

const TOKEN: &str = "CANARYcanary0123456789abcdef";
const API: &str = "https://api.github.com";

/// Carries API queries to the GitHub of a sandbox with a token, and notes them.
struct RecordingGithub {
    sandbox: Sandbox,
    token: &'static str,
    asked: Mutex<Vec<String>>,
    lost: bool,
}

#[async_trait::async_trait]
impl Fetch for RecordingGithub {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        assert_eq!(url.origin().ascii_serialization(), API, "the token goes to one origin");
        self.asked.lock().unwrap().push(url.as_str().trim_start_matches(API).to_owned());
        if self.lost {
            return Err(FetchError::BadResponse("reset".to_owned()));
        }
        let request = Request::get(url.as_str()).header("authorization", format!("Bearer {}", self.token));
        let answer = self.sandbox.web_router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = stream::iter([Ok(bytes)]).boxed();
        Ok(FetchResponse { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// Public, private, renamed and archived repositories.
fn world_with_repositories() -> World {
    let mut world = empty_world();
    let bot = world.add_user("bot", "Bot");
    world.add_token("api", bot, &["read_api"], None);
    TOKEN.clone_into(&mut world.web.github.token);
    let alder = world.add_github_repository("grove/alder", false);
    alder.add_file("main", "src/a.rs", &"fn a() {}\n".repeat(30));
    alder.add_file("feature/x", "docs/b.md", "# B\n");
    alder.issues.extend([(1, None), (2, Some(("grove/birch".to_owned(), 9)))]);
    alder.releases.insert("v1.0".to_owned());
    alder.commits.insert("0a1b2c3d".to_owned());
    let birch = world.add_github_repository("grove/birch", false);
    birch.formerly.push("grove/beech".to_owned());
    birch.issues.insert(9, None);
    world.add_github_repository("grove/attic", false).archived = true;
    let closed = world.add_github_repository("grove/closed", true);
    closed.add_file("main", "a.rs", "one\ntwo\nthree\n");
    closed.add_file("release/1", "c.md", "# C\n");
    closed.issues.insert(4, None);
    world.add_web_page_with_headings("github.com", "/grove/alder/blob/main/README.md", "README", &["Set up"]);
    // Pages of GitHub itself, one under a word that could be an owner's name.
    world.add_web_page("github.com", "/features/actions", "Actions");
    world.add_web_page("github.com", "/watch/tower", "The watch tower");
    world
}

/// The check of links to GitHub with a token, and the queries that its API got.
async fn check_with_token(
    world: World,
    token: &'static str,
    lost: bool,
    rests: &[&str],
) -> (BTreeMap<String, Observation>, Vec<String>) {
    let stage = Stage::new(world, None);
    let hub = Arc::new(RecordingGithub { sandbox: stage.sandbox.clone(), token, asked: Mutex::default(), lost });
    let pages = Arc::new(SandboxWeb(stage.sandbox.clone()));
    let web = WebClient::with_fetch(pages, WebSettings { jitter_seed: 7, ..WebSettings::default() });
    let web = web.with_github_api(Arc::clone(&hub) as Arc<dyn Fetch>);
    let urls: Vec<String> = rests.iter().map(|rest| format!("https://github.com/{rest}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let probed = stage.check_links(&urls, &web).await;
    assert!(!format!("{probed:?}").contains(TOKEN));
    let api = probed.host_traffic.iter().find(|host| host.host == "api.github.com");
    let asked = hub.asked.lock().unwrap().clone();
    assert_eq!(api.map_or(0, |host| host.requests), asked.len() as u64);
    for path in &asked {
        assert_eq!(endpoints(path).len(), 1, "{path} is in the list of endpoints once");
    }
    (observations_by_url(probed), asked)
}

/// The rows of the list of endpoints that a request is a call of.
fn endpoints(target: &str) -> Vec<&'static str> {
    let asked: Vec<&str> = target.split('?').next().unwrap().split('/').collect();
    let is_called = |path: &str| {
        let own: Vec<&str> = path.split('/').collect();
        let open = own.last() == Some(&"*");
        let own = if open { &own[..own.len() - 1] } else { &own[..] };
        let same = own.iter().zip(&asked).all(|(own, asked)| own == asked || own.starts_with(':'));
        same && (own.len() == asked.len() || open && own.len() < asked.len())
    };
    github::ENDPOINTS.iter().map(|(path, _)| *path).filter(|path| is_called(path)).collect()
}

fn at<'a>(seen: &'a BTreeMap<String, Observation>, rest: &str) -> &'a Observation {
    &seen[&format!("https://github.com/{rest}")]
}

#[tokio::test(start_paused = true)]
async fn with_a_token_the_api_tells_what_pages_do_not() {
    use Verdict::{Alive, Dead, FragmentDead, FragmentUnverifiable, Hidden, Moved};
    let table = [
        ("grove", Alive, ""),
        ("nobody", Hidden, ""),
        ("features/actions", Alive, ""),
        ("watch/tower", Alive, ""),
        ("grove/alder", Alive, ""),
        ("grove/attic", Alive, ""),
        ("grove/never-was", Hidden, ""),
        ("grove/never-was/blob/main/a.rs#L3", Hidden, ""),
        ("grove/beech", Moved, "grove/birch"),
        ("grove/beech/blob/main/README.md#L1", Moved, "grove/birch/blob/main/README.md#L1"),
        // Files, folders and places in them.
        ("grove/alder/blob/main/src/a.rs", Alive, ""),
        ("grove/alder/blob/main/src/a.rs#L30", Alive, ""),
        ("grove/alder/blob/HEAD/src/a.rs#L10-L20", Alive, ""),
        ("grove/alder/blob/refs/heads/main/src/a.rs", Alive, ""),
        ("grove/alder/blob/main/src/a.rs#L31", FragmentDead, ""),
        ("grove/alder/blob/main/src/a.rs#L10C1-L40C2", FragmentDead, ""),
        ("grove/alder/tree/main/src", Alive, ""),
        ("grove/alder/blob/main/gone.rs", Dead, ""),
        ("grove/alder/blob/main/README.md#set-up", Alive, ""),
        ("grove/alder/blob/main/README.md#tear-down", FragmentUnverifiable, ""),
        // Where a ref ends is answered by the page of a public repository.
        ("grove/alder/blob/feature/x/docs/b.md", Alive, ""),
        ("grove/alder/blob/feature/x/docs/b.md#L3", FragmentUnverifiable, ""),
        ("grove/alder/blob/feature/x/gone.md", Dead, ""),
        // Issues, pull requests, releases, commits, other pages.
        ("grove/alder/issues/1", Alive, ""),
        ("grove/alder/issues/1#issuecomment-5", FragmentUnverifiable, ""),
        ("grove/alder/pull/1/files", Alive, ""),
        ("grove/alder/issues/2", Moved, "grove/birch/issues/9"),
        ("grove/alder/issues/77", Dead, ""),
        ("grove/alder/releases/tag/v1.0", Alive, ""),
        ("grove/alder/releases/tag/v9", Dead, ""),
        ("grove/alder/commit/0a1b2c3d", Alive, ""),
        ("grove/alder/commit/ffffffff", Dead, ""),
        ("grove/alder/wiki/Home", Dead, ""),
        // Only the token sees these: what it does not answer for certain is not known.
        ("grove/closed", Alive, ""),
        ("grove/closed/blob/main/a.rs#L3", Alive, ""),
        ("grove/closed/blob/main/a.rs#L9", FragmentDead, ""),
        ("grove/closed/blob/main/README.md#usage", FragmentUnverifiable, ""),
        ("grove/closed/blob/main/gone.rs", Dead, ""),
        ("grove/closed/blob/release/1/c.md", Alive, ""),
        ("grove/closed/blob/release/1/gone.md", Dead, ""),
        ("grove/closed/blob/a/b/c/d/e.md", Hidden, ""),
        ("grove/closed/tree/never-was", Hidden, ""),
        ("grove/closed/issues/4", Alive, ""),
        ("grove/closed/issues/5", Hidden, ""),
        ("grove/closed/releases/tag/v1.0", Hidden, ""),
        ("grove/closed/wiki/Home", Alive, ""),
    ];
    let rests: Vec<&str> = table.iter().map(|(rest, ..)| *rest).collect();
    let (seen, asked) = check_with_token(world_with_repositories(), TOKEN, false, &rests).await;
    for (rest, wanted, better) in table {
        let found = at(&seen, rest);
        let better = (!better.is_empty()).then(|| format!("https://github.com/{better}").into());
        assert_eq!(
            (found.assessment.verdict, &found.assessment.suggestion),
            (wanted, &better),
            "{rest}: {}",
            found.assessment.reason
        );
    }
    // What only the token shows looks to anybody like what is not there.
    let missing = &*at(&seen, "grove/never-was").assessment;
    let private: Vec<&Observation> = seen.values().filter(|seen| seen.url.as_str().contains("grove/closed")).collect();
    assert!(private.iter().filter(|seen| seen.assessment.is_token_only()).count() >= 8);
    for seen in private {
        assert_eq!(seen.assessment.as_seen_by_anybody(), missing, "{}", seen.url);
    }
    assert!(!at(&seen, "grove/alder/issues/2").assessment.is_token_only());
    assert_eq!(at(&seen, "grove/attic").assessment.reason, "its repository is archived");
    assert!(at(&seen, "grove/beech").assessment.reason.as_str().contains("grove/birch"));
    // Each thing is asked for once, whatever places of it are linked.
    let different: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(different.len(), asked.len(), "{asked:?}");
    let called: BTreeSet<&str> = asked.iter().flat_map(|path| endpoints(path)).collect();
    assert_eq!(called.len(), github::ENDPOINTS.len(), "each row of the list is called: {called:?}");
    println!("github_links={} questions={}", table.len(), asked.len());
}

#[tokio::test(start_paused = true)]
async fn without_a_token_only_pages_are_asked_and_their_lines_are_not_known() {
    use Verdict::{Alive, Dead, FragmentDead, FragmentUnverifiable, Moved};
    let page = |url: &str| format!("https://github.com/grove/{url}");
    let readme = [ScriptedResponse::page("<h1 id=\"user-content-set-up\">Set up</h1>")];
    let (blob, issue, old) = (page("alder/blob/main/README.md"), page("alder/issues/1"), page("beech"));
    let (birch, gone) = (page("birch"), page("closed"));
    let moved = [ScriptedResponse::redirect(301, &birch)];
    let memory = InMemoryWeb::of(&[
        (&blob, &readme),
        (&issue, &readme),
        (&old, &moved),
        (&birch, &readme),
        (&gone, &[ScriptedResponse::status(404)]),
    ]);
    let table = [
        (blob.clone(), Alive),
        (format!("{blob}#set-up"), Alive),
        (format!("{blob}#tear-down"), FragmentUnverifiable),
        (format!("{issue}#tear-down"), FragmentDead),
        (format!("{blob}#L10"), FragmentUnverifiable),
        (format!("{blob}#L10-L20"), FragmentUnverifiable),
        (format!("{blob}#L10C3-L20C5"), FragmentUnverifiable),
        (format!("{issue}#issuecomment-5"), FragmentUnverifiable),
        (old, Moved),
        (gone, Dead),
    ];
    let urls: Vec<&str> = table.iter().map(|(url, _)| url.as_str()).collect();
    let seen = check_web_links(&memory, &urls).await;
    for (url, wanted) in &table {
        assert_eq!(verdict(&seen, url), *wanted, "{url}");
    }
    assert!(memory.requested_urls().iter().all(|url| url.starts_with("https://github.com/")));
}

const MIXED: [&str; 7] = [
    "grove/alder",
    "grove/alder/blob/main/src/a.rs",
    "grove/birch/issues/9",
    "grove/closed",
    "grove/closed/blob/main/a.rs#L2",
    "grove/closed/issues/4",
    "nobody",
];

/// What the API does not answer any more is asked of the page, whose 404 is no proof then.
#[tokio::test(start_paused = true)]
async fn an_api_that_had_enough_calls_nothing_dead() {
    use Verdict::{Alive, Hidden, Refused};
    for left in 0..10 {
        let mut world = world_with_repositories();
        world.web.github.left = Some(left);
        let (seen, asked) = check_with_token(world, TOKEN, false, &MIXED).await;
        assert!(asked.len() as u64 <= left.max(1), "{left}: {asked:?}");
        for rest in MIXED {
            let found = at(&seen, rest);
            let public = ["grove/alder", "grove/birch"].iter().any(|name| rest.starts_with(name));
            let fine = if public { vec![Alive] } else { vec![Alive, Hidden, Refused] };
            assert!(
                fine.contains(&found.assessment.verdict),
                "{left} {rest}: {:?} {}",
                found.assessment.verdict,
                found.assessment.reason
            );
        }
        if left == 0 {
            let reported = "the rate limit of GitHub's API is used up (403)";
            assert_eq!(
                (at(&seen, "grove/closed").assessment.verdict, at(&seen, "grove/closed").assessment.reason.as_str()),
                (Refused, reported)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_taken_and_an_api_that_is_down_leave_it_to_the_pages() {
    use Verdict::{Alive, Refused, Unreachable};
    for (token, lost, wanted, reason) in [
        ("another-token-0123456789", false, Refused, "GitHub does not take the token (401)"),
        (TOKEN, true, Unreachable, "reset"),
    ] {
        let (seen, asked) = check_with_token(world_with_repositories(), token, lost, &MIXED).await;
        assert!(lost || asked.len() == 1, "a token that was refused is refused again: {asked:?}");
        for rest in MIXED {
            let found = at(&seen, rest);
            let public = ["grove/alder", "grove/birch"].iter().any(|name| rest.starts_with(name));
            let expected = if public { (Alive, "") } else { (wanted, reason) };
            assert_eq!((found.assessment.verdict, found.assessment.reason.as_str()), expected, "{rest}");
        }
    }
}

/// Finds every host at an address that policies allow; a sandbox is reached all the same.
pub(super) struct PublicAddressLookup;

#[async_trait::async_trait]
impl NameResolver for PublicAddressLookup {
    async fn resolve(&self, _name: &str) -> Vec<IpAddr> {
        vec!["93.184.216.34".parse().unwrap()]
    }
}

/// Over real TLS, with the real client: the token opens what is private, and goes nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn the_token_goes_to_one_origin_even_where_the_api_redirects() {
    let mut world = world_with_repositories();
    world.add_web_redirect("api.github.com", "/repos/grove/alder", 301, "https://evil.example/repositories/1");
    world.add_web_fault("evil.example", "", WebFault::Status(200));
    let sandbox = Sandbox::new(world);
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let says = serving.description();
    let hosts = HostResolution::Sandbox {
        address: says.web.unwrap().parse().unwrap(),
        ca_certificate: says.ca.unwrap(),
        resolver: Arc::new(PublicAddressLookup),
    };
    let settings = WebSettings { jitter_seed: 7, ..WebSettings::default() };
    let header = HeaderValue::from_str(&format!("Bearer {TOKEN}")).unwrap();
    let api = github::build_api_client(hosts.clone(), &settings, header).unwrap();
    for stranger in ["https://evil.example/", "http://api.github.com/", "https://api.github.com:8443/"] {
        let refused = api.get(&stranger.parse().unwrap()).await;
        assert!(matches!(refused, Err(FetchError::BadResponse(_))), "{stranger}");
    }
    let web = WebClient::with_settings(hosts, settings).unwrap().with_github_api(api);
    let urls = ["https://github.com/grove/closed/blob/main/a.rs#L3", "https://github.com/grove/alder"];
    let seen = observations_by_url(Stage::new(empty_world(), None).check_links(&urls, &web).await);
    assert_eq!(urls.map(|url| verdict(&seen, url)), [Verdict::Alive, Verdict::Alive], "{seen:?}");
    assert_eq!(sandbox.world().web.visits.get("evil.example"), None, "nobody went there");
    serving.serve_until(async {}).await.unwrap();
}

#[tokio::test]
async fn the_token_of_github_is_in_no_output_and_is_no_gitlabs() {
    let folder = empty_temp_folder("check-github");
    let (page, file) = (folder.join("page.md"), folder.join("token"));
    std::fs::write(&page, format!("<https://github.com/grove/{TOKEN}>\n")).unwrap();
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let args = ["check", "--offline", "--format", "json", page.to_str().unwrap()];
    for env in [("PODKEEPER_GITHUB_TOKEN", TOKEN), ("PODKEEPER_GITHUB_TOKEN_FILE", file.to_str().unwrap())] {
        let reported = run_podkeeper_with_env(&args, &[env]).await;
        assert_eq!(reported.code, Some(0), "{reported:?}");
        assert!(reported.out.contains("https://github.com/grove/[redacted]"), "{reported:?}");
        assert!(!reported.out.contains(TOKEN) && !reported.err.contains(TOKEN));
    }
    let reported =
        run_podkeeper_with_env(&args, &[("PODKEEPER_TOKEN", TOKEN), ("PODKEEPER_GITHUB_TOKEN", TOKEN)]).await;
    let said = "PODKEEPER_GITHUB_TOKEN holds the same token as PODKEEPER_TOKEN; give GitHub one of its own";
    assert!(reported.code == Some(2) && reported.err.contains(said) && !reported.err.contains(TOKEN), "{reported:?}");
    let reported = run_podkeeper_with_env(&args, &[("PODKEEPER_GITHUB_TOKEN", "short")]).await;
    assert!(reported.code == Some(2) && reported.err.contains("PODKEEPER_GITHUB_TOKEN holds no token"), "{reported:?}");
}
