#include "libdiag/proto/ip/icmp.h"

/// IANA "ICMP Type Numbers" and "ICMPv6 Type Numbers", as far as they report errors; others only by type.
namespace diag::ip {
namespace {

constexpr Name types_v4[] = {
    {0, "Echo reply"},         {3, "Destination unreachable"}, {4, "Source quench"},        {5, "Redirect"},
    {8, "Echo request"},       {9, "Router advertisement"},    {10, "Router solicitation"}, {11, "Time exceeded"},
    {12, "Parameter problem"}, {13, "Timestamp request"},      {14, "Timestamp reply"},
};

constexpr Name types_v6[] = {
    {1, "Destination unreachable"},
    {2, "Packet too big"},
    {3, "Time exceeded"},
    {4, "Parameter problem"},
    {128, "Echo request"},
    {129, "Echo reply"},
    {130, "Multicast listener query"},
    {131, "Multicast listener report"},
    {132, "Multicast listener done"},
    {133, "Router solicitation"},
    {134, "Router advertisement"},
    {135, "Neighbor solicitation"},
    {136, "Neighbor advertisement"},
    {137, "Redirect"},
    {143, "Multicast listener report v2"},
};

constexpr Name unreachable_v4[] = {
    // RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1
    {0, "Network unreachable"},
    {1, "Host unreachable"},
    {2, "Protocol unreachable"},
    {3, "Port unreachable"},
    {4, "Fragmentation needed and don't fragment set"},
    {5, "Source route failed"},
    {6, "Destination network unknown"},
    {7, "Destination host unknown"},
    {8, "Source host isolated"},
    {9, "Network administratively prohibited"},
    {10, "Host administratively prohibited"},
    {11, "Network unreachable for type of service"},
    {12, "Host unreachable for type of service"},
    {13, "Communication administratively prohibited"},
    {14, "Host precedence violation"},
    {15, "Precedence cutoff in effect"},
};

constexpr Name unreachable_v6[] = {
    // RFC 4443 3.1, RFC 8883 3
    {0, "No route to destination"},
    {1, "Communication administratively prohibited"},
    {2, "Beyond scope of source address"},
    {3, "Address unreachable"},
    {4, "Port unreachable"},
    {5, "Source address failed ingress/egress policy"},
    {6, "Reject route to destination"},
    {7, "Error in source routing header"},
    {8, "Headers too long"},
};

constexpr Name redirect_v4[] = {
    {0, "for the network"},
    {1, "for the host"},
    {2, "for the type of service and network"},
    {3, "for the type of service and host"},
};

constexpr Name time_exceeded_codes[] = {{0, "Hop limit exceeded in transit"}, {1, "Fragment reassembly time exceeded"}};

constexpr Name parameter_v4[] = {
    {0, "Pointer indicates the error"}, {1, "Missing a required option"}, {2, "Bad length"}};

constexpr Name parameter_v6[] = {
    // RFC 4443 3.4, RFC 7112 5, RFC 8883 3
    {0, "Erroneous header field"},
    {1, "Unrecognized next header type"},
    {2, "Unrecognized IPv6 option"},
    {3, "First fragment has incomplete header chain"},
    {4, "Upper-layer header error"},
    {5, "Unrecognized next header type at an intermediate node"},
    {6, "Extension header too big"},
    {7, "Extension header chain too long"},
    {8, "Too many extension headers"},
    {9, "Too many options in extension header"},
    {10, "Option too big"},
};

std::span<const Name> codes_of(IpAddress::Family family, std::uint8_t type) {
    if (family == IpAddress::Family::v6) {
        switch (type) {
            case 1: return unreachable_v6;
            case 3: return time_exceeded_codes;
            case 4: return parameter_v6;
            default: return {};
        }
    }
    switch (type) {
        case 3: return unreachable_v4;
        case 5: return redirect_v4;
        case 11: return time_exceeded_codes;
        case 12: return parameter_v4;
        default: return {};
    }
}

}  // namespace

std::string_view icmp_type_name(IpAddress::Family family, std::uint8_t type) {
    return family == IpAddress::Family::v6 ? name_of(types_v6, type) : name_of(types_v4, type);
}

std::string_view icmp_code_name(IpAddress::Family family, std::uint8_t type, std::uint8_t code) {
    return name_of(codes_of(family, type), code);
}

}  // namespace diag::ip
