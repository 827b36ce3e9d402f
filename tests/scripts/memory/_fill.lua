-- Fills what arg[1] names until an error ends it, then shows that the program goes on.
local tm = require "tidemill"

-- Long, so that there need not be many.
local function key(i) return ("k"):rep(2000) .. i end

local fill = {
  queue = function()
    local queue = tm.queue()
    while true do queue:put(1) end
  end,
  priority = function()
    local queue = tm.queue { order = "priority" }
    for i = 1, math.huge do queue:try_put(1, -i) end
  end,
  pipe = function()
    local near, far = tm.pipe { capacity = math.huge }
    while true do near:send(far and true) end
  end,
  channel = function()
    local channel = tm.channel(math.huge)
    while true do channel:send(1) end
  end,
  select = function()
    local channel = tm.channel(math.huge)
    while true do tm.select { channel:sending(1) } end
  end,
  set = function()
    local dict = tm.dict()
    for i = 1, math.huge do dict:set(key(i), i) end
  end,
  incr = function()
    local dict = tm.dict()
    for i = 1, math.huge do dict:incr(key(i)) end
  end,
  update = function()
    local dict = tm.dict()
    for i = 1, math.huge do dict:update(key(i), function() return i end) end
  end,
  cas = function()
    local dict = tm.dict()
    for i = 1, math.huge do dict:cas(key(i), nil, i) end
  end,
  keys = function()
    local dict, lists = tm.dict(), {}
    for i = 1, 200000 do dict:set(i, i) end
    for i = 1, math.huge do lists[i] = dict:keys() end
  end,
  objects = function()
    local kept = {}
    for i = 1, math.huge, 5 do
      kept[i], kept[i + 1], kept[i + 2], kept[i + 3] = tm.queue(), tm.dict(), tm.channel(), tm.atomic()
      kept[i + 4] = table.pack(tm.pipe())
    end
  end,
}
local ok, problem = pcall(fill[arg[1]])
collectgarbage()
print(ok, (tostring(problem):gsub("^.*:%d+: ", "")))
