"""Ports of loopback for tests that run beside others."""
import functools
import socket


@functools.cache
def closed_port():
    """One on which nothing listens while this program runs: it is bound, so that nobody else can get it."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    closed_port.holder = holder
    return holder.getsockname()[1]
