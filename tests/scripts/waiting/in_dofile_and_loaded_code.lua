local tm, check = require "tidemill", require "_helper"

local path = os.tmpname()
tm.fs.write(path, 'local tm = require "tidemill" tm.sleep(0.001) return "from the file", ...')
check.equal({ dofile(path) }, { "from the file" })
check.equal({ loadfile(path)(1, 2) }, { "from the file", 1, 2 })
check.equal(load 'local tm = require "tidemill" tm.yield() return 5' (), 5)
tm.fs.write(path, "return 1 +")
check.raises(function() dofile(path) end, path:gsub("%p", "%%%0"))
os.remove(path)
check.raises(function() dofile(path) end, "No such file")
check.truthy(select(2, load(string.dump(function() end))):find "binary chunk")
