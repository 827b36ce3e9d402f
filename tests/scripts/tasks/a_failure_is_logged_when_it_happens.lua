-- exit: 1
-- shell: "$TIDEMILL" "$SPEC" run 2>&1 | grep -o 'too early\|main ends' | head -n 2; "$TIDEMILL" "$SPEC" run 2>/dev/null >/dev/null
-- stdout: too early
-- stdout: main ends
local tm = require "tidemill"

tm.spawn(function() error "too early" end)
tm.sleep(0.05)
io.stderr:write "main ends\n"
