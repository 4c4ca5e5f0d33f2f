# The catalogues of po/ for libdiag/lang: msgfmt checks and compiles them, and they become part of the programs, which then
# need neither installed files nor a locale (docs/decisions/0011).
find_program(DIAG_MSGFMT msgfmt)
if(NOT DIAG_MSGFMT)
    message(FATAL_ERROR "msgfmt is missing: install the Debian package gettext (scripts/bootstrap)")
endif()

set(lang_sources "")
foreach(language ja)
    set(po "${PROJECT_SOURCE_DIR}/po/${language}.po")
    set(mo "${PROJECT_BINARY_DIR}/libdiag/lang/${language}.mo")
    set(output "${PROJECT_BINARY_DIR}/libdiag/lang/${language}_catalogue.cpp")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND "${DIAG_MSGFMT}" --check-format --check-domain --endianness=little --no-hash -o "${mo}" "${po}"
        COMMAND "${CMAKE_COMMAND}" -D "INPUT=${mo}" -D "OUTPUT=${output}" -D "NAME=${language}_catalogue"
            -D NAMESPACE=diag::lang -P "${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake"
        DEPENDS "${po}" "${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake"
        COMMENT "Compiling ${language}.po"
        VERBATIM)
    list(APPEND lang_sources "${output}")
endforeach()

diag_layer(diag_lang libdiag/lang SOURCES ${lang_sources} DEPS diag_base)
