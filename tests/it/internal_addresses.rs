//! No link of a page reaches into the network that podkeeper stands in (threat sheet, T5).
//!
//! Everything goes through the ordinary engine; what stands in for sockets resolves names by the rule that
//! the real client resolves by, and counts.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::HeaderMap;
use linkcheck::address_policy::{AddressPolicy, ResolveError};
use linkcheck::check_options::CheckOptions;
use linkcheck::web::{Fetch, FetchError, FetchResponse, WebClient, WebSettings};
use linkcheck::{Document, check_links};
use podkeeper::gitlab::{ConnectionOptions, Exchange, ExchangeError, Redactor, new_reader};
use podkeeper::pod::pod_page::{Link, LinkForm};
use podkeeper::pod::text::Untrusted;
use podkeeper::pod::verdict::{Observation, Verdict};
use url::{Host, Url};

const LOOPBACK_SPELLINGS: &[&str] = &[
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0177.1",
    "0177.0.0.1",
    "0x7f.1",
    "017700000001",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "0",
];
const V4_RANGE_ENDS: &[&str] = &[
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.0",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.255",
    "192.88.99.0",
    "192.88.99.255",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "224.0.0.0",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
];
const METADATA: &[&str] = &[
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "[fd00:ec2::254]",
    "metadata.google.internal",
    "168.63.129.16",
];
const V6_RANGE_ENDS: &[&str] = &[
    "[::]",
    "[::1]",
    "[::ffff:ffff]",
    "[64:ff9b:1::]",
    "[64:ff9b:1:ffff:ffff:ffff:ffff:ffff]",
    "[fc00::]",
    "[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[fe80::]",
    "[febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[fec0::]",
    "[feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[ff00::]",
    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[100::]",
    "[100::ffff:ffff:ffff:ffff]",
    "[100:0:0:1::]",
    "[100:0:0:1:ffff:ffff:ffff:ffff]",
    "[2001:1::1]",
    "[2001:2::]",
    "[2001:2:0:ffff:ffff:ffff:ffff:ffff]",
    "[2001:10::]",
    "[2001:1f:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[2001:20::]",
    "[2001:2f:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[2001:db8::]",
    "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[3fff::]",
    "[3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[5f00::]",
    "[5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
];
const V4_IN_V6: &[&str] = &[
    "[::ffff:127.0.0.1]",
    "[::ffff:a00:1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[::a00:1]",
    "[::a9fe:a9fe]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2002:a00:1::]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:7f00:1::1]",
    "[2001:0:a00:1::1]",
    "[2001:0:a9fe:a9fe::1]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[2001:0:4136:e378:8000:63bf:f5ff:fffe]",
    "[2001:0:4136:e378:8000:63bf:5601:5601]",
    "[::ffff:0:127.0.0.1]",
    "[::ffff:0:a00:1]",
    "[::ffff:0:a9fe:a9fe]",
    "[2606:4700::5efe:127.0.0.1]",
    "[2606:4700::5efe:a00:1]",
    "[2606:4700::200:5efe:a9fe:a9fe]",
    "[2606:4700::300:5efe:a9fe:a9fe]",
    "[fe80::5efe:808:808]",
    "[2002:808:808::5efe:a00:1]",
    "[64:ff9b::c000:201]",
    "[::ffff:203.0.113.1]",
];
/// Names, with what the resolver answers for them.
const NAMES_AND_ADDRESSES: &[(&str, &[&str])] = &[
    ("localhost", &["127.0.0.1"]),
    ("LOCALHOST", &["127.0.0.1"]),
    ("localhost.", &["127.0.0.1"]),
    ("x.localhost", &["127.0.0.1"]),
    ("ip6-localhost", &["::1"]),
    ("169.254.169.254.nip.example", &["169.254.169.254"]),
    ("inner.example", &["10.0.0.1"]),
    ("half-inner.example", &["93.184.216.34", "10.0.0.1"]),
    ("inner-by-six.example", &["93.184.216.34", "::1"]),
    ("mapped.example", &["::ffff:127.0.0.1"]),
];
const SCHEMES: &[&str] = &[
    "file:///etc/passwd",
    "ftp://",
    "gopher://127.0.0.1:6379/_x",
    "dict://127.0.0.1:11211/",
    "ldap://127.0.0.1/",
    "ws://127.0.0.1/",
    "ssh://127.0.0.1/",
    "jar:http://127.0.0.1/x!/",
    "data:text/html,x",
    "javascript:alert(1)",
];
const PORTS: &[u16] = &[0, 22, 25, 110, 2375, 3306, 5432, 6379, 9200, 11211];
const MISLEADING_URLS: &[&str] = &[
    "https://user:pw@public.example/",
    "https://gitlab.com@evil.example/",
    "http://127.0.0.1:80@public.example/",
    "http://[fe80::1%25eth0]/",
    "http://0x7f.0.0.0x1/",
    "http://1.1.1.1.1/",
    "http://gitlab.com:80:443/",
    "http://[::1",
];
const REDIRECT_TARGETS: &[&str] = &[
    "http://127.0.0.1/",
    "http://10.0.0.1/",
    "http://169.254.169.254/",
    "http://[::1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://localhost/",
    "http://inner.example/",
    "file:///etc/passwd",
];
const PUBLIC_CONTROLS: &[&str] = &[
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "[::ffff:808:808]",
    "[64:ff9b::808:808]",
    "[2002:808:808::]",
    "[64:ff9b:2::]",
    "[2606:4700:4700::1111]",
    "192.0.1.255",
    "192.0.3.0",
    "192.88.98.255",
    "192.88.100.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "[::ffff:0:808:808]",
    "[2606:4700::5efe:808:808]",
    "[2606:4700::200:5efe:808:808]",
    "[2606:4700::1:5efe:a00:1]",
    "[2606:4700::5eff:a00:1]",
    "[ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[100:0:0:2::]",
    "[2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[2001:0:808:808::f7f7:f7f7]",
    "[2001:200::]",
    "[2001:db7:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[2001:db9::]",
    "[3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[3fff:1000::]",
    "[5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    "[5f01::]",
];

