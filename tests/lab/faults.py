"""The faults of the network, by name: each makes a lab (lab.py) broken in one way, until lab.reset().

They hold for one host and port, and for both families of addresses. faults_test.py shows with plain sockets what a client
sees of each.
"""
import errno
from typing import NamedTuple

from lab import KMS_PORT


class Reject(NamedTuple):
    """An ICMP error that nft sends, and what connect() makes of it (icmp_err_convert and tab_unreach in the Linux kernel)."""
    family: int
    name: str   # as nft has it
    type: int
    code: int
    errno: int


REJECTS = (
    Reject(4, "net-unreachable", 3, 0, errno.ENETUNREACH),
    Reject(4, "host-unreachable", 3, 1, errno.EHOSTUNREACH),
    Reject(4, "prot-unreachable", 3, 2, errno.ENOPROTOOPT),
    Reject(4, "port-unreachable", 3, 3, errno.ECONNREFUSED),
    Reject(4, "net-prohibited", 3, 9, errno.ENETUNREACH),
    Reject(4, "host-prohibited", 3, 10, errno.EHOSTUNREACH),
    Reject(4, "admin-prohibited", 3, 13, errno.EHOSTUNREACH),
    Reject(6, "no-route", 1, 0, errno.ENETUNREACH),
    Reject(6, "admin-prohibited", 1, 1, errno.EACCES),
    Reject(6, "addr-unreachable", 1, 3, errno.EHOSTUNREACH),
    Reject(6, "port-unreachable", 1, 4, errno.ECONNREFUSED),
    Reject(6, "policy-fail", 1, 5, errno.EACCES),
    Reject(6, "reject-route", 1, 6, errno.EACCES),
)


def to_host(lab, host="kms1", port=KMS_PORT):
    """Conditions of rules for packets on their way to the host."""
    return (f"ip daddr {lab.address(host, 4)} tcp dport {port}", f"ip6 daddr {lab.address(host, 6)} tcp dport {port}")


def to_client(lab, host="kms1", port=KMS_PORT):
    """Conditions of rules for packets on their way back."""
    return (f"ip saddr {lab.address(host, 4)} tcp sport {port}", f"ip6 saddr {lab.address(host, 6)} tcp sport {port}")


def dropped(lab, host="kms1", port=KMS_PORT):
    """A firewall that drops all packets to the port: the SYN has no answer."""
    lab.nft(*(f"{packets} drop" for packets in to_host(lab, host, port)))


def answers_dropped(lab, host="kms1", port=KMS_PORT):
    """The way back is missing: the host sees the SYN, its answer gets lost."""
    lab.nft(*(f"{packets} drop" for packets in to_client(lab, host, port)))


def rejected(lab, reject, host="kms1", port=KMS_PORT):
    """A firewall that answers the SYN with an ICMP error; reject: a row of REJECTS."""
    icmp = "icmp" if reject.family == 4 else "icmpv6"
    lab.nft(f"{to_host(lab, host, port)[reject.family == 6]} reject with {icmp} type {reject.name}")


def rejected_with_reset(lab, host="kms1", port=KMS_PORT):
    """A firewall that answers the SYN with a reset, as the host itself would without a listener."""
    lab.nft(*(f"{packets} reject with tcp reset" for packets in to_host(lab, host, port)))


# nft cannot compute the size of a payload. Linux sets PSH in the last segment of what is written at once, and segments before
# that are longer than any without payload (at most 60 bytes of TCP header).
HEADERS_SIZE = (20 + 60, 40 + 60)


def payload_dropped(lab, host="kms1", port=KMS_PORT, ways=(to_host, to_client)):
    """A firewall that lets the handshake pass and drops what carries data, in both directions or in one."""
    for way in ways:
        for packets, size in zip(way(lab, host, port), HEADERS_SIZE):
            lab.nft(f"{packets} tcp flags & psh == psh drop", f"{packets} meta length > {size} drop")


def large_packets_dropped(lab, size):
    """A black hole: what is forwarded and longer than this (with its IP header) is lost, and no ICMP error tells."""
    lab.nft(f"meta length > {size} drop")


def host_down(lab, host="kms1"):
    """Nobody answers ARP for the address: after 0.3 s the router says that the host is unreachable."""
    lab.ip(host, "link set net0 down")
    forget_neighbours(lab)


def no_route(lab):
    """The client has lost its default routes."""
    lab.ip("client", "-4 route del default")
    lab.ip("client", "-6 route del default")


def without_family(lab, family, host="kms1"):
    """The host has no address of this family any more."""
    lab.ip(host, f"-{family} addr flush dev net0 scope global")
    forget_neighbours(lab)


def forget_neighbours(lab):
    """The router asks anew who has an address, as after some minutes of silence."""
    for device in ("client", "hosts"):
        lab.ip("router", f"neigh flush dev {device}")


def resolver_silent(lab):
    """The DNS server does not answer, not even with an ICMP error. (Without this and without services.dns() it sends one.)"""
    lab.nft("meta l4proto { tcp, udp } th dport 53 drop")
