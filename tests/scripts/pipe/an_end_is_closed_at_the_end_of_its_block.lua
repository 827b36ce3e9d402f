local tm, check = require "tidemill", require "_helper"

local near, far = tm.pipe()
do
  local _ <close> = near
  near:send "in the block"
end
check.equal({ far:recv() }, { "in the block" })
check.equal({ far:recv() }, { nil, "closed" })

local left, right = tm.pipe()
check.raises(function()
  local _ <close> = left
  error "an error, too"
end, "an error, too")
check.equal({ right:recv() }, { nil, "closed" })
