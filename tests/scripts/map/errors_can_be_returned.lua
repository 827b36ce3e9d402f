-- errors = "return": a failed item gives index, nil, err; the others go on.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local function work(n)
  if n == 2 then error({ code = n }) end
  if n == 3 then error(nil) end
  if n == 4 then error(false) end
  if n == 5 then return nil end
  if n == 6 then return coroutine.create(print) end  -- cannot cross: fails its item only
  if n == 7 then return 1, nil, "three" end
  return n * 10
end

for _, ordered in ipairs { true, false } do
  for _, chunk in ipairs { false, 1, 3, 100 } do
    local options = { errors = "return", chunk = chunk or nil, ordered = ordered }
    local got, count = {}, 0
    local map = pool:map(work, 8, options)
    local function keep(index, ...)
      if not index then return false end
      got[index], count = table.pack(...), count + 1
      return true
    end
    while keep(map()) do end
    check.equal(count, 8)
    check.equal(got[1], { 10, n = 1 })
    check.equal(got[2], { nil, { code = 2 }, n = 2 })
    for index, value in pairs { [3] = "nil", [4] = "false" } do
      local err = got[index][2]
      check.equal({ got[index].n, err.kind, tostring(err.value) }, { 2, "failed", value })
      check.truthy(tostring(err):find("the item failed with the error value " .. value, 1, true))
    end
    check.equal(got[5], { nil, n = 1 }, "nil is a result like any other")
    check.equal({ got[6].n, got[6][2].kind }, { 2, "transfer" })
    check.equal(got[7], { 1, nil, "three", n = 3 })

    local list, errors = pool:map(work, 8, options):collect()
    check.equal(list, { [1] = 10, [7] = 1, [8] = 80 })
    local failed = {}
    for index in pairs(errors) do failed[#failed + 1] = index end
    table.sort(failed)
    check.equal(failed, { 2, 3, 4, 6 })
    check.equal(errors[2], { code = 2 })

    local good, bad = 0, 0
    pool:map(work, 8, options):each(function(value, index, err)
      if err then
        bad = bad + 1
        check.truthy(value == nil and errors[index])
      else
        good = good + 1
      end
    end)
    check.equal({ good, bad }, { 4, 4 })
    check.equal(pool:map(work, 8, options):fold(0, function(acc, value, _, err)
      return err and acc + 1000 or acc + (value or 0)
    end), 4091)
  end
end

-- An item that cannot be sent fails alone, too.
local list, errors = pool:map(function(x) return x end, { 1, io.stdin, io.tmpfile(), 4 }, { errors = "return" }):collect()
check.equal({ list[1], list[2] == io.stdin, list[4] }, { 1, true, 4 })
check.equal(errors[3].kind, "transfer")
check.truthy(tostring(errors[3]):find("errors_can_be_returned.lua:%d+: cannot send item 3: a file"), tostring(errors[3]))
-- And one whose result cannot be rebuilt here.
list, errors = pool:map(function(n)
  if n ~= 2 then return n end
  return setmetatable({}, { __transfer = function() return function() error "broken on the way" end end })
end, 3, { errors = "return" }):collect()
check.equal(list, { [1] = 1, [3] = 3 })
check.truthy(tostring(errors[2]):find "broken on the way", tostring(errors[2]))

-- What is not about an item is raised: the source's errors, a closed pool.
check.raises(function()
  pool:map(work, function() error "no source" end, { errors = "return" }):collect()
end, "no source")
local ok, only = pool:map(work, { 1, 8 }, { errors = "return" }):collect()
check.equal({ ok, only }, { { 10, 80 }, {} })
check.equal(select("#", pool:map(work, { 1, 8 }):collect()), 2)
