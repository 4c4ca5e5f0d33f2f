"""kms-decode on a live interface while the reference host is at work: what the host is told to do is what kms-decode finds.

Loopback only. Needs the right to capture; where it is missing (no root, no CAP_NET_RAW) there is nothing to test.
"""
import importlib.util
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = pathlib.Path(os.environ.get("DIAG_BIN_DIR", ""))
LIMIT_S = 60

spec = importlib.util.spec_from_file_location("kms_refhost_test", ROOT / "tests" / "tools" / "kms_refhost_test.py")
refhost = importlib.util.module_from_spec(spec)
spec.loader.exec_module(refhost)


def may_capture():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        return False
    return True


@unittest.skipUnless(may_capture(), "no right to capture packets")
class LiveCapture(unittest.TestCase):
    def host(self, *arguments):
        """Starts a reference host; returns its port."""
        process = subprocess.Popen(
            [BIN / "kms-refhost", "--listen", "127.0.0.1:0", "--clock-offset", refhost.vector_clock(), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (process.terminate(), process.communicate(timeout=LIMIT_S)))
        for line in process.stderr:
            if line.startswith("listening on "):
                return int(line.rsplit(":", 1)[1])
        self.fail("the host did not start")

    def decode(self, port):
        process = subprocess.Popen(
            [BIN / "kms-decode", "-i", "lo", "-f", f"tcp port {port}", "--port", str(port), "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def finish(process):
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT_S)
        lines = [json.loads(line) for line in out.splitlines()]
        return [line for line in lines if line["kind"] == "conversation"]

    def capture(self, act, *host_arguments):
        """What kms-decode tells of the conversation that act(port) has; tried again while the capture was not yet running."""
        port = self.host(*host_arguments)
        for pause in (0.3, 1, 3, 8):
            process = self.decode(port)
            time.sleep(pause)
            act(port)
            time.sleep(0.2)
            whole = [c for c in self.finish(process) if c["tcp"]["syn_count"] == 1]
            if whole:
                return whole
        self.fail("no conversation was captured")

    @staticmethod
    def ask(port):
        client = refhost.Client(port)
        client.call(refhost.REQUEST)
        client.socket.close()

    def test_an_answered_request_is_decoded_as_the_vectors_have_it_and_its_host_is_known_as_the_lab(self):
        (conversation,) = self.capture(self.ask)
        self.assertEqual(conversation["outcome"], "complete")
        self.assertEqual([f["id"] for f in conversation["findings"] if f["severity"] != "info"], ["KMS-COUNT-LOW"])
        self.assertIn("KMS-HOST-LAB", [f["id"] for f in conversation["findings"]])
        (exchange,) = conversation["exchanges"]
        self.assertEqual(exchange["request"]["client_machine_id"], refhost.FIELDS["client_machine_id"])
        self.assertEqual(exchange["response"]["count"], 1)
        self.assertEqual({name for name, result in exchange["checks"].items() if result != "passed"}, {"mac"})

    def test_each_fault_that_the_host_is_told_to_have_is_found_in_the_packets(self):
        for fault, finding in (("reset@bind", "KMS-BIND-RESET"), ("close@bind", "KMS-BIND-CLOSED"),
                               ("bind-nak:4", "KMS-BIND-NAK"), ("bind-reject:1", "KMS-BIND-NO-INTERFACE"),
                               ("http@bind", "KMS-NOT-RPC"), ("reset@request", "KMS-REQUEST-RESET"),
                               ("close@request", "KMS-REQUEST-CLOSED"), ("rpc-fault:5", "KMS-RPC-FAULT"),
                               ("half@response", "KMS-RESPONSE-CUT"), ("hresult:0xC004F06C", "KMS-CLOCK-SKEW"),
                               ("bad-hmac", "KMS-RESPONSE-CHECK"), ("wrong-machine-id", "KMS-RESPONSE-CHECK")):
            with self.subTest(fault):
                (conversation,) = self.capture(self.ask, "--fault", fault)
                critical = [f["id"] for f in conversation["findings"] if f["severity"] == "critical"]
                self.assertEqual(critical, [finding])


if __name__ == "__main__":
    unittest.main()
