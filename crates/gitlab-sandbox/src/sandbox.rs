//! The sandbox: a world behind a lock, and the one entrance of every request.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{self, Request};
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::Method;

use crate::call::Call;
use crate::control::{self, SandboxDescription};
#[cfg(feature = "pages")]
use crate::guide::Guide;
use crate::journal::{self, JournalEntry};
#[cfg(feature = "pages")]
use crate::pages;
use crate::reply::Reply;
use crate::state::{Addresses, SandboxState};
use crate::world::World;
use crate::{avatar, faults, graphql, rest, web};

/// The largest body that the sandbox reads; GitLab's own limit for a description is a fraction of it.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// The largest file of a package; GitLab.com takes 5 GB.
const PACKAGE_FILE_LIMIT: usize = 256 * 1024 * 1024;

/// The time of a sandbox whose time goes on ([`Sandbox::with_clock`]).
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The sandbox. Clones share one world.
#[derive(Clone)]
pub struct Sandbox {
    state: Arc<Mutex<SandboxState>>,
    clock: Option<Clock>,
}

impl Sandbox {
    /// A sandbox whose time stands still until `/-/world/now` or [`Sandbox::change_world`] moves it.
    pub fn new(world: World) -> Sandbox {
        Sandbox::with_optional_clock(world, None)
    }

    /// A sandbox whose time is asked of `clock` before each request.
    pub fn with_clock(world: World, clock: Clock) -> Sandbox {
        Sandbox::with_optional_clock(world, Some(clock))
    }

    /// The same with words of its maker's own on its pages.
    #[cfg(feature = "pages")]
    #[must_use]
    pub fn with_guide(self, guide: Guide) -> Sandbox {
        self.lock().guide = guide;
        self
    }

    /// GitLab and the sandbox's own pages, callable in memory or over a socket.
    pub fn router(&self) -> Router {
        Router::new().fallback(handle_gitlab_request).with_state(self.clone())
    }

    /// The hosts of the world's web; which one is asked stands in `Host` or in the request's URL.
    ///
    /// Nothing waits in memory: what would hang is a 504 with `x-sandbox-fault: hang`, what would hang up a 502 with
    /// `x-sandbox-fault: down`.
    pub fn web_router(&self) -> Router {
        Router::new().fallback(handle_web_request).with_state(self.clone())
    }

    /// A copy of the world as it is now.
    pub fn world(&self) -> World {
        self.lock().world.clone()
    }

    /// Changes the world behind GitLab's back, as tests and faults do.
    pub fn change_world(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.lock().world);
    }

    /// Every write received so far.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.lock().journal.clone()
    }

    /// How many requests the API answered so far.
    pub fn request_count(&self) -> u64 {
        self.lock().request_count
    }

    /// What `/-/sandbox` answers.
    pub fn describe(&self) -> SandboxDescription {
        control::describe(&self.lock())
    }

    fn with_optional_clock(world: World, clock: Option<Clock>) -> Sandbox {
        let origin = "http://127.0.0.1".to_owned();
        let addresses = Addresses { listener_origin: origin.clone(), origin, web_address: None, ca_pem: None };
        let start = world.clone();
        let state = SandboxState {
            world,
            initial_world: start,
            journal: Vec::new(),
            request_count: 0,
            rate_limit_window: (0, 0),
            addresses,
            #[cfg(feature = "pages")]
            guide: Guide::default(),
        };
        Sandbox { state: Arc::new(Mutex::new(state)), clock }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, SandboxState> {
        // A panic elsewhere must not take the sandbox down with it; every change of the world is a whole one.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clock) = &self.clock {
            state.world.now = clock();
        }
        state
    }
}

