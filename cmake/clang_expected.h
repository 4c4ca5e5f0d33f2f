// Included in front of every file that clang compiles (cmake/Warnings.cmake). clang 16 has all of C++20's concepts but
// announces an older date, and libstdc++ 12 shows std::expected only for the newer one. A system header, since clang-tidy
// reports a macro that is redefined on the command line whatever the flags say.
#pragma clang system_header
#undef __cpp_concepts
#define __cpp_concepts 202002L
