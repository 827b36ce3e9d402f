-- stderr~ ^tidemill: warning: %C* assigns captured
-- timeout: 400
-- Random values, copied through a channel and through jobs, are equal in everything: structure,
-- sharing, cycles, subtypes and bits. A failure prints the smallest value found that fails, and the
-- seed with which `tidemill THIS_FILE SEED` finds it again.
local tm, check = require "tidemill", require "_helper"
local graph = require "transfer._graph"

local seed = tonumber(arg[1]) or 20260
math.randomseed(seed)
local ch, pool <close> = tm.channel(1), tm.pool { workers = 1 }

local function through_channel(value)
  ch:send(value)
  return (ch:recv())
end
local function through_job(value)
  return (pool:submit(function(v) return v end, value):await())
end

-- What is wrong with the copy that `send` makes of the recipe's value; nil if nothing is.
local function problem_of(recipe, send)
  local value = graph.build(recipe)
  local ok, copy = pcall(send, value)
  if not ok then return tostring(copy) end
  return graph.differs(value, copy)
end

local function fail(recipe, send)
  recipe = graph.shrink(recipe, function(r) return problem_of(r, send) end)
  error(("%s\nseed %d, %s:\n%s"):format(problem_of(recipe, send), seed,
    send == through_job and "through a job" or "through a channel", graph.text(recipe)), 0)
end

local batch, recipes = {}, {}
for i = 1, check.times(100000, 5000) do
  local recipe = graph.random()
  if problem_of(recipe, through_channel) then fail(recipe, through_channel) end
  batch[#batch + 1], recipes[#recipes + 1] = graph.build(recipe), recipe
  if #batch == 100 then
    local copies = through_job(batch)
    for k, value in ipairs(batch) do
      if graph.differs(value, copies[k]) then fail(recipes[k], through_job) end
    end
    batch, recipes = {}, {}
  end
end
