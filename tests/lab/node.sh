# First process of a node's namespaces: a root of its own (the host's below, all writing in memory), then being there.
# Arguments: FOLDER NAME SIZE CACHE
set -e
folder=$1 name=$2 size=$3 cache=$4
top=$folder/nodes/$name/top
mkdir -p "$top"
mount -t tmpfs -o mode=0755,size=1g lab "$top"
mkdir "$top/upper" "$top/work" "$top/new"
mount -t overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" lab "$top/new"
cd "$top/new"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --rbind /dev dev
for place in run tmp var/log; do
  mkdir -p "$place"
  mount -t tmpfs -o mode=0755 lab "$place"
done
chmod 1777 tmp
for place in var/lib/kubelet var/lib/containerd; do
  mkdir -p "$place"
  mount -t tmpfs -o "mode=0755,size=$size" lab "$place"
done
mkdir -p ".$cache" var/log/pods var/log/containers etc/cni/net.d etc/containerd/certs.d
mount --bind "$cache" ".$cache"
rm -f etc/hosts etc/resolv.conf
cp "$folder/nodes/$name/hosts" "$folder/nodes/$name/resolv.conf" etc/
cp "$folder/nodes/$name/10-lab.conflist" etc/cni/net.d/
cp -r "$folder/nodes/$name/certs.d" etc/containerd/
mkdir -p .before
pivot_root . .before
cd /
# The kubelet wants these sysctls, which no namespace separates: it finds them as it wants them, and writes nothing.
mkdir /run/sysctl
for pair in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  key=${pair%=*}
  shown=/run/sysctl/$(echo "$key" | tr / .)
  echo "${pair#*=}" > "$shown"
  if [ -e "/proc/sys/$key" ]; then mount --bind "$shown" "/proc/sys/$key"; fi
done
umount -l /.before
rmdir /.before
mount --make-rshared /
hostname "$name"
ip link set lo up
sysctl -q -w net.ipv4.ip_forward=1
: > "$folder/nodes/$name/ready"
trap '' CHLD
exec sleep infinity
