//! In which weeks a slot meets, where not in all that its schedule names.

use chrono::{Datelike as _, Days, NaiveDate};

/// The weeks, from Monday to Sunday, in which a slot may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MeetingWeeks {
    /// Every one.
    #[default]
    Every,
    /// Every n-th, counted from the one that holds the anchor.
    EveryNth {
        /// How many weeks lie between two, from 1.
        weeks: u32,
        /// A date in a week in which it meets.
        anchor: NaiveDate,
    },
    /// Those with an even ISO number.
    Even,
    /// Those with an odd ISO number. After the 53rd comes the 1st, so in such a winter two follow each other.
    Odd,
}

impl MeetingWeeks {
    /// Whether a date lies in one of them.
    pub fn includes(self, date: NaiveDate) -> bool {
        match self {
            Self::Every => true,
            Self::EveryNth { weeks, anchor } => {
                let apart = (monday(date) - monday(anchor)).num_weeks();
                apart.rem_euclid(i64::from(weeks.max(1))) == 0
            }
            Self::Even => date.iso_week().week().is_multiple_of(2),
            Self::Odd => !date.iso_week().week().is_multiple_of(2),
        }
    }
}

/// The Monday of a date's week.
pub(super) fn monday(date: NaiveDate) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).unwrap_or(date)
}
