# Files as constant bytes of a library.
#
#   vt_embed_files(TARGET SYMBOL FILES…)   adds to the target
#       const struct vt_asset_file SYMBOL[];    (viewer/server/assets.h) the last row is empty
#
# The assembler takes the files in; a file that changes is assembled anew.
function(vt_embed_files target symbol)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${symbol}_generated.c)
  set(bytes "")
  set(rows "")
  set(number 0)
  foreach(file IN LISTS ARGN)
    get_filename_component(name ${file} NAME)
    set(id ${symbol}_${number})
    string(APPEND bytes
      "__asm__(\".section .rodata\\n.balign 16\\n"
      ".globl ${id}\\n.hidden ${id}\\n${id}:\\n.incbin \\\"${file}\\\"\\n"
      ".globl ${id}_end\\n.hidden ${id}_end\\n${id}_end:\\n.byte 0\\n.previous\");\n"
      "extern const unsigned char ${id}[], ${id}_end[];\n")
    string(APPEND rows "    {\"${name}\", ${id}, ${id}_end},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT
"/* SPDX-License-Identifier: Apache-2.0 */
#include \"viewer/server/assets.h\"
${bytes}
const struct vt_asset_file ${symbol}[] = {
${rows}    {0, 0, 0},
};
")
  set_source_files_properties(${generated} PROPERTIES OBJECT_DEPENDS "${ARGN}")
  target_sources(${target} PRIVATE ${generated})
endfunction()
