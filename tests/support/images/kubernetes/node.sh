#!/bin/bash
# A whole cluster of one node. Ends as soon as one of its programs does, with that one's last words.
set -euo pipefail
logs=/var/log/cluster
etc=/etc/kubernetes
mkdir -p "$logs"

# What the engine gives a container to read, a node has to write: its own control groups and its own network's settings.
# The rest of the kernel's are the machine's, and stay as they are.
mount --make-rshared /
mount -o remount,rw /sys
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    mount -o remount,rw,bind /sys/fs/cgroup
    # A group that hands its controllers on has no processes of its own.
    mkdir -p /sys/fs/cgroup/node
    xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/node/cgroup.procs 2>/dev/null || true
    sed 's/\(^\| \)/ +/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
else
    for controller in /sys/fs/cgroup/*; do mount -o remount,rw,bind "$controller"; done
fi
mount -t proc proc /mnt
mount --bind /mnt/sys/net /proc/sys/net
# The kubelet insists on these: it is told that they are so.
while read -r setting value; do
    echo "$value" >"/run/${setting//\//.}"
    mount --bind "/run/${setting//\//.}" "/proc/sys/$setting"
done <<<"vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000"
[[ -e /dev/kmsg ]] || ln -s /dev/null /dev/kmsg

make-certificates.sh "$etc" 2>"$logs/certificates.log"

running=()
run() {
    "$@" >"$logs/$1.log" 2>&1 &
    running+=($!)
}
all_run() {
    local process
    for process in "${running[@]}"; do kill -0 "$process" 2>/dev/null || return 1; done
}
until_ready() {
    local deadline=$((SECONDS + 300))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) && all_run || last_words
        sleep 0.2
    done
}
last_words() {
    tail -n 15 "$logs"/*.log >&2
    exit 1
}

run containerd
run etcd --data-dir=/var/lib/etcd --unsafe-no-fsync
# shellcheck disable=SC2054 # commas belong to the values
run kube-apiserver --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --secure-port=6443 \
    --service-cluster-ip-range=10.97.0.0/16 --authorization-mode=RBAC --token-auth-file="$etc/tokens.csv" \
    --client-ca-file="$etc/ca.crt" --tls-cert-file="$etc/server.crt" --tls-private-key-file="$etc/server.key" \
    --kubelet-client-certificate="$etc/client.crt" --kubelet-client-key="$etc/client.key" \
    --kubelet-preferred-address-types=InternalIP --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$etc/accounts.pub" --service-account-signing-key-file="$etc/accounts.key"

until_ready ctr version
ctr --namespace k8s.io images import /sandbox.tar >"$logs/sandbox.log" 2>&1
export KUBECONFIG="$etc/admin.conf"
until_ready kubectl get --raw /readyz
run kube-controller-manager --kubeconfig="$KUBECONFIG" --leader-elect=false --root-ca-file="$etc/ca.crt" \
    --service-account-private-key-file="$etc/accounts.key"
run kube-scheduler --kubeconfig="$KUBECONFIG" --leader-elect=false
run kubelet --config="$etc/kubelet.yaml" --kubeconfig="$KUBECONFIG" --hostname-override=node
run kube-proxy --config="$etc/proxy.yaml" --hostname-override=node
until_ready kubectl wait --for=condition=Ready node/node --timeout=1s
echo "The cluster is ready."
wait -n || true
last_words