/// Where sockets would be: what was connected to.
#[derive(Default)]
pub(crate) struct RecordedConnections {
    rules: AddressPolicy,
    /// Judges the host as it is written, and nothing else.
    by_the_string: bool,
    connects: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Fetch for RecordedConnections {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        let written = url.host_str().unwrap_or_default();
        let inside = ["127.", "10.", "192.168.", "169.254.", "172.16.", "localhost", "[::1]"];
        if self.by_the_string && inside.iter().any(|start| written.starts_with(start)) {
            return Err(FetchError::NotPublic);
        }
        // An address in figures never meets a resolver: whoever asks for it is connected to it.
        if let Some(Host::Domain(name)) = url.host() {
            let known = NAMES_AND_ADDRESSES.iter().find(|(known, _)| *known == name).map(|(_, addresses)| *addresses);
            let addresses = known.unwrap_or(&["93.184.216.34"]).iter().map(|ip| ip.parse::<IpAddr>().unwrap());
            self.rules.check_resolved(addresses.collect()).map_err(|why| match why {
                ResolveError::NoSuchHost => FetchError::NoSuchHost,
                ResolveError::DnsSilent => FetchError::DnsSilent,
                ResolveError::NotPublic => FetchError::NotPublic,
                ResolveError::ClosedPort => FetchError::ClosedPort,
            })?;
        }
        self.connects.lock().unwrap().push(url.host_str().unwrap_or_default().to_owned());
        // `/hop/N/TARGET` leads on N more times, then to the target.
        let mut headers = HeaderMap::new();
        let way = url.path().strip_prefix("/hop/").and_then(|rest| rest.split_once('/'));
        let status = if let Some((left, target)) = way {
            let left: usize = left.parse().unwrap();
            let to = if left == 1 {
                REDIRECT_TARGETS[target.parse::<usize>().unwrap()].to_owned()
            } else {
                format!("/hop/{}/{target}", left - 1)
            };
            headers.insert("location", to.parse().unwrap());
            302
        } else {
            200
        };
        Ok(FetchResponse { status, headers, body: stream::iter([Ok(Bytes::from_static(b"x"))]).boxed() })
    }
}

struct NoGitlab;

#[async_trait::async_trait]
impl Exchange for NoGitlab {
    async fn exchange(&self, _: http::Request<Bytes>) -> Result<http::Response<Bytes>, ExchangeError> {
        panic!("nothing here belongs to GitLab's API");
    }
}

/// How a check is made: `settings` of the web, and what stands where sockets would be.
pub(crate) type WebSetup = fn() -> (WebSettings, Arc<RecordedConnections>);

/// The worker as it is.
pub(crate) fn as_shipped() -> (WebSettings, Arc<RecordedConnections>) {
    (WebSettings::default(), Arc::default())
}

