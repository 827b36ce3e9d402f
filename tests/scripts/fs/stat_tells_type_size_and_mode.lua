local tm, check = require "tidemill", require "_helper"

local path = os.tmpname()
tm.fs.write(path, "12345")
local stat = tm.fs.stat(path)
check.equal({ stat.type, stat.size, math.type(stat.size) }, { "file", 5, "integer" })
check.truthy(math.abs(stat.mtime - os.time()) < 60)
check.equal(stat.mode & 0x1FF, 0x180)  -- rw-------
check.equal(tm.fs.stat("/tmp").type, "directory")
check.truthy(tm.fs.stat("/dev/null").type ~= "file")
os.remove(path)
