//! The service segments that enclose interchanges, groups, messages and packages, as views with names.
//!
//! Every accessor gives a [`Component`], an empty one where the segment is shorter: it has a place to point at in any
//! case. Numbers in the docs are the data elements and composites of the service directory (ISO 9735-10).

use crate::repertoire::Repertoire;
use crate::{Component, Element, Segment};

macro_rules! header {
    ($(#[$doc:meta])* $name:ident: $($tag:literal)|+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a>(Segment<'a>);

        impl<'a> $name<'a> {
            /// The view of `segment`, if its tag is the right one.
            #[must_use]
            pub fn of(segment: Segment<'a>) -> Option<Self> {
                matches!(segment.tag(), $($tag)|+).then_some(Self(segment))
            }

            /// The segment.
            #[must_use]
            pub const fn segment(&self) -> Segment<'a> {
                self.0
            }
        }
    };
}

header! {
    /// UNB, the header of an interchange; UIB, that of an interactive one.
    ///
    /// ```
    /// use karvan_edifact::{InterchangeHeader, segments};
    ///
    /// let file = b"UNB+UNOC:3+4012345000009:14+4098765000008:14+261122:0900+R1'";
    /// let header = InterchangeHeader::of(segments(file).next().unwrap()).unwrap();
    /// assert_eq!(header.syntax_identifier().raw(), b"UNOC");
    /// assert_eq!(header.recipient().identification().raw(), b"4098765000008");
    /// assert_eq!(header.reference().raw(), b"R1");
    /// assert_eq!(header.repertoire().unwrap().identifier(), "UNOC");
    /// ```
    InterchangeHeader: b"UNB" | b"UIB"
}

impl<'a> InterchangeHeader<'a> {
    /// Whether the interchange is an interactive one.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.0.tag() == b"UIB"
    }

    /// 0001, `UNOA` to `UNOZ`.
    #[must_use]
    pub fn syntax_identifier(&self) -> Component<'a> {
        self.0.component(0, 0)
    }

    /// 0002, the syntax version number.
    #[must_use]
    pub fn syntax_version(&self) -> Component<'a> {
        self.0.component(0, 1)
    }

    /// The syntax version as a number, if it is one.
    #[must_use]
    pub fn version(&self) -> Option<u8> {
        match self.syntax_version().raw() {
            [digit @ b'1'..=b'9', ..] => Some(digit - b'0'),
            _ => None,
        }
    }

    /// 0080, the version of the service code list directory.
    #[must_use]
    pub fn service_code_list_version(&self) -> Component<'a> {
        self.0.component(0, 2)
    }

    /// 0133, the character encoding.
    #[must_use]
    pub fn character_encoding(&self) -> Component<'a> {
        self.0.component(0, 3)
    }

    /// The character repertoire that 0001, 0002 and 0133 declare; none where it is not supported.
    #[must_use]
    pub fn repertoire(&self) -> Option<Repertoire> {
        let declared = Repertoire::declared(self.syntax_identifier().raw(), self.character_encoding().raw())?;
        Some(self.version().map_or(declared, |version| declared.in_version(version)))
    }

    /// S002, the sender.
    #[must_use]
    pub fn sender(&self) -> EnvelopeParty<'a> {
        EnvelopeParty(self.0.element(if self.is_interactive() { 5 } else { 1 }))
    }

    /// S003, the recipient.
    #[must_use]
    pub fn recipient(&self) -> EnvelopeParty<'a> {
        EnvelopeParty(self.0.element(if self.is_interactive() { 6 } else { 2 }))
    }

    /// 0017, the date of preparation, `YYMMDD`, from syntax version 4 on `CCYYMMDD`.
    #[must_use]
    pub fn date(&self) -> Component<'a> {
        self.0.component(if self.is_interactive() { 7 } else { 3 }, 0)
    }

    /// 0019, the time of preparation, `HHMM`.
    #[must_use]
    pub fn time(&self) -> Component<'a> {
        self.0.component(if self.is_interactive() { 7 } else { 3 }, 1)
    }

    /// 0020, the interchange control reference; in UIB 0300, the control reference of the dialogue's initiator.
    #[must_use]
    pub fn reference(&self) -> Component<'a> {
        self.0.component(if self.is_interactive() { 1 } else { 4 }, 0)
    }

    /// S302, the reference of the dialogue; only in UIB.
    #[must_use]
    pub fn dialogue(&self) -> DialogueReference<'a> {
        DialogueReference(self.interactive(1))
    }

    /// S303, the reference of the transaction that the dialogue serves: 0306, 0303, 0051; only in UIB.
    #[must_use]
    pub fn transaction(&self) -> Element<'a> {
        self.interactive(2)
    }

    /// S305, the type of the dialogue: 0311, 0342, 0344, 0051; only in UIB.
    #[must_use]
    pub fn dialogue_type(&self) -> Element<'a> {
        self.interactive(4)
    }

    /// 0325, whether the interchange is a duplicate of an earlier one; only in UIB.
    #[must_use]
    pub fn duplicate_indicator(&self) -> Component<'a> {
        self.interactive(8).component(0)
    }

    /// 0022, the recipient's reference or password.
    #[must_use]
    pub fn recipient_reference(&self) -> Component<'a> {
        self.batch(5)
    }

    /// 0026, the application reference.
    #[must_use]
    pub fn application_reference(&self) -> Component<'a> {
        self.batch(6)
    }

    /// 0029, the processing priority.
    #[must_use]
    pub fn priority(&self) -> Component<'a> {
        self.batch(7)
    }

    /// 0031, the acknowledgement request: `1` asks for one.
    #[must_use]
    pub fn acknowledgement_request(&self) -> Component<'a> {
        self.batch(8)
    }

    /// 0032, the interchange agreement.
    #[must_use]
    pub fn agreement(&self) -> Component<'a> {
        self.batch(9)
    }

    /// 0035, the test indicator: `1` says that the interchange is a test.
    #[must_use]
    pub fn test_indicator(&self) -> Component<'a> {
        if self.is_interactive() { self.0.component(9, 0) } else { self.batch(10) }
    }

    /// A data element that only UIB has.
    fn interactive(&self, n: usize) -> Element<'a> {
        self.0.element(if self.is_interactive() { n } else { usize::MAX })
    }

    /// A data element that only UNB has.
    fn batch(&self, n: usize) -> Component<'a> {
        self.0.component(if self.is_interactive() { usize::MAX } else { n }, 0)
    }
}