async fn handle_gitlab_request(extract::State(sandbox): extract::State<Sandbox>, request: Request<Body>) -> Response {
    let call = match decode_request(request).await {
        Ok(call) => call,
        Err(refusal) => return refusal.into_response(),
    };
    let live = sandbox.clock.is_some();
    let head = call.method == Method::HEAD;
    let mut state = sandbox.lock();
    let reply = if call.path.starts_with("/api/") {
        answer_api_request(&mut state, &call)
    } else if call.path.starts_with("/-/") {
        control::answer(&mut state, live, &call)
    } else {
        avatar::answer(&state.world, &call).unwrap_or_else(|| answer_page_request(&state, &call))
    };
    drop(state);
    if head { reply.without_body() } else { reply }.into_response()
}

/// A page to look at, where they are built in.
#[cfg(feature = "pages")]
fn answer_page_request(state: &SandboxState, call: &Call) -> Reply {
    pages::answer(state, call)
}

#[cfg(not(feature = "pages"))]
fn answer_page_request(_: &SandboxState, _: &Call) -> Reply {
    Reply::text(404, "this sandbox was built without its feature `pages`\n")
}

/// The one entry point of the API: every request passes here, so this is where faults strike and requests are counted.
fn answer_api_request(state: &mut SandboxState, call: &Call) -> Reply {
    state.request_count += 1;
    let window = state.world.now.timestamp() / faults::reply::RATE_LIMIT_WINDOW_SECONDS;
    state.rate_limit_window =
        (window, if state.rate_limit_window.0 == window { state.rate_limit_window.1 + 1 } else { 1 });
    let origin = state.addresses.origin.clone();
    let journaled = Cell::new(call.path != "/api/graphql");
    let handle = |world: &mut World, call: &Call| {
        if call.path != "/api/graphql" {
            return rest::answer(world, call, &origin);
        }
        // A query is sent as a POST and writes nothing.
        let answered = graphql::answer(world, call, &origin);
        journaled.set(answered.is_mutation);
        answered.reply
    };
    let world = &mut state.world;
    let target = call.query.as_ref().map_or_else(|| call.path.clone(), |query| format!("{}?{query}", call.path));
    let fault = world.faults.take_matching(call.method.as_str(), &target);
    let mut reply = match &fault {
        Some(fault) => faults::reply::answer_with_fault(world, call, fault, handle),
        None => handle(world, call),
    };
    if world.faults.rate_headers && reply.status != 429 {
        reply = faults::reply::with_rate_limit_headers(
            reply,
            world,
            call,
            2_000_u64.saturating_sub(state.rate_limit_window.1),
        );
    }
    let now = world.now;
    state.journal.extend(journal::entry_if_write(call, &reply, now).filter(|_| journaled.get()));
    if fault.as_ref().is_some_and(|fault| fault.kind == faults::FaultKind::HeaderlessRateLimit) {
        return reply;
    }
    // By the world's clock, which may stand still.
    let skew = fault.map(|fault| fault.date_skew()).unwrap_or_default();
    let date = now.checked_add_signed(skew).unwrap_or(now);
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    reply.with_header("x-request-id", format!("request-{:08}", state.request_count)).with_header("date", date)
}

async fn handle_web_request(extract::State(sandbox): extract::State<Sandbox>, request: Request<Body>) -> Response {
    let call = match decode_request(request).await {
        Ok(call) => call,
        Err(refusal) => return refusal.into_response(),
    };
    let head = call.method == Method::HEAD;
    let reply = web::answer(&mut sandbox.lock().world, &call);
    if head { reply.without_body() } else { reply }.into_response()
}

async fn decode_request(request: Request<Body>) -> Result<Call, Reply> {
    let (mut parts, body) = request.into_parts();
    if let (Some(host), false) = (parts.uri.host(), parts.headers.contains_key(http::header::HOST))
        && let Ok(host) = http::HeaderValue::try_from(host)
    {
        // A request made in memory names its host in the URL.
        parts.headers.insert(http::header::HOST, host);
    }
    let limit = if parts.uri.path().contains("/packages/generic/") { PACKAGE_FILE_LIMIT } else { BODY_LIMIT };
    match axum::body::to_bytes(body, limit).await {
        Ok(body) => Ok(Call::decode(parts, body)),
        Err(_) => Err(Reply::message(413, "413 Request Entity Too Large")),
    }
}
