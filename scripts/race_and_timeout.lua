-- Asks replicas of a service and takes the answer that comes first.
--
-- usage: race_and_timeout.lua
--
-- The replicas are simulated: each sleeps for its delay, then answers or fails. Four ways to ask them:
--
--   tm.race      the first end counts, be it an answer or a failure
--   tm.any       the first answer counts; failures before it are passed over
--   tm.timeout   a deadline for the whole question
--   tm.settle    wait for all and see how each ended
--
-- Whoever is not needed any more is cancelled, and has cleaned up when the call returns.

local tm = require "tidemill"

local delays = { near = 0.02, far = 0.2, down = 0.01, stuck = 60 }  -- seconds

-- The answer of a replica. How the request ended is noted in `ends`.
local function ask(name, ends)
  local outcome = "cancelled"
  local _ <close> = setmetatable({}, { __close = function() ends[name] = outcome end })
  tm.sleep(delays[name])
  if name == "down" then
    outcome = "failed"
    error(name .. ": connection refused", 0)
  end
  outcome = "answered"
  return "answer of " .. name
end

local function requests(names, ends)
  local list = {}
  for i, name in ipairs(names) do
    list[i] = function() return ask(name, ends) end
  end
  return list
end

local function message_of(err)
  if type(err) ~= "table" then return err end
  return err.kind  -- an error of the engine
end

-- Runs one question and prints what came of it, and how the requests ended.
local function show(title, names, question)
  local ends, started = {}, tm.now()
  local ok, result = pcall(question, requests(names, ends))
  local seconds = tm.now() - started
  print(title)
  print("  result     " .. (ok and result or "error: " .. message_of(result)))
  for _, name in ipairs(names) do print(("  %-10s %s"):format(name, ends[name])) end
  print("  in time    " .. (seconds < 10 and "yes" or "no"))  -- nobody waited for the stuck one
end

show("race: the first end", { "near", "far", "stuck" }, tm.race)
show("race: the first end is a failure", { "near", "down", "stuck" }, tm.race)
show("any: the first answer", { "down", "near", "stuck" }, tm.any)
show("timeout: the deadline stops the work", { "stuck", "far" }, function(list)
  return tm.timeout(0.05, tm.any, list)
end)
show("settle: how each ended", { "near", "down" }, function(list)
  local texts = {}
  for i, outcome in ipairs(tm.settle(list)) do
    texts[i] = outcome.ok and outcome.value or message_of(outcome.error)
  end
  return table.concat(texts, "; ")
end)