/// The sender or the recipient of an interchange or a group (S002, S003, S006, S007).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvelopeParty<'a>(Element<'a>);

impl<'a> EnvelopeParty<'a> {
    /// The whole composite.
    #[must_use]
    pub const fn element(&self) -> Element<'a> {
        self.0
    }

    /// 0004 or 0010, the identification; in UNG 0040 or 0044.
    #[must_use]
    pub fn identification(&self) -> Component<'a> {
        self.0.component(0)
    }

    /// 0007, the qualifier of the identification code.
    #[must_use]
    pub fn qualifier(&self) -> Component<'a> {
        self.0.component(1)
    }

    /// 0008 or 0014, the internal identification or address for routing; not in UNG.
    #[must_use]
    pub fn internal_identification(&self) -> Component<'a> {
        self.0.component(2)
    }

    /// 0042 or 0046, the internal sub-identification; not in UNG.
    #[must_use]
    pub fn internal_sub_identification(&self) -> Component<'a> {
        self.0.component(3)
    }
}

/// The reference of a dialogue (S302), which UIB begins and UIH, UIR, UNO and UIZ repeat (ISO 9735-3).
///
/// ```
/// use karvan_edifact::{InterchangeHeader, segments};
///
/// let file = b"UIB+UNOA:4+D1:4012345000009:9:R7'";
/// let dialogue = InterchangeHeader::of(segments(file).next().unwrap()).unwrap().dialogue();
/// assert_eq!(dialogue.initiator_control_reference().raw(), b"D1");
/// assert_eq!(dialogue.responder_control_reference().raw(), b"R7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialogueReference<'a>(Element<'a>);