/// Sabotage: nothing is judged as parsed, and what is connected to is judged by how its host is written.
pub(crate) fn judging_by_string() -> (WebSettings, Arc<RecordedConnections>) {
    let everything = || AddressPolicy::allowing(vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
    let sockets = RecordedConnections { rules: everything(), by_the_string: true, connects: Mutex::default() };
    (WebSettings { address_policy: everything(), ..WebSettings::default() }, Arc::new(sockets))
}

async fn check_url(url: &str, looks: WebSetup) -> (Observation, Vec<String>) {
    let (settings, sockets) = looks();
    let web = WebClient::with_fetch(Arc::clone(&sockets) as Arc<dyn Fetch>, settings);
    let tokens = BTreeMap::new();
    let access = ConnectionOptions {
        url: "https://git.example/".parse().unwrap(),
        tokens,
        exchange: Arc::new(NoGitlab),
        jitter_seed: 1,
        redactor: Redactor::default(),
    };
    let link = Link {
        url: url.to_owned(),
        text: Untrusted::default(),
        line: 1,
        column: 1,
        section: Untrusted::default().into(),
        form: LinkForm::Bare,
        kind: None,
    };
    let document = Document { path: "page.md", links: vec![link].into(), site_url: None, local_files: None };
    let policy = CheckOptions { gitlab_host: "git.example".to_owned(), ..CheckOptions::default() };
    let mut probed = check_links(&[document], &[], &new_reader(&access).unwrap(), &web, &policy).await;
    let connects = sockets.connects.lock().unwrap().clone();
    (probed.observations.remove(0), connects)
}

#[tokio::test(start_paused = true)]
async fn nothing_inside_is_connected_to_and_everything_public_is() {
    let seen = check_all_addresses(as_shipped).await;
    println!(
        "{}/{} blocked, {} connects; {}/{} allowed",
        seen.blocked, seen.of, seen.connects, seen.allowed, seen.controls
    );
    assert_eq!((seen.of, seen.controls, seen.connects), (187, 47, 0), "{:?}", seen.wrong);
    assert_eq!((seen.blocked, seen.allowed, seen.wrong), (187, 47, None));
}

#[tokio::test(start_paused = true)]
async fn a_check_of_the_string_is_caught() {
    let seen = check_all_addresses(judging_by_string).await;
    println!("sabotage: {} connects to what is inside", seen.connects);
    assert!(seen.connects > 50, "{}", seen.connects);
}

/// What came of the addresses.
#[derive(Default)]
pub(crate) struct AddressResult {
    pub(crate) of: usize,
    pub(crate) blocked: usize,
    /// Connections to what is not public.
    pub(crate) connects: usize,
    pub(crate) controls: usize,
    pub(crate) allowed: usize,
    pub(crate) wrong: Option<String>,
}

/// Checks every address and every control.
pub(crate) async fn check_all_addresses(looks: WebSetup) -> AddressResult {
    let hosts = [LOOPBACK_SPELLINGS, V4_RANGE_ENDS, METADATA, V6_RANGE_ENDS, V4_IN_V6].concat();
    let mut vectors: Vec<String> = hosts.iter().map(|host| format!("http://{host}/")).collect();
    vectors.extend(NAMES_AND_ADDRESSES.iter().map(|(name, _)| format!("http://{name}/")));
    vectors.extend(SCHEMES.iter().chain(MISLEADING_URLS).map(|url| (*url).to_owned()));
    vectors.extend(PORTS.iter().map(|port| format!("http://public.example:{port}/")));
    let direct = vectors.len();
    let redirect_counts = 1..=5;
    vectors
        .extend(redirect_counts.flat_map(|hop| {
            (0..REDIRECT_TARGETS.len()).map(move |to| format!("http://public.example/hop/{hop}/{to}"))
        }));

    let mut all = AddressResult { of: vectors.len(), controls: PUBLIC_CONTROLS.len(), ..AddressResult::default() };
    for (index, url) in vectors.iter().enumerate() {
        let (seen, reached) = check_url(url, looks).await;
        // A redirect is followed as far as it stays outside.
        let public = url.split("/hop/").nth(1).map_or(0, |rest| rest[..1].parse().unwrap());
        let inside = reached.iter().filter(|host| *host != "public.example").count();
        all.connects += inside + if index < direct { reached.len() - inside } else { 0 };
        // What is no address at all is dead by itself: nobody can be led anywhere by it.
        let is_none = seen.assessment.verdict == Verdict::Dead && url::Url::parse(url).is_err();
        if (seen.assessment.verdict == Verdict::Blocked || is_none) && reached.len() == public {
            all.blocked += 1;
        } else {
            all.wrong.get_or_insert(format!(
                "{url}: {} {}, reached {reached:?}",
                seen.assessment.verdict.as_str(),
                seen.assessment.reason
            ));
        }
    }
    for host in PUBLIC_CONTROLS {
        let (seen, reached) = check_url(&format!("http://{host}/"), looks).await;
        if (seen.assessment.verdict, reached.len()) == (Verdict::Alive, 1) {
            all.allowed += 1;
        } else {
            all.wrong.get_or_insert(format!("{host}: {} {}", seen.assessment.verdict.as_str(), seen.assessment.reason));
        }
    }
    all
}
