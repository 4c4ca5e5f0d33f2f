"""usage: capture.py INTERFACE FILE

Writes the packets of an interface to a pcap file until SIGTERM comes; what has passed the interface by then is in it. Status 1
if the kernel had to drop some. (tcpdump would do, but cannot run in a user namespace: it insists on changing its groups.)
"""
import select
import signal
import socket
import struct
import sys

ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
SOL_PACKET, PACKET_STATISTICS = 263, 6
LINKTYPE_ETHERNET = 1
SNAP_SIZE = 262144
BUFFER_SIZE = 8 << 20


def open_socket(interface):
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    packets.bind((interface, ETH_P_ALL))
    packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_SIZE)
    packets.setblocking(False)
    return packets


def write_waiting(packets, file):
    while True:
        try:
            data, ancillary, _, _ = packets.recvmsg(SNAP_SIZE, 256)
        except BlockingIOError:
            return
        seconds, nanoseconds = struct.unpack("@ll", ancillary[0][2])
        file.write(struct.pack("=IIII", seconds, nanoseconds // 1000, len(data), len(data)) + data)


def main(interface, path):
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    with open_socket(interface) as packets, open(path, "wb", buffering=0) as file:
        file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP_SIZE, LINKTYPE_ETHERNET))
        print(f"listening on {interface}", flush=True)
        over = False
        while not over:
            ready, _, _ = select.select([packets, woken], [], [])
            over = woken in ready
            write_waiting(packets, file)
        seen, dropped = struct.unpack("=II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    if dropped:
        sys.exit(f"capture: {dropped} of {seen} packets were dropped")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
