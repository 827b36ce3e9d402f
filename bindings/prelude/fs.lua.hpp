R"lua(
-- tm.fs: checks and iterators over the requests of fs_api.cpp.
local tm, core = ...
local type, error = type, error
local walker = core.walker

local fs = { read = core.read, write = core.write, stat = core.stat }
tm.fs = fs

-- Here, because of what open_lines finds wrong Lua would say that this file has done it.
local function check_path(name, path)
  local kind = type(path)
  if kind ~= "string" and kind ~= "number" then
    core.fail("bad argument #1 to '%s' (string expected, got %s)", name, core.type_name(path))
  elseif kind == "string" and path:find("\0", 1, true) then
    core.fail("bad argument #1 to '%s' (path contains a zero byte)", name)
  end
end

function fs.lines(path)
  check_path("lines", path)
  local reader = core.open_lines(path)
  return reader, nil, nil, reader
end

local walk_options = { match = "string function", on_error = "function" }

function fs.walk(dir, options)
  if type(dir) ~= "string" then
    core.fail("bad argument #1 to 'walk' (string expected, got %s)", type(dir))
  end
  options = core.check_options("tm.fs.walk", options, walk_options)
  local match, on_error = options.match, options.on_error
  local next_entry = walker(dir)
  local find = string.find
  local wanted = match
  if type(match) == "string" then
    local fine, message = pcall(find, "", match)  -- a malformed pattern is an error here and now
    if not fine then core.fail("tm.fs.walk: match: %s", message) end
    wanted = function(path) return find(path, match) end
  end
  return function()
    while true do
      local path, stat, message, code = next_entry()
      if path == nil then return nil end
      if message then
        local text = path .. ": " .. message
        if not on_error then core.fail("tm.fs.walk: %s", text) end
        on_error(path, text, code)
      elseif not wanted or wanted(path, stat) then
        return path, stat
      end
    end
  end
end
)lua"
