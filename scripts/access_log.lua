-- Summarises a web server's access log with a reader, several parsers and an aggregator on channels.
--
-- usage: access_log.lua FILE          (common or combined log format)
--
--   reader --batches--> parsers --partial sums--> aggregator
--
-- Each stage measures how long it waits for the stage before it (starved) and for the one after it
-- (blocked). The slowest stage is the one that hardly waits, while the others wait for it.

local tm = require "tidemill"

local batch_lines = 1000  -- a message a line would cost more than parsing it

-- Timed channel operations ---------------------------------------------------------------------

local function new_clock()
  return { started = tm.now(), starved = 0, blocked = 0 }
end

-- Iterates over what comes through a channel until it is closed.
local function receive(clock, channel)
  return function()
    local from = tm.now()
    local value = channel:recv()
    clock.starved = clock.starved + tm.now() - from
    return value
  end
end

local function send(clock, channel, value)
  local from = tm.now()
  channel:send(value)
  clock.blocked = clock.blocked + tm.now() - from
end

local function stop(clock)
  clock.total = tm.now() - clock.started
  return clock
end

-- The stages -----------------------------------------------------------------------------------

-- Cuts the file into batches of lines. A batch travels as one string: cheaper than a table of lines.
-- Like the parser below this is a job: it runs in another Lua state, with copies of what it uses.
local function read_log(path, batches)
  local clock, lines = new_clock(), {}
  local opened, file = pcall(tm.fs.lines, path)
  if not opened then return nil, file end  -- the message
  for line in file do
    lines[#lines + 1] = line
    if #lines == batch_lines then
      send(clock, batches, table.concat(lines, "\n"))
      lines = {}
    end
  end
  if #lines > 0 then send(clock, batches, table.concat(lines, "\n")) end
  return stop(clock)
end

local function new_sums()
  return { lines = 0, malformed = 0, bytes = 0, status = {}, hour = {}, path = {} }
end

-- 127.0.0.1 - ann [17/May/2015:10:05:03 +0000] "GET /index.html?q=1 HTTP/1.1" 200 2326 ...
local function parse_line(line, sums)
  local day, hour, request, status, bytes =
    line:match('^%S+ .-%[(%d+/%a+/%d+):(%d%d):[^%]]*%] "(.-)" (%d%d%d) (%S+)')
  if not day then
    sums.malformed = sums.malformed + 1
    return
  end
  hour = day .. " " .. hour .. ":00"
  local path = request:match("^%S+ ([^ ?]+)") or request  -- without the query
  sums.bytes = sums.bytes + (math.tointeger(bytes) or 0)  -- "-": there was no body
  sums.status[status] = (sums.status[status] or 0) + 1
  sums.hour[hour] = (sums.hour[hour] or 0) + 1
  sums.path[path] = (sums.path[path] or 0) + 1
end

-- Sums up each batch, so that the aggregator gets a small table instead of every line.
local function parse_log(batches, sums_of_batches)
  local clock = new_clock()
  for batch in receive(clock, batches) do
    local sums = new_sums()
    for line in (batch .. "\n"):gmatch("(.-)\r?\n") do
      sums.lines = sums.lines + 1
      parse_line(line, sums)
    end
    send(clock, sums_of_batches, sums)
  end
  return stop(clock)
end

local function aggregate(sums_of_batches)
  local clock, all = new_clock(), new_sums()
  for sums in receive(clock, sums_of_batches) do
    for key, value in pairs(sums) do
      if type(value) == "table" then
        local counts = all[key]
        for name, n in pairs(value) do counts[name] = (counts[name] or 0) + n end
      else
        all[key] = all[key] + value
      end
    end
  end
  return all, stop(clock)
end

-- The report -----------------------------------------------------------------------------------

local function with_commas(n)
  local text = tostring(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local function print_ranking(title, counts, n, share_of)
  local names = {}
  for name in pairs(counts) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  if #names == 0 then return end
  print("\n" .. title)
  for i = 1, math.min(n, #names) do
    local name = names[i]:gsub("[%c\x7f-\xff]", "?")  -- a log holds what strangers have sent
    if #name > 56 then name = name:sub(1, 53) .. "..." end
    print(("  %12s  %4.1f %%  %s"):format(with_commas(counts[names[i]]), 100 * counts[names[i]] / share_of, name))
  end
end

-- `stages` is a list of { name, clock of each copy... }. Working is all that is not waiting: with more
-- stages than CPUs also the time in which another one had the CPU.
local function print_stages(stages, seconds)
  print(("\n%-12s %6s %10s %10s %10s"):format("Stage", "copies", "working", "starved", "blocked"))
  local slowest, most = nil, -1
  for _, stage in ipairs(stages) do
    local copies, total, starved, blocked = #stage - 1, 0, 0, 0
    for i = 2, #stage do
      total, starved = total + stage[i].total, starved + stage[i].starved
      blocked = blocked + stage[i].blocked
    end
    local working = total - starved - blocked
    local share = working / (copies * seconds)
    if share > most then slowest, most = stage[1], share end
    print(("%-12s %6d %8.3f s %8.3f s %8.3f s"):format(stage[1], copies, working, starved, blocked))
  end
  print(("\nSlowest stage: %s, working %.0f %% of the time."):format(slowest, 100 * most))
end

-- The main task --------------------------------------------------------------------------------

local function fail(message)
  io.stderr:write("access_log: ", message, "\n")
  os.exit(1)
end

local function main(path, ...)
  if not path or select("#", ...) > 0 then
    io.stderr:write("usage: access_log.lua FILE\n")
    os.exit(2)
  end
  -- Bounded, so that a fast stage waits for a slow one instead of filling the memory.
  local batches = tm.channel(16, "batches")
  local sums_of_batches = tm.channel(16, "sums")
  local started = tm.now()
  local reading = tm.pool { workers = 1, name = "reader" }
  local parsing = tm.pool { name = "parser" }
  local reader = reading:submit(read_log, path, batches)
  local parsers = {}
  for i = 1, parsing:stats().workers do
    parsers[i] = parsing:submit(parse_log, batches, sums_of_batches)
  end
  -- Whoever ends a stage closes its channel, also when the stage has failed: so nobody waits for ever.
  tm.spawn(function()
    reader:join()
    batches:close()
  end)
  tm.spawn(function()
    for _, parser in ipairs(parsers) do parser:join() end
    batches:close()
    sums_of_batches:close()
  end)
  local sums, aggregator = aggregate(sums_of_batches)

  local seconds = tm.now() - started
  local stages = { { "reader" }, { "parsers" }, { "aggregator", aggregator } }
  for i, parser in ipairs(parsers) do stages[2][i + 1] = parser:await() end
  local clock, message = reader:await()
  if not clock then fail(message:gsub("^.-:%d+: ", "")) end  -- without our line number
  stages[1][2] = clock
  if sums.lines == 0 then return print(path .. ": no lines") end

  local requests = sums.lines - sums.malformed
  print(("%s: %s requests, %s bytes sent, %s malformed lines"):format(
    path, with_commas(requests), with_commas(sums.bytes), with_commas(sums.malformed)))
  print_ranking("Requests per status", sums.status, 10, requests)
  print_ranking("Busiest hours", sums.hour, 5, requests)
  print_ranking("Busiest paths", sums.path, 10, requests)
  print_stages(stages, seconds)
  print(("%.3f s for %s lines: %s lines/s"):format(seconds, with_commas(sums.lines),
    with_commas(sums.lines * 1000 // math.max(1, math.floor(seconds * 1000)))))
end

main(...)
