-- exit: 3
-- stderr~ input of stage "first"
-- stderr~ input of sink
local tm = require "tidemill"

local never = tm.channel()
tm.pipeline():source(never):stage("first", function(x) return x end):collect():run()
