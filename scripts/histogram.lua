-- How long words are: a histogram, counted in parallel in a shared dict and in tables that are merged.
--
-- usage: histogram.lua [DIR [MEGABYTES]]     (default /usr/include and 16)
--
-- Jobs share no tables. Either they count in a tm.dict, a call for every word, and everybody can look
-- at the numbers at any time; or each counts in a table of its own, and the main task adds them up.
-- Both give the same numbers. The times say what it costs to share a count.

local tm = require "tidemill"

local longest = 20           -- what is longer counts as one more
local batch_bytes = 1 << 18  -- what a job gets at a time

-- The two ways ---------------------------------------------------------------------------------

local function in_a_dict(pool, batches)
  local counts = tm.dict()
  pool:map(function(text)
    for word in text:gmatch("%a+") do counts:incr(math.min(#word, longest + 1)) end
  end, batches):collect()
  local found = {}
  for length, n in pairs(counts) do found[length] = n end
  return found
end

local function in_tables(pool, batches)
  return pool:map(function(text)
    local counts = {}
    for word in text:gmatch("%a+") do
      local length = math.min(#word, longest + 1)
      counts[length] = (counts[length] or 0) + 1
    end
    return counts
  end, batches):fold({}, function(sums, counts)
    for length, n in pairs(counts) do sums[length] = (sums[length] or 0) + n end
    return sums
  end)
end

-- The main task --------------------------------------------------------------------------------

local function fail(message)
  io.stderr:write("histogram: ", message, "\n")
  os.exit(1)
end

-- Up to `most` bytes of a file, or nil if it is not for us to read.
local function read_some(path, size, most)
  if size <= most then return tm.fs.read(path) end
  local file <close> = io.open(path, "rb")
  return file and file:read(most)
end

-- The first `most` bytes of the files under `dir` in batches, the number of files and of bytes.
local function read_files(dir, most)
  local batches, batch, size, files, total = {}, {}, 0, 0, 0
  local function on_error(path, message)
    if path == dir then fail(message) end
  end
  for path, stat in tm.fs.walk(dir, { on_error = on_error }) do
    local text = stat.type == "file" and read_some(path, stat.size, most - total)
    if text then
      text = text:sub(1, most - total)  -- it may have grown
      files, total, size = files + 1, total + #text, size + #text
      table.insert(batch, text)
      if size >= batch_bytes or total == most then
        table.insert(batches, table.concat(batch, "\n"))
        batch, size = {}, 0
      end
      if total == most then break end
    end
  end
  if size > 0 then table.insert(batches, table.concat(batch, "\n")) end
  return batches, files, total
end

local function with_commas(n)
  local text = tostring(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local function print_histogram(counts)
  local most = 1
  for _, n in pairs(counts) do most = math.max(most, n) end
  print("\n  letters       words")
  for length = 1, longest + 1 do
    local n = counts[length] or 0
    local label = length > longest and "more" or tostring(length)
    local bar = n > 0 and "  " .. ("#"):rep(math.ceil(50 * n / most)) or ""
    print(("  %7s %11s%s"):format(label, with_commas(n), bar))
  end
end

local function same(left, right)
  for length = 1, longest + 1 do
    if left[length] ~= right[length] then return false end
  end
  return true
end

local function main(dir, megabytes)
  local batches, files, total = read_files(dir, megabytes * 1000 * 1000)
  print(("%s: %s files, %s bytes"):format(dir, with_commas(files), with_commas(total)))
  local pool <close> = tm.pool()
  pool:map(function() return true end, pool:stats().workers):collect()  -- its threads have started
  local results = {}
  for i, way in ipairs {
    { "one dict for all", in_a_dict },
    { "a table each, merged", in_tables },
  } do
    local started = tm.now()
    local counts = way[2](pool, batches)
    results[i] = { name = way[1], counts = counts, seconds = tm.now() - started }
  end
  print_histogram(results[1].counts)
  print()
  for _, result in ipairs(results) do
    print(("  %-22s %8.3f s"):format(result.name, result.seconds))
  end
  local agree = same(results[1].counts, results[2].counts)
  print("  the same numbers: " .. (agree and "yes" or "no"))
  if not agree then os.exit(1) end
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("histogram: ", message, "\nusage: histogram.lua [DIR [MEGABYTES]]\n")
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
if arg[1] and arg[1]:find("^%-") then misuse("there is no option " .. arg[1]) end
main(arg[1] or "/usr/include", count(arg[2] or "16", "MEGABYTES", 1000000))
