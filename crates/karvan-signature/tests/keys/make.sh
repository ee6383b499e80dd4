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
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521.pem
openssl genpkey -quiet -algorithm ED25519 -out ed25519.pem

# The same keys in older containers, and what must be refused with a reason.
openssl pkey -in rsa.pem -traditional -out rsa-pkcs1.pem
openssl pkey -in p256.pem -traditional -out p256-sec1.pem
openssl pkey -in rsa.pem -outform DER -out rsa.der
openssl pkey -in p256.pem -aes-256-cbc -passout pass:sample -out encrypted.pem
openssl pkey -in rsa.pem -traditional -aes-256-cbc -passout pass:sample -out encrypted-pkcs1.pem
openssl pkcs8 -topk8 -in p384.pem -scrypt -passout pass:sample -out encrypted-scrypt.pem
openssl pkcs8 -topk8 -in p384.pem -v2 aes-128-cbc -v2prf hmacWithSHA1 -passout pass:sample -out encrypted-sha1.pem
openssl pkcs8 -topk8 -in p384.pem -v1 PBE-SHA1-3DES -passout pass:sample -out encrypted-pbes1.pem
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out small.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out secp256k1.pem

for name in rsa p256 p384 p521 ed25519; do
    openssl req -new -x509 -key "$name.pem" -days 36500 -subj "/C=IR/O=Sahand Carpets (sample)/CN=$name" \
        -addext "keyUsage=critical,digitalSignature" -out "$name-certificate.pem"
done
openssl pkcs12 -export -inkey rsa.pem -in rsa-certificate.pem -passout pass:sample -out rsa-p12.der
openssl pkcs12 -export -inkey p256.pem -in p256-certificate.pem -certfile rsa-certificate.pem -passout pass:sample \
    -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1 -out p256-p12-old.der

# Signatures of the text "message" by OpenSSL: key, scheme, digest, octets of the salt, signature in Base64; and the
# public keys of those that Karvan does not sign with.
openssl genpkey -quiet -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -pkeyopt dsa_paramgen_q_bits:256 -out dsa.params
openssl genpkey -quiet -paramfile dsa.params -out dsa.key
openssl pkey -in dsa.key -pubout -out dsa-public.pem
openssl pkey -in small.pem -pubout -out small-public.pem
printf message >message
: >signatures.txt
sign() { # KEY NAME SCHEME DIGEST SALT OPTIONS…
    key=$1 name=$2 scheme=$3 digest=$4 salt=$5
    shift 5
    value=$(openssl dgst "-$digest" -sign "$key" "$@" message | base64 -w0)
    echo "$name $scheme $digest $salt $value" >>signatures.txt
}
for digest in md5 ripemd160 sha1 sha224 sha256 sha384 sha512 sha3-224 sha3-256 sha3-384 sha3-512; do
    sign rsa.pem rsa pkcs1 $digest 0
    sign rsa.pem rsa pss $digest 20 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20
    for curve in p256 p384 p521; do sign $curve.pem $curve ecdsa $digest 0; done
done
sign small.pem small pkcs1 sha256 0
for digest in sha1 sha224 sha256; do sign dsa.key dsa dsa $digest 0; done
rm message dsa.params dsa.key
