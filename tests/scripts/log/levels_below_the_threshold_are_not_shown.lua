-- stderr~ ^tidemill: warning: %[task #1, main worker%] shown%stidemill: error: .- shown too%stidemill: info: .- now this, too%s$
local tm, check = require "tidemill", require "_helper"

local never = setmetatable({}, { __tostring = function() error "it was made a text" end })
check.equal(tm.log.level(), "warn")
tm.log.debug(never)
tm.log.info(never)
tm.log.warn "shown"
check.equal(tm.log.level "error", "warn")
tm.log.warn(never)
tm.log.error("shown", "too")
check.equal(tm.log.level "off", "error")
tm.log.error(never)
check.equal(tm.log.level "debug", "off")
tm.log.info "now this, too"
check.raises(function() tm.log.info(never) end, "it was made a text")
check.raises(function() tm.log.level "verbose" end, "shown.lua:17: bad argument #1 to 'level' %(no level 'verbose', known: debug, info, warn, error, off%)")
check.raises(function() tm.log.level(5) end, "string expected, got number")
check.equal(tm.log.level(), "debug")
