//! The way to GitLab through a corporate network: an authority of its own, and a proxy. Both are the API's alone, and the
//! reviewed configuration's alone.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::exit_codes::{
    ProgramOutput, copy_config, empty_temp_folder, replace_in_file, run_podkeeper_with_env, serve_with_script,
};
use crate::support::{NOW, Stage};

/// A name that no resolver knows: only a proxy leads there.
const INSIDE: &str = "gitlab.inside.invalid";

/// An authority, and a certificate of it for `localhost` and for the name inside.
fn authority_and_server() -> (String, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned(), INSIDE.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (authority.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// TLS in front of a server that speaks plain HTTP; the port.
async fn serve_tls(acceptor: TlsAcceptor, plain: SocketAddr) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut inside = acceptor.accept(stream).await?;
                let mut outside = TcpStream::connect(plain).await?;
                copy_bidirectional(&mut inside, &mut outside).await
            });
        }
    });
    port
}

/// A proxy on loopback that leads every name to one port, and keeps what clients say to it.
struct ConnectProxy {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
    /// Whatever came from clients after that.
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl ConnectProxy {
    async fn serve(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let proxy = Self { url, heads: Arc::clone(&heads), bytes: Arc::clone(&bytes) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, to, Arc::clone(&heads), Arc::clone(&bytes)));
            }
        });
        proxy
    }

    /// The first lines of what was asked.
    fn asked(&self) -> Vec<String> {
        self.heads.lock().unwrap().iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

async fn pass_on(
    mut client: TcpStream,
    to: u16,
    heads: Arc<Mutex<Vec<String>>>,
    bytes: Arc<Mutex<Vec<u8>>>,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let is_connect = head.starts_with("CONNECT ");
    heads.lock().unwrap().push(head);
    if !is_connect {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n").await;
    }
    let server = TcpStream::connect(("127.0.0.1", to)).await?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = [0; 4096];
    loop {
        let read = from_client.read(&mut buffer).await?;
        if read == 0 {
            return to_server.shutdown().await;
        }
        bytes.lock().unwrap().extend_from_slice(&buffer[..read]);
        to_server.write_all(&buffer[..read]).await?;
    }
}

/// A configuration whose GitLab stands at this address, with more lines below it.
fn config(name: &str, url: &str, ca: Option<&str>, more: &str) -> String {
    copy_config(name, |folder| {
        let lines = format!("{url}\"\n{more}");
        replace_in_file(&folder.join("podkeeper.toml"), "https://gitlab.com\"", &lines);
        if let Some(pem) = ca {
            std::fs::create_dir_all(folder.join("certificates")).unwrap();
            std::fs::write(folder.join("certificates/ca.pem"), pem).unwrap();
        }
    })
}

const CA_FILE: &str = "ca_file = \"certificates/ca.pem\"";

/// The seeded GitLab behind TLS.
struct Corporate {
    ca: String,
    port: u16,
    token: String,
    server: crate::exit_codes::TestServer,
}

impl Corporate {
    async fn serve() -> Self {
        let stage = Stage::seeded();
        let server = serve_with_script(&stage, |_| None).await;
        let (ca, acceptor) = authority_and_server();
        let plain = server.url.trim_start_matches("http://").parse().unwrap();
        let token = stage.sandbox.describe().tokens["api"].clone();
        Self { ca, port: serve_tls(acceptor, plain).await, token, server }
    }

    async fn plan(&self, config: &str, env: &[(&str, &str)]) -> ProgramOutput {
        let args = ["plan", "--now", NOW, "--config", config];
        run_podkeeper_with_env(&args, &[&[("PODKEEPER_TOKEN", &*self.token)], env].concat()).await
    }
}

#[tokio::test]
async fn a_gitlab_with_an_authority_of_its_own_is_trusted_by_the_configured_file_alone() {
    let corporate = Corporate::serve().await;
    let url = format!("https://localhost:{}", corporate.port);
    let trusting = config("route-ca", &url, Some(&corporate.ca), CA_FILE);
    corporate.plan(&trusting, &[]).await.assert_ends(0, &["Secure Pod"]);
    let asked = corporate.server.seen_requests().len();
    assert!(asked > 5, "{asked}");

    // Without the file, or with another authority's, nothing is said to that server; no variable makes up for it.
    let other = authority_and_server().0;
    let folder = empty_temp_folder("route-ca-of-the-environment");
    std::fs::write(folder.join("ca.pem"), &corporate.ca).unwrap();
    let ca = folder.join("ca.pem").display().to_string();
    let env = [("SSL_CERT_FILE", &*ca), ("REQUESTS_CA_BUNDLE", &ca), ("CURL_CA_BUNDLE", &ca)];
    let told = corporate.plan(&config("route-ca-other", &url, Some(&other), CA_FILE), &env).await;
    told.assert_ends(
        4,
        &["the certificate of localhost:", "signed by none of the authorities in [gitlab] ca_file", "into that file"],
    );
    assert_eq!(corporate.server.seen_requests().len(), asked, "{told:?}");
}

#[tokio::test]
async fn certificates_that_no_client_can_use_are_reported() {
    // A sequence, and no certificate.
    let pem = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    let config = config("route-ca-no-certificate", "https://localhost:1", Some(pem), CA_FILE);
    let env = [("PODKEEPER_TOKEN", "glpat-no-secret-at-all-0000")];
    let told = run_podkeeper_with_env(&["plan", "--now", NOW, "--config", &config], &env).await;
    told.assert_ends(2, &["the certificates of [gitlab] ca_file cannot be used"]);
}

#[tokio::test]
async fn the_api_goes_through_the_configured_proxy_which_sees_no_token() {
    let corporate = Corporate::serve().await;
    let proxy = ConnectProxy::serve(corporate.port).await;
    let lines = format!("{CA_FILE}\nproxy = \"{}\"", proxy.url);
    let through = config("route-proxy", &format!("https://{INSIDE}"), Some(&corporate.ca), &lines);
    corporate.plan(&through, &[]).await.assert_ends(0, &["Secure Pod"]);
    let asked = proxy.asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|line| *line == format!("CONNECT {INSIDE}:443 HTTP/1.1")),
        "{asked:?}"
    );
    let heads = proxy.heads.lock().unwrap().concat().to_lowercase();
    assert!(!heads.contains("private-token") && !heads.contains("authorization"), "{heads}");
    let bytes = proxy.bytes.lock().unwrap().clone();
    let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(bytes.len() > 1_000 && holds(INSIDE), "the control: the name stands in the handshake");
    assert!(!holds(&corporate.token) && !holds("api/v4"), "what is said is TLS");
    println!("{} connections through the proxy, {} bytes, no token", asked.len(), bytes.len());

    // `doctor` tells both, and asks about the token on the same way.
    let before = proxy.asked().len();
    let env = [("PODKEEPER_TOKEN", &*corporate.token)];
    let told = run_podkeeper_with_env(&["doctor", "--token-request", "--config", &through], &env).await;
    let sees = format!("the proxy {}, which sees the host's name and nothing of what is said", proxy.url);
    told.assert_ends(0, &[&sees, "the authorities of certificates/ca.pem alone", "has api: what is needed"]);
    assert_eq!(proxy.asked().len(), before + 1);
}

