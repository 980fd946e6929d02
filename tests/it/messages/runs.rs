//! Messages about what a run found at its sources.

/// The numbers of the messages that have a row here.
pub(super) const ROWS: &[u8] = &[];
