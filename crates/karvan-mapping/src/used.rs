//! What reading has made of the nodes of a source, so that what is left can be told.

/// What the rows have made of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Nothing yet.
    Free,
    /// A group stands there: what is in it may be taken, and a text of its own besides is left.
    Entered,
    /// A row has taken its text.
    Taken,
    /// It qualifies a value, and may qualify others: one unit may stand for several.
    Qualifies,
}

impl Use {
    /// A row takes its text.
    pub(crate) fn take(&mut self) {
        if self.has_left() {
            *self = Self::Taken;
        }
    }

    /// A group finds its place there.
    pub(crate) fn enter(&mut self) {
        if *self == Self::Free {
            *self = Self::Entered;
        }
    }

    /// Whether a text there was not taken.
    pub(crate) const fn has_left(self) -> bool {
        matches!(self, Self::Free | Self::Entered)
    }
}