impl<'a> DialogueReference<'a> {
    /// The whole composite.
    #[must_use]
    pub const fn element(&self) -> Element<'a> {
        self.0
    }

    /// 0300, the control reference of the initiator.
    #[must_use]
    pub fn initiator_control_reference(&self) -> Component<'a> {
        self.0.component(0)
    }

    /// 0303, the identification of the initiator.
    #[must_use]
    pub fn initiator_identification(&self) -> Component<'a> {
        self.0.component(1)
    }

    /// 0051, the agency that controls the identification.
    #[must_use]
    pub fn agency(&self) -> Component<'a> {
        self.0.component(2)
    }

    /// 0304, the control reference of the responder.
    #[must_use]
    pub fn responder_control_reference(&self) -> Component<'a> {
        self.0.component(3)
    }
}

header! {
    /// UNG, the header of a group.
    GroupHeader: b"UNG"
}

impl<'a> GroupHeader<'a> {
    /// 0038, the identification of the group: the type of its messages.
    #[must_use]
    pub fn identification(&self) -> Component<'a> {
        self.0.component(0, 0)
    }

    /// S006, the application that sends.
    #[must_use]
    pub fn sender(&self) -> EnvelopeParty<'a> {
        EnvelopeParty(self.0.element(1))
    }

    /// S007, the application that receives.
    #[must_use]
    pub fn recipient(&self) -> EnvelopeParty<'a> {
        EnvelopeParty(self.0.element(2))
    }

    /// 0048, the group reference number.
    #[must_use]
    pub fn reference(&self) -> Component<'a> {
        self.0.component(4, 0)
    }

    /// 0051, the controlling agency.
    #[must_use]
    pub fn agency(&self) -> Component<'a> {
        self.0.component(5, 0)
    }

    /// 0052, the version of the message type.
    #[must_use]
    pub fn version(&self) -> Component<'a> {
        self.0.component(6, 0)
    }

    /// 0054, the release of the message type.
    #[must_use]
    pub fn release(&self) -> Component<'a> {
        self.0.component(6, 1)
    }

    /// 0057, the code of the association responsible.
    #[must_use]
    pub fn association(&self) -> Component<'a> {
        self.0.component(6, 2)
    }
}

header! {
    /// UNH, the header of a message; UIH, that of an interactive one.
    MessageHeader: b"UNH" | b"UIH"
}

impl<'a> MessageHeader<'a> {
    /// Whether the message is an interactive one.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.0.tag() == b"UIH"
    }

    /// S009 or S306, the identification of the message.
    #[must_use]
    pub fn identifier(&self) -> Element<'a> {
        self.0.element(usize::from(!self.is_interactive()))
    }

    /// 0062, the message reference number; in UIH 0340.
    #[must_use]
    pub fn reference(&self) -> Component<'a> {
        self.0.component(usize::from(self.is_interactive()), 0)
    }

    /// 0065, the message type, `INVOIC`.
    #[must_use]
    pub fn message_type(&self) -> Component<'a> {
        self.identifier().component(0)
    }

    /// 0052, the version of the message type, `D`.
    #[must_use]
    pub fn version(&self) -> Component<'a> {
        self.identifier().component(1)
    }

    /// 0054, the release of the message type, `96A`.
    #[must_use]
    pub fn release(&self) -> Component<'a> {
        self.identifier().component(2)
    }

    /// 0051, the controlling agency, `UN`.
    #[must_use]
    pub fn agency(&self) -> Component<'a> {
        self.identifier().component(if self.is_interactive() { 4 } else { 3 })
    }

    /// 0057, the code of the association responsible, `EAN008`.
    #[must_use]
    pub fn association(&self) -> Component<'a> {
        self.identifier().component(if self.is_interactive() { 5 } else { 4 })
    }

    /// 0110, the version of the code list directory; only in UNH, from syntax version 4 on.
    #[must_use]
    pub fn code_list_version(&self) -> Component<'a> {
        self.identifier().component(if self.is_interactive() { usize::MAX } else { 5 })
    }

    /// 0113, the sub-function of the message type.
    #[must_use]
    pub fn sub_function(&self) -> Component<'a> {
        self.identifier().component(if self.is_interactive() { 3 } else { 6 })
    }

    /// 0068, the common access reference; only in UNH.
    #[must_use]
    pub fn access_reference(&self) -> Component<'a> {
        self.0.component(if self.is_interactive() { usize::MAX } else { 2 }, 0)
    }
}

