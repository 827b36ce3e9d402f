local tm, check = require "tidemill", require "_helper"

local from, to = tm.pipe { duplex = false, name = "log" }
to:send("a", 1)
check.equal({ from:poll(), from:recv() }, { true, "a", 1 })
check.raises(function() from:send(1) end, "sends.lua:6: cannot send: this end of the pipe only receives")
check.raises(function() to:recv() end, "cannot receive: this end of the pipe only sends")
check.raises(function() to:recv(0) end, "only sends")
check.raises(function() to:poll() end, "only sends")
check.raises(function() to() end, "only sends")
to:send "b"
to:close()
check.equal({ from:recv() }, { "b" })
check.equal({ from:recv() }, { nil, "closed" })

from, to = tm.pipe { duplex = false }
from:close()
check.equal(check.raises(function() to:send(1) end, "the other end of the pipe is closed").kind, "closed")
check.equal({ from:recv() }, { nil, "closed" })
