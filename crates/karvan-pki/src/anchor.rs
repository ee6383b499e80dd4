//! Trust anchors with constraints: RFC 5914 (`TrustAnchorInfo`), RFC 5937 (what constraints of an anchor do to a path).

use std::collections::BTreeSet;
use std::sync::Arc;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Encode, ErrorKind, Tag, Tagged};
use jiff::Timestamp;

use crate::asn1::{self, Reader};
use crate::policy::{self, ANY_POLICY};
use crate::{Certificate, CertificateError, Extensions, Limits, NameConstraints, extensions};

/// What a trust anchor is trusted for; by default everything.
///
/// The constraints join those that the anchor's own certificate sets: whichever is narrower holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnchorConstraints {
    /// The policies for which it is trusted; none stated: any.
    pub policies: Option<BTreeSet<ObjectIdentifier>>,
    /// Whether a path must be valid for a policy.
    pub require_explicit_policy: bool,
    /// Whether authorities below may not map policies.
    pub inhibit_policy_mapping: bool,
    /// Whether `anyPolicy` counts for none.
    pub inhibit_any_policy: bool,
    /// The names that may be certified below it.
    pub names: Option<NameConstraints>,
    /// How many authorities that are not self-issued may follow.
    pub path_length: Option<u64>,
    /// The purposes for which it is trusted; none stated: any.
    pub extended_key_usage: Option<Vec<ObjectIdentifier>>,
    /// The first instant at which it is trusted.
    pub not_before: Option<Timestamp>,
    /// The last instant at which it is trusted.
    pub not_after: Option<Timestamp>,
}

impl AnchorConstraints {
    /// Whether it is trusted for everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The constraints that the extensions of an anchor's certificate amount to (RFC 5937 §3.2).
    pub(crate) fn of_extensions(extensions: &Extensions) -> Self {
        let policies = extensions
            .certificate_policies
            .as_ref()
            .map(|policies| policies.iter().map(|policy| policy.identifier).collect::<BTreeSet<_>>());
        let constraints = extensions.policy_constraints.unwrap_or_default();
        Self {
            policies: policies.filter(|policies| !policies.contains(&ANY_POLICY)),
            require_explicit_policy: constraints.require_explicit_policy == Some(0),
            inhibit_policy_mapping: constraints.inhibit_policy_mapping == Some(0),
            inhibit_any_policy: extensions.inhibit_any_policy == Some(0),
            names: extensions.name_constraints.clone(),
            path_length: extensions.basic_constraints.and_then(|constraints| constraints.path_length),
            ..Self::default()
        }
    }
}

/// A trust anchor as RFC 5914 writes it.
pub(crate) type Anchor = (Arc<Certificate>, AnchorConstraints);

/// Whether `bytes` look like a `TrustAnchorList` or a `TrustAnchorChoice` other than a certificate.
pub(crate) fn is_anchor_list(bytes: &[u8]) -> bool {
    let context = |tag: Option<&u8>| tag.is_some_and(|tag| matches!(tag, 0xa1 | 0xa2));
    let first_of_list = || AnyRef::try_from(bytes).ok().filter(|list| list.tag() == Tag::Sequence);
    context(bytes.first()) || first_of_list().is_some_and(|list| context(list.value().first()))
}

/// Reads a `TrustAnchorList`, or one `TrustAnchorChoice`.
pub(crate) fn read_list(bytes: &[u8], limits: &Limits) -> Result<Vec<Anchor>, CertificateError> {
    let malformed = |error| CertificateError::malformed("TrustAnchorList", error);
    let choices = match bytes.first() {
        Some(0x30) => asn1::whole(bytes, |reader| reader.each(|reader| reader.whole_value())).map_err(malformed)?,
        _ => vec![bytes],
    };
    choices.into_iter().map(|choice| read_choice(choice, limits)).collect()
}

