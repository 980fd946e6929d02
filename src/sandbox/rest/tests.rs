//! The rows of the list "What a faithful sandbox must do", by their number, and some more.
//!
//! Each row is asked over HTTP shapes only, through the router in memory.

mod absent;
mod archived;
mod asking;
mod code;
mod events;
mod faults;
mod filters;
mod groups;
mod input;
mod issues;
mod labels;
mod locked;
mod merge_requests;
mod noted;
mod notes;
mod paging;
mod parts;
mod projects;
mod removal;
mod rights;
mod shapes;
mod sweep;
mod talk;
mod tokens;
