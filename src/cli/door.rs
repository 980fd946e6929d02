//! The way to GitLab: the real one or a box. This is the only place where the two differ, and only in
//! address, credentials, certificate and clock; everything behind it is the same.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::Halt;
use super::args::{Gitlab, Serve};
use super::plot::{plot, plot_with_page};
use super::signals::Signals;
use super::sink::Sink;
use super::work::With;
use crate::collect::links::target::host_of;
use crate::config::Config;
use crate::gitlab::{Access, Exchange, HttpExchange, Nobody, Purpose, Token};
use crate::pod::Pod;
use crate::pod::run::Ending;
use crate::run::Moment;
use crate::sandbox::world::Unread;
use crate::sandbox::{Plot, Sandbox, Serving, World, purpose};

const GITLAB_COM: &str = "https://gitlab.com";
/// The box's own token that may do what podkeeper's token may do.
const BOX_TOKEN: &str = "api";

/// The open way to a GitLab.
pub(super) struct Door {
    pub(super) access: Access,
    /// The moment that counts as now.
    pub(super) now: DateTime<Utc>,
    /// Whether somebody said so, or the box; else it was read off this machine's clock.
    told: bool,
    /// The host by which links name this GitLab, with its port where it has one.
    pub(super) gitlab_host: String,
    /// How the web is carried, in a box that does.
    pub(super) carried: Option<Carried>,
    /// Whether it leads into a box.
    pub(super) is_box: bool,
    /// Whether nobody goes through.
    pub(super) is_shut: bool,
    /// A box of this run's own; it is served until the door is dropped.
    own: Option<Serving>,
}

impl Door {
    /// Which time it is, as far as this machine knows.
    pub(super) fn moment(&self) -> Moment {
        if self.told { Moment::Given(self.now) } else { Moment::Read(self.now) }
    }

    /// Whether it leads into a box of this run's own.
    pub(super) fn is_own_box(&self) -> bool {
        self.own.is_some()
    }
}

/// How a box carries the web: every name leads to its TLS listener.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    pub(super) web: SocketAddr,
    pub(super) authority: String,
    pub(super) dns: String,
}

/// What a served box says of itself at `/-/sandbox`.
#[derive(Debug, Deserialize)]
struct BoxSays {
    url: Url,
    gitlab_host: String,
    tokens: BTreeMap<String, String>,
    now: DateTime<Utc>,
    web: Option<SocketAddr>,
    ca: Option<String>,
    dns: String,
}

/// Opens the way that the command line, the configuration and the environment name.
pub(super) async fn open(
    args: &Gitlab,
    now: Option<DateTime<Utc>>,
    need: Purpose,
    config: &Config,
    with: &With<'_>,
) -> Result<Door, Halt> {
    match args.sandbox.as_deref() {
        None => {
            let url = real_url(args, config, with)?;
            // Plain HTTP goes to this machine only, and needs no certificate authorities.
            let exchange = if url.scheme() == "http" { HttpExchange::loopback() } else { HttpExchange::new() };
            real(url, Arc::new(exchange.map_err(Halt::usage)?), now, need, config, with)
        }
        // Whoever meant a box and lost its address must not end at the real GitLab.
        Some("") => Err(Halt::usage("--sandbox (or PODKEEPER_SANDBOX) is empty; leave it out for the real GitLab")),
        Some(super::args::OWN_BOX | "1" | "true") => own_box(args, now, config, with).await,
        Some(url) => served_box(url, now, args, with).await,
    }
}

/// The door to the real GitLab while nothing is to be asked there: what it leads to is known, and nobody goes through.
pub(super) fn shut(args: &Gitlab, need: Purpose, config: &Config, with: &With<'_>) -> Result<Door, Halt> {
    let door = real(real_url(args, config, with)?, Arc::new(Nobody), None, need, config, with)?;
    Ok(Door { is_shut: true, ..door })
}

