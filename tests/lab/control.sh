# First process of the control plane's namespaces: a bridge for the nodes, then nothing but being there.
# Arguments: FOLDER
set -e
mount --make-rshared /
mount -t proc proc /proc
hostname control
ip link set lo up
ip link add br0 type bridge
ip addr add 10.231.0.1/24 dev br0
ip link set br0 up
sysctl -q -w net.ipv4.ip_forward=1
: > "$1/control.ready"
# With SIGCHLD ignored the kernel reaps every orphan of the space.
trap '' CHLD
exec sleep infinity
