-- What a web server's access log says: a report from a pipeline that reads, parses and counts it.
--
-- usage: log_report.lua [-v] [FILE...]     (common or combined log format; default: a small log of its own)
--        -v   also where the time went, on standard error
--
--   lines of all files → lists of 512 → count ×CPUs → one sum
--
-- The workers count each list for themselves and give a small table, so that hardly anything has to be
-- copied; their order does not matter. Lines that are no requests are counted and shown, not hidden.

local tm = require "tidemill"

local lines_at_once = 512

-- A request ------------------------------------------------------------------------------------

-- 127.0.0.1 - ann [17/May/2015:10:05:03 +0000] "GET /index.html?q=1 HTTP/1.1" 200 2326 "http://..." "Mozilla/5.0 ..."
local function parse(line)
  local host, day, hour, request, status, bytes, rest =
    line:match('^(%S+) .-%[(%d+/%a+/%d+):(%d%d):[^%]]*%] "(.-)" (%d%d%d) (%S+)(.*)$')
  if not host then return nil end
  local method, target = request:match("^(%u+) (%S+)")
  return {
    host = host, day = day, hour = hour, status = status, method = method or "(other)",
    path = (target or request):match("^[^?#]*"), bytes = math.tointeger(bytes) or 0,
    referrer = rest:match('^ "https?://([^/"]+)'), robot = rest:lower():find("bot", 1, true) ~= nil,
  }
end

-- Sums: tables of numbers, added up key by key ---------------------------------------------------

local function new_sums()
  return {
    requests = 0, bytes = 0, malformed = 0, robots = 0, errors = 0,
    class = {}, method = {}, hour = {}, hour_bytes = {}, day = {}, day_errors = {},
    path = {}, path_bytes = {}, missing = {}, host = {}, referrer = {},
  }
end

local function add(counts, key, n)
  if key then counts[key] = (counts[key] or 0) + n end
end

local function count_lines(lines)
  local sums = new_sums()
  for _, line in ipairs(lines) do
    local request = parse(line)
    if not request then
      if line:find("%S") then sums.malformed = sums.malformed + 1 end
    else
      local failed = request.status >= "400"
      sums.requests = sums.requests + 1
      sums.bytes = sums.bytes + request.bytes
      if request.robot then sums.robots = sums.robots + 1 end
      add(sums.class, request.status:sub(1, 1) .. "xx", 1)
      add(sums.method, request.method, 1)
      add(sums.hour, request.hour, 1)
      add(sums.hour_bytes, request.hour, request.bytes)
      add(sums.day, request.day, 1)
      add(sums.path, request.path, 1)
      add(sums.path_bytes, request.path, request.bytes)
      add(sums.host, request.host, 1)
      add(sums.referrer, request.referrer, 1)
      if failed then
        sums.errors = sums.errors + 1
        add(sums.day_errors, request.day, 1)
        if request.status == "404" then add(sums.missing, request.path, 1) end
      end
    end
  end
  return sums
end

local function merge(all, sums)
  for name, value in pairs(sums) do
    if type(value) == "table" then
      for key, n in pairs(value) do add(all[name], key, n) end
    else
      all[name] = all[name] + value
    end
  end
  return all
end

-- The report -----------------------------------------------------------------------------------

