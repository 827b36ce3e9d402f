local tm = require "tidemill"

local pool <close> = tm.pool { workers = 2 }
local bar = tm.progress(3, "jobs")
local count = 0
for i = 1, 3 do
  pool:submit(function()
    count = count + 1
    print("line " .. i)
    bar:add()
  end):await()
end
bar:close()
print "end of the script"
