//! The rows of the list "What a faithful sandbox must do", by their number, and some more.
//!
//! Each row is asked over HTTP shapes only, through the router in memory.

mod archived;
mod code;
mod discussions;
mod entities;
mod events;
mod faults;
mod features;
mod filters;
mod groups;
mod issues;
mod labels;
mod locked;
mod merge_requests;
mod not_found;
mod notes;
mod packages;
mod paging;
mod parameter_sweep;
mod params;
mod permissions;
mod pipelines;
mod projects;
mod removal;
mod requests;
mod system_notes;
mod tokens;
