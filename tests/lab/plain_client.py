"""usage: plain_client.py ADDRESS PORT [HEX]

What a TCP client sees, with nothing but sockets: connects, sends the bytes, reads once. Prints JSON: `connect` "ok",
"timeout" or the name of the errno; `icmp` type and code of the ICMP error that came, and `icmp_from` its sender; `answer`
"timeout", "closed", the name of an errno or the first bytes in hex; `connect_ms`, and `client` with its own address.
"""
import errno
import json
import socket
import struct
import sys
import time

LIMIT_S = 0.7
ORIGIN_ICMP, ORIGIN_ICMP6 = 2, 3  # linux/errqueue.h
RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}  # IP_RECVERR, IPV6_RECVERR


def outcome(act):
    """What act() returns, or how it failed."""
    try:
        return act()
    except TimeoutError as error:
        return "timeout" if error.errno is None else errno.errorcode[error.errno]
    except OSError as error:
        return errno.errorcode[error.errno]


def icmp_error(client):
    """Type, code and sender of the ICMP error in the error queue, if there is one (struct sock_extended_err)."""
    client.settimeout(0)
    try:
        _, ancillary, _, _ = client.recvmsg(512, 512, socket.MSG_ERRQUEUE)
    except BlockingIOError:
        return None, None
    finally:
        client.settimeout(LIMIT_S)
    for _, _, data in ancillary:
        _, origin, kind, code, _, _, _ = struct.unpack_from("=IBBBBII", data)
        if origin in (ORIGIN_ICMP, ORIGIN_ICMP6):
            family, at, size = (socket.AF_INET, 20, 4) if origin == ORIGIN_ICMP else (socket.AF_INET6, 24, 16)
            return [kind, code], socket.inet_ntop(family, data[at:at + size])
    return None, None


def main(address, port, data):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(LIMIT_S)
        client.setsockopt(*RECVERR[family], 1)
        began = time.monotonic()
        seen = {"connect": outcome(lambda: client.connect((address, port)) or "ok")}
        seen["connect_ms"] = round((time.monotonic() - began) * 1000)
        seen["icmp"], seen["icmp_from"] = icmp_error(client)
        if seen["connect"] == "ok":
            seen["client"] = client.getsockname()[0]
            seen["answer"] = outcome(lambda: client.sendall(data) or client.recv(4096).hex() or "closed")
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3] if len(sys.argv) > 3 else ""))
