//! One field of an edit.

/// What somebody wants of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FieldChange<T> {
    /// As it was.
    #[default]
    Keep,
    /// Unset.
    Clear,
    /// Set to this.
    Set(T),
}

impl<T: Clone> FieldChange<T> {
    /// Does what is wanted.
    pub fn apply_to(&self, field: &mut Option<T>) {
        match self {
            FieldChange::Keep => {}
            FieldChange::Clear => *field = None,
            FieldChange::Set(value) => *field = Some(value.clone()),
        }
    }
}
