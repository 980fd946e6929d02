//! `podkeeper init`: from a pod's page and a person's answers to the first texts of a configuration.
//!
//! Pure. [`page_address`] says which file an address means, [`proposal`] what the page itself says, [`choices`] what is
//! written in the end, [`questions`] what is asked in between, and [`files`] makes the texts. A page is written by many:
//! whatever is taken from it passes [`quoting`].

pub mod choices;
pub mod files;
mod meeting_times;
pub mod page_address;
pub mod proposal;
pub mod questions;
mod quoting;
mod site_source;

pub use meeting_times::Meeting;
pub use site_source::{SiteSource, find_site_source};
