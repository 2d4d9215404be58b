# One core per Python version: _viztracer.cpython-311-x86_64-linux-gnu.so and its like.
#
#   vt_describe_python(PREFIX PYTHON)   runs it, sets PREFIX_EXECUTABLE (as it calls itself),
#                                       _VERSION _INCLUDES _SUFFIX _TAG _MACHINE
#   vt_add_core(PYTHON SOURCES)         builds the core for it, unless there is one already
#   vt_remove_stale_cores()             removes those of Pythons that are not named any more

# sys.executable, and not the path that was given, which may be a shim.
set(vt_describe_script [=[
import sys, sysconfig
assert sys.implementation.name == "cpython", "not CPython"
assert (3, 8) <= sys.version_info < (3, 14), "supported are Python 3.8 to 3.13"
assert not sysconfig.get_config_var("Py_GIL_DISABLED"), "free-threaded builds are not supported"
suffix = sysconfig.get_config_var("EXT_SUFFIX")
tag, _, machine = suffix[len(".cpython-"):-len(".so")].partition("-")
print(sys.executable, "%d.%d" % sys.version_info[:2],
      sysconfig.get_path("include") + "|" + sysconfig.get_path("platinclude"),
      suffix, tag, machine, sep=";", end="")
]=])

function(vt_describe_python prefix python)
  execute_process(COMMAND ${python} -I -c "${vt_describe_script}"
                  OUTPUT_VARIABLE facts ERROR_VARIABLE errors RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${python}: no core can be built for it: ${errors}")
  endif()
  foreach(name EXECUTABLE VERSION INCLUDES SUFFIX TAG MACHINE)
    list(POP_FRONT facts value)
    string(REPLACE "|" ";" value "${value}")
    set(${prefix}_${name} "${value}" PARENT_SCOPE)
  endforeach()
endfunction()

function(vt_add_core python)
  vt_describe_python(py ${python})
  set(core vt_core_${py_TAG})
  if(TARGET ${core})
    return()
  endif()
  list(GET py_INCLUDES 0 include)
  if(NOT EXISTS ${include}/Python.h)
    message(FATAL_ERROR "${python}: ${include}/Python.h is missing "
                        "(Debian: apt-get install python${py_VERSION}-dev)")
  endif()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${core})
  add_custom_command(
    OUTPUT ${generated}/embed/frozen_generated.h
    COMMAND ${py_EXECUTABLE} -I ${CMAKE_SOURCE_DIR}/cmake/freeze_package.py
            ${CMAKE_CURRENT_SOURCE_DIR}/python/viztracer
            ${generated}/embed/frozen_generated.h
    DEPENDS ${CMAKE_SOURCE_DIR}/cmake/freeze_package.py ${vt_package_files}
    COMMENT "Compiling the package with Python ${py_VERSION}" VERBATIM)
  add_library(${core} MODULE ${ARGN} ${generated}/embed/frozen_generated.h)
  target_include_directories(${core} BEFORE PRIVATE ${generated})
  target_include_directories(${core} SYSTEM PRIVATE ${py_INCLUDES})
  # Python's slots hold functions in a void *, which ISO C has no conversion for.
  target_compile_options(${core} PRIVATE -Wno-pedantic)
  target_link_libraries(${core} PRIVATE vt_record vt_base)
  set_target_properties(${core} PROPERTIES
    PREFIX "" OUTPUT_NAME _viztracer SUFFIX ${py_SUFFIX}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/python)
  install(TARGETS ${core} LIBRARY DESTINATION ${VT_INSTALL_PYTHON_DIR})
  set_property(GLOBAL APPEND PROPERTY VT_CORES ${core})
  set_property(GLOBAL APPEND PROPERTY VT_CORE_FILES _viztracer${py_SUFFIX})
  set_property(GLOBAL APPEND PROPERTY VT_CORE_PYTHONS "${py_VERSION}=${py_EXECUTABLE}")
endfunction()

# Those of Pythons that an earlier configuration named: nothing builds them again, and an old core
# beside new files ends the program.
function(vt_remove_stale_cores)
  get_property(current GLOBAL PROPERTY VT_CORE_FILES)
  file(GLOB present RELATIVE ${CMAKE_BINARY_DIR}/python ${CMAKE_BINARY_DIR}/python/_viztracer.*.so)
  list(REMOVE_ITEM present ${current})
  foreach(stale IN LISTS present)
    file(REMOVE ${CMAKE_BINARY_DIR}/python/${stale})
  endforeach()
endfunction()
