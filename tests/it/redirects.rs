//! No redirect is followed with the token (threat T6): five statuses, three methods, three other origins.
//!
//! Through the real client, over loopback sockets: what follows redirects is a client, so no other one would prove
//! much.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use podkeeper::gitlab::{
    ConnectionOptions, Exchange, HttpExchange, NewIssueOptions, Redactor, Token, TokenPurpose, new_reader_and_writer,
};
use podkeeper::pod::action::{Action, Change};
use podkeeper::pod::label::LabelName;
use podkeeper::pod::observed::{FailureCause, Observed};
use podkeeper::pod::outcome::Outcome;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Bent, now, unchanged};

#[tokio::test]
async fn no_redirect_is_followed_with_the_token() {
    let seen = check_all_redirects(unchanged).await;
    println!("{} redirects: {} connections to the second origin", seen.of, seen.followed);
    assert_eq!((seen.of, seen.followed, seen.wrong), (45, 0, None));
}

/// How many redirects were met, and what came of them.
#[derive(Default)]
pub(crate) struct RedirectResult {
    pub(crate) of: usize,
    /// Connections to the origin that a redirect pointed to.
    pub(crate) followed: usize,
    /// The first redirect that did not end as one should.
    pub(crate) wrong: Option<String>,
}

/// Every status, method and other origin, once.
pub(crate) async fn check_all_redirects(bent: Bent) -> RedirectResult {
    let second = OtherOrigin::listen().await;
    let mut met = RedirectResult::default();
    for status in [301, 302, 303, 307, 308] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            for target in [
                format!("http://localhost:{}/api/v4/x", second.port),
                format!("http://127.0.0.1:{}/api/v4/x", second.port),
                format!("https://127.0.0.1:{}/api/v4/projects/7", second.port),
            ] {
                let reported = run_redirected_request(status, &method, &target, bent).await;
                let right = reported.as_ref().is_ok_and(|reported| reported.contains(&format!("{status} redirect")));
                if !right {
                    met.wrong.get_or_insert(format!("{status} {method} {target}: {reported:?}"));
                }
                met.of += 1;
            }
        }
    }
    met.followed = second.connections().await;
    met
}

/// What one request that meets a redirect comes to, in words.
async fn run_redirected_request(status: u16, method: &Method, target: &str, bent: Bent) -> Result<String, String> {
    let host = Redirects::listen(status, target).await;
    let mut access = access_to(&host.url);
    access.exchange = bent(access.exchange);
    let (reader, writer) = new_reader_and_writer(&access, now()).unwrap();
    let label = LabelName::parse("pod::secure").unwrap();
    let change = Change::AddLabel { iid: 1, label: label.clone() };
    let action = Action {
        project: "a/b".to_owned(),
        project_id: 1,
        because: "a test".to_owned(),
        on_confidential_issue: false,
        change,
    };
    let outcome = match *method {
        Method::POST => writer.open_pairing_issue(&action, "title", "body", &[], NewIssueOptions::default()).await,
        Method::PUT => writer.add_label(&action, 1, &label).await,
        _ => match reader.read_current_user(TokenPurpose::Pairing).await {
            Observed::Unknown(failure) if failure.cause == FailureCause::Unavailable => {
                Outcome::Refused(failure.cause, failure.why)
            }
            seen => return Err(format!("{seen:?}")),
        },
    };
    match (outcome, host.requests.load(Ordering::SeqCst)) {
        (Outcome::Refused(FailureCause::Unavailable, why), 1) => Ok(why),
        (other, sent) => Err(format!("{other:?}, sent {sent} times")),
    }
}

/// A way to a server on this machine, with the token that must not leave it.
pub(crate) fn access_to(url: &str) -> ConnectionOptions {
    let secret = "glpat-CANARY7fQ2xVnB9sLw4K".to_owned();
    let token = || Token { name: "PODKEEPER_TOKEN".to_owned(), secret: SecretString::from(secret.clone()) };
    ConnectionOptions {
        url: url.parse().unwrap(),
        tokens: [(TokenPurpose::Pairing, token()), (TokenPurpose::Handbook, token())].into(),
        exchange: Arc::new(HttpExchange::loopback().unwrap()) as Arc<dyn Exchange>,
        jitter_seed: 7,
        redactor: Redactor::default(),
    }
}

/// A server that answers everything with one redirect.
struct Redirects {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Redirects {
    async fn listen(status: u16, target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        let head = format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {target}\r\n");
        let answer = format!("{head}content-length: 0\r\nconnection: close\r\n\r\n");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    let mut piece = [0; 4096];
                    match stream.read(&mut piece).await {
                        Ok(read) if read > 0 => head.extend_from_slice(&piece[..read]),
                        Ok(_) | Err(_) => break,
                    }
                }
                count.fetch_add(1, Ordering::SeqCst);
                stream.write_all(answer.as_bytes()).await.map_or_else(drop, drop);
                stream.shutdown().await.map_or_else(drop, drop);
            }
        });
        Self { url, requests }
    }
}

/// A listener that hangs up on everybody and counts them.
pub(crate) struct OtherOrigin {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
}

impl OtherOrigin {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { port, connections }
    }

    /// How many came, but for those that ask here: who comes last is served last, so that nobody is overlooked.
    pub(crate) async fn connections(&self) -> usize {
        let mut own = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        own.read_to_end(&mut Vec::new()).await.map_or_else(drop, drop);
        self.connections.fetch_sub(1, Ordering::SeqCst) - 1
    }
}
