//! How a validation ends, in the words of ETSI EN 319 102-1 §5.1.3.

use std::fmt;

use karvan_pki::{Check, Fact, Facts, RejectedPath, Rejection, Status, StepResult, Verdict};
use karvan_text::Diagnostic;

/// The status of a signature: ETSI EN 319 102-1 Table 5, with the subindication of Table 6 that says why.
///
/// It is the same for every form of signature. Written it is `TOTAL-PASSED`, `TOTAL-FAILED/HASH_FAILURE`,
/// `INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND`, and so on.
///
/// ```
/// use karvan_signature::{Doubt, Failure, Indication};
///
/// assert_eq!(Indication::TotalFailed(Failure::HashFailure).to_string(), "TOTAL-FAILED/HASH_FAILURE");
/// assert_eq!(Indication::Indeterminate(Doubt::NoPoe).subindication(), Some("NO_POE"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indication {
    /// The cryptographic checks passed, and so did all constraints on the signer's certificate and on the signature.
    TotalPassed,
    /// What there is does not suffice to say whether the signature is good or not.
    Indeterminate(Doubt),
    /// The signature is not good, whatever else might become known.
    TotalFailed(Failure),
}

/// Why a signature is [`Indication::TotalFailed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The signature does not have the form of the standard.
    FormatFailure,
    /// What was signed was changed: a digest differs.
    HashFailure,
    /// The signature value is not one by the signer's key.
    SigCryptoFailure,
    /// The signer's certificate was revoked, and the signature was made after that.
    Revoked,
    /// The signature was made after the signer's certificate had expired.
    Expired,
    /// The signature was made before the signer's certificate became valid.
    NotYetValid,
}

/// Why a signature is [`Indication::Indeterminate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// The signature does not keep what is asked of signatures.
    SigConstraintsFailure,
    /// The path to a trust anchor does not keep what is asked of paths.
    ChainConstraintsFailure,
    /// The path could not be validated for another reason, such as a limit.
    CertificateChainGeneralFailure,
    /// An algorithm or a length of key is not, or no longer, relied on.
    CryptoConstraintsFailure,
    /// The signature policy cannot be processed.
    PolicyProcessingError,
    /// The signature policy is not there.
    SignaturePolicyNotAvailable,
    /// The times of signing and of timestamps contradict each other.
    TimestampOrderFailure,
    /// The certificate of the signer is not there.
    NoSigningCertificateFound,
    /// No path leads from the signer's certificate to a trust anchor.
    NoCertificateChainFound,
    /// The certificate was revoked; nothing proves that the signature is older than that.
    RevokedNoPoe,
    /// The certificate of an authority was revoked; nothing proves that the signature is older than that.
    RevokedCaNoPoe,
    /// The certificate is out of its validity and was not revoked; nothing proves when the signature was made.
    OutOfBoundsNotRevoked,
    /// The certificate is out of its validity; nothing proves that the signature was made within.
    OutOfBoundsNoPoe,
    /// An algorithm is no longer relied on; nothing proves that it was used while it still was.
    CryptoConstraintsFailureNoPoe,
    /// Nothing proves that something existed before it stopped to be relied on.
    NoPoe,
    /// Fresh data about revocation, or a later time, can settle it.
    TryLater,
    /// What was signed is not there.
    SignedDataNotFound,
}

