-- n jobs of fib(27) on pools of one and two workers, and the same in stock Lua where it is installed.
--   cpu_scale.lua [n]             all three; the figure is that of two workers, the ratios are extra
--   cpu_scale.lua n WORKERS       only a pool of that size
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")
local fib = dofile(bench.folder .. "_fib.lua")

local n = bench.size(32)
local each = 196418  -- fib(27)

local function on_pool(workers)
  local pool = bench.pool(workers)
  local started = tm.now()
  local jobs, sum = {}, 0
  for i = 1, n do jobs[i] = pool:submit(fib, 27) end
  for i = 1, n do sum = sum + jobs[i]:await() end
  return tm.now() - started, sum
end

-- Seconds, or nil if there is no lua5.4. The clock starts when the interpreter has.
local function in_stock_lua()
  local program = "exec lua5.4 " .. bench.quote(bench.folder .. "_fib.lua") .. " " .. n .. " 2>&1"
  local pipe <close> = assert(io.popen(program))
  if pipe:read() ~= "started" then return nil end
  local started = tm.now()
  assert(pipe:read("n") == n * each)
  return tm.now() - started
end

local extra, seconds, sum = {}, nil, nil
if arg[2] then
  extra.workers = math.tointeger(tonumber(arg[2]))
  seconds, sum = on_pool(extra.workers)
else
  local stock = in_stock_lua()
  local alone = on_pool(1)
  seconds, sum = on_pool(2)
  extra.workers, extra.one_worker_seconds, extra.speed_up = 2, alone, alone / seconds
  if stock then extra.lua_seconds, extra.one_worker_to_lua = stock, alone / stock end
end
bench.report { n = n, seconds = seconds, check = sum, expected = each * n, extra = extra }
