local tm, check = require "tidemill", require "_helper"

check.raises(function() for _ in tm.fs.lines "/no/such/file" do end end,
  "lines_of_what_cannot_be_read.lua:%d+: /no/such/file: ")
check.raises(function() for _ in tm.fs.lines "/tmp" do end end, "/tmp: ")
check.raises(function() tm.fs.lines() end, "string expected")
