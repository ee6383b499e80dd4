#!/bin/sh
# Makes the sample PKI anew: two national roots that certify each other, a third one whose cross-certificate has
# expired, their intermediates, signers and keys. Needs OpenSSL 3. Dates are fixed; keys are new on every run.
#
#   sh samples/pki/make.sh
set -eu
cd "$(dirname "$0")"
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
rm -rf trust-iran trust-turkey trust-germany cross intermediate signers crl
mkdir trust-iran trust-turkey trust-germany cross intermediate signers crl

cat > "$work/openssl.cnf" <<'CONFIG'
[req]
distinguished_name = req_name
string_mask = utf8only
prompt = no
[req_name]
[ca]
default_ca = sample
[sample]
dir = $ENV::CA_DIR
database = $dir/index.txt
serial = $dir/serial
crlnumber = $dir/crlnumber
new_certs_dir = $dir
unique_subject = no
default_md = sha256
policy = any
email_in_dn = no
[any]
countryName = optional
stateOrProvinceName = optional
localityName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[cross_to_turkey]
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
nameConstraints = critical, permitted;dirName:turkey
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[cross_to_iran]
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
nameConstraints = critical, permitted;dirName:iran
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[cross_to_germany]
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
nameConstraints = critical, permitted;dirName:germany
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[iran]
C = IR
[turkey]
C = TR
[germany]
C = DE
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[encipherment]
basicConstraints = critical, CA:FALSE
keyUsage = critical, keyEncipherment
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
CONFIG

# key NAME ALGORITHM: a private key, PKCS #8.
key() {
    case $2 in
        rsa*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" -out "$work/$1.key" ;;
        P-*) openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$work/$1.key" ;;
        *) openssl genpkey -quiet -algorithm "$2" -out "$work/$1.key" ;;
    esac
}

# issue ISSUER SUBJECT EXTENSIONS FROM UNTIL NAME OUT: a certificate; ISSUER = SUBJECT signs itself.
# The serial numbers are the authority's, counted from 1001.
issue() {
    CA_DIR="$work/ca-$1"
    export CA_DIR
    if [ ! -d "$CA_DIR" ]; then
        mkdir "$CA_DIR"
        : > "$CA_DIR/index.txt"
        echo 1001 > "$CA_DIR/serial"
        echo 01 > "$CA_DIR/crlnumber"
    fi
    openssl req -new -utf8 -config "$work/openssl.cnf" -key "$work/$2.key" -subj "$6" -out "$work/request.pem"
    if [ "$1" = "$2" ]; then
        set -- "$@" -selfsign
    else
        set -- "$@" -cert "$work/$1.pem"
    fi
    issuer=$1 extensions=$3 from=$4 until=$5 out=$7
    shift 7
    openssl ca -batch -utf8 -notext -preserveDN -config "$work/openssl.cnf" "$@" -keyfile "$work/$issuer.key" \
        -extensions "$extensions" -startdate "$from" -enddate "$until" -in "$work/request.pem" -out "$out" 2> "$work/log" ||
        { cat "$work/log" >&2; exit 1; }
}

# signer NAME ALGORITHM AUTHORITY EXTENSIONS FROM UNTIL SUBJECT: a key, and its certificate with the authority's after it.
signer() {
    key "$1" "$2"
    issue "$3" "$1" "$4" "$5" "$6" "$7" "$work/$1.pem"
    cat "$work/$1.pem" "$work/$3.pem" > "signers/$1.pem"
    cp "$work/$1.key" "signers/$1.key.pem"
}

iran='/C=IR/O=Rishe-ye Melli (sample)/CN=Rishe-ye Melli G1 (sample)'
turkey='/C=TR/O=Ulusal Kok (sample)/CN=Ulusal Kok S1 (sample)'
germany='/C=DE/O=Bundeswurzel (sample)/CN=Bundeswurzel B1 (sample)'

# National roots: one RSA, two ECDSA.
key iran rsa3072
key turkey P-384
key germany P-256
issue iran iran root 20200101000000Z 20450101000000Z "$iran" "$work/iran.pem"
issue turkey turkey root 20200101000000Z 20450101000000Z "$turkey" "$work/turkey.pem"
issue germany germany root 20200101000000Z 20450101000000Z "$germany" "$work/germany.pem"
cp "$work/iran.pem" trust-iran/rishe-ye-melli.pem
cp "$work/turkey.pem" trust-turkey/ulusal-kok.pem
cp "$work/germany.pem" trust-germany/bundeswurzel.pem

