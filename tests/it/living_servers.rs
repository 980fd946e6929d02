//! Servers that are alive and odd, on loopback sockets, through the real client: what a browser shows is there.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use linkcheck::address_policy::AddressPolicy;
use linkcheck::rate_limit::RateLimits;
use linkcheck::web::{HostResolution, WebClient, WebSettings};
use podkeeper::pod::verdict::{Observation, Verdict};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::hostile_servers::{certificate_until, check_urls, read_request, send_once, serve};

/// The real client with these addresses opened.
fn client(policy: AddressPolicy) -> WebClient {
    let settings = WebSettings { limits: RateLimits::NONE, address_policy: policy, ..WebSettings::default() };
    WebClient::with_settings(HostResolution::Internet, settings).unwrap()
}

fn loopback() -> AddressPolicy {
    AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()])
}

async fn check_on_loopback(urls: &[&str]) -> BTreeMap<String, Observation> {
    check_urls(urls.iter().map(|url| (*url).to_owned()).collect(), &client(loopback())).await
}

#[tokio::test]
async fn odd_header_lines_are_no_fault_of_a_page() {
    let mut tasks = JoinSet::new();
    let many = (0..300).map(|n| format!("x-policy-{n}: on\r\n")).collect::<Vec<_>>().concat();
    let long = format!("content-security-policy: {}\r\n", "https://juniper.example ".repeat(2_800));
    let ok = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n";
    let mut urls = Vec::new();
    for (name, head) in [
        // RFC 9112, section 5.2: a receiver may take a folded line for one.
        ("a folded line", format!("{ok}x-words: one\r\n two\r\n\r\n").into_bytes()),
        // RFC 9112, section 5.1: a blank before the colon.
        ("a blank before the colon", format!("{ok}x-words : one\r\n\r\n").into_bytes()),
        ("a line that is no field", format!("{ok}what is this\r\n\r\n").into_bytes()),
        ("a name that is none", format!("{ok}x words[]: one\r\n\r\n").into_bytes()),
        ("bytes of another encoding", [ok.as_bytes(), b"x-words: caf\xe9\r\n\r\n"].concat()),
        ("no words behind the status", b"HTTP/1.1 200\r\ncontent-type: text/html\r\n\r\n".to_vec()),
        // RFC 9112, section 2.2: a line may end with a line feed alone.
        ("bare line feeds", b"HTTP/1.1 200 OK\ncontent-type: text/html\n\n".to_vec()),
        ("300 fields", format!("{ok}{many}\r\n").into_bytes()),
        ("a field of 64 KiB", format!("{ok}{long}\r\n").into_bytes()),
    ] {
        let answer = [head.as_slice(), b"<p id=x>"].concat();
        let port = serve(&mut tasks, move |stream| send_once(stream, answer.clone())).await;
        urls.push((name, format!("http://127.0.0.1:{port}/#x")));
    }
    let seen = check_on_loopback(&urls.iter().map(|(_, url)| url.as_str()).collect::<Vec<_>>()).await;
    for (name, url) in &urls {
        let found = &seen[url].assessment;
        assert_eq!(found.verdict, Verdict::Alive, "{name}: {}", found.reason);
    }
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Answers the first request of a connection with these fields and a page.
async fn answer_http2(mut stream: impl AsyncRead + AsyncWrite + Unpin, fields: Vec<u8>) -> io::Result<()> {
    // RFC 9113, section 6.
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const SETTINGS: u8 = 4;
    const CONTINUATION: u8 = 9;
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).await?;
        if head[3] == SETTINGS && head[4] == 0 {
            stream.write_all(&frame(SETTINGS, 1, 0, &[])).await?;
        }
        if head[3] == HEADERS {
            let (first, rest) = fields.split_at(16_000);
            let answer = [frame(HEADERS, 0, 1, first), frame(CONTINUATION, 4, 1, rest), frame(DATA, 1, 1, b"<p id=x>")];
            stream.write_all(&answer.concat()).await?;
            stream.flush().await?;
        }
    }
}

