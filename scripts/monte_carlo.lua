-- The price of a call option by simulation on all cores: reproducible, with a confidence interval.
--
-- usage: monte_carlo.lua [PATHS [WORKERS [SEED]]]     (default 1000000, one per CPU, 1)
--
-- The final price of a share is simulated again and again; what the option is worth then, discounted
-- and averaged, is its price today. For this option a formula is known (Black and Scholes, 1973), so
-- the estimate can be checked. The paths are cut into jobs, and each job seeds its own numbers with
-- its index: the result does not depend on which worker does what, down to the last bit. The error
-- falls with the square root of the number of paths.

local tm = require "tidemill"

local paths_per_job = 10000
local share = { price = 100, strike = 105, rate = 0.03, volatility = 0.25, years = 1 }

-- One job -------------------------------------------------------------------------------------------

-- Sum and sum of squares of the discounted values of `n` paths. Two paths from each pair of numbers
-- (Box and Muller, 1958).
local function simulate(seed, job, n, s)
  math.randomseed(seed, job)
  local random, exp, max = math.random, math.exp, math.max
  local drift = (s.rate - s.volatility ^ 2 / 2) * s.years
  local spread, discount = s.volatility * math.sqrt(s.years), exp(-s.rate * s.years)
  local sum, squares = 0, 0
  local function path(normal)
    local value = discount * max(0, s.price * exp(drift + spread * normal) - s.strike)
    sum, squares = sum + value, squares + value * value
  end
  for i = 1, n, 2 do
    local radius, angle = math.sqrt(-2 * math.log(1 - random())), 2 * math.pi * random()
    path(radius * math.cos(angle))
    if i < n then path(radius * math.sin(angle)) end
  end
  return sum, squares
end

-- All jobs ------------------------------------------------------------------------------------------

local function run(workers, paths, seed)
  local pool <close> = tm.pool { workers = workers }
  local jobs = (paths + paths_per_job - 1) // paths_per_job
  local bar = tm.progress(jobs, ("%d worker%s"):format(workers, workers == 1 and "" or "s"))
  local function job(i)
    return simulate(seed, i, math.min(paths_per_job, paths - (i - 1) * paths_per_job), share)
  end
  local sum, squares, started = 0, 0, tm.now()
  -- In order, so that sums are added up in the same order each time.
  for _, s, q in bar:wrap(pool:map(job, jobs, { chunk = 1 })) do
    sum, squares = sum + s, squares + q
  end
  local seconds = tm.now() - started
  local mean = sum / paths
  local deviation = math.sqrt(math.max(0, squares / paths - mean ^ 2))
  return { seconds = seconds, mean = mean, error = deviation / math.sqrt(paths) }
end

-- The formula ---------------------------------------------------------------------------------------

-- The distribution function of the normal distribution by Simpson's rule.
local function normal(x)
  local steps = 1000
  local h, sum = x / steps, 0
  for i = 0, steps do
    local weight = (i == 0 or i == steps) and 1 or i % 2 == 1 and 4 or 2
    sum = sum + weight * math.exp(-(i * h) ^ 2 / 2)
  end
  return 0.5 + sum * h / 3 / math.sqrt(2 * math.pi)
end

local function exact(s)
  local spread = s.volatility * math.sqrt(s.years)
  local d = (math.log(s.price / s.strike) + (s.rate + s.volatility ^ 2 / 2) * s.years) / spread
  return s.price * normal(d) - s.strike * math.exp(-s.rate * s.years) * normal(d - spread)
end

-- The main task -------------------------------------------------------------------------------------

local function main(paths, workers, seed)
  local alone, together = run(1, paths, seed), run(workers, paths, seed)
  local truth = exact(share)
  local half = 1.96 * together.error
  print(("%d paths, seed %d"):format(paths, seed))
  print(("  estimate     %.4f, with 95 %% probability from %.4f to %.4f"):format(together.mean, together.mean - half,
    together.mean + half))
  print(("  formula      %.4f, %.1f standard errors away"):format(truth, math.abs(together.mean - truth) / together.error))
  print(("  1 worker     %.3f s, %.2f million paths/s"):format(alone.seconds, paths / alone.seconds / 1e6))
  print(("  %-3d workers  %.3f s, %.2f million paths/s: %.2f times as fast"):format(workers, together.seconds,
    paths / together.seconds / 1e6, alone.seconds / together.seconds))
  local same = alone.mean == together.mean and alone.error == together.error
  print("  the same to the last bit: " .. (same and "yes" or "no"))
  -- Once in fifteen thousand seeds chance leads farther away than that.
  local near = math.abs(together.mean - truth) <= 4 * together.error
  if not near then io.stderr:write("monte_carlo: the estimate is too far from the formula\n") end
  if not (same and near) then os.exit(1) end
end

-- Arguments -----------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("monte_carlo: ", message, "\nusage: monte_carlo.lua [PATHS [WORKERS [SEED]]]\n")
  os.exit(2)
end

local function count(word, what, least, most)
  local n = math.tointeger(tonumber(word))
  if not n or n < least or n > most then
    misuse(("%s must be a whole number from %d to %d, not '%s'"):format(what, least, most, word))
  end
  return n
end

if #arg > 3 then misuse("too many arguments") end
main(count(arg[1] or "1000000", "PATHS", 100, 1000000000000),
  arg[2] and count(arg[2], "WORKERS", 1, 4096) or tm.stats().cpus, count(arg[3] or "1", "SEED", 0, 1 << 53))
