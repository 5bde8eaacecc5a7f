#!/bin/sh
# Makes an image that only sleeps. Usage: make-sandbox.sh FILE
set -eu
cd "$(mktemp -d)"
mkdir -p root/bin
# Busybox is what it is called.
cp /bin/busybox root/bin/sleep
tar -C root -cf layer.tar .
cat >config.json <<END
{
  "architecture": "$(dpkg --print-architecture)",
  "os": "linux",
  "config": {"Entrypoint": ["/bin/sleep", "infinity"]},
  "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256sum layer.tar | cut -d' ' -f1)"]}
}
END
echo '[{"Config": "config.json", "RepoTags": ["sandbox.local/sandbox:1"], "Layers": ["layer.tar"]}]' >manifest.json
tar -cf "$1" manifest.json config.json layer.tar
