//! Inputs that were made to break parsers: each has a result, without a panic and without a long wait.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use podkeeper::collect::agents::parse_agent_bytes;
use podkeeper::collect::handbook::parse_pod_page;
use podkeeper::gitlab::{ConnectionOptions, Exchange, ExchangeError, IssueFilter, Redactor, TokenPurpose, new_reader};
use podkeeper::pod::agent::{AgentFile, MembershipRule};
use podkeeper::pod::snapshot::Project;
use tokio::time::Instant;

/// Far more than all of them take together; only a parser that hangs reaches it.
const MAX_WAIT: Duration = Duration::from_secs(180);

/// A bomb: its name, and what came of it.
pub(crate) struct Bomb {
    name: String,
    explode: Box<dyn FnOnce() -> String + Send>,
}

pub(crate) fn bomb(name: impl Into<String>, explode: impl FnOnce() -> String + Send + 'static) -> Bomb {
    Bomb { name: name.into(), explode: Box::new(explode) }
}

/// A page, understood.
fn page_bomb(name: impl Into<String>, text: String) -> Bomb {
    bomb(name, move || {
        let page = parse_pod_page(&text, "p.md");
        format!("{} links, {} members, {} findings", page.links.len(), page.members.len(), page.findings.len())
    })
}

/// An agent's file; one that is refused for its size is also tried with the rest cut off.
fn yaml_bomb(name: &str, bytes: impl Into<Vec<u8>>) -> Bomb {
    let bytes: Vec<u8> = bytes.into();
    bomb(format!("yaml {name}"), move || {
        let rules = [MembershipRule::ZendeskGroup("g".to_owned())].into();
        let said = |bytes: &[u8]| match parse_agent_bytes("a.yaml", bytes, &rules) {
            AgentFile::Agent(_) => "an agent".to_owned(),
            AgentFile::Broken(broken) => {
                format!("{}{}", broken.problem, broken.line.map(|n| format!(" ({n})")).unwrap_or_default())
            }
        };
        let whole = said(&bytes);
        if bytes.len() > 64 * 1024 { format!("{whole}; cut: {}", said(&bytes[..64 * 1024])) } else { whole }
    })
}

/// A server that gives one answer to everything.
struct AlwaysAnswers(Bytes);

#[async_trait::async_trait]
impl Exchange for AlwaysAnswers {
    async fn exchange(&self, _: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        Ok(Response::new(self.0.clone()))
    }
}

/// An answer of GitLab to three kinds of questions.
fn json_bomb(name: &str, body: impl Into<Bytes>) -> Bomb {
    let body: Bytes = body.into();
    bomb(format!("json {name}"), move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let url = "https://gitlab.example/".parse().unwrap();
            let access = ConnectionOptions {
                url,
                tokens: [].into(),
                exchange: Arc::new(AlwaysAnswers(body)),
                jitter_seed: 7,
                redactor: Redactor::default(),
            };
            let reader = new_reader(&access).unwrap();
            let project = Project {
                id: 1,
                path: "g/p".to_owned(),
                archived: false,
                marked_for_deletion: false,
                issues_enabled: true,
                private: true,
                access_level: None,
                url: String::new(),
            };
            let seen = [
                reader.read_project(TokenPurpose::Pairing, "g/p").await.present().is_some(),
                reader.read_current_user(TokenPurpose::Pairing).await.present().is_some(),
                reader.list_issues(TokenPurpose::Pairing, &project, IssueFilter::ByAuthorId(1), None).await.is_ok(),
            ];
            format!("understood: {seen:?}")
        })
    })
}

fn markdown() -> Vec<Bomb> {
    let one = |mark: &'static str, count| page_bomb(format!("markdown {mark:?} × {count}"), mark.repeat(count));
    let marks = ["[", "> ", "*a ", "![", "`"];
    marks.into_iter().flat_map(|mark| [5_000, 20_000, 80_000].map(|count| one(mark, count))).collect()
}

