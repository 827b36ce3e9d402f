local tm, check = require "tidemill", require "_helper"

local kept
do
  local bar <close> = tm.progress(3, "rows")
  kept = bar
  bar:add()
  check.equal(tostring(bar), 'progress "rows" 1/3 open')
end
check.equal(tostring(kept), 'progress "rows" 1/3 closed')
kept:close()
for _, method in ipairs { "add", "set", "total" } do
  local err = check.raises(function() kept[method](kept, 1) end, "the progress bar is closed")
  check.equal(err.kind, "closed")
end
check.equal(check.raises(function() for _ in kept:wrap { 1 } do error "no" end end, "lua:%d+: the progress bar").kind, "closed")
check.equal({ kept:count() }, { 1, 3 })

local open = tm.progress()
open:add(2.0)
check.equal(tostring(open), "progress 2 open")
open:total(4)
open:set(1)
check.equal(tostring(open), "progress 1/4 open")
open:total(nil)
check.equal(select("#", open:count()), 2)
check.equal(select(2, open:count()), nil)
