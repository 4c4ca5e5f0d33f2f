# ccache makes the second build of anything cheap; without it nothing changes.
find_program(DIAG_CCACHE ccache)
if(DIAG_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # ccache caches users of a precompiled header only when told that our code does not depend on its time stamp.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${DIAG_CCACHE}")
endif()
