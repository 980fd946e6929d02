//! One field of an edit.

/// What somebody wants of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Change<T> {
    /// As it was.
    #[default]
    Keep,
    /// Unset.
    Clear,
    /// Set to this.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// Does what is wanted.
    pub fn apply(&self, field: &mut Option<T>) {
        match self {
            Change::Keep => {}
            Change::Clear => *field = None,
            Change::Set(value) => *field = Some(value.clone()),
        }
    }
}
