# The Debian package: `cmake --build build --target deb` leaves build/viztracer_<version>_<machine>.deb.
# What is in it is what `cmake --install` installs under /usr, and what DebianFiles.cmake adds.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME viztracer)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "viztracer <viztracer@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "tracer for Python programs: every call on a timeline")
set(CPACK_PACKAGE_DESCRIPTION "Runs a Python program as python3 would, records every Python and C
call into a log that survives its death, and shows it on a timeline in the web browser.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "python3 (>= 3.8)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/cmake/debian/postinst
                                       ${CMAKE_SOURCE_DIR}/cmake/debian/prerm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/DebianFiles.cmake)
set(CPACK_VT_SOURCE_DIR ${CMAKE_SOURCE_DIR})
set(CPACK_VT_BUILD_DIR ${CMAKE_BINARY_DIR})
include(CPack)

add_custom_target(deb COMMAND ${CMAKE_CPACK_COMMAND} -G DEB WORKING_DIRECTORY ${CMAKE_BINARY_DIR}
                  DEPENDS wheel VERBATIM)
