# Compile options for all code of this project. Link `diag_options` privately; layers and tools do it in their helpers.
add_library(diag_options INTERFACE)
target_compile_options(diag_options INTERFACE
    -Wall -Wextra -Wconversion -Wshadow
    # Designated initialisers leave members to their defaults on purpose; without them -Wextra has nothing to say here.
    -Wno-missing-field-initializers
    $<$<BOOL:${DIAG_WERROR}>:-Werror>)

# g++ 12 reports these of correct std::string code, depending on what it inlined (GCC bugs 105329, 105651, 105762): even
# the length of the build folder's name decides. They stay visible, but do not fail a build.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(diag_options INTERFACE
        -Wno-error=array-bounds -Wno-error=restrict -Wno-error=stringop-overflow -Wno-error=stringop-overread)
endif()

# Hostile bytes are our daily input; both cost next to nothing. (_FORTIFY_SOURCE needs optimisation.)
target_compile_options(diag_options INTERFACE -fstack-protector-strong)
if(NOT DIAG_SANITIZE)
    target_compile_options(diag_options INTERFACE $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
endif()
target_compile_definitions(diag_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(diag_options INTERFACE
        "SHELL:-include ${PROJECT_SOURCE_DIR}/cmake/clang_expected.h"
        # Part of clang's -Wconversion, not of g++'s: keep the two compilers to one set of rules.
        -Wno-sign-conversion)
endif()
