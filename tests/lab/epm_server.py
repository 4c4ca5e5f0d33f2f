"""usage: epm_server.py PORT JSON

An endpoint mapper that knows operation 3, ept_map (C706 appendix L and O), on the RPC server of Debian's python3-impacket:
an implementation of RPC that is not ours. JSON is a list of {"uuid", "version", "address", "port"}; an interface may stand
there several times. For what is not there the answer is ept_s_not_registered.
"""
import json
import socket
import struct
import sys

from impacket.dcerpc.v5 import epm, rpcrt
from impacket.uuid import bin_to_string, uuidtup_to_bin

EPM_INTERFACE = ("e1af8308-5d1f-11c9-91a4-08002b14a0fa", "3.0")
NOT_REGISTERED = 0x16C9A0D6
OPNUM_MAP = 3

# impacket 0.10 formats what this returns, a pair, with one %s when it refuses an interface, and closes the connection for it.
rpcrt.bin_to_uuidtup = bin_to_string


def interface_of(tower):
    """The first floor of a tower: 20 bytes, UUID and version as uuidtup_to_bin() has them."""
    left_size = struct.unpack_from("<H", tower, 2)[0]
    right = 4 + left_size
    return tower[5:23] + tower[right + 2:right + 4]  # without byte 4, the identifier of the protocol


def floor(left, right):
    return struct.pack("<H", len(left)) + left + struct.pack("<H", len(right)) + right


def tower_of(endpoint):
    """Interface, NDR, connection-oriented RPC, TCP port, IPv4 address."""
    interface = uuidtup_to_bin((endpoint["uuid"], endpoint["version"]))
    ndr = uuidtup_to_bin(("8a885d04-1ceb-11c9-9fe8-08002b104860", "2.0"))
    floors = [floor(b"\x0d" + interface[:18], interface[18:]), floor(b"\x0d" + ndr[:18], ndr[18:]), floor(b"\x0b", bytes(2)),
              floor(b"\x07", struct.pack(">H", endpoint["port"])), floor(b"\x09", socket.inet_aton(endpoint["address"]))]
    return struct.pack("<H", len(floors)) + b"".join(floors)


class EndpointMapper(rpcrt.DCERPCServer):
    def __init__(self, port, endpoints):
        super().__init__()
        self.endpoints = endpoints
        self._sock = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
        self.addCallbacks(EPM_INTERFACE, str(port), {OPNUM_MAP: self.map})

    def map(self, stub):
        request = epm.ept_map(stub)
        wanted = interface_of(b"".join(request["map_tower"]["tower_octet_string"]))
        towers = [tower_of(endpoint) for endpoint in self.endpoints
                  if uuidtup_to_bin((endpoint["uuid"], endpoint["version"])) == wanted]
        return self.response(towers[:request["max_towers"]], request["max_towers"])

    @staticmethod
    def response(towers, max_towers):
        """Written by hand: impacket's array classes have no maximum count besides the actual one."""
        stub = bytes(20) + struct.pack("<IIII", len(towers), max_towers, 0, len(towers))
        stub += b"".join(struct.pack("<I", 3 + n) for n in range(len(towers)))
        for tower in towers:
            stub += struct.pack("<II", len(tower), len(tower)) + tower + bytes(-len(tower) % 4)
        return stub + struct.pack("<I", 0 if towers else NOT_REGISTERED)

    def processRequest(self, data):
        answer = super().processRequest(data)
        if answer is not None:
            answer["alloc_hint"] = len(answer["pduData"])  # impacket leaves the request's there
        return answer


if __name__ == "__main__":
    server = EndpointMapper(int(sys.argv[1]), json.loads(sys.argv[2]))
    print(f"listening on {server.getListenPort()}", flush=True)
    server.run()
