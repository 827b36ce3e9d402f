local tm, check = require "tidemill", require "_helper"

local log = {}
local function guard(name)
  return setmetatable({}, { __close = function(_, err)
    tm.sleep(0.001)
    log[#log + 1] = name .. ":" .. tostring(err)
  end })
end
local function returning()
  local _ <close> = guard "return"
  return "value", nil, 3
end
check.equal(table.pack(returning()), { "value", nil, 3, n = 3 })
pcall(function()
  local _ <close> = guard "error"
  error("raised", 0)
end)
for i = 1, 2 do
  local _ <close> = guard "break"
  if i == 1 then break end
end
for _ in next, { 1 }, nil, guard "loop" do end
tm.spawn(function() local _ <close> = guard "task" end):await()
coroutine.wrap(function() local _ <close> = guard "coroutine" end)()
check.equal(log, { "return:nil", "error:raised", "break:nil", "loop:nil", "task:nil", "coroutine:nil" })

local replaced = check.raises(function()
  local _ <close> = setmetatable({}, { __close = function() tm.yield() error("from cleanup", 0) end })
  error("under way", 0)
end)
check.equal(replaced, "from cleanup")
