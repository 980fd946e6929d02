//! A GitLab and an internet in a box, on 127.0.0.1, with a world of its own.
//!
//! `podkeeper apply --sandbox` runs the ordinary worker against it over real HTTP. It behaves like GitLab where that hurts
//! (hidden projects are 404, quick actions run, scoped labels exclude one another) and has its own wire format on
//! purpose: with shared structs a misspelt field would be misspelt on both sides, and every test would pass.
//!
//! - `world`: what the box knows, plain data with a few verbs; `seed`: the world that a newcomer meets
//! - `rest`: the API below `/api/v4`; `graphql`: the one beside it; `call` and `reply` are one request and one answer
//! - `quick_actions`: what GitLab finds and runs in a text; also the judge of the injection tests
//! - `web`, `tls`: the hosts around GitLab, over real TLS with an authority of the box's own
//! - `faults`: GitLab's worse days, as data, in memory and on sockets
//! - `control`, `journal`, `pages`: `/-/sandbox`, `/-/world`, `/-/dns`, `/-/journal` and pages to look at
//!
//! All requests can be answered in memory, without a socket and without timers: `Sandbox::router` with
//! `tower::ServiceExt::oneshot`.

mod call;
mod control;
pub mod faults;
mod graphql;
mod journal;
mod pages;
pub mod quick_actions;
mod reply;
mod rest;
mod seed;
mod serve;
#[cfg(test)]
mod tests;
mod tls;
mod web;
pub mod world;

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::Method;

pub use control::Description;
pub use journal::Entry;
pub use seed::{PastSession, Person, Plot, PodPlot, canaries, expectations, purpose};
pub use serve::Serving;
pub use world::World;

use call::Call;
use reply::Reply;

/// The largest body that the box reads; GitLab's own limit for a description is a fraction of it.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Tells the time of a live box.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The box. Clones share one world.
#[derive(Clone)]
pub struct Sandbox {
    state: Arc<Mutex<Inside>>,
    clock: Option<Clock>,
}

/// What the box holds behind its lock. Handlers take the lock once per request and never wait while holding it.
struct Inside {
    world: World,
    /// The world as it was first, for whoever starts anew.
    start: World,
    journal: Vec<Entry>,
    requests: u64,
    /// The window of the rate limit that the last request fell into, and how many did.
    window: (i64, u64),
    place: Place,
}

/// Where the box can be reached.
#[derive(Clone, Debug)]
struct Place {
    /// The origin in links, without a trailing slash.
    origin: String,
    /// The origin of the listener itself, which `--external-url` does not change.
    own: String,
    /// `127.0.0.1:PORT` of the TLS listener, once it is served.
    web: Option<String>,
    /// The authority's certificate as PEM, once it is served.
    ca: Option<String>,
}

impl Sandbox {
    /// A box whose time stands still until `/-/world/now` or [`Sandbox::change`] moves it.
    pub fn new(world: World) -> Sandbox {
        Sandbox::with(world, None)
    }

    /// A box whose time is asked of `clock` before each request.
    pub fn live(world: World, clock: Clock) -> Sandbox {
        Sandbox::with(world, Some(clock))
    }

    /// GitLab and the box's own pages, callable in memory or over a socket.
    pub fn router(&self) -> Router {
        Router::new().fallback(on_gitlab).with_state(self.clone())
    }

    /// The hosts of the world's web; which one is asked stands in `Host` or in the request's URL.
    ///
    /// Nothing waits in memory: what would hang is a 504 with `x-box-fault: hang`, what would hang up a 502 with
    /// `x-box-fault: down`.
    pub fn web_router(&self) -> Router {
        Router::new().fallback(on_the_web).with_state(self.clone())
    }

    /// A copy of the world as it is now.
    pub fn world(&self) -> World {
        self.inside().world.clone()
    }

