# diag_data: every libdiag/data/<name>.csv as the constant diag::data::<name>_table.
# A small program, built first, turns CSV into C++: the tools then need no data files and do no work at start-up.
set(data_folder "${PROJECT_SOURCE_DIR}/libdiag/data")
add_executable(embed_csv "${data_folder}/embed.cpp")
target_link_libraries(embed_csv PRIVATE diag_options)

file(GLOB tables CONFIGURE_DEPENDS "${data_folder}/*.csv")
set(generated "")
foreach(csv IN LISTS tables)
    get_filename_component(name "${csv}" NAME_WE)
    set(output "${PROJECT_BINARY_DIR}/libdiag/data/${name}_table.cpp")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND embed_csv "${csv}" "${output}"
        DEPENDS embed_csv "${csv}"
        COMMENT "Embedding ${name}.csv"
        VERBATIM)
    list(APPEND generated "${output}")
endforeach()

add_library(diag_data STATIC ${generated})
target_link_libraries(diag_data PRIVATE diag_options)
target_include_directories(diag_data PUBLIC "${PROJECT_SOURCE_DIR}")
