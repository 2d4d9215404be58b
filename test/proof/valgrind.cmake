# Each unit test of core/base, core/trace and core/io under memcheck; fails with the first that errs.
# Not test_lineage: it asks the kernel what program a process is, which here is valgrind.
file(GLOB tests ${TESTS}/base/test_*.c ${TESTS}/trace/test_*.c ${TESTS}/io/test_*.c)
list(REMOVE_ITEM tests ${TESTS}/io/test_lineage.c)
foreach(test IN LISTS tests)
  get_filename_component(name ${test} NAME_WE)
  execute_process(
    COMMAND ${VALGRIND} --quiet --leak-check=full --errors-for-leak-kinds=definite
            --suppressions=${CMAKE_CURRENT_LIST_DIR}/valgrind.supp --error-exitcode=99
            ${PROGRAMS}/${name}
    RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE errors)
  if(result)
    message("${errors}")
    message(FATAL_ERROR "${name}: exit status ${result}")
  endif()
  message(STATUS "${name}: no errors")
endforeach()
