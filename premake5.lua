-- Makefiles for `premake5 gmake` and, because Debian has nothing newer, for
-- `premake4 --file=premake5.lua gmake`. `./mill build` runs either. Only what both understand is
-- used below; the shim hides where their names differ.

-- Shim ------------------------------------------------------------------------------------------

local root = os.getcwd()
workspace = workspace or solution

local function when(config)
  if filter then
    filter(config and "configurations:" .. config or {})
  else
    configuration(config or {})
  end
end

local function keep_symbols()  -- without it premake4 links with -s, and a crash has no names
  if symbols then
    symbols "On"
  else
    flags { "Symbols" }
  end
end

-- An object file is named after the whole path of its source. premake4 takes the last part alone,
-- so that two channel.cpp overwrite each other; premake5 numbers them, so that a new source can
-- make an old object pass for another's.
local basename = path.getbasename
function path.getbasename(file)
  if not file:find("%.cpp$") then
    return basename(file)
  end
  if file:sub(1, #root + 1) == root .. "/" then
    file = file:sub(#root + 2)
  end
  return (file:gsub("^[./]+", ""):gsub("%.cpp$", ""):gsub("/", "."))
end

-- Helpers ---------------------------------------------------------------------------------------

local function pkg_config(arguments)
  local pipe = io.popen("pkg-config " .. arguments)
  local words = {}
  for word in pipe:read("*a"):gmatch("%S+") do
    words[#words + 1] = word
  end
  pipe:close()
  return words
end

local packages = "lua5.4 libuv spdlog fmt"
local package_flags = pkg_config("--cflags " .. packages)
local package_links = {}
for _, word in ipairs(pkg_config("--libs-only-l " .. packages)) do
  local name = word:match("^%-l(.+)")
  if name ~= "lua5.4" then
    package_links[#package_links + 1] = name
  end
end
if #package_links == 0 then
  error("pkg-config does not know " .. packages .. "; `./mill build` installs what is missing")
end

-- The files that match `pattern`, without those under `except`; sorted, because the order in a
-- makefile must not depend on the disk.
local function sources(pattern, except)
  local found = {}
  for _, file in ipairs(os.matchfiles(pattern)) do
    if not except or file:sub(1, #except) ~= except then
      found[#found + 1] = file
    end
  end
  table.sort(found)
  return found
end

local common_flags = {
  "-std=c++20", "-Wall", "-Wextra", "-Wno-restrict", "-Werror", "-pthread",
  "-fPIC",  -- the same objects serve the command and the module that stock Lua loads
  "-fvisibility=hidden",  -- so that -fPIC does not stop inlining
  "-MP",    -- a header that was deleted must not stop make
  "-fmacro-prefix-map=../=",  -- messages name files as seen from the root, where people run things
}
local configs = {  -- name, options of the compiler, options of compiler and linker
  { "release", { "-O2", "-g1" }, {} },
  { "debug", { "-O0" }, {} },
  { "asan", { "-O1", "-fno-omit-frame-pointer", "-fno-sanitize-recover=undefined" },
    { "-fsanitize=address,undefined" } },
  { "tsan", { "-O1" }, { "-fsanitize=thread" } },
  { "fuzz",  -- by clang, for tidemill-fuzz alone
    { "-O1", "-fno-omit-frame-pointer", "-fno-sanitize-recover=undefined",
      "-Wno-unknown-warning-option", "-DTIDEMILL_LIBFUZZER" },
    { "-fsanitize=address,undefined,fuzzer-no-link" } },
}

-- Everything a project has apart from its sources, for each configuration.
local function component(name, project_kind, output_folder)
  project(name)
  kind(project_kind)
  language "C++"
  location "build"
  includedirs { "engine/include", "." }
  buildoptions(common_flags)
  buildoptions(package_flags)
  keep_symbols()
  for _, config in ipairs(configs) do
    local config_name, compile, compile_and_link = config[1], config[2], config[3]
    when(config_name)
    targetdir("build/" .. config_name .. "/" .. output_folder)
    objdir("build/" .. config_name .. "/obj/" .. name)
    buildoptions(compile)
    buildoptions(compile_and_link)
    linkoptions(compile_and_link)
    if config_name == "release" then
      defines { "NDEBUG" }
    end
  end
  when(nil)
end

local function program(name)
  component(name, "ConsoleApp", "bin")
  links { "tidemill-bindings", "tidemill-engine" }  -- a library after those that use it
  links(package_links)
  -- Lua is linked in, as in Debian's lua5.4: a call of its API then costs no jump through a table. All
  -- of it and exported, because C modules for stock Lua find the API in the program.
  linkoptions { "-pthread", "-rdynamic" }
  linkoptions { "-Wl,--whole-archive -l:liblua5.4.a -Wl,--no-whole-archive -lm -ldl" }
end

-- Workspace -------------------------------------------------------------------------------------

workspace "tidemill"
configurations { "release", "debug", "asan", "tsan", "fuzz" }
location "build"

component("tidemill-engine", "StaticLib", "lib")
files(sources("engine/**.cpp"))

component("tidemill-bindings", "StaticLib", "lib")
files(sources("bindings/**.cpp", "bindings/cli/"))

program "tidemill"
files(sources("bindings/cli/**.cpp"))

program "tidemill-tests"
files(sources("tests/engine/**.cpp"))
files(sources("tests/bindings/**.cpp"))
files { "bindings/cli/tsan_longjmp.cpp" }
-- What it calls of these it calls in tests/bindings/out_of_memory.cpp, which lets memory run out.
for _, name in ipairs { "malloc", "calloc", "realloc", "aligned_alloc", "free", "lua_newstate",
                        "lua_close" } do
  linkoptions { "-Wl,--wrap=" .. name }
end

program "tidemill-fuzz"
files(sources("tests/fuzz/**.cpp"))
when("fuzz")
linkoptions { "-fsanitize=fuzzer" }
when(nil)
