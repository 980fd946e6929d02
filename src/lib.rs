//! podkeeper keeps a GitLab Support Pod running.

pub mod gitlab;
pub mod pod;
pub mod sandbox;
