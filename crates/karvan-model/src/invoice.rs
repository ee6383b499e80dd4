//! The invoice as plain structures: a serde view of the [`Document`] tree.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::document::Document;
use crate::json;
use crate::value::{Amount, Attachment, Day, Identifier, Number, Quantity};

/// Declares structures whose fields are terms: `name: Type = "BT-27"` is one value, `?` may be missing, `*` may repeat.
///
/// A term that a document lacks although the standard asks for it must not make the whole view unreadable, so every
/// field is optional or a list; rules are another crate's business.
macro_rules! view {
    ($($(#[$doc:meta])* $name:ident { $($term:literal $field:ident: $form:ident $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name {
            $(
                #[doc = concat!($term, ".")]
                #[serde(skip_serializing_if = "is_nothing")]
                pub $field: $form<$type>,
            )+
        }

        #[cfg(test)]
        impl $name {
            /// Terms and fields, for the tests.
            const FIELDS: &'static [(&'static str, &'static str)] = &[$(($term, stringify!($field))),+];
        }
    )+};
}

view! {
    /// An invoice or a credit note: the terms of EN 16931-1 as fields, and what the messages say besides.
    ///
    /// ```
    /// use karvan_model::{Document, DocumentType, Invoice, Seller};
    ///
    /// let invoice = Invoice {
    ///     number: Some("R-17".into()),
    ///     seller: Some(Seller { name: Some("Caravan Ltd".into()), ..Seller::default() }),
    ///     ..Invoice::default()
    /// };
    /// let document = Document::try_from(&invoice)?;
    /// assert_eq!(document.leaves().count(), 2);
    /// assert_eq!(Invoice::try_from(&document)?, invoice);
    /// # Ok::<(), karvan_model::json::JsonError>(())
    /// ```
    Invoice {
        "BT-1" number: Option String,
        "BT-2" issue_date: Option Day,
        "BT-3" type_code: Option String,
        "BT-5" currency_code: Option String,
        "BT-6" vat_currency_code: Option String,
        "BT-7" tax_point_date: Option Day,
        "BT-8" tax_point_date_code: Option String,
        "BT-9" due_date: Option Day,
        "BT-10" buyer_reference: Option String,
        "BT-11" project_reference: Option Identifier,
        "BT-12" contract_reference: Option Identifier,
        "contractDate" contract_date: Option Day,
        "BT-13" purchase_order_reference: Option Identifier,
        "purchaseOrderDate" purchase_order_date: Option Day,
        "BT-14" sales_order_reference: Option Identifier,
        "BT-15" receiving_advice_reference: Option Identifier,
        "receivingAdviceDate" receiving_advice_date: Option Day,
        "BT-16" despatch_advice_reference: Option Identifier,
        "despatchAdviceDate" despatch_advice_date: Option Day,
        "BT-17" tender_reference: Option Identifier,
        "BT-18" invoiced_object: Option Identifier,
        "BT-19" buyer_accounting_reference: Option String,
        "BT-20" payment_terms: Option String,
        "BG-1" notes: Vec Note,
        "BG-2" process: Option Process,
        "BG-3" preceding_invoices: Vec PrecedingInvoice,
        "BG-4" seller: Option Seller,
        "BG-7" buyer: Option Buyer,
        "BG-10" payee: Option Payee,
        "BG-11" tax_representative: Option TaxRepresentative,
        "BG-13" delivery: Option Delivery,
        "BG-16" payment_instructions: Vec PaymentInstructions,
        "BG-20" allowances: Vec AllowanceOrCharge,
        "BG-21" charges: Vec AllowanceOrCharge,
        "BG-22" totals: Option Totals,
        "BG-23" vat_breakdown: Vec VatBreakdown,
        "BG-24" supporting_documents: Vec SupportingDocument,
        "BG-25" lines: Vec Line,
    }

    /// A note (BG-1).
    Note { "BT-21" subject_code: Option String, "BT-22" text: Option String }

    /// Which process and which specification the invoice follows (BG-2).
    Process { "BT-23" business_process: Option String, "BT-24" specification: Option Identifier }

    /// An earlier invoice that this one refers to (BG-3).
    PrecedingInvoice { "BT-25" number: Option Identifier, "BT-26" issue_date: Option Day }

    /// The seller (BG-4).
    Seller {
        "BT-27" name: Option String,
        "BT-28" trading_name: Option String,
        "BT-29" identifiers: Vec Identifier,
        "BT-30" legal_registration: Option Identifier,
        "BT-31" vat_identifier: Option Identifier,
        "BT-32" tax_registration: Option Identifier,
        "BT-33" legal_information: Option String,
        "BT-34" electronic_address: Option Identifier,
        "BG-5" address: Option Address,
        "BG-6" contact: Option Contact,
    }

    /// The buyer (BG-7).
    Buyer {
        "BT-44" name: Option String,
        "BT-45" trading_name: Option String,
        "BT-46" identifier: Option Identifier,
        "BT-47" legal_registration: Option Identifier,
        "BT-48" vat_identifier: Option Identifier,
        "BT-49" electronic_address: Option Identifier,
        "BG-8" address: Option Address,
        "BG-9" contact: Option Contact,
    }

    /// Who is paid, if not the seller (BG-10).
    Payee {
        "BT-59" name: Option String,
        "BT-60" identifier: Option Identifier,
        "BT-61" legal_registration: Option Identifier,
    }

    /// The seller's tax representative (BG-11).
    TaxRepresentative {
        "BT-62" name: Option String,
        "BT-63" vat_identifier: Option Identifier,
        "BG-12" address: Option Address,
    }

    /// Where and when the goods went, and the period invoiced (BG-13).
    Delivery {
        "BT-70" party_name: Option String,
        "BT-71" location: Option Identifier,
        "BT-72" date: Option Day,
        "BG-14" invoicing_period: Option Period,
        "BG-15" address: Option Address,
    }

    /// How to pay (BG-16).
    PaymentInstructions {
        "BT-81" means_code: Option String,
        "BT-82" means_text: Option String,
        "BT-83" remittance_information: Option String,
        "BG-17" credit_transfers: Vec CreditTransfer,
        "BG-18" card: Option Card,
        "BG-19" direct_debit: Option DirectDebit,
    }

    /// An account to pay to (BG-17).
    CreditTransfer {
        "BT-84" account: Option Identifier,
        "BT-85" account_name: Option String,
        "BT-86" service_provider: Option Identifier,
    }

    /// A payment card (BG-18).
    Card { "BT-87" account_number: Option String, "BT-88" holder_name: Option String }

    /// A direct debit (BG-19).
    DirectDebit {
        "BT-89" mandate_reference: Option Identifier,
        "BT-90" creditor_identifier: Option Identifier,
        "BT-91" debited_account: Option Identifier,
    }

    /// The totals (BG-22).
    Totals {
        "BT-106" line_total: Option Amount,
        "BT-107" allowance_total: Option Amount,
        "BT-108" charge_total: Option Amount,
        "BT-109" net_total: Option Amount,
        "BT-110" vat_total: Option Amount,
        "BT-111" vat_total_in_accounting_currency: Option Amount,
        "BT-112" gross_total: Option Amount,
        "BT-113" paid: Option Amount,
        "BT-114" rounding: Option Amount,
        "BT-115" due: Option Amount,
    }

    /// The amounts of one VAT category and rate (BG-23).
    VatBreakdown {
        "BT-116" taxable_amount: Option Amount,
        "BT-117" tax_amount: Option Amount,
        "BT-118" category_code: Option String,
        "BT-119" rate: Option Number,
        "BT-120" exemption_reason: Option String,
        "BT-121" exemption_reason_code: Option String,
    }

    /// A document that supports a claim of the invoice (BG-24).
    SupportingDocument {
        "BT-122" reference: Option Identifier,
        "BT-123" description: Option String,
        "BT-124" location: Option String,
        "BT-125" attachment: Option Attachment,
    }

    /// A line (BG-25).
    Line {
        "BT-126" identifier: Option Identifier,
        "BT-127" note: Option String,
        "BT-128" object: Option Identifier,
        "BT-129" quantity: Option Quantity,
        "BT-131" net_amount: Option Amount,
        "lines.vatAmount" vat_amount: Option Amount,
        "BT-132" purchase_order_line_reference: Option Identifier,
        "BT-133" buyer_accounting_reference: Option String,
        "BG-26" period: Option Period,
        "BG-27" allowances: Vec AllowanceOrCharge,
        "BG-28" charges: Vec AllowanceOrCharge,
        "BG-29" price: Option Price,
        "BG-30" vat: Option LineVat,
        "BG-31" item: Option Item,
    }

    /// The price of a line (BG-29).
    Price {
        "BT-146" net: Option Amount,
        "BT-147" discount: Option Amount,
        "BT-148" gross: Option Amount,
        "BT-149" base_quantity: Option Quantity,
    }

    /// The VAT of a line (BG-30).
    LineVat { "BT-151" category_code: Option String, "BT-152" rate: Option Number }

    /// The goods or the service of a line (BG-31).
    Item {
        "BT-153" name: Option String,
        "BT-154" description: Option String,
        "BT-155" sellers_identifier: Option Identifier,
        "BT-156" buyers_identifier: Option Identifier,
        "BT-157" standard_identifier: Option Identifier,
        "BT-158" classifications: Vec Identifier,
        "BT-159" origin_country_code: Option String,
        "BG-32" attributes: Vec Attribute,
    }

    /// A property of the goods (BG-32).
    Attribute { "BT-160" name: Option String, "BT-161" value: Option String }

    /// A postal address: BG-5, BG-8, BG-12 and BG-15, with the terms of BG-5 named.
    Address {
        "BT-35" line1: Option String,
        "BT-36" line2: Option String,
        "BT-162" line3: Option String,
        "BT-37" city: Option String,
        "BT-38" post_code: Option String,
        "BT-39" country_subdivision: Option String,
        "BT-40" country_code: Option String,
    }

    /// A contact: BG-6 and BG-9, with the terms of BG-6 named.
    Contact { "BT-41" name: Option String, "BT-42" telephone: Option String, "BT-43" email: Option String }

    /// A period: BG-14 and BG-26, with the terms of BG-14 named.
    Period { "BT-73" start: Option Day, "BT-74" end: Option Day }

    /// An allowance or a charge: BG-20, BG-21, BG-27 and BG-28, with the terms of BG-20 named.
    AllowanceOrCharge {
        "BT-92" amount: Option Amount,
        "BT-93" base_amount: Option Amount,
        "BT-94" percentage: Option Number,
        "BT-95" vat_category_code: Option String,
        "BT-96" vat_rate: Option Number,
        "allowances.vatAmount" vat_amount: Option Amount,
        "BT-97" reason: Option String,
        "BT-98" reason_code: Option String,
    }
}

