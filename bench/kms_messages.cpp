#include "bench/kms_messages.h"

#include <stdexcept>

namespace diag::bench {

KmsMessages make_kms_messages(Random&, const Machine&, const Host&, Timestamp) {
    throw std::runtime_error("this build has no KMS codec");
}

}  // namespace diag::bench
