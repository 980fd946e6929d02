//! podkeeper keeps a GitLab Support Pod running.

pub mod pod;
pub mod sandbox;
