"""Inside a lab (scripts/lab): starts processes in its hosts and passes signals on, as lab.py outside asks.

usage: inside.py DESCRIPTOR, a connected SOCK_SEQPACKET socket. The first message goes out: the environment of the lab. Then
each request, a JSON object, gets one answer: {} or {"error": TEXT}, for a start {"pid": N}.

    {"start": ARGV, "host": NAME, "cwd": FOLDER, "env": {...}}  with descriptors for standard input, output, error, and a pipe
                                                                 that gets the exit status as Popen has it when it is known
    {"signal": NUMBER, "pid": N}                                 to the process, if it still runs
    {"signal": NUMBER, "group": N}                               to all that are left of the process group N

When the socket closes the process ends, and with it the lab.
"""
import json
import os
import socket
import subprocess
import sys
import threading

MAX_REQUEST_SIZE = 128 * 1024


class Inside:
    def __init__(self, connection):
        self.connection = connection
        self.running = {}

    def serve(self):
        self.reply({name: value for name, value in os.environ.items() if name.startswith("LAB_")})
        while True:
            data, descriptors, _, _ = socket.recv_fds(self.connection, MAX_REQUEST_SIZE, 4)
            if not data:
                return
            try:
                self.reply(self.answer(json.loads(data), descriptors))
            except OSError as error:
                self.reply({"error": str(error)})
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)

    def reply(self, message):
        self.connection.send(json.dumps(message).encode())

    def answer(self, request, descriptors):
        if "start" in request:
            return self.start(request, descriptors)
        try:
            if "group" in request:
                os.killpg(request["group"], request["signal"])
            elif request["pid"] in self.running:
                self.running[request["pid"]].send_signal(request["signal"])
        except ProcessLookupError:
            pass
        return {}

    def start(self, request, descriptors):
        stdin, stdout, stderr, status = descriptors
        argv = ["nsenter", f"--net=/run/netns/{request['host']}", "--", *request["start"]]
        process = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=stderr, cwd=request["cwd"],
                                   env=os.environ | request["env"], start_new_session=True)
        self.running[process.pid] = process
        threading.Thread(target=self.wait, args=(process, os.dup(status)), daemon=True).start()
        return {"pid": process.pid}

    def wait(self, process, status):
        process.wait()
        del self.running[process.pid]
        os.write(status, str(process.returncode).encode())
        os.close(status)


if __name__ == "__main__":
    Inside(socket.socket(fileno=int(sys.argv[1]))).serve()
