"""What answers on a port of a lab's host (lab.py), besides kms-refhost: servers that are no KMS host, an endpoint mapper and
a DNS server. Each listens on all addresses of its host when the function returns, and ends with lab.reset().
"""
import json
import subprocess

from lab import KMS_PORT, LabError

# Interfaces as the endpoint mapper names them: UUID and version.
KMS_INTERFACE = ("51c82175-844e-4750-b0d8-ec255555bc06", "1.0")


def http(lab, host="kms1", port=KMS_PORT):
    """An HTTP server: answers a bind with 400 and an HTML page."""
    return lab.python(host, "http_server.py", port, cwd=lab.environment["LAB_DIR"])


def banner(lab, host="kms1", port=KMS_PORT, text="SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"):
    """Speaks first, as servers of SSH, SMTP and FTP do, and then only listens."""
    return lab.python(host, "banner_server.py", port, text)


def silent(lab, host="kms1", port=KMS_PORT):
    """Accepts connections and never says anything."""
    return banner(lab, host, port, text="")


def tls(lab, folder, host="kms1", port=KMS_PORT):
    """OpenSSL with a certificate of its own signature, made in this folder."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                           "-days", "2", "-subj", f"/CN={host}.lab.test", "-keyout", key, "-out", certificate],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise LabError(f"openssl: {made.stderr.strip()}")
    process = lab.popen(host, ["openssl", "s_server", "-accept", port, "-www", "-key", key, "-cert", certificate])
    process.wait_for("^ACCEPT")
    return process


def endpoint_mapper(lab, host="kms1", *, endpoints=((KMS_INTERFACE, KMS_PORT),), port=135):
    """An endpoint mapper made of impacket's RPC server, which knows these interfaces and their TCP ports."""
    address = lab.address(host)
    table = [{"uuid": uuid, "version": version, "address": address, "port": tcp} for (uuid, version), tcp in endpoints]
    return lab.python(host, "epm_server.py", port, json.dumps(table))


def dns(lab, records, host="dns"):
    """A DNS server (dns_stub.py, which describes the records) at the address that resolv.conf names."""
    return lab.python(host, "dns_stub.py", 53, json.dumps(records))
