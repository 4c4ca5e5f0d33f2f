#pragma once

#include <boost/json/object.hpp>

#include "libdiag/slmgr/dlv.h"

/// What saved_objects.h is made of. Not for other code.
namespace diag::slmgr {

enum class ObjectKind : std::uint8_t {
    other,
    product,  ///< SoftwareLicensingProduct, Get-OSLicenseInfo
    service,  ///< of the machine: SoftwareLicensingService, Get-KmsLicenseInfo
};

/// By the names of its members.
ObjectKind kind_of(const boost::json::object& object);

/// Its facts. The names are those of WMI, which no language translates; a status may be a word (module OSLicense).
Dlv read_object(const boost::json::object& object);

/// What the service says of the machine, where the product does not say it itself.
void add_service_facts(const Dlv& service, Dlv& product);

}  // namespace diag::slmgr
