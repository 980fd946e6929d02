//! Links: what an address points at, which addresses may be connected to, and how the web is read.

pub mod address;
pub mod target;
pub mod web;
