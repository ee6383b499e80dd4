#!/bin/sh
# Makes the vectors anew: sh samples/edifact-security/make.sh (times, and with them the values, differ each time).
set -eu
cd "$(dirname "$0")"
karvan=${KARVAN:-karvan}
keys=../pki/signers

cat > order.edi <<'END'
UNB+UNOC:4+PISHGAM:14+ANKA:14+20261122:0900+4711'
UNH+1+ORDERS:D:96A:UN'
BGM+220+PO-2026-17+9'
DTM+137:20261122:102'
NAD+BY+++CAF? AFTAB'
LIN+1++4000001000005:SRV'
QTY+21:48'
UNS+S'
UNT+8+1'
UNZ+1+4711'
END
sed 's/UNOC:4/UNOC:3/; s/+20261122:/+261122:/; s/+4711/+4712/' order.edi > order-version-3.edi
tr -d '\n' < order.edi > order-one-line.edi

sign() {
    name=$1 source=$2 signer=$3
    shift 3
    "$karvan" sign "$source" --key "$keys/$signer.key.pem" --cert "$keys/$signer.pem" "$@" > "$name.edi"
}

for scope in 1 2; do
    for filter in 2 5 6 7; do
        sign "anka-scope-$scope-filter-$filter" order.edi anka --form edifact --scope $scope --filter $filter
    done
done
sign sahand-pkcs1 order.edi sahand --form edifact
sign sahand-pkcs1-sha512 order.edi sahand --form edifact --digest sha512
sign sahand-pkcs1-sha3 order.edi sahand --form edifact --digest sha3-256
sign sahand-pss order.edi sahand --form edifact --pss
sign nordhafen-p384 order.edi nordhafen --form edifact
sign karun-ed25519 order.edi karun --form edifact
sign anka-one-line order-one-line.edi anka --form edifact
sign anka-without-layout order.edi anka --form edifact --without-layout
sign anka-interchange order.edi anka --form edifact --secure interchange
sign anka-then-sahand sahand-pkcs1.edi anka --form edifact --scope 2
sign autack-digests order-version-3.edi anka --form autack --detached --interchange-reference A1
sign autack-signatures order-version-3.edi anka --form autack --detached --interchange-reference A2 --sign-references
sign autack-interchange order-version-3.edi sahand --form autack --detached --interchange-reference A3 --secure interchange
# The receiver answers what it has verified; without lists of revoked certificates, which are for days.
"$karvan" verify autack-digests.edi --content order-version-3.edi --revocation off --trust ../pki/trust-iran --cert ../pki/cross \
    --cert $keys/anka.pem --acknowledge autack-acknowledgement.edi --acknowledge-key $keys/karun.key.pem --acknowledge-cert $keys/karun.pem > /dev/null
sign autack-inside order.edi anka --form autack