impl Indication {
    /// The status alone: `TOTAL-PASSED`, `INDETERMINATE` or `TOTAL-FAILED`.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::Indeterminate(_) => "INDETERMINATE",
            Self::TotalFailed(_) => "TOTAL-FAILED",
        }
    }

    /// The subindication, which every status but `TOTAL-PASSED` has.
    #[must_use]
    pub const fn subindication(self) -> Option<&'static str> {
        Some(match self {
            Self::TotalPassed => return None,
            Self::Indeterminate(doubt) => doubt.name(),
            Self::TotalFailed(failure) => failure.name(),
        })
    }

    /// What `finding` of this crate means for the signature that it is about.
    #[must_use]
    pub fn of_finding(finding: &Diagnostic) -> Self {
        let number = finding.code.number;
        FINDINGS.iter().find(|(codes, _)| codes.contains(&number)).map_or_else(
            || match finding.code.layer() {
                // A limit says nothing about the signature, but that it is not one we take.
                9 => Self::Indeterminate(Doubt::SigConstraintsFailure),
                7 => Self::Indeterminate(Doubt::CertificateChainGeneralFailure),
                _ => Self::TotalFailed(Failure::FormatFailure),
            },
            |&(_, indication)| indication,
        )
    }

    /// What all `findings` together mean: the gravest of them decides. Without any the signature passed.
    #[must_use]
    pub fn of_findings<'f>(findings: impl IntoIterator<Item = &'f Diagnostic>) -> Self {
        findings.into_iter().map(Self::of_finding).max().unwrap_or(Self::TotalPassed)
    }

    /// What `verdict` about the signer's certificate means for a signature that is good otherwise and that nothing proves
    /// to have existed at any earlier time (§5.2.6.4, §5.3.4).
    #[must_use]
    pub fn of_path(verdict: &Verdict) -> Self {
        let doubt = match verdict.status() {
            Status::Accepted => return Self::TotalPassed,
            Status::Rejected => verdict.rejected.first().map_or(Doubt::NoCertificateChainFound, |nearest| {
                let doubts = nearest.rejections.iter().map(|rejection| doubt(rejection.check, rejection.position));
                match doubts.max() {
                    // §5.3.4: it ran out, and up to the end nobody took it back.
                    Some(Doubt::OutOfBoundsNoPoe) if is_known_unrevoked(nearest) => Doubt::OutOfBoundsNotRevoked,
                    found => found.unwrap_or(Doubt::CertificateChainGeneralFailure),
                }
            }),
            // §5.2.6.4: a path holds but for fresh data about revocation.
            Status::Indeterminate => Doubt::TryLater,
            _ => Doubt::CertificateChainGeneralFailure,
        };
        Self::Indeterminate(doubt)
    }
}

/// Whether nothing but the validity of the signer's certificate speaks against a path, and it is known that it was not revoked:
/// from what was made while it was valid, for certificates that ran out are taken off lists (RFC 5280 §3.3).
fn is_known_unrevoked(path: &RejectedPath) -> bool {
    let only_validity = |fault: &Rejection| fault.position == 0 && fault.check == Check::Validity;
    let mut steps = path.steps.iter().filter(|step| step.certificate == 0 && step.check == Check::Revocation);
    path.rejections.iter().all(only_validity)
        && steps.any(|step| {
            let Some(Fact::List(sources)) = step.inputs.value("sources") else { return false };
            let (Some(signer), good) = (path.certificates.first(), step.result == StepResult::Passed) else {
                return false;
            };
            let in_time = |source: &Facts| match source.value("this_update") {
                Some(Fact::Time(made)) => *made <= signer.certificate.not_after(),
                _ => false,
            };
            let used = |source: &Facts| source.value("used") == Some(&Fact::Bool(true));
            good && sources
                .iter()
                .any(|source| matches!(source, Fact::Facts(source) if used(source) && in_time(source)))
        })
}

/// What it means that the certificate at `position` of a path does not pass `check`.
fn doubt(check: Check, position: usize) -> Doubt {
    match check {
        Check::Issuer | Check::Signature | Check::NameChaining => Doubt::NoCertificateChainFound,
        Check::Algorithm => Doubt::CryptoConstraintsFailureNoPoe,
        Check::Validity => Doubt::OutOfBoundsNoPoe,
        Check::Revocation if position == 0 => Doubt::RevokedNoPoe,
        Check::Revocation => Doubt::RevokedCaNoPoe,
        _ => Doubt::ChainConstraintsFailure,
    }
}

/// Codes of this crate, and what they mean; what is not here is a failure of the format.
const FINDINGS: &[(&[u16], Indication)] = &[
    (&[6011, 6222, 6303, 6322], Indication::TotalFailed(Failure::HashFailure)),
    (&[6012, 6220, 6304], Indication::TotalFailed(Failure::SigCryptoFailure)),
    (&[6003, 6008, 6015, 6108, 6114, 6224, 6324], Indication::Indeterminate(Doubt::SigConstraintsFailure)),
    (&[6006, 6007, 6221, 6306], Indication::Indeterminate(Doubt::CryptoConstraintsFailure)),
    (&[6009, 6213, 6307], Indication::Indeterminate(Doubt::SignedDataNotFound)),
    (&[6013, 6107, 6210, 6305], Indication::Indeterminate(Doubt::NoSigningCertificateFound)),
    (&[6116], Indication::Indeterminate(Doubt::TimestampOrderFailure)),
    (&[7900], Indication::Indeterminate(Doubt::NoCertificateChainFound)),
];

