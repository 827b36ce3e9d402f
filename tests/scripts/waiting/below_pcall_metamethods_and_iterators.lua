-- Any function may block wherever Lua can suspend.
local tm, check = require "tidemill", require "_helper"

local function wait(...)
  tm.sleep(0.001)
  return ...
end
check.equal({ pcall(wait, 1, nil, 3) }, { true, 1, nil, 3 })
check.equal({ pcall(function() wait() error("after", 0) end) }, { false, "after" })
check.equal({ xpcall(wait, print, "x") }, { true, "x" })
check.equal({ xpcall(function() wait() error("inner", 0) end, function(e) return e .. "!" end) },
  { false, "inner!" })

local waiting = setmetatable({}, {
  __index = function(_, key) return wait(key) end,
  __newindex = function(t, key, value) rawset(t, key, wait(value)) end,
  __call = function(_, ...) return wait(...) end,
  __add = wait, __sub = wait, __mul = wait, __div = wait, __idiv = wait, __mod = wait, __pow = wait,
  __band = wait, __shl = wait, __bnot = function() return wait "bnot" end,
  __concat = function() return wait "concat" end, __unm = function() return wait "unm" end,
  __len = function() return wait(7) end, __eq = function() return wait(true) end,
  __lt = function() return wait(true) end, __le = function() return wait(false) end,
})
check.equal(waiting.field, "field")
waiting.x = 5
check.equal(rawget(waiting, "x"), 5)
check.equal({ waiting(1, 2) }, { 1, 2 })
for _, result in ipairs { waiting + 1, waiting - 1, waiting * 1, waiting / 1, waiting // 1, waiting % 1,
  waiting ^ 1, waiting & 1, waiting << 1 } do
  check.truthy(rawequal(result, waiting))
end
check.equal({ ~waiting, waiting .. "", -waiting, #waiting }, { "bnot", "concat", "unm", 7 })
check.equal({ waiting == setmetatable({}, getmetatable(waiting)), waiting < 1, waiting <= 1 }, { true, true, false })

local seen = {}
for i in function(_, i) i = wait((i or 0) + 1) return i <= 3 and i or nil end do seen[#seen + 1] = i end
for k, v in pairs(setmetatable({}, { __pairs = function(t) wait() return next, { a = 1 }, nil end })) do seen[k] = v end
check.equal(seen, { 1, 2, 3, a = 1 })
