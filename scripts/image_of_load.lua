-- A pool under a changing load, as a picture: what its workers did and how long the queue was.
--
-- usage: image_of_load.lua [FILE [SECONDS [WORKERS]]]
-- default: a file in the temporary folder, 6, and one worker per CPU; the file is SVG, which every
-- browser shows
--
-- The load goes through phases: few jobs, a rush that is more than the workers can do, a pause in which
-- they work off the queue, a slow wave, and single large jobs. A background task looks at pool:stats()
-- at even intervals: the time that each worker was busy since the last look, and the queue.

local tm = require "tidemill"

local function fail(message)
  io.stderr:write("image_of_load: ", message, "\n")
  os.exit(1)
end

-- The load ------------------------------------------------------------------------------------------

local function spin(seconds)
  local ends, x = tm.now() + seconds, 0
  while tm.now() < ends do
    for i = 1, 100 do x = x + i end
  end
end

-- Shares of the whole time; the load in parts of what the workers can do; the size of a job in parts
-- of a hundredth of the whole time.
local phases = {
  { name = "calm", share = 0.16, load = function() return 0.3 end, size = 0.25 },
  { name = "rush", share = 0.14, load = function() return 2.0 end, size = 0.25 },
  { name = "working it off", share = 0.22, load = function() return 0.15 end, size = 0.25 },
  { name = "a wave", share = 0.28, load = function(x) return 0.55 - 0.45 * math.cos(4 * math.pi * x) end, size = 0.25 },
  { name = "large jobs", share = 0.20, load = function() return 0.6 end, size = 4 },
}

