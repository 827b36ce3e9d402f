local tm = require "tidemill"

tm.log.debug(nil, true, 1.5, tm.latch(2))
local pool <close> = tm.pool { workers = 1, name = "jobs" }
tm.spawn(function() tm.log.info "two\nlines" end):await()
pool:submit(tm.log.warn, "a job %d"):await()
pool:job({ tm.log.warn, "named", name = "new\nline" }):await()
tm.log.error()
