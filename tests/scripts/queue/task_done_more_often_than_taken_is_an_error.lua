local tm, check = require "tidemill", require "_helper"

local q = tm.queue()
local function refused()
  check.raises(function() q:task_done() end, "task_done_more_often_than_taken_is_an_error.lua:5: task_done: no item")
end
refused()
q:put(1)
refused()  -- it was not taken
q:get()
q:task_done()
refused()
q:put(2)
q:put(3)
q:get()
q:shutdown(true)
q:task_done()
refused()  -- what was dropped is done
