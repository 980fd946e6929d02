//! podkeeper's stories, in one binary so that it links once.
//!
//! A story says what a person or a server did and what podkeeper made of it. It runs in memory on a
//! virtual clock where it can, over real sockets where that is the point, and never leaves loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::missing_panics_doc,
    reason = "a story that cannot go on has failed, and its figures are printed"
)]

mod support; // the stage that every story plays on

mod carry; // how the names of the web are carried to a box
mod page; // what podkeeper understands of a page
mod sessions; // the pairing issue over weeks and years
mod tidy; // what holds for the house itself
mod worlds; // whatever changes in the box, exactly what follows is said
