-- What without_permission.lua runs as an ordinary user, in a directory made for it.
local tm, check = require "tidemill", require "_helper"

local root, EACCES = arg[1], 13
local function refused(...)
  local ok, message, code = ...
  check.equal({ ok, code }, { nil, EACCES }, message)
  check.truthy(message:find("permission denied", 1, true) or message:find("Permission denied", 1, true), message)
end
refused(tm.fs.read(root .. "/secret"))
refused(tm.fs.write(root .. "/secret", "x"))
refused(tm.fs.stat(root .. "/closed/file"))
check.raises(function() tm.fs.lines(root .. "/secret") end, "ermission denied")
local files, errors = {}, {}
for path, stat in tm.fs.walk(root, { match = "file$", on_error = function(path) errors[#errors + 1] = path end }) do
  if stat.type == "file" then files[#files + 1] = path end
end
check.equal(files, { root .. "/open/file" })
check.equal(errors, { root .. "/closed" })
check.raises(function() for _ in tm.fs.walk(root) do end end, "closed: ")
print "done"
