local tm, check = require "tidemill", require "_helper"

local d = tm.dict()
d:set("a", nil)
check.equal(#d, 0)
for _, delete in ipairs {
  function() d:set("a", nil) end,
  function() check.equal(d:update("a", function() end), nil) end,
  function() check.equal(d:cas("a", 1, nil), true) end,
} do
  d:set("a", 1)
  delete()
  check.equal({ #d, d:get "a" }, { 0 })
end
check.equal({ d:cas("a", nil, nil), d:cas("a", 1, nil), #d }, { true, false, 0 })
check.equal({ d:cas("a", nil, 5), d:cas("a", nil, 6), d:get "a" }, { true, false, 5 })
