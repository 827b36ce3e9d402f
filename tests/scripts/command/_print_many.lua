-- What print_from_many_jobs_is_whole_lines.lua runs: each of four jobs prints its line 200 times.
local tm = require "tidemill"

local pool = tm.pool { workers = 4 }
for i = 1, 4 do
  pool:submit(function()
    for n = 1, 200 do
      print(string.char(96 + i):rep(80), i)
      if n % 20 == 0 then tm.yield() end
    end
  end)
end
