//! The program's edge: the only place that reads the clock and the environment.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

use chrono::{DateTime, Utc};
use podkeeper::cli::{self, ProcessEnvironment};

/// Documents and links are many small texts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BUG_EXIT_CODE: u8 = 1;

fn main() -> ExitCode {
    let env = read_env_vars();
    let redactor = cli::redactor_from_env(&env);
    cli::install_panic_hook(redactor.clone());
    let surroundings = ProcessEnvironment {
        args: std::env::args_os().collect(),
        env,
        clock: now,
        monotonic_ms: elapsed_ms,
        random_seed: random_seed(),
        redactor,
        stdout: (Box::new(std::io::stdout()), std::io::stdout().is_terminal()),
        stderr: (Box::new(std::io::stderr()), std::io::stderr().is_terminal()),
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::from(BUG_EXIT_CODE);
    };
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(cli::run(surroundings))));
    runtime.shutdown_background();
    ExitCode::from(ended.unwrap_or(BUG_EXIT_CODE))
}

/// The environment, read here and once. A value that is no text is there all the same, so that it is refused and not
/// passed over.
fn read_env_vars() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that is handed in everywhere else")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[expect(clippy::disallowed_methods, reason = "how long a run took is told, never acted on")]
fn elapsed_ms() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Different in every process; only spreads retries.
fn random_seed() -> u64 {
    u64::from(std::process::id()) ^ now().timestamp_nanos_opt().unwrap_or(0).unsigned_abs()
}
