//! A value with the file that it stands in: a pod's own, or a default of `podkeeper.toml`.

use std::ops::Range;

use toml::Spanned;

/// The file that a value stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The pod's own.
    PodFile,
    /// `[defaults]` of `podkeeper.toml`.
    Defaults,
}

/// A value as it is written.
#[derive(Debug)]
pub(super) struct Written<'a, T> {
    value: &'a Spanned<T>,
    pub(super) source: Source,
}

impl<T> Clone for Written<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Written<'_, T> {}

impl<'a, T> Written<'a, T> {
    pub(super) fn new(value: &'a Spanned<T>, source: Source) -> Self {
        Self { value, source }
    }

    pub(super) fn in_defaults(value: &'a Spanned<T>) -> Self {
        Self { value, source: Source::Defaults }
    }

    pub(super) fn value(self) -> &'a T {
        self.value.get_ref()
    }

    pub(super) fn spanned(self) -> &'a Spanned<T> {
        self.value
    }

    pub(super) fn span(self) -> Range<usize> {
        self.value.span()
    }
}

impl<'a, T> From<&'a Spanned<T>> for Written<'a, T> {
    fn from(value: &'a Spanned<T>) -> Self {
        Self { value, source: Source::PodFile }
    }
}

/// The value that counts: the pod's own, else the default.
pub(super) fn own_or_default<'a, T>(
    own: Option<&'a Spanned<T>>,
    default: Option<&'a Spanned<T>>,
) -> Option<Written<'a, T>> {
    own.map(Written::from).or(default.map(Written::in_defaults))
}
