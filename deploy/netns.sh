#!/bin/sh
# A network of crossfade's own, with one cable to this machine and no way further unless you route it.
#
#   deploy/netns.sh up NAME      make it: loopback, a cable (host 198.18.0.1, inside 198.18.0.2), the rules
#                                of crossfade.nft for root and a DNS server that answers nobody
#   deploy/netns.sh sent NAME    packets that were stopped, and packets on the cable
#   deploy/netns.sh down NAME    remove it
#
# Run in it:  ip netns exec NAME crossfade up --policy policy.yaml
set -eu
what="${1:-}" name="${2:-}"
[ -n "$name" ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
inside() { ip netns exec "$name" "$@"; }
case "$what" in
up)
    ip netns add "$name"
    mkdir -p "/etc/netns/$name"
    echo "nameserver 198.18.0.1" > "/etc/netns/$name/resolv.conf"
    ip link add "cf-$name" type veth peer name cable netns "$name"
    # The kernel's own neighbour and router messages are no packets of ours: none are sent.
    sysctl -qw "net.ipv6.conf.cf-$name.disable_ipv6=1" 2>/dev/null || true
    inside sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.cable.disable_ipv6=1 2>/dev/null || true
    ip addr add 198.18.0.1/30 dev "cf-$name"
    ip link set "cf-$name" up
    inside ip link set lo up
    inside ip addr add 198.18.0.2/30 dev cable
    inside ip link set cable up
    inside ip route add default via 198.18.0.1
    inside nft -D crossfade_uid=0 -f "$here/crossfade.nft"
    ;;
sent)
    inside nft list counter inet crossfade blocked | sed -n 's/.*packets \([0-9]*\).*/blocked \1/p'
    echo "cable $(inside cat /sys/class/net/cable/statistics/tx_packets)"
    ;;
down)
    ip netns del "$name" || true
    ip link del "cf-$name" 2>/dev/null || true
    rm -rf "/etc/netns/$name"
    ;;
*)
    echo "netns.sh: up, sent or down" >&2
    exit 2
    ;;
esac
