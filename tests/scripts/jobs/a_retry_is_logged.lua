-- shell: $TIDEMILL --log info "$SPEC" 2>&1
-- stdout~ info: task #%d+ "fetch" %(.*a_retry_is_logged.lua:%d+%): attempt 1 of 3 failed: no answer
-- stdout~ attempt 2 of 3 failed: no answer
-- stdout~ over
local tm = require "tidemill"
local pool <close> = tm.pool { workers = 1 }
local job = pool:job { error, "no answer", 0, retries = 2, name = "fetch" }
assert(select(2, job:join()) == "no answer")
print "over"