    /// Changes the world behind GitLab's back, as tests and faults do.
    pub fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.inside().world);
    }

    /// Every write received so far.
    pub fn journal(&self) -> Vec<Entry> {
        self.inside().journal.clone()
    }

    /// How many requests the API answered so far.
    pub fn requests(&self) -> u64 {
        self.inside().requests
    }

    /// What `/-/sandbox` tells.
    pub fn describe(&self) -> Description {
        control::describe(&self.inside())
    }

    fn with(world: World, clock: Option<Clock>) -> Sandbox {
        let origin = "http://127.0.0.1".to_owned();
        let place = Place { own: origin.clone(), origin, web: None, ca: None };
        let start = world.clone();
        let inside = Inside { world, start, journal: Vec::new(), requests: 0, window: (0, 0), place };
        Sandbox { state: Arc::new(Mutex::new(inside)), clock }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // A panic elsewhere must not take the box down with it; every change of the world is a whole one.
        let mut inside = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clock) = &self.clock {
            inside.world.now = clock();
        }
        inside
    }
}

async fn on_gitlab(State(sandbox): State<Sandbox>, request: Request<Body>) -> Response {
    let call = match read(request).await {
        Ok(call) => call,
        Err(refusal) => return refusal.into_response(),
    };
    let live = sandbox.clock.is_some();
    let head = call.method == Method::HEAD;
    let mut inside = sandbox.inside();
    let reply = if call.path.starts_with("/api/") {
        through_the_api(&mut inside, &call)
    } else if call.path.starts_with("/-/") {
        control::answer(&mut inside, live, &call)
    } else {
        pages::answer(&inside, &call)
    };
    drop(inside);
    if head { reply.without_body() } else { reply }.into_response()
}

/// The one door of the API: every request passes here, so this is where faults strike and requests are counted.
fn through_the_api(inside: &mut Inside, call: &Call) -> Reply {
    inside.requests += 1;
    let window = inside.world.now.timestamp() / faults::answer::WINDOW;
    inside.window = (window, if inside.window.0 == window { inside.window.1 + 1 } else { 1 });
    let origin = inside.place.origin.clone();
    let journaled = Cell::new(call.path != "/api/graphql");
    let handle = |world: &mut World, call: &Call| {
        if call.path != "/api/graphql" {
            return rest::answer(world, call, &origin);
        }
        // A query is sent as a POST and writes nothing.
        let answered = graphql::answer(world, call, &origin);
        journaled.set(answered.mutation);
        answered.reply
    };
    let world = &mut inside.world;
    let target = call.query.as_ref().map_or_else(|| call.path.clone(), |query| format!("{}?{query}", call.path));
    let fault = world.faults.meet(call.method.as_str(), &target);
    let mut reply = match &fault {
        Some(fault) => faults::answer::answer(world, call, fault, handle),
        None => handle(world, call),
    };
    if world.faults.rate_headers && reply.status != 429 {
        reply = faults::answer::rate_headers(reply, world, call, 2_000_u64.saturating_sub(inside.window.1));
    }
    let now = world.now;
    inside.journal.extend(journal::entry(call, &reply, now).filter(|_| journaled.get()));
    if fault.as_ref().is_some_and(|fault| fault.trouble == faults::Trouble::BareLimit) {
        return reply;
    }
    // By the world's clock, which may stand still.
    let skew = fault.map(|fault| fault.skew()).unwrap_or_default();
    let date = now.checked_add_signed(skew).unwrap_or(now);
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    reply.header("x-request-id", format!("box-{:08}", inside.requests)).header("date", date)
}

async fn on_the_web(State(sandbox): State<Sandbox>, request: Request<Body>) -> Response {
    let call = match read(request).await {
        Ok(call) => call,
        Err(refusal) => return refusal.into_response(),
    };
    let head = call.method == Method::HEAD;
    let reply = web::answer(&mut sandbox.inside().world, &call);
    if head { reply.without_body() } else { reply }.into_response()
}

async fn read(request: Request<Body>) -> Result<Call, Reply> {
    let (mut parts, body) = request.into_parts();
    if let (Some(host), false) = (parts.uri.host(), parts.headers.contains_key(http::header::HOST))
        && let Ok(host) = http::HeaderValue::try_from(host)
    {
        // A request made in memory names its host in the URL.
        parts.headers.insert(http::header::HOST, host);
    }
    match axum::body::to_bytes(body, BODY_LIMIT).await {
        Ok(body) => Ok(Call::decode(parts, body)),
        Err(_) => Err(Reply::message(413, "413 Request Entity Too Large")),
    }
}
