#!/bin/sh
# Signs the documents of this folder anew, with the key of Anka (../pki). Needs karvan, or its path in KARVAN.
#
#   sh samples/signed/make.sh
set -eu
cd "$(dirname "$0")"
karvan=${KARVAN:-karvan}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
set -- --key ../pki/signers/anka.key.pem --cert ../pki/signers/anka.pem

# An interchange within its signature.
"$karvan" sign --form cms ../invoice-ir.edi "$@" -o invoice.p7m

# One invoice in four forms, signed together.
cp ../invoice-tr.cii.xml ../invoice-tr.bsp.json "$work"
"$karvan" convert ../invoice-tr.cii.xml --to edifact -o "$work/invoice-tr.edi"
"$karvan" convert ../invoice-tr.cii.xml --to ubl -o "$work/invoice-tr.ubl.xml"
"$karvan" sign --form asic "$work"/invoice-tr.cii.xml "$work"/invoice-tr.ubl.xml "$work"/invoice-tr.edi "$work"/invoice-tr.bsp.json \
    "$@" -o invoice.asice
