-- Stack overflows, finalisers that fail, os.exit in a job: an error in the task, not in the engine.
local tm, check = require "tidemill", require "_helper"

local function overflow() return 1 + overflow() end
local function c_overflow(...) return pcall(c_overflow, ...) end
local wild = {
  { function() overflow() end, "stack overflow" },
  { function() assert(load("return " .. ("("):rep(300) .. (")"):rep(300))) end, "overflow" },
  { function() os.exit(3) end, "a job cannot end the program", "job" },
  { function() string.rep("x", 1 << 60) end, "too large" },
  { function() string.find(("a"):rep(1000), (".-"):rep(1000) .. "b") end, "pattern too complex" },
  { function() error(setmetatable({}, { __tostring = function() error "no text" end })) end },
  { function() error(setmetatable({}, { __tostring = function() overflow() end })) end },
  { function() setmetatable({}, { __gc = 1 }) setmetatable({}, { __close = 1 }) local _ <close> = {} end, "non%-closable" },
}
local pool <close> = tm.pool { workers = 1 }
for _, case in ipairs(wild) do
  for _, where in ipairs { "job", "task", "coroutine" } do
    if not case[3] or case[3] == where then
      -- Where no stack is left Lua drops finalisers uncalled: no garbage of ours is to be there.
      collectgarbage()
      local task
      if where == "job" then
        task = pool:submit(case[1])
      elseif where == "task" then
        task = tm.spawn(case[1])
      else
        task = tm.spawn(function() coroutine.wrap(case[1])() end)
      end
      local ok, err = task:join(20)
      check.equal(ok, false)
      if case[2] then check.truthy(tostring(err):find(case[2]), where .. ": " .. tostring(err)) end
    end
  end
end
local function deep_pcall() c_overflow() return "survived" end
check.equal({ tm.spawn(deep_pcall):await(), pool:submit(function()
  local function nested(...) return pcall(nested, ...) end
  nested()
  return "survived"
end):await() }, { "survived", "survived" })
pool:submit(function()
  warn "@on"
  setmetatable({}, { __gc = function() error "in a finaliser" end })
  collectgarbage()
end):await()
check.equal(pool:submit(function() tm.yield() return "alive" end):await(), "alive")
check.equal(tm.spawn(function() tm.yield() return "alive" end):await(), "alive")
