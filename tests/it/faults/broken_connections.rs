//! A create over a real socket whose connection is reset, speaks gibberish, breaks off, drips, or never ends.

use std::sync::Arc;

use podkeeper::gitlab::HttpExchange;
use podkeeper::pod::run::ExitStatus;
use podkeeper::sandbox::faults::{Fault, FaultKind};

use super::{exit_status, issues_of_this_week};
use crate::support::Stage;

/// One run over HTTP while the first create has this fault.
async fn apply_with(fault: Fault) -> (Stage, ExitStatus) {
    let stage = Stage::seeded();
    let serving = stage.sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    stage.set_fault(fault.for_requests("POST", "/issues"));
    let url = serving.url().clone();
    let mut access = stage.access_over(Arc::new(HttpExchange::loopback().unwrap()), "api");
    access.url = url;
    let (ended, _) = stage.apply_through(&access).await;
    (stage, exit_status(&ended))
}

#[tokio::test]
async fn f01_f02_f04_f05_a_create_that_was_carried_out_is_adopted_over_a_real_socket() {
    let carried_out =
        [FaultKind::Reset, FaultKind::Garbage, FaultKind::BadGateway].map(|kind| Fault::once(kind).with_effect());
    let cut = [FaultKind::Cut(0), FaultKind::Cut(17), FaultKind::Cut(400), FaultKind::Endless, FaultKind::Drip(0)]
        .map(Fault::once);
    let all = carried_out.into_iter().chain(cut);
    // Side by side, because each waits a second before it searches for what it may have made.
    futures_util::future::join_all(all.map(async |fault| {
        let name = format!("{:?}", fault.kind);
        let (stage, end) = apply_with(fault).await;
        assert_eq!((issues_of_this_week(&stage).len(), end), (1, ExitStatus::Done), "{name}");
        let creates = stage.journal().iter().filter(|line| line.starts_with("POST")).count();
        assert_eq!(creates, 1, "{name}: never sent again");
    }))
    .await;
}
