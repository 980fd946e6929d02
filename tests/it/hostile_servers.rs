//! Servers that mean harm, on loopback sockets, through the real client (threat sheet, T7).
//!
//! Each ends within its deadline with a verdict that is right, and a hundred links of a good server beside
//! it do not notice. Nothing here measures time: what does not end runs into one generous timeout.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use linkcheck::address_policy::AddressPolicy;
use linkcheck::check_options::CheckOptions;
use linkcheck::rate_limit::RateLimits;
use linkcheck::web::{HostResolution, WebClient, WebSettings};
use linkcheck::{Document, check_links};
use podkeeper::gitlab::{ConnectionOptions, HttpExchange, Redactor, new_reader};
use podkeeper::pod::pod_page::{Link, LinkForm};
use podkeeper::pod::text::Untrusted;
use podkeeper::pod::verdict::{Observation, Verdict};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The deadline of a request here; the real one is 20 s.
const DEADLINE: Duration = Duration::from_millis(700);
/// No server goes on for longer, whatever its client does.
const MAX_SERVER_TIME: Duration = Duration::from_secs(20);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n";

/// A server on a port of its own, which treats every connection alike.
pub(crate) async fn serve<F>(tasks: &mut JoinSet<()>, treat: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tasks.spawn(async move {
        let mut inside = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let treated = treat(stream);
            inside.spawn(async move {
                // A client that hangs up is what is hoped for.
                let _ended = timeout(MAX_SERVER_TIME, treated).await;
            });
        }
    });
    port
}

pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut seen = Vec::new();
    let mut piece = [0; 1024];
    while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece).await? {
            0 => break,
            read => seen.extend_from_slice(&piece[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&seen).into_owned())
}

/// Says something, then goes on saying something else.
async fn send_forever(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    start: &str,
    more: &[u8],
    pause: Duration,
) -> io::Result<()> {
    read_request(&mut stream).await?;
    stream.write_all(start.as_bytes()).await?;
    loop {
        stream.write_all(more).await?;
        stream.flush().await?;
        if pause.is_zero() { tokio::task::yield_now().await } else { sleep(pause).await }
    }
}

pub(crate) async fn send_once(mut stream: TcpStream, answer: Vec<u8>) -> io::Result<()> {
    read_request(&mut stream).await?;
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

/// An authority, and a certificate of it for this machine that is over since 2021.
fn expired_certificate() -> (String, Arc<tokio_rustls::rustls::ServerConfig>) {
    let (authority, config) = certificate_until(2021);
    (authority, Arc::new(config))
}

/// An authority, and what serves this machine by a certificate of it that is over with the beginning of a year.
pub(crate) fn certificate_until(year: i32) -> (String, tokio_rustls::rustls::ServerConfig) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    (leaf.not_before, leaf.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, 1, 1));
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (authority.pem(), config)
}

