#!/bin/bash
# Makes the cluster's own authority, the certificates that it signs, and the file with which everybody gets in.
# Usage: make-certificates.sh FOLDER
set -euo pipefail
cd "$1"
umask 077

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1.key"; }
signed() {
    openssl req -x509 -CA ca.crt -CAkey ca.key -key "$1.key" -out "$1.crt" -days 30 -subj /CN=kube-apiserver \
        -addext basicConstraints=critical,CA:FALSE -addext "$2"
}

key ca
openssl req -x509 -key ca.key -out ca.crt -days 30 -subj /CN=test-cluster
key server
signed server subjectAltName=DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:10.97.0.1
key client
signed client extendedKeyUsage=clientAuth
key accounts
openssl pkey -in accounts.key -pubout -out accounts.pub

token="$(openssl rand -hex 32)"
echo "$token,admin,admin,system:masters" >tokens.csv
cat >admin.conf <<END
apiVersion: v1
kind: Config
clusters:
  - name: test
    cluster:
      server: https://127.0.0.1:6443
      certificate-authority-data: $(base64 -w 0 ca.crt)
users:
  - name: admin
    user: {token: $token}
contexts:
  - name: test
    context: {cluster: test, user: admin}
current-context: test
END
