//! podkeeper's world in the sandbox: what a newcomer meets who tries `--sandbox`, and what the tests play in.
//!
//! The GitLab itself and the web around it are the crate `gitlab_sandbox`, which knows nothing of pods. [`seed`] is
//! what is in it, built with the same verbs that anybody has.

mod guide;
pub mod seed;

pub use gitlab_sandbox::{
    JournalEntry, Sandbox, SandboxDescription, SandboxServer, World, faults, quick_actions, world,
};
pub use guide::{guide, token_purpose};
pub use seed::{PageMember, PastSession, Seed, SeedPod, all_canary_texts, expected_verdicts};
