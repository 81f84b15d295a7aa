# bulla_floor(NAME SOURCES ... FLOORS ... LIBRARIES ...): one folder of src as a library target.
#
# A floor sees only its own headers and those of the floors that it names: the include path of each
# target is made of links in <build>/floors/NAME/, so that an include that climbs does not compile.
function(bulla_floor name)
  cmake_parse_arguments(FLOOR "" "" "SOURCES;FLOORS;LIBRARIES" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/floors/${name})
  file(REMOVE_RECURSE ${root})
  file(MAKE_DIRECTORY ${root})
  foreach(visible ${name} ${FLOOR_FLOORS})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${visible} ${root}/${visible} SYMBOLIC)
  endforeach()
  set_property(GLOBAL PROPERTY bulla_${name}_floors ${name} ${FLOOR_FLOORS})

  add_library(bulla_${name} STATIC ${FLOOR_SOURCES})
  target_include_directories(bulla_${name} PRIVATE ${root})
  target_include_directories(bulla_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  foreach(visible ${FLOOR_FLOORS})
    target_link_libraries(bulla_${name} PUBLIC bulla_${visible})
  endforeach()
  target_link_libraries(bulla_${name} PRIVATE ${FLOOR_LIBRARIES})
endfunction()