/// What need not be written.
trait Nothing {
    fn is_nothing(&self) -> bool;
}

impl<T> Nothing for Option<T> {
    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T> Nothing for Vec<T> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

fn is_nothing(field: &impl Nothing) -> bool {
    field.is_nothing()
}

impl TryFrom<&Document> for Invoice {
    type Error = json::JsonError;

    /// The document as structures; what is said of origins is left behind.
    ///
    /// # Errors
    /// If the document is no invoice, or repeats a term that may stand once only.
    fn try_from(document: &Document) -> Result<Self, Self::Error> {
        serde_json::from_value(json::write(document)).map_err(json::JsonError::Syntax)
    }
}

impl TryFrom<&Invoice> for Document {
    type Error = json::JsonError;

    /// The structures as a document.
    ///
    /// # Errors
    /// If a value is none of its kind: a date that is no day, an attachment that is no base64.
    fn try_from(invoice: &Invoice) -> Result<Self, Self::Error> {
        let mut tree = serde_json::to_value(invoice).map_err(json::JsonError::Syntax)?;
        if let Json::Object(object) = &mut tree {
            object.insert("document".to_owned(), "invoice".into());
            object.insert("version".to_owned(), json::VERSION.into());
        }
        let reading = json::read(&tree.to_string())?;
        match reading.unread.first() {
            None => Ok(reading.document),
            Some(unread) => Err(json::JsonError::Syntax(serde::de::Error::custom(NotRead(unread)))),
        }
    }
}

struct NotRead<'a>(&'a json::Unread);

