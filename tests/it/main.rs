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

mod address; // no link reaches into the network that podkeeper stands in
mod alarms; // no false alarm, and no silence either
mod bombs; // inputs that were made to break parsers
mod brake; // what lasts is told within two looks, and a bad hour never
mod calendar; // weeks and zones, day by day for forty years
mod canary; // the token is seen nowhere but at its own origin
mod carry; // how the names of the web are carried to a box
mod cases; // small inputs that once failed
mod changes; // what rots or is mended in the box changes its own findings and nothing else
mod crash; // killed at any call, it ends as if it had not been
mod cut; // answers that break off at any byte
mod door; // what the door makes of a server that misbehaves
mod doubles; // workers that podkeeper must not be
mod echo; // done means that the answer shows it
mod edits; // people write, tick, rename and label while podkeeper runs
mod endings; // how a run ends: exit codes and sentences
mod faults; // the faults of the threat sheet, by number
mod fidelity; // a plan says what is done, and a quiet run does little
mod files; // links between files, and the pages of a Hugo site
mod hostile; // servers that mean harm
mod identity; // other keys, other accounts, other versions
mod inert; // text from outside can be read and cannot act
mod inputs; // what check and page are told to look at
mod kept; // what one run keeps for another
mod links; // the links of a page, looked at in memory
mod members; // the same of members, with the report as the memory
mod middlebox; // what answers between this machine and GitLab
mod page; // what podkeeper understands of a page
mod pages; // listings whose pages are short, capped or empty
mod people; // what people do to podkeeper's issues by hand
mod people_lines; // a person's line inside the block
mod projects; // what becomes of the four projects that a pod names
mod properties; // what holds in every world, over generated ones
mod published; // the example answers that GitLab publishes
mod questions; // what is asked in GraphQL
mod redirects; // no redirect is followed with the token
mod reports; // the living reports, with several workers at once
mod respelled; // saved in editors that respell markers or lose them
mod roster; // page against data, and what stays in the files
mod sabotage; // each zero of the scoreboard can be anything else
mod served; // the program itself, in processes of their own
mod sessions; // the pairing issue over weeks and years
mod shards; // a look that several jobs share
mod shown; // a run as everybody is shown it, and its log
mod sinks; // where a token may not be seen
mod stamped; // a plan's stamp, by the program and a clock that runs
mod tally; // what sweeps count beside their own figure
mod tidy; // what holds for the house itself
mod unsteady; // a GitLab that fails in small ways, run after run
mod whole; // the whole job, by the program itself
mod worlds; // whatever changes in the box, exactly what follows is said
mod year; // a year in a minute
