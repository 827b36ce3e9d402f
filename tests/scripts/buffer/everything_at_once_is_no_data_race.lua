-- Meant for the thread sanitizer, and for elements that are torn: both would be seen here.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
local rounds = check.times(300, 20)
local one, other = -1 / 3, 1e300 / 7  -- no byte in common with 0 or each other's
for _, type in ipairs { "f64", "i32", "u8" } do
  local values = type == "f64" and { 0, one, other } or type == "i32" and { 0, 0x12345678, -2 } or { 0, 90, 255 }
  local b = tm.buffer(3001, type)
  local function write(value)
    for round = 1, rounds do
      b:fill(value, 2)
      b:copy(b:slice(1, 1500), 3)
      b:copy({ value, value }, round)
      for i = 1, 3000, 100 do b[i] = value end
    end
  end
  local function read()
    local known, torn = { [values[1]] = true, [values[2]] = true, [values[3]] = true }, 0
    for _ = 1, rounds do
      b:sum()
      b:max()
      local seen = tm.buffer(b, type)
      b:tostring(2)
      for i = 1, 3001, 11 do
        if not known[b[i]] or not known[seen[i]] then torn = torn + 1 end
      end
    end
    return torn
  end
  local jobs = { pool:submit(write, values[2]), pool:submit(write, values[3]), pool:submit(read), pool:submit(read) }
  jobs[1]:await()
  jobs[2]:await()
  check.equal({ jobs[3]:await(), jobs[4]:await() }, { 0, 0 })
end
