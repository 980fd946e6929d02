//! The links of a page, looked at in memory: a GitLab in a box, a web of our own, a clock that nobody waits for.

mod apart; // hosts with limits of their own
mod faults; // a GitLab that refuses, fails in part, or is another version
mod github; // things of GitHub, as its API tells them to whoever has a token
mod gitlab; // things of GitLab, as its API tells them
mod instances; // several GitLabs, each with a reader and a token of its own
mod manners; // how often who is asked, and what is told of it
mod masks; // hosts that have a page for every address
mod memory; // what is kept of the web between runs
mod pages; // lists, forms, boards, releases, milestones, wikis, refs
mod patience; // what a host says about asking it less
mod places; // how a fragment names a place, and where a redirect loses it
mod progress; // how far a look is
mod seeded; // the page of the box against what the box expects of it
mod shards; // a look that is split and put together again
pub(crate) mod stage; // a box, a web in memory, and what carries requests to them
mod today; // what is no longer where a link says
mod web; // what the web answers, and the verdict on it
