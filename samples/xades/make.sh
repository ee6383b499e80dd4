#!/bin/sh
# Makes the authorities of this folder anew: a root, an authority for traders, an authority that stamps the time, the lists
# of what they revoked, and an answer about one certificate. Needs OpenSSL 3. Dates of certificates and lists are fixed;
# keys are new on every run, and the time of the answer is that of the run.
#
#   sh samples/xades/make.sh
#
# In a copy elsewhere, SIGNERS names other traders (NAME:KEY, one of them `revoked`).
set -eu
cd "$(dirname "$0")"
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
rm -rf trust authorities signers crl crl-2027 ocsp tsa
mkdir trust authorities signers crl crl-2027 ocsp tsa

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
crl_extensions = crl
[any]
countryName = optional
organizationName = optional
commonName = optional
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[stamp]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[responder]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[crl]
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

# issue ISSUER SUBJECT EXTENSIONS FROM UNTIL NAME: a certificate; ISSUER = SUBJECT signs itself.
issue() {
    CA_DIR="$work/ca-$1"
    export CA_DIR
    if [ ! -d "$CA_DIR" ]; then
        mkdir "$CA_DIR"
        : > "$CA_DIR/index.txt"
        echo 2001 > "$CA_DIR/serial"
        echo 01 > "$CA_DIR/crlnumber"
    fi
    openssl req -new -utf8 -config "$work/openssl.cnf" -key "$work/$2.key" -subj "$6" -out "$work/request.pem"
    if [ "$1" = "$2" ]; then how=-selfsign; else how="-cert $work/$1.pem"; fi
    # shellcheck disable=SC2086 # Two words.
    openssl ca -batch -utf8 -notext -preserveDN -config "$work/openssl.cnf" $how -keyfile "$work/$1.key" \
        -extensions "$3" -startdate "$4" -enddate "$5" -in "$work/request.pem" -out "$work/$2.pem" 2> "$work/log" ||
        { cat "$work/log" >&2; exit 1; }
}

# list AUTHORITY FROM UNTIL OUT: the list of what AUTHORITY revoked.
list() {
    CA_DIR="$work/ca-$1"
    export CA_DIR
    openssl ca -gencrl -config "$work/openssl.cnf" -cert "$work/$1.pem" -keyfile "$work/$1.key" \
        -crl_lastupdate "$2" -crl_nextupdate "$3" -out "$work/crl.pem" 2> /dev/null
    openssl crl -in "$work/crl.pem" -outform DER -out "$4"
}

company='/C=IR/O=Mohr-e Karvan (sample)'
key root rsa3072
key traders rsa3072
key stamps P-256
issue root root root 20200101000000Z 20600101000000Z "$company/CN=Mohr-e Karvan Root (sample)"
issue root traders authority 20200101000000Z 20550101000000Z "$company/CN=Mohr-e Karvan Traders (sample)"
issue root stamps authority 20200101000000Z 20550101000000Z "$company/CN=Mohr-e Karvan Stamps (sample)"
cp "$work/root.pem" trust/root.pem
cp "$work/traders.pem" "$work/stamps.pem" authorities/

# Traders, one for each kind of key; `ended` ran out early, `revoked` gave its key up.
for signer in ${SIGNERS:-rsa:rsa3072 p256:P-256 p384:P-384 ed25519:ED25519 ended:P-256 revoked:P-256}; do
    name=${signer%:*}
    key "$name" "${signer#*:}"
    until=20370101000000Z
    [ "$name" != ended ] || until=20261231235959Z
    issue traders "$name" signer 20240101000000Z "$until" "/C=IR/O=Zayandeh Export (sample)/CN=Zayandeh Export $name (sample)"
    cat "$work/$name.pem" "$work/traders.pem" > "signers/$name.pem"
    cp "$work/$name.key" "signers/$name.key.pem"
done

# Who stamps, and who answers.
key tsa P-256
issue stamps tsa stamp 20240101000000Z 20500101000000Z "$company/CN=Mohr-e Karvan Clock (sample)"
cat "$work/tsa.pem" "$work/stamps.pem" > tsa/tsa.pem
cp "$work/tsa.key" tsa/tsa.key.pem
key responder P-256
issue traders responder responder 20240101000000Z 20500101000000Z "$company/CN=Mohr-e Karvan Answers (sample)"

# The key of `revoked` was given up on 1 March 2027, after the samples were signed.
CA_DIR="$work/ca-traders"
export CA_DIR
list root 20260101000000Z 20500101000000Z crl/root.crl
list stamps 20260101000000Z 20500101000000Z crl/stamps.crl
list traders 20260101000000Z 20270101000000Z crl/traders.crl
openssl ca -config "$work/openssl.cnf" -cert "$work/traders.pem" -keyfile "$work/traders.key" \
    -revoke "$work/revoked.pem" -crl_reason keyCompromise 2> /dev/null
awk -F '\t' -v OFS='\t' '$1 == "R" { $3 = "270301080000Z,keyCompromise" } { print }' "$CA_DIR/index.txt" > "$work/index"
mv "$work/index" "$CA_DIR/index.txt"
list traders 20270401000000Z 20500101000000Z crl-2027/traders.crl

openssl ocsp -index "$CA_DIR/index.txt" -rsigner "$work/responder.pem" -rkey "$work/responder.key" -CA "$work/traders.pem" \
    -issuer "$work/traders.pem" -cert "$work/p256.pem" -ndays 7300 -no_nonce -respout ocsp/p256.ocsp > /dev/null 2>&1
cat "$work/responder.pem" > ocsp/responder.pem

# What `openssl ts -reply` needs to stamp.
cat > tsa/openssl.cnf <<'CONFIG'
# openssl ts -reply -config tsa/openssl.cnf -queryfile REQUEST -token_out -out TOKEN     (in samples/xades)
[tsa]
default_tsa = sample
[sample]
serial = $ENV::TSA_SERIAL
crypto_device = builtin
signer_cert = tsa/tsa.pem
certs = tsa/tsa.pem
signer_key = tsa/tsa.key.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.32473.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
CONFIG