/// Most sites speak HTTP/2, where a client names the most that it takes (`SETTINGS_MAX_HEADER_LIST_SIZE`, RFC 9113,
/// section 6.5.2).
#[tokio::test]
async fn many_header_fields_are_no_fault_of_a_page_over_http2_either() {
    // RFC 7541, section 6.2.2: a field by itself; the first is `:status: 200` (section 6.1).
    let literal = |name: &str, value: &str| {
        let length = |text: &str| u8::try_from(text.len()).unwrap();
        [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
    };
    let many = (0..300).flat_map(|n| literal(&format!("x-policy-{n}"), &"on ".repeat(20)));
    let fields: Vec<u8> = [0x88].into_iter().chain(literal("content-type", "text/html")).chain(many).collect();
    let (authority, mut config) = certificate_until(2100);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let mut tasks = JoinSet::new();
    let port = serve(&mut tasks, move |stream| {
        let (acceptor, fields) = (acceptor.clone(), fields.clone());
        async move { answer_http2(acceptor.accept(stream).await?, fields).await }
    })
    .await;
    let url = format!("https://127.0.0.1:{port}/#x");
    let settings = WebSettings {
        limits: RateLimits::NONE,
        address_policy: loopback(),
        ca_certificates: vec![authority],
        ..WebSettings::default()
    };
    let web = WebClient::with_settings(HostResolution::Internet, settings).unwrap();
    let seen = check_urls(vec![url.clone()], &web).await;
    assert_eq!(seen[&url].assessment.verdict, Verdict::Alive, "{}", seen[&url].assessment.reason);
}

/// A site that asks for its own cookies, by paths, and counts who came without any.
async fn serve_cookies(tasks: &mut JoinSet<()>, bare_requests: Arc<AtomicUsize>) -> u16 {
    let number = Arc::new(AtomicUsize::new(0));
    serve(tasks, move |mut stream| {
        let (bare_requests, number) = (Arc::clone(&bare_requests), Arc::clone(&number));
        async move {
            let request = read_request(&mut stream).await?;
            let cookie = request.lines().find_map(|line| line.strip_prefix("cookie: ")).unwrap_or_default();
            if cookie.is_empty() {
                bare_requests.fetch_add(1, Ordering::Relaxed);
            }
            let found = |headers: &str| format!("HTTP/1.1 302 Found\r\n{headers}content-length: 0\r\n\r\n");
            let nth = number.fetch_add(1, Ordering::Relaxed);
            let answer = match request.split(' ').nth(1).unwrap_or_default() {
                // Case 13: it redirects to itself once, and sets a cookie.
                "/itself" if cookie != "seen=1" => found("location: /itself\r\nset-cookie: seen=1; Path=/\r\n"),
                "/two" => found("location: /two/asked\r\nset-cookie: step=2; Path=/two\r\n"),
                "/two/asked" if cookie != "step=2" => found("location: /two\r\n"),
                "/always" => found(&format!("location: /always\r\nset-cookie: nth={nth}\r\n")),
                "/never" => found("location: /never\r\n"),
                _ => "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 8\r\n\r\n<p id=x>".to_owned(),
            };
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await
        }
    })
    .await
}

/// RFC 6265, sections 5.3 and 5.4.
#[tokio::test]
async fn a_visit_takes_its_cookies_along_and_leaves_them_behind() {
    let mut tasks = JoinSet::new();
    let bare_requests = Arc::new(AtomicUsize::new(0));
    let port = serve_cookies(&mut tasks, Arc::clone(&bare_requests)).await;
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let [itself, two, always, never] = ["/itself", "/two", "/always", "/never"].map(at);
    let seen = check_on_loopback(&[&itself, &two, &always, &never]).await;
    for (url, verdict, reason) in [
        (&itself, Verdict::Alive, ""),
        (&two, Verdict::Alive, ""),
        (&always, Verdict::Refused, "it redirects more than 10 times, and sets cookies on the way"),
        (&never, Verdict::Unreachable, "it redirects in a circle"),
    ] {
        let found = &seen[url].assessment;
        assert_eq!((found.verdict, found.reason.as_str()), (verdict, reason), "{url}");
    }
    assert_eq!(bare_requests.load(Ordering::Relaxed), 4, "each visit begins without a cookie");
}

/// Case 21: one rule for the ports of names and of numbers.
#[tokio::test]
async fn an_opened_network_is_visited_on_every_port_by_number_and_by_name() {
    let mut tasks = JoinSet::new();
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let port = serve(&mut tasks, move |stream| send_once(stream, answer.as_bytes().to_vec())).await;
    let urls = [format!("http://127.0.0.1:{port}/"), format!("http://localhost:{port}/")];
    let opened = check_on_loopback(&urls.each_ref().map(String::as_str)).await;
    // A port alone opens no network.
    let closed = client(AddressPolicy::default().with_ports(vec![port]));
    let closed = check_urls(urls.to_vec(), &closed).await;
    for url in &urls {
        let found = &opened[url].assessment;
        assert_eq!(found.verdict, Verdict::Alive, "{url}: {}", found.reason);
        assert_eq!(closed[url].assessment.verdict, Verdict::Blocked, "{url}");
    }
}
