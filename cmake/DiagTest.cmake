# What all test code is compiled with. One set of flags for all of it lets every binary share one precompiled catch.hpp,
# which takes longer to parse than most test files.
add_library(diag_test_options INTERFACE)
target_include_directories(diag_test_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(diag_test_options INTERFACE
    DIAG_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    DIAG_BIN_DIR="${PROJECT_BINARY_DIR}/bin")
target_link_libraries(diag_test_options INTERFACE diag_options Catch2::Catch2 Boost::json)

# Test code need not be fast, and g++ 12 at -O2 warns falsely of overflows in small std::string and std::vector operations.
target_compile_options(diag_test_options INTERFACE $<$<CONFIG:Release>:-O1>)

add_library(test_pch OBJECT "${PROJECT_SOURCE_DIR}/tests/support/pch/pch.cpp")
target_link_libraries(test_pch PRIVATE diag_test_options)
target_precompile_headers(test_pch PRIVATE <catch2/catch.hpp>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)  # lets ccache see what a precompiled header stands for
endif()

# diag_test_support(<target> <folder> [DEPS target...]): helpers for tests; header-only while the folder has no .cpp.
function(diag_test_support target folder)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPS")
    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
    if(sources)
        add_library(${target} STATIC ${sources})
        target_link_libraries(${target} PUBLIC diag_test_options ${arg_DEPS})
        target_precompile_headers(${target} REUSE_FROM test_pch)
    else()
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE diag_test_options ${arg_DEPS})
    endif()
endfunction()

# diag_test(<target> FOLDERS folder... DEPS target...): one Catch2 binary of every .cpp in the folders below tests/;
# ctest lists its cases one by one. Nothing is made while the folders are empty.
function(diag_test target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FOLDERS;DEPS")
    set(sources "")
    foreach(folder IN LISTS arg_FOLDERS)
        file(GLOB found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp")
        list(APPEND sources ${found})
    endforeach()
    if(NOT sources)
        return()
    endif()
    add_executable(${target} ${sources})
    target_link_libraries(${target} PRIVATE diag_test_options ${arg_DEPS} test_support Catch2::Catch2WithMain)
    target_precompile_headers(${target} REUSE_FROM test_pch)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    catch_discover_tests(${target} TEST_PREFIX "${target}: " 
        PROPERTIES LABELS "${target}" TIMEOUT 300 ENVIRONMENT "LC_ALL=C.UTF-8")  # tools speak English
endfunction()

# diag_python_tests(folder...): every *_test.py is one ctest case, run with unittest's main.
function(diag_python_tests)
    # Debian's own interpreter first: python3-jsonschema is installed for that one.
    find_program(DIAG_PYTHON python3 HINTS /usr/bin REQUIRED)
    foreach(folder IN LISTS ARGN)
        file(GLOB tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*_test.py")
        foreach(test IN LISTS tests)
            get_filename_component(name "${test}" NAME_WE)
            add_test(NAME "python: ${name}" COMMAND "${DIAG_PYTHON}" -B "${test}")
            set_tests_properties("python: ${name}" PROPERTIES
                LABELS python TIMEOUT 300
                ENVIRONMENT "DIAG_SOURCE_DIR=${PROJECT_SOURCE_DIR};DIAG_BIN_DIR=${PROJECT_BINARY_DIR}/bin;LC_ALL=C.UTF-8"
                SKIP_RETURN_CODE 77)
        endforeach()
    endforeach()
endfunction()
