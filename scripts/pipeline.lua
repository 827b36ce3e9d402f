-- A pipeline of four stages on generated text: its report, and how much faster it is than one loop.
--
-- usage: pipeline.lua [ITEMS [WORKERS]]     (default 4000 and 2)
--
--   records → parse → score ×WORKERS → keep the better half → render → one string
--
-- Each stage runs in copies of its function in other Lua states, all at the same time; what is between
-- two of them is bounded, and the order is kept. The stage "score" has most to do, which is why it has
-- several workers. The same functions in one plain loop must give the same text.

local tm = require "tidemill"

-- The stages -----------------------------------------------------------------------------------

local function record(i)
  return ("id=%d; width=%d; height=%d; name=item-%d"):format(i, i * 7919 % 97 + 3, i * 104729 % 89 + 3, i)
end

local function parse(line)
  local item = {}
  for key, value in line:gmatch("(%a+)=([^;]+)") do item[key] = tonumber(value) or value end
  return item
end

-- How many points of a grid lie inside an ellipse: work for the sake of working.
local function score(item)
  local inside, width, height = 0, item.width, item.height
  for x = -width, width, 2 do
    for y = -height, height, 2 do
      if (x / width) ^ 2 + (y / height) ^ 2 <= 1 then inside = inside + 1 end
    end
  end
  item.score = inside
  return item
end

local function is_better(item) return item.score >= 800 end

local function render(item) return ("%s %d"):format(item.name, item.score) end

-- What the last stage gives, as a sum that depends on every character and on the order.
local function checksum(sum, text)
  for i = 1, #text do sum = (sum * 31 + text:byte(i)) % 1000000007 end
  return sum
end

local function in_one_loop(items)
  local sum = 0
  for i = 1, items do
    local item = score(parse(record(i)))
    if is_better(item) then sum = checksum(sum, render(item)) end
  end
  return sum
end

-- The main task --------------------------------------------------------------------------------

local function main(items, workers)
  local function records()
    local i = 0
    return function()
      i = i + 1
      if i <= items then return record(i) end
    end
  end
  local report = tm.pipeline("records")
    :source(records())
    :stage("parse", parse)
    :stage("score", score, { workers = workers })
    :filter("better", is_better)
    :stage("render", render)
    :fold("checksum", 0, checksum)
    :run()
  local started = tm.now()
  local expected = in_one_loop(items)
  local seconds = tm.now() - started

  print(report)
  print(("checksum %d, as in one loop: %s"):format(report.result, report.result == expected and "yes" or "NO"))
  print(("one loop takes %.3f s, the pipeline %.3f s: %.2f times as fast"):format(
    seconds, report.elapsed, seconds / report.elapsed))
  if report.result ~= expected then os.exit(1) end
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("pipeline: ", message, "\nusage: pipeline.lua [ITEMS [WORKERS]]\n")
  os.exit(2)
end

local function count(word, what, most)
  local n = math.tointeger(tonumber(word))
  if not n or n < 1 or n > most then
    misuse(("%s must be a whole number from 1 to %d, not '%s'"):format(what, most, word))
  end
  return n
end

if #arg > 2 then misuse("too many arguments") end
main(count(arg[1] or "4000", "ITEMS", 1e9 // 1 | 0), count(arg[2] or "2", "WORKERS", 64))
