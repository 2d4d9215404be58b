# The Debian package: `cmake --build build --target deb` leaves build/viztracer_<version>_<machine>.deb.
# What is in it is what `cmake --install` installs under /usr, and what DebianFiles.cmake adds.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME viztracer)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# Its users write to who packs it, named as Debian's own tools take it, or by user and machine.
cmake_host_system_information(RESULT machine QUERY FQDN)
set(packer $ENV{DEBFULLNAME} $ENV{USER} "root")
set(address $ENV{DEBEMAIL} $ENV{USER}@${machine})
list(GET packer 0 packer)
list(GET address 0 address)
string(REGEX REPLACE "^@" "root@" address "${address}")
set(VIZTRACER_CONTACT "${packer} <${address}>" CACHE STRING "The maintainer of the Debian package")
set(CPACK_PACKAGE_CONTACT ${VIZTRACER_CONTACT})
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
