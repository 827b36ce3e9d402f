-- Whatever their size and however they are sent, messages are neither merged nor split.
local tm, check = require "tidemill", require "_helper"

local near, far = tm.pipe()
for _, text in ipairs { "", "a", "\0", ("x"):rep(100), ("y"):rep(1 << 20), "" } do
  near:send(text)
  far:send(text, #text)
end
for _, text in ipairs { "", "a", "\0", ("x"):rep(100), ("y"):rep(1 << 20), "" } do
  check.equal(far:recv() == text, true)
  local back, length = near:recv()
  check.equal({ back == text, length }, { true, #text })
end
check.equal({ far:recv(0), near:recv(0) }, { nil, nil, "timeout" })

-- Across workers, with several messages on the way.
local pool <close> = tm.pool { workers = 1 }
local mine, theirs = tm.pipe { capacity = 3 }
local echo = pool:submit(function()
  local count = 0
  for a, b in theirs do
    theirs:send(b, a)
    count = count + 1
  end
  return count
end)
local n = check.times(2000, 300)
local sender = tm.spawn(function()
  for i = 1, n do mine:send(i, ("z"):rep(i % 50)) end
end)
for i = 1, n do
  local text, number = mine:recv()
  check.equal({ #text, number }, { i % 50, i })
end
sender:await()
mine:close()
check.equal(echo:await(), n)
