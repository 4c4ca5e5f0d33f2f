# Every dependency is a Debian 12 package; docs/decisions/0002-dependencies.md says why each one is here.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
pkg_check_modules(libpcap REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(libevtx REQUIRED IMPORTED_TARGET libevtx libbfio)

# Static Boost: the dynamic loader's work is a good part of the start-up time of a short-lived tool.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81.0 EXACT REQUIRED CONFIG COMPONENTS program_options json)
