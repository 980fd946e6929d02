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

/// podkeeper's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod support; // the stage that every story plays on

mod architecture; // which folders and crates may use which, and what stands in the repository
mod audiences; // each output shows what its audience may read
mod carry_over; // what is left from one session moves on with the next one's issue
mod changed_links; // what a merge request broke or mended
mod check_and_page_targets; // what check and page are given to read
mod check_of_the_web; // what check asks of the web by its options
mod closing_sessions; // a session that is over has its issue closed, once
mod concurrent_reports; // the living reports, with several workers at once
mod crash_recovery; // killed at any call, it ends as if it had not been
mod doctor; // what `doctor` finds: each fault by its check, once
mod documentation; // what the documents show is what the program knows
mod doubles; // workers that podkeeper must not be
mod exit_codes; // how a run ends: exit codes and sentences
mod false_alarms; // no false alarm, and no silence either
mod faults; // the faults of the threat sheet, by number
mod flaky_gitlab; // a GitLab that fails in small ways, run after run
mod git_repository; // what git holds is there, and nothing else
mod gitlab_route; // the way to GitLab through a corporate network
mod grants; // who may direct a secret where, and what a configuration may ask for
mod graphql_queries; // what is asked in GraphQL
mod hostile_files; // files, symlinks and pipes that mean harm
mod hostile_servers; // servers that mean harm
mod hostile_text; // text from outside can be read and cannot act
mod hugo_site; // every link and place of invented sites, against what Hugo built
mod ignore_comments; // comments that let links pass
mod init; // the first configuration, written from a page
mod internal_addresses; // no link reaches into the network that podkeeper stands in
mod issue_identity; // other keys, other accounts, other versions
mod label_proposals; // the pod's label on sessions that its people made
mod labelled_projects; // the same in generated pairing projects, against a naive model
mod lines_in_managed_block; // a person's line inside the block
mod link_brake; // what lasts is reported within two checks, and a bad hour never
mod links; // the links of a page, checked in memory
mod living_servers; // servers that are alive and odd
mod local_file_links; // links between files, and the pages of a Hugo site
mod logs; // what a run says of itself while it works
mod member_forms; // pages that list their members in forms of their own
mod messages; // what wrong input is told
mod middlebox; // what answers between this machine and GitLab
mod misbehaving_gitlab; // what podkeeper makes of a GitLab that misbehaves
mod missing_label; // the pod's label is not there
mod page_parsing; // what podkeeper understands of a page
mod paging; // listings whose pages are short, capped or empty
mod pairing_issue; // what a pairing issue says, and who hosts
mod pairing_snapshots; // plan and world of each thing that is done for a session
mod parser_bombs; // inputs that were made to break parsers
mod people_actions; // what people do to podkeeper's issues by hand
mod peoples_edits; // people write, tick, rename and label while podkeeper runs
mod plain_tree; // every link of an invented repository, against what is known of it
mod plan_follows_changes; // whatever changes in the sandbox, exactly what follows is reported
mod plan_matches_apply; // a plan says what is done, and a quiet run does little
mod plan_stamp; // a plan's stamp, by the program and a clock that runs
mod private_links; // what a token sees of a page's links leaves no trace
mod program_with_sandbox; // the program itself, in processes of their own
mod project_changes; // what becomes of the four projects that a pod names
mod properties; // what holds in every world, over generated ones
mod published_answers; // what is made of answers, those that GitLab publishes among them
mod redirects; // no redirect is followed with the token
mod regressions; // small inputs that once failed
mod release_files; // what a release consists of says the same in all of its files
mod reports_follow_changes; // what breaks or is mended in the sandbox changes its own findings and nothing else
mod retire; // the end of a pod
mod rhythms; // when a pod meets, from its file to its issues
mod rich_text_editor_saves; // saved in editors that respell markers or lose them
mod roster; // page against data, and what stays in the files
mod roster_brake; // the same of members, with the report as the memory
mod run_stages; // what is slow or stopped in one stage holds up no other
mod run_time; // the job first and in time, whatever links and a GitLab that hangs cost
mod sabotage; // each zero of the scoreboard can be anything else
mod sandbox_web_over_tls; // how the names of the web are carried to a sandbox
mod saved_files; // what one run keeps for another
mod secrets_in_writes; // no secret leaves in what is written to GitLab
mod session_weeks; // weeks and zones, day by day for forty years
mod sessions; // the pairing issue over weeks and years
mod shards; // a check that several jobs share
mod simulated_year; // a year in a minute
mod token_leaks; // the token is seen nowhere but at its own origin
mod token_not_in_output; // a run as everybody is shown it, and its log
mod token_request; // what whoever grants tokens is told
mod token_search; // where a token may not be seen
mod truncated_answers; // answers that break off at any byte
mod whole_job; // the whole job, by the program itself
mod write_confirmation; // done means that the answer shows it
mod write_counts; // what sweeps count beside their own figure
mod year_of_pods; // a year of three pods of different rhythms
