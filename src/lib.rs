//! podkeeper keeps a GitLab Support Pod running.

pub mod pod;
