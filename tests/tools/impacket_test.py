"""An RPC client that is not ours agrees with kms-refhost: Debian's impacket binds, calls and reads answers and faults.

The call is declared here as the interface has it (docs/protocols/kms.md); PDUs, NDR32, NDR64 and fragments are impacket's.
Messages come from tests/vectors. Needs the built program $DIAG_BIN_DIR/kms-refhost; loopback only.
"""
import importlib.util
import json
import os
import pathlib
import struct
import unittest
import uuid

from impacket.dcerpc.v5 import ndr, rpcrt, transport
from impacket.dcerpc.v5.dtypes import ULONG
from impacket.uuid import uuidtup_to_bin

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])

spec = importlib.util.spec_from_file_location("kms_refhost_test", ROOT / "tests" / "tools" / "kms_refhost_test.py")
refhost = importlib.util.module_from_spec(spec)
spec.loader.exec_module(refhost)

KMS_INTERFACE = uuidtup_to_bin(("51c82175-844e-4750-b0d8-ec255555bc06", "1.0"))
OTHER_INTERFACE = uuidtup_to_bin(("367abb81-9844-35f1-ad32-98f038001003", "2.0"))  # that of the service control manager
OTHER_VERSION = uuidtup_to_bin(("51c82175-844e-4750-b0d8-ec255555bc06", "2.0"))
NDR32 = ("8a885d04-1ceb-11c9-9fe8-08002b104860", "2.0")
NDR64 = ("71710533-beba-4937-8319-b5dbef9ccc36", "1.0")
VERSIONS = (4, 5, 6)
CASES = ("win10-even", "office-odd", "server-short")
BASE_RESPONSE_FIXED_SIZE = 44


class ByteArrayPointer(ndr.NDRPOINTER):
    referent = (("Data", ndr.NDRUniConformantArray),)


class ActivationRequest(ndr.NDRCALL):
    opnum = 0
    structure = (("RequestSize", ULONG), ("Request", ndr.NDRUniConformantArray))


class ActivationResponse(ndr.NDRCALL):
    structure = (("ResponseSize", ULONG), ("Response", ByteArrayPointer), ("Result", ULONG))


def vector(version, name):
    cases = json.loads((ROOT / f"tests/vectors/v{version}_messages.json").read_text(encoding="utf-8"))["cases"]
    return next(case for case in cases if case["id"] == name)


def client_machine_id(version, name):
    return uuid.UUID(vector(version, name)["request_fields"]["client_machine_id"]).bytes_le


