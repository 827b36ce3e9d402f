-- Globals are each job's own, but what is inside a library table or a module is the worker's: what
-- one job changes there the next one sees, and neither the submitter nor another pool does.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local other <close> = tm.pool { workers = 1 }
local function patch()
  function string.shout(s) return s:upper() .. "!" end
  string = { mine = true }
  table = nil
  return ("a"):shout()
end
local function look() return string.mine, table ~= nil, string.shout ~= nil, ("a").shout ~= nil end
check.equal(pool:submit(patch):await(), "A!")
check.equal({ pool:submit(look):await() }, { nil, true, true, true })
check.equal({ other:submit(look):await() }, { nil, true, false, false })
check.equal({ look() }, { nil, true, false, false })

-- And what the submitter adds there does not travel.
function string.whisper(s) return s:lower() end
check.equal(("A"):whisper(), "a")
check.raises(function() pool:submit(function() return ("A"):whisper() end):await() end, "method 'whisper'")
-- A function can take it along.
local whisper = string.whisper
check.equal(pool:submit(function() return whisper "A" end):await(), "a")
string.whisper = nil