fn real_url(args: &Gitlab, config: &Config, with: &With<'_>) -> Result<Url, Halt> {
    match (args.url.clone().or_else(|| config.gitlab_url.clone()), with.var("CI_SERVER_URL")) {
        (Some(url), _) => Ok(url),
        // Another instance's token must not go to gitlab.com because an address was misspelt.
        (None, named) => Url::parse(named.unwrap_or(GITLAB_COM))
            .map_err(|error| Halt::usage(format!("CI_SERVER_URL holds no address of a GitLab ({error})"))),
    }
}

fn real(
    url: Url,
    exchange: Arc<dyn Exchange>,
    now: Option<DateTime<Utc>>,
    need: Purpose,
    config: &Config,
    with: &With<'_>,
) -> Result<Door, Halt> {
    let gitlab_host = host_of(&url);
    let access = Access { url, tokens: tokens(need, config, with)?, exchange, seed: with.seed };
    let (told, now) = (now.is_some(), now.unwrap_or_else(with.clock));
    Ok(Door { access, now, told, gitlab_host, carried: None, is_box: false, is_shut: false, own: None })
}

/// The tokens that the configuration names, out of the environment; the one for `need` has to be there,
/// but a public handbook needs none.
fn tokens(need: Purpose, config: &Config, with: &With<'_>) -> Result<BTreeMap<Purpose, Token>, Halt> {
    let names = &config.tokens;
    let mut tokens = BTreeMap::new();
    for purpose in Purpose::ALL {
        let own = match purpose {
            Purpose::Pairing => &names.pairing,
            Purpose::Handbook => &names.handbook,
            Purpose::Agents => &names.agents,
            Purpose::Reports => &names.reports,
        };
        let name = own.as_ref().unwrap_or(&names.default);
        match secret(name, with)? {
            Some(secret) => {
                with.redactor.learn(&secret);
                tokens.insert(purpose, Token { name: name.clone(), secret });
            }
            None if purpose == Purpose::Pairing && need == Purpose::Pairing => {
                return Err(Halt::usage(format!(
                    "no token given: put one with scope `api` into {name} (or a file's path into {name}_FILE)\n\
                     `podkeeper apply --sandbox` works without any"
                )));
            }
            None => {}
        }
    }
    Ok(tokens)
}

/// A token from its variable, or from the file that its `…_FILE` variable names.
pub(super) fn secret(name: &str, with: &With<'_>) -> Result<Option<SecretString>, Halt> {
    if let Some(value) = with.var(name) {
        return token(name, value).map(Some);
    }
    let Some(path) = with.var(&format!("{name}_FILE")) else { return Ok(None) };
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => Err(Halt::usage(format!("the file that {name}_FILE names is empty"))),
        Ok(text) => token(&format!("the file of {name}_FILE"), &text).map(Some),
        Err(error) => Err(Halt::usage(format!("the file {path} that {name}_FILE names cannot be read ({error})"))),
    }
}

/// A token as GitLab issues them: one word, long enough to be told from ordinary text wherever it appears.
fn token(from: &str, text: &str) -> Result<SecretString, Halt> {
    let text = text.trim();
    if text.len() < 16 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Halt::usage(format!("{from} holds no token: one is a single word of 16 or more characters")));
    }
    Ok(SecretString::from(text.to_owned()))
}

async fn own_box(args: &Gitlab, now: Option<DateTime<Utc>>, config: &Config, with: &With<'_>) -> Result<Door, Halt> {
    let moment = now.unwrap_or_else(with.clock);
    let sandbox = sandbox(&config.pods, args.own_page.as_deref(), now, with)?;
    let serving = sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.map_err(|error| no_box(&error))?;
    let says = serving.description();
    let tokens = box_tokens(&says.tokens)?;
    let exchange = HttpExchange::loopback().map_err(Halt::usage)?;
    let access = access(serving.url().clone(), tokens, exchange, with);
    let web = says.web.as_deref().and_then(|web| web.parse().ok());
    let carried = carried(web, says.ca, says.dns);
    Ok(Door {
        access,
        now: moment,
        told: now.is_some(),
        gitlab_host: says.gitlab_host,
        carried,
        is_box: true,
        is_shut: false,
        own: Some(serving),
    })
}

