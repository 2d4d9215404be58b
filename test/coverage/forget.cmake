# Removes what earlier runs have counted in this build.
file(GLOB_RECURSE counts *.gcda)
if(counts)
  file(REMOVE ${counts})
endif()
