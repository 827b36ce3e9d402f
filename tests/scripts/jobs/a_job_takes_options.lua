local tm, check = require "tidemill", require "_helper"
local pool <close> = tm.pool { workers = 2, name = "options" }

-- Arguments, with their nils.
local function count(...) return select("#", ...), ... end
check.equal({ pool:job { count, 1, "two", { 3 } }:await() }, { 3, 1, "two", { 3 } })
check.equal(pool:job { count }:await(), 0)
check.equal(table.pack(pool:job(table.pack(count, nil, 2, nil)):await()), { n = 4, 3, nil, 2, nil })
check.equal(pool:job { n = 5, count }:await(), 4)

-- Names.
local gate = tm.event()
local named = pool:job { function() gate:wait() return require "tidemill".current().name end, name = "resize" }
check.equal(named.name, "resize")
check.truthy(tostring(named):find '^task #%d+ "resize" %a+$', tostring(named))
check.truthy(tm.why(named):find '"resize"', tm.why(named))
gate:set()
check.equal(named:await(), "resize")
check.equal(named.name, "resize")
check.equal(pool:submit(print).name, nil)
check.equal(tm.spawn(function() end).name, nil)
check.equal(pool:job { name = "fails", error, "x", 0 }:join(), false)

-- As every job it belongs to the block that it is made in.
local job
tm.scope(function(scope)
  job = pool:job { function() require "tidemill".sleep(100) end }
  scope:cancel()
end)
check.equal(job:status(), "cancelled")
local closed = tm.pool { workers = 1 }
closed:close()
check.equal(check.raises(function() closed:job { print } end).kind, "closed")

-- Wrong ones.
local function refused(spec, pattern)
  check.raises(function() pool:job(spec) end, "a_job_takes_options.lua:%d+: .*" .. pattern)
end
refused(nil, "table { fn, args..., options } expected, got nil")
refused(print, "table .* expected, got function")
refused({}, "%[1%] must be the function, not a nil")
refused({ "x" }, "%[1%] must be the function, not a string")
refused({ print, timout = 1 }, "unknown option 'timout' %(known: n, name, priority, retries, timeout%)")
refused({ print, timeout = "1" }, "'timeout' must be a number")
refused({ print, timeout = 0 / 0 }, "timeout must not be NaN")
refused({ print, retries = -1 }, "retries must be a whole number")
refused({ print, retries = 1.5 }, "retries must be a whole number")
refused({ print, retries = 0 / 0 }, "retries must be a whole number")
refused({ print, priority = 1 }, 'a pool made with order = "priority"')
refused({ print, priority = 0 / 0 }, "priority must not be NaN")
refused({ print, name = 5 }, "'name' must be a string")
refused({ print, name = "a\0b" }, "zero byte")
refused({ print, n = 0 }, "n must be a whole number")
refused({ n = 2, print, 1, 2 }, "%[3%] does not belong to the list of 2")
refused({ print, [2.5] = 1 }, "unknown option '2.5'")
check.raises(function() pool.job { print } end, "pool expected")
local file <close> = io.tmpfile()
check.raises(function() pool:job { print, 1, { a = file } } end, "cannot send argument 2%.a: a file")
check.equal(pool:job { math.max, 3, 4 }:await(), 4)