/// A box that another process serves; on this machine only, because its tokens are no secrets.
async fn served_box(url: &str, now: Option<DateTime<Utc>>, args: &Gitlab, with: &With<'_>) -> Result<Door, Halt> {
    if args.own_page.is_some() {
        return Err(Halt::usage(
            "--page goes with a box of one's own; give it to `podkeeper sandbox` for a served one",
        ));
    }
    // The address is shown later on, so nothing may stand in it that could be a secret.
    let bare = |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let url = Url::parse(url).ok().filter(|url| is_loopback_literal(url) && bare(url) && url.fragment().is_none());
    let url =
        url.ok_or_else(|| Halt::usage("--sandbox=URL takes a box on this machine, for example http://127.0.0.1:8080"))?;
    let exchange = HttpExchange::loopback().map_err(Halt::usage)?;
    let says = ask_box(&url, &exchange).await?;
    // It is reached where it was asked; an origin elsewhere in its links would lead away from this machine.
    if !is_loopback_literal(&says.url) {
        return Err(Halt::usage(format!(
            "the box at {url} says that it is {}, which is not on this machine",
            says.url
        )));
    }
    let tokens = box_tokens(&says.tokens)?;
    let carried = carried(says.web, says.ca, says.dns);
    Ok(Door {
        access: access(url, tokens, exchange, with),
        now: now.unwrap_or(says.now),
        told: true,
        gitlab_host: says.gitlab_host,
        carried,
        is_box: true,
        is_shut: false,
        own: None,
    })
}

fn carried(web: Option<SocketAddr>, authority: Option<String>, dns: String) -> Option<Carried> {
    Some(Carried { web: web.filter(|web| web.ip().is_loopback())?, authority: authority?, dns })
}

fn is_loopback_literal(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(_)) | None => false,
    };
    url.scheme() == "http" && loopback
}

async fn ask_box(url: &Url, exchange: &HttpExchange) -> Result<BoxSays, Halt> {
    let silent = |why: String| Halt {
        ending: Ending::Incomplete,
        sentence: format!("no box answers at {url} ({why}); start one with `podkeeper sandbox`"),
    };
    let address = url.join("/-/sandbox").map_err(|error| silent(error.to_string()))?;
    let request = http::Request::get(address.as_str()).body(Bytes::new()).map_err(|error| silent(error.to_string()))?;
    let asked = tokio::time::timeout(std::time::Duration::from_secs(10), exchange.exchange(request)).await;
    let response = match asked {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => return Err(silent(failure.to_string())),
        Err(_elapsed) => return Err(silent("timed out".to_owned())),
    };
    serde_json::from_slice(response.body()).map_err(|_other| silent("what answers there is no box".to_owned()))
}

fn box_tokens(tokens: &BTreeMap<String, String>) -> Result<BTreeMap<Purpose, Token>, Halt> {
    let secret = tokens.get(BOX_TOKEN).ok_or_else(|| Halt::usage(format!("the box has no token `{BOX_TOKEN}`")))?;
    let token = || Token { name: format!("the box's token `{BOX_TOKEN}`"), secret: SecretString::from(secret.clone()) };
    Ok(Purpose::ALL.into_iter().map(|purpose| (purpose, token())).collect())
}

fn access(url: Url, tokens: BTreeMap<Purpose, Token>, exchange: HttpExchange, with: &With<'_>) -> Access {
    Access { url, tokens, exchange: Arc::new(exchange), seed: with.seed }
}

