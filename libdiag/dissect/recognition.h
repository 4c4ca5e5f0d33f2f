#pragma once

#include <optional>

#include "libdiag/dissect/flow.h"

namespace diag::dissect {

// How KMS is told from everything else. All of it looks at bytes; the port only decides where a bind is missing.

/// The first payload of one side of a connection off the KMS port: can a KMS conversation begin like this? Any prefix of
/// a bind (client) or of its answer (host) can.
bool may_begin_kms(Bytes payload, Side from);

/// A payload of a connection off the KMS port whose beginning was not seen: the side that sends it, when it is a bind
/// that offers KMS, or a call that looks so much like KMS that its bind may just come later in a reordered capture.
std::optional<Side> recognise(Bytes payload);

/// Whether a payload begins with a PDU that only a host, or only a client, sends: tells the sides apart where no SYN did.
bool is_from_host(Bytes payload);
bool is_from_client(Bytes payload);

/// Whether a request stub holds a KMS message: the lengths agree and a version stands where it should.
bool looks_like_kms_request(const dcerpc::Pdu& pdu);
bool looks_like_kms_response(const dcerpc::Pdu& pdu);
/// Whether a response stub holds an HRESULT that refuses, and no message.
bool looks_like_kms_refusal(const dcerpc::Pdu& pdu);
/// Whether a message, without its stub, begins like one of KMS.
bool is_kms_message(Bytes message);

/// What the bytes so far say about a flow; sets `recognized_by`, and `want_bytes` once there is nothing more to learn.
Flow::Verdict decide(Flow& flow);

}  // namespace diag::dissect
