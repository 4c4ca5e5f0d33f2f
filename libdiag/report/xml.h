#pragma once

#include <string>
#include <string_view>

namespace diag::report {

/// Any bytes as character data of XML 1.0, for an element or an attribute in quotes. Markup and all quotes are escaped; tab,
/// line feed and carriage return are character references, so that no parser normalises them. What XML has no way to write
/// (XML 1.0 §2.2: other control characters, U+FFFE, U+FFFF) and bytes that are not UTF-8 become U+FFFD, and so do the
/// controls that it discourages (U+007F to U+009F).
std::string xml_text(std::string_view text);

}  // namespace diag::report
