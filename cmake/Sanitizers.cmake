# -DVIZTRACER_SANITIZE=address,undefined | thread: compile everything with these sanitizers.
set(VIZTRACER_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma-separated")
if(VIZTRACER_SANITIZE)
  add_compile_options(-fsanitize=${VIZTRACER_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VIZTRACER_SANITIZE})
endif()