fn yamls() -> Vec<Bomb> {
    let alias = (1..12).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))
    });
    let deep = (0..10_000).flat_map(|n| [" ".repeat(n.min(300)), "k:\n".to_owned()]).collect::<String>();
    let merge = (1..200).fold("m0: &m0 {a: 1}\n".to_owned(), |text, n| {
        format!("{text}m{n}: &m{n}\n  <<: [*m{}, *m{}]\n  k{n}: 1\n", n - 1, n - 1)
    });
    let utf16: Vec<u8> = "\u{feff}name: Ada\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        yaml_bomb("alias bomb", alias),
        yaml_bomb("[ × 12,500", "[".repeat(12_500)),
        yaml_bomb("[ × 25,000", "[".repeat(25_000)),
        yaml_bomb("[ × 50,000", "[".repeat(50_000)),
        yaml_bomb("[ × 100,000", "[".repeat(100_000)),
        yaml_bomb("{ × 100,000", "{".repeat(100_000)),
        yaml_bomb("10,000 levels of mappings", deep),
        yaml_bomb("a chain of merge keys", merge),
        yaml_bomb("a key twice", "name: a\nname: b\n"),
        yaml_bomb("a text of 1 MB", format!("name: {}\n", "x".repeat(1_000_000))),
        yaml_bomb("NUL", "name: a\0b\n"),
        yaml_bomb("UTF-16", utf16),
        yaml_bomb("100,000 documents", "---\na\n".repeat(100_000)),
    ]
}

fn jsons() -> Vec<Bomb> {
    let user = |rest: &str| format!(r#"{{"id": 1, "username": {rest}}}"#);
    vec![
        json_bomb("[ × 100,000", "[".repeat(100_000)),
        json_bomb("a text of 10 MB", user(&format!("\"{}\"", "x".repeat(10_000_000)))),
        json_bomb("half of a surrogate pair", user(r#""\ud800""#)),
        json_bomb("a key twice", user(r#""a", "username": "b""#)),
        json_bomb("1e999", r#"{"id": 1e999, "username": "a"}"#),
        json_bomb("nothing", ""),
    ]
}

fn pages() -> Vec<Bomb> {
    let members = "## Juniper Pod members\n\n";
    vec![
        page_bomb("page {{< × 100,000", format!("{members}- {}", "{{<".repeat(100_000))),
        page_bomb("page with an open shortcode", format!("{members}- {{{{< member-by-name \"{}", "x".repeat(100_000))),
        page_bomb("page with an address of 1 MB", format!("{members}https://a.example/{}", "x".repeat(1_000_000))),
        page_bomb(
            "page with 5,001 links",
            (0..5_001).fold(String::new(), |text, n| format!("{text}- https://a.example/{n}\n")),
        ),
        page_bomb("page with 100,000 headings", format!("{members}{}", "## x\n".repeat(100_000))),
        page_bomb("page with an open fence", format!("{members}```\n{}", "- https://a.example/x\n".repeat(20_000))),
    ]
}

#[test]
fn forty_bombs_go_off_without_a_panic() {
    let (survived, of) = run_all_bombs(|line| println!("{line}"));
    assert_eq!((survived, of), (40, 40), "one panicked or took longer than {MAX_WAIT:?}");
}

/// How many of all these bombs had a result.
pub(crate) fn run_all_bombs(tell_of: impl Fn(&str)) -> (usize, usize) {
    let bombs = markdown().into_iter().chain(yamls()).chain(jsons()).chain(pages());
    run_bombs(bombs.collect(), tell_of)
}

/// How many of how many bombs had a result, one after the other, until one did harm.
pub(crate) fn run_bombs(bombs: Vec<Bomb>, tell_of: impl Fn(&str)) -> (usize, usize) {
    let of = bombs.len();
    let (tell, reported) = mpsc::channel();
    let work = std::thread::spawn(move || {
        for Bomb { name, explode } in bombs {
            let start = Instant::now();
            let result = explode();
            if tell.send((name, result, start.elapsed())).is_err() {
                return;
            }
        }
    });
    let mut slowest = (Duration::ZERO, String::new());
    let mut survived = 0;
    // The channel closes at the end, or when a bomb has done harm; one that hangs is left to itself.
    while let Ok((name, result, took)) = reported.recv_timeout(MAX_WAIT) {
        tell_of(&format!("{:>6} ms  {name}: {result}", took.as_millis()));
        survived += 1;
        slowest = slowest.max((took, name));
    }
    tell_of(&format!("{survived} of {of} survived; the slowest took {} ms: {}", slowest.0.as_millis(), slowest.1));
    let harmed = survived == of && work.join().is_err();
    (survived - usize::from(harmed), of)
}
