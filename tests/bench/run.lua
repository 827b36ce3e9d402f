-- Runs benchmarks, each in a fresh process of this same tidemill, and prints a line of JSON for each:
-- the median run, with the number of runs and their spread, (slowest - fastest) / median.
--   tidemill tests/bench/run.lua [NAME ...] [--reps N] [--n SIZE]
--   tidemill tests/bench/run.lua --peers-json >FILE     rows for a peers' run.py --add FILE
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local names = {
  "spawn_join", "pool_submit", "pingpong_same", "pingpong_cross", "stream_int", "stream_table",
  "queue_fifo", "queue_priority", "fan", "select8", "map_small", "map_chunks", "pool_overhead", "cpu_scale",
  "pipeline4",
  "mutex_uncontended", "mutex_contend", "sleepers", "cancel_parked", "event_broadcast",
  "atomic_add", "dict_incr", "buffer_index", "buffer_bulk", "frozen_read", "frozen_share", "submit_closure", "string_send",
  "startup", "pipeline_soak",
}

local usage = [[
usage: tidemill run.lua [NAME ...] [--reps N] [--n SIZE]
       tidemill run.lua --peers-json
benchmarks: ]] .. table.concat(names, " ")

local function misuse(message)
  io.stderr:write("run.lua: ", message, "\n", usage, "\n")
  os.exit(2)
end

local function parse(words)
  local options, chosen, at = { reps = 3 }, {}, 1
  while words[at] do
    local word = words[at]
    if word == "--reps" or word == "--n" then
      at = at + 1
      local value = math.tointeger(tonumber(words[at]))
      if not value or value < 1 then misuse(word .. " needs a number of at least 1") end
      options[word:sub(3)] = value
    elseif word == "--peers-json" then
      options.peers = true
    else
      local known = false
      for _, name in ipairs(names) do known = known or name == word end
      if not known then misuse("no benchmark '" .. word .. "'") end
      chosen[#chosen + 1] = word
    end
    at = at + 1
  end
  return options, #chosen > 0 and chosen or names
end

-- The line of one run, or nil and why not; what it says on stderr goes where ours goes.
local function run(name, size)
  local command = ("exec %s %s %s"):format(bench.quote(bench.binary),
    bench.quote(bench.folder .. name .. ".lua"), size or "")
  local pipe = assert(io.popen(command))
  local line
  for text in pipe:lines() do line = text end
  local ok, how, code = pipe:close()
  if not ok then return nil, ("%s ended with %s %d"):format(name, how, code) end
  if not line then return nil, name .. " printed nothing" end
  return line
end

local function median_of(name, reps, size)
  local runs = {}
  for i = 1, reps do
    local line, problem = run(name, size)
    if not line then return nil, problem end
    runs[i] = { line = line, seconds = tonumber(line:match('"seconds":([%d.]+)')) }
  end
  table.sort(runs, function(a, b) return a.seconds < b.seconds end)
  local median = runs[(reps + 1) // 2]
  local spread = (runs[reps].seconds - runs[1].seconds) / median.seconds
  local fields = median.line:match('^{"peer":"%w+",(.*)}$')
  return ('{%s,"reps":%d,"spread":%.3f}'):format(fields, reps, spread)
end

-- Have no peer there. (And pool_submit is a kind of spawn_join.)
local alone = { startup = true, map_chunks = true, pool_overhead = true, select8 = true, mutex_uncontended = true, cancel_parked = true,
                event_broadcast = true, queue_fifo = true, queue_priority = true, buffer_index = true,
                buffer_bulk = true, frozen_read = true, frozen_share = true, submit_closure = true,
                string_send = true, pipeline_soak = true, atomic_add = true, dict_incr = true }

local function print_peers()
  local function absolute(path)
    local pipe <close> = assert(io.popen("realpath " .. bench.quote(path)))
    return (pipe:read())
  end
  local binary, rows = absolute(bench.binary), {}
  local function add(as, label, name, ...)
    local argv = { binary, absolute(bench.folder .. name .. ".lua"), ... }
    for i, word in ipairs(argv) do argv[i] = ("%q"):format(word) end
    rows[#rows + 1] = ('{"bench": "%s", "label": "%s", "argv": [%s]}'):format(as, label,
      table.concat(argv, ", "))
  end
  for _, name in ipairs(names) do
    if name == "cpu_scale" then
      add(name, "Tidemill, 1", name, "96", "1")
      add(name, "Tidemill, 2", name, "96", "2")
    elseif name == "pool_submit" then
      add("spawn_join", "Tidemill, jobs on a pool of 2", name)
    elseif not alone[name] then
      add(name, "Tidemill", name)
    end
  end
  print("[\n  " .. table.concat(rows, ",\n  ") .. "\n]")
end

local options, chosen = parse(arg)
if options.peers then return print_peers() end
local failures = {}
for _, name in ipairs(chosen) do
  local line, problem = median_of(name, options.reps, options.n)
  if line then print(line) else failures[#failures + 1] = problem end
end
if #failures > 0 then error(table.concat(failures, "\n"), 0) end
