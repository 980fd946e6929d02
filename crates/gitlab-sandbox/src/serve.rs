//! The sandbox on two loopback sockets: GitLab over HTTP, the web over TLS.

use std::future::{Future, IntoFuture};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;
use url::Url;

use super::faults::connection::{BreakableListener, ConnectionBreaker};
use super::faults::socket;
use super::{Sandbox, SandboxDescription, tls};
use crate::request_origin::OwnOrigins;

/// How long an open connection may take to end once the sandbox stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// A sandbox that is being served. Dropping it stops both listeners.
pub struct SandboxServer {
    sandbox: Sandbox,
    url: Url,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<io::Result<()>>>,
}

impl Sandbox {
    /// Listens on `listen` (port 0: any free one) and, for the web, on a free port of 127.0.0.1.
    ///
    /// `external_url` is the origin in links when it is not the listener's own. A request that names another host than
    /// these two is answered with 421, one of a page of another origin with 403. An address that is not loopback is
    /// refused with `InvalidInput`: the tokens of the sandbox are no secrets.
    pub async fn serve(&self, listen: SocketAddr, external_url: Option<Url>) -> io::Result<SandboxServer> {
        if !listen.ip().is_loopback() {
            let why = format!("the sandbox listens on loopback addresses only, and {} is none", listen.ip());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let gitlab = TcpListener::bind(listen).await?;
        let sandbox = self.clone();
        let down = Box::new(move || sandbox.lock().world.web_down);
        let (web, ca) = tls::listen((Ipv4Addr::LOCALHOST, 0).into(), down).await?;
        let own = Url::parse(&format!("http://{}", gitlab.local_addr()?)).map_err(io::Error::other)?;
        let guard = OwnOrigins { listener: own.clone(), external: external_url.clone() };
        let url = external_url.unwrap_or_else(|| own.clone());
        let web_address = axum::serve::Listener::local_addr(&web)?;
        {
            let mut state = self.lock();
            url.as_str().trim_end_matches('/').clone_into(&mut state.addresses.origin);
            own.as_str().trim_end_matches('/').clone_into(&mut state.addresses.listener_origin);
            state.addresses.web_address = Some(web_address.to_string());
            state.addresses.ca_pem = Some(ca);
        }
        let (stop, stopped) = watch::channel(false);
        let breakable = with_socket_faults(guard.guard(self.router()), stopped.clone())
            .into_make_service_with_connect_info::<ConnectionBreaker>();
        let tasks = vec![
            tokio::spawn(
                axum::serve(BreakableListener(gitlab), breakable)
                    .with_graceful_shutdown(wait_for_stop(stopped.clone()))
                    .into_future(),
            ),
            tokio::spawn(
                axum::serve(web, with_socket_faults(self.web_router(), stopped.clone()))
                    .with_graceful_shutdown(wait_for_stop(stopped))
                    .into_future(),
            ),
        ];
        Ok(SandboxServer { sandbox: self.clone(), url, stop, tasks })
    }
}

/// A router as a socket shows it, faults and all.
fn with_socket_faults(router: Router, stopped: watch::Receiver<bool>) -> Router {
    let ask = move |request: Request<Body>| {
        let (router, stopped) = (router.clone(), stopped.clone());
        async move {
            let breaker = request.extensions().get::<ConnectInfo<ConnectionBreaker>>().map(|info| info.0.clone());
            let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            socket::apply_fault_header(response, breaker.as_ref(), wait_for_stop(stopped)).await
        }
    };
    Router::new().fallback(ask)
}

impl SandboxServer {
    /// The origin of the sandbox's GitLab in its links: the external URL, or else the listener's own.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What a program needs in order to work inside the sandbox.
    pub fn description(&self) -> SandboxDescription {
        self.sandbox.describe()
    }

    /// Serves until `shutdown` is done, then stops both listeners; what a listener failed with is the error.
    ///
    /// Answers under way are finished. A client that keeps a connection without asking anything is cut off.
    pub async fn serve_until(mut self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        shutdown.await;
        self.stop.send_replace(true);
        for task in &mut self.tasks {
            if let Ok(ended) = tokio::time::timeout(SHUTDOWN_TIMEOUT, task).await {
                ended.map_err(io::Error::other)??;
            }
        }
        Ok(())
    }
}

impl Drop for SandboxServer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn wait_for_stop(mut stopped: watch::Receiver<bool>) {
    // An error means that the `SandboxServer` is gone, which is the same wish.
    stopped.wait_for(|&stop| stop).await.ok();
}