fn read_choice(bytes: &[u8], limits: &Limits) -> Result<Anchor, CertificateError> {
    let malformed = |error| CertificateError::malformed("TrustAnchorInfo", error);
    let (number, value) = asn1::whole(bytes, |reader| {
        let number = reader.context_number();
        Ok((number, reader.any()?.value()))
    })
    .map_err(malformed)?;
    match number {
        None => Ok((Certificate::from_der(bytes, limits)?.into(), AnchorConstraints::default())),
        Some(2) => {
            let info = asn1::whole(value, Info::read).map_err(malformed)?;
            info.anchor(bytes, limits)
        }
        // A TBSCertificate that nobody signed: what there is of such anchors is a certificate or an info.
        _ => Err(malformed(ErrorKind::Failed.into())),
    }
}

/// `TrustAnchorInfo`, taken apart.
struct Info<'a> {
    public_key: &'a [u8],
    name: Option<&'a [u8]>,
    certificate: Option<Vec<u8>>,
    constraints: AnchorConstraints,
    extensions: Option<&'a [u8]>,
}

impl<'a> Info<'a> {
    fn read(reader: &mut Reader<'a>) -> der::Result<Self> {
        reader.sequence(|reader| {
            if reader.peek() == Some(asn1::INTEGER) {
                reader.integer()?;
            }
            let public_key = reader.whole_value()?;
            reader.octets()?;
            if reader.peek() == Some(asn1::UTF8_STRING) {
                reader.any()?;
            }
            let mut info = Self {
                public_key,
                name: None,
                certificate: None,
                constraints: AnchorConstraints::default(),
                extensions: None,
            };
            if reader.peek() == Some(asn1::SEQUENCE) {
                info.read_controls(reader)?;
            }
            info.extensions = reader.context(1)?.map(|extensions| extensions.value());
            reader.context(2)?;
            Ok(info)
        })
    }

    /// `CertPathControls`.
    fn read_controls(&mut self, reader: &mut Reader<'a>) -> der::Result<()> {
        reader.sequence(|reader| {
            self.name = Some(reader.whole_value()?);
            if let Some(certificate) = reader.context(0)? {
                // The tag takes the place of that of the sequence.
                self.certificate = Some(sequence(certificate.value())?);
            }
            if let Some(policies) = reader.context(1)? {
                let policies = policy::certificate_policies(&sequence(policies.value())?)?;
                self.constraints.policies = Some(policies.iter().map(|policy| policy.identifier).collect());
            }
            if let Some(flags) = reader.context(2)? {
                let Some((unused, octets)) = flags.value().split_first() else {
                    return Err(ErrorKind::Length { tag: Tag::BitString }.into());
                };
                let bits: Vec<bool> = BitStringRef::new(*unused, octets)?.bits().collect();
                let flag = |bit: usize| bits.get(bit).copied().unwrap_or(false);
                self.constraints.inhibit_policy_mapping = flag(0);
                self.constraints.require_explicit_policy = flag(1);
                self.constraints.inhibit_any_policy = flag(2);
            }
            if let Some(names) = reader.context(3)? {
                self.constraints.names = Some(extensions::name_constraints(&sequence(names.value())?)?);
            }
            if let Some(length) = reader.context(4)? {
                self.constraints.path_length = Some(asn1::unsigned(length.value())?);
            }
            Ok(())
        })
    }

    fn anchor(mut self, bytes: &[u8], limits: &Limits) -> Result<Anchor, CertificateError> {
        let mut critical = Vec::new();
        if let Some(octets) = self.extensions {
            let extensions = Extensions::read(octets, &octets.into())?;
            self.constraints.extended_key_usage = extensions.extended_key_usage;
            critical = extensions.unprocessed_critical;
        }
        let certificate = match &self.certificate {
            Some(der) => Certificate::from_der(der, limits)?,
            None => Certificate::of_anchor(bytes, self.name.unwrap_or(b"\x30\x00"), self.public_key, critical)?,
        };
        Ok((certificate.into(), self.constraints))
    }
}

/// The DER of a sequence with these contents.
fn sequence(contents: &[u8]) -> der::Result<Vec<u8>> {
    AnyRef::new(Tag::Sequence, contents)?.to_der()
}
