# engine.wasm: viewer/engine and what it needs of core, for the page.
#
#   vt_wasm_engine(NAME HOT SOURCES…)   ${CMAKE_BINARY_DIR}/engine.wasm, and the target NAME;
#                                       HOT: stems of the sources whose speed is seen
#
# Debian's clang, lld, wasi-libc and libclang-rt-…-wasm32. It is linked by wasm-ld itself: through
# clang, an installed binaryen would run wasm-opt, whose output the page's browsers refuse.
find_program(VIZTRACER_WASM_CLANG NAMES clang clang-19 clang-16 clang-15 clang-14
             DOC "Compiles for wasm32-wasi")
find_program(VIZTRACER_WASM_LD NAMES wasm-ld wasm-ld-19 wasm-ld-16 wasm-ld-15 wasm-ld-14
             DOC "Links WebAssembly")
find_file(VIZTRACER_WASI_LIBC NAMES libc.a PATHS /usr/lib/wasm32-wasi NO_DEFAULT_PATH
          DOC "wasi-libc")
if(VIZTRACER_WASM_CLANG AND NOT VIZTRACER_WASM_BUILTINS)
  execute_process(COMMAND ${VIZTRACER_WASM_CLANG} --target=wasm32-wasi -print-resource-dir
                  OUTPUT_VARIABLE resources OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(GLOB builtins ${resources}/lib/wasi/libclang_rt.builtins-wasm32.a
       ${resources}/lib/wasm32-unknown-wasi/libclang_rt.builtins.a)
  set(VIZTRACER_WASM_BUILTINS "${builtins}" CACHE FILEPATH "compiler-rt for wasm32")
endif()

function(vt_wasm_engine name hot)
  if(NOT VIZTRACER_WASM_CLANG OR NOT VIZTRACER_WASM_LD OR NOT VIZTRACER_WASI_LIBC OR
     NOT VIZTRACER_WASM_BUILTINS)
    message(FATAL_ERROR "the viewer's page needs clang, lld, wasi-libc and "
                        "libclang-rt-14-dev-wasm32 (or your clang's)")
  endif()
  get_filename_component(wasi_lib ${VIZTRACER_WASI_LIBC} DIRECTORY)
  set(flags --target=wasm32-wasi -std=c11 -flto -DNDEBUG -D_GNU_SOURCE -DVT_CODEC_READS
            -msign-ext -mnontrapping-fptoint -mbulk-memory # in browsers since 2020
            -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -fvisibility=hidden -ffunction-sections
            -fdata-sections -Wall -Wextra -I${CMAKE_SOURCE_DIR} -I${CMAKE_BINARY_DIR}/generated)
  set(objects)
  foreach(source IN LISTS ARGN)
    file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR} ${source})
    string(REPLACE "/" "_" object ${relative})
    set(object ${CMAKE_BINARY_DIR}/wasm/${object}.o)
    get_filename_component(stem ${source} NAME_WE)
    set(speed -Oz)
    if(stem IN_LIST hot)
      set(speed -Os)
    endif()
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/wasm
      COMMAND ${VIZTRACER_WASM_CLANG} ${flags} ${speed} -MD -MF ${object}.d -c ${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(module ${CMAKE_BINARY_DIR}/engine.wasm)
  add_custom_command(OUTPUT ${module}
    COMMAND ${VIZTRACER_WASM_LD} ${wasi_lib}/crt1-reactor.o ${objects} -L${wasi_lib} -lc
            ${VIZTRACER_WASM_BUILTINS} --entry=_initialize --gc-sections --strip-all -O2
            --lto-O2 -z stack-size=262144 --initial-memory=1048576 --max-memory=4294967296
            -o ${module}
    DEPENDS ${objects} VERBATIM)
  add_custom_target(${name} ALL DEPENDS ${module})
endfunction()