impl fmt::Display for NotRead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be {:?}", self.0.path, self.0.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DocumentType, Kind};

    /// `issue_date` as serde writes it.
    fn camel(field: &str) -> String {
        let mut words = field.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
    }

    #[test]
    fn fields_are_the_terms_of_the_table() {
        let kind = DocumentType::invoice();
        let views = [
            Invoice::FIELDS,
            Note::FIELDS,
            Process::FIELDS,
            PrecedingInvoice::FIELDS,
            Seller::FIELDS,
            Buyer::FIELDS,
            Payee::FIELDS,
            TaxRepresentative::FIELDS,
            Delivery::FIELDS,
            PaymentInstructions::FIELDS,
            CreditTransfer::FIELDS,
            Card::FIELDS,
            DirectDebit::FIELDS,
            Totals::FIELDS,
            VatBreakdown::FIELDS,
            SupportingDocument::FIELDS,
            Line::FIELDS,
            Price::FIELDS,
            LineVat::FIELDS,
            Item::FIELDS,
            Attribute::FIELDS,
            Address::FIELDS,
            Contact::FIELDS,
            Period::FIELDS,
            AllowanceOrCharge::FIELDS,
        ];
        for fields in views {
            let group = kind.term(kind.find(fields[0].0).unwrap()).within();
            let keys: Vec<_> = kind.members(group).iter().map(|&term| kind.term(term).key().to_owned()).collect();
            assert_eq!(keys, fields.iter().map(|(_, field)| camel(field)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn groups_that_share_a_structure_have_the_same_keys() {
        let kind = DocumentType::invoice();
        let keys = |id: &str| -> Vec<(&str, Kind)> {
            let members = kind.members(kind.find(id)).iter().map(|&term| kind.term(term));
            members.map(|term| (term.key(), term.kind())).collect()
        };
        for (one, others) in [("BG-5", &["BG-8", "BG-12", "BG-15"][..]), ("BG-6", &["BG-9"]), ("BG-14", &["BG-26"])] {
            assert!(others.iter().all(|other| keys(other) == keys(one)), "{one}");
        }
        assert_eq!(keys("BG-20"), keys("BG-21"));
        assert!(keys("BG-27") == keys("BG-28") && keys("BG-27").iter().all(|key| keys("BG-20").contains(key)));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told() {
        let invoice = Invoice { issue_date: Some("tomorrow".into()), ..Invoice::default() };
        let error = Document::try_from(&invoice).unwrap_err();
        assert!(error.to_string().contains("/issueDate"), "{error}");
    }
}
