# Removes what earlier runs have counted in this build.
cmake_policy(SET CMP0009 NEW)
file(GLOB_RECURSE counts *.gcda)
if(counts)
  file(REMOVE ${counts})
endif()