/// Links are visited as anybody, on this machine's own way; so are addresses that the environment would lead elsewhere.
#[tokio::test]
async fn links_never_go_through_the_proxy_and_the_environments_proxies_are_not_used() {
    let corporate = Corporate::serve().await;
    let (own, environment) = (ConnectProxy::serve(corporate.port).await, ConnectProxy::serve(corporate.port).await);
    let lines = format!("{CA_FILE}\nproxy = \"{}\"", own.url);
    let config = config("route-links", &format!("https://{INSIDE}"), Some(&corporate.ca), &lines);
    let page = empty_temp_folder("route-links-page").join("page.md");
    std::fs::write(&page, format!("<https://{INSIDE}/some-group/none>\n<https://elsewhere.invalid/>\n")).unwrap();
    let env = [
        ("PODKEEPER_TOKEN", &*corporate.token),
        ("HTTPS_PROXY", &*environment.url),
        ("https_proxy", &environment.url),
        ("ALL_PROXY", &environment.url),
        ("NO_PROXY", INSIDE),
    ];
    let args = ["check", "--config", &config, Path::new(&page).to_str().unwrap(), "--format", "json"];
    let told = run_podkeeper_with_env(&args, &env).await;
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap_or_else(|why| panic!("{why}: {told:?}"));
    let verdicts = report["observations"].as_array().unwrap().iter();
    let verdicts: Vec<(&str, &str)> =
        verdicts.map(|seen| (seen["url"].as_str().unwrap(), seen["verdict"].as_str().unwrap())).collect();
    let inside = format!("https://{INSIDE}/some-group/none");
    assert!(verdicts.contains(&(&inside, "hidden")), "the API was asked: {verdicts:?}");
    let asked = own.asked();
    assert!(!asked.is_empty() && asked.iter().all(|line| line.contains(INSIDE)), "{asked:?}");
    assert_eq!(environment.asked(), Vec::<String>::new());
}
