local tm, check = require "tidemill", require "_helper"

local root = os.tmpname()
os.remove(root)
os.execute(("mkdir -p %s/a/b %s/empty && cd %s && echo 1 >x.lua && echo 2 >a/y.lua && : >a/b/z.txt && ln -s %s a/loop")
  :format(root, root, root, root))
local function walk(options)
  local found = {}
  for path, stat in tm.fs.walk(root, options) do
    check.truthy(not found[path], path .. " came twice")
    found[path:sub(#root + 2)] = stat.type
  end
  return found
end
local all = walk()
check.equal({ all["x.lua"], all["a/y.lua"], all["a/b/z.txt"] }, { "file", "file", "file" })
for path in pairs(all) do check.truthy(not path:find "loop/", "it follows a symbolic link: " .. path) end
local lua = walk { match = "%.lua$" }
check.equal(lua, { ["x.lua"] = "file", ["a/y.lua"] = "file" })
check.equal(walk { match = function(path, stat) return stat.size == 0 and stat.type == "file" end },
  { ["a/b/z.txt"] = "file" })
for path in tm.fs.walk(root .. "/empty") do check.truthy(not path:find "empty/") end
check.raises(function() tm.fs.walk(root, { match = "%" }) end, "malformed pattern")
check.raises(function() tm.fs.walk(root, { mach = "x" }) end, "unknown option 'mach'")
for _ in tm.fs.walk(root) do break end
os.execute("rm -rf " .. root)
