//! The links of a page, checked in memory: a sandbox GitLab, a web of our own, a clock that nobody waits for.

mod check_progress; // how far a check is
mod fragments; // how a fragment names a place, and where a redirect loses it
mod github; // links to GitHub, as its API answers for them to whoever has a token
mod gitlab; // links to GitLab, as its API answers for them
mod gitlab_failures; // a GitLab that refuses, fails in part, or is another version
mod gitlab_pages; // lists, forms, boards, releases, milestones, wikis, refs
mod host_limits; // hosts with limits of their own
mod instances; // several GitLabs, each with a reader and a token of its own
mod moved_targets; // what is no longer where a link says
mod rate_limits; // what a host says about asking it less
mod redirect_chains; // redirects of several steps, and what is written instead
mod request_politeness; // how often who is asked, and what is reported of it
mod seed_page; // the page of the sandbox against what the sandbox expects of it
mod shards; // a check that is split and put together again
mod soft_404; // hosts that have a page for every address
pub(crate) mod stage; // a sandbox, a web in memory, and what carries requests to them
mod web_cache; // what is kept of the web between runs
mod web_verdicts; // what the web answers, and the verdict on it
