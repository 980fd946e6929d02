//! A verdict in the making: what a room of this folder found out about one address.

use std::borrow::Cow;

use crate::pod::verdict::{Deprecated, Hop, Verdict};

/// What a look came to, before it is given its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// In words that are the same at every look at an unchanged world.
    pub(super) reason: Cow<'static, str>,
    pub(super) status: Option<u16>,
    pub(super) redirects: Vec<Hop>,
    pub(super) suggestion: Option<String>,
    /// What it says itself of its end, where it is there.
    pub(super) deprecated: Option<Box<Deprecated>>,
}

impl Judged {
    pub(super) fn new(verdict: Verdict, reason: impl Into<Cow<'static, str>>) -> Self {
        let (status, redirects, suggestion, deprecated) = (None, Vec::new(), None, None);
        Self { verdict, reason: reason.into(), status, redirects, suggestion, deprecated }
    }

    pub(super) fn suggest(mut self, better: impl Into<String>) -> Self {
        self.suggestion = Some(better.into());
        self
    }
}
