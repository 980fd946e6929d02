//! How the stages of a run share its time: what is slow, stopped or cut off in one holds up no other, and what was done
//! and found before is in the report.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::gitlab::{ConnectionOptions, Exchange, ExchangeError, TokenPurpose};
use podkeeper::pod::Task;
use tokio::time::Instant;

use crate::run_time::{count_opened, fleet};
use crate::support::{Stage, now};

/// What is done to a request before it is answered.
enum Treatment {
    /// It is answered as ever.
    Pass,
    /// The answer comes after so long.
    Delay(Duration),
    /// It is carried out, and the answer is lost.
    LoseAnswer,
    /// Nothing comes, ever.
    Hang,
}

/// GitLab, with a treatment for some of its requests.
struct TreatedGitlab<F> {
    inner: Arc<dyn Exchange>,
    treat: F,
}

#[async_trait::async_trait]
impl<F: Fn(&Request<Bytes>) -> Treatment + Send + Sync> Exchange for TreatedGitlab<F> {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        match (self.treat)(&request) {
            Treatment::Pass => self.inner.exchange(request).await,
            Treatment::Delay(time) => {
                tokio::time::sleep(time).await;
                self.inner.exchange(request).await
            }
            Treatment::LoseAnswer => {
                self.inner.exchange(request).await?;
                Err(ExchangeError::NoAnswer("connection reset by peer".to_owned()))
            }
            Treatment::Hang => std::future::pending().await,
        }
    }
}

fn treated(
    stage: &Stage,
    treat: impl Fn(&Request<Bytes>) -> Treatment + Send + Sync + 'static,
) -> Arc<dyn Exchange> {
    Arc::new(TreatedGitlab { inner: stage.exchange(), treat })
}

/// The way in where reports have a token of their own.
fn access_with_reports_token(stage: &Stage, exchange: Arc<dyn Exchange>) -> ConnectionOptions {
    let mut access = stage.access_over(exchange, "api");
    let reports = stage.access("read_api").tokens.remove(&TokenPurpose::Pairing);
    access.tokens.extend(reports.map(|token| (TokenPurpose::Reports, token)));
    access
}

/// The account of a token is read under a lock, and a write whose answer is lost needs the account.
#[tokio::test(start_paused = true)]
async fn a_read_of_one_pod_holds_up_no_write_of_another() {
    let mut pods = fleet(2);
    pods[0].tasks = [Task::Sessions, Task::Labels].into();
    let stage = Stage::of(pods, now());
    let reports_token = stage.sandbox.describe().tokens["read_api"].clone();
    let exchange = treated(&stage, move |request| {
        let is_reports = request.headers().get("private-token").is_some_and(|token| token == reports_token.as_str());
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/api/v4/user") if is_reports => Treatment::Delay(Duration::from_secs(5)),
            (&Method::POST, path) if path.ends_with("/issues") => Treatment::LoseAnswer,
            _ => Treatment::Pass,
        }
    });
    let began = Instant::now();
    let (runs, _) = stage.apply_through(&access_with_reports_token(&stage, exchange)).await;
    assert_eq!(count_opened(&runs), 2, "{:?}", runs[0].outcomes);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
