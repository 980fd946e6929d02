//! The instant of a local time, whatever the clocks do on that day.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::{GapInfo, Tz};

/// The instant of a local time.
///
/// One that a change of clocks leaves out is taken by the offset before the change, and one that happens twice the first
/// time (RFC 5545, 3.3.5): with 02:30 in Berlin's spring night 03:30 is meant.
pub(super) fn resolve_local_time(zone: Tz, local: NaiveDateTime) -> DateTime<Tz> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(start) | LocalResult::Ambiguous(start, _) => start,
        LocalResult::None => {
            let before = GapInfo::new(&local, &zone).and_then(|gap| gap.begin);
            let utc = before.and_then(|(_, offset)| local.checked_sub_offset(offset.fix()));
            zone.from_utc_datetime(&utc.unwrap_or(local))
        }
    }
}
