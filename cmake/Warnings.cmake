# Compile options for all code of this project. Link `diag_options` privately; layers and tools do it in their helpers.
add_library(diag_options INTERFACE)
target_compile_options(diag_options INTERFACE
    -Wall -Wextra -Wconversion -Wshadow
    # Designated initialisers leave members to their defaults on purpose; without them -Wextra has nothing to say here.
    -Wno-missing-field-initializers
    $<$<BOOL:${DIAG_WERROR}>:-Werror>)

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
