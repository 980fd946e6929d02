//! Messages about the files of the configuration.

/// The numbers of the messages that have a row here.
pub(super) const ROWS: &[u8] = &[];
