# Run by CPack over the files to be packed: where Debian wants them otherwise than a prefix does.
set(usr ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)
set(doc ${usr}/share/doc/viztracer)

# A stock python3 finds the package and its core where Debian's Python looks.
set(site ${usr}/lib/python3/dist-packages)
file(MAKE_DIRECTORY ${site} ${doc} ${usr}/share/zsh)
file(GLOB parts RELATIVE ${usr}/lib/viztracer/python ${usr}/lib/viztracer/python/*)
foreach(part IN LISTS parts)
  file(CREATE_LINK ../../viztracer/python/${part} ${site}/${part} SYMBOLIC)
endforeach()

# For virtual environments: pip install --no-index /usr/share/viztracer/*.whl
file(GLOB wheels ${CPACK_VT_BUILD_DIR}/wheel/viztracer-*.whl)
file(COPY ${wheels} DESTINATION ${usr}/share/viztracer)

file(COPY_FILE ${CPACK_VT_SOURCE_DIR}/cmake/debian/copyright ${doc}/copyright)
# The texts of what is linked statically, as Debian ships them.
foreach(library zlib1g-dev libisal-dev)
  if(EXISTS /usr/share/doc/${library}/copyright)
    file(COPY_FILE /usr/share/doc/${library}/copyright ${doc}/copyright.${library})
  endif()
endforeach()
file(RENAME ${usr}/share/zsh/site-functions ${usr}/share/zsh/vendor-completions)
file(GLOB pages ${usr}/share/man/man1/*.1)
execute_process(COMMAND gzip -9nf ${pages} COMMAND_ERROR_IS_FATAL ANY)
