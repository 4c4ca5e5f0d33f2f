# diag_tool(<tool> [DEPS target...])
#
# tools/<tool>/ becomes the library <tool>_app (every .cpp but main.cpp, so that tests can call it) and the program
# bin/<tool>. Nothing is made while the folder has no main.cpp.
function(diag_tool tool)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPS")
    string(REPLACE "-" "_" name "${tool}")
    set(folder "tools/${tool}")

    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
    set(main_file "${PROJECT_SOURCE_DIR}/${folder}/main.cpp")
    list(FIND sources "${main_file}" has_main)
    list(REMOVE_ITEM sources "${main_file}")

    if(sources)
        add_library(${name}_app STATIC ${sources})
        target_link_libraries(${name}_app PRIVATE diag_options PUBLIC ${arg_DEPS})
        target_include_directories(${name}_app PUBLIC "${PROJECT_SOURCE_DIR}")
        target_compile_definitions(${name}_app PUBLIC DIAG_VERSION="${PROJECT_VERSION}")
    else()
        add_library(${name}_app INTERFACE)
        target_link_libraries(${name}_app INTERFACE ${arg_DEPS})
        target_include_directories(${name}_app INTERFACE "${PROJECT_SOURCE_DIR}")
        target_compile_definitions(${name}_app INTERFACE DIAG_VERSION="${PROJECT_VERSION}")
    endif()

    if(NOT has_main EQUAL -1)
        add_executable(${tool} "${main_file}")
        target_link_libraries(${tool} PRIVATE diag_options ${name}_app)
        set_target_properties(${tool} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
        install(TARGETS ${tool} RUNTIME)
    endif()
endfunction()
