//! Messages about what a run found at its sources.
//!
//! Each fault is said once, with the host or the project, the account and what to do, and in no library's words.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::exit_codes::{ProgramOutput, copy_config, empty_temp_folder, replace_in_file, run_podkeeper_with_env};
use crate::people_actions::{ALL_TASKS, Served};
use crate::support::{Stage, now, shipped_config};

/// The numbers of the messages that have a row here.
pub(super) const ROWS: &[u8] = &[5, 6, 7];

/// What a library calls it, and nobody else.
const LIBRARY_WORDS: [&str; 12] = [
    "UnknownIssuer",
    "error sending request",
    "dns error",
    "os error",
    "OtherError",
    "invalid peer certificate",
    "tcp connect",
    "hyper",
    "client error",
    "lookup address",
    "InvalidContentType",
    "expected value at line",
];

/// A configuration whose GitLab is there; `more` follows in `[gitlab]`.
fn config_for(name: &str, url: &str, more: &str) -> String {
    copy_config(name, |folder| {
        let file = folder.join("podkeeper.toml");
        replace_in_file(&file, "url = \"https://gitlab.com\"", &format!("url = \"{url}\"\n{more}"));
    })
}

async fn run(command: &str, config: &str, env: &[(&str, &str)]) -> ProgramOutput {
    let env = [&[("PODKEEPER_TOKEN", "glpat-no-secret-at-all-0000"), ("PODKEEPER_CONFIG", config)], env].concat();
    run_podkeeper_with_env(&[command], &env).await
}

/// The first ten lines say what is the matter and what to do, and nothing says it twice, but the end for whom a person
/// has to act.
fn assert_once(reported: &ProgramOutput, what: &str, parts: &[&str]) {
    let above = reported.out.split(">>>").next().unwrap_or_default();
    let text = above.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(text.matches(what).count(), 1, "{what}: {}", reported.out);
    let start = reported.out.lines().take(10).flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(start.contains(part), "{part}: {}", reported.out);
    }
    for word in LIBRARY_WORDS {
        assert!(!reported.out.contains(word) && !reported.err.contains(word), "{word}: {reported:?}");
    }
}

// --------------------------------------------------------------------------------- 7: a host that is not there

#[tokio::test(flavor = "multi_thread")]
async fn a_gitlab_that_refuses_connections_is_said_once() {
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let host = taken.local_addr().unwrap().to_string();
    let config = config_for("messages-refused", &format!("http://{host}"), "");
    for command in ["apply", "plan"] {
        let reported = run(command, &config, &[]).await;
        reported.assert_ends(4, &["could not see for that reason", "the account that the token belongs to"]);
        let what = format!("GitLab could not be reached: {host} refused the connection");
        assert_once(&reported, &what, &["nothing listens there", "[gitlab] url", "CI_SERVER_URL"]);
    }
    let sandbox = run_podkeeper_with_env(&["apply", &format!("--sandbox=http://{host}")], &[]).await;
    sandbox.assert_ends(4, &["no sandbox answers at", "refused the connection", "podkeeper sandbox"]);
    assert!(LIBRARY_WORDS.iter().all(|word| !sandbox.err.contains(word)), "{sandbox:?}");
}

/// Two pods and one fault: the second names the first.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_of_all_pods_is_said_of_the_first() {
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let config = copy_config("messages-two-pods", |folder| {
        let url = format!("url = \"http://{}\"", taken.local_addr().unwrap());
        replace_in_file(&folder.join("podkeeper.toml"), "url = \"https://gitlab.com\"", &url);
        let pod = std::fs::read_to_string(folder.join("pods/secure.toml")).unwrap();
        let other = pod.replace("Secure Pod", "Verify Pod").replace("pod::secure", "pod::verify");
        std::fs::write(folder.join("pods/verify.toml"), other.replace("pods/secure/", "pods/verify/")).unwrap();
    });
    let reported = run("plan", &config, &[]).await;
    reported.assert_ends(4, &["could not see, for the reason given for Secure Pod"]);
    assert_once(&reported, "refused the connection", &["[gitlab] url"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_exist_is_said_once() {
    let config = config_for("messages-no-host", "https://gitlab.no-such-host.invalid", "");
    let reported = run("apply", &config, &[]).await;
    assert_eq!(reported.code, Some(4), "{reported:?}");
    let host = "gitlab.no-such-host.invalid";
    let known = [format!("there is no host {host}"), format!("no DNS server answers for {host}")];
    let what = known.iter().find(|what| reported.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(*what));
    assert_once(&reported, what.unwrap_or(&known[0]), &["[gitlab] url"]);
}

// ------------------------------------------------------------------------------ 7: a certificate, over real TLS

/// A server on loopback whose certificate is made like this; what it says to whoever trusts it does not matter.
struct TlsServer {
    port: u16,
    authority: String,
}

impl TlsServer {
    async fn serve(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        change(&mut leaf);
        let leaf = leaf.signed_by(&key, &authority).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move { acceptor.accept(stream).await?.shutdown().await });
            }
        });
        Self { port, authority: authority.pem() }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

