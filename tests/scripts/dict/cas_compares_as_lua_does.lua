local tm, check = require "tidemill", require "_helper"

local d, long = tm.dict(), ("long"):rep(50000)
local channel = tm.channel()
for _, value in ipairs { 1, 1.5, true, false, "text", long, channel } do
  for _, other in ipairs { 2, 0.5, "text ", long .. "x", tm.channel(), not value } do
    d:set("k", value)
    check.equal({ d:cas("k", other, "new"), d:get "k" }, { false, value })
    check.equal({ d:cas("k", nil, "new"), d:get "k" }, { false, value })
  end
  check.equal({ d:cas("k", value, "new"), d:get "k" }, { true, "new" })
end
d:set("k", "1")
check.equal({ d:cas("k", 1, 2), d:cas("k", "1", 2) }, { false, true })

-- Tables and functions come out as copies, so that none could ever be equal.
d:set("k", { 1 })
check.equal(d:cas("k", "x", 1), false)
check.raises(function() d:cas("k", d:get "k", 1) end,
  "#2 to 'cas' %(nil, boolean, .* expected, got table")
check.raises(function() d:cas("k", print, 1) end, "got function")
check.raises(function() d:cas("k", 1) end, "#3 to 'cas' %(value expected")

-- Of many that try at once one wins each time.
local pool <close> = tm.pool { workers = 4 }
local wins, jobs = tm.atomic(), {}
d:set("turn", 0)
for i = 1, 8 do
  jobs[i] = pool:submit(function()
    for turn = 0, 99 do
      if d:cas("turn", turn, turn + 1) then wins:add() end
      while d:get "turn" <= turn do end
    end
  end)
end
tm.all(jobs)
check.equal({ wins:get(), d:get "turn" }, { 100, 100 })
