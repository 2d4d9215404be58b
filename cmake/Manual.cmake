# Man pages and shell completions, made from the option tables: build/manual/, installed under share/.
find_program(VIZTRACER_MANUAL_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH
             DOC "Writes man pages, completions")
set(vt_manual ${CMAKE_BINARY_DIR}/manual)
set(vt_manual_sources cmake/make_manual.py core/record/config.def cmd/view_options.def)
add_custom_command(
  OUTPUT ${vt_manual}/made
  COMMAND ${VIZTRACER_MANUAL_PYTHON} -I ${CMAKE_SOURCE_DIR}/cmake/make_manual.py
          ${CMAKE_SOURCE_DIR} ${PROJECT_VERSION} ${vt_manual}
  COMMAND ${CMAKE_COMMAND} -E touch ${vt_manual}/made
  DEPENDS ${vt_manual_sources}
  COMMENT "Writing man pages and completions" VERBATIM)
add_custom_target(manual ALL DEPENDS ${vt_manual}/made)

install(DIRECTORY ${vt_manual}/man1 DESTINATION share/man)
install(DIRECTORY ${vt_manual}/bash/ DESTINATION share/bash-completion/completions)
install(DIRECTORY ${vt_manual}/zsh/ DESTINATION share/zsh/site-functions)
install(DIRECTORY ${vt_manual}/fish/ DESTINATION share/fish/vendor_completions.d)
