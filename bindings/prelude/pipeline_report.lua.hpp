R"lua(
-- What a pipeline says of itself: where the time went, what holds it up, what more workers would bring.
local tm, core = ...
local type, tostring, setmetatable, ipairs = type, tostring, setmetatable, ipairs
local link_stats = core.link_stats

local Report = { __name = "pipeline report" }
core.own_class("tidemill.pipeline_report", Report)

local function with_commas(n)
  local text = ("%d"):format(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local function row(part, account, elapsed)
  local items_in = account.items
  return {
    name = part.name, kind = part.kind, workers = part.workers,
    items_in = items_in, items_out = account.made,
    busy = account.busy, computed = account.computed, starved = account.starved, blocked = account.blocked, ready = account.ready,
    rate = elapsed > 0 and items_in / elapsed or 0,
  }
end

-- The rows of all parts in order. What is behind a part: a list of several items becomes one row more.
local function rows_of(plan, elapsed)
  local rows = {}
  local stats = {}
  for i, link in ipairs(plan.links) do stats[i] = link_stats(link) end
  for i, part in ipairs(plan.parts) do
    local account = i == 1 and stats[1].producer or stats[i - 1].consumers
    local new = row(part, account, elapsed)
    if i == 1 then
      new.items_in, new.items_out = nil, account.made
      new.rate = elapsed > 0 and account.made / elapsed or 0
    elseif i == #plan.parts then
      new.items_out = nil
    end
    if i > 1 then new.queue = stats[i - 1].peak end
    if part.kind ~= "relay" then rows[#rows + 1] = new end
    if part.batch_name then
      rows[#rows + 1] = {
        name = part.batch_name, kind = "batch", workers = part.kind == "relay" and 1 or 0,
        items_in = account.made, items_out = stats[i].put,
        busy = part.kind == "relay" and new.busy or 0, starved = part.kind == "relay" and new.starved or 0,
        blocked = part.kind == "relay" and new.blocked or 0, ready = part.kind == "relay" and new.ready or 0,
        rate = elapsed > 0 and account.made / elapsed or 0, queue = part.kind == "relay" and new.queue or nil,
      }
    end
  end
  return rows
end

local function percent(share) return ("%.0f %%"):format(100 * share) end

local function title_of(entry)
  if entry.kind == "source" then return "the source" end
  return ("%s %q"):format(entry.is_sink and "sink" or "stage", entry.name)
end

local function plural(n, noun) return ("%d %s%s"):format(n, noun, n == 1 and "" or "s") end

-- What holds the pipeline up, in words. With more workers the run would still take as long as the other
-- parts and the processors need: `cpu` is the time of these, that of the whole program meanwhile or what
-- was only computed, if that is more because others had the processors too.
local function bottleneck_of(rows, elapsed, cpu, cpus)
  local slowest, next_slowest
  for _, entry in ipairs(rows) do
    if entry.workers > 0 then
      entry.share = elapsed > 0 and entry.busy / (entry.workers * elapsed) or 0
      if not slowest or entry.share > slowest.share then
        slowest, next_slowest = entry, slowest
      elseif not next_slowest or entry.share > next_slowest.share then
        next_slowest = entry
      end
    end
  end
  if slowest.share < 0.5 then
    local cpu_share = elapsed > 0 and cpu / (cpus * elapsed) or 0
    return nil, ("no part was busy for more than %s of the time%s"):format(percent(slowest.share),
      cpu_share > 0.8 and (": the %s were, to %s"):format(plural(cpus, "processor"), percent(cpu_share)) or "")
  end
  local text = ("%s was busy %s of the time with %s"):format(title_of(slowest), percent(slowest.share),
    plural(slowest.workers, "worker"))
  if slowest.kind == "source" or slowest.is_sink then
    return slowest, ("%s was busy %s of the time, and sets the pace"):format(title_of(slowest), percent(slowest.share))
  end
  local others = next_slowest.share * elapsed
  local processors = cpu / cpus
  local floor = others > processors and others or processors
  local function time_with(workers)
    local own = slowest.busy / workers
    return own > floor and own or floor
  end
  local gain = elapsed / time_with(math.huge)
  if slowest.kind == "batch" then
    return slowest, text .. ": larger lists before it would help"
  elseif gain < 1.1 then
    local why = processors > others and ("the %s are busy as well"):format(plural(cpus, "processor"))
      or ("%s is nearly as busy (%s)"):format(title_of(next_slowest), percent(next_slowest.share))
    return slowest, ("%s: more would not help, %s"):format(text, why)
  end
  local workers = slowest.workers + 1
  while workers < 1024 and elapsed / time_with(workers) < 0.9 * gain do workers = workers + 1 end
  local limit = processors > others and ("then the %s are busy"):format(plural(cpus, "processor"))
    or ("then %s is the slowest"):format(title_of(next_slowest))
  return slowest, ("%s: %d workers would bring about %.1f×, %s"):format(text, workers, elapsed / time_with(workers), limit)
end

-- The report of a plan that runs or has ended.
function core.pipeline_report(plan)
  local ended = plan.ended or tm.now()
  local elapsed = ended - plan.started
  local rows = rows_of(plan, elapsed)
  rows[#rows].is_sink = true
  local worked, computed = 0, 0
  for _, entry in ipairs(rows) do
    worked = worked + entry.busy
    computed = computed + (entry.computed or 0)
  end
  local cpu = (plan.cpu_ended or os.clock()) - plan.cpu_started
  local slowest, text = bottleneck_of(rows, elapsed, math.max(cpu, computed), core.usable_cpus())
  local report = setmetatable({
    name = plan.name, elapsed = elapsed, cpu = cpu, running = plan.ended == nil or nil,
    source = rows[1], sink = rows[#rows], stages = table.move(rows, 2, #rows - 1, 1, {}),
    bottleneck = text, slowest = slowest and slowest.name,
    speedup = elapsed > 0 and worked / elapsed or 0, work = worked,
    items = rows[1].items_out, result = plan.result,
  }, Report)
  if plan.skips then
    report.errors = { n = plan.skips.count:get() }
    table.move(plan.samples, 1, #plan.samples, 1, report.errors)
  end
  return report
end

local function cell(value, share)
  if value == nil then return "-" end
  return share and percent(share) or with_commas(value)
end

local function lines_of(report)
  local rows = { report.source }
  table.move(report.stages, 1, #report.stages, 2, rows)
  rows[#rows + 1] = report.sink
  local cells = { { "part", "workers", "in", "out", "busy", "starved", "blocked", "ready", "items/s", "queue" } }
  for _, entry in ipairs(rows) do
    local whole = entry.workers * report.elapsed
    local function share(value) return whole > 0 and percent(value / whole) or "-" end
    cells[#cells + 1] = {
      entry.name, entry.workers > 0 and tostring(entry.workers) or "-",
      cell(entry.items_in), cell(entry.items_out),
      share(entry.busy), share(entry.starved), share(entry.blocked), share(entry.ready),
      with_commas(entry.rate // 1), cell(entry.queue),
    }
  end
  local widths = {}
  for _, line in ipairs(cells) do
    for i, text in ipairs(line) do
      widths[i] = math.max(widths[i] or 0, utf8.len(text) or #text)
    end
  end
  local lines = {}
  for _, line in ipairs(cells) do
    local padded = {}
    for i, text in ipairs(line) do
      local room = (" "):rep(widths[i] - (utf8.len(text) or #text))
      padded[i] = i == 1 and text .. room or room .. text
    end
    lines[#lines + 1] = "  " .. table.concat(padded, "  ")
  end
  return lines
end

function Report.__tostring(report)
  local per_second = report.elapsed > 0 and report.items / report.elapsed or 0
  local lines = lines_of(report)
  table.insert(lines, 1, ("pipeline %q: %s items in %.3f s, %s a second%s"):format(report.name,
    with_commas(report.items), report.elapsed, with_commas(per_second // 1), report.running and ", still running" or ""))
  lines[#lines + 1] = "bottleneck: " .. report.bottleneck
  lines[#lines + 1] = ("speed-up: %.2f× over one part after another (%.3f s of work)"):format(report.speedup, report.work)
  local errors = report.errors
  if errors and errors.n > 0 then
    lines[#lines + 1] = ("skipped: %s"):format(plural(errors.n, "error"))
    for i = 1, math.min(3, #errors) do lines[#lines + 1] = "  " .. errors[i].message end
    if errors.n > 3 then lines[#lines + 1] = ("  and %s more"):format(with_commas(errors.n - 3)) end
  end
  return table.concat(lines, "\n")
end
)lua"
