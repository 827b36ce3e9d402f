local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function run(fn, ...) return pool:submit(fn, ...):await() end

check.equal({ run(function(...) return select("#", ...), ... end, nil, 2, nil) }, { 3, nil, 2 })

local source = { "local sum = 0" }
for i = 1, 400 do source[#source + 1] = ("sum = sum + #'constant number %d' + %d.5"):format(i, i) end
source[#source + 1] = "return sum"
local many_constants = load(table.concat(source, "\n"))
check.equal(run(many_constants), many_constants())

local function loops(n)
  local steps = 0
  ::again::
  steps = steps + 1
  if steps < n then goto again end
  for i = n, 1, -1 do
    if i % 2 == 0 then goto continue end
    steps = steps + i
    ::continue::
  end
  return steps
end
check.equal(run(loops, 10), loops(10))

local Account = { balance = 0 }
Account.__index = Account
function Account:deposit(n) self.balance = self.balance + n return self.balance end
local account = setmetatable({}, Account)
check.equal(run(account.deposit, account, 5), 5)
check.equal(run(function(acc) return acc:deposit(7) end, account), 7)
check.equal(account.balance, 0)

local function nested() return function() return function() return loops(3) end end end
check.equal(run(nested)()(), loops(3))
check.equal(run(function() local x <const>, y <close> = 5, nil return x end), 5)
local upvalues = load(("local a0 = 0 %s return function() return a0 %s end"):format(
  (function() local t = {} for i = 1, 150 do t[i] = ("local a%d = %d"):format(i, i) end return table.concat(t, " ") end)(),
  (function() local t = {} for i = 1, 150 do t[i] = " + a" .. i end return table.concat(t) end)()))()
check.equal(run(upvalues), 150 * 151 // 2)
