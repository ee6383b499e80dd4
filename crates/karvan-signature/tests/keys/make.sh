#!/bin/sh
# Makes the keys and certificates of the tests anew. Needs OpenSSL 3. They protect nothing.
#
#   sh crates/karvan-signature/tests/keys/make.sh
set -eu
cd "$(dirname "$0")"
rm -f ./*.pem ./*.der

openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.pem
openssl genpkey -quiet -algorithm ED25519 -out ed25519.pem

# The same keys in older containers, and what must be refused with a reason.
openssl pkey -in rsa.pem -traditional -out rsa-pkcs1.pem
openssl pkey -in p256.pem -traditional -out p256-sec1.pem
openssl pkey -in rsa.pem -outform DER -out rsa.der
openssl pkey -in p256.pem -aes-256-cbc -passout pass:sample -out encrypted.pem
openssl pkey -in rsa.pem -traditional -aes-256-cbc -passout pass:sample -out encrypted-pkcs1.pem
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out small.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out secp256k1.pem

for name in rsa p256 p384 ed25519; do
    openssl req -new -x509 -key "$name.pem" -days 36500 -subj "/C=IR/O=Sahand Carpets (sample)/CN=$name" \
        -addext "keyUsage=critical,digitalSignature" -out "$name-certificate.pem"
done
openssl pkcs12 -export -inkey rsa.pem -in rsa-certificate.pem -passout pass:sample -out rsa-p12.der
