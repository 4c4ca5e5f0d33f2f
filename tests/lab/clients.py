"""More clients in the lab (lab.py): each a host of its own, with its own address and its own resolv.conf. All may be at work at
the same time, and one capture of their network gives the capture of each.

    with Clients(lab, folder, ["alice", "bob"]) as clients:
        with clients.capture(path):
            runs = [clients.popen(name, ["kms-check", "ato"], servers=[at], search=["corp.test"]) for name in clients]
            ...
        alone = clients.split(path)           # by name: a pcap file with the packets from and to this client

They live in 198.18.0.0/16 and 2001:db8:3::/64, behind the router. Their hosts files are empty, so that what they know of names
comes from DNS.
"""
import ipaddress
import pathlib
import struct

BRIDGE = "clients"
ROUTER_4, ROUTER_6 = "198.18.0.1", "2001:db8:3::1"
ROUTER_MAC = "02:00:00:00:00:01"
FIRST, LAST = 10, 999  # a bridge has 1023 ports
GLOBAL_HEADER_SIZE, RECORD_HEADER_SIZE, ETHERNET_SIZE = 24, 16, 14

# $1: the clients, $2: the first number. The settings are those of scripts/lab-network.
# Neighbours are told, not learnt: the kernel's tables for that have 1024 entries, those of all namespaces together, and two
# such labs at the same time are more.
MAKE = f"""
number=$2
for name in $1; do
    ip netns add "$name"
    nsenter --net="/run/netns/$name" sh -ec 'cd /proc/sys/net/ipv6/conf && echo 0 | tee all/disable_ipv6 default/disable_ipv6 \\
        all/accept_dad default/accept_dad default/accept_ra >/dev/null'
    four=198.18.$((number / 256)).$((number % 256)) six=2001:db8:3::$number
    mac=02:00:00:01:$(printf %02x:%02x $((number / 256)) $((number % 256)))
    ip -batch - <<END
link add net0 address $mac netns $name gso_max_segs 1 type veth peer name c$number netns router gso_max_segs 1
END
    ip -n router -batch - <<END
link set c$number master {BRIDGE} up
neigh add $four lladdr $mac dev {BRIDGE} nud permanent
neigh add $six lladdr $mac dev {BRIDGE} nud permanent
END
    ip -n "$name" -batch - <<END
link set lo up
link set net0 up
addr add $four/16 dev net0
addr add $six/64 dev net0 nodad
neigh add {ROUTER_4} lladdr {ROUTER_MAC} dev net0 nud permanent
neigh add {ROUTER_6} lladdr {ROUTER_MAC} dev net0 nud permanent
route add default via {ROUTER_4}
route add default via {ROUTER_6}
END
    number=$((number + 1))
done
"""
MAKE_BRIDGE = (f"link add {BRIDGE} address {ROUTER_MAC} type bridge mcast_snooping 0", f"link set {BRIDGE} up",
               f"addr add {ROUTER_4}/16 dev {BRIDGE}", f"addr add {ROUTER_6}/64 dev {BRIDGE} nodad")

# A process with other files at these places than the rest of the lab.
WITH_FILES = 'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"'


class Clients:
    def __init__(self, lab, folder, names):
        self.lab, self.folder = lab, pathlib.Path(folder)
        self.numbers = {name: number for number, name in enumerate(names, FIRST)}
        if FIRST + len(self.numbers) > LAST:
            raise ValueError("more clients than addresses")
        for line in MAKE_BRIDGE:
            lab.check("router", ["ip", *line.split()])
        lab.check("client", ["sh", "-ec", MAKE, "sh", " ".join(map(self.host, self.numbers)), FIRST])
        (self.folder / "hosts").write_text("", encoding="utf-8")

    def close(self):
        """Behind lab.reset(), which ends what runs in them."""
        links = "".join(f"link del {link}\n" for link in [*(f"c{number}" for number in self.numbers.values()), BRIDGE])
        self.lab.check("router", ["ip", "-batch", "-"], stdin=links.encode())
        self.lab.check("client", ["sh", "-ec", 'for name; do ip netns del "$name"; done', "sh", *map(self.host, self.numbers)])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lab.reset()
        self.close()

    def __iter__(self):
        return iter(self.numbers)

    def host(self, name):
        """As lab.popen() and others take it."""
        return f"client{self.numbers[name]}"

    def address(self, name, family=4):
        number = self.numbers[name]
        return f"198.18.{number // 256}.{number % 256}" if family == 4 else f"2001:db8:3::{number}"

    def popen(self, name, argv, *, servers=(), search=(), **options):
        """Starts a program in a client whose resolv.conf has these DNS servers and domains."""
        lines = [f"nameserver {server}" for server in servers] + ([f"search {' '.join(search)}"] if search else [])
        resolv = self.folder / f"{self.host(name)}.resolv"
        resolv.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        program = [self.lab.program(argv[0]), *argv[1:]]
        return self.lab.popen(self.host(name), ["unshare", "--mount", "sh", "-c", WITH_FILES, "sh", resolv, self.folder / "hosts",
                                                *program], **options)

    def capture(self, path):
        """Has in the file all that the clients send and get meanwhile."""
        return self.lab.capture("router", path, interface=BRIDGE)

    def send_something(self):
        """One datagram of each client, to nobody's port: a capture whose last packet is a question tells nothing of an answer."""
        send = f"bash -c 'echo >/dev/udp/{ROUTER_4}/9'"
        lines = "".join(f"nsenter --net=/run/netns/{self.host(name)} {send}\n" for name in self)
        self.lab.check("client", ["sh", "-e"], stdin=lines.encode())

    def split(self, path):
        """The packets of each client in a file of its own beside this one, by name: those from and to its addresses."""
        data = pathlib.Path(path).read_bytes()
        parts = {name: bytearray(data[:GLOBAL_HEADER_SIZE]) for name in self.numbers}
        owners = {ipaddress.ip_address(self.address(name, family)).packed: name for name in self.numbers for family in (4, 6)}
        for record in records(data):
            for address in addresses(record[RECORD_HEADER_SIZE + ETHERNET_SIZE - 2:]):
                if address in owners:
                    parts[owners[address]] += record
        files = {name: pathlib.Path(path).with_name(f"{self.host(name)}.pcap") for name in parts}
        for name, part in parts.items():
            files[name].write_bytes(part)
        return files


def records(pcap):
    """The records of a file that capture.py has written, each with its header."""
    at = GLOBAL_HEADER_SIZE
    while at < len(pcap):
        end = at + RECORD_HEADER_SIZE + struct.unpack_from("=I", pcap, at + 8)[0]
        yield pcap[at:end]
        at = end


def addresses(packet):
    """Source and destination of an IP packet behind its Ethernet type."""
    kind = packet[:2]
    if kind == b"\x08\x00":
        return packet[14:18], packet[18:22]
    if kind == b"\x86\xdd":
        return packet[10:26], packet[26:42]
    return ()
