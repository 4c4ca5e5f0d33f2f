#include "libdiag/wire/writer.h"

namespace diag {

void Writer::bytes(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

void Writer::zeros(std::size_t count) { out_.insert(out_.end(), count, std::uint8_t{0}); }

}  // namespace diag
