# DIAG_SANITIZE and DIAG_FUZZ apply to every target, so that libraries and their users agree.
if(DIAG_SANITIZE)
    add_compile_options(-fsanitize=${DIAG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${DIAG_SANITIZE})
    if(DIAG_SANITIZE MATCHES "undefined")
        # A quarter of the time to compile, for nothing new: AddressSanitizer reports what is read through a null pointer, and
        # there are no casts down a hierarchy here.
        add_compile_options(-fno-sanitize=null,vptr)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # The sanitizers' own checks confuse these flow warnings; the release build has them in full.
        add_compile_options(-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict)
    endif()
endif()
if(DIAG_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "DIAG_FUZZ needs clang++: use the preset 'fuzz'")
    endif()
    # Coverage counters everywhere; only the fuzz targets themselves link libFuzzer's main.
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()
