-- As Lua's io: nil, a message with the path, the errno.
local tm, check = require "tidemill", require "_helper"

local function fails(code, pattern, ...)
  local ok, message, number = ...
  check.equal({ ok, number }, { nil, code }, message)
  check.truthy(message:find(pattern), message)
end
local ENOENT, EISDIR, ENOTDIR, ENOSPC = 2, 21, 20, 28
fails(ENOENT, "^/no/such/file: ", tm.fs.read "/no/such/file")
fails(ENOENT, "^/no/such/file: ", tm.fs.write("/no/such/file", "x"))
fails(ENOENT, "^/no/such/file: ", tm.fs.stat "/no/such/file")
fails(EISDIR, "^/tmp: ", tm.fs.read "/tmp")
fails(EISDIR, "^/tmp: ", tm.fs.write("/tmp", "x"))
fails(ENOTDIR, "^/dev/null/x: ", tm.fs.stat "/dev/null/x")
fails(ENOENT, "", tm.fs.read "")
fails(ENOSPC, "^/dev/full: ", tm.fs.write("/dev/full", "x"))
for _, call in pairs(tm.fs) do
  check.raises(call, "string expected")
  check.raises(function() call {} end, "string expected")
end
check.raises(function() tm.fs.read "a\0b" end, "zero")
check.raises(function() tm.fs.lines "a\0b" end, "_code.lua:%d+: bad argument #1 to 'lines' %(path contains a zero byte%)")
check.raises(function() tm.fs.lines {} end, "_code.lua:%d+: bad argument #1 to 'lines' %(string expected, got table%)")
check.raises(function() tm.fs.write "/tmp/x" end, "string expected")
