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
use podkeeper::collect::links::address::{Rules, Unresolved};
use podkeeper::collect::links::policy::Policy;
use podkeeper::collect::links::web::{Fetch, Lost, Reply, Settings, Web};
use podkeeper::collect::links::{Document, probe};
use podkeeper::gitlab::{Access, Exchange, Failure, connect};
use podkeeper::pod::document::{Link, LinkForm};
use podkeeper::pod::text::Untrusted;
use podkeeper::pod::verdict::{Observation, Verdict};
use url::{Host, Url};

const SPELLED: &[&str] = &[
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
const V4_ENDS: &[&str] = &[
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
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
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
const V6_ENDS: &[&str] = &[
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
];
/// Names, with what the resolver tells of them.
const NAMES: &[(&str, &[&str])] = &[
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
const TRICKS: &[&str] = &[
    "https://user:pw@public.example/",
    "https://gitlab.com@evil.example/",
    "http://127.0.0.1:80@public.example/",
    "http://[fe80::1%25eth0]/",
    "http://0x7f.0.0.0x1/",
    "http://1.1.1.1.1/",
    "http://gitlab.com:80:443/",
    "http://[::1",
];
const REDIRECTED: &[&str] = &[
    "http://127.0.0.1/",
    "http://10.0.0.1/",
    "http://169.254.169.254/",
    "http://[::1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://localhost/",
    "http://inner.example/",
    "file:///etc/passwd",
];
const OPEN: &[&str] = &[
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
    "[100:0:0:1::]",
    "[2606:4700:4700::1111]",
];

/// Where sockets would be: what was connected to.
#[derive(Default)]
pub(crate) struct Sockets {
    rules: Rules,
    /// Judges the host as it is written, and nothing else.
    by_the_string: bool,
    connects: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Fetch for Sockets {
    async fn get(&self, url: &Url) -> Result<Reply, Lost> {
        let written = url.host_str().unwrap_or_default();
        let inside = ["127.", "10.", "192.168.", "169.254.", "172.16.", "localhost", "[::1]"];
        if self.by_the_string && inside.iter().any(|start| written.starts_with(start)) {
            return Err(Lost::NotPublic);
        }
        // An address in figures never meets a resolver: whoever asks for it is connected to it.
        if let Some(Host::Domain(name)) = url.host() {
            let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, addresses)| *addresses);
            let addresses = known.unwrap_or(&["93.184.216.34"]).iter().map(|ip| ip.parse::<IpAddr>().unwrap());
            self.rules.resolved(addresses.collect()).map_err(|why| match why {
                Unresolved::NoHost => Lost::NoHost,
                Unresolved::NotPublic => Lost::NotPublic,
            })?;
        }
        self.connects.lock().unwrap().push(url.host_str().unwrap_or_default().to_owned());
        // `/hop/N/TARGET` leads on N more times, then to the target.
        let mut headers = HeaderMap::new();
        let way = url.path().strip_prefix("/hop/").and_then(|rest| rest.split_once('/'));
        let status = if let Some((left, target)) = way {
            let left: usize = left.parse().unwrap();
            let to = if left == 1 {
                REDIRECTED[target.parse::<usize>().unwrap()].to_owned()
            } else {
                format!("/hop/{}/{target}", left - 1)
            };
            headers.insert("location", to.parse().unwrap());
            302
        } else {
            200
        };
        Ok(Reply { status, headers, body: stream::iter([Ok(Bytes::from_static(b"x"))]).boxed() })
    }
}

struct NoGitlab;

#[async_trait::async_trait]
impl Exchange for NoGitlab {
    async fn exchange(&self, _: http::Request<Bytes>) -> Result<http::Response<Bytes>, Failure> {
        panic!("nothing here belongs to GitLab's API");
    }
}

/// How a look is taken: `settings` of the web, and what stands where sockets would be.
pub(crate) type Looks = fn() -> (Settings, Arc<Sockets>);

/// The worker as it is.
pub(crate) fn as_shipped() -> (Settings, Arc<Sockets>) {
    (Settings::default(), Arc::default())
}

/// Sabotage: nothing is judged as parsed, and what is connected to is judged by how its host is written.
pub(crate) fn by_the_string() -> (Settings, Arc<Sockets>) {
    let everything = || Rules::allowing(vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
    let sockets = Sockets { rules: everything(), by_the_string: true, connects: Mutex::default() };
    (Settings { rules: everything(), ..Settings::default() }, Arc::new(sockets))
}

async fn look(url: &str, looks: Looks) -> (Observation, Vec<String>) {
    let (settings, sockets) = looks();
    let web = Web::over(Arc::clone(&sockets) as Arc<dyn Fetch>, settings);
    let tokens = BTreeMap::new();
    let access = Access { url: "https://git.example/".parse().unwrap(), tokens, exchange: Arc::new(NoGitlab), seed: 1 };
    let link = Link {
        url: url.to_owned(),
        text: Untrusted::default(),
        line: 1,
        column: 1,
        section: Untrusted::default(),
        form: LinkForm::Bare,
        kind: None,
    };
    let document = Document { path: "page.md", links: &[link], site: None, local: None };
    let policy = Policy { gitlab_host: "git.example".to_owned(), ..Policy::default() };
    let mut probed = probe(&[document], &[], &connect(&access).unwrap(), &web, &policy).await;
    let connects = sockets.connects.lock().unwrap().clone();
    (probed.observations.remove(0), connects)
}

#[tokio::test(start_paused = true)]
async fn nothing_inside_is_connected_to_and_everything_public_is() {
    let seen = vectors(as_shipped).await;
    println!(
        "{}/{} blocked, {} connects; {}/{} allowed",
        seen.blocked, seen.of, seen.connects, seen.allowed, seen.controls
    );
    assert_eq!((seen.of, seen.controls, seen.connects), (152, 24, 0), "{:?}", seen.wrong);
    assert_eq!((seen.blocked, seen.allowed, seen.wrong), (152, 24, None));
}

#[tokio::test(start_paused = true)]
async fn a_check_of_the_string_is_caught() {
    let seen = vectors(by_the_string).await;
    println!("sabotage: {} connects to what is inside", seen.connects);
    assert!(seen.connects > 50, "{}", seen.connects);
}

/// What came of the vectors.
#[derive(Default)]
pub(crate) struct Reached {
    pub(crate) of: usize,
    pub(crate) blocked: usize,
    /// Connections to what is not public.
    pub(crate) connects: usize,
    pub(crate) controls: usize,
    pub(crate) allowed: usize,
    pub(crate) wrong: Option<String>,
}

/// Looks at every vector and every control.
pub(crate) async fn vectors(looks: Looks) -> Reached {
    let hosts = [SPELLED, V4_ENDS, METADATA, V6_ENDS, V4_IN_V6].concat();
    let mut vectors: Vec<String> = hosts.iter().map(|host| format!("http://{host}/")).collect();
    vectors.extend(NAMES.iter().map(|(name, _)| format!("http://{name}/")));
    vectors.extend(SCHEMES.iter().chain(TRICKS).map(|url| (*url).to_owned()));
    vectors.extend(PORTS.iter().map(|port| format!("http://public.example:{port}/")));
    let direct = vectors.len();
    let hops = 1..=5;
    vectors.extend(
        hops.flat_map(|hop| (0..REDIRECTED.len()).map(move |to| format!("http://public.example/hop/{hop}/{to}"))),
    );

    let mut all = Reached { of: vectors.len(), controls: OPEN.len(), ..Reached::default() };
    for (index, url) in vectors.iter().enumerate() {
        let (seen, reached) = look(url, looks).await;
        // A redirect is followed as far as it stays outside.
        let public = url.split("/hop/").nth(1).map_or(0, |rest| rest[..1].parse().unwrap());
        let inside = reached.iter().filter(|host| *host != "public.example").count();
        all.connects += inside + if index < direct { reached.len() - inside } else { 0 };
        // What is no address at all is dead by itself: nobody can be led anywhere by it.
        let is_none = seen.verdict == Verdict::Dead && url::Url::parse(url).is_err();
        if (seen.verdict == Verdict::Blocked || is_none) && reached.len() == public {
            all.blocked += 1;
        } else {
            all.wrong.get_or_insert(format!("{url}: {} {}, reached {reached:?}", seen.verdict.word(), seen.reason));
        }
    }
    for host in OPEN {
        let (seen, reached) = look(&format!("http://{host}/"), looks).await;
        if (seen.verdict, reached.len()) == (Verdict::Alive, 1) {
            all.allowed += 1;
        } else {
            all.wrong.get_or_insert(format!("{host}: {} {}", seen.verdict.word(), seen.reason));
        }
    }
    all
}
