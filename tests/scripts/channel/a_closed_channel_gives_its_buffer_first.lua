-- Values sent before close are received in order; then every receive reports "closed".
local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(3)
for i = 1, 3 do ch:send(i, "item " .. i) end
ch:close()

check.equal({ ch:recv() }, { 1, "item 1" })
check.equal({ ch:try_recv() }, { 2, "item 2" })
check.equal({ ch:recv(0) }, { 3, "item 3" })
for _ = 1, 2 do
  check.equal(table.pack(ch:recv()), table.pack(nil, "closed"))
  check.equal(table.pack(ch:try_recv()), table.pack(nil, "closed"))
  check.equal(table.pack(ch:recv(0)), table.pack(nil, "closed"))
  check.equal(table.pack(ch:recv(1)), table.pack(nil, "closed"))
end
for _ in ch do error "a drained channel ends its loop at once" end
