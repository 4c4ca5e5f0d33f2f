# diag_layer(<target> <folder> [SOURCES file...] [DEPS target...])
#
# One layer of libdiag: a static library of every .cpp in <folder> (not in its subfolders) and of the SOURCES, which are
# generated files. A folder without any .cpp becomes a header-only layer, so that users link it the same way.
# The include root of all code is the root of the repository: #include "libdiag/wire/reader.h".
function(diag_layer target folder)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;DEPS")
    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
    list(APPEND sources ${arg_SOURCES})
    if(sources)
        add_library(${target} STATIC ${sources})
        target_link_libraries(${target} PRIVATE diag_options PUBLIC ${arg_DEPS})
        target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}")
    else()
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE ${arg_DEPS})
        target_include_directories(${target} INTERFACE "${PROJECT_SOURCE_DIR}")
    endif()
endfunction()