/// A box whose seed stands at the configuration's own paths.
fn sandbox(
    pods: &[Pod],
    own_page: Option<&Path>,
    now: Option<DateTime<Utc>>,
    with: &With<'_>,
) -> Result<Sandbox, Halt> {
    let moment = now.unwrap_or_else(with.clock);
    let page = match own_page {
        None => None,
        Some(_) if pods.len() != 1 => {
            return Err(Halt::usage("--page FILE needs a configuration of one pod, whose page it stands for"));
        }
        Some(path) => Some(
            std::fs::read_to_string(path)
                .map_err(|error| Halt::usage(format!("the page {} cannot be read ({error})", path.display())))?,
        ),
    };
    let plots = pods.iter().map(|pod| match &page {
        Some(page) => plot_with_page(pod, page, moment),
        None => plot(pod, moment),
    });
    let world = World::seeded(&Plot { now: moment, pods: plots.collect() });
    let clock = with.clock;
    Ok(match now {
        Some(_) => Sandbox::new(world),
        None => Sandbox::live(world, Arc::new(clock)),
    })
}

/// `podkeeper sandbox`: serves a box until a signal.
pub(super) async fn serve(args: &Serve, with: &With<'_>, sink: &mut Sink) -> Result<u8, Halt> {
    let config = with.config()?;
    let sandbox = sandbox(&config.pods, args.page.as_deref(), args.now, with)?;
    if args.accept_unread_parameters {
        sandbox.change(|world| world.unread = Unread::PassedOver);
    }
    let mut signals = Signals::listen().map_err(|error| no_box(&error))?;
    let serving = sandbox.serve(args.listen, args.external_url.clone()).await.map_err(|error| Halt {
        ending: Ending::Usage,
        sentence: format!("the box cannot be served at {} ({error})", args.listen),
    })?;
    let says = serving.description();
    let url = serving.url().as_str().trim_end_matches('/').to_owned();
    let token = says.tokens.get(BOX_TOKEN).cloned().unwrap_or_default();
    // By its number, so that a line fits a terminal.
    let pairing = config.pods.first().map(|pod| pod.pairing_project.as_str()).unwrap_or_default();
    let project = sandbox.world().project_at(pairing).map_or(0, |project| project.id);
    let web = says.web.as_deref().unwrap_or("-");
    // Whoever gives it another origin puts something before it, which has to know where to find it.
    let own = says.dns.trim_end_matches("/-/dns/");
    let own = if own == url { String::new() } else { format!(", listening at {own}") };
    let tokens: Vec<String> = says
        .tokens
        .iter()
        .map(|(name, value)| format!("  {name:<16} {value:<39}  {}", purpose(name)).trim_end().to_owned())
        .collect();
    let text = format!(
        "A GitLab in a box at {url}{own}\n\n\
         Look at it in a browser:\n\
         \x20 {url}/{pairing}\n\
         \x20 {url}/-/journal.html\n\n\
         Its web, over TLS, is at {web}; podkeeper finds it by itself.\n\n\
         Tokens, which open nothing but this box:\n{tokens}\n\n\
         Let podkeeper work in it, then ask for the pairing issues, open one, and see\n\
         what was written:\n\
         \x20 podkeeper apply --sandbox={url}\n\
         \x20 curl -H \"PRIVATE-TOKEN: {token}\" \\\n\
         \x20   \"{url}/api/v4/projects/{project}/issues\"\n\
         \x20 curl -H \"PRIVATE-TOKEN: {token}\" -d title=Hello \\\n\
         \x20   \"{url}/api/v4/projects/{project}/issues\"\n\
         \x20 curl {url}/-/journal\n\n\
         Ctrl-C ends it.\n",
        tokens = tokens.join("\n")
    );
    sink.invented(&text);
    let until = async move {
        signals.next().await;
    };
    serving.stopped(until).await.map_err(|error| no_box(&error))?;
    Ok(0)
}

fn no_box(error: &std::io::Error) -> Halt {
    Halt { ending: Ending::Bug, sentence: format!("the box cannot be served ({error})") }
}
