# cmake -D INPUT=FILE -D OUTPUT=FILE.cpp -D NAME=name -D NAMESPACE=diag::x -P EmbedFile.cmake
# Writes the bytes of a file as the array NAME and its size as NAME_size.
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE "${OUTPUT}" "// Made during the build by cmake/EmbedFile.cmake.
#include <cstddef>

namespace ${NAMESPACE} {

extern const unsigned char ${NAME}[];
extern const std::size_t ${NAME}_size;
const unsigned char ${NAME}[] = {
${bytes}};
const std::size_t ${NAME}_size = sizeof ${NAME};

}  // namespace ${NAMESPACE}
")
