"""usage: http_server.py PORT

An HTTP server: pages are those of Python's http.server. What cannot be a request is answered with status 400 at once, as
nginx, Apache and http.sys do; http.server alone would wait for the end of a line.
"""
import http.server
import socket
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    def handle(self):
        if self.rfile.peek(1)[:1].isalpha():
            return super().handle()
        self.requestline, self.request_version, self.command = "", "HTTP/1.1", ""
        return self.send_error(400)


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6  # with the default of Linux, IPv4 comes this way too


if __name__ == "__main__":
    with Server(("", int(sys.argv[1])), Handler) as server:
        print(f"listening on {server.server_port}", flush=True)
        server.serve_forever()