-- Submits jobs through all phases: when each phase began, how many jobs there were, and their time.
local function submit_load(pool, workers, total)
  local started, jobs, work, begins = tm.now(), {}, 0, {}
  local due = started
  local ends = started
  for i, phase in ipairs(phases) do
    local length = phase.share * total
    local begin = ends
    ends = begin + length
    begins[i] = begin - started
    local size = phase.size * total / 100
    while due < ends do
      if tm.now() < due then tm.sleep(due - tm.now()) end
      jobs[#jobs + 1] = pool:submit(spin, size)
      work = work + size
      -- So much work in so much time is the load.
      local load = phase.load(math.max(0, due - begin) / length)
      due = due + size / (workers * math.max(load, 0.02))
    end
    due = math.max(due, begin)
    if due > ends then due = ends end
  end
  begins[#phases + 1] = tm.now() - started  -- no more jobs come in
  for _, job in ipairs(jobs) do job:await() end
  return begins, #jobs, work, tm.now() - started
end

-- Looks every `interval` until it is cancelled.
local function sample(pool, interval, samples)
  local started = tm.now()
  local last, last_moment = pool:stats().busy, started
  for _ in tm.every(interval) do
    local stats, moment = pool:stats(), tm.now()
    local shares = {}
    for worker = 1, stats.workers do
      local busy = (stats.busy[worker] or 0) - (last[worker] or 0)
      shares[worker] = math.max(0, math.min(1, busy / (moment - last_moment)))
    end
    samples[#samples + 1] = { from = last_moment - started, to = moment - started, shares = shares, queued = stats.queued }
    last, last_moment = stats.busy, moment
  end
end

-- The picture ---------------------------------------------------------------------------------------

local width, left, right, top = 1000, 70, 30, 92

local function escape(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- A colour from pale to strong blue.
local function shade(share)
  local function between(a, b) return math.floor(a + (b - a) * share + 0.5) end
  return ("#%02x%02x%02x"):format(between(236, 22), between(241, 86), between(247, 148))
end

-- The next of 1, 2, 4, 6, 8, 10, 20, 40, ... that is not less: its half is round, too.
local function round_up(n)
  local unit = 10 ^ math.floor(math.log(math.max(n, 1), 10) + 1e-9)
  for _, factor in ipairs { 1, 2, 4, 6, 8, 10 } do
    if factor * unit >= n then return math.tointeger(factor * unit) or factor * unit end
  end
end

local function draw(samples, begins, workers, seconds, facts)
  local row = math.max(8, math.min(34, 240 // workers))
  local rows_height, gap, panel = row * workers, 46, 130
  local load_top = top + rows_height + gap
  local queue_top = load_top + panel + gap
  local height = queue_top + panel + 62
  local plot = width - left - right
  local parts = {}
  local function add(text, ...) parts[#parts + 1] = select("#", ...) > 0 and text:format(...) or text end
  local function x(moment) return left + plot * math.min(moment / seconds, 1) end
  local function text(px, py, class, content) add('<text x="%.1f" y="%.1f" class="%s">%s</text>', px, py, class, escape(content)) end

  add('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">', width, height, width, height)
  add [[<style>
  text { font-family: sans-serif; font-size: 12px; fill: #4a5560 }
  .title { font-size: 20px; font-weight: bold; fill: #1b2733 }
  .panel { font-size: 13px; font-weight: bold; fill: #1b2733 }
  .right { text-anchor: end } .middle { text-anchor: middle }
  .phase { text-anchor: middle; font-style: italic; fill: #7a8691 }
</style>]]
  add('<rect width="%d" height="%d" fill="#ffffff"/>', width, height)
  text(left, 32, "title", "A pool of " .. workers .. (workers == 1 and " worker" or " workers") .. " under a changing load")
  text(left, 52, "", facts)

  -- Phases, through all panels.
  for i, begin in ipairs(begins) do
    local from, to = x(begin), x(begins[i + 1] or seconds)
    if i % 2 == 0 then
      add('<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#f6f3ec"/>', from, top - 22, to - from, queue_top + panel - top + 22)
    end
    local name = phases[i] and phases[i].name or "the rest"
    if to - from > 7 * #name then text((from + to) / 2, top - 8, "phase", name) end
  end

  -- Each worker as a strip.
  for worker = 1, workers do
    local y = top + (worker - 1) * row
    if row >= 14 or worker == 1 or worker == workers then
      text(left - 8, y + row / 2 + 4, "right", row >= 14 and "worker " .. worker or tostring(worker))
    end
    for _, s in ipairs(samples) do
      add('<rect x="%.2f" y="%.1f" width="%.2f" height="%.1f" fill="%s" shape-rendering="crispEdges"/>', x(s.from), y + 1, x(s.to) - x(s.from) + 0.3,
        row - 2, shade(s.shares[worker]))
    end
  end
  -- Legend of the strips.
  local legend = width - right - 210
  text(legend - 8, 46, "right", "idle")
  for i = 0, 20 do
    add('<rect x="%.1f" y="36" width="8.5" height="12" fill="%s"/>', legend + i * 8, shade(i / 20))
  end
  text(legend + 176, 46, "", "busy")

  -- A panel with an area: values 0 to most.
  local function area(y, title, most, unit, colour, line, value, stepped)
    text(left, y - 10, "panel", title)
    for _, part in ipairs { 0, 0.5, 1 } do
      local at = y + panel * (1 - part)
      add('<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#d9dee3"/>', left, at, width - right, at)
      text(left - 8, at + 4, "right", ("%g%s"):format(most * part, unit))
    end
    local points = {}
    for _, s in ipairs(samples) do
      local at = y + panel * (1 - math.min(value(s) / most, 1))
      if stepped then
        points[#points + 1] = ("%.2f,%.2f %.2f,%.2f"):format(x(s.from), at, x(s.to), at)
      else
        points[#points + 1] = ("%.2f,%.2f"):format(x(s.to), at)
      end
    end
    local curve = table.concat(points, " ")
    add('<polygon points="%.2f,%d %s %.2f,%d" fill="%s"/>', x(samples[1].from), y + panel, curve, x(samples[#samples].to),
      y + panel, colour)
    add('<polyline points="%s" fill="none" stroke="%s" stroke-width="1.6" stroke-linejoin="round"/>', curve, line)
  end
  area(load_top, "Utilisation of all workers", 100, " %", "#cfe0f2", "#165694", function(s)
    local sum = 0
    for _, share in ipairs(s.shares) do sum = sum + share end
    return 100 * sum / workers
  end, true)
  local longest = 1
  for _, s in ipairs(samples) do longest = math.max(longest, s.queued) end
  area(queue_top, "Jobs in the queue", round_up(longest), "", "#f7d9c4", "#c2571a", function(s) return s.queued end)

  -- The axis of time.
  local bottom = queue_top + panel
  local step = round_up(seconds * 100 / 10) / 100
  for i = 0, math.floor(seconds / step + 1e-9) do
    local at = x(i * step)
    add('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#4a5560"/>', at, bottom, at, bottom + 5)
    text(at, bottom + 20, "middle", ("%g"):format(i * step))
  end
  add('<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#4a5560"/>', left, bottom, width - right, bottom)
  text(left + plot / 2, bottom + 42, "middle", "seconds")
  add "</svg>\n"
  return table.concat(parts, "\n")
end

-- The main task -------------------------------------------------------------------------------------

local function main(path, total, workers)
  local pool <close> = tm.pool { workers = workers, name = "load" }
  local samples = {}
  local sampler = tm.background(sample, pool, total / 150, samples)
  local begins, jobs, work, seconds = submit_load(pool, workers, total)
  tm.sleep(total / 75)  -- so that the last look has seen the end
  sampler:cancel()

  local stats = pool:stats()
  local busy, seen = 0, 0
  for _, s in ipairs(stats.busy) do busy = busy + s end
  for _, s in ipairs(samples) do
    for _, share in ipairs(s.shares) do seen = seen + share * (s.to - s.from) end
  end
  local facts = ("%d jobs with %.1f s of work in %.1f s"):format(jobs, work, seconds)
  if stats.queue_time then
    facts = facts .. (", on average %.0f ms in the queue and %.0f ms at work"):format(stats.queue_time.mean * 1000,
      stats.service_time.mean * 1000)
  end
  local svg = draw(samples, begins, workers, samples[#samples].to, facts)
  local ok, message = tm.fs.write(path, svg)
  if not ok then fail(message) end
  print(facts)
  print(("  busy for %.2f s in all, %.2f s of it in the picture"):format(busy, seen))
  print(stats)
  print(path)
  if stats.completed ~= jobs then fail("there were " .. jobs .. " jobs, and " .. stats.completed .. " have ended") end
  if busy < 0.9 * work then fail("the workers were busy for less time than their jobs took") end
  if math.abs(seen - busy) > 0.1 * busy + workers * total / 50 then fail("the picture does not show what the workers did") end
end

-- Arguments -----------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("image_of_load: ", message, "\nusage: image_of_load.lua [FILE [SECONDS [WORKERS]]]\n")
  os.exit(2)
end

local function number(word, what, least, most)
  local n = tonumber(word)
  if not n or not (n >= least and n <= most) then
    misuse(("%s must be a number from %g to %g, not '%s'"):format(what, least, most, word))
  end
  return n
end

local function temporary_file()
  local name = os.tmpname()
  os.remove(name)
  return name .. ".svg"
end

if #arg > 3 then misuse("too many arguments") end
if arg[1] and arg[1]:find("^%-") then misuse("there is no option " .. arg[1]) end
local workers = arg[3] and math.tointeger(number(arg[3], "WORKERS", 1, 256))
if arg[3] and not workers then misuse("WORKERS must be a whole number") end
main(arg[1] or temporary_file(), number(arg[2] or "6", "SECONDS", 0.2, 3600), workers or tm.stats().cpus)
