-- The debug library lets a script set what functions of the library have as upvalues: nonsense gives
-- an error or nothing, never a crash.
local tm, check = require "tidemill", require "_helper"

local values = { false, 1, "text", {}, print, coroutine.create(print), io.stdout, tm.dict(), tm.buffer(1, "u8") }

-- Calls what `make` makes with each upvalue in turn set to each value.
local function spoil(make, ...)
  for upvalue = 1, 5 do
    for index = 0, #values do
      local fn = make()
      if not debug.setupvalue(fn, upvalue, values[index]) then break end
      pcall(fn, ...)
      pcall(fn)
    end
  end
end

local dict = tm.dict()
dict:set("a", 1)
spoil(function() return (pairs(dict)) end)
spoil(function() return (pairs(tm.freeze { 1, a = 2 })) end)
spoil(function() return coroutine.wrap(function() return 1 end) end)

local condition = tm.condition()
for _, name in ipairs { "lock", "try_lock", "unlock", "with" } do
  local method = condition[name]
  local upvalue, was = debug.getupvalue(method, 1)
  if upvalue then
    for index = 0, #values do
      if type(values[index]) ~= "function" then
        debug.setupvalue(method, 1, values[index])
        pcall(method, condition)
      end
    end
    debug.setupvalue(method, 1, was)
  end
end

local buffer = tm.buffer(3, "u8")
local index = debug.getmetatable(buffer).__index
local _, methods = debug.getupvalue(index, 1)
debug.setupvalue(index, 1, nil)
check.raises(function() return buffer.sum end, "must be a whole number")
debug.setupvalue(index, 1, methods)
check.equal(buffer:sum(), 0)
local found = dict:get "a"
check.equal(found, 1)
