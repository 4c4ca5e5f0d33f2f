#include "tools/kms-decode/version.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <zlib.h>
#include <zstd.h>

namespace diag::tool {

std::string version_text() {
    return fmt::format("kms-decode {}\n{}\n{}\nzlib {}, zstd {}\n", DIAG_VERSION, OpenSSL_version(OPENSSL_VERSION),
                       pcap_lib_version(), zlibVersion(), ZSTD_versionString());
}

}  // namespace diag::tool