fn write_authority(name: &str, pem: &str) -> String {
    let file = empty_temp_folder(name).join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    file.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_not_known_is_said_once_with_where_to_name_it() {
    let server = TlsServer::serve(|_| {}).await;
    let config = config_for("messages-authority", &server.url(), "");
    let other = TlsServer::serve(|_| {}).await;
    let other_file = write_authority("messages-other-authority", &other.authority);
    for command in ["apply", "plan"] {
        let reported = run(command, &config, &[("SSL_CERT_FILE", &other_file)]).await;
        reported.assert_ends(4, &["could not see for that reason"]);
        let what = format!(
            "the certificate of localhost:{} is signed by an authority that this machine does not know",
            server.port
        );
        assert_once(&reported, &what, &["[gitlab] ca_file of podkeeper.toml", "SSL_CERT_FILE"]);
    }
    // What it advises helps: the next thing that is missing is an answer.
    let file = write_authority("messages-its-authority", &server.authority);
    let reported = run("plan", &config, &[("SSL_CERT_FILE", &file)]).await;
    assert!(!reported.out.contains("certificate"), "{reported:?}");
    // A file that names another authority is said to be the one to change.
    let named = copy_config("messages-wrong-ca-file", |folder| {
        let more = format!("url = \"{}\"\nca_file = \"ca.pem\"", server.url());
        replace_in_file(&folder.join("podkeeper.toml"), "url = \"https://gitlab.com\"", &more);
        std::fs::write(folder.join("ca.pem"), &other.authority).unwrap();
    });
    let reported = run("plan", &named, &[]).await;
    assert_once(&reported, "none of the authorities in [gitlab] ca_file", &["into that file"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_faults_of_a_certificate_have_words_of_their_own() {
    let expired = TlsServer::serve(|leaf| {
        leaf.not_before = date_time_ymd(2020, 1, 1);
        leaf.not_after = date_time_ymd(2021, 1, 1);
    })
    .await;
    let other_name =
        TlsServer::serve(|leaf| *leaf = CertificateParams::new(vec!["gitlab.example".to_owned()]).unwrap()).await;
    for (name, server, what, part) in [
        ("expired", &expired, "has expired", "renewed"),
        ("other-name", &other_name, "is for another name", "[gitlab] url"),
    ] {
        let config = copy_config(&format!("messages-{name}"), |folder| {
            let more = format!("url = \"{}\"\nca_file = \"ca.pem\"", server.url());
            replace_in_file(&folder.join("podkeeper.toml"), "url = \"https://gitlab.com\"", &more);
            std::fs::write(folder.join("ca.pem"), &server.authority).unwrap();
        });
        let reported = run("plan", &config, &[]).await;
        assert_once(&reported, &format!("the certificate of localhost:{} {what}", server.port), &[part]);
    }
    // Plain HTTP where TLS is spoken.
    let plain = TestServer::serve("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
    let url = format!("https://localhost:{}", plain.address.port());
    let reported = run("plan", &config_for("messages-no-tls", &url, ""), &[]).await;
    assert_once(&reported, "does not speak TLS on this port", &["check the port in [gitlab] url"]);
}

// ------------------------------------------------------------------------------ what answers is no GitLab, or refuses

/// A server that answers everything alike.
struct TestServer {
    address: SocketAddr,
}

impl TestServer {
    async fn serve(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut head = [0; 16 * 1024];
                    let _read = tokio::io::AsyncReadExt::read(&mut stream, &mut head).await?;
                    stream.write_all(answer.as_bytes()).await?;
                    stream.shutdown().await
                });
            }
        });
        Self { address }
    }
}

