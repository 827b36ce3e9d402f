local tm, check = require "tidemill", require "_helper"

local shared = { "shared" }
local key = { "key" }
local root = { shared, shared, [key] = "by table", [1.5] = "float", [true] = "boolean", [-1] = "negative",
  text = "", list = { 1, 2, nil, 4 }, nested = { shared = shared } }
root.self, key.root, root.key, root.nested.up = root, root, key, root

local pool <close> = tm.pool { workers = 1 }
local ch = tm.channel(1)
ch:send(root)
for _, copy in ipairs { (pool:submit(function(t) return t end, root):await()), (ch:recv()) } do
  check.truthy(copy ~= root and copy.self == copy and copy.nested.up == copy)
  check.truthy(copy[1] == copy[2] and copy[1] == copy.nested.shared and copy[1] ~= shared)
  check.truthy(copy.key ~= key and copy[copy.key] == "by table" and copy.key.root == copy)
  check.equal({ copy[1.5], copy[true], copy[-1], copy.text }, { "float", "boolean", "negative", "" })
  check.equal({ copy.list[1], copy.list[3], copy.list[4] }, { 1, nil, 4 })
end

local across = table.pack(pool:submit(function(a, b) return a == b, a, b end, shared, shared):await())
check.truthy(across[1] and across[2] == across[3], "sharing across arguments")
