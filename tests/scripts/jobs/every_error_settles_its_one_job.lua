-- stderr~ of a child
local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

-- name → function, what join gives after false
local errors = {
  string = { function() error "words" end, "words" },
  ["string without a line"] = { function() error("words", 0) end, "^words$" },
  table = { function() error { code = 7 } end, function(err) return err.code == 7 end },
  ["nil"] = { function() error(nil) end, function(err) return err == nil end },
  ["false"] = { function() error(false) end, function(err) return err == false end },
  number = { function() error(12.5) end, function(err) return err == 12.5 end },
  handle = {
    function() error(require "tidemill".channel(3)) end,
    function(err) return err:capacity() == 3 end,
  },
  ["a __tostring that raises"] = {
    function() error(setmetatable({}, { __tostring = function() error "not printable" end })) end,
    function(err) return type(err) == "table" and not pcall(tostring, err) end,
  },
  ["no function"] = { function() local f; f() end, "attempt to call a nil value" },
  ["an argument error"] = { string.rep, "bad argument #1 to " },
  ["a value that cannot be sent"] = {
    function() error(io.tmpfile()) end,
    function(err) return err.kind == "transfer" and tostring(err):find "file" end,
  },
  ["a stack overflow"] = {
    function()  -- with large frames, because a traceback takes longer the more there are
      local function f(...) return 1 + f(...) end
      return f(table.unpack({}, 1, 200))
    end,
    "stack overflow",
  },
  ["a C stack overflow"] = {
    function()
      local function f(s) return (s:gsub(".", f)) end
      return f "x"
    end,
    "overflow",
  },
  ["an error in a coroutine"] = { function() coroutine.wrap(function() error "inside" end)() end, "inside" },
  ["an error in a close handler"] = {
    function()
      local _ <close> = setmetatable({}, { __close = function() error "closing" end })
      error "body"
    end,
    "closing",
  },
  ["a child's error"] = {
    function()
      local tm = require "tidemill"
      tm.spawn(error, "of a child", 0)
    end,
    "^of a child$",
  },
}

ways.each(function(pool, call, what)
  for name, case in pairs(errors) do
    local ok, err = call(pool, case[1])
    local place = what .. ", " .. name
    check.equal(ok, false, place)
    if type(case[2]) == "string" then
      check.truthy(tostring(err):find(case[2]), ("%s: %s"):format(place, tostring(err)))
    else
      check.truthy(case[2](err), place)
    end
  end
end)
