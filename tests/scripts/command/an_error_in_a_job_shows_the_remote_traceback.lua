-- exit: 1
-- stderr~ ^tidemill: %S*shows_the_remote_traceback.lua:9: bad line 7
-- stderr~ shows_the_remote_traceback.lua:14: in main chunk
-- stderr~ in item 7 of a map.*shows_the_remote_traceback.lua:9: in .*parse
local tm = require "tidemill"

local function parse(n)
  -- Raised on another worker.
  if n == 7 then error("bad line " .. n) end
  return n
end

local pool = tm.pool { workers = 2 }
for _ in pool:map(function(n) local r = parse(n) return r end, 10) do end