const SIGN_IN: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 29\r\nconnection: close\r\n\r\n<!doctype html><p>Sign in</p>";
const ELSEWHERE: &str = "HTTP/1.1 302 Found\r\nlocation: https://login.example/sso?next=x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: 39\r\nconnection: close\r\n\r\n{\"message\":\"500 Internal Server Error\"}";
const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: 30\r\nconnection: close\r\n\r\n{\"message\":\"401 Unauthorized\"}";
const EXPIRED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: 66\r\nconnection: close\r\n\r\n{\"error\":\"invalid_token\",\"error_description\":\"Token is expired.\"}\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_in_gitlabs_place_or_refuses_is_said_once() {
    for (name, answer, code, what, parts) in [
        (
            "sign-in",
            SIGN_IN,
            4,
            "an HTML page came in the place of GitLab's answer",
            &["single sign-on", "[gitlab] url"][..],
        ),
        ("elsewhere", ELSEWHERE, 4, "302 redirect to https://login.example", &["[gitlab] url"]),
        ("broken", BROKEN, 4, "500 Internal Server Error", &["the fault is GitLab's", "ask who runs it"]),
        ("refused", REFUSED, 6, "GitLab refused the token in PODKEEPER_TOKEN", &["of another GitLab", "expiry"]),
        ("expired", EXPIRED, 6, "GitLab refused the token in PODKEEPER_TOKEN", &["Token is expired", "make a new one"]),
    ] {
        let server = TestServer::serve(answer).await;
        let config = config_for(&format!("messages-{name}"), &format!("http://{}", server.address), "");
        let reported = run("apply", &config, &[]).await;
        assert_eq!(reported.code, Some(code), "{name}: {reported:?}");
        let host = server.address.to_string();
        assert_once(&reported, what, &[parts, &[if name == "elsewhere" { "login.example" } else { &host }]].concat());
        assert!(!reported.out.contains("next=x"), "{}", reported.out);
        // Nothing stands before it: what failed is in the report.
        assert!(!reported.err.contains("WARN"), "{}", reported.err);
    }
}

// -------------------------------------------------------------------------------- 5: a project that is not seen

/// GitLab answers 404 for what is not there and for what the token's account is no member of.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_not_seen_may_lack_a_member() {
    for (table, code) in [("[agents]", 4), ("[page]", 4), ("[reports]", 4), ("[pairing]", 4)] {
        let served = Served::serve(Stage::of(shipped_config().pods, now())).await;
        let pod = &served.stage.pods[0];
        let path = match table {
            "[agents]" => pod.agents.as_ref().unwrap().project.clone(),
            "[page]" => pod.page.project.clone(),
            "[reports]" => pod.reports.project.clone().unwrap(),
            _ => pod.pairing_project.clone(),
        };
        served.stage.sandbox.change_world(|world| {
            let id = world.project_by_path(&path).unwrap().id;
            let project = world.projects.get_mut(&id).unwrap();
            project.visibility = podkeeper::sandbox::world::Visibility::Private;
            project.members.clear();
        });
        let reported = served.run(&["apply"], ALL_TASKS).await;
        let key = format!("{table} project");
        reported.assert_ends(code, &[&path, "not there or not visible to this token", &key, "@podkeeper-bot", "role"]);
        reported.assert_ends(code, &["member", "Reporter or above"]);
        assert!(!reported.out.contains("to where it went"), "{}", reported.out);
    }
}

// -------------------------------------------------------------------------------------- 6: a group that nobody has

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_group_is_named_with_the_nearest_one_and_to_nobody_who_may_not_know() {
    let config = copy_config("messages-group", |folder| {
        let file = folder.join("pods/secure.toml");
        replace_in_file(
            &file,
            "zendesk_group = \"Support Focus: Secure\"",
            "zendesk_group = \"Support Focus: Secrue\"",
        );
    });
    let stage = Stage::of(shipped_config().pods, now());
    let served = Served::serve(stage).await;
    let env = [("PODKEEPER_CONFIG", &*config), ("PODKEEPER_TASK", ALL_TASKS)];
    // The first look holds back what would be told of everybody, the second tells it.
    for _ in 0..2 {
        let reported = served.run_with(&["-v", "plan", "--audience", "confidential"], &env).await;
        let text = reported.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "zendesk_group = \"Support Focus: Secrue\" under [members] in config/pods/secure.toml",
            "nobody in the Support Team data has it",
            "have \"Support Focus: Secure\"",
        ] {
            assert!(text.contains(part), "{part}: {}", reported.out);
        }
        assert!(!text.contains("merge request for this person alone"), "nobody's file is at fault: {}", reported.out);
        for audience in ["public", "team"] {
            let narrow = served.run_with(&["-v", "plan", "--audience", audience], &env).await;
            assert!(!narrow.out.contains("Support Focus: Secure\""), "{audience}: {}", narrow.out);
        }
        served.run_with(&["apply"], &env).await;
    }
}