/// The servers, each with the link to it and the verdict that is right.
async fn start_servers(
    tasks: &mut JoinSet<()>,
    tls: Arc<tokio_rustls::rustls::ServerConfig>,
) -> Vec<(&'static str, String, Verdict)> {
    use Verdict::{FragmentUnverifiable, Unreachable};
    let second = Duration::from_secs(1);
    let plain = |port: u16| format!("http://127.0.0.1:{port}/");
    let place = |port: u16| format!("http://127.0.0.1:{port}/#place");
    let secure = |port: u16| format!("https://127.0.0.1:{port}/");
    let mut all = Vec::new();
    // Its queue takes connections that it never comes to.
    let never = TcpListener::bind("127.0.0.1:0").await.unwrap();
    all.push(("never accepts", plain(never.local_addr().unwrap().port()), Unreachable));
    tasks.spawn(async move {
        sleep(MAX_SERVER_TIME).await;
        drop(never);
    });
    let mut add = |name, url, verdict| all.push((name, url, verdict));
    let port = serve(tasks, |stream| async move {
        sleep(MAX_SERVER_TIME).await;
        drop(stream);
        Ok(())
    })
    .await;
    add("accepts and stays silent", plain(port), Unreachable);
    let port = serve(tasks, move |s| send_forever(s, OK_START, b"x", second)).await;
    add("drips a byte a second", place(port), FragmentUnverifiable);
    let port = serve(tasks, |s| send_forever(s, OK_START, &[b'x'; 8192], Duration::ZERO)).await;
    add("endless body", place(port), FragmentUnverifiable);
    let port = serve(tasks, |s| send_forever(s, "HTTP/1.1 200 OK\r\n", b"x-more: yes\r\n", Duration::ZERO)).await;
    add("endless headers", plain(port), Unreachable);
    let port = serve(tasks, |s| send_forever(s, "HTTP/1.1 200 OK\r\nx-long: ", &[b'x'; 8192], Duration::ZERO)).await;
    add("one endless header", plain(port), Unreachable);
    let port = serve(tasks, |s| send_forever(s, "", b"HTTP/1.1 103 Early Hints\r\n\r\n", Duration::ZERO)).await;
    add("endless 103", plain(port), Unreachable);
    // The beginning of a deflate stream that goes on for ever: a thousand zeros for each byte.
    let port = serve(tasks, |s| {
        send_forever(
            s,
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-encoding: gzip\r\n\r\n\x1f",
            &[0; 8192],
            Duration::ZERO,
        )
    })
    .await;
    add("gzip bomb", place(port), FragmentUnverifiable);
    let answer = format!("{OK}content-length: 1000000\r\n\r\n<p id=x>");
    let port = serve(tasks, move |s| send_once(s, answer.clone().into_bytes())).await;
    add("wrong content-length", place(port), FragmentUnverifiable);
    let answer = format!("{OK}transfer-encoding: chunked\r\n\r\n8000000000000000\r\n<p id=x>");
    let port = serve(tasks, move |s| send_once(s, answer.clone().into_bytes())).await;
    add("chunk of 2^63", place(port), FragmentUnverifiable);
    let port =
        serve(tasks, |s| send_once(s, b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n".to_vec()))
            .await;
    add("redirects to itself", plain(port), Unreachable);
    let port = serve(tasks, |mut s| async move {
        let asked = read_request(&mut s).await?;
        let number: u64 = asked.split(['/', ' ']).find_map(|part| part.parse().ok()).unwrap_or(0);
        let answer = format!("HTTP/1.1 302 Found\r\nlocation: /{}\r\ncontent-length: 0\r\n\r\n", number + 1);
        s.write_all(answer.as_bytes()).await?;
        s.shutdown().await
    })
    .await;
    add("a thousand redirects", format!("http://127.0.0.1:{port}/1"), Unreachable);
    let port = serve(tasks, |s| send_once(s, b"<html>what is a status</html>".to_vec())).await;
    add("HTTP/0.9", plain(port), Unreachable);
    let port = serve(tasks, |mut s| async move {
        read_request(&mut s).await?;
        s.write_all(format!("{OK}content-length: 1000000\r\n\r\n<p id=x>").as_bytes()).await?;
        sleep(Duration::from_millis(50)).await;
        // Nothing lingers: the client gets a reset in place of an end.
        s.set_zero_linger()
    })
    .await;
    add("reset in the body", place(port), FragmentUnverifiable);
    let port = serve(tasks, |mut s| async move {
        s.write_all(b"this is no TLS, this is a letter to whoever calls\r\n").await?;
        s.shutdown().await
    })
    .await;
    add("garbage for TLS", secure(port), Unreachable);
    let acceptor = tokio_rustls::TlsAcceptor::from(tls);
    let port = serve(tasks, move |s| {
        let acceptor = acceptor.clone();
        async move {
            let mut s = acceptor.accept(s).await?;
            read_request(&mut s).await?;
            s.write_all(format!("{OK}content-length: 0\r\n\r\n").as_bytes()).await
        }
    })
    .await;
    add("expired certificate", secure(port), Unreachable);
    let port = serve(tasks, move |mut s| async move {
        // The head of a handshake record of 16 KiB, then byte by byte.
        s.write_all(&[22, 3, 3, 64, 0]).await?;
        loop {
            s.write_all(&[2]).await?;
            sleep(second).await;
        }
    })
    .await;
    add("slow TLS", secure(port), Unreachable);
    all
}

const OK_START: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<p id=x>";

pub(crate) async fn check_urls(urls: Vec<String>, web: &WebClient) -> BTreeMap<String, Observation> {
    let link = |url: String| Link {
        url,
        text: Untrusted::default(),
        line: 1,
        column: 1,
        section: Untrusted::default().into(),
        form: LinkForm::Bare,
        kind: None,
    };
    let links: Vec<Link> = urls.into_iter().map(link).collect();
    let exchange = Arc::new(HttpExchange::loopback().unwrap());
    let access = ConnectionOptions {
        url: "http://127.0.0.1:9/".parse().unwrap(),
        tokens: BTreeMap::new(),
        exchange,
        jitter_seed: 1,
        redactor: Redactor::default(),
    };
    let document = Document { path: "page.md", links: (&links).into(), site_url: None, local_files: None };
    let probed = check_links(&[document], &[], &new_reader(&access).unwrap(), web, &CheckOptions::default()).await;
    probed.observations.into_iter().map(|seen| (seen.url.as_str().to_owned(), seen)).collect()
}

#[tokio::test]
async fn hostile_servers_end_with_a_verdict_and_hurt_no_other_link() {
    let met = check_all_servers().await;
    println!("hostile_servers={} right_verdicts={} other_links_alive={}/100", met.of, met.right, met.others_alive);
    assert_eq!((met.of, met.right, met.others_alive), (17, 17, 100), "{:?}", met.wrong);
}

/// What came of the servers, and of the links beside them.
#[derive(Default)]
pub(crate) struct HostileResult {
    pub(crate) of: usize,
    /// Servers that ended in time with the verdict that is right.
    pub(crate) right: usize,
    /// Of a hundred links of a good server.
    pub(crate) others_alive: usize,
    pub(crate) wrong: Option<String>,
}

/// Checks all of them at once.
pub(crate) async fn check_all_servers() -> HostileResult {
    let mut tasks = JoinSet::new();
    let (authority, tls) = expired_certificate();
    let hostile = start_servers(&mut tasks, tls).await;
    let good = serve(&mut tasks, |s| send_once(s, format!("{OK}content-length: 8\r\n\r\n<p id=x>").into_bytes())).await;
    let good: Vec<String> = (0..100).map(|n| format!("http://127.0.0.1:{good}/{n}#x")).collect();
    let settings = WebSettings {
        deadline: DEADLINE,
        max_retries: 1,
        limits: RateLimits::NONE,
        address_policy: AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]),
        ca_certificates: vec![authority.clone()],
        jitter_seed: 1,
        ..WebSettings::default()
    };
    let web = WebClient::with_settings(HostResolution::Internet, settings).unwrap();
    let urls = hostile.iter().map(|(_, url, _)| url.clone()).chain(good.iter().cloned()).collect();
    let mut met = HostileResult { of: hostile.len(), ..HostileResult::default() };
    let Ok(seen) = timeout(MAX_SERVER_TIME * 3, check_urls(urls, &web)).await else {
        met.wrong = Some("a server held the run up".to_owned());
        return met;
    };
    for (name, url, verdict) in &hostile {
        let found = &seen[url];
        // An expired certificate is reported as that.
        let reported = *name != "expired certificate" || found.assessment.reason == "its certificate has expired";
        if found.assessment.verdict == *verdict && reported {
            met.right += 1;
        } else {
            let reported = format!(
                "{name}: {} ({}), not {}",
                found.assessment.verdict.as_str(),
                found.assessment.reason,
                verdict.as_str()
            );
            met.wrong.get_or_insert(reported);
        }
    }
    met.others_alive = good.iter().filter(|url| seen[*url].assessment.verdict == Verdict::Alive).count();

    // Without the opened network nothing of this is reached at all.
    let settings = WebSettings { ca_certificates: vec![authority], ..WebSettings::default() };
    let web = WebClient::with_settings(HostResolution::Internet, settings).unwrap();
    let seen = check_urls(good[..5].to_vec(), &web).await;
    if !seen.values().all(|seen| seen.assessment.verdict == Verdict::Blocked) {
        met.wrong.get_or_insert("a network that nobody opened was reached".to_owned());
    }
    met
}
