add_library(pons_warnings INTERFACE)
target_compile_options(pons_warnings INTERFACE
  -Wall -Wextra -Wpedantic
  # g++ calls it shadowing when an enumerator or a member has the name of a type.
  $<IF:$<CXX_COMPILER_ID:GNU>,-Wshadow=local,-Wshadow>
  # And it misses the members that a designated initializer leaves as they are.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers>
  # And it takes the allocator of Asio's coroutine frames for another one (GCC bug 109224).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
  -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual)
if(PONS_WERROR)
  target_compile_options(pons_warnings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  # ccache can share a precompiled header's users only when its time stamp does not count.
  target_compile_options(pons_warnings INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
endif()
