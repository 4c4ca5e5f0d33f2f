"""usage: banner_server.py PORT TEXT

Says TEXT to each client (nothing when it is empty), then listens without answering until the client closes.
"""
import socket
import sys
import threading


def serve(client, text):
    with client:
        try:
            client.sendall(text)
            while client.recv(4096):
                pass
        except ConnectionError:
            pass


if __name__ == "__main__":
    with socket.create_server(("", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        print(f"listening on {listener.getsockname()[1]}", flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0], sys.argv[2].encode()), daemon=True).start()
