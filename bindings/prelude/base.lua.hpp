R"lua(
-- Lua's own functions that load code, for text only: bytecode can crash the process. And what runs
-- script code under a lock or as a root.
local tm, core = ...
local load, loadfile, select, type, error, tostring = load, loadfile, select, type, error, tostring
local globals_of_caller = core.globals_of_caller
local getmetatable = debug.getmetatable

local function text_mode(mode)
  if mode == nil or mode == "t" or mode == "bt" then return "t" end
  if mode == "b" then return nil, "attempt to load a binary chunk (bytecode is refused)" end
  return nil, ("attempt to load a chunk in mode '%s' (only 't' is known)"):format(tostring(mode))
end

-- Without an environment of its own a chunk has the globals of who loads it: a job's are not its
-- worker's.
function _G.load(chunk, name, mode, ...)
  local text, message = text_mode(mode)
  if not text then return nil, message end
  if select("#", ...) > 0 then return load(chunk, name, text, ...) end
  return load(chunk, name, text, globals_of_caller())
end

function _G.loadfile(path, mode, ...)
  local text, message = text_mode(mode)
  if not text then return nil, message end
  if select("#", ...) > 0 then return loadfile(path, text, ...) end
  return loadfile(path, text, globals_of_caller())
end

function _G.dofile(path)
  local chunk, message = loadfile(path, "t", globals_of_caller())
  if not chunk then error(message, 0) end
  return chunk()
end

-- Raises a plain error at the script's line.
function core.fail(message, ...)
  error(core.where() .. message:format(...), 0)
end

-- Raises unless argument `n` of `name` is a function.
function core.check_function(name, n, value)
  if type(value) ~= "function" then
    core.fail("bad argument #%d to '%s' (function expected, got %s)", n, name, type(value))
  end
end

-- What a message calls the type of a value.
function core.type_name(value)
  local meta = getmetatable(value)
  return meta and type(meta.__name) == "string" and meta.__name or type(value)
end

-- Raises unless `self` is an object that has `methods`: a method was called with a dot for a colon.
function core.check_self(name, self, methods, expected)
  local meta = getmetatable(self)
  if meta and meta.__index == methods then return end
  core.fail("calling '%s' on bad self (%s expected, got %s)", name, expected, core.type_name(self))
end
local check_self = core.check_self

-- Raises unless `options` is a table (or nil) whose keys are all in `known`, a map of name → type.
function core.check_options(what, options, known)
  if options == nil then return {} end
  if type(options) ~= "table" then
    core.fail("bad argument to %s (table of options expected, got %s)", what, type(options))
  end
  for key, value in pairs(options) do
    local expected = known[key]
    if not expected then
      local names = {}
      for name in pairs(known) do names[#names + 1] = name end
      table.sort(names)
      core.fail("%s: unknown option '%s' (known: %s)", what, tostring(key), table.concat(names, ", "))
    end
    if not (" " .. expected .. " "):find(" " .. type(value) .. " ", 1, true) then
      core.fail("%s: option '%s' must be a %s, not a %s", what, key, expected:gsub(" ", " or "), type(value))
    end
    if key == "name" and value:find("\0", 1, true) then
      core.fail("%s: a name must not contain a zero byte", what)
    end
  end
  return options
end

-- A whole number >= `least`, or nil.
function core.check_count(what, value, least)
  if value == nil then return nil end
  local count = math.type(value) == "integer" and value
    or (math.type(value) == "float" and value == math.floor(value) and value < 2 ^ 53 and math.tointeger(value))
  if not count or count < least then
    core.fail("%s must be a whole number of at least %d, not %s", what, least,
      type(value) == "number" and tostring(value) or "a " .. core.type_name(value))
  end
  return count
end

-- The tree of tasks, which prints as one.
local Tree = { __name = "tree of tasks" }

local function add_lines(lines, tasks, indent)
  for i = 1, #tasks do
    lines[#lines + 1] = indent .. tasks[i].text
    add_lines(lines, tasks[i].children, indent .. "  ")
  end
  return lines
end

function Tree.__tostring(tree)
  return table.concat(add_lines({}, tree, ""), "\n")
end

function tm.tasks()
  return setmetatable(core.tasks(), Tree)
end

function tm.run(main, ...)
  core.check_function("run", 1, main)
  return tm.spawn(main, ...):await()
end

local mutex_options = { recursive = "boolean", name = "string" }

function tm.mutex(options)
  return core.mutex(core.check_options("tm.mutex", options, mutex_options))
end

function core.mutex_methods.with(mutex, fn, ...)
  check_self("with", mutex, core.mutex_methods, "mutex")
  core.check_function("with", 1, fn)
  local _ <close> = mutex:lock()
  return fn(...)
end
)lua"
