# -DVIZTRACER_SANITIZE=address,undefined | thread: compile everything with these sanitizers.
set(VIZTRACER_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma-separated")
if(VIZTRACER_SANITIZE)
  add_compile_options(-fsanitize=${VIZTRACER_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VIZTRACER_SANITIZE})
endif()

# -DVIZTRACER_COVERAGE=ON: count the branches that tests take (test/coverage/).
option(VIZTRACER_COVERAGE "Count branches (gcc, gcov)" OFF)
if(VIZTRACER_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# -DVIZTRACER_FUZZ=ON, with clang: what test/fuzz links counts the branches that inputs reach.
option(VIZTRACER_FUZZ "Build fuzzers (clang)" OFF)
if(VIZTRACER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