local function with_commas(n)
  local text = tostring(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local function size(bytes)
  for _, unit in ipairs { "bytes", "KiB", "MiB", "GiB" } do
    if bytes < 1024 or unit == "GiB" then
      return (unit == "bytes" and "%d %s" or "%.1f %s"):format(bytes, unit)
    end
    bytes = bytes / 1024
  end
end

local function ranked(counts)
  local keys = {}
  for key in pairs(counts) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  return keys
end

local function sorted(counts)
  local keys = {}
  for key in pairs(counts) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function print_top(title, counts, n, whole, show)
  local keys = ranked(counts)
  if #keys == 0 then return end
  print("\n" .. title)
  for i = 1, math.min(n, #keys) do
    local text = keys[i]:gsub("[%c\x7f-\xff]", "?")  -- a log holds what strangers have sent
    if #text > 60 then text = text:sub(1, 57) .. "..." end
    print(("  %10s  %4.1f %%  %s"):format(show(counts[keys[i]]), 100 * counts[keys[i]] / whole, text))
  end
  if #keys > n then print(("  %10s          others"):format(with_commas(#keys - n))) end
end

local function print_hours(sums)
  local most = 1
  for _, n in pairs(sums.hour) do most = math.max(most, n) end
  print("\nTraffic by hour")
  for _, hour in ipairs(sorted(sums.hour)) do
    local n = sums.hour[hour]
    print(("  %s:00  %8s  %10s  %s"):format(hour, with_commas(n), size(sums.hour_bytes[hour]), ("#"):rep(40 * n // most)))
  end
end

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

local function print_days(sums)
  local days = sorted(sums.day)
  local function number(day)
    local d, m, y = day:match("(%d+)/(%a+)/(%d+)")
    return ("%s%02d%02d"):format(y, months[m] or 0, d)
  end
  table.sort(days, function(a, b) return number(a) < number(b) end)
  print("\nDays, and how much went wrong")
  for _, day in ipairs(days) do
    local n, failed = sums.day[day], sums.day_errors[day] or 0
    print(("  %s  %8s  %4.1f %% errors"):format(day, with_commas(n), 100 * failed / n))
  end
end

local function print_report(title, sums)
  print(("%s: %s requests from %s hosts, %s sent, %s malformed lines"):format(title, with_commas(sums.requests),
    with_commas(#sorted(sums.host)), size(sums.bytes), with_commas(sums.malformed)))
  if sums.requests == 0 then return end
  print(("Error rate %.1f %%, robots %.1f %%"):format(100 * sums.errors / sums.requests, 100 * sums.robots / sums.requests))
  print("\nStatus")
  for _, class in ipairs(sorted(sums.class)) do
    print(("  %10s  %4.1f %%  %s"):format(with_commas(sums.class[class]), 100 * sums.class[class] / sums.requests, class))
  end
  print_top("Methods", sums.method, 5, sums.requests, with_commas)
  print_top("Paths by requests", sums.path, 10, sums.requests, with_commas)
  print_top("Paths by bytes sent", sums.path_bytes, 5, math.max(1, sums.bytes), size)
  print_top("Not found", sums.missing, 5, sums.requests, with_commas)
  print_top("Referrers", sums.referrer, 5, sums.requests, with_commas)
  print_hours(sums)
  print_days(sums)
end

-- The main task --------------------------------------------------------------------------------

-- The lines of one file after another.
local function lines_of(paths)
  local at, lines = 0, nil
  return function()
    while true do
      local line = lines and lines()
      if line then return line end
      at = at + 1
      if not paths[at] then return nil end
      lines = tm.fs.lines(paths[at])
    end
  end
end

-- Without a file: the same requests every time.
local function own_log()
  local lines, seed = {}, 7
  local function pick(list)
    seed = (seed * 1103515245 + 12345) % (1 << 31)
    return list[(seed >> 8) % #list + 1]
  end
  local paths = { "/", "/", "/index.html", "/news?page=2", "/images/logo.png", "/download/big.iso", "/gone" }
  local bytes = { ["/"] = 2326, ["/index.html"] = 5120, ["/images/logo.png"] = 20480, ["/download/big.iso"] = 7340032 }
  for i = 1, 3000 do
    local path = pick(paths)
    local status = path == "/gone" and 404 or i % 250 == 0 and 500 or 200
    lines[i] = i % 1000 == 0 and "not a request" or
      ('192.0.2.%d - - [%02d/May/2015:%02d:%02d:00 +0000] "%s %s HTTP/1.1" %d %s "%s" "%s"'):format(i % 50,
        17 + i // 1001, i // 125 % 24, i % 60, i % 20 == 0 and "POST" or "GET", path, status,
        status == 200 and bytes[path] or "-", i % 9 == 0 and "https://example.org/links" or "-",
        i % 8 == 0 and "examplebot/1.0" or "Mozilla/5.0")
  end
  return lines
end

local function fail(message)
  io.stderr:write("log_report: ", message, "\n")
  os.exit(1)
end

local function main(paths, verbose)
  for _, path in ipairs(paths) do
    local found, message = tm.fs.stat(path)
    if not found then fail(message) end
  end
  local ok, report = pcall(function()
    return tm.pipeline("log report")
      :source(#paths > 0 and lines_of(paths) or own_log())
      :batch(lines_at_once)
      :stage("count", count_lines, { workers = tm.pool():stats().workers, ordered = false })
      :fold("sum", new_sums(), merge)
      :run { buffer = 16 }
  end)
  if not ok then
    if type(report) == "table" and report.stage == "source" then fail((tostring(report.error):gsub("^.-:%d+: ", ""))) end
    error(report, 0)
  end
  print_report(#paths > 0 and table.concat(paths, " ") or "generated log", report.result)
  if verbose then io.stderr:write("\n", tostring(report), "\n") end
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("log_report: ", message, "\nusage: log_report.lua [-v] [FILE...]\n")
  os.exit(2)
end

local paths, verbose, only_files = {}, false, false
for _, word in ipairs(arg) do
  if only_files or not word:find("^%-.") then
    paths[#paths + 1] = word
  elseif word == "--" then
    only_files = true
  elseif word == "-v" then
    verbose = true
  else
    misuse(("no option '%s'"):format(word))
  end
end
main(paths, verbose)
