#!/bin/sh
# Makes the CMS signatures and timestamps of the tests anew, with another implementation than the one that is tested.
# Needs OpenSSL 3 and the keys of ../keys.
#
#   sh crates/karvan-signature/tests/cms/make.sh
set -eu
cd "$(dirname "$0")"
rm -f ./*.p7 ./*.tsq ./*.tsr ./*.pem

printf "UNB+UNOA:3+SAHAND+ANKA+261122:1600+1'UNZ+0+1'" > order.edi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

sign() {
    name=$1
    shift
    openssl cms -sign -binary -in order.edi -outform DER -out "$name.p7" \
        -signer ../keys/rsa-certificate.pem -inkey ../keys/rsa.pem "$@"
}
sign detached
sign enclosing -nodetach
sign cades -nodetach -cades
sign pss -nodetach -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:-1
sign indefinite -nodetach -stream
sign key-identifier -nodetach -keyid
sign no-attributes -nodetach -noattr
sign no-certificate -nodetach -nocerts
sign sha1 -nodetach -md sha1
sign sha512 -nodetach -md sha512
openssl cms -sign -binary -in order.edi -outform PEM -out armored.pem -nodetach \
    -signer ../keys/p256-certificate.pem -inkey ../keys/p256.pem
openssl cms -sign -binary -in order.edi -outform DER -out two.p7 -nodetach \
    -signer ../keys/p256-certificate.pem -inkey ../keys/p256.pem \
    -signer ../keys/p384-certificate.pem -inkey ../keys/p384.pem
openssl crl2pkcs7 -nocrl -certfile ../keys/rsa-certificate.pem -outform DER -out certificates.p7

# Certificates of a timestamping authority, as it must be and otherwise, all of one key.
authority() {
    openssl req -new -x509 -key ../keys/p256.pem -days 36500 -subj "/C=IR/O=Time (sample)/CN=$1" \
        -addext "keyUsage=critical,digitalSignature" -addext "extendedKeyUsage=$2" -out "$1.pem"
}
authority authority critical,timeStamping
authority broad critical,timeStamping,codeSigning
authority uncritical timeStamping

echo 01 > "$work/serial"
cat > "$work/tsa.cnf" <<CONFIG
[tsa]
default_tsa = sample
[sample]
serial = $work/serial
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
signer_digest = sha256
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
ess_cert_id_alg = sha256
CONFIG
reply() {
    name=$1
    shift
    openssl ts -query -data order.edi "$@" -out "$name.tsq" 2> "$work/log" || { cat "$work/log"; exit 1; }
    openssl ts -reply -config "$work/tsa.cnf" -queryfile "$name.tsq" -signer authority.pem -inkey ../keys/p256.pem \
        -out "$name.tsr" 2> "$work/log" || { cat "$work/log"; exit 1; }
}
reply granted -sha256 -cert
reply sha512 -sha512 -no_nonce -cert
reply bare -sha256 -no_nonce
reply refused -sha1
