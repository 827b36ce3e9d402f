-- shell: "$TIDEMILL" "$SPEC" run 2>&1 >/dev/null | grep -c 'lost words'; "$TIDEMILL" "$SPEC" run 2>/dev/null
-- stdout: 1
-- stdout: goes on
-- It is nobody's child, so the program does not fail for it.
local tm = require "tidemill"

local future = tm.future()
future:fail("lost words")
future = nil
collectgarbage()
tm.yield()
print "goes on"
