//! The box on two loopback sockets: GitLab over HTTP, the web over TLS.

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

use super::faults::line::{Breaker, Lines};
use super::faults::spoil::spoil;
use super::{Description, Sandbox, tls};

/// How long an open connection may take to end once the box stops.
const PATIENCE: Duration = Duration::from_secs(1);

/// A box that is being served. Dropping it stops both listeners.
pub struct Serving {
    sandbox: Sandbox,
    url: Url,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<io::Result<()>>>,
}

impl Sandbox {
    /// Listens on `listen` (port 0: any free one) and, for the web, on a free port of 127.0.0.1.
    ///
    /// `external_url` is the origin in links when it is not the listener's own. An address that is not loopback is
    /// refused with `InvalidInput`: the tokens of the box are no secrets.
    pub async fn serve(&self, listen: SocketAddr, external_url: Option<Url>) -> io::Result<Serving> {
        if !listen.ip().is_loopback() {
            let why = format!("the sandbox listens on loopback addresses only, and {} is none", listen.ip());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let gitlab = TcpListener::bind(listen).await?;
        let sandbox = self.clone();
        let down = Box::new(move || sandbox.inside().world.web_down);
        let (web, ca) = tls::listen((Ipv4Addr::LOCALHOST, 0).into(), down).await?;
        let own = Url::parse(&format!("http://{}", gitlab.local_addr()?)).map_err(io::Error::other)?;
        let url = external_url.unwrap_or_else(|| own.clone());
        let web_address = axum::serve::Listener::local_addr(&web)?;
        {
            let mut inside = self.inside();
            url.as_str().trim_end_matches('/').clone_into(&mut inside.place.origin);
            own.as_str().trim_end_matches('/').clone_into(&mut inside.place.own);
            inside.place.web = Some(web_address.to_string());
            inside.place.ca = Some(ca);
        }
        let (stop, stopped) = watch::channel(false);
        let breakable = patient(self.router(), stopped.clone()).into_make_service_with_connect_info::<Breaker>();
        let tasks = vec![
            tokio::spawn(
                axum::serve(Lines(gitlab), breakable).with_graceful_shutdown(told(stopped.clone())).into_future(),
            ),
            tokio::spawn(
                axum::serve(web, patient(self.web_router(), stopped.clone()))
                    .with_graceful_shutdown(told(stopped))
                    .into_future(),
            ),
        ];
        Ok(Serving { sandbox: self.clone(), url, stop, tasks })
    }
}

/// A router as a socket shows it, faults and all.
fn patient(router: Router, stopped: watch::Receiver<bool>) -> Router {
    let ask = move |request: Request<Body>| {
        let (router, stopped) = (router.clone(), stopped.clone());
        async move {
            let breaker = request.extensions().get::<ConnectInfo<Breaker>>().map(|info| info.0.clone());
            let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            spoil(response, breaker.as_ref(), told(stopped)).await
        }
    };
    Router::new().fallback(ask)
}

impl Serving {
    /// The origin of the box's GitLab in its links: the external URL, or else the listener's own.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What a program needs in order to work inside the box.
    pub fn description(&self) -> Description {
        self.sandbox.describe()
    }

    /// Serves until `shutdown` is done, then stops both listeners; what a listener failed with is the error.
    ///
    /// Answers under way are finished. A client that keeps a connection without asking anything is cut off.
    pub async fn stopped(mut self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        shutdown.await;
        self.stop.send_replace(true);
        for task in &mut self.tasks {
            if let Ok(ended) = tokio::time::timeout(PATIENCE, task).await {
                ended.map_err(io::Error::other)??;
            }
        }
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn told(mut stopped: watch::Receiver<bool>) {
    // An error means that the `Serving` is gone, which is the same wish.
    stopped.wait_for(|&stop| stop).await.ok();
}