impl<'a> MessageHeader<'a> {
    /// S302, the reference of the dialogue; only in UIH.
    #[must_use]
    pub fn dialogue(&self) -> DialogueReference<'a> {
        DialogueReference(self.0.element(if self.is_interactive() { 2 } else { usize::MAX }))
    }

    /// S301, the status of the transfer: 0320, 0323, 0325; only in UIH.
    #[must_use]
    pub fn transfer_status(&self) -> Element<'a> {
        self.0.element(if self.is_interactive() { 3 } else { usize::MAX })
    }
}

header! {
    /// UIR, which reports the status of a dialogue (ISO 9735-3): an acknowledgement, an error, a query.
    StatusReport: b"UIR"
}

impl<'a> StatusReport<'a> {
    /// 0331, the function of the report.
    #[must_use]
    pub fn function(&self) -> Component<'a> {
        self.0.component(0, 0)
    }

    /// S307, the reasons, each with 0333, the status, 0332, the status in words, and 0335, their language.
    #[must_use]
    pub fn reasons(&self) -> Element<'a> {
        self.0.element(1)
    }

    /// S302, the reference of the dialogue.
    #[must_use]
    pub fn dialogue(&self) -> DialogueReference<'a> {
        DialogueReference(self.0.element(2))
    }

    /// 0340, the message that the report is about.
    #[must_use]
    pub fn message_reference(&self) -> Component<'a> {
        self.0.component(4, 0)
    }

    /// 0800, the package that the report is about.
    #[must_use]
    pub fn package_reference(&self) -> Component<'a> {
        self.0.component(5, 0)
    }
}

header! {
    /// UNO, the header of a package.
    PackageHeader: b"UNO"
}

impl<'a> PackageHeader<'a> {
    /// 0800, the package reference number.
    #[must_use]
    pub fn reference(&self) -> Component<'a> {
        self.0.component(0, 0)
    }

    /// S020, what the object refers to: 0813, the qualifier, and 0802, the reference.
    #[must_use]
    pub fn related_reference(&self) -> Element<'a> {
        self.0.element(1)
    }

    /// S021, the type of the object: 0805, the qualifier, 0809, the attribute's identification, 0808, the attribute.
    #[must_use]
    pub fn object_type(&self) -> Element<'a> {
        self.0.element(2)
    }

    /// S302, the reference of the dialogue, where the package belongs to one.
    #[must_use]
    pub fn dialogue(&self) -> DialogueReference<'a> {
        DialogueReference(self.0.element(4))
    }

    /// 0810, the length of the object in octets.
    #[must_use]
    pub fn length(&self) -> Component<'a> {
        self.0.component(3, 0)
    }
}

header! {
    /// A trailer: UNZ, UNE, UNT, UNP, UIZ, UIT. Each has a count and a reference.
    Trailer: b"UNZ" | b"UNE" | b"UNT" | b"UNP" | b"UIZ" | b"UIT"
}

impl<'a> Trailer<'a> {
    /// What was counted: groups or messages and packages (0036), messages and packages (0060), segments (0074), octets
    /// (0810).
    #[must_use]
    pub fn count(&self) -> Component<'a> {
        self.0.component(usize::from(self.reference_is_first()), 0)
    }

    /// The reference of the header, repeated (0020, 0048, 0062, 0800).
    #[must_use]
    pub fn reference(&self) -> Component<'a> {
        self.0.component(usize::from(!self.reference_is_first()), 0)
    }

    /// S302, the reference of the dialogue; only in UIZ.
    #[must_use]
    pub fn dialogue(&self) -> DialogueReference<'a> {
        DialogueReference(self.0.element(if self.0.tag() == b"UIZ" { 0 } else { usize::MAX }))
    }

    /// Interactive trailers have the reference before the count.
    fn reference_is_first(&self) -> bool {
        matches!(self.0.tag(), b"UIZ" | b"UIT")
    }
}
