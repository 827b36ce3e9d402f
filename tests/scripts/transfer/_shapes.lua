-- Runs functions of many shapes here, in a job, and as a copy that came through a channel: all three
-- must give the same. A shape is a function that makes the function to try, afresh each time, and
-- returns it with its arguments; it has a name, which a failure tells.
local tm, check = require "tidemill", require "_helper"

return function(shapes)
  local pool <close> = tm.pool { workers = 1 }
  local ch = tm.channel(1)
  local names = {}
  for name in pairs(shapes) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local make = shapes[name]
    local function here(fn, ...) return table.pack(pcall(fn, ...)) end
    local function in_job(...) return table.pack(pool:submit(...):join()) end
    local function copied(...)
      ch:send(...)
      return here(ch:recv())
    end
    local expected = here(make())
    check.equal(expected[1], true, name .. " fails here: " .. tostring(expected[2]))
    local result = in_job(make())
    check.equal(result[1], true, name .. " fails in a job: " .. tostring(result[2]))
    check.equal(result, expected, name .. ", in a job")
    check.equal(copied(make()), expected, name .. ", copied")
  end
end