# Cross-certificates: each of the two certifies the other for traders of its own country; the third has run out.
issue iran turkey cross_to_turkey 20240101000000Z 20370101000000Z "$turkey" cross/iran-to-turkey.pem
issue turkey iran cross_to_iran 20240101000000Z 20370101000000Z "$iran" cross/turkey-to-iran.pem
issue iran germany cross_to_germany 20220101000000Z 20251231235959Z "$germany" cross/iran-to-germany-expired.pem

# Intermediates.
key iran-trade rsa2048
key turkey-trade P-256
key germany-trade P-384
issue iran iran-trade intermediate 20210101000000Z 20400101000000Z \
    '/C=IR/O=Rishe-ye Melli (sample)/CN=Gavahi-ye Bazargani (sample)' "$work/iran-trade.pem"
issue turkey turkey-trade intermediate 20210101000000Z 20400101000000Z \
    '/C=TR/O=Ulusal Kok (sample)/CN=Ticaret Sertifika (sample)' "$work/turkey-trade.pem"
issue germany germany-trade intermediate 20210101000000Z 20400101000000Z \
    '/C=DE/O=Bundeswurzel (sample)/CN=Handelszertifikate (sample)' "$work/germany-trade.pem"
cp "$work/iran-trade.pem" "$work/turkey-trade.pem" "$work/germany-trade.pem" intermediate/

# Signers.
since=20240101000000Z
expiry=20370101000000Z
signer sahand rsa2048 iran-trade signer $since $expiry \
    '/C=IR/O=شرکت بازرگانی سهند (نمونه)/CN=Sahand Trade Co. (sample)'
signer karun ED25519 iran-trade signer $since $expiry '/C=IR/O=Karun Petro (sample)/CN=Karun Petro (sample)'
signer anka P-256 turkey-trade signer $since $expiry '/C=TR/O=Anka Dis Ticaret (sample)/CN=Anka Dis Ticaret (sample)'
signer nordhafen P-384 germany-trade signer $since $expiry '/C=DE/O=Nordhafen GmbH (sample)/CN=Nordhafen GmbH (sample)'
# What a path must refuse: out of date, not for signatures, a name that the cross-certificate does not permit.
signer sahand-expired rsa2048 iran-trade signer 20210101000000Z 20230101000000Z \
    '/C=IR/O=Sahand Trade Co. (sample)/CN=Sahand Trade Co. 2021 (sample)'
signer sahand-encipherment rsa2048 iran-trade encipherment $since $expiry \
    '/C=IR/O=Sahand Trade Co. (sample)/CN=Sahand Trade Co. mailbox (sample)'
signer isar P-256 turkey-trade signer $since $expiry '/C=DE/O=Isar Handel (sample)/CN=Isar Handel (sample)'
signer arvand P-256 iran-trade signer $since $expiry '/C=IR/O=Arvand Lanj (sample)/CN=Arvand Lanj (sample)'

# A key under a passphrase, "caravan".
openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -passout pass:caravan \
    -in "$work/sahand.key" -out signers/sahand-encrypted.key.pem
openssl pkcs12 -export -inkey "$work/sahand.key" -in signers/sahand.pem -passout pass:caravan -out signers/sahand.p12

# Arvand's key was given up: the list of the Iranian trade authority says so.
CA_DIR="$work/ca-iran-trade"
export CA_DIR
openssl ca -config "$work/openssl.cnf" -cert "$work/iran-trade.pem" -keyfile "$work/iran-trade.key" \
    -revoke "$work/arvand.pem" -crl_reason keyCompromise 2> /dev/null
# The time of the revocation is that of the run; it is set to a fixed one.
awk -F '\t' -v OFS='\t' '$1 == "R" { $3 = "260301080000Z,keyCompromise" } { print }' "$CA_DIR/index.txt" > "$work/index"
mv "$work/index" "$CA_DIR/index.txt"

# list AUTHORITY FROM UNTIL NAME: what the authority has revoked.
list() {
    CA_DIR="$work/ca-$1"
    openssl ca -gencrl -config "$work/openssl.cnf" -cert "$work/$1.pem" -keyfile "$work/$1.key" \
        -crl_lastupdate "$2" -crl_nextupdate "$3" -out "crl/$4.pem" 2> /dev/null
}

# The current lists, and the one that was current when the certificate for Germany had not yet run out.
for authority in iran turkey germany iran-trade turkey-trade germany-trade; do
    list $authority 20260501000000Z 20361231000000Z $authority
done
list iran 20250501000000Z 20251231235959Z iran-2025
