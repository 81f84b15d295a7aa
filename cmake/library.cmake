# libbulla: the floors base to tls as one shared and one static library, and what is installed.
#
# Both show the names that include/bulla marks BULLA_API and no others. The shared one by hidden
# visibility; the static one is a single relocatable object whose hidden names were made local, so
# that a user's own reader_open() or hash_update() never meets ours.
include(CMakePackageConfigHelpers)

# The version stands twice, for the preprocessor and for CMake: they must agree.
file(STRINGS ${PROJECT_SOURCE_DIR}/include/bulla/version.h version_line
     REGEX "#define BULLA_VERSION \"")
if(NOT version_line MATCHES "\"${PROJECT_VERSION}\"")
  message(FATAL_ERROR "include/bulla/version.h and CMakeLists.txt name different versions")
endif()

set(library_floors)
set(library_objects)
foreach(floor base crypto der x509 tls)
  if(TARGET bulla_${floor})
    list(APPEND library_floors bulla_${floor})
    list(APPEND library_objects $<TARGET_OBJECTS:bulla_${floor}>)
  endif()
endforeach()

add_library(bulla_shared SHARED ${library_objects})
set_target_properties(bulla_shared PROPERTIES
  OUTPUT_NAME bulla EXPORT_NAME bulla LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_libraries(bulla_shared PRIVATE OpenSSL::Crypto)
if(NOT APPLE AND NOT BULLA_SANITIZE AND NOT BULLA_FUZZ)
  target_link_options(bulla_shared PRIVATE -Wl,--no-undefined)
endif()

if(APPLE OR NOT CMAKE_OBJCOPY)
  add_library(bulla_static STATIC ${library_objects})
else()
  set(whole ${CMAKE_BINARY_DIR}/libbulla.o)
  add_custom_command(OUTPUT ${whole}
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${whole} ${library_objects}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${whole}
    DEPENDS ${library_floors} ${library_objects}
    COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Joining the floors of libbulla, hidden names made local")
  set_source_files_properties(${whole} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  add_library(bulla_static STATIC ${whole})
endif()
set_target_properties(bulla_static PROPERTIES
  OUTPUT_NAME bulla EXPORT_NAME static LINKER_LANGUAGE C)
target_link_libraries(bulla_static INTERFACE OpenSSL::Crypto)

foreach(library bulla_shared bulla_static)
  target_include_directories(${library} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

# What `cmake --install` puts where.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/bulla)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/bulla DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
install(TARGETS bulla_shared EXPORT bulla_shared)
install(TARGETS bulla_static EXPORT bulla_static)
install(EXPORT bulla_shared FILE bullaShared.cmake NAMESPACE bulla:: DESTINATION ${package_dir})
install(EXPORT bulla_static FILE bullaStatic.cmake NAMESPACE bulla:: DESTINATION ${package_dir})
add_custom_target(product DEPENDS bulla_shared bulla_static COMMENT "All that is installed")
if(TARGET bulla) # src/cli installs it
  add_dependencies(product bulla)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/bullaConfig.cmake.in bullaConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(bullaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/bullaConfig.cmake ${CMAKE_BINARY_DIR}/bullaConfigVersion.cmake
        DESTINATION ${package_dir})

# The prefix is written relative to the .pc file, so that `cmake --install --prefix` moves it.
file(RELATIVE_PATH BULLA_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${CMAKE_CURRENT_LIST_DIR}/bulla.pc.in bulla.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/bulla.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The tests of all this. Sanitized objects import what the library itself does not.
if(BULLA_TESTS AND TARGET bulla_tls AND NOT APPLE AND NOT BULLA_SANITIZE AND NOT BULLA_FUZZ)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(floor_archives)
  foreach(floor ${library_floors})
    list(APPEND floor_archives $<TARGET_FILE:${floor}>)
  endforeach()
  add_test(NAME symbols COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/symbols.py
    --nm ${CMAKE_NM} --readelf ${CMAKE_READELF} --headers ${PROJECT_SOURCE_DIR}/include/bulla
    --shared $<TARGET_FILE:bulla_shared> --static $<TARGET_FILE:bulla_static> ${floor_archives})
  add_test(NAME install COMMAND ${PROJECT_SOURCE_DIR}/tools/check_install
    ${CMAKE_BINARY_DIR} ${CMAKE_C_COMPILER} ${PROJECT_VERSION})
endif()
