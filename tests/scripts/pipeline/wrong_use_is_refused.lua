local tm, check = require "tidemill", require "_helper"

local function same(x) return x end
local function refused(pattern, fn)
  local problem = check.raises(fn, pattern)
  check.truthy(tostring(problem):find("wrong_use_is_refused.lua:%d+: "), problem)
end
local function p() return tm.pipeline("p"):source(3) end

refused("bad argument #1 to 'pipeline' %(string", function() tm.pipeline(5) end)
refused("bad argument #1 to 'source' %(list, .* got nil", function() tm.pipeline():source() end)
refused("the number of items must be a whole number", function() tm.pipeline():source(1.5) end)
refused("the number of items must be a whole number", function() tm.pipeline():source(-1) end)
refused("has a source already", function() p():source(3) end)
refused("bad argument #2 to 'stage' %(function", function() p():stage("x", 5) end)
refused("bad argument #1 to 'stage' %(function", function() p():stage() end)
refused("workers must be a whole number of at least 1, not 0", function() p():stage(same, { workers = 0 }) end)
refused("workers must be .* not %-?nan", function() p():stage(same, { workers = 0 / 0 }) end)
refused("workers must be at most 4096", function() p():stage(same, { workers = 5000 }) end)
refused("unknown option 'worker'", function() p():stage(same, { worker = 1 }) end)
refused("option 'ordered' must be a boolean", function() p():stage(same, { ordered = 1 }) end)
refused('there is a stage "a" already', function() p():stage("a", same):filter("a", same) end)
refused("name must not be empty", function() p():stage("", same) end)
refused("bad argument #1 to 'filter' %(function", function() p():filter(true) end)
refused("bad argument #1 to 'flat' %(function", function() p():flat({}) end)
refused("bad argument #1 to 'batch' %(number", function() p():batch() end)
refused("must be a whole number of at least 1, not 0", function() p():batch(0) end)
refused("bad argument #1 to 'sink' %(function", function() p():sink() end)
refused("bad argument #2 to 'fold' %(function", function() p():fold(0) end)
refused("bad argument #1 to 'fold' %(string", function() p():fold(5, 0, same) end)
refused("bad argument #1 to 'to' %(channel, queue or pipe end", function() p():to(tm.mutex()) end)
refused("unknown option 'closed'", function() p():to(tm.channel(), { closed = true }) end)
refused("nothing can follow the sink", function() p():collect():stage(same) end)
refused("nothing can follow the sink", function() p():collect():batch(2) end)
refused("has a sink already", function() p():collect():collect() end)
refused("has no source", function() tm.pipeline():collect():run() end)
refused("has no sink", function() p():stage(same):run() end)
refused("calling 'run' on bad self %(pipeline expected, got nil", function() p():collect().run() end)

local function run(options) return function() p():stage(same):collect():run(options) end end
refused("table of options expected", run(5))
refused("unknown option 'buffers'", run { buffers = 1 })
refused("buffer must be a whole number of at least 1", run { buffer = 0 })
refused("chunk must be a whole number of at least 1", run { chunk = 0 })
refused("chunk must be at most buffer %(4%)", run { buffer = 4, chunk = 5 })
refused("errors must be 'raise' or 'skip', not 'log'", run { errors = "log" })
refused("timeout must not be NaN", run { timeout = 0 / 0 })
refused("option 'progress' must be a boolean", run { progress = 5 })

-- Names that are left out do not collide.
local described = tm.pipeline("d"):source(1):stage(same):stage(same, { workers = 2 }):batch(3):collect()
check.equal(tostring(described), 'pipeline "d": source → stage → stage 2 ×2 → batch 3 → collect')
check.equal(tostring(tm.pipeline()), 'pipeline "pipeline": ? → ?')
-- Without any stage the items go from the source to the sink.
check.equal(p():collect():run().result, { 1, 2, 3 })