impl fmt::Display for Indication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status())?;
        self.subindication().map_or(Ok(()), |subindication| write!(f, "/{subindication}"))
    }
}

impl Failure {
    /// The subindication, as the standard writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FormatFailure => "FORMAT_FAILURE",
            Self::HashFailure => "HASH_FAILURE",
            Self::SigCryptoFailure => "SIG_CRYPTO_FAILURE",
            Self::Revoked => "REVOKED",
            Self::Expired => "EXPIRED",
            Self::NotYetValid => "NOT_YET_VALID",
        }
    }
}

impl Doubt {
    /// The subindication, as the standard writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SigConstraintsFailure => "SIG_CONSTRAINTS_FAILURE",
            Self::ChainConstraintsFailure => "CHAIN_CONSTRAINTS_FAILURE",
            Self::CertificateChainGeneralFailure => "CERTIFICATE_CHAIN_GENERAL_FAILURE",
            Self::CryptoConstraintsFailure => "CRYPTO_CONSTRAINTS_FAILURE",
            Self::PolicyProcessingError => "POLICY_PROCESSING_ERROR",
            Self::SignaturePolicyNotAvailable => "SIGNATURE_POLICY_NOT_AVAILABLE",
            Self::TimestampOrderFailure => "TIMESTAMP_ORDER_FAILURE",
            Self::NoSigningCertificateFound => "NO_SIGNING_CERTIFICATE_FOUND",
            Self::NoCertificateChainFound => "NO_CERTIFICATE_CHAIN_FOUND",
            Self::RevokedNoPoe => "REVOKED_NO_POE",
            Self::RevokedCaNoPoe => "REVOKED_CA_NO_POE",
            Self::OutOfBoundsNotRevoked => "OUT_OF_BOUNDS_NOT_REVOKED",
            Self::OutOfBoundsNoPoe => "OUT_OF_BOUNDS_NO_POE",
            Self::CryptoConstraintsFailureNoPoe => "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
            Self::NoPoe => "NO_POE",
            Self::TryLater => "TRY_LATER",
            Self::SignedDataNotFound => "SIGNED_DATA_NOT_FOUND",
        }
    }
}

#[cfg(test)]
mod tests {
    use karvan_text::{Code, Message, Place};

    use super::*;

    fn finding(code: Code) -> Diagnostic {
        Diagnostic::new(code, Message::new("signature-none"), Place::default())
    }

    #[test]
    fn the_gravest_finding_decides() {
        assert_eq!(Indication::of_findings([]), Indication::TotalPassed);
        let findings = [finding(Code::error(6009)), finding(Code::error(6011)), finding(Code::error(6013))];
        assert_eq!(Indication::of_findings(&findings).to_string(), "TOTAL-FAILED/HASH_FAILURE");
        assert_eq!(Indication::of_findings(&findings[..1]).to_string(), "INDETERMINATE/SIGNED_DATA_NOT_FOUND");
    }

    #[test]
    fn a_limit_leaves_it_open() {
        assert_eq!(Indication::of_finding(&finding(Code::error(9201))).status(), "INDETERMINATE");
    }

    #[test]
    fn every_form_says_the_same_in_the_same_words() {
        let said = |number| Indication::of_finding(&finding(Code::error(number))).to_string();
        for (numbers, words) in [
            (&[6011, 6222, 6303, 6322][..], "TOTAL-FAILED/HASH_FAILURE"),
            (&[6012, 6220, 6304], "TOTAL-FAILED/SIG_CRYPTO_FAILURE"),
            (&[6013, 6210, 6305], "INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND"),
            (&[6009, 6213, 6307], "INDETERMINATE/SIGNED_DATA_NOT_FOUND"),
            (&[6221, 6306], "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE"),
            (&[6202, 6208, 6301], "TOTAL-FAILED/FORMAT_FAILURE"),
        ] {
            assert!(numbers.iter().all(|number| said(*number) == words), "{numbers:?}");
        }
    }

    #[test]
    fn malformed_xml_is_a_failure_of_the_format() {
        assert_eq!(Indication::of_finding(&finding(Code::error(1900))).subindication(), Some("FORMAT_FAILURE"));
    }
}
