local tm, check = require "tidemill", require "_helper"

check.raises(function() for _ in tm.fs.walk "/no/such/dir" do end end,
  "walk_reports_what_it_cannot_enter.lua:%d+:.*/no/such/dir: ")
local seen = {}
for _ in tm.fs.walk("/no/such/dir", { on_error = function(...) seen[#seen + 1] = { ... } end }) do
  error "nothing is there"
end
check.equal(#seen, 1)
check.equal({ seen[1][1], seen[1][3] }, { "/no/such/dir", 2 })
check.truthy(seen[1][2]:find "^/no/such/dir: ")
check.raises(function()
  for _ in tm.fs.walk("/no/such/dir", { on_error = function() tm.sleep(0.001) error "from on_error" end }) do end
end, "from on_error")