class Impacket(refhost.Case):
    def connect(self, *arguments, interface=KMS_INTERFACE, syntax=NDR32, **options):
        """A connection of impacket, bound, to a host of its own."""
        return self.bind(self.start(*arguments, **options).port, interface, syntax)

    def bind(self, port, interface=KMS_INTERFACE, syntax=NDR32):
        rpc = transport.DCERPCTransportFactory(f"ncacn_ip_tcp:127.0.0.1[{port}]").get_dce_rpc()
        rpc.get_rpc_transport().set_connect_timeout(refhost.LIMIT_S)
        rpc.connect()
        self.addCleanup(rpc.disconnect)
        rpc.bind(interface, transfer_syntax=syntax)
        rpc.transfer_syntax = uuidtup_to_bin(syntax)
        return rpc

    @staticmethod
    def stub(message, ndr64=False):
        call = ActivationRequest(isNDR64=ndr64)
        call["RequestSize"] = len(message)
        call["Request"] = message
        return call.getData()

    def ask(self, rpc, version, name="win10-even"):
        """Calls with the message of a vector; the answer's message and result."""
        ndr64 = rpc.transfer_syntax == uuidtup_to_bin(NDR64)
        rpc.call(0, self.stub(bytes.fromhex(vector(version, name)["request"]), ndr64))
        answer = rpc.recv()
        response = ActivationResponse(isNDR64=ndr64)
        response.fromString(answer)
        self.assertEqual(len(answer), self.stub_size(response["ResponseSize"], ndr64))
        if response["ResponseSize"] == 0:
            self.assertEqual(answer[:-4].strip(b"\0"), b"", "no message: a null pointer")
            return b"", response["Result"]
        message = b"".join(response["Response"])
        self.assertEqual(len(message), response["ResponseSize"])
        return message, response["Result"]

    @staticmethod
    def stub_size(message_size, ndr64):
        """Size, referent, and with a message its count and bytes, aligned; then the result (C706 chapter 14, MS-RPCE 2.2.5)."""
        word = 8 if ndr64 else 4
        array = word + message_size if message_size else 0
        return 2 * word + array + -array % 4 + 4

    def assert_answers(self, message, version, name, count):
        """What is in the clear: version, and in version 4 ePID, client machine id, its time, and the count."""
        self.assertEqual(struct.unpack_from("<HH", message), (0, version))
        if version != 4:
            return
        epid_size = struct.unpack_from("<I", message, 4)[0]
        self.assertEqual(len(message), BASE_RESPONSE_FIXED_SIZE + epid_size + 16)
        epid = message[8:8 + epid_size].decode("utf-16-le")
        self.assertRegex(epid, r"^\d{5}-\d{5}-\d{3}-\d{6}-03-\d{4,5}-\d{4,5}\.9999-\d{7}\0$")
        machine, time, counted = struct.unpack_from("<16sQI", message, 8 + epid_size)
        self.assertEqual(machine, client_machine_id(4, name))
        self.assertEqual(time, vector(4, name)["request_fields"]["client_time_filetime"])
        self.assertEqual(counted, count)

    def test_messages_of_all_versions_are_answered(self):
        for version in VERSIONS:
            for syntax in (NDR32, NDR64):
                for name in CASES:
                    with self.subTest(f"version {version}, {name}, {'NDR32' if syntax == NDR32 else 'NDR64'}"):
                        fields = vector(version, name)["request_fields"]
                        rpc = self.connect("--start-count", 7, syntax=syntax, fields=fields)
                        message, result = self.ask(rpc, version, name)
                        self.assertEqual(result, 0)
                        self.assert_answers(message, version, name, 8)

    def test_stubs_of_impacket_are_those_of_the_vectors_but_for_what_pads_the_size_in_ndr64(self):
        for version in VERSIONS:
            message = bytes.fromhex(vector(version, "win10-even")["request"])
            self.assertEqual(self.stub(message), refhost.PDUS[f"request-v{version}-ndr32-win10-even"][24:])
            ours, theirs = self.stub(message, ndr64=True), refhost.PDUS[f"request-v{version}-ndr64-win10-even"][24:]
            self.assertEqual(ours[:4] + ours[8:], theirs[:4] + theirs[8:])

    def test_one_connection_carries_many_calls_and_counts_each_machine_once(self):
        host = self.start("--start-count", 20)
        rpc = self.bind(host.port)
        for version in (*VERSIONS, *VERSIONS):
            message, result = self.ask(rpc, version)
            self.assertEqual(result, 0)
            self.assert_answers(message, version, "win10-even", 21)
        other = self.bind(host.port)
        self.assert_answers(self.ask(other, 4)[0], 4, "win10-even", 21)

    def test_fragments_of_a_call_are_put_together_whatever_their_size(self):
        rpc = self.connect()
        for size in (1, 3, 16, 100, 259):
            with self.subTest(size):
                rpc.set_max_fragment_size(size)
                message, result = self.ask(rpc, 4)
                self.assertEqual(result, 0)
                self.assert_answers(message, 4, "win10-even", 1)

    def test_a_refusal_has_a_result_and_no_message(self):
        self.assertEqual(self.ask(self.connect("--product", "office"), 6), (b"", 0xC004F042))

    def test_a_spoiled_message_is_refused_and_the_connection_goes_on(self):
        rpc = self.connect()
        rpc.call(0, self.stub(bytes.fromhex(vector(6, "win10-even")["request"])[:-32] + bytes(32)))
        self.assertEqual(rpc.recv()[-4:], struct.pack("<I", 0x8007000D))
        self.assertEqual(self.ask(rpc, 6)[1], 0)

    def test_an_operation_that_does_not_exist_is_a_fault(self):
        rpc = self.connect()
        rpc.call(1, self.stub(bytes.fromhex(vector(6, "win10-even")["request"])))
        with self.assertRaisesRegex(rpcrt.DCERPCException, "nca_s_op_rng_error"):
            rpc.recv()

    def test_a_stub_that_is_cut_is_a_fault(self):
        rpc = self.connect()
        rpc.call(0, self.stub(bytes.fromhex(vector(6, "win10-even")["request"]))[:40])
        with self.assertRaisesRegex(rpcrt.DCERPCException, "rpc_x_bad_stub_data"):
            rpc.recv()

    def test_other_interfaces_and_versions_are_refused_by_name(self):
        for interface in (OTHER_INTERFACE, OTHER_VERSION):
            with self.assertRaisesRegex(rpcrt.DCERPCException, "abstract_syntax_not_supported"):
                self.connect(interface=interface)

    def test_hosts_before_build_9200_have_no_ndr64(self):
        with self.assertRaisesRegex(rpcrt.DCERPCException, "transfer_syntaxes_not_supported"):
            self.connect("--build", 7601, syntax=NDR64)
        self.assertEqual(self.ask(self.connect("--build", 7601), 6)[1], 0)

    def test_alter_context_adds_a_context_to_the_connection(self):
        rpc = self.connect().alter_ctx(KMS_INTERFACE)
        message, result = self.ask(rpc, 4)
        self.assertEqual(result, 0)
        self.assert_answers(message, 4, "win10-even", 1)

    def test_a_refused_bind_names_the_reason_when_the_host_is_told_to_refuse(self):
        with self.assertRaises(rpcrt.DCERPCException):
            self.connect("--fault", "bind-nak:4")
        for fault, name in (("rpc-fault:5", "rpc_s_access_denied"), ("rpc-fault:0x1C010014", "nca_s_server_too_busy")):
            rpc = self.connect("--fault", fault)
            rpc.call(0, self.stub(bytes.fromhex(vector(6, "win10-even")["request"])))
            with self.assertRaisesRegex(rpcrt.DCERPCException, name):
                rpc.recv()


if __name__ == "__main__":
    unittest.main()
