//! How `https://docs.gitlab.com/…` reaches the sandbox: over real TLS, without any URL being rewritten.
//!
//! The client's resolver asks the sandbox which hosts exist and answers the sandbox's own address and port; the client
//! trusts the sandbox's authority alone. The sandbox's web relies on this (`web` in the crate `gitlab-sandbox`).

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use podkeeper::sandbox::{PastSession, Sandbox, SandboxDescription, SandboxServer, Seed, SeedPod, seed};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, ClientBuilder};

#[tokio::test]
async fn a_public_name_reaches_the_sandbox_over_tls_with_the_right_host() {
    let serving = serve().await;
    let client = client_of_sandbox(&serving.description());

    // The sandbox answers by `Host`: the same path is a page on one host and none on the other.
    let answer = client.get("https://docs.gitlab.com/user/application_security/dast/").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.url().port(), None, "the URL was not touched");
    assert_eq!(answer.remote_addr().map(|address| address.to_string()), serving.description().web);
    assert!(answer.text().await.unwrap().contains("<h1>DAST</h1>"));
    let elsewhere = client.get("https://about.gitlab.com/user/application_security/dast/").send().await.unwrap();
    assert_eq!(elsewhere.status(), 404);

    serving.serve_until(async {}).await.unwrap();
}

#[tokio::test]
async fn redirects_inside_the_sandbox_stay_inside() {
    let serving = serve().await;
    let client = client_of_sandbox(&serving.description());

    let moved = client.get("https://docs.gitlab.com/ee/user/application_security/sast").send().await.unwrap();
    assert_eq!(
        (moved.status().as_u16(), moved.url().as_str()),
        (200, "https://docs.gitlab.com/user/application_security/sast/")
    );
    let hidden = client.get("https://gitlab.com/some-group/pairing").send().await.unwrap();
    assert_eq!((hidden.status().as_u16(), hidden.url().path()), (200, "/users/sign_in"));

    serving.serve_until(async {}).await.unwrap();
}

#[tokio::test]
async fn a_name_that_the_world_does_not_have_is_no_such_host() {
    let serving = serve().await;
    let client = client_of_sandbox(&serving.description());

    let error = client.get("https://nothing.example/").send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert!(error_chain(&error).contains("no such host"), "{}", error_chain(&error));

    serving.serve_until(async {}).await.unwrap();
}

#[tokio::test]
async fn a_client_without_the_authority_refuses_the_box() {
    let serving = serve().await;
    let description = serving.description();
    let other = serve().await;
    let wrong = Certificate::from_pem(other.description().ca.unwrap().as_bytes()).unwrap();
    let client = with_resolver(&description).tls_certs_only([wrong]).build().unwrap();

    let error = client.get("https://docs.gitlab.com/").send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert!(error_chain(&error).to_lowercase().contains("certificate"), "{}", error_chain(&error));

    serving.serve_until(async {}).await.unwrap();
    other.serve_until(async {}).await.unwrap();
}

/// The reason why a caller refuses URLs with a port before connecting: the resolver's port does not win over them.
#[tokio::test]
async fn a_port_in_the_url_is_kept_and_would_leave_the_box() {
    let serving = serve().await;
    let description = serving.description();
    // A free port of this machine stands for the world outside.
    let outside = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = outside.local_addr().unwrap().port();

    let client = client_of_sandbox(&description);
    let asked = tokio::spawn(async move { client.get(format!("https://docs.gitlab.com:{port}/")).send().await });
    let (stream, _) = outside.accept().await.unwrap();
    drop(stream);
    assert!(asked.await.unwrap().is_err());

    serving.serve_until(async {}).await.unwrap();
}

async fn serve() -> SandboxServer {
    let start: DateTime<Utc> = "2026-11-19T15:00:00Z".parse().unwrap();
    let session = |key: &str| PastSession { key: key.to_owned(), title: key.to_owned(), start };
    let pod = SeedPod {
        key: "secure".to_owned(),
        name: "Secure Pod".to_owned(),
        page_project: "some-group/handbook".to_owned(),
        page_path: "content/secure.md".to_owned(),
        page_ref: "main".to_owned(),
        pairing_project: "some-group/pairing".to_owned(),
        label: "pod::secure".to_owned(),
        past_sessions: vec![session("secure/weekly/2026-W47"), session("secure/weekly/2026-W46")],
        ..SeedPod::default()
    };
    let world = seed::build_world(&Seed { now: "2026-11-23T12:00:00Z".parse().unwrap(), pods: vec![pod] });
    Sandbox::new(world).serve(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap()
}

/// A client that lives in the sandbox.
fn client_of_sandbox(description: &SandboxDescription) -> Client {
    let ca = Certificate::from_pem(description.ca.as_deref().unwrap().as_bytes()).unwrap();
    with_resolver(description).tls_certs_only([ca]).build().unwrap()
}

fn with_resolver(description: &SandboxDescription) -> ClientBuilder {
    let resolver = SandboxResolver {
        dns: description.dns.clone(),
        web: description.web.as_deref().unwrap().parse().unwrap(),
        // The sandbox's own address is a literal, so this client never resolves anything.
        asks: Client::builder().no_proxy().build().unwrap(),
    };
    Client::builder().no_proxy().dns_resolver(Arc::new(resolver))
}

/// Asks the sandbox whether a name exists, and leads every name that does to the sandbox's web.
struct SandboxResolver {
    dns: String,
    web: SocketAddr,
    asks: Client,
}

impl Resolve for SandboxResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let asked = self.asks.get(format!("{}{}", self.dns, name.as_str())).send();
        let web = self.web;
        Box::pin(async move {
            let answer = asked.await?;
            if answer.status() == 404 {
                return Err("no such host".into());
            }
            let addresses: serde_json::Value = answer.error_for_status()?.json().await?;
            assert!(addresses["addresses"][0].is_string(), "an address for the policy to judge");
            let addresses: Addrs = Box::new(std::iter::once(web));
            Ok(addresses)
        })
    }
}

/// An error with everything that caused it.
fn error_chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
