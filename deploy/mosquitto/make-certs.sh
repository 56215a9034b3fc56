#!/bin/sh
# Make an authority for trying things out, the broker's certificate, and one for each client named:
#   sh make-certs.sh DIR [CLIENT...]
# A client's name is its certificate's common name, and its user name at the broker. Run again with other names to
# add clients: the authority stays. A city of its own keeps its authority's key on no machine that has a network.
set -eu
dir=${1:?usage: make-certs.sh DIR [CLIENT...]}
shift
days=825
mkdir -p "$dir"
cd "$dir"
umask 077

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

sign() { # NAME COMMON-NAME EXTENSIONS
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    printf '%s\n' "$3" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days "$days" -sha256 \
        -extfile "$1.ext" -out "$1.crt" 2>/dev/null
    rm "$1.csr" "$1.ext"
}

if [ ! -e ca.crt ]; then
    key ca
    openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=Citypark trial authority" -out ca.crt
fi
if [ ! -e broker.crt ]; then
    sign broker localhost "subjectAltName=DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth"
fi
for name in "$@"; do
    sign "$name" "$name" "extendedKeyUsage=clientAuth"
done
chmod 644 ./*.crt
