#!/bin/sh
# Signatures without certificates, made by xmlsec1 1.2.37 and keys by OpenSSL 3.0; run in this folder.
set -e
printf 'what only the two of us know' > shared.key
printf 'too short' > short.key
for name in signer other; do
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $name.pem
    openssl pkey -in $name.pem -pubout -out $name.pub.pem
done
printf '<order xmlns="urn:example:order"><id>7</id></order>' > order.xml
printf 'Delivered at place, Tabriz.\n' > terms.txt

C14N='<CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
SHA='<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/>'
ENVELOPED='<Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>'
HMAC='http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'
RSA='http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
signature() { # method, inside SignatureMethod, references, what follows the value
    printf '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>%s' "$C14N"
    printf '<SignatureMethod Algorithm="%s">%s</SignatureMethod>%s</SignedInfo><SignatureValue/>%s</Signature>' "$1" "$2" "$3" "$4"
}
order() { printf '<order xmlns="urn:example:order"><id>7</id>%s</order>' "$1"; }
WHOLE="<Reference URI=\"\">$ENVELOPED$SHA</Reference>"
LIST="<Reference URI=\"#list\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\">$SHA</Reference>"
LISTED="<Object><Manifest Id=\"list\"><Reference URI=\"order.xml\">$SHA</Reference><Reference URI=\"terms.txt\">$SHA</Reference></Manifest></Object>"

order "$(signature $HMAC '' "$WHOLE" '')" > template
xmlsec1 --sign --hmackey shared.key --output hmac.xml template
order "$(signature $HMAC '<HMACOutputLength>80</HMACOutputLength>' "$WHOLE" '')" > template
xmlsec1 --sign --hmackey shared.key --output hmac-80.xml template
order "$(signature $RSA '' "$WHOLE" '<KeyInfo><KeyName>warehouse</KeyName></KeyInfo>')" > template
xmlsec1 --sign --privkey-pem:warehouse signer.pem --output named.xml template
order "$(signature $RSA '' "$WHOLE" '<KeyInfo><KeyValue/></KeyInfo>')" > template
xmlsec1 --sign --privkey-pem signer.pem --output value.xml template
signature $RSA '' "$LIST" "$LISTED" > template
xmlsec1 --sign --privkey-pem signer.pem --output manifest.xml template
rm template signer.pem other.pem
