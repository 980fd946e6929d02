//! Messages about arguments, variables and the terminal.

/// The numbers of the messages that have a row here.
pub(super) const ROWS: &[u8] = &[];
