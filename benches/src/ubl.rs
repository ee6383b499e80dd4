//! Invoices in UBL.

/// An invoice of so many lines that keeps the rules of EN 16931.
#[must_use]
pub fn invoice(lines: usize) -> String {
    let party = |tag: &str, name: &str, more: &str| {
        format!(
            "<cac:{tag}><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>NL</cbc:IdentificationCode>\
             </cac:Country></cac:PostalAddress>{more}<cac:PartyLegalEntity><cbc:RegistrationName>{name}\
             </cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:{tag}>"
        )
    };
    let scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>";
    let amount = |tag: &str, value: usize| format!("<cbc:{tag} currencyID=\"EUR\">{value}.00</cbc:{tag}>");
    let (net, tax) = (100 * lines, 21 * lines);
    let line = |number: usize| {
        [
            &format!("<cac:InvoiceLine><cbc:ID>{number}</cbc:ID><cbc:InvoicedQuantity unitCode=\"KGM\">5</cbc:InvoicedQuantity>"),
            &*amount("LineExtensionAmount", 100),
            "<cac:Item><cbc:Name>Saffron</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>21</cbc:Percent>",
            scheme,
            "</cac:ClassifiedTaxCategory></cac:Item><cac:Price>",
            &amount("PriceAmount", 20),
            "</cac:Price></cac:InvoiceLine>",
        ]
        .concat()
    };
    let vat = format!("<cac:PartyTaxScheme><cbc:CompanyID>NL123456789B01</cbc:CompanyID>{scheme}</cac:PartyTaxScheme>");
    [
        "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" \
         xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
         xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\
         <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>R-17</cbc:ID>\
         <cbc:IssueDate>2026-11-22</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>\
         <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>",
        &party("AccountingSupplierParty", "Nordhafen BV", &vat),
        &party("AccountingCustomerParty", "Zafferano BV", ""),
        "<cac:PaymentTerms><cbc:Note>30 days</cbc:Note></cac:PaymentTerms><cac:TaxTotal>",
        &amount("TaxAmount", tax),
        "<cac:TaxSubtotal>",
        &amount("TaxableAmount", net),
        &amount("TaxAmount", tax),
        "<cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>21</cbc:Percent>",
        scheme,
        "</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal><cac:LegalMonetaryTotal>",
        &amount("LineExtensionAmount", net),
        &amount("TaxExclusiveAmount", net),
        &amount("TaxInclusiveAmount", net + tax),
        &amount("PayableAmount", net + tax),
        "</cac:LegalMonetaryTotal>",
        &(1..=lines).map(line).collect::<String>(),
        "</Invoice>",
    ]
    .concat()
}
